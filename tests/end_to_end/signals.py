#!/usr/bin/env python3
"""SIGINT and SIGTERM end a run with exit code 75 within 15 s: finished runs are kept, nothing is left behind, and the same
command goes on from there.

    signals.py TRANSFERSCALE PRINT_RECORDS
"""
import os
import signal
import time

from campaign import Campaign, expect, expect_complete, main, processes_of, wait_until

CELLS = ["tuberculosis/R50x1/*"]
LIMIT_SECONDS = 15.0


def interrupt(campaign, send, done):
    """Lets one more run finish, then signals: the keys that are done."""
    running = campaign.start()
    expect(wait_until(lambda: running.done_keys() or not running.is_running(), 300.0), "no run was ever finished")
    expect(running.is_running(), "the run ended before it could be interrupted")
    start = time.monotonic()
    send(running)
    code = running.wait()
    seconds = time.monotonic() - start
    expect(code == 75, f"exit code {code}, expected 75: {running.messages()}")
    # A busy machine may stretch what takes a second; four times its cores in load is not the program's doing.
    expect(seconds < LIMIT_SECONDS or os.getloadavg()[0] > 4 * os.cpu_count(), f"took {seconds:.1f} s to stop")
    expect(not processes_of(campaign.store), "a worker outlived its scheduler")
    expect(running.summary()["interrupted"] is True, "the document does not say that it was interrupted")
    done.update(running.done_keys())
    records = campaign.records()
    expect(done <= set(records), "a finished run is gone")
    expect(all(line.startswith("finished ") for line in records.values()), "an interrupted run looks like a failure")
    expect(not campaign.claims(), "claims are left")
    print(f"stopped in {seconds:.2f} s with {len(records)} runs kept")


def body(arguments, folder):
    campaign = Campaign(arguments, folder / "signals", CELLS)
    done = set()
    try:
        interrupt(campaign, lambda running: running.signal(signal.SIGTERM), done)
        interrupt(campaign, lambda running: running.signal_group(signal.SIGINT), done)
        interrupt(campaign, lambda running: running.signal_group(signal.SIGTERM), done)
        code, running = campaign.run()
        expect(code == 0, f"the last run ended with {code}: {running.messages()}")
        expect(not done & set(running.done_keys()), "a finished run was trained again")
        expect_complete(campaign)
    finally:
        campaign.kill_leftovers()


if __name__ == "__main__":
    main(body, __doc__)
