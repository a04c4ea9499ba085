#!/usr/bin/env python3
"""Runs that are lost between two of their periodic saves go on from the last one: a rank is killed, then the other one; a run
alone is told to stop. In the end there are the records of runs left alone, and they say at which step they went on.

    kill_between_saves.py TRANSFERSCALE PRINT_RECORDS
"""
import os
import signal
import subprocess
import time

from campaign import Campaign, expect, expect_complete, main, processes_of, wait_until
from kill_ranks import ranks_of

CELL = "tuberculosis/R152x4/1K-NAT"  # laptop: its pre-training takes some seconds on a fast, idle machine, too
SAVE_SECONDS = 0.2
BEGIN_SECONDS = 300.0  # for the second save on a busy machine
LIMIT_SECONDS = 120.0


def make_campaign(folder, arguments, options, environment=None):
    campaign = Campaign(arguments, folder, [], environment=environment)
    campaign.selection = ["--profile", "laptop", "--seeds", "0", "--cell", CELL, "--store", str(campaign.store), *options]
    return campaign


def saves_of(campaign):
    """(file, time of its last save) of runs that are not finished."""
    found = set()
    for path in (campaign.store / "partial").rglob("*.h5"):
        try:
            found.add((path, path.stat().st_mtime_ns))
        except FileNotFoundError:  # replaced or done
            pass
    return {pair for pair in found if "tmp" not in pair[0].name}


def start_until_between_saves(campaign, options=()):
    """A run whose unfinished part was saved twice by this attempt, and is some way on its way to the next save."""
    before = saves_of(campaign)
    seen = set()
    running = campaign.start(jobs=1, options=options)

    def saved_twice():
        seen.update(saves_of(campaign) - before)
        return len(seen) >= 2 or not running.is_running()

    expect(wait_until(saved_twice, BEGIN_SECONDS), f"no second save: {running.messages()}")
    expect(running.is_running(), f"the run ended before it was saved twice: {running.messages()}")
    time.sleep(SAVE_SECONDS / 2)
    return running


def resumed_steps(campaign):
    done = subprocess.run([campaign.reader, campaign.store, "resumed"], text=True, stdout=subprocess.PIPE, check=True)
    return {key: int(step) for _, key, step in (line.split(" ") for line in done.stdout.splitlines())}


def undisturbed(arguments, folder, options):
    campaign = make_campaign(folder, arguments, options)
    code, running = campaign.run(jobs=1)
    expect(code == 0, f"the undisturbed run ended with {code}: {running.messages()}")
    expect(not resumed_steps(campaign), "an undisturbed run says that it was resumed")
    return expect_complete(campaign)


def finish(campaign, wanted, lost):
    """The last attempt: it goes on from what was saved."""
    expect(saves_of(campaign), f"nothing is kept of the run that was {lost}")
    code, running = campaign.run(jobs=1)
    expect(code == 0, f"the last run ended with {code}: {running.messages()}")
    expect_complete(campaign, wanted)
    expect(not saves_of(campaign), "a finished run's state is left")
    steps = resumed_steps(campaign)
    expect(steps and min(steps.values()) > 0, f"no run says at which step it went on: {steps}")
    print(f"{lost}: went on at step {', '.join(map(str, steps.values()))}, {len(wanted)} records equal", flush=True)


def kill_ranks(arguments, folder):
    options = ["--ranks", "2", "--reduction", "fast"]
    wanted = undisturbed(arguments, folder / "two", options)
    campaign = make_campaign(folder / "killed", arguments, options, {"TRANSFERSCALE_SAVE_SECONDS": str(SAVE_SECONDS)})
    try:
        for rank in (1, 0):
            running = start_until_between_saves(campaign, ["--deadline", "3"])
            os.kill(ranks_of(campaign.store)[rank], signal.SIGKILL)
            expect(wait_until(lambda: not running.is_running(), LIMIT_SECONDS), f"the run hangs: {running.messages()}")
            expect(running.wait() == 8, f"exit code {running.wait()}: {running.messages()}")
        finish(campaign, wanted, "killed, rank 1 and then rank 0,")
    finally:
        campaign.kill_leftovers()


def stop_alone(arguments, folder):
    wanted = undisturbed(arguments, folder / "one", [])
    campaign = make_campaign(folder / "stopped", arguments, [], {"TRANSFERSCALE_SAVE_SECONDS": str(SAVE_SECONDS)})
    try:
        running = start_until_between_saves(campaign)
        last = saves_of(campaign)
        running.signal(signal.SIGTERM)
        code = running.wait()
        expect(code == 75, f"exit code {code}, expected 75: {running.messages()}")
        expect(saves_of(campaign) - last, "it stopped without saving where it stood")
        expect(not processes_of(campaign.store), "a worker outlived its scheduler")
        finish(campaign, wanted, "stopped alone with SIGTERM (exit 75),")
    finally:
        campaign.kill_leftovers()


def refuse_a_bad_interval(arguments, folder):
    campaign = make_campaign(folder / "refused", arguments, [], {"TRANSFERSCALE_SAVE_SECONDS": "often"})
    code, running = campaign.run(jobs=1)
    expect(code != 0 and "--save-seconds: found 'often'" in running.messages(), f"{code}: {running.messages()}")


def body(arguments, folder):
    refuse_a_bad_interval(arguments, folder)
    kill_ranks(arguments, folder)
    stop_alone(arguments, folder)


if __name__ == "__main__":
    main(body, __doc__)
