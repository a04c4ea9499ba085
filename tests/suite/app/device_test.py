"""--device and --precision from the outside: what is refused where there is no GPU, and what they change of keys."""
import json
import unittest

from command import CommandTest

CELL = "pets/R50x1/1K-NAT"
SMOKE = ["table1", "--profile", "smoke", "--cell", CELL, "--store", "store"]


class DeviceTest(CommandTest):
    def keys(self, *arguments):
        return {(i["cell"], i["seed"], i["parent"] is None): i["key"]
                for i in self.document("plan", *SMOKE, *arguments)["items"]}


class WithoutGpu(DeviceTest):
    def setUp(self):
        super().setUp()
        cuda = json.loads(self.call("doctor", "--json").stdout)["cuda"]
        if cuda["gpus"] > 0:
            self.skipTest("there is a GPU")
        self.reason = cuda["reason"]

    def refused_run(self, code, *arguments, environment=None):
        answer = self.call("run", *SMOKE, *arguments, environment=environment)
        self.assertEqual(answer.returncode, code, answer.stderr)
        self.assertFalse((self.folder / "store").exists())
        return answer.stderr

    def test_a_gpu_that_is_not_there_is_refused_with_its_reason(self):
        for arguments in (["--device", "cuda"], ["--precision", "bf16"], ["--precision", "tf32"],
                          ["--device", "auto", "--precision", "float16"]):
            with self.subTest(arguments):
                text = self.refused_run(6, *arguments)
                self.assertIn("no GPU: " + self.reason, text)
                self.assertIn("Fix: ", text)

    def test_the_environment_counts_as_the_option(self):
        self.assertIn("no GPU", self.refused_run(6, environment={"TRANSFERSCALE_DEVICE": "cuda"}))
        self.assertIn("--device: found 'gpu'", self.refused_run(2, environment={"TRANSFERSCALE_DEVICE": "gpu"}))

    def test_the_host_has_one_precision(self):
        self.assertIn("bfloat16 with --device cpu", self.refused_run(2, "--device", "cpu", "--precision", "bf16"))

    def test_the_ladder_refuses_too(self):
        answer = self.call("scale", "--profile", "smoke", "--store", "store", "--device", "cuda")
        self.assertEqual(answer.returncode, 6, answer.stderr)
        self.assertIn("no GPU: " + self.reason, answer.stderr)

    def test_other_words_are_refused(self):
        self.assertIn("--device", self.refused_run(2, "--device", "gpu"))
        self.assertIn("--precision", self.refused_run(2, "--precision", "float8"))


class Keys(DeviceTest):
    def test_float32_has_the_keys_of_no_precision(self):
        plain = self.keys()
        self.assertEqual(self.keys("--precision", "float32"), plain)
        self.assertEqual(self.keys("--precision", "fp32"), plain)

    def test_every_other_precision_has_its_own(self):
        found = [self.keys(), *(self.keys("--precision", p) for p in ("tf32", "bf16", "fp16"))]
        self.assertEqual(len({key for keys in found for key in keys.values()}), sum(len(keys) for keys in found))
        self.assertEqual(self.keys("--precision", "bfloat16"), found[2])


if __name__ == "__main__":
    unittest.main()
