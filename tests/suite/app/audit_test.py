"""audit, plan all, plan --power and list --markdown as scripts rely on them."""
import collections
import pathlib
import shutil
import unittest
from xml.etree import ElementTree

from command import SOURCES, CommandTest


class Audit(CommandTest):
    def test_document(self):
        document = self.document("audit")
        tables = {table["table"]: table["cells"] for table in document["tables"]}
        raw = {(cell["target"], cell["raw_source"], cell["shots"]) for cells in tables.values() for cell in cells
               if cell["n"] is not None}
        self.assertEqual(len(raw), 289)
        cell = next(cell for cell in tables["table1"] if cell["id"] == "cifar10/R50x1/1K-NAT")
        self.assertEqual((cell["n"], cell["published_mean"], cell["agrees"]), (5, 94.26, True))
        self.assertIn("imagenet1k_bit50x1", cell["raw_source"])
        welch = [contrast for contrast in document["contrasts"] if contrast["test"] == "welch"]
        pairs = collections.Counter((c["target"], c["model"], c["shots"], *sorted((c["a_raw"], c["b_raw"]))) for c in welch)
        self.assertEqual((len(pairs), max(pairs.values())), (653, 1))
        rows = collections.Counter((row["table"], row["agrees"]) for row in document["bold"])
        self.assertEqual((rows["table1", True], rows["table4", True], rows["table5", False]), (22, 22, 3))

    def test_only_the_named_workload(self):
        document = self.document("audit", "table9")
        self.assertEqual([table["table"] for table in document["tables"]], ["table9"])
        self.assertTrue(all(cell["n"] is None and "no raw seeds" in cell["reason"] for cell in document["tables"][0]["cells"]))
        self.assertEqual(document["contrasts"], [])

    def test_a_mean_that_disagrees_ends_with_1(self):
        shutil.copytree(SOURCES / "workloads", self.folder / "workloads")
        path = self.folder / "workloads/cherti2021/table1/reference/printed.csv"
        path.write_text(path.read_text().replace("94.26,0.05", "94.36,0.05", 1))
        answer = self.call("audit", "table1", environment={"TRANSFERSCALE_WORKLOADS": str(self.folder / "workloads")})
        self.assertEqual(answer.returncode, 1)
        self.assertIn("cifar10/R50x1/1K-NAT: 94.36 ± 0.05 printed, 94.2", answer.stdout)

    def test_unknown_workload(self):
        self.refused("audit", "tabel1", words=["'tabel1'", "table1"])


class Page(CommandTest):
    def test_is_one_file_whose_numbers_are_those_of_the_document(self):
        document = self.document("audit", "--format", "html", "--out", "out")
        self.assertEqual(document["files"], ["out/audit.html"])
        page = (self.folder / "out/audit.html").read_text(encoding="utf-8")
        self.assertEqual(page.count("<tr data-counts"), sum(len(table["cells"]) for table in document["tables"]))
        answer = self.call("audit", "--format", "html", "--out", "out")
        self.assertEqual(answer.stdout, "Audit: out/audit.html\n")
        self.assertEqual((self.folder / "out/audit.html").read_text(encoding="utf-8"), page, "not the same bytes")

    def test_refuses_other_formats(self):
        self.refused("audit", "--format", "pdf", words=["--format", "html"])


class Card(CommandTest):
    def test_badge_is_the_one_that_the_documents_show(self):
        card = self.document("report", "--card", "--store", "nothing", "--out", "out")
        self.assertEqual((card["study"], card["paper_scale"]), ("cherti2021", "paper scale: not yet run"))
        badge = (self.folder / "out/badge-cherti2021.svg").read_text(encoding="utf-8")
        self.assertEqual(badge, (SOURCES / "reports/pictures/badge-cherti2021.svg").read_text(encoding="utf-8"),
                         "copy the badge of `transferscale report --card` there")
        title = ElementTree.fromstring(badge).find("{http://www.w3.org/2000/svg}title").text
        self.assertEqual(title, "cherti2021: {claims} claims: {robust} robust, {robust_printed} robust (printed values), {fragile} fragile, {not_supported} not supported; "
                         "{paper_scale}".format(**card))
        graded = collections.Counter(claim["grade"] for claim in self.document("audit")["claims"])
        self.assertEqual((graded["robust"], graded["robust-printed"], graded["fragile"], graded["not-supported"]),
                         (card["robust"], card["robust_printed"], card["fragile"], card["not_supported"]))
        for file in card["files"]:
            self.assertTrue((self.folder / file).is_file(), file)

    def test_is_about_a_whole_study(self):
        self.refused("report", "--card", "--from", "some.h5", words=["--from", "--card"])
        self.refused("report", "tabel1", "--card", words=["'tabel1'", "table1"])


