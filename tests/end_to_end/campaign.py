"""What the end-to-end scripts share: a store that the real program works on, and what can be seen of it from outside."""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

WORKLOAD, PROFILE = "table1", "smoke"
PATIENCE_SECONDS = 600.0  # for one whole run on a busy machine


class Failed(Exception):
    """Something is not as promised."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def processes_of(store):
    """Ids of living processes that were given this store."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if os.fsencode(str(store)) in words:
            found.append(int(entry.name))
    return found


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Running:
    """`transferscale run` in a process group of its own; stdout and stderr go to files."""

    def __init__(self, campaign, jobs, options):
        self.campaign = campaign
        self.log = campaign.folder / f"stderr-{campaign.starts}"
        self.out = campaign.folder / f"stdout-{campaign.starts}"
        campaign.starts += 1
        command = [campaign.program, "run", WORKLOAD, "--json", "--jobs", str(jobs), *campaign.selection, *options]
        with open(self.log, "wb") as log, open(self.out, "wb") as out:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                          env=campaign.environment, start_new_session=True)

    def wait(self, seconds=PATIENCE_SECONDS):
        return self.child.wait(seconds)

    def is_running(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def signal_group(self, number):
        os.killpg(self.child.pid, number)

    def messages(self):
        return self.log.read_text(errors="replace")

    def done_keys(self):
        """Keys that it reported as durable; a torn last line does not count."""
        lines = self.messages().split("\n")[:-1]
        return [line.split(" ")[1] for line in lines if line.startswith("done ")]

    def summary(self):
        return json.loads(self.out.read_text())


class Campaign:
    """One store and the cells that are run into it."""

    def __init__(self, arguments, folder, cells, store=None, environment=None):
        self.program, self.reader = arguments.program, arguments.reader
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.store = pathlib.Path(store) if store else self.folder / "store"
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
        for name in ("TRANSFERSCALE_WORKER", "TRANSFERSCALE_STORE"):
            self.environment.pop(name, None)
        self.selection = ["--profile", PROFILE, "--store", str(self.store)]
        for cell in cells:
            self.selection += ["--cell", cell]
        self.starts = 0

    def start(self, jobs=2, options=()):
        return Running(self, jobs, options)

    def run(self, jobs=2, options=()):
        """A run from its beginning to its end: (exit code, Running)."""
        running = self.start(jobs, options)
        return running.wait(), running

    def call(self, verb, *options):
        """Another verb on this store: (exit code, stdout, stderr)."""
        done = subprocess.run([self.program, verb, WORKLOAD, *self.selection, *options], text=True, env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=False)
        return done.returncode, done.stdout, done.stderr

    def plan(self):
        code, out, err = self.call("plan", "--json")
        expect(code == 0, f"plan ended with {code}: {err}")
        return json.loads(out)

    def records(self):
        """{key: everything that a rerun must repeat}; failed and damaged ones too."""
        done = subprocess.run([self.reader, self.store], text=True, stdout=subprocess.PIPE, check=True)
        return {line.split(" ")[1]: line for line in done.stdout.splitlines()}

    def temporaries(self):
        return [path for path in self.store.rglob("*") if "tmp" in path.name]

    def claims(self):
        return list((self.store / "claims").iterdir())

    def kill_leftovers(self):
        for process in processes_of(self.store):
            os.kill(process, signal.SIGKILL)


def expect_complete(campaign, wanted=None):
    """The store holds the whole plan, equal to `wanted` ({key: line}) where that is given, and nothing half-done."""
    plan = campaign.plan()
    expect(plan["cached"] == plan["runs"] + plan["parents"], f"cached {plan['cached']} of {plan['runs']} + "
                                                             f"{plan['parents']}")
    records = campaign.records()
    expect(all(line.startswith("finished ") for line in records.values()), "a record that is not finished")
    expect(not campaign.temporaries(), f"temporary files left: {campaign.temporaries()}")
    expect(not campaign.claims(), f"claims left: {campaign.claims()}")
    if wanted is not None:
        expect(set(records) == set(wanted), f"keys differ: {sorted(set(records) ^ set(wanted))}")
        for key, line in records.items():
            expect(line == wanted[key], f"results differ:\n  {line}\n  {wanted[key]}")
    return records


def main(body, description, add_options=None):
    """Parses PROGRAM READER and the script's own options, gives `body` a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("program", type=os.path.abspath, help="transferscale")
    parser.add_argument("reader", type=os.path.abspath, help="print_records")
    if add_options:
        add_options(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="transferscale-end-to-end-") as folder:
        try:
            body(arguments, pathlib.Path(folder))
        except Failed as failure:
            sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {failure}")
