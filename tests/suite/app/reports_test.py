"""Reports and bundles as files that other programs read: JUnit by the rules of Jenkins's schema, bundles by pandas and
h5dump; report --from; verify on files that somebody has changed."""
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import command
from command import SOURCES, CommandTest

CELL = "pets/R50x1/1K-NAT"
AT = ["--profile", "smoke"]
FORMATS = "md,html,csv,json,junit,mlperf"
USER_BLOCK = 512

# What the schema of Jenkins's xunit plugin (junit-10.xsd) allows: children, needed attributes, all attributes.
RESULTS = {"skipped": ([], [], ["type", "message"]), "error": ([], [], ["type", "message"]),
           "failure": ([], [], ["type", "message"])}
RULES = {
    "testsuites": (["testsuite"], [], ["name", "time", "tests", "failures", "errors"]),
    "testsuite": (["testsuite", "properties", "testcase", "system-out", "system-err"],
                  ["name", "tests", "failures", "errors"],
                  ["name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id",
                   "package", "file", "log", "url"]),
    "properties": (["property"], [], []),
    "property": ([], ["name", "value"], ["name", "value"]),
    "testcase": (["skipped", "error", "failure", "system-out", "system-err"], ["name"],
                 ["name", "time", "classname", "group"]),
    "system-out": ([], [], []),
    **RESULTS,
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def with_user_block(body, schema=3):
    """A file whose checksums are right, whatever is in it."""
    text = f"TransferScale bundle\nschema {schema}\nsha256 {hashlib.sha256(body).hexdigest()}\n"
    text += f"check {hashlib.sha256(text.encode()).hexdigest()}\n"
    return text.encode().ljust(USER_BLOCK, b"\0") + body


class ReportTest(CommandTest):
    """A store with the runs of one cell, made once."""

    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.made.cleanup)
        cls.store = f"{cls.made.name}/store"
        cls.bundle = f"{cls.made.name}/table1.h5"
        for words in (["run", "table1", *AT, "--cell", CELL, "--store", cls.store],
                      ["bundle", "table1", *AT, "--store", cls.store, "--out", cls.bundle]):
            answer = command.call(*words)
            assert answer.returncode == 0, answer.stderr
        cls.content = pathlib.Path(cls.bundle).read_bytes()

    def report(self, out, *arguments):
        answer = self.call("report", *arguments, "--out", out, "--format", FORMATS)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return {file.name: file.read_bytes() for file in (self.folder / out).iterdir()}


