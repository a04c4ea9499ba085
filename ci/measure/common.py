"""What the measurements of ci/bench share: timed calls, builds, the peer's Python."""
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build/release/workloads/micro"
SMOKE = False  # ci/bench --smoke: every program once, with the least work; the numbers mean nothing
BUILT = set()  # targets that this call has built


def call(command, log=None, **settings):
    """Runs a command; its wall seconds and the peak memory in MB of its largest process (children included)."""
    start = time.monotonic()
    with open(log or os.devnull, "ab") as sink:
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                                 **settings)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return {"exit_code": child.returncode, "seconds": time.monotonic() - start, "peak_mb": usage.ru_maxrss / 1024}


def demand(result, what, log):
    """Ends the measurement when the thing to be measured did not work."""
    if result["exit_code"] != 0:
        tail = pathlib.Path(log).read_text(errors="replace").splitlines()[-20:] if log else []
        print("\n".join(tail), file=sys.stderr)
        print(f"error[E653] {what}: found exit code {result['exit_code']}, expected 0. Fix: see {log}", file=sys.stderr)
        sys.exit(6)
    return result


def rounds(number):
    """So many repetitions; one when programs are only tried."""
    return 1 if SMOKE else number


def micro_program(name):
    """A program of workloads/micro. A mode that starts one it has not asked build() for works only where somebody built it."""
    if name not in BUILT:
        print(f"error[E654] ci/bench: found {name} started but not built, expected it among TARGETS of its module in ci/measure. "
              "Fix: add it there", file=sys.stderr)
        sys.exit(6)
    return PROGRAMS / name


def disk_mb(*folders):
    """What the folders take on disk, in MB."""
    total = subprocess.run(["du", "-cm", "-s", *map(str, folders)], check=True, capture_output=True, text=True).stdout
    return int(total.splitlines()[-1].split()[0])


def build(*targets):
    """Set-up and release build of the targets; the environment that the set-up decided on."""
    libtorch = subprocess.run([ROOT / "ci/setup"], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    environment = dict(os.environ, TRANSFERSCALE_LIBTORCH=libtorch.stdout.strip())
    built = libtorch.returncode or subprocess.run([ROOT / "ci/build", "release", *targets], env=environment).returncode
    if built != 0:
        sys.exit(built)  # both have said why
    BUILT.update(targets)
    return environment


def python_torch():
    """The environment in which python3 imports torch; None when there is none."""
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    folder = os.environ.get("TRANSFERSCALE_PYTHON_TORCH")
    if folder:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
    tried = subprocess.run(["python3", "-c", "import torch"], env=environment, capture_output=True)
    return environment if tried.returncode == 0 else None
