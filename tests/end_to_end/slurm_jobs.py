#!/usr/bin/env python3
"""Jobs on a real Slurm: four fake nodes that ci/slurm-here brings up. What a plan gives must not depend on whether it ran here or in
jobs, in which shape, and what happened to the jobs meanwhile.

    slurm_jobs.py TRANSFERSCALE PRINT_RECORDS [--whole] [--only NAME…]

--whole: all 88 cells of Table 1 instead of those of one target. Exit 77: Slurm cannot be had here.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from campaign import Campaign, WORKLOAD, expect, expect_complete, main, wait_until
from slurm_cluster import JOB_SECONDS, Cluster, stepds_of, submit, submit_and_wait

CELLS = ["tuberculosis/*", "cifar10/R50x1/*"]
FEW_CELLS = ["tuberculosis/R50x1/*"]
LIMITS = ["--limit", "24", "--steps", "4"]  # of these few


def killed_stopped_and_requeued(arguments, folder, cluster, cells, wanted):
    """One allocation of two nodes: all its steps killed, then told to stop, each time put back into the queue."""
    campaign = Campaign(arguments, folder / "killed", cells, store=folder / "killed" / "a store's \"records\"")
    jobs = submit(campaign, cluster, "--nodes", 2)
    job = jobs.ids["run"]
    cluster.wait_for_state(job, ["RUNNING"])
    expect(cluster.state(jobs.ids["check"])[1] == "Dependency", "the check does not wait for the runs")
    jobs.wait_for_records(1)
    cluster.slurm("scancel", "--signal=KILL", f"{job}.0")
    cluster.wait_for_state(job, ["FAILED"])
    expect(jobs.events()[-1][5:] == ("ended", "137"), f"{jobs.events()}")
    before = set(campaign.records())
    cluster.slurm("scontrol", "requeue", job)
    cluster.begin_now(job)
    jobs.wait_for_records(1)
    start = time.monotonic()
    cluster.slurm("scancel", "--signal=USR1", "--batch", job)
    cluster.wait_for_state(job, ["PENDING"])
    seconds = time.monotonic() - start
    expect(seconds < 30.0 or os.getloadavg()[0] > 4 * os.cpu_count(), f"it took {seconds:.1f} s to stop; Slurm waits 30")
    expect(jobs.events()[-1][5:] == ("requeued", "75"), f"{jobs.events()}")
    expect(before <= set(campaign.records()), "a finished run is gone")
    expect(not campaign.claims(), "claims are left by schedulers that were told to stop")
    cluster.begin_now(job)
    jobs.wait_for_end(cluster)
    expect([event[3] for event in jobs.events() if event[1] == "run" and event[5] == "started"] == ["0", "1", "2"],
           f"{jobs.events()}")
    expect_complete(campaign, wanted)
    expect((jobs.folder / "report" / f"{WORKLOAD}-smoke.md").exists() or list((jobs.folder / "report").iterdir()),
           "no report")
    expect(WORKLOAD in (jobs.folder / "check.txt").read_text(), "no check")
    print(f"  killed and stopped (in {seconds:.1f} s), requeued twice: {len(wanted)} records equal to those of a local run")


def array(arguments, folder, cluster, cells, wanted):
    """Two of four tasks at a time; nothing is trained twice."""
    campaign = Campaign(arguments, folder / "array", cells)
    jobs = submit(campaign, cluster, "--shape", "array", "--nodes", 2, "--parts", 4)
    jobs.wait_for_end(cluster)
    tasks = {event[2] for event in jobs.events() if event[1] == "run" and event[5] == "ended"}
    expect(tasks == {f"{jobs.ids['run']}_{number}" for number in (1, 2, 3, 4)}, f"tasks {tasks}")
    running = most = 0
    for event in jobs.events():
        running += {"started": 1, "ended": -1}.get(event[5], 0) if event[1] == "run" else 0
        most = max(most, running)
    expect(most <= 2, f"{most} tasks at once")
    done = re.findall(r"(?m)^done (\w+) ", jobs.log())
    expect(sorted(done) == sorted(set(done)) and set(done) == set(wanted), "a run was trained twice, or not at all")
    expect_complete(campaign, wanted)
    print(f"  array of 4 tasks, {most} at a time: records equal")


def dependencies(arguments, folder, cluster, cells, wanted):
    """A job that waits for a failure's success never begins; one that waits for its end does, with all that `run` was told."""
    campaign = Campaign(arguments, folder / "after", cells)
    campaign.selection += LIMITS
    failing = folder / "fails.sh"
    failing.write_text("#!/bin/sh\nsleep 2\nexit 3\n")
    code, failed = cluster.slurm("sbatch", "--parsable", "--output=/dev/null", failing)
    expect(code == 0, failed)
    never = submit(campaign, cluster, "--after-ok", failed.strip())
    after = submit(campaign, cluster, "--after", failed.strip(), "--device", "cpu", "--workers", 2, "--on-bad-image", "skip")
    cluster.wait_for_state(never.ids["run"], ["CANCELLED", "UNKNOWN"])
    expect(not [event for event in never.events() if event[1] == "run"], "it ran after a failure")
    after.wait_for_end(cluster)
    expect_complete(campaign, wanted)
    order = [(event[1], event[5]) for event in after.events()]
    expect(order == [(name, what) for name in ("run", "check", "report") for what in ("started", "ended")], f"{order}")
    print("  dependencies: after a failure's end, not after its success; run, check, report in order, within the same limits")


