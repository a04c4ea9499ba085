#!/usr/bin/env python3
"""CTest itself on the workloads' tests: on an empty store with a run that is skipped nothing may turn green.

    ctest_properties.py TRANSFERSCALE CTEST

The program is called through a wrapper that answers `run` with exit code 77 (as when a data set is not there) and hands
everything else on. Standard library only.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

WORKLOAD, PROFILE = "table1", "smoke"
CELLS = 88


def expect(condition, message):
    if not condition:
        sys.exit(f"ctest_properties: {message}")


def ctest(ctest_program, folder, store, *arguments):
    environment = {**os.environ, "TRANSFERSCALE_STORE": str(store), "OMP_NUM_THREADS": "1"}
    environment.pop("CTEST_OUTPUT_ON_FAILURE", None)
    done = subprocess.run([ctest_program, "--test-dir", str(folder), *arguments], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


def write_tree(folder, program, run_answer):
    """A folder that ctest takes for a build tree, with a program whose `run` only gives this exit code."""
    folder.mkdir()
    wrapper = folder / "transferscale"
    wrapper.write_text(f'#!/bin/sh\nif [ "$1" = run ]; then exit {run_answer}; fi\nexec "{program}" "$@"\n')
    wrapper.chmod(0o755)
    subprocess.run([program, "list", "--ctest-file", folder / "tests.cmake", "--ctest-program", wrapper, "--profile",
                    PROFILE], check=True)
    (folder / "CTestTestfile.cmake").write_text('include("tests.cmake")\n')
    return folder


def results(output):
    """{test: "Passed", "Skipped", "Failed" or "Not Run"} of ctest's output."""
    return {name: word for name, word in
            re.findall(r"Test +#\d+: (\S+) \.+ *\**(Passed|Skipped|Failed|Not Run)", output)}


def main(program, ctest_program):
    program = os.path.abspath(program)
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        empty = root / "store"

        tree = write_tree(root / "skipped", program, 77)
        for label in (WORKLOAD, f"^{WORKLOAD}$", PROFILE):
            _, listing = ctest(ctest_program, tree, empty, "-N", "-L", label)
            names = re.findall(r"Test +#\d+: (\S+)", listing)
            if label == PROFILE:  # all workloads' tests carry it
                names = [test for test in names if test.startswith(f"{WORKLOAD}.")]
            cells = [test for test in names if test.startswith(f"{WORKLOAD}.cell.")]
            claims = [test for test in names if test.startswith(f"{WORKLOAD}.claim.")]
            expect(len(cells) == CELLS and f"{WORKLOAD}.cell.cifar10.R50x1.21K-NAT" in cells, f"-L {label}: {len(cells)} cells")
            expect(len(claims) >= 5, f"-L {label}: {len(claims)} claims")
            expect(len(names) == len(cells) + len(claims) + 2, f"-L {label}: other tests among {names}")

        code, output = ctest(ctest_program, tree, empty, "-L", WORKLOAD, "-j2")
        outcome = results(output)
        expect(outcome.pop(f"{WORKLOAD}.run") == "Skipped", "the run was not skipped")
        expect(outcome.pop(f"{WORKLOAD}.verdict") == "Failed", "the verdict of nothing did not fail")
        wrong = {test: word for test, word in outcome.items() if word != "Skipped"}
        expect(len(outcome) >= CELLS + 5 and not wrong, f"green without a record: {wrong}")
        expect(code != 0, "ctest calls it a success")

        tree = write_tree(root / "failed", program, 5)
        code, output = ctest(ctest_program, tree, empty, "-R", f"{WORKLOAD}[.]cell[.]pets|{WORKLOAD}[.]verdict", "-j2")
        outcome = results(output)
        expect(outcome[f"{WORKLOAD}.run"] == "Failed" and code != 0, "a run that lost records did not fail")
        expect(outcome[f"{WORKLOAD}.verdict"] == "Not Run", "the verdict ran behind a failed run")
        expect(not empty.exists(), "reading made a store")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
