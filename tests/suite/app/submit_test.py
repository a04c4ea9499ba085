"""`transferscale submit` without Slurm: what it refuses, what it prints, which files and calls it makes. A program of ours
stands for sbatch and scontrol. tests/end_to_end/slurm_jobs.py is the same with a real cluster."""
import json
import os
import pathlib
import re
import stat
import struct
import unittest
import zipfile

from command import SOURCES, CommandTest

CELL = "tuberculosis/R50x1/1K-NAT"
SYSTEM = """[[system]]
id = "here"
title = "a test's"
nodes = 4
gpus_per_node = 0
cores_per_node = 2

[system.jobs]
scheduler = "slurm"
partition = "debug"
launcher = "mpirun -n {ranks}"
minutes_limit = 60
"""
SBATCH = """#!/bin/sh
number=$(($(cat "$CALLS/number" 2>/dev/null || echo 40) + 1))
echo $number >"$CALLS/number"
echo "$@" >>"$CALLS/sbatch"
echo $number
"""


class SubmitTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.system = self.folder / "my system.toml"
        self.system.write_text(SYSTEM)
        self.program("sbatch", SBATCH)
        self.selection = ["table1", "--profile", "smoke", "--cell", CELL]

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def submit(self, *options, system=None, code=0, path=None, **more):
        environment = {"PATH": path or f"{self.folder / 'bin'}:{os.environ['PATH']}", "CALLS": str(self.folder)}
        arguments = ["submit", *self.selection, "--system", system or self.system, *options]
        if code:
            return self.refused(*arguments, code=code, environment=environment, **more)
        return self.document(*arguments, environment=environment, **more)

    def test_a_dry_run_writes_and_submits_nothing(self):
        document = self.submit("--dry-run")
        self.assertFalse((self.folder / "store").exists())
        self.assertFalse((self.folder / "sbatch").exists())
        self.assertFalse(document["submitted"])
        run, check, report = document["jobs"]
        self.assertEqual([run["name"], check["name"], report["name"]], ["run", "check", "report"])
        self.assertIsNone(run["id"])
        self.assertIn("#SBATCH --partition=debug\n", run["text"])
        self.assertIn(f"run table1 --profile smoke --cell {CELL} --store", run["text"])
        self.assertEqual(check["options"], ["--dependency=afterany:<run>"])
        text = self.call("submit", *self.selection, "--system", self.system, "--dry-run").stdout
        self.assertIn("==== check.sh\n#!/bin/bash\n", text)

    def test_jobs_repeat_what_run_is_told(self):
        (self.folder / "data").mkdir()
        limits = ["--limit", "64", "--steps", "8", "--batch", "16"]
        more = ["--workers", "2", "--on-bad-image", "skip", "--device", "cpu", "--no-loss", "--deadline", "90"]
        run, check, report = self.submit(*limits, *more, "--data", self.folder / "data")["jobs"]
        texts = [pathlib.Path(job["script"]).read_text(encoding="utf-8") for job in (run, check, report)]
        for text in texts:
            self.assertIn(f" table1 --profile smoke --data {self.folder}/data {' '.join(limits)} --cell {CELL} --store", text)
            self.assertNotIn("export TRANSFERSCALE_DATA", text)
        self.assertIn(" --device cpu --workers 2 --on-bad-image skip --deadline 90 --no-loss\n", texts[0])
        self.assertNotIn("--device", texts[1] + texts[2])
        words = self.submit("--dry-run", *limits)["jobs"][0]["text"].split("work() {")[1].split("--store")[0].split()
        planned = self.document("plan", *words[words.index("run") + 1:])  # the job's own words choose the same runs
        self.assertEqual(planned["items"], self.document("plan", *self.selection, *limits)["items"])
        self.assertNotEqual(planned["items"], self.document("plan", *self.selection)["items"])

    def test_every_option_of_run_travels(self):
        """A job's words, given to submit again, make the same job: no option of run is lost, none is changed."""
        (self.folder / "weights").mkdir()
        self.write_weights(self.folder / "weights/BiT-S-R50x1.npz", 25549352)  # planning counts the values of R50x1
        self.system.write_text(SYSTEM.replace("gpus_per_node = 0", "gpus_per_node = 4"))
        fast, small = ["--reduction", "fast"], ["--limit", "64", "--steps", "8"]
        values = {"--profile": ["smoke"], "--seeds": ["0,2"], "--parents": ["2"], "--weights": [f"{self.folder}/weights", "--profile", "paper", *small],
                  "--protocol": ["as-written"], "--device": ["cpu"], "--workers": ["0"], "--on-bad-image": ["stop"],
                  "--deadline": ["12.5"], "--save-seconds": ["30"], "--no-loss": [], "--data": [f"{self.folder}/weights"],
                  "--limit": ["64"], "--steps": ["8"], "--batch": ["16"], "--ranks": ["2"], "--oversubscribe": [],
                  "--reduction": ["fast"], "--wire": ["float16", *fast], "--bucket-bytes": ["measured", *fast],
                  "--precision": ["bfloat16"], "--portable-bits": []}
        apart = {"--cell", "--store", "--help", "--json", "--quiet"}  # the job names cells and store in its own place
        self.assertEqual(self.options_of("submit") & self.options_of("run") - apart, set(values))
        of_all = self.options_of("check") & self.options_of("report")
        for option, words in values.items():
            with self.subTest(option):
                self.selection = ["table1", "--cell", CELL]
                run, check, _ = self.submit(option, *words, "--dry-run")["jobs"]
                said = " ".join([option, *words[:1]])
                self.assertIn(f" {said}", self.work_of(run))
                self.assertEqual(f" {said}" in self.work_of(check), option in of_all)
                again = self.work_of(run).split('"$program" run ')[1].replace('--store "$store"', "").split()
                for own in ("--jobs", "--launcher"):
                    if own in again:
                        del again[again.index(own):again.index(own) + (3 if own == "--launcher" else 2)]
                self.selection = again
                self.assertEqual(self.work_of(self.submit("--dry-run")["jobs"][0]), self.work_of(run))

    def write_weights(self, path, count):
        """An .npz of one array of zeros, deflated."""
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count},), }}".ljust(117) + "\n"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("resnet/all.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(4 * count))

    def work_of(self, job):
        return job["text"].split("work() {")[1].split("\n}")[0]

    def options_of(self, command):
        text = self.call(command, "--help").stdout
        return set(re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", text))

    def test_what_only_gpus_do_needs_a_system_with_gpus(self):
        self.submit("--device", "cuda", code=2, words=["--device cuda", "system 'here' without GPUs"])
        self.submit("--precision", "bf16", code=2, words=["--precision bfloat16", "system 'here' without GPUs"])
        self.submit("--precision", "bf16", "--device", "cpu", code=2, words=["--precision", "with --device cpu"])
        self.system.write_text(SYSTEM.replace("gpus_per_node = 0", "gpus_per_node = 4"))
        run, check, _ = self.submit("--device", "cuda", "--precision", "bf16", "--dry-run")["jobs"]
        self.assertIn("--profile smoke --precision bfloat16 --cell", run["text"])
        self.assertIn("--profile smoke --precision bfloat16 --cell", check["text"])
        self.assertIn(" --device cuda\n", run["text"])

    def test_three_jobs_each_after_the_one_before(self):
        document = self.submit("--store", "a store")
        self.assertEqual([job["id"] for job in document["jobs"]], ["41", "42", "43"])
        calls = (self.folder / "sbatch").read_text().splitlines()
        self.assertEqual(calls[0], f"--parsable {document['jobs'][0]['script']}")
        self.assertEqual(calls[1], f"--parsable --dependency=afterany:41 {document['jobs'][1]['script']}")
        self.assertEqual(calls[2], f"--parsable --dependency=afterany:42 {document['jobs'][2]['script']}")
        for job in document["jobs"]:
            self.assertTrue(os.access(job["script"], os.X_OK))
            self.assertIn(f"store='{self.folder}/a store'\n", pathlib.Path(job["script"]).read_text(encoding="utf-8"))
        plan = self.document("plan", *self.selection, "--store", "a store")  # jobs/ does not disturb the store
        self.assertEqual(plan["cached"], 0)

    def test_begins_after_other_jobs(self):
        self.assertEqual(self.submit("--after", "7:8")["jobs"][0]["options"],
                         ["--dependency=afterany:7:8", "--kill-on-invalid-dep=yes"])
        self.assertEqual(self.submit("--after-ok", "7")["jobs"][0]["options"][0], "--dependency=afterok:7")
        self.submit("--after", "soon", code=2, words=["soon"])

    def test_an_array_holds_every_cell_once(self):
        self.selection = ["table1", "--profile", "smoke", "--seeds", "0"]
        plan = self.document("plan", *self.selection)
        cells = {item["cell"] for item in plan["items"] if item["cell"]}
        run = self.submit("--shape", "array", "--nodes", "2", "--parts", "5", "--dry-run")["jobs"][0]
        self.assertEqual(run["tasks"], 5)
        self.assertIn("#SBATCH --array=1-5%2\n", run["text"])
        words = run["text"].split()
        named = [words[i + 1].rstrip(")") for i, word in enumerate(words) if word == "--cell"]
        self.assertEqual(sorted(named), sorted(cells))

    def test_a_ladder_has_a_launcher_of_its_own(self):
        document = self.submit("--ranks", "4", "--reduction", "fast")
        self.assertEqual(document["shape"], "ladder")
        self.assertEqual(document["jobs"][0]["nodes"], 2)
        self.submit("--ranks", "16", "--reduction", "fast", code=2, words=["--nodes", "at most 4"])
        self.submit("--ranks", "4", "--reduction", "fast", "--nodes", "1", code=2, words=["a run over 4 ranks"])
        folder = document["folder"]
        self.assertIn("--ranks 4 --reduction fast --cell", pathlib.Path(f"{folder}/run.sh").read_text(encoding="utf-8"))
        self.assertIn("--store \"$store\" --jobs 1 --launcher './launch {ranks}'",
                      pathlib.Path(f"{folder}/run.sh").read_text(encoding="utf-8"))
        self.assertIn("exec mpirun -n \"${ranks}\"", pathlib.Path(f"{folder}/launch").read_text(encoding="utf-8"))

    def test_over_the_systems_limits_nothing_is_submitted(self):
        self.submit("--nodes", "5", "--time", "61", code=2, words=["--nodes", "at most 4", "--time", "at most 60 min"])
        self.assertFalse((self.folder / "sbatch").exists())
        self.assertFalse((self.folder / "store").exists())

    def test_system_files_that_cannot_be_used(self):
        self.submit(system="juwels-bloster", code=2, words=["juwels-bloster", "juwels-booster"])
        self.submit(system="local", code=2, words=["without [system.jobs]", "local.toml"])
        self.submit(system="./nowhere.toml", code=2, words=["nowhere.toml"])
        self.submit(system=str(self.folder / "bin") + "/", code=2, words=["bin"])
        self.system.write_text(SYSTEM.replace("[[system]]", "[[system"))
        self.submit(code=2, words=["my system.toml:1"])
        self.system.write_text(SYSTEM.replace("slurm", "lsf").replace("{ranks}", "{rank}").replace("= 60", "= 0") +
                               "qos = \"two words\"\nenvironment = { \"A-B\" = \"x\" }\nnodes_limit = 5\nwall = 3\n")
        message = self.submit(code=2, words=["'lsf'", "a line with {ranks}", "0 for 'minutes_limit'", "'two words'",
                                             "'A-B'", "5 for 'nodes_limit'", "unknown key 'wall'"])
        self.assertEqual(message.count("error[E201]"), 7, message)

    def test_what_slurm_says(self):
        self.submit(path="/nonexistent", code=6, words=["sbatch", "--dry-run"])
        self.program("sbatch", "#!/bin/sh\necho 'sbatch: error: invalid partition specified: debug' >&2\nexit 1\n")
        self.submit(code=2, words=["invalid partition specified: debug", "[system.jobs]"])
        self.program("sbatch", "#!/bin/sh\necho 'sbatch: error: Batch job submission failed: Unable to contact slurm "
                               "controller (connect failure)' >&2\nexit 1\n")
        self.submit(code=8, words=["no answer from Slurm's controller", "scontrol ping"])

    def test_waits_for_the_jobs_and_takes_their_code(self):
        self.program("scontrol", "#!/bin/sh\ncase $4 in 42) code=1 state=FAILED ;; *) code=0 state=COMPLETED ;; esac\n"
                                 "echo \"JobId=$4 JobState=$state ExitCode=$code:0\"\n")
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "CALLS": str(self.folder)}
        answer = self.call("submit", *self.selection, "--system", self.system, "--wait", "--json", environment=environment)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertEqual(len(json.loads(answer.stdout)["jobs"]), 3)
        self.assertIn("job 42: FAILED", answer.stderr)

    def test_waiting_ends_when_the_controller_stays_silent(self):
        self.program("scontrol", "#!/bin/sh\necho 'Unable to contact slurm controller (connect failure)' >&2\nexit 1\n")
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "CALLS": str(self.folder)}
        answer = self.call("submit", *self.selection, "--system", self.system, "--wait", "--patience", "1",
                           environment=environment)
        self.assertEqual(answer.returncode, 8, answer.stderr)
        self.assertIn("job 41 run", answer.stdout)  # its id is known
        self.assertIn("jobs that run go on", answer.stderr)

    def test_every_system_with_jobs_gives_scripts(self):
        for path in sorted((SOURCES / "workloads" / "systems").glob("*.toml")):
            if "[system.jobs]" in path.read_text():
                with self.subTest(path.stem):
                    document = self.submit("--dry-run", system=path.stem)
                    self.assertEqual(len(document["jobs"]), 3)


if __name__ == "__main__":
    unittest.main()
