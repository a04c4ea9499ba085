"""`transferscale run` from the outside, on a handful of real smoke runs: done lines, resuming, damage, signals."""
import hashlib
import json
import os
import signal
import subprocess
import unittest

from command import PROGRAM, CommandTest

CELL = "pets/R50x1/1K-NAT"
SMOKE = ["table1", "--profile", "smoke", "--store", "store"]


class RunTest(CommandTest):
    def run_cells(self, *arguments, cells=CELL, store="store", code=0):
        answer = self.call("run", "table1", "--profile", "smoke", "--store", store, "--cell", cells, *arguments)
        self.assertEqual(answer.returncode, code, answer.stderr)
        return answer

    def values(self, store="store", cells=CELL):
        document = self.document("check", "table1", "--profile", "smoke", "--store", store, "--cell", cells)
        return {c["id"]: (c["n"], c["mean"], c["sd"]) for c in document["cells"]}

    def records(self):
        return {p.name: p for p in (self.folder / "store" / "records").rglob("*.h5")}

    def digests(self):
        return {name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns)
                for name, p in self.records().items()}


class Complete(RunTest):
    def test_says_done_for_every_durable_record(self):
        answer = self.run_cells()
        plan = self.document("plan", *SMOKE, "--cell", CELL)
        self.assertEqual(plan["cached"], plan["runs"] + plan["parents"])
        self.assertEqual({i["state"] for i in plan["items"]}, {"done"})
        done = [line.split() for line in answer.stderr.splitlines() if line.startswith("done ")]
        self.assertEqual(sorted((d[1], d[3]) for d in done), sorted((i["key"], str(i["seed"])) for i in plan["items"]))
        self.assertEqual([d[2] for d in done if d[3] != "42"], [CELL, CELL])
        for key in (i["key"] for i in plan["items"]):
            self.assertTrue(any(key[:16] in str(p) for p in self.records().values()), key)
        self.assertFalse([p for p in (self.folder / "store").rglob("*tmp*")])

    def test_shows_score_and_time_and_ends_with_the_next_command(self):
        lines = self.run_cells().stderr.splitlines()
        for place, line in enumerate(lines):
            if line.startswith("done "):
                self.assertEqual(len(line.split()), 4, "scripts take this line apart")
                self.assertRegex(lines[place + 1], r"^  \S+ [0-9.]+ % after [0-9.]+ (s|min)$")
        self.assertRegex(lines[-3], r"^finished in \d+ (s|min): 3 of 3 runs done, 0 failed, 0 skipped$")
        self.assertTrue(lines[-2].startswith("next: "))
        for line, verb in ((lines[-2].removeprefix("next: "), "check"), (lines[-1], "report")):
            self.assertIn(f" {verb} table1 --profile smoke --cell {CELL}", line)
            done = subprocess.run(line, shell=True, cwd=self.folder, capture_output=True, text=True)
            self.assertIn(done.returncode, (0, 1), done.stderr)  # the command can be typed as it stands

    def test_quiet_is_quiet(self):
        self.assertEqual(self.run_cells("--quiet").stderr, "")

    def test_a_second_run_does_nothing(self):
        self.run_cells()
        before = self.digests()
        document = json.loads(self.run_cells("--json").stdout)
        self.assertEqual((document["done_before"], document["done_now"]), (3, 0))
        self.assertEqual(self.digests(), before)

    def test_more_seeds_train_only_what_is_new(self):
        self.run_cells("--seeds", "0")
        before = self.digests()
        self.run_cells("--seeds", "0-1")
        after = self.digests()
        self.assertEqual(len(after), len(before) + 1)
        self.assertEqual({k: after[k] for k in before}, before)

    def test_one_seed_has_no_sd_and_a_reason(self):
        self.run_cells("--seeds", "0")
        cell = self.document("check", *SMOKE, "--cell", CELL)["cells"][0]
        self.assertEqual((cell["n"], cell["sd"]), (1, None))
        self.assertIsInstance(cell["mean"], float)
        self.assertIn(cell["verdict"], ("inconclusive", "missing"))
        self.assertTrue(cell["reason"])

    def test_what_is_inconclusive_is_skipped_or_fails_when_asked(self):
        self.run_cells("--seeds", "0")
        one = ["check", *SMOKE, "--seeds", "0", "--cell", CELL]
        cell = self.document(*one)["cells"][0]
        self.assertEqual((cell["verdict"], cell["compared_with"]), ("inconclusive", "recorded"))
        answer = self.call(*one, "--strict")
        self.assertEqual(answer.returncode, 0)
        self.assertIn("1 cell: 0 pass, 0 fail, 1 skipped (1 unclear)", answer.stderr)
        self.assertEqual(self.call(*one, "--strict-inconclusive").returncode, 1)
        answer = self.call(*one, "--skip-missing", "--skip-inconclusive")
        self.assertEqual(answer.returncode, 77)
        self.assertIn(f"skipped: {CELL}: unclear: n = 1 on our side", answer.stderr)
        self.assertRegex(answer.stdout, rf"(?m)^unclear( ≡)? \[1\] +{CELL} ")
        self.assertIn("not with the paper", answer.stdout.replace("\n", " "))

    def test_number_of_jobs_does_not_change_values(self):
        self.run_cells("--jobs", "1", cells="pets/R50x1/*-NAT")
        self.run_cells("--jobs", "3", cells="pets/R50x1/*-NAT", store="other")
        found = self.values(cells="pets/R50x1/*-NAT")
        self.assertEqual(found, self.values("other", "pets/R50x1/*-NAT"))
        self.assertEqual({n for n, _, _ in found.values()}, {2})


