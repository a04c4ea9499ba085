"""The paper profile's needs: `plan` and `doctor` with parts of the data, weights in place of pre-training, REPRODUCE.md's table."""
import hashlib
import json
import os
import shutil
import subprocess
import unittest

from command import GOLDEN_NETWORK, SOURCES, CommandTest

GOLDEN = SOURCES / "tests/golden/weights/weights.npz"
MINIATURES = os.environ.get("TRANSFERSCALE_MINIATURES")
NETWORK = GOLDEN_NETWORK + """
[[weights]]
id = "golden-weights"
network = "golden"
data_set = "phantom-imagenet1k"
file = "golden.npz"
classes = 5
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]
obtain = "https://example.org/golden.npz"
licence = "none"
"""
CELL = "tuberculosis/R50x1/1K-NAT"
BEGIN, END = "<!-- plan all table2 --profile paper --format md: begin -->\n", "<!-- end -->\n"


class Reproduce(CommandTest):
    def test_table_is_what_the_command_prints(self):
        text = (SOURCES / "REPRODUCE.md").read_text(encoding="utf-8")
        begin = text.index(BEGIN) + len(BEGIN)
        kept = text[begin:text.index(END, begin)]
        printed = self.call("plan", "all", "table2", "--profile", "paper", "--format", "md").stdout
        self.assertEqual(kept.strip(), printed.strip(), "print it anew: transferscale plan all table2 --profile paper --format md")


class PartsOfTheData(CommandTest):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        subprocess.run([MINIATURES, str(self.data), "--set", "cifar10"], check=True, capture_output=True)
        self.weights = self.folder / "weights"
        self.weights.mkdir()

    def plan(self, *options):
        return self.document("plan", "table1", "--profile", "paper", "--seeds", "0", "--data", self.data, *options)

    def test_only_cifar10_on_disk(self):
        plan = self.plan()
        sets = {entry["name"]: entry for entry in plan["needs"]["data_sets"]}
        self.assertTrue(sets["cifar10"]["found"])
        self.assertTrue(sets["cifar10"]["folder"].startswith(str(self.data)))
        self.assertEqual(sets["cifar10"]["images"], 60000)
        self.assertEqual((sets["imagenet1k"]["found"], sets["imagenet1k"]["registration"]), (False, True))
        self.assertIn("image-net.org", sets["imagenet1k"]["obtain"])
        reasons = {entry["cell"]: entry["reason"] for entry in plan["missing"]}
        self.assertEqual(reasons["cifar10/R50x1/1K-NAT"], f"data set imagenet1k not found at {self.data}/imagenet1k")
        self.assertEqual(len(reasons), 88)

    def test_memory_of_this_machine(self):
        small = self.plan("--cell", "cifar10/R50x1/1K-NAT")["needs"]["memory"]
        large = self.plan("--cell", "cifar10/R152x4/1K-NAT")
        memory = large["needs"]["memory"]
        self.assertGreater(memory["bytes"], 4 * 936533224 * 4)  # arenas of the weights alone (paper.md#parameters-and-cost)
        self.assertLess(small["bytes"], memory["bytes"])
        for needs in (small, memory):
            is_short = needs["bytes"] > needs["machine_bytes"]
            self.assertEqual((needs["cells_short"], needs["reason"] is None), (1, False) if is_short else (0, True))
        if memory["reason"]:
            self.assertRegex(memory["reason"], r"^R152x4 at \d+ px in .* needs about [\d.]+ GiB of memory, this machine has [\d.]+ GiB")
            text = self.call("plan", "table1", "--profile", "paper", "--cell", "cifar10/R152x4/1K-NAT").stdout
            self.assertRegex(" ".join(text.split()), r"memory: R152x4 at .* GiB, 1 cells cannot run here")

    def test_words_of_check_are_the_same(self):
        check = self.document("check", "table1", "--profile", "paper", "--data", self.data)
        reasons = {cell["id"]: cell["reason"] for cell in check["cells"]}
        plan = {entry["cell"]: entry["reason"] for entry in self.plan()["missing"]}
        for cell in ("cifar10/R50x1/1K-NAT", "cifar10/R152x4/S-MED"):
            self.assertIn(plan[cell], reasons[cell])

    def test_costs(self):
        cost = self.plan("--cell", "cifar10/R50x1/21K-NAT")["cost"]
        self.assertEqual(cost["device"], "A100-40GB")
        self.assertAlmostEqual(cost["pretraining_hours"], 13.5 * 128, delta=0.01 * 13.5 * 128)  # paper.md#hardware-and-training-time
        self.assertGreater(cost["read_bytes"], cost["kept_bytes"])

    def test_doctor_says_what_is_there_and_what_the_rest_would_enable(self):
        report = self.document("doctor", "--data", self.data, "--weights", self.weights)
        self.assertEqual(report["data_root"], str(self.data))
        sets = {entry["name"]: entry for entry in report["datasets"]}
        self.assertTrue(sets["cifar10"]["found"] and sets["cifar10"]["root"])
        self.assertEqual((sets["pets"]["found"], sets["pets"]["root"]), (False, None))
        self.assertGreater(sets["imagenet1k"]["cells"], sets["imagenet1k"]["cells_alone"])
        self.assertGreater(sets["imagenet1k"]["cells_alone"], 0)  # of CIFAR-10
        self.assertFalse(any(entry["found"] for entry in report["weights"]))

    def test_doctor_counts_what_weights_enable(self):
        before = {entry["name"]: entry for entry in self.document("doctor")["datasets"]}
        (self.weights / "BiT-M-R50x1.npz").write_bytes(b"only looked for")
        report = self.document("doctor", "--weights", self.weights)
        found = [entry["file"] for entry in report["weights"] if entry["found"]]
        self.assertEqual(found, ["BiT-M-R50x1.npz"])
        after = {entry["name"]: entry for entry in report["datasets"]}
        self.assertLess(after["imagenet21k"]["cells"], before["imagenet21k"]["cells"])
        self.assertGreater(after["cifar10"]["cells_alone"], before["cifar10"]["cells_alone"])

    def test_missing_and_wrong_files_are_named_at_once(self):
        shutil.copy(GOLDEN, self.weights / "BiT-M-R50x1.npz")
        (self.weights / "BiT-S-R152x4.npz").write_bytes(b"no archive")
        error = self.refused("run", "table1", "--profile", "paper", "--weights", self.weights, code=4,
                             words=["BiT-S-R50x1.npz: found no such file", "storage.googleapis.com/bit_models/BiT-M-R152x4.npz",
                                    "68256659 of R50x1 with 21843 outputs", "BiT-S-R152x4.npz"])
        self.assertEqual(len([line for line in error.splitlines() if line.startswith("error[E4")]), 4, error)

    def test_no_use_for_weights(self):
        self.refused("plan", "table1", "--profile", "laptop", "--weights", self.weights, words=["--weights", "--profile paper"])


