"""`data check` and `data show` as scripts rely on them."""
import gzip
import json
import os
import pathlib
import struct
import subprocess
import tarfile
import unittest

from command import CommandTest

HEADER = "Image Index,Finding Labels,Patient ID,View Position\n"
TABLE = HEADER + "a.png,Mass|Nodule,1,PA\nb.png,No Finding,1,AP\nc.png,Hernia,2,PA\n"
NAME = "Data_Entry_2017_v2020.csv"
REAL = pathlib.Path(os.environ.get("TRANSFERSCALE_CACHE") or pathlib.Path.home() / ".cache/transferscale") / "label-files"
MINIATURES = os.environ.get("TRANSFERSCALE_MINIATURES")


class LabelFiles(CommandTest):
    def nih(self, table=TABLE, lists=True, name=NAME):
        root = self.folder / "root"
        root.mkdir(exist_ok=True)
        (root / name).write_bytes(table if isinstance(table, bytes) else table.encode())
        if lists:
            (root / "train_val_list.txt").write_text("a.png\nb.png\n")
            (root / "test_list.txt").write_text("c.png\n")
        return root

    def check(self, root, *options, name="nih", **more):
        return self.document("data", "check", name, "--root", root, "--labels-only", *options, **more)

    def test_counts(self):
        found = self.check(self.nih())
        self.assertEqual((found["name"], found["images"], found["patients"]), ("nih", 3, 2))
        self.assertEqual(found["views"], {"PA": 2, "AP": 1})
        self.assertEqual(found["splits"], {"train": 2, "test": 1})
        self.assertEqual(found["faults"], [])
        labels = {label["name"]: (label["positive"], label["negative"], label["missing"]) for label in found["labels"]}
        self.assertEqual(len(labels), 14)
        self.assertEqual((labels["Mass"], labels["Edema"]), ((1, 2, 0), (0, 3, 0)))

    def test_variants_give_the_same_document(self):
        wanted = self.check(self.nih())
        wanted["files"] = None
        for variant in (b"\xef\xbb\xbf" + TABLE.encode(), TABLE.replace("\n", "\r\n"),
                        gzip.compress(HEADER.encode()) + gzip.compress(TABLE[len(HEADER):].encode())):
            found = self.check(self.nih(variant))
            found["files"] = None
            self.assertEqual(found, wanted)

    def test_text_for_people_names_counts_that_differ(self):
        answer = self.call("data", "check", "nih", "--root", self.nih(), "--labels-only")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("all positive Hernia: published 227, found 1", answer.stdout)
        self.assertIn("counts differ from the published ones", answer.stderr)

    def test_strict_refuses_counts_that_differ(self):
        answer = self.call("data", "check", "nih", "--root", self.nih(), "--labels-only", "--strict")
        self.assertEqual(answer.returncode, 3)
        self.assertIn("nih: positive Hernia: found 1, expected 227 as published", answer.stderr)

    def test_absent_list_is_named_and_its_split_null(self):
        found = self.check(self.nih(lists=False))
        self.assertEqual(found["splits"], {"train": None, "test": None})
        self.assertEqual([pathlib.Path(fault["file"]).name for fault in found["faults"]],
                         ["train_val_list.txt", "test_list.txt"])
        self.assertEqual(found["images"], 3)

    def test_faults_on_stderr_and_in_the_document(self):
        root = self.nih(HEADER + "a.png,Mass,1\n../b.png,Mass,1,PA\n")
        text = self.refused("data", "check", "nih", "--root", root, "--labels-only", code=3,
                            words=[f"{NAME}:2: column 'View Position'", f"{NAME}:3: column 'Image Index'"])
        self.assertNotIn("b.png", text)
        found = self.check(root, code=3)
        self.assertIsNone(found["images"])
        self.assertEqual([(fault["line"], fault["column"]) for fault in found["faults"]],
                         [(2, "View Position"), (3, "Image Index")])

    def test_mistakes(self):
        root = self.nih()
        self.refused("data", "check", "nih", "--labels-only", words=["--root"])
        self.refused("data", "check", "nih", "--root", root, "--manifests", self.folder / "m", code=3,
                     words=["/images: found no images", "images_001/images", "nihcc.app.box.com"])
        self.refused("data", "check", "nhi", "--root", root, words=["'nhi'", "nih"])
        self.refused("data", "check", "fashion-mnist", "--labels-only", words=["--labels-only"])
        self.refused("data", "check", "nih", "--labels-onli", words=["--labels-onli"])
        self.refused("data")
        self.refused("data", "check", "chexpert", "--root", root, "--labels-only", code=3, words=["train.csv", "no such file"])

    def test_superset(self):
        root = self.nih()
        found = self.check(root, name="chexpert+mimic-cxr+nih", code=3)
        self.assertEqual(len(found["faults"]), 3)  # CheXpert's table, MIMIC's two

    @unittest.skipUnless(REAL.is_dir(), "the real label files are not in the cache; ci/fetch-label-files fetches them")
    def test_real_files_have_the_published_counts(self):
        for name, leak in (("padchest", 12903), ("padchest-cl", 3035)):
            found = self.check(REAL, "--strict", name=name)
            self.assertEqual(found["leaked_test_images"], leak)
            self.assertTrue(all(count["agrees"] for count in found["published"]))
        self.assertEqual(self.check(REAL, "--strict", name="chexpert")["splits"], {"train": 191010, "test": None})
        self.assertEqual(self.check(REAL, "--strict", name="nih")["images"], 112120)
        patients = self.check(REAL, "--padchest-split", "patient", name="padchest")
        self.assertEqual(patients["leaked_test_images"], 0)