def lost_controller(arguments, folder, cluster, cells, wanted):
    """slurmctld is stopped: jobs go on, `submit` and a waiting `submit --wait` say so and end with 8, a new slurmctld takes all up
    again."""
    campaign = Campaign(arguments, folder / "controller", cells)
    watcher, jobs = submit_and_wait(campaign, cluster, "--patience", "3")
    try:
        jobs.wait_for_records(1)
        cluster.stop_controller()
        before = len(campaign.records())
        message = submit(Campaign(arguments, folder / "controller-2", cells), cluster, code=8)
        expect("no answer from Slurm's controller" in message, message)
        code = watcher.wait(JOB_SECONDS)
        text = (campaign.folder / "submit.err").read_text()
        expect(code == 8, f"--wait ended with {code}: {text}")
        expect("does not answer; jobs that run go on" in text and "error[E800]" in text, text)
        expect(wait_until(lambda: len(campaign.records()) == len(wanted), JOB_SECONDS), f"the job stopped: {jobs.log()}")
    finally:
        watcher.kill()
        cluster.start()
    jobs.wait_for_end(cluster)
    expect_complete(campaign, wanted)
    print(f"  slurmctld stopped after {before} of {len(wanted)} records: the job went on, submit and submit --wait said so and ended "
          "with 8, check and report ran after its return")


def lost_node(arguments, folder, cluster, cells, wanted):
    """A node goes away with all its processes: Slurm puts the job back into the queue, the store says what is left."""
    campaign = Campaign(arguments, folder / "node", cells)
    jobs = submit(campaign, cluster)
    job = jobs.ids["run"]
    jobs.wait_for_records(1)
    node = [event[4] for event in jobs.events()][-1]
    os.kill(cluster.daemon(f"slurmd-{node}"), signal.SIGKILL)
    # What watches the processes first, so that nobody is left to report their end.
    for processes in (stepds_of(job), cluster.processes_in_jobs([f"SLURM_JOB_ID={job}"])):
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
    expect(wait_until(lambda: "Restarts=1" in cluster.slurm("scontrol", "show", "job", job)[1], 120.0),
           f"not requeued: {cluster.slurm('scontrol', 'show', 'job', job)[1]}")
    cluster.begin_now(job)
    jobs.wait_for_end(cluster)
    cluster.start()
    expect_complete(campaign, wanted)
    nodes = [event[4] for event in jobs.events() if event[1] == "run" and event[5] == "started"]
    expect(len(nodes) == 2 and nodes[1] != node, f"nodes {nodes}")
    print(f"  node {nodes[0]} lost: requeued to {nodes[1]}, records equal")


def ranks(arguments, folder, cluster, cells, _):
    """Each run over four ranks on two nodes, started by mpirun inside the allocation."""
    options = ["--ranks", "4", "--reduction", "fast"]
    local = Campaign(arguments, folder / "ranks-local", cells)
    local.selection += options
    code, running = local.run(1, ["--oversubscribe"])
    expect(code == 0, running.messages())
    campaign = Campaign(arguments, folder / "ranks", cells)
    campaign.selection += options
    jobs = submit(campaign, cluster)
    jobs.wait_for_end(cluster)
    nodes = {event[4] for event in jobs.events() if event[1] == "run"}
    expect(len(nodes) == 1 and re.fullmatch(r"n\[\d[-,]\d\]", nodes.pop()), f"not two nodes: {jobs.events()}")
    wanted = expect_complete(campaign, expect_complete(local))
    print(f"  4 ranks on 2 nodes: {len(wanted)} records equal to those of 4 ranks without Slurm")


def ladder(arguments, folder, cluster, *_):
    """The scaling workload: one allocation as wide as its widest rung, each run on the first nodes that hold it."""
    campaign = Campaign(arguments, folder / "ladder", [])
    jobs = submit(campaign, cluster, "--time", 30, workload="table2")
    expect(jobs.document["shape"] == "ladder", f"{jobs.document}")
    jobs.wait_for_end(cluster)
    done = subprocess.run([campaign.program, "plan", "table2", *campaign.selection, "--json"], text=True, capture_output=True,
                          env=campaign.environment, check=True)
    plan = json.loads(done.stdout)
    expect(plan["runs"] > 0 and plan["cached"] == plan["runs"] + plan["parents"], f"{plan['cached']} of {plan['runs']}")
    records = campaign.records()
    expect(all(line.startswith("finished ") for line in records.values()), "a record that is not finished")
    expect("table2" in (jobs.folder / "check.txt").read_text(), "no check of the ladder")
    print(f"  ladder: {len(records)} records, checked and reported")


