#!/usr/bin/env python3
"""What happens to the other ranks when one throws, ends, is killed, is stopped, or makes another call than they do: they
all end soon, with the right exit code, and say who, where, in which phase and at which step.

    rank_failures.py RANK_PROBE MPIRUN…
"""
import os
import re
import socket
import subprocess
import sys
import time

DEADLINE = 2.0           # seconds that a rank waits for a silent one
LIMIT = 40.0             # for the whole of mpirun, on a busy machine
PHASES = ["small", "large", "overlap", "broadcast", "gather", "exchange", "barrier", "agree"]
VICTIM = 1
ATTEMPTS = 4             # to see survivors of a rank that ended by itself speak
faults = []


def expect(condition, case, message, output):
    if not condition:
        faults.append(f"{case}: {message}\n{output}")


def run(mpirun, probe, ranks, *words):
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    start = time.monotonic()
    try:
        done = subprocess.run([*mpirun, "-np", str(ranks), probe, *map(str, words)], text=True, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        code, output = "a hang", (expired.stdout or b"").decode(errors="replace")
    words_of = dict(re.findall(r"^(\d+) (.*)$", output, re.MULTILINE))
    return code, {int(rank): text for rank, text in words_of.items()}, output, time.monotonic() - start


def check_lost(mpirun, probe, ranks, phase, event):
    # A launcher that sees the exit first ends the survivors before they can speak: another try may show them.
    for _ in range(ATTEMPTS if event == "exit" else 1):
        code, said, output, seconds = run(mpirun, probe, ranks, phase, event, VICTIM, DEADLINE)
        if any("error[E800]" in said.get(rank, "") for rank in range(ranks) if rank != VICTIM):
            break
    case = f"{event} in {phase}, {ranks} ranks"
    # mpirun itself gives the code of the rank that ended first.
    expect(code in {"exit": (3, 8), "kill": (137, 8), "stop": (8,), "abort": (5, 8)}[event], case, f"exit code {code}", output)
    survivors = [rank for rank in range(ranks) if rank != VICTIM]
    spoke = [rank for rank in survivors if "error[E800]" in said.get(rank, "")]
    # The launcher ends everybody at the first news: on a busy machine before a third rank has spoken, after an abort before
    # any has.
    expect(spoke or event == "abort", case, "nobody says that a rank is lost", output)
    # Who notices later may find those gone who noticed first; and a stopped rank goes on when the launcher ends it.
    word = {"stop": "stopped and silent"}.get(event, "gone")
    host = re.escape(socket.gethostname())
    first = [rank for rank in spoke if re.search(
        rf"rank {rank} on {host}, {phase}, step 3: found rank {VICTIM} on {host} \(process \d+\) {word}", said[rank])]
    expect(first or not spoke, case, "nobody names the lost rank", output)
    for rank in spoke:
        expect(re.search(rf"rank {rank} on {host}, {phase}, step \d+: found rank \d+ on {host} \(process \d+\) ", said[rank]),
               case, f"rank {rank} says {said[rank]}", output)
    print(f"{case}: {seconds:.1f} s, exit {code}", flush=True)


def check_agreed(mpirun, probe, ranks):
    code, said, output, _ = run(mpirun, probe, ranks, "large", "throw", VICTIM, DEADLINE)
    case = f"throw, {ranks} ranks"
    expect(code == 7, case, f"exit code {code}", output)
    texts = {said.get(rank, "nothing") for rank in range(ranks)}
    expect(len(texts) == 1, case, f"ranks say different things: {texts}", output)
    expect(f"rank {VICTIM} on {socket.gethostname()}, large, step 3: loss: found nan" in next(iter(texts)), case, "wrong words", output)


def check_differ(mpirun, probe, ranks):
    code, said, output, _ = run(mpirun, probe, ranks, "small", "trait", VICTIM, DEADLINE)
    case = f"different configurations, {ranks} ranks"
    expect(code == 2, case, f"exit code {code}", output)
    for rank in range(ranks):
        expect(re.search(rf"error\[E200\] rank {VICTIM} on .*, configuration: found other, expected common as on rank 0",
                         said.get(rank, "")), case, f"rank {rank} says {said.get(rank)}", output)


def check_sizes(mpirun, probe, ranks, phase):
    code, said, output, _ = run(mpirun, probe, ranks, phase, "size", VICTIM, DEADLINE)
    case = f"another size in {phase}, {ranks} ranks"
    expect(code == 8, case, f"exit code {code}", output)
    expect(any("error[E800]" in text and "step 3" in text for text in said.values()), case, "nobody says so", output)


def main(probe, *mpirun):
    code, said, output, _ = run(mpirun, probe, 4, "overlap", "none", VICTIM, DEADLINE)
    expect(code == 0 and len(said) == 4, "nothing", f"exit code {code}", output)
    for phase in PHASES:
        for event in ("kill", "stop"):
            check_lost(mpirun, probe, 2, phase, event)
    for ranks, phase, event in [(4, "large", "kill"), (4, "agree", "stop"), (3, "small", "exit"), (2, "overlap", "exit"),
                                (2, "large", "abort")]:
        check_lost(mpirun, probe, ranks, phase, event)
    for ranks in (2, 4):
        check_agreed(mpirun, probe, ranks)
        check_differ(mpirun, probe, ranks)
        for phase in ("small", "large", "overlap", "broadcast", "gather", "exchange"):
            check_sizes(mpirun, probe, ranks, phase)
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
