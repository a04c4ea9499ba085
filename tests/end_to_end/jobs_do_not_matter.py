#!/usr/bin/env python3
"""One worker process or three: the same values, losses, predictions and weights, bit by bit.

    jobs_do_not_matter.py TRANSFERSCALE PRINT_RECORDS
"""
from campaign import Campaign, expect, expect_complete, main

CELLS = ["tuberculosis/R50x1/*", "cifar10/R50x1/1K-NAT"]


def body(arguments, folder):
    wanted = None
    for jobs in (1, 3):
        campaign = Campaign(arguments, folder / f"jobs-{jobs}", CELLS)
        code, running = campaign.run(jobs)
        expect(code == 0, f"--jobs {jobs} ended with {code}: {running.messages()}")
        expect(running.summary()["failed"] == 0, "a run failed")
        wanted = expect_complete(campaign, wanted)
    values = {line.split(" ")[4] for line in wanted.values()}
    expect(len(values) > len(wanted) // 4, "the values are all alike: this test would see no difference")
    print(f"{len(wanted)} records equal with 1 and 3 jobs")


if __name__ == "__main__":
    main(body, __doc__)
