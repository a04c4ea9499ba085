#!/usr/bin/env python3
"""The paper profile on miniature trees: R50x1 at its published resolution, from ImageNet-1k's files (224 px) to CIFAR-10's
(128 px), a few real steps each on the CPU; other rows are missing with the place where their data were looked for. A test
image that cannot be decoded stops the run before it trains, or is left out of the test part and named in the record.

    paper_path.py TRANSFERSCALE MINIATURE_TREES PRINT_RECORDS
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

WORKLOAD, CELL = "table1", "cifar10/R50x1/1K-NAT"
OPTIONS = ["--profile", "paper", "--limit", "24", "--steps", "10", "--batch", "4", "--seeds", "0"]


class Failed(Exception):
    """Something is not as promised."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


class Site:
    """A data root with two of the sets, and a store."""

    def __init__(self, program, miniatures, folder):
        self.program, self.folder = program, folder
        self.data, self.store = folder / "data", folder / "store"
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", TRANSFERSCALE_CACHE=str(folder / "cache"))
        self.environment.pop("TRANSFERSCALE_DATA", None)
        subprocess.run([miniatures, self.data, "--set", "imagenet1k", "--set", "cifar10", "--scale", "1"], check=True)

    def call(self, verb, *options, code=0):
        command = [self.program, verb, WORKLOAD, *OPTIONS, "--store", self.store, "--data", self.data, *options]
        answer = subprocess.run(list(map(str, command)), env=self.environment, capture_output=True, text=True, check=False)
        expect(answer.returncode == code, f"{verb} {options} ended with {answer.returncode}: {answer.stderr}")
        return answer


def losses_of(site, print_records):
    """Of each finished run, step by step."""
    lines = subprocess.run([print_records, site.store, "losses"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[1]: [float(word) for word in line.split()[3:]] for line in lines}


def expect_falling(name, losses):
    """The mean of the last quarter is below that of the first."""
    quarter = max(1, len(losses) // 4)
    first, last = sum(losses[:quarter]) / quarter, sum(losses[-quarter:]) / quarter
    print(f"{name}: {len(losses)} steps, loss {first:.4f} -> {last:.4f}")
    expect(last < first, f"the loss of {name} did not fall: {losses}")


def spoil_images(site):
    """Of the validation part: one that is no image, one whose data end early."""
    broken, early = sorted((site.data / "imagenet1k" / "val").rglob("*.JPEG"))[:2]
    broken.write_bytes(b"no image" * 100)
    early.write_bytes(early.read_bytes()[:-42] + b"\xff\xd9")
    return broken, early


def check_bad_test_image(site, broken):
    """Met before training: nothing is trained, the message names the image and what to do."""
    stopped = site.call("run", "--cell", CELL, "--jobs", "1", code=3).stderr
    expect(str(broken) in stopped, f"the image is not named: {stopped}")
    expect("1 of 16 images that cannot be used" in stopped and "--on-bad-image skip" in stopped, stopped)
    expect("done " not in stopped and not list(site.store.glob("partial/*")), f"something was trained: {stopped}")


def check_record_of_images(site, print_records, broken, early):
    lines = subprocess.run([print_records, site.store, "images"], capture_output=True, text=True, check=True).stdout.splitlines()
    parent = next(line for line in lines if line.startswith("images pretrain "))
    print(parent)
    expect(parent == f"images pretrain 15 incomplete_test_images=1: {early} skipped_test_images=1: {broken}", parent)


def check_cell(site):
    """The cell has its value and no verdict; the report says why."""
    document = json.loads(site.call("check", "--json").stdout)
    cells = {cell["id"]: cell for cell in document["cells"]}
    cell = cells[CELL]
    expect(cell["verdict"] == "inconclusive" and cell["n"] == 1, f"{CELL}: {cell}")
    expect("limited by hand to at most 24 images" in cell["reason"], cell["reason"])
    expect(document["counts"]["equivalent"] == 0, "a limited run counts as reproduced")
    pets = cells["pets/R50x1/1K-NAT"]
    expect(pets["verdict"] == "missing", pets)
    expect(f"data set pets not found at {site.data / 'pets'}" in pets["reason"], pets["reason"])
    medical = cells["cifar10/R50x1/S-MED"]
    expect("data set " in medical["reason"] and "not found at" in medical["reason"], medical["reason"])
    return cell


def main():
    program, miniatures, print_records = map(pathlib.Path, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as folder:
        site = Site(program, miniatures, pathlib.Path(folder))
        broken, early = spoil_images(site)
        check_bad_test_image(site, broken)
        done = site.call("run", "--cell", CELL, "--workers", "1", "--jobs", "1", "--on-bad-image", "skip").stderr
        expect(done.count("done ") >= 2, f"parent and child were not both trained: {done}")
        check_record_of_images(site, print_records, broken, early)
        losses = losses_of(site, print_records)
        expect(set(losses) == {"pretrain", CELL}, f"not both runs have losses: {losses}")
        for name, values in losses.items():
            expect_falling(name, values)
        cell = check_cell(site)
        print(f"{CELL}: {cell['mean']:.2f} of {cell['n']} run; {cell['reason']}")
        again = json.loads(site.call("run", "--cell", CELL, "--json").stdout)
        expect(again["done_before"] == 2 and again["done_now"] == 0, f"finished runs ran again: {again}")
        other = site.call("run", "--cell", "pets/R50x1/1K-NAT", code=0).stderr
        expect("data set pets not found at" in other, other)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"FAILED: {failure}")
