"""A real Slurm for tests: four fake nodes that ci/slurm-here brings up, and what `transferscale submit` gives them."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

from campaign import WORKLOAD, expect, wait_until

SLURM_HERE = pathlib.Path(__file__).resolve().parents[2] / "ci" / "slurm-here"
JOB_SECONDS = 600.0  # for any job of these tests on a busy machine


class Cluster:
    """The fake nodes, and what Slurm says."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = dict(os.environ)
        self.start()

    def start(self):
        done = subprocess.run([SLURM_HERE, "start", "--folder", self.folder], text=True, capture_output=True, check=False)
        if done.returncode == 77:
            print(done.stderr, file=sys.stderr)
            sys.exit(77)
        expect(done.returncode == 0, f"slurm-here start ended with {done.returncode}: {done.stderr}")
        for name, value in re.findall(r"(\w+)=('[^']*'|\S+)", done.stdout.replace("# submit", "")):
            self.environment[name] = value.strip("'")

    def stop(self):
        subprocess.run([SLURM_HERE, "stop", "--folder", self.folder], check=True)

    def system(self, **changes):
        """The system file, with other values for some keys of [system.jobs]."""
        text = (self.folder / "slurm-here.toml").read_text()
        for key, value in changes.items():
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        path = self.folder / ("-".join(["system", *map(str, changes.values())]) + ".toml")
        path.write_text(text)
        return path

    def slurm(self, *command):
        done = subprocess.run(command, text=True, capture_output=True, env=self.environment, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def state(self, job):
        """State and reason of the job; of an array's tasks, of the first that has not ended."""
        code, text = self.slurm("scontrol", "--oneliner", "show", "job", job)
        found = re.findall(r" JobState=(\S+) Reason=(\S+)", text) if code == 0 else []
        still = [pair for pair in found if pair[0] not in ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL")]
        return (still or found or [("UNKNOWN", text.strip())])[0]

    def wait_for_state(self, job, states, seconds=JOB_SECONDS):
        expect(wait_until(lambda: self.state(job)[0] in states, seconds), f"job {job} is {self.state(job)}, not {states}")

    def begin_now(self, job):
        """Slurm lets a requeued job wait two minutes. Some seconds it needs: credentials of the second in which the job ended
        before are refused."""
        self.wait_for_state(job, ["PENDING", "RUNNING"])
        self.slurm("scontrol", "update", f"JobId={job}", "StartTime=now+4")

    def stop_controller(self):
        """In order: one that is killed forgets what happened in its last seconds, and then takes jobs that run for lost."""
        process = self.daemon("slurmctld")
        os.kill(process, signal.SIGTERM)
        expect(wait_until(lambda: not pathlib.Path(f"/proc/{process}").exists(), 60.0), "slurmctld does not end")

    def daemon(self, name):
        return int((self.folder / f"{name}.pid").read_text())

    def processes_in_jobs(self, wanted):
        """Ids of processes of this cluster's jobs whose environment has these settings."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                settings = (entry / "environ").read_bytes().split(b"\0") if entry.name.isdigit() else []
            except OSError:
                continue
            if all(os.fsencode(word) in settings for word in [f"SLURM_CONF={self.environment['SLURM_CONF']}", *wanted]):
                found.append(int(entry.name))
        return found


class Jobs:
    """What `submit` made: ids and the folder."""

    def __init__(self, campaign, document):
        self.campaign, self.document = campaign, document
        self.folder = pathlib.Path(document["folder"])
        self.ids = {job["name"]: job["id"] for job in document["jobs"]}

    def events(self):
        """Lines of status.tsv: (time, script, job, attempt, nodes, event, code)."""
        path = self.folder / "status.tsv"
        return [tuple(line.split("\t")) for line in path.read_text().splitlines()] if path.exists() else []

    def log(self):
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def wait_for_records(self, more):
        """Until so many more records are there than now."""
        count = len(self.campaign.records()) + more
        expect(wait_until(lambda: len(self.campaign.records()) >= count, JOB_SECONDS), f"no record arrives: {self.log()}")

    def wait_for_end(self, cluster, code=0):
        """All three jobs end; the runs with this code, the check with 0 or 1, the report with 0."""
        for job in self.ids.values():
            expect(wait_until(lambda job=job: cluster.state(job)[0] in ("COMPLETED", "FAILED"), JOB_SECONDS),
                   f"job {job} is {cluster.state(job)}: {self.log()}")
        ended = {event[1]: event[6] for event in self.events() if event[5] == "ended"}
        expect(ended.get("run") == str(code), f"run ended with {ended}: {self.log()}")
        expect(ended.get("check") in ("0", "1") and ended.get("report") == "0", f"{ended}: {self.log()}")


def submit(campaign, cluster, *options, system=None, code=0, workload=WORKLOAD):
    done = subprocess.run([campaign.program, "submit", workload, *campaign.selection, "--json", "--system",
                           str(system or cluster.folder / "slurm-here.toml"), *map(str, options)],
                          text=True, capture_output=True, env={**campaign.environment, **cluster.environment}, check=False)
    expect(done.returncode == code, f"submit ended with {done.returncode}: {done.stderr}")
    return Jobs(campaign, json.loads(done.stdout)) if done.stdout else done.stderr


def submit_and_wait(campaign, cluster, *options):
    """`submit --wait` in the background, and the jobs that it waits for."""
    document = campaign.folder / "submit.json"
    with open(campaign.folder / "submit.err", "wb") as messages, open(document, "wb") as out:
        watcher = subprocess.Popen([campaign.program, "submit", WORKLOAD, *campaign.selection, "--json", "--system",
                                    str(cluster.folder / "slurm-here.toml"), "--wait", *options], stdout=out, stderr=messages,
                                   env={**campaign.environment, **cluster.environment})
    expect(wait_until(lambda: document.read_text().endswith("}\n"), 60.0), (campaign.folder / "submit.err").read_text())
    return watcher, Jobs(campaign, json.loads(document.read_text()))


def stepds_of(job):
    """slurmstepd processes of a job: they name it in their title."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            title = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if title.startswith(f"slurmstepd: [{job}.".encode()):
            found.append(int(entry.name))
    return found