def submit_long(arguments, folder, cluster):
    """A job of one minute with more work than that, which Slurm does not warn."""
    campaign = Campaign(arguments, folder / "time", [])
    campaign.selection = ["--profile", "laptop", "--store", str(campaign.store)]  # minutes on any machine
    return campaign, submit(campaign, cluster, "--time", 1, system=cluster.system(signal_seconds=0, requeues_limit=20))


def over_time(cluster, campaign, jobs):
    """Ended by Slurm it leaves with 75, keeps what is done, leaves nothing half-done, and goes back into the queue by itself."""
    job = jobs.ids["run"]
    expect(wait_until(lambda: ("requeued", "75") in [event[5:] for event in jobs.events()], 240.0),
           f"{cluster.state(job)} {jobs.events()} {jobs.log()}")
    cluster.wait_for_state(job, ["PENDING"], 240.0)  # for two minutes; asked late it may run its second minute
    records = campaign.records()
    expect(all(line.startswith("finished ") for line in records.values()), "an unfinished record")
    expect(not campaign.temporaries() and not campaign.claims(), "something half-done is left")
    kept = len(records) + len(list((campaign.store / "partial").rglob("*.h5")))
    expect(kept > 0, "a minute's work is lost")
    for name in jobs.ids.values():
        cluster.slurm("scancel", name)
    print(f"  ended at its time limit: left with 75, back in the queue; {len(records)} records and "
          f"{kept - len(records)} unfinished runs' states kept")


def cancelled(arguments, folder, cluster, cells, wanted):
    """scancel means it: the job leaves with 75 and does not come back; the same submitted again goes on."""
    campaign = Campaign(arguments, folder / "cancelled", cells)
    jobs = submit(campaign, cluster)
    jobs.wait_for_records(1)
    cluster.slurm("scancel", *jobs.ids.values())
    cluster.wait_for_state(jobs.ids["run"], ["CANCELLED"], 60.0)
    expect(jobs.events()[-1][5:] == ("ended", "75"), f"{jobs.events()}")
    before = set(campaign.records())
    again = submit(campaign, cluster)
    again.wait_for_end(cluster)
    expect(not before & set(re.findall(r"(?m)^done (\w+) ", again.log())), "a finished run was trained again")
    expect_complete(campaign, wanted)
    print(f"  cancelled with {len(before)} records, not requeued; submitted again: records equal")


SCENARIOS = {function.__name__: function for function in
             (killed_stopped_and_requeued, cancelled, array, ranks, over_time, ladder, dependencies, lost_controller, lost_node)}


def body(arguments, folder):
    os.chmod(folder, 0o755)  # munged runs as a user of its own
    cluster = Cluster(folder / "cluster")
    try:
        run_scenarios(arguments, folder, cluster)
    finally:
        cluster.stop()
        leftovers = cluster.processes_in_jobs(["SLURM_JOB_ID"])
        expect(not leftovers, f"processes of jobs are left: {leftovers}")


def run_scenarios(arguments, folder, cluster):
    wanted = {}
    for name, cells, limits in (("cells", [] if arguments.whole else CELLS, []), ("few", FEW_CELLS, LIMITS)):
        campaign = Campaign(arguments, folder / f"local-{name}", cells)
        campaign.selection += limits
        start = time.monotonic()
        code, running = campaign.run()
        expect(code == 0, running.messages())
        wanted[name] = (cells, expect_complete(campaign))
        print(f"local run of {len(wanted[name][1])} runs: {time.monotonic() - start:.0f} s", flush=True)
    long = submit_long(arguments, folder, cluster) if not arguments.only or "over_time" in arguments.only else None
    for name, scenario in SCENARIOS.items():
        if arguments.only and name not in arguments.only:
            continue
        start = time.monotonic()
        print(name, flush=True)
        few = scenario in (dependencies, ranks)
        if scenario is over_time:
            scenario(cluster, *long)
        else:
            scenario(arguments, folder, cluster, *wanted["few" if few else "cells"])
        print(f"  {time.monotonic() - start:.0f} s", flush=True)


def add_options(parser):
    parser.add_argument("--whole", action="store_true", help="all cells of Table 1")
    parser.add_argument("--only", nargs="*", default=[], help="these scenarios")


if __name__ == "__main__":
    if shutil.which("sbatch") is None:
        print("skipped: no sbatch on this machine (Debian package slurm-wlm)", file=sys.stderr)
        sys.exit(77)
    main(body, __doc__, add_options)
