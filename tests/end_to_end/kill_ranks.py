#!/usr/bin/env python3
"""SIGKILL and SIGSTOP for a random rank at random moments of a run over several ranks: the run ends within the limit and
says which rank was lost, nothing stays behind, and the next run goes on to the same records as a run left alone.

    kill_ranks.py TRANSFERSCALE PRINT_RECORDS [--kills 4] [--ranks 2] [--seed N]
"""
import os
import pathlib
import random
import re
import signal
import socket
import time

from campaign import Campaign, expect, expect_complete, main, processes_of, wait_until

CELLS = ["tuberculosis/R50x1/*"]
DEADLINE_SECONDS = 3.0  # that a rank waits for a silent one
LIMIT_SECONDS = 120.0   # from the kill to the end of the run, which does what can be done without the lost one
ORPHAN_SECONDS = 10.0


def ranks_of(store):
    """{rank: process id} of the living ranks that work on this store."""
    found = {}
    for process in processes_of(store):
        try:
            folder = pathlib.Path(f"/proc/{process}")
            program = (folder / "cmdline").read_bytes().split(b"\0")[0]
            variables = dict(pair.split(b"=", 1) for pair in (folder / "environ").read_bytes().split(b"\0") if b"=" in pair)
        except OSError:
            continue
        if program.endswith(b"transferscale-worker") and b"OMPI_COMM_WORLD_RANK" in variables:
            found[int(variables[b"OMPI_COMM_WORLD_RANK"])] = process
    return found


def strike(campaign, running, number, draw):
    """Sends the signal to a random rank; the rank, or None when the run was over before there was one."""
    while running.is_running():
        ranks = ranks_of(campaign.store)
        if ranks:
            rank = draw.choice(sorted(ranks))
            try:
                os.kill(ranks[rank], number)
                return rank
            except ProcessLookupError:
                pass
        time.sleep(0.01)
    return None


def kill_once(campaign, draw, seconds):
    """(what was done, what the run said of it), or None when the run was over before."""
    number = draw.choice([signal.SIGKILL, signal.SIGSTOP])
    delay = draw.uniform(0.0, seconds)
    running = campaign.start(jobs=1, options=["--deadline", str(DEADLINE_SECONDS)])
    wait_until(lambda: not running.is_running(), delay)
    rank = strike(campaign, running, number, draw)
    struck = time.monotonic()
    expect(wait_until(lambda: not running.is_running(), LIMIT_SECONDS), f"the run hangs: {running.messages()}")
    code = running.wait()
    expect(wait_until(lambda: not processes_of(campaign.store), ORPHAN_SECONDS),
           f"processes left: {processes_of(campaign.store)}")
    if rank is None:
        expect(code == 0, f"run ended by itself with {code}: {running.messages()}")
        return None
    # 0: the rank was lost between two runs, or after the last.
    expect(code in (0, 8), f"exit code {code} after {number.name} of rank {rank}: {running.messages()}")
    host = re.escape(socket.gethostname())
    named = re.search(rf"rank \d+ on {host}, [a-z ]+(, step \d+)?: found rank {rank} on {host} \(process \d+\) "
                      r"(gone|stopped and silent)", running.messages())
    # Before the ranks have met only the launcher knows them.
    named = named or re.search(rf"process rank {rank} with PID \d+ on node \S+\s+exited on\s+signal 9", running.messages())
    expect(code == 0 or named or "worker of" in running.messages() or "before any run" in running.messages(),
           f"nobody says that a rank was lost: {running.messages()}")
    print(f"{campaign.folder.name}: {number.name} of rank {rank} after {delay:.1f} s: exit {code} {time.monotonic() - struck:.1f} s later, "
          f"{' '.join(named.group(0).split()) if named else 'not named'}", flush=True)
    return bool(named)


def finish(campaign, wanted):
    code, running = campaign.run(jobs=1)
    expect(code == 0, f"the last run ended with {code}: {running.messages()}")
    expect_complete(campaign, wanted)


def make_campaign(arguments, folder):
    campaign = Campaign(arguments, folder, CELLS)
    campaign.selection += ["--ranks", str(arguments.ranks), "--reduction", "fast"]
    return campaign


def body(arguments, folder):
    draw = random.Random(arguments.seed)
    undisturbed = make_campaign(arguments, folder / "undisturbed")
    start = time.monotonic()
    code, running = undisturbed.run(jobs=1)
    seconds = time.monotonic() - start
    expect(code == 0, f"the undisturbed run ended with {code}: {running.messages()}")
    wanted = expect_complete(undisturbed)
    print(f"undisturbed: {len(wanted)} runs over {arguments.ranks} ranks in {seconds:.1f} s", flush=True)

    kills = named = campaigns = 0
    while kills < arguments.kills:
        campaigns += 1
        campaign = make_campaign(arguments, folder / f"killed-{campaigns}")
        try:
            for _ in range(4):
                result = kill_once(campaign, draw, seconds / 2) if kills < arguments.kills else None
                if result is None:
                    break
                kills += 1
                named += result
            finish(campaign, wanted)
        finally:
            campaign.kill_leftovers()
    print(f"{kills} kills in {campaigns} campaigns (seed {arguments.seed}): none hung, the lost rank was named in {named}, "
          f"{len(wanted)} records equal in values, losses, predictions and weights")


def add_options(parser):
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20261123)


if __name__ == "__main__":
    main(body, __doc__, add_options)
