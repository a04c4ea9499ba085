"""Images decoded, cropped and normalised a second against a DataLoader with Pillow; batches of the loader."""
import json
import os
import shutil
import statistics
import subprocess
import sys

from . import common
from .common import ROOT, micro_program, python_torch

ROUNDS = 5
TARGETS = ("transferscale-image-bench",)
CASES = ("image_decode", "image_train_picture_of_whole", "image_train_picture")


def start_image_bench(case, files, out):
    program = micro_program("transferscale-image-bench")
    return subprocess.Popen([program, f"--benchmark_filter=^{case}$", f"--benchmark_out={out}", "--benchmark_out_format=json",
                             f"--benchmark_min_time={0.01 if common.SMOKE else 2}"], env=dict(os.environ, TRANSFERSCALE_BENCH_IMAGES=str(files)),
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def loader_rates(files, folder):
    """Batches of the loader: images a second by threads, and what a batch at laptop costs; medians."""
    out, rates = folder / "loader.json", {}
    environment = {**os.environ, "TRANSFERSCALE_BENCH_IMAGES": str(files)}
    program = micro_program("transferscale-image-bench")
    subprocess.run([program, "--benchmark_filter=loader_stream|laptop_batch", f"--benchmark_repetitions={ROUNDS}",
                    f"--benchmark_out={out}"], env=environment, check=True, stdout=subprocess.DEVNULL)
    for row in json.loads(out.read_text())["benchmarks"]:
        if row["run_type"] == "iteration":
            rates.setdefault(row["run_name"], []).append(row["items_per_second"])
    return {name: statistics.median(values) for name, values in rates.items()}


def images_per_second(case, files, folder, copies=1):
    """Of `copies` processes at once, added up; real time."""
    outs = [folder / f"images-{number}.json" for number in range(copies)]
    for child in [start_image_bench(case, files, out) for out in outs]:
        if child.wait() != 0:
            sys.exit("ci/bench: transferscale-image-bench failed")
    rows = [json.loads(out.read_text())["benchmarks"][0] for out in outs]
    return sum(1e6 / row["real_time"] for row in rows)  # microseconds an image


def measure(folder):
    """Ours and the DataLoader in turns; medians, and what a second process adds."""
    if common.SMOKE:  # ours alone, on one photograph
        files = folder / "images"
        files.mkdir()
        shutil.copy(ROOT / "tests/fixtures/photos/astronaut.jpg", files)
        for case in CASES:
            images_per_second(case, files, folder)
        return {"skipped": "tried without the peer"}
    environment = python_torch()
    if environment is None:
        return {"skipped": "no Python torch: see --peers"}
    peer, files = ["python3", ROOT / "workloads/micro/peers/torch_dataloader.py"], folder / "images"
    subprocess.run([*peer, files, "--make", ROOT / "tests/fixtures/photos/astronaut.jpg"], env=environment, check=True)
    ours, theirs, pairs = {case: [] for case in CASES}, [], []
    for number in range(ROUNDS):
        print(f"images: round {number + 1} of {ROUNDS}", file=sys.stderr)
        for case in CASES:
            ours[case].append(images_per_second(case, files, folder))
        pairs.append(images_per_second(CASES[-1], files, folder, copies=2))
        theirs.append(json.loads(subprocess.run([*peer, files], env=environment, check=True, stdout=subprocess.PIPE,
                                                text=True).stdout))
    rates = [round_["images_per_second"] for round_ in theirs]
    ratios = [a / b for a, b in zip(ours[CASES[-1]], rates)]
    return {**{case: statistics.median(values) for case, values in ours.items()}, "peer": statistics.median(rates),
            "ratio": statistics.median(ratios), "ratio_least": min(ratios), "ratio_largest": max(ratios),
            "two_processes": statistics.median(pairs), "loader": loader_rates(files, folder),
            "scaling": statistics.median(b / (2 * a) for a, b in zip(ours[CASES[-1]], pairs)),
            "rounds": ROUNDS, "peer_versions": {key: theirs[0][key] for key in ("torch", "torchvision", "pillow")},
            "mean_bytes": theirs[0]["mean_bytes"]}


def show(images):
    if "skipped" in images:
        print(f"  images: {images['skipped']}")
        return
    print(f"  images a second on one core, files of {images['mean_bytes'] / 1e3:.0f} KB; medians of {images['rounds']} rounds in turns")
    for case in CASES:
        print(f"  {case:<36}{images[case]:>10.0f}")
    print(f"  {'DataLoader with Pillow':<36}{images['peer']:>10.0f}   ratio {images['ratio']:.2f}, {images['ratio_least']:.2f} to "
          f"{images['ratio_largest']:.2f}")
    print(f"  {'two processes of ours':<36}{images['two_processes']:>10.0f}   scaling {100 * images['scaling']:.0f} %")
    loader = images["loader"]
    for name, rate in loader.items():
        print(f"  {name:<36}{rate:>10.0f}")
    one, two = (next(rate for name, rate in loader.items() if f"workers:{n}" in name) for n in (1, 2))
    grey, colour = (32e6 / loader[f"laptop_batch/channels:{n}"] for n in (1, 3))
    print(f"  two loader threads against one: scaling {100 * two / (2 * one):.0f} %; a batch of 32 at laptop: {grey:.0f} us grey, "
          f"{colour:.0f} us in colour (against train_step of --only-peers)")
