"""Environments that people have: files that are not there, a home that cannot be written, variables that bind threads, mpirun that
cannot start. One cause is one fault, and it is named."""
import os
import shutil
import subprocess
import unittest

from command import CommandTest

MINIATURES = os.environ.get("TRANSFERSCALE_MINIATURES")


def faults(text):
    return [line for line in text.splitlines() if line.startswith("error[")]


class AbsentFiles(CommandTest):
    def named(self, *arguments, code, files):
        """One fault for each of these files, and none besides."""
        found = faults(self.refused(*arguments, code=code))
        self.assertEqual(len(found), len(files), found)
        for line, file in zip(found, files):
            self.assertIn(str(file), line)

    def test_of_two_bundles(self):
        a, b = self.folder / "a.h5", self.folder / "b.h5"
        self.named("compare", a, b, code=5, files=[a, b])
        self.named("report", "--from", a, "--from", b, code=5, files=[a, b])
        self.named("verify", a, code=5, files=[a])

    def test_of_infer(self):
        w, x = self.folder / "w.npz", self.folder / "x.npy"
        self.named("infer", "--model", "R50x1", "--classes", "10", "--weights", w, "--images", x, "--out", "y.npy", code=4, files=[w, x])
        w.write_bytes(b"there")
        self.named("infer", "--model", "R50x1", "--classes", "10", "--weights", w, "--images", x, "--out", "y.npy", code=3, files=[x])

    def test_of_a_folder_of_weights(self):
        folder = self.folder / "none"
        self.named("plan", "table1", "--profile", "paper", "--weights", folder, code=4, files=[folder])

    def test_of_data_sets(self):
        (self.folder / "cifar10").mkdir()
        (self.folder / "covidx").mkdir()
        batches = [f"data_batch_{i}.bin" for i in range(1, 6)]
        self.named("data", "check", "cifar10", "--root", self.folder, code=3, files=[*batches, "test_batch.bin", "batches.meta.txt"])
        self.named("data", "check", "covidx", "--root", self.folder, code=3, files=["train.txt", "train", "test.txt", "test"])


class Home(CommandTest):
    def check(self, home):
        environment = {"HOME": str(home), "TRANSFERSCALE_CACHE": ""}
        return self.call("data", "check", "cifar10", "--root", "data", environment=environment)

    def test_that_cannot_be_written_keeps_no_manifest_and_names_none(self):
        subprocess.run([MINIATURES, str(self.folder / "data"), "--set", "cifar10"], check=True, capture_output=True)
        answer = self.check("/proc")  # nobody makes folders there, not even root
        self.assertNotIn("manifest:", answer.stdout)
        self.assertIn("/proc/.cache", answer.stderr)
        answer = self.check(self.folder)
        self.assertIn(f"manifest: {self.folder}/.cache", answer.stdout)


class Workers(CommandTest):
    RUN = ("run", "table1", "--profile", "smoke", "--cell", "pets/R50x1/1K-NAT", "--seeds", "0", "--store", "store")

    def test_do_not_get_variables_that_bind_threads(self):
        variables = {"OMP_PROC_BIND": "true", "OMP_PLACES": "{0}", "GOMP_CPU_AFFINITY": "0"}
        seen = self.folder / "seen"
        worker = self.folder / "worker"
        worker.write_text(f'#!/bin/sh\nenv >"{seen}"\nexit 6\n')
        worker.chmod(0o755)
        answer = self.call(*self.RUN, environment={**variables, "TRANSFERSCALE_WORKER": str(worker)})
        self.assertIn("OMP_PROC_BIND, OMP_PLACES, GOMP_CPU_AFFINITY: not handed to workers", answer.stderr)
        names = {line.split("=")[0] for line in seen.read_text().splitlines()}
        self.assertEqual(names & set(variables), set())

    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun here")
    def test_mpirun_that_cannot_start_is_named(self):
        error = self.refused(*self.RUN, "--ranks", "2", "--oversubscribe", code=6, environment={"TMPDIR": "/proc"},
                             words=["mpirun -np {ranks}", "before any rank started", "TMPDIR=/proc", "TMPDIR=/tmp"])
        self.assertEqual(len(faults(error)), 1, error)
        # CTest lets Open MPI start more ranks than slots; here it must not.
        error = self.refused(*self.RUN, "--ranks", "2", "--launcher", "mpirun -host localhost:1 -np {ranks}", code=6,
                             environment={"OMPI_MCA_rmaps_base_oversubscribe": None},
                             words=["mpirun -host localhost:1", "before any rank started", "slots"])
        self.assertEqual(len(faults(error)), 1, error)


if __name__ == "__main__":
    unittest.main()