class Damage(RunTest):
    def setUp(self):
        super().setUp()
        self.run_cells()
        items = self.document("plan", *SMOKE, "--cell", CELL)["items"]
        self.key = next(i["key"] for i in items if i["seed"] == 1)
        self.undisturbed = self.values()

    def damaged_then_trained_again(self):
        name = self.key + ".h5"
        answer = self.call("check", *SMOKE, "--cell", CELL, "--json")
        self.assertEqual(answer.returncode, 5, answer.stderr)
        self.assertIn(name, answer.stderr)
        cell = json.loads(answer.stdout)["cells"][0]
        self.assertEqual(cell["n"], 1)
        self.assertTrue(cell["reason"])
        self.run_cells()
        self.assertEqual(self.values(), self.undisturbed)
        self.assertTrue(any(self.key in p.name for p in (self.folder / "store" / "damaged").rglob("*.h5")))

    def test_any_changed_byte_is_noticed(self):
        path = self.records()[self.key + ".h5"]
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.chmod(0o644)
        path.write_bytes(content)
        self.damaged_then_trained_again()

    def test_a_truncated_record_is_noticed(self):
        path = self.records()[self.key + ".h5"]
        path.chmod(0o644)
        os.truncate(path, path.stat().st_size - 100)
        self.damaged_then_trained_again()

    def test_a_record_under_a_foreign_key_is_noticed(self):
        records = self.records()
        other = next(p for name, p in records.items() if self.key not in name)
        path = records[self.key + ".h5"]
        path.chmod(0o644)
        path.write_bytes(other.read_bytes())
        self.damaged_then_trained_again()


class Signals(RunTest):
    CELLS = "pets/R50x1/*"

    def interrupted(self, number, code):
        """Stops a run after its first record, ends it, and compares with one that nobody disturbed."""
        self.run_cells(cells=self.CELLS, store="undisturbed")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TRANSFERSCALE_STORE")}
        process = subprocess.Popen([PROGRAM, "run", *SMOKE, "--cell", self.CELLS, "--jobs", "1"], cwd=self.folder,
                                   env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
        for line in process.stderr:
            if line.startswith("done "):
                break
        process.send_signal(number)
        rest = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(60), code, rest)
        if code == 75:
            self.assertRegex(rest, r"\nstopped after \d+ s: \d+ of \d+ runs done, 0 failed, 0 skipped\nrun the same command to go on\n$")
        kept = self.document("plan", *SMOKE, "--cell", self.CELLS)["cached"]
        self.assertGreaterEqual(kept, 1)
        self.assertLess(kept, 12)
        before = self.digests()
        self.run_cells(cells=self.CELLS)
        self.assertEqual({k: self.digests()[k] for k in before}, before)
        self.assertEqual(self.values(cells=self.CELLS), self.values("undisturbed", self.CELLS))

    def test_interrupt_ends_with_75_and_loses_nothing(self):
        self.interrupted(signal.SIGINT, 75)

    def test_terminate_ends_with_75_and_loses_nothing(self):
        self.interrupted(signal.SIGTERM, 75)

    def test_kill_loses_only_runs_in_flight(self):
        self.interrupted(signal.SIGKILL, -signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
