"""reports/SCHEMA.md against real output: every field of every JSON document and every CSV column stands there with its type, and
everything that stands there is written."""
import collections
import csv
import itertools
import os
import re
import subprocess
import unittest

from command import SOURCES, CommandTest

TEXT = (SOURCES / "reports/SCHEMA.md").read_text(encoding="utf-8")
MINIATURES = os.environ["TRANSFERSCALE_MINIATURES"]
AT = ("--profile", "smoke")
SCALE = ("scale", *AT, "--seeds", "0", "--steps", "6", "--warmup-steps", "2", "--mode", "weak", "--ranks", "1,2",
         "--oversubscribe", "--store", "store", "--out", "scale-report")
MINIATURE = ("--root", "mini", "--manifests", "manifests")
NIH = "Image Index,Finding Labels,Patient ID,View Position\na.png,Mass|Nodule,1,PA\nb.png,No Finding,1,AP\nc.png,Hernia,2,PA\n"
TYPES = {"text", "integer", "number", "flag", "list", "object", "null"}
UNITS = {"", "s", "B", "B/s", "images/s", "h", "points", "%", "1", "by row"}
# Fields that no machine of CI can be made to write: those of a GPU.
NOT_HERE = {"doctor --json": {"devices[].name", "devices[].used", "devices[].reason"}}


def sections():
    """Rows (name, type, unit, meaning) of the table under each heading, and which heading's table a heading goes on from."""
    found, continued = {}, {}
    for part in re.split(r"(?m)^#+ ", TEXT)[1:]:
        heading, _, body = part.partition("\n")
        rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in body.splitlines() if line.startswith("| ")]
        for name in heading.partition(":")[0].replace("`", "").split(", "):
            found[name] = [row for row in rows if row[1:2] != ["type"]]
            for other in re.findall(r"(?m)^As `([^`]+)`, and:$", body):
                continued[name] = other
    return found, continued


SECTIONS, CONTINUED = sections()
SHAPES = {name.removeprefix("Shape ") for name in SECTIONS if name.startswith("Shape ")}
SHAPE_FIELDS = {}  # "cells[].published.mean" -> "Side.mean", filled by fields_of


def fields_of(name):
    """Path -> types, with shapes and lists written out."""
    fields = fields_of(CONTINUED[name]) if name in CONTINUED else {}
    for path, types, *_ in SECTIONS[name]:
        words = types.split(" or ")
        fields[path] = {"object" if word in SHAPES else "list" if word == "Interval" or word.startswith("list of ") else word
                        for word in words}
        for word in words:
            if word in SHAPES:
                for inner, kinds in fields_of("Shape " + word).items():
                    fields[f"{path}.{inner}"] = kinds
                    SHAPE_FIELDS[f"{path}.{inner}"] = f"{word}.{inner}"
            elif word == "Interval":
                fields[path + "[]"] = {"number", "null"}
            elif word.startswith("list of "):
                fields[path + "[]"] = {word.removeprefix("list of ")}
    return fields


def type_of(value):
    return {dict: "object", list: "list", str: "text", bool: "flag", int: "integer", float: "number", type(None): "null"}[type(value)]