class JUnit(ReportTest):
    def check(self, element):
        children, needed, allowed = RULES[element.tag]
        for name in needed:
            self.assertIn(name, element.attrib, element.tag)
        for name in element.attrib:
            self.assertIn(name, allowed, element.tag)
        if element.tag.startswith("testsuite"):
            self.assertIsNotNone(TIME.fullmatch(element.get("time", "")), element.get("time"))
        for child in element:
            self.assertIn(child.tag, children, f"in {element.tag}")
            self.check(child)

    def test_keeps_the_schemas_rules_and_its_counts(self):
        self.report("out", "table1", *AT, "--store", self.store)
        root = ElementTree.parse(self.folder / "out/table1-smoke.junit.xml").getroot()
        self.check(root)
        suite = root.find("testsuite")
        cases = suite.findall("testcase")
        self.assertEqual(len({(case.get("classname"), case.get("name")) for case in cases}), len(cases))
        document = self.document("check", "table1", *AT, "--store", self.store)
        self.assertEqual(len(cases), len(document["cells"]) + len(document["claims"]))
        for attribute, tag in (("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            found = [case for case in cases if tag is None or case.find(tag) is not None]
            self.assertEqual(int(suite.get(attribute)), len(found), attribute)
        self.assertEqual(int(suite.get("skipped")), len(cases) - 1)


class FromBundle(ReportTest):
    def test_every_report_equals_the_report_from_the_store(self):
        from_store = self.report("a", "table1", *AT, "--store", self.store)
        from_bundle = self.report("b", "--from", self.bundle, "--store", "nowhere")
        self.assertEqual(sorted(from_store), sorted(from_bundle))
        self.assertEqual(len(from_store), 6)
        for name, content in from_store.items():
            self.assertEqual(content, from_bundle[name], name)

    def test_several_pages_have_an_index(self):
        files = self.report("c", "--from", self.bundle, "--from", self.bundle)
        self.assertIn(b'href="table1-smoke.html"', files["index.html"])

    def test_a_bad_bundle_is_refused_before_anything_is_written(self):
        (self.folder / "cut.h5").write_bytes(self.content[:9000])
        self.refused("report", "--from", "cut.h5", "--out", "out", code=9, words=["cut.h5", "cut"])
        self.assertFalse((self.folder / "out").exists())

    def test_a_workload_or_bundles_not_both_nor_neither(self):
        self.refused("report", words=["workload"])
        self.refused("report", "table1", "--from", self.bundle, words=["--from"])


class Verify(ReportTest):
    def changed(self, change):
        content = bytearray(self.content)
        change(content)
        (self.folder / "changed.h5").write_bytes(content)
        return "changed.h5"

    def test_says_what_it_verified(self):
        document = self.document("verify", self.bundle)
        self.assertEqual(document["workload"], "table1")
        self.assertEqual(document["records"], 3)  # two seeds and their pre-training run
        self.assertEqual(document["sha256"], hashlib.sha256(self.content).hexdigest())

    def test_changed_bytes_anywhere(self):
        size = len(self.content)
        for place in (0, 30, 200, USER_BLOCK, USER_BLOCK + 40, size // 2, size - 1):
            def flip(content, place=place):
                content[place] ^= 0x10
            with self.subTest(place):
                self.refused("verify", self.changed(flip), code=9, words=["changed.h5"])

    def test_files_that_are_no_bundles(self):
        self.refused("verify", "nowhere.h5", code=5, words=["nowhere.h5", "no such file"])
        (self.folder / "text.h5").write_text("hello")
        self.refused("verify", "text.h5", code=5, words=["text.h5", "no bundle"])
        record = next(pathlib.Path(self.store).glob("records/*/*.h5"))
        self.refused("verify", record, code=5, words=["found a record"])

    def test_a_newer_schema(self):
        body = self.content[USER_BLOCK:]
        (self.folder / "newer.h5").write_bytes(with_user_block(body, schema=4))
        self.refused("verify", "newer.h5", code=5, words=["newer schema (4)"])

    def test_a_changed_number_under_a_right_checksum(self):
        body = bytearray(self.content[USER_BLOCK:])
        place = body.rindex(b"inconclusive")
        body[place:place + 12] = b"equivalent\0\0"
        (self.folder / "forged.h5").write_bytes(with_user_block(bytes(body)))
        self.refused("verify", "forged.h5", code=9, words=["forged.h5", "as recomputed"])

    def test_any_bytes_under_a_right_checksum(self):
        body = bytearray(self.content[USER_BLOCK:])
        for place in range(0, 4000, 97):
            changed = bytearray(body)
            changed[place] ^= 0xFF
            (self.folder / "forged.h5").write_bytes(with_user_block(bytes(changed)))
            answer = self.call("verify", "forged.h5")
            with self.subTest(place):
                self.assertIn(answer.returncode, (0, 5, 9), answer.stderr)  # 0: an unused byte


class Compare(ReportTest):
    def test_a_bundle_with_itself(self):
        document = self.document("compare", self.bundle, self.bundle)
        self.assertEqual(document["counts"]["different"], 0)
        self.assertEqual(document["counts"]["missing"], 87)
        cell = next(entry for entry in document["cells"] if entry["id"] == CELL)
        self.assertEqual((cell["identical"], cell["speed"]["ratio"], cell["difference"]), (2, 1.0, 0.0))
        self.assertEqual(self.call("compare", self.bundle, self.bundle, "--strict").returncode, 1)

    def test_a_missing_file(self):
        self.refused("compare", self.bundle, "nowhere.h5", code=5, words=["nowhere.h5"])


class ForeignReaders(ReportTest):
    def examples(self, language):
        text = (SOURCES / "reports/SCHEMA.md").read_text()
        shutil.copy(self.bundle, self.folder / "table1.h5")
        return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL).group(1)

    def test_pandas(self):
        example = self.examples("python")
        if subprocess.run([sys.executable, "-c", "import pandas, tables"], capture_output=True).returncode != 0:
            self.skipTest("pandas or tables is not installed")
        answer = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual(len(answer.stdout.splitlines()), 1 + 88)
        self.assertRegex(answer.stdout, rf"{CELL} +2 +\d+\.\d+ ")
        tables = ["cells", "claims", "runs", "configs", "metrics", "losses", "provenance", "references"]
        read = f"import pandas\nfor t in {tables}: print(t, len(pandas.read_hdf('table1.h5', '/table1/' + t)))"
        answer = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("configs 3", answer.stdout)

    def test_h5dump(self):
        example = self.examples("sh")
        if shutil.which("h5dump") is None:
            self.skipTest("h5dump is not installed")
        answer = subprocess.run(example, shell=True, capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("commit", answer.stdout)


class EventLog(ReportTest):
    def test_lines_are_events(self):
        log = self.report("out", "table1", *AT, "--store", self.store)["table1-smoke.mlperf.log"].decode()
        events = [json.loads(line.removeprefix(":::MLLOG ")) for line in log.splitlines()]
        runs = [event for event in events if event["key"] == "run_stop"]
        self.assertEqual(len(runs), 3)
        for event in runs:
            self.assertEqual(event["metadata"]["status"], "success")
            self.assertGreater(event["time_ms"], 1.7e12)


if __name__ == "__main__":
    unittest.main()