class PlanAll(CommandTest):
    def test_views_add_no_run(self):
        plans = {plan["workload"]: plan for plan in self.document("plan", "all", "--profile", "smoke")}
        known = {workload["id"] for workload in self.document("list")["workloads"]}
        self.assertEqual(set(plans), known - {"table2", "parents"},
                         "a ladder wants the machine for itself, and further parents repeat the pre-training of others")
        for view in ("table4", "fig1a", "fig3", "fig8", "claims"):
            self.assertEqual(plans[view]["adds"], {"runs": 0, "parents": 0}, view)
        self.assertEqual(plans["table1"]["adds"], {"runs": 176, "parents": 18})

    def test_ends_with_a_table(self):
        lines = self.call("plan", "table1", "table4", "--profile", "smoke").stdout.splitlines()
        self.assertRegex(lines[-3], r"^workload +cells +skipped +runs")
        self.assertRegex(lines[-1], r"^table4 +44 +0 +88 +4 +0 \+ 0 ")
        self.assertRegex(lines[-5], r"^together 176 runs \+ 18 pre-training runs, time left: about \d+ s on \d+ cores?$")
        self.assertEqual([line for line in lines if len(line) > 80], [])

    def test_times_name_what_they_are_on(self):
        paper = self.document("plan", "table1", "--profile", "paper")["estimate"]
        self.assertEqual((paper["device"], paper["devices"]), ("A100-40GB", 256))
        self.assertAlmostEqual(paper["seconds"] * 256, paper["device_hours"] * 3600, delta=1.0)
        text = self.call("list").stdout
        self.assertRegex(text, r"paper   440 runs \+ 18 pre-training, 32,300 A100-hours: 5 days on 256\n")
        self.assertRegex(text, r"laptop  440 runs \+ 18 pre-training, about \d+ min on \d+ cores?\n")
        self.assertIn("32,300 A100-hours: 5 days on 256", self.call("plan", "table1", "--profile", "paper").stdout)
        if not pathlib.Path("/dev/nvidia0").exists():
            self.assertRegex(text, r"not feasible here: about \d+ years on \d+ cores?\n")

    def test_list_plan_and_run_agree(self):
        listed = {w["id"]: w["profiles"]["smoke"] for w in self.document("list")["workloads"]}
        planned = self.document("plan", "table4", "--profile", "smoke")
        self.assertEqual(planned["estimate_seconds"], listed["table4"]["estimate_seconds"])
        self.assertEqual(planned["estimate"]["text"], listed["table4"]["estimate"]["text"])


class Seeds(CommandTest):
    def test_document(self):
        document = self.document("plan", "table1", "--profile", "paper", "--power", "0.8")
        self.assertEqual((document["planned"], len(document["margins"])), (5, 88))
        claim = next(claim for claim in document["claims"] if claim["id"] == "data-scale-natural")
        self.assertIsNone(claim["seeds"])
        self.assertIn("against it", claim["reason"])

    def test_without_any_sd_says_so(self):
        document = self.document("plan", "table6", "--profile", "laptop", "--power", "0.8",
                                 environment={"TRANSFERSCALE_WORKLOADS": str(self.without_baselines())})
        self.assertTrue(all(need["seeds"] is None and need["reason"] for need in document["margins"]))

    def test_power_needs_no_number_and_says_what_verdicts_can_show(self):
        document = self.document("plan", "table8", "--profile", "paper", "--power")
        self.assertEqual(document["power"], 0.8)
        known = document["operating_characteristic"]
        self.assertEqual([point["offset"] for point in known["by_sds"]], [0, 1, 2, 3])
        self.assertGreater(known["by_sds"][0]["equivalent"], known["by_sds"][2]["equivalent"])
        self.assertLessEqual(known["any_false_different"], 0.05)
        text = self.call("plan", "table6", "--profile", "paper", "--power").stdout
        self.assertIn("seeds for power 0.8", text)
        self.assertIn("at least one cell called different with probability", text)

    def test_power_as_a_table_of_workloads(self):
        table = self.call("plan", "table6", "table7", "--profile", "paper", "--power", "--format", "md").stdout
        self.assertEqual([line.split(" | ")[0] for line in table.splitlines()[2:]], ["| table6", "| table7"])

    def without_baselines(self):
        shutil.copytree(SOURCES / "workloads", self.folder / "workloads", ignore=shutil.ignore_patterns("baseline"))
        return self.folder / "workloads"

    def test_power_out_of_range(self):
        for power in ("0", "1", "1.5"):
            self.refused("plan", "table1", "--profile", "paper", "--power", power, words=["--power"])


class Markdown(CommandTest):
    def test_lists_every_workload_and_reproduce_md_does_too(self):
        table = self.call("list", "--markdown").stdout
        text = (SOURCES / "REPRODUCE.md").read_text(encoding="utf-8")
        for workload in self.document("list")["workloads"]:
            self.assertIn(f"| `{workload['id']}` |", table)
            self.assertIn(f"| `{workload['id']}` |", text)


if __name__ == "__main__":
    unittest.main()