def walk(value, path, seen):
    """Adds the type of every value below this one by its path, as `cells[].reference.mean`."""
    seen[path].add(type_of(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            walk(inner, f"{path}.{key}" if path else key, seen)
    elif isinstance(value, list):
        for inner in value:
            walk(inner, path + "[]", seen)


def containers(path):
    """Every object and list on the way to a field."""
    return {path[:match.start()] for match in re.finditer(r"\.|\[\]", path)} | {
        path[:match.end()] for match in re.finditer(r"\[\](?=.)", path)} | {""}


def is_match(documented, path):
    """A documented path, in which * stands for any name, is this one."""
    return re.fullmatch(re.escape(documented).replace(r"\*", r"[^.\[\]]+"), path) is not None


class Documents(CommandTest):
    """Runs every command whose document is described; what it printed is kept by its heading."""

    @classmethod
    def setUpClass(cls):
        cls.seen = collections.defaultdict(lambda: collections.defaultdict(set))

    def take(self, heading, *arguments, code=0, **options):
        """The command's document, noted under the heading."""
        document = self.document(*arguments, code=code, **options)
        self.note(heading, document)
        return document

    def note(self, heading, document):
        for one in document if isinstance(document, list) else [document]:
            members = one.pop("members", None)  # of a superset: documents again
            walk(one, "", self.seen[heading])
            if members is not None:
                self.seen[heading]["members"].add("list")
                for member in members:
                    walk(member, "", self.seen[heading])

    def take_parts(self, heading, *arguments, code=0):
        """A document whose members are documents of other commands: run, check, report."""
        for part, document in self.document(*arguments, code=code).items():
            self.seen[heading][part].add(type_of(document))
            if document is not None:
                self.note(f"{part} --json", document)

    def holds(self, heading):
        """Everything seen is documented with its type; everything documented was seen."""
        fields, seen = fields_of(heading), self.seen[heading]
        ways = set().union(*map(containers, fields))
        met = set()
        for path, types in seen.items():
            matching = [name for name in fields if is_match(name, path)]
            met.update(matching)
            allowed = set().union(*(fields[name] for name in matching))
            allowed |= {"integer"} if "number" in allowed else set()
            allowed |= {"object", "list"} if any(is_match(way, path) for way in ways) else set()
            self.assertLessEqual(types, allowed, f"{heading}: {path}, which reports/SCHEMA.md does not say")
        # Entries of a list that happened to be empty are known by their list, a shape's fields by any place of the shape.
        shape_fields = {SHAPE_FIELDS[path] for path in met if path in SHAPE_FIELDS}
        absent = {path for path in set(fields) - met if SHAPE_FIELDS.get(path) not in shape_fields}
        absent = {path for path in absent if not path.endswith("[]") or path.removesuffix("[]") in absent}
        self.assertEqual(absent - NOT_HERE.get(heading, set()), set(), f"{heading}: in reports/SCHEMA.md, but in no document")

    def test_lists_plans_and_machines(self):
        self.take("list --json", "list")
        self.take("plan --json", "plan", "table1", "table6", *AT)
        self.take("plan --json", "plan", "table1", "--profile", "paper", "--cell", "pets/*")
        self.take("plan --json", "plan", "fewshot-cifar10", *AT)  # of which some cells have too few images
        self.take("plan --power P --json", "plan", "table6", *AT, "--power", "0.8")
        self.take("plan --power P --json", "plan", "world", "--profile", "paper", "--power")  # without references
        self.take("doctor --json", "doctor")
        for heading in ("list --json", "plan --json", "plan --power P --json", "doctor --json"):
            with self.subTest(heading):
                self.holds(heading)

    def test_runs_checks_and_bundles(self):
        cell = ("--cell", "mimic-cxr/R50x1/chexpert")
        self.take("run --json", "run", "table6", *AT, *cell, "--store", "store")
        self.take("run --json", "run", "table6", "--profile", "paper", *cell, "--store", "paper", code=77)  # no data
        self.take_parts("reproduce --json", "reproduce", "table6", *AT, *cell, "--store", "store", "--out", "report", "--format", "md")
        self.take_parts("reproduce --json", "reproduce", "table6", "table1", *AT, *cell, "--store", "store", "--out", "report",
                        "--format", "md")
        self.take_parts("reproduce --json", "reproduce", "table6", "--profile", "paper", *cell, "--store", "paper", code=77)
        self.take("check --json", "check", "table6", *AT, "--store", "store")
        self.take("check --json", "check", "table6", *AT, "--store", "store", "--steps", "4")
        portable = ("table6", *AT, "--store", "portable", "--portable-bits")  # other bits than the recorded ones
        self.take("run --json", "run", *portable, *cell)
        self.take("check --json", "check", *portable)
        self.take("check --json", "check", "table1", *AT, "--store", "store")
        self.take("report --json", "report", "table6", *AT, "--store", "store", "--out", "report", "--format", "md,csv,parents")
        self.take("bundle --json", "bundle", "table6", *AT, "--store", "store", "--out", "a.h5", "--ro-crate", "crate")
        self.take("verify --json", "verify", "a.h5")
        self.take("compare --json", "compare", "a.h5", "a.h5")
        self.take("baseline record --json", "baseline", "record", "table6", *AT, "--store", self.whole_store(), "--out",
                  "baseline", "--allow-dirty")
        self.take("check --json", "check", "table6", *AT, "--store", "whole", "--parents", "2")
        self.take("submit --json", "submit", "table6", *AT, "--store", "s", "--system", "juwels-booster", "--dry-run")
        self.take("scale --json", *SCALE)
        self.take("check --json", "check", "table2", *AT, "--store", "store")
        self.take("report --json", "report", "table2", *AT, "--store", "store", "--out", "report", "--format", "csv")
        checks = ("check --json", "report --json", "scale --json")  # one document in three commands
        for heading, other in itertools.permutations(checks, 2):
            for path in [path for path in self.seen[other] if path not in ("files", "files[]")]:
                self.seen[heading][path] |= self.seen[other][path]
        for heading in ("run --json", "reproduce --json", "check --json", "report --json", "scale --json", "bundle --json", "verify --json",
                        "compare --json", "baseline record --json", "submit --json"):
            with self.subTest(heading):
                self.holds(heading)
        self.csv_columns("report/table6-smoke.csv", "report --format csv", 6)
        self.csv_columns("report/table6-smoke.parents.csv", "report --format parents", 1)
        self.csv_columns("report/table2-smoke.csv", "report --format csv of a scaling workload", 2)
        for file in (self.folder / "crate/tables").glob("*.csv"):
            self.csv_columns(file, f"/W/{file.stem}", 1)

    def whole_store(self):
        answer = self.call("run", "table6", *AT, "--store", "whole", "--parents", "2")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return "whole"

    def csv_columns(self, file, heading, rows):
        """The header is the table's first column, in its order; every value has its column's type."""
        with open(self.folder / file, newline="", encoding="utf-8") as lines:
            table = list(csv.reader(lines))
        columns = SECTIONS[heading]
        self.assertEqual(table[0], [column[0] for column in columns], heading)
        self.assertGreaterEqual(len(table) - 1, rows)
        forms = {"text": r"[^\0]*", "flag": r"[01]", "integer": r"-?[0-9]+", "number": r"|-?[0-9.]+(e[-+]?[0-9]+)?"}
        for row in table[1:]:
            for value, column in zip(row, columns, strict=True):
                self.assertRegex(value, re.compile(rf"^({forms[column[1]]})$"), f"{heading} {column[0]}")

    def test_audits(self):
        self.take("audit --json", "audit")
        self.holds("audit --json")

    def test_statistics(self):
        samples = ("--a", "1,2,3", "--b", "2,3,4.5")
        self.take("stats welch --json", "stats", "welch", *samples)
        self.take("stats paired --json", "stats", "paired", *samples)
        self.take("stats tost --json", "stats", "tost", *samples, "--margin", "1")
        self.take("stats holm --json", "stats", "holm", "--p", "0.1,0.2")
        self.take("stats bh --json", "stats", "bh", "--p", "0.1,0.2")
        self.take("stats power --n --json", "stats", "power", "--difference", "1", "--sd", "1", "--n", "5")
        self.take("stats power --power --json", "stats", "power", "--difference", "1", "--sd", "1", "--power", "0.8")
        (self.folder / "s.csv").write_text("score,label\n1,0\n2,1\n")
        self.take("stats auc --json", "stats", "auc", "--file", "s.csv")
        for heading in [name for name in SECTIONS if name.startswith("stats ")]:
            with self.subTest(heading):
                self.holds(heading)

    def miniature(self, name):
        subprocess.run([MINIATURES, self.folder / "mini", "--set", name], check=True, capture_output=True)
        return MINIATURE

    def test_data(self):
        check, root = "data check --json", self.folder / "nih"
        root.mkdir()
        (root / "Data_Entry_2017_v2020.csv").write_text(NIH)
        (root / "train_val_list.txt").write_text("a.png\nb.png\n")
        self.take(check, "data", "check", "nih", "--root", root, "--labels-only")  # the other list is absent
        (root / "Data_Entry_2017_v2020.csv").write_text(NIH + "../b.png,Mass,1,PA\n")
        self.take(check, "data", "check", "nih", "--root", root, "--labels-only", code=3)
        self.take(check, "data", "check", "phantom-nih", *AT)
        self.take(check, "data", "check", "chexpert+mimic-cxr+nih", "--root", root, "--labels-only", code=3)
        for name in ("pets", "cifar10", "covidx", "chexpert", "padchest"):
            self.take(check, "data", "check", name, *self.miniature(name), "--images", code=None)
        self.take(check, "data", "check", "chexpert+padchest", *MINIATURE)
        twins = self.miniature("nih")
        first, *others = (self.folder / "mini/nih").rglob("*.png")
        for other in others:
            other.write_bytes(first.read_bytes())
        self.take(check, "data", "check", "nih", *twins, "--images", code=None)
        archived = self.miniature("flowers102")
        (self.folder / "mini/flowers102/102flowers.tgz").write_bytes(b"has a published digest, and not this one")
        self.take(check, "data", "check", "flowers102", *archived, "--images", code=None)
        self.take("data show --json", "data", "show", "phantom-pets", *AT, "--out", "sheet.png")
        self.take("data pack --json", "data", "pack", "pets", "--root", "mini", "--out", "packed")
        for heading in (check, "data show --json", "data pack --json"):
            with self.subTest(heading):
                self.holds(heading)

    def document(self, *arguments, code=0, **options):
        if code is None:  # a miniature has fewer images than the published set
            answer = self.call(*arguments, "--json", **options)
            self.assertIn(answer.returncode, (0, 3), answer.stderr)
            code = answer.returncode
        return super().document(*arguments, code=code, **options)

    def test_predictions(self):
        self.take("predict --json", "predict", "--out", "prediction")
        self.holds("predict --json")


class Text(unittest.TestCase):
    def test_every_row_has_a_type_and_a_unit(self):
        for heading, rows in SECTIONS.items():
            if heading.startswith(("/", "Shape ")) or " --" in heading:
                self.assertTrue(rows, heading)
                for row in rows:
                    self.assertEqual(len(row), 4, f"{heading}: {row}")
                    self.assertIn(row[2], UNITS, f"{heading}: {row}")
                    self.assertLessEqual(set(row[1].removeprefix("list of ").split(" or ")), TYPES | SHAPES | {"Interval"},
                                         f"{heading}: {row}")


if __name__ == "__main__":
    unittest.main()
