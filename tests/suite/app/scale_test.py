"""The verb scale: a short ladder from end to end (gates, counts, hashes; no timing), and what it refuses."""
import os
import re
import unittest

from command import CommandTest

SHORT = ("scale", "--profile", "smoke", "--seeds", "0", "--steps", "6", "--warmup-steps", "2", "--mode", "weak")
CORES = len(os.sched_getaffinity(0))


class Scale(CommandTest):
    def test_climbs_a_ladder_and_reports_it(self):
        ladder = self.document(*SHORT, "--ranks", "1,2", "--oversubscribe", "--out", "report")

        cells = {cell["id"].split("/", 2)[2]: cell for cell in ladder["cells"]}
        self.assertEqual(set(cells), {"weak/1", "weak/2"})
        self.assertEqual([run["images"] for run in cells["weak/2"]["rung"]["runs"]], [6 * 2 * 32])
        self.assertEqual([run["images"] for run in cells["weak/1"]["rung"]["runs"]], [6 * 32] * 2)
        (run,) = cells["weak/2"]["rung"]["runs"]
        self.assertEqual(len(run["ranks"]), 2)
        self.assertEqual(len({rank["weights_digest"] for rank in run["ranks"]}), 1)
        self.assertGreater(run["images_per_second"], 0)
        if CORES >= 2:  # one rank is bound as two are, so that efficiency compares like with like
            alone = [rank["core"] for one in cells["weak/1"]["rung"]["runs"] for rank in one["ranks"]]
            together = [rank["core"] for rank in run["ranks"]]
            self.assertTrue(all(core.isdecimal() for core in alone + together), f"{alone} {together}")
            self.assertEqual(set(alone), {together[0]})
            self.assertEqual(len(set(together)), 2)
        self.assertEqual([size["wrong"] for size in run["sweep"]], [0] * len(run["sweep"]))
        self.assertGreater(len(run["sweep"]), 3)
        if CORES < 2:
            self.assertIn("oversubscribed", run["flags"])
        self.assertTrue((self.folder / "report").is_dir())
        again = self.call(*SHORT, "--ranks", "1,2", "--oversubscribe", "--out", "report")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("3 in the store, 0 to do", again.stderr)

    def test_takes_a_wire_format_and_measured_buckets(self):
        document = self.document(*SHORT, "--ranks", "1,2", "--oversubscribe", "--out", "report", "--wire", "bfloat16",
                                 "--bucket-bytes", "measured")
        cells = {cell["id"].split("/", 2)[2]: cell for cell in document["cells"]}
        self.assertEqual(len(cells["weak/2"]["rung"]["runs"]), 1)
        report = "".join(path.read_text(encoding="utf-8") for path in (self.folder / "report").glob("*.html"))
        error = re.search(r"wire_error</th><td>([0-9.e-]+)<", report)
        self.assertTrue(error, "no wire_error in the report")
        self.assertTrue(0 < float(error[1]) < 2 ** -9 * 4, error[1])  # half a unit in the last of 8 bits, each way
        self.assertRegex(report, r"bucket_bytes</th><td>[0-9]+<")

    def test_a_wire_format_wants_fast_reduction(self):
        for option in (("--wire", "float16"), ("--bucket-bytes", "measured"), ("--bucket-bytes", "65536")):
            answer = self.call("plan", "table1", "--profile", "smoke", "--ranks", "2", *option)
            self.assertEqual(answer.returncode, 2, answer.stderr)
            self.assertIn("add --reduction fast", answer.stderr)
        for size in ("12", "0", "-1", "many"):
            answer = self.call("plan", "table1", "--profile", "smoke", "--ranks", "2", "--reduction", "fast",
                               "--bucket-bytes", size)
            self.assertEqual(answer.returncode, 2, f"{size}: {answer.stderr}")
            self.assertIn("--bucket-bytes", answer.stderr)

    def test_skips_a_rung_wider_than_the_machine(self):
        wide = CORES + 1
        answer = self.call(*SHORT, "--ranks", f"1,{wide}", "--micro-batch", "32")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn(f"{wide} ranks, but this machine has {CORES} cores", answer.stderr)

    def test_refuses_what_is_no_ladder(self):
        for arguments, words in ((("--ranks", "2,4"), "rise from 1"), (("--ranks", "1,4,2"), "rise from 1"),
                                 (("--ranks", "1", "--steps", "1"), "two more than"), (("--model", "R5"), "R50x1"),
                                 (("--mode", "medium"), "medium"), (("--workload", "world"), "world"),
                                 (("--profile", "nowhere"), "nowhere")):
            profile = () if "--profile" in arguments else ("--profile", "smoke")
            answer = self.call("scale", *profile, *arguments)
            self.assertEqual(answer.returncode, 2, f"{arguments}: {answer.stderr}")
            self.assertIn(words, answer.stderr)

    def test_is_not_among_all(self):
        plans = self.document("plan", "all", "--profile", "smoke")
        listed = self.document("list")["workloads"]
        left_out = {w["id"] for w in listed} - {p["workload"] for p in plans}
        self.assertEqual(left_out, {"parents", "table2"}, "what repeats others' pre-training, and what measures")


if __name__ == "__main__":
    unittest.main()
