#!/usr/bin/env python3
"""SIGKILL at random moments of a run, then resume: nothing acknowledged is lost, all values are those of a run left alone.

    kill_and_resume.py TRANSFERSCALE PRINT_RECORDS [--kills 10] [--seed N] [--full] [--jobs 2]

Kills in turn hit the whole process group and the scheduler alone (whose workers must die with it). When everything is
finished before the last kill, the next campaign begins with an empty store. --full takes all cells of the smoke table.
"""
import random
import signal
import time

from campaign import PATIENCE_SECONDS, Campaign, expect, expect_complete, main, processes_of, wait_until

CELLS = ["tuberculosis/R50x1/*", "cifar10/R50x1/*"]
ORPHAN_SECONDS = 10.0  # a worker dies with its scheduler at once; this is for the machine's load


def expect_all_kept(campaign, done, wanted):
    records = campaign.records()
    for key in sorted(done):
        expect(key in records, f"acknowledged and lost: {key}")
        expect(records[key] == wanted[key], f"acknowledged and different: {records[key]}\n  {wanted[key]}")


def kill_once(campaign, jobs, moment, group_too, done, wanted):
    """True when the run was still going on at that moment: (runs finished in this start, seconds after the last)."""
    running = campaign.start(jobs)
    wait_until(lambda: len(running.done_keys()) >= moment[0] or not running.is_running(), PATIENCE_SECONDS)
    time.sleep(moment[1])
    killed = running.is_running()
    if killed:
        (running.signal_group if group_too else running.signal)(signal.SIGKILL)
    code = running.wait()
    expect(killed or code == 0, f"run ended by itself with {code}: {running.messages()}")
    expect(wait_until(lambda: not processes_of(campaign.store), ORPHAN_SECONDS),
           f"processes left after the kill: {processes_of(campaign.store)}")
    done.update(running.done_keys())
    expect_all_kept(campaign, done, wanted)
    return killed


def finish(campaign, jobs, done, wanted):
    code, running = campaign.run(jobs)
    expect(code == 0, f"the last run ended with {code}: {running.messages()}")
    expect(running.summary()["lost"] == [], f"lost: {running.summary()['lost']}")
    done.update(running.done_keys())
    expect_all_kept(campaign, done, wanted)
    expect_complete(campaign, wanted)


def body(arguments, folder):
    cells = [] if arguments.full else CELLS
    undisturbed = Campaign(arguments, folder / "undisturbed", cells)
    start = time.monotonic()
    code, running = undisturbed.run(arguments.jobs)
    seconds = time.monotonic() - start
    expect(code == 0, f"the undisturbed run ended with {code}: {running.messages()}")
    wanted = expect_complete(undisturbed)
    expect(sorted(running.done_keys()) == sorted(wanted), "not every record was reported as done")
    print(f"undisturbed: {len(wanted)} runs in {seconds:.1f} s", flush=True)

    moments = random.Random(arguments.seed)
    kills = campaigns = 0
    while kills < arguments.kills:
        campaigns += 1
        campaign = Campaign(arguments, folder / f"killed-{campaigns}", cells)
        done = set()
        try:
            going = True
            while going and kills < arguments.kills:
                moment = (moments.randrange(max(1, 2 * len(wanted) // arguments.kills)),
                          moments.uniform(0.0, 3.0 * seconds / len(wanted)))
                going = kill_once(campaign, arguments.jobs, moment, kills % 2 == 0, done, wanted)
                kills += going
                if going:
                    print(f"kill {kills}, {moment[1]:.3f} s after run {moment[0]} of its start: {len(done)} runs acknowledged "
                          "so far, none lost", flush=True)
            finish(campaign, arguments.jobs, done, wanted)
        finally:
            campaign.kill_leftovers()
    print(f"{kills} kills in {campaigns} campaigns (seed {arguments.seed}): {len(wanted)} records equal in values, losses, "
          "predictions and weights")


def add_options(parser):
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--full", action="store_true", help="all cells of the smoke table")


if __name__ == "__main__":
    main(body, __doc__, add_options)