def tree_of(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*")}


@unittest.skipUnless(MINIATURES, "TRANSFERSCALE_MINIATURES does not name the program miniature_trees")
class PublishedData(CommandTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "data"

    def write(self, name, *options):
        subprocess.run([MINIATURES, self.root, "--set", name, *options], check=True)

    def check(self, name, *options, **more):
        return self.document("data", "check", name, "--root", self.root, "--manifests", self.folder / "manifests",
                             "--images", *options, **more)

    def test_every_miniature(self):
        for name, train, test, labels in (
                ("imagenet1k", 48, 16, 8), ("imagenet21k", 48, 0, 8), ("cifar10", 100, 30, 10), ("cifar100", 100, 30, 100),
                ("flowers102", 36, 24, 102), ("pets", 32, 24, 8), ("chexpert", 25, 10, 13), ("mimic-cxr", 25, 6, 13),
                ("nih", 30, 12, 14), ("padchest", 54, 6, 27), ("covidx", 30, 10, 2), ("tuberculosis", 51, 9, 2)):
            self.write(name)
            before = tree_of(self.root)
            found = self.check(name)
            self.assertEqual((found["splits"], found["faults"]), ({"train": train, "test": test}, []), name)
            self.assertEqual(len(found["labels"]), labels, name)
            self.assertEqual(found["duplicates"], 0, name)
            self.assertEqual(tree_of(self.root), before, name)
            self.assertTrue(pathlib.Path(found["manifest"]).is_file(), name)

    def test_doctor_plan_and_check_agree(self):
        for oddity, name in (("cifar10-python", "cifar10"), ("cifar100-python", "cifar100"), ("pets-packed", "pets"),
                             ("flowers-without-lists", "flowers102"), ("nih-labels-alone", "nih"),
                             ("chexpert-one-batch", "chexpert"), ("mimic-release", "mimic-cxr"), ("editor-covidx", "covidx")):
            self.write(name, "--oddity", oddity)
        usable = {"mimic-cxr", "covidx"}
        doctor = self.document("doctor", "--data", self.root)["datasets"]
        plan = self.document("plan", "table1", "--profile", "paper", "--data", self.root)["needs"]["data_sets"]
        for name in ("cifar10", "cifar100", "pets", "flowers102", "nih", "chexpert", "mimic-cxr", "covidx"):
            seen = next(entry for entry in doctor if entry["name"] == name)
            planned = next(entry for entry in plan if entry["name"] == name)
            answer = self.call("data", "check", name, "--root", self.root, "--manifests", self.folder / "manifests")
            self.assertEqual((name, seen["found"], planned["found"], answer.returncode),
                             (name, name in usable, name in usable, 0 if name in usable else 3))
            self.assertEqual(seen["reason"], planned["reason"])
            if name not in usable:
                fault = seen["reason"].split(" cannot be used: ")[1].split(" (and ")[0]
                self.assertIn(fault, answer.stderr)
                self.assertIn("Fix: ", fault)
                self.assertEqual(pathlib.Path(seen["unusable"]), pathlib.Path(planned["folder"]))
        text = self.call("doctor", "--data", self.root).stdout
        self.assertIn("cifar-10-binary.tar.gz | tar -xz -C", text)

    def test_superset_checks_every_member(self):
        self.write("chexpert")
        self.write("padchest")
        found = self.check("chexpert+padchest")
        self.assertEqual([member["splits"]["train"] for member in found["members"]], [30, 54])

    def test_faults_and_counts_come_together(self):
        self.write("imagenet1k", "--oddity", "truncated-image", "--oddity", "empty-image")
        found = self.check("imagenet1k", code=3)
        self.assertEqual(len(found["faults"]), 2)
        self.assertEqual(found["splits"], {"train": 48, "test": 16})
        self.refused("data", "check", "imagenet1k", "--root", self.root, code=3,
                     words=["an empty file", "image-net.org"])

    def test_other_counts_are_said_and_strict_refuses_them(self):
        self.write("covidx")
        self.assertIn("training images: found 30, expected 15952 as published",
                      self.call("data", "check", "covidx", "--root", self.root, "--manifests", self.folder / "m").stderr)
        self.refused("data", "check", "covidx", "--root", self.root, "--manifests", self.folder / "m", "--strict", code=3,
                     words=["15952"])

    def test_absent_set_says_where_it_comes_from(self):
        self.root.mkdir()
        self.refused("data", "check", "pets", "--root", self.root, code=3,
                     words=["data set pets not found at", "robots.ox.ac.uk"])

    def test_packed_set_is_read_by_tarfile_and_by_us(self):
        self.write("covidx")
        packed = self.document("data", "pack", "covidx", "--root", self.root, "--out", self.folder / "out",
                               "--shard-bytes", "65536")
        self.assertGreater(len(packed["shards"]), 2)
        keys = []
        for shard in packed["shards"]:
            with tarfile.open(shard["path"]) as archive:
                for member in archive:
                    content = archive.extractfile(member).read()
                    if member.name.endswith(".json"):
                        self.assertIn(json.loads(content)["class"], (0, 1))
                    else:
                        keys.append(member.name)
                        self.assertTrue(content.startswith((b"\x89PNG", b"\xff\xd8")))
        self.assertEqual(len(set(keys)), 40)
        self.root = self.folder / "out"
        self.assertEqual(self.check("covidx")["splits"], {"train": 30, "test": 10})


class EmbeddedData(CommandTest):
    def test_phantoms_are_opened_and_counted(self):
        found = self.document("data", "check", "phantom-tuberculosis")
        self.assertEqual(found["images"], sum(found["splits"].values()))
        self.assertEqual(sum(label["positive"] for label in found["labels"]), found["images"])
        self.assertEqual(found["leaked_test_images"], 0)

    def test_contact_sheet_with_labels(self):
        found = self.document("data", "show", "nih", "--out", "sheet.png", "--split", "test")
        self.assertEqual((found["data_set"], found["split"]), ("phantom-nih", "test"))
        self.assertEqual(len(found["images"]), 128)
        self.assertTrue(any(len(image["labels"]) > 1 for image in found["images"]))
        png = (self.folder / "sheet.png").read_bytes()
        self.assertTrue(png.startswith(b"\x89PNG"))
        width, height = struct.unpack(">II", png[16:24])
        self.assertEqual((width - 2) % 16, 0)
        self.assertEqual((height - 2) % 8, 0)

    def test_rows_of_classes(self):
        answer = self.call("data", "show", "pets", "--out", "sheet.png")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("row  1: ", answer.stdout)
        self.assertIn("row 12: ", answer.stdout)

    def test_mistakes(self):
        self.refused("data", "show", "nih", "--out", "no/such/folder/sheet.png", code=6)
        self.refused("data", "show", "nih", "--out", "x.png", "--profile", "paper", code=3)
        self.refused("data", "show", "nih", words=["--out"])
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