class InPlaceOfPreTraining(CommandTest):
    """A small BiT network whose pre-training on the smaller natural source a file replaces."""

    def setUp(self):
        super().setUp()
        workloads = self.folder / "workloads"
        shutil.copytree(SOURCES / "workloads", workloads)
        (workloads / "networks/golden.toml").write_text(NETWORK)
        laptop = workloads / "profiles/laptop.toml"
        text = laptop.read_text(encoding="utf-8")
        self.assertIn('R50x1 = "laptop-small"', text)
        laptop.write_text(text.replace('R50x1 = "laptop-small"', 'R50x1 = "golden"'), encoding="utf-8")
        self.weights = self.folder / "weights"
        self.weights.mkdir()
        self.file = self.weights / "golden.npz"
        shutil.copy(GOLDEN, self.file)
        self.options = {"environment": {"TRANSFERSCALE_WORKLOADS": str(workloads), "OMP_NUM_THREADS": "1"}}

    def verb(self, verb, *more, code=0):
        return self.document(verb, "table1", "--profile", "smoke", "--seeds", "0", "--store", self.folder / "store", *more, code=code,
                             **self.options)

    def test_a_run_takes_them_and_says_so(self):
        choice = ("--cell", CELL, "--weights", self.weights)
        plan = self.verb("plan", *choice)
        weights = plan["needs"]["weights"]
        self.assertEqual([(entry["file"], entry["used"]) for entry in weights], [("golden.npz", True)])
        self.assertEqual(weights[0]["sha256"], hashlib.sha256(GOLDEN.read_bytes()).hexdigest())
        self.assertEqual(self.verb("run", *choice)["done_now"], 2)
        self.assertEqual(self.verb("plan", *choice)["cached"], 2)
        self.assertEqual(self.verb("plan", "--cell", CELL)["cached"], 0)  # trained, these are other runs
        check = self.verb("check", "--cell", CELL, "--weights", self.weights)
        cell = next(cell for cell in check["cells"] if cell["id"] == CELL)
        self.assertEqual(cell["n"], 1)
        self.assertIn({"published": "pre-training R50x1 on imagenet1k", "used": "weights golden.npz"}, cell["stand_ins"])
        report = self.call("report", "table1", "--profile", "smoke", "--seeds", "0", "--store", self.folder / "store", "--weights", self.weights,
                           "--out", self.folder / "out", "--format", "md", **self.options)
        self.assertEqual(report.returncode, 0, report.stderr)
        self.assertTrue(any("weights golden.npz" in path.read_text(encoding="utf-8") for path in (self.folder / "out").rglob("*.md")))

    def test_a_file_of_other_keys_ends_the_run(self):
        import zipfile
        with zipfile.ZipFile(GOLDEN) as archive:
            arrays = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(self.file, "w") as archive:
            for name, data in arrays.items():
                archive.writestr(name.replace("block1/unit01/a/group_norm/gamma", "block1/unit01/a/group_norm/gama"), data)
        answer = self.call("run", "table1", "--profile", "smoke", "--seeds", "0", "--store", self.folder / "store", "--cell", CELL, "--weights",
                           self.weights, **self.options)
        self.assertEqual(answer.returncode, 4, answer.stderr)
        self.assertIn("block1/unit01/a/group_norm/gamma", answer.stderr)
        self.assertIn("block1/unit01/a/group_norm/gama", answer.stderr)

    def test_without_the_option_nothing_changes(self):
        items = self.verb("plan", "--cell", "*/R152x4/1K-NAT")["items"]
        untouched = self.document("plan", "table1", "--profile", "smoke", "--seeds", "0", "--cell", "*/R152x4/1K-NAT")["items"]
        self.assertEqual(json.dumps(items), json.dumps(untouched))


if __name__ == "__main__":
    unittest.main()
