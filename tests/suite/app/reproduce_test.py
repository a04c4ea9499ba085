"""`transferscale reproduce`: run, check and report in one command, and what its exit code says."""
import signal
import subprocess
import unittest

from command import PROGRAM, CommandTest

CELL = ["table1", "--profile", "smoke", "--cell", "tuberculosis/R50x1/1K-NAT"]
FORMAT = ["--format", "md"]


class Reproduce(CommandTest):
    def test_is_what_the_three_commands_are(self):
        answer = self.call("reproduce", *CELL, *FORMAT)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertRegex(answer.stderr, r"(?m)^finished in .*: 3 of 3 runs done, 0 failed, 0 skipped$")
        self.assertNotIn("next:", answer.stderr)  # nothing is left to be typed
        self.assertEqual(self.call("run", *CELL).returncode, 0)
        self.assertEqual(answer.stdout, self.call("report", *CELL, *FORMAT).stdout)
        self.assertTrue((self.folder / "report/table1-smoke.md").exists())

    def test_prints_one_document(self):
        document = self.document("reproduce", *CELL, *FORMAT, "--out", "elsewhere")
        self.assertEqual(list(document), ["run", "check", "report"])
        self.assertEqual(document["run"]["done_now"], 3)
        self.assertEqual(document["check"], self.document("check", *CELL))
        self.assertEqual(document["report"]["files"], ["elsewhere/table1-smoke.md"])

    def test_a_check_that_fails_does_not_keep_the_report(self):
        answer = self.call("reproduce", *CELL, *FORMAT, "--seeds", "0", "--strict-inconclusive")
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertTrue((self.folder / "report/table1-smoke.md").exists())

    def test_named_claims_are_printed(self):
        claim = "network-scale-natural"
        stdout = self.call("reproduce", *CELL, *FORMAT, "--claim", claim).stdout
        self.assertTrue(stdout.startswith(self.call("check", *CELL, "--claim", claim).stdout))

    def test_a_run_that_fails_ends_it(self):
        cell = ["table1", "--profile", "paper", "--cell", "tuberculosis/R50x1/1K-NAT"]
        answer = self.call("reproduce", *cell)
        self.assertEqual(answer.returncode, 77, answer.stderr)  # no data here
        self.assertEqual(answer.stdout, "")
        self.assertIn("the run ended with exit code 77; what is done stays in the store", answer.stderr)
        self.assertFalse((self.folder / "report").exists())
        document = self.document("reproduce", *cell, code=77)
        self.assertEqual((document["check"], document["report"]), (None, None))

    def test_a_report_that_cannot_be_written_has_its_own_code(self):
        (self.folder / "report").write_text("a file")
        answer = self.call("reproduce", *CELL, *FORMAT)
        self.assertEqual(answer.returncode, self.call("report", *CELL, *FORMAT).returncode, answer.stderr)
        self.assertNotEqual(answer.returncode, 0)

    def test_is_interrupted_as_run_is(self):
        with subprocess.Popen([PROGRAM, "reproduce", "table1", "--profile", "smoke", "--jobs", "1"], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            for line in process.stderr:
                if line.startswith("done "):
                    break
            process.send_signal(signal.SIGTERM)
            out, rest = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (75, ""), rest)
        self.assertIn("run the same command to go on", rest)

    def test_takes_what_the_three_commands_take(self):
        """All of run's options; of check and report those that make sense after a run."""
        own = self.options_of("reproduce")
        self.assertEqual(self.options_of("run") - own, set())
        self.assertEqual(self.options_of("check") - own, {"--gates", "--skip-missing", "--skip-inconclusive"})
        self.assertEqual(self.options_of("report") - own, {"--from", "--card"})
        self.assertEqual(own - self.options_of("run") - self.options_of("check") - self.options_of("report"), set())

    def options_of(self, command):
        text = self.call(command, "--help").stdout
        return {word.rstrip(",") for line in text.splitlines() if line.startswith("  -") for word in line.split() if word.startswith("--")}

    def test_names_a_wrong_workload(self):
        self.refused("reproduce", "tabel1", words=["use table1"])


if __name__ == "__main__":
    unittest.main()
