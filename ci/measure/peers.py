"""Training step and evaluation of the laptop networks against PyTorch eager."""
import json
import statistics
import subprocess
import sys
import time

from . import common
from .common import ROOT, micro_program, python_torch, rounds as repeated

ROUNDS = 7
TARGETS = ("transferscale-bench",)
CASES = {  # as our program names them: as the peer's JSON does
    "train_step/width:8/side:28/batch:32": ("laptop-small", "train_step_seconds"),
    "evaluation/width:8/side:28/batch:128": ("laptop-small", "evaluation_seconds"),
    "train_step/width:16/side:28/batch:32": ("laptop-large", "train_step_seconds"),
    "evaluation/width:16/side:28/batch:128": ("laptop-large", "evaluation_seconds"),
}


def our_seconds(out):
    """Median real seconds of each peer case, over repetitions inside one process."""
    file = out.parent / "peers.json"
    program = micro_program("transferscale-bench")
    cases = "|".join(case + "$" for case in CASES)
    subprocess.run([program, f"--benchmark_filter={cases}", f"--benchmark_out={file}", "--benchmark_out_format=json",
                    f"--benchmark_min_time={0.001 if common.SMOKE else 0.1}", "--benchmark_repetitions=9", "--benchmark_report_aggregates_only=true"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    unit = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
    return {row["run_name"].removesuffix("/repeats:9"): row["real_time"] * unit[row["time_unit"]]
            for row in json.loads(file.read_text())["benchmarks"] if row["aggregate_name"] == "median"}


def measure(out):
    """Ours and PyTorch eager in turns; the medians over the rounds."""
    environment = None if common.SMOKE else python_torch()
    if common.SMOKE:
        our_seconds(out)
    if environment is None:
        return {"skipped": "no Python torch: set TRANSFERSCALE_PYTHON_TORCH to the folder that holds torch/ "
                           "(pip install --target FOLDER torch==2.11.0 numpy)"}
    rounds = []
    for number in range(repeated(ROUNDS)):
        print(f"peers: round {number + 1} of {ROUNDS}", file=sys.stderr)
        ours = our_seconds(out)
        peer = subprocess.run(["python3", ROOT / "workloads/micro/peers/torch_eager.py"], env=environment, check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        rounds.append((ours, json.loads(peer)))
    results = {"rounds": ROUNDS, "torch": rounds[0][1]["torch"], "date": time.strftime("%Y-%m-%d"), "cases": {}}
    for case, (network, quantity) in CASES.items():
        ours = [mine[case] for mine, _ in rounds]
        theirs = [peer[network][quantity] for _, peer in rounds]
        ratios = [b / a for a, b in zip(ours, theirs)]
        results["cases"][f"{network} {quantity.removesuffix('_seconds')}"] = {
            "ours_seconds": statistics.median(ours), "peer_seconds": statistics.median(theirs),
            "ratio": statistics.median(ratios), "ratio_least": min(ratios), "ratio_largest": max(ratios)}
    return results


def show(peers):
    if "skipped" in peers:
        print(f"  peers: {peers['skipped']}")
        return
    print(f"  one thread, against PyTorch {peers['torch']} eager; medians of {peers['rounds']} rounds in turns, {peers['date']}")
    print(f"  {'':<26}{'ours ms':>10}{'eager ms':>10}{'ratio':>8}   least and largest round")
    for case, row in peers["cases"].items():
        print(f"  {case:<26}{1000 * row['ours_seconds']:>10.2f}{1000 * row['peer_seconds']:>10.2f}{row['ratio']:>8.2f}"
              f"   {row['ratio_least']:.2f} to {row['ratio_largest']:.2f}")
