"""Further pre-training runs from the outside: what `plan` counts, what `check` says of two of them, and what is refused."""
import json
import unittest

from command import CommandTest

CELL = "pets/R50x1/1K-NAT"
SMOKE = ("--profile", "smoke", "--store", "store", "--cell", CELL)


class Plan(CommandTest):
    def test_counts_the_parents_and_leaves_the_keys_of_the_first(self):
        one = self.document("plan", "table1", *SMOKE)
        two = self.document("plan", "table1", *SMOKE, "--parents", "2")
        self.assertEqual((one["runs"], one["parents"], one["parents_per_source"]), (2, 1, 1))
        self.assertEqual((two["runs"], two["parents"], two["parents_per_source"]), (4, 2, 2))
        keys = {item["key"]: item for item in two["items"]}
        self.assertLess({item["key"] for item in one["items"]}, set(keys))
        self.assertEqual([i["seed"] for i in two["items"] if i["cell"] is None], [42, 43])
        self.assertEqual(sorted((i["parent_index"], i["seed"]) for i in two["items"] if i["cell"]), [(0, 0), (0, 1), (1, 0), (1, 1)])
        self.assertGreater(two["estimate_seconds"], one["estimate_seconds"])
        self.assertIn(f"{CELL}, parent 2", {item["label"] for item in two["items"]})

    def test_groups_the_parents_of_a_source(self):
        text = self.call("plan", "table1", *SMOKE, "--parents", "3").stdout
        self.assertIn("3 shared pre-training runs, 3 of each source", text)
        self.assertIn("pretrain imagenet1k/R50x1, parents 1-3", text)
        self.assertIn("further parents: todo 4", text)

    def test_takes_the_number_that_a_workload_declares(self):
        self.assertEqual(self.document("plan", "parents", *SMOKE)["parents_per_source"], 2)
        laptop = self.document("plan", "parents", "--profile", "laptop", "--cell", CELL)
        self.assertEqual((laptop["parents_per_source"], laptop["parents"], laptop["runs"]), (4, 4, 20))

    def test_refuses_what_cannot_be(self):
        for number in ("0", "-1", "65", "two"):
            self.refused("plan", "table1", "--parents", number, words=["--parents"])
        self.refused("plan", "table2", "--parents", "2", words=["--parents", "table2", "pre-trains nothing"])

    def test_is_handed_on_by_submit(self):
        answer = self.call("submit", "table1", *SMOKE, "--parents", "2", "--system", "juwels-booster", "--dry-run")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("--parents 2", answer.stdout)


class Check(CommandTest):
    def test_tells_tau_of_two_parents(self):
        self.assertEqual(self.call("run", "table1", *SMOKE, "--parents", "2").returncode, 0)
        one = self.document("check", "table1", *SMOKE)
        two = self.document("check", "table1", *SMOKE, "--parents", "2")
        self.assertEqual({entry["tau"] for entry in one["parents"]}, {None})
        known = [entry for entry in two["parents"] if entry["tau"] is not None]
        self.assertEqual([(e["source"], e["network"], e["parents"], e["cells"]) for e in known],
                         [("1K-NAT", "R50x1", 2, 1)])
        self.assertLess(known[0]["df"], 1)  # less than one mean square of two pre-training runs has
        self.assertLessEqual(known[0]["ci95"][0], known[0]["tau"])
        self.assertGreaterEqual(known[0]["ci95"][1], known[0]["tau"])
        self.assertEqual((one["cells"][0]["parents"], two["cells"][0]["parents"]), (1, 2))
        self.assertEqual(one["cells"][0]["mean"], two["cells"][0]["mean"])
        self.assertTrue(two["cells"][0]["shares_parent"])  # with the recorded run
        self.assertIn("τ = ", two["conditional_on"])
        self.assertIn("share the pre-training run", one["conditional_on"])
        text = self.call("check", "table1", *SMOKE, "--parents", "2").stdout
        self.assertIn("between 2 pre-training runs of 1K-NAT/R50x1", " ".join(text.split()))

    def test_bundles_hold_and_recompute_it(self):
        arguments = ("table1", "--profile", "smoke", "--store", "store", "--parents", "2")
        self.assertEqual(self.call("run", *arguments, "--cell", CELL).returncode, 0)
        self.assertEqual(self.call("bundle", *arguments, "--out", "a.h5", "--ro-crate", "crate").returncode, 0)
        self.assertEqual(self.document("verify", "a.h5")["records"], 6)
        table = (self.folder / "crate/tables/parents.csv").read_text()
        self.assertIn("1K-NAT,R50x1,top1,2,1,", table)
        self.assertIn("between 2 pre-training runs of", json.loads((self.folder / "crate/ro-crate-metadata.json").read_text())["@graph"][1]["description"])
        report = self.call("report", *arguments, "--format", "parents", "--out", "report")
        self.assertEqual(report.returncode, 0, report.stderr)
        self.assertIn("1K-NAT,R50x1,top1,2,1,", (self.folder / "report/table1-smoke.parents.csv").read_text())


if __name__ == "__main__":
    unittest.main()
