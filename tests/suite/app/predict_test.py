"""`transferscale predict`: the published ladder's back-test, measured rungs, refusals."""
import shutil
import unittest

from command import SOURCES, CommandTest

RUNGS = "gpus,images_per_s\n1,100\n2,190\n4,370\n8,720\n16,1400\n"


class Predict(CommandTest):
    def rungs(self, text=RUNGS):
        file = self.folder / "rungs.csv"
        file.write_text(text)
        return file


class Published(Predict):
    def test_back_tests_are_within_one_and_a_half_points(self):
        document = self.document("predict", "--system", "juwels-booster", "--to", "1024")
        self.assertEqual([test["calibrated_to"] for test in document["back_tests"]], [16, 32, 64])
        for test in document["back_tests"]:
            self.assertEqual(test["form"], "sqrt")
            self.assertEqual(test["held_out"][-1]["ranks"], 1024)
            self.assertLessEqual(max(abs(rung["error_points"]) for rung in test["held_out"]), 1.5)
        self.assertIn("142 TFLOP/s", document["note"])
        self.assertEqual(document["files"], [])

    def test_calibrated_on_64_ranks_it_is_the_values_of_numpy(self):
        document = self.document("predict", "--calibrate", "64")
        self.assertEqual([rung["ranks"] for rung in document["rungs"] if rung["calibrated"]], [1, 4, 8, 16, 32, 64])
        last = document["rungs"][-1]
        self.assertAlmostEqual(last["efficiency"], 92.95, delta=0.005)
        self.assertAlmostEqual(last["measured_efficiency"], 93.77, delta=0.005)

    def test_report_files(self):
        answer = self.call("predict", "--out", "out")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("Where efficiency goes", answer.stdout)
        names = {path.name for path in (self.folder / "out").iterdir()}
        self.assertLessEqual({"predict-juwels-booster.md", "predict-juwels-booster.html", "predict-juwels-booster.json"}, names)
        page = (self.folder / "out/predict-juwels-booster.html").read_text()
        self.assertIn("142 TFLOP/s", page)
        self.assertNotIn("http://", page.replace("http://www.w3.org", ""))


class Measured(Predict):
    def test_rungs_of_a_file(self):
        document = self.document("predict", "--system", "generic", "--rungs", self.rungs(), "--to", "256")
        self.assertEqual(document["rungs"][-1]["ranks"], 256)
        self.assertIsNone(document["rungs"][-1]["measured_efficiency"])
        self.assertEqual(document["note"], "")
        low, high = document["rungs"][-1]["efficiency_ci95"]
        self.assertTrue(low < document["rungs"][-1]["efficiency"] <= high <= 100)

    def test_system_of_a_file(self):
        file = self.folder / "mine.toml"
        shutil.copy(SOURCES / "workloads/systems/generic.toml", file)
        document = self.document("predict", "--system", file, "--rungs", self.rungs(), "--model", "R50x1")
        self.assertEqual(document["system"], "generic")
        self.assertEqual(len(document["simulations"]), 4)


class Refused(Predict):
    def test_a_store_without_a_ladder(self):
        self.refused("predict", "--store", self.folder / "empty", "--profile", "smoke", words=("0 rungs", "1 rank"))
        self.refused("predict", "--store", "x", "--rungs", self.rungs(), words=("excludes",))
        self.refused("predict", "--workload", "table2", words=("--store",))
        self.refused("predict", "--store", "x", "--workload", "table3", words=("table2",))

    def test_ladders(self):
        for text, words in (("gpus,images_per_s\n1,100\n", ("1 rungs",)),
                            ("gpus,images_per_s\n2,190\n4,370\n8,720\n", ("no rung of 1 rank",)),
                            ("gpus,images_per_s\n1,100\n4,370\n2,190\n", ("rungs.csv:4: found 2 ranks after 4",)),
                            ("gpus,images_per_s\n1,100\n2,190\n4,180\n8,700\n", ("180 images per second at 4 ranks",)),
                            ("gpus,images_per_s\n1,nan\n2,-5\n4,inf\n", (":2: ", ":3: ", ":4: ")),
                            ("gpus,images_per_s\n1,100\n2,190\n", ("1 above 1 rank",)),
                            ("gpus,images\n1,100\n", ("images_per_s",)), ("", ("rungs.csv",))):
            with self.subTest(text):
                self.refused("predict", "--rungs", self.rungs(text), words=words)

    def test_options_all_at_once(self):
        self.refused("predict", "--to", "1", "--form", "sqr", "--calibrate", "-1", "--image-kilobytes", "5",
                     words=("--to: found 1", "--form: found 'sqr'", "--calibrate: found -1", "--image-kilobytes"))

    def test_names(self):
        self.refused("predict", "--system", "juvels-booster", words=("juwels-booster",))
        self.refused("predict", "--model", "R152x5", words=("R152x4",))
        self.refused("predict", "--rungs", "/no/such.csv", words=("/no/such.csv",))
        self.refused("predict", "--system", "generic", words=("no published ladder", "--rungs"))

    def test_system_files(self):
        self.refused("predict", "--system", "/no/such.toml", words=("/no/such.toml",))
        file = self.folder / "half.toml"
        file.write_text('[[system]]\nid = "x"\nnodes = 0\ngpus_per_node = 4\n[system.network]\nnics_per_node = 4\n')
        error = self.refused("predict", "--system", file, words=("no key 'title'", "0 for 'nodes'", "no key 'base_microseconds'"))
        self.assertGreater(error.count("error[E2"), 8)
        file.write_text('[[system]]\nid = "x"\ntitle = "X"\nnodes = 1\ngpus_per_node = 4\ncores_per_node = 4\n')
        self.refused("predict", "--system", file, words=("no [system.network]", "half.toml:1"))


if __name__ == "__main__":
    unittest.main()
