"""Training and all-reduce on two ranks against one, the raw MPI call and DistributedDataParallel."""
import json
import os
import statistics
import subprocess
import sys
import time

from . import common
from .common import ROOT, micro_program, python_torch, rounds as repeated

ROUNDS = 3
TARGETS = ("transferscale-rank-bench", "transferscale-all-reduce")
GRADIENT_BYTES = {"laptop-small": 19858 * 4, "laptop-large": 151834 * 4}  # as all_reduce_ranks.cpp measures them


def measure():
    """Two ranks and the peer in turns; medians over the rounds."""
    program = micro_program("transferscale-rank-bench")
    ours = dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    theirs = python_torch()
    least = ["--smoke"] if common.SMOKE else []
    commands = {"two": (["mpirun", "--bind-to", "core", "-np", "2", program, *least], ours)}
    reduce = micro_program("transferscale-all-reduce")
    commands["reduce"] = (["mpirun", "--bind-to", "core", "-np", "2", reduce, "--json", *least], ours)
    if theirs is not None and not common.SMOKE:
        commands["ddp"] = (["python3", ROOT / "workloads/micro/peers/torch_ddp_gloo.py"], theirs)
    rounds = []
    for number in range(repeated(ROUNDS)):
        print(f"ranks: round {number + 1} of {repeated(ROUNDS)}", file=sys.stderr)
        rounds.append({name: json.loads(subprocess.run(words, env=environment, check=True, stdout=subprocess.PIPE,
                                                       text=True).stdout)
                       for name, (words, environment) in commands.items()})
    return {"rounds": rounds, "load": os.getloadavg()[0], "date": time.strftime("%Y-%m-%d"),
            "networks": {name: ratios_of(name, rounds) for name in ("laptop-small", "laptop-large")}}


def ratios_of(network, rounds):
    """Medians over the rounds of ratios within one; of seconds a step of the slowest rank."""
    found = [one["two"][network] for one in rounds]
    reduced = [next(point["ratio"] for point in one["reduce"] if point["bytes"] == GRADIENT_BYTES[network]) for one in rounds]

    def of_rounds(above, below):
        return [high / low for one in found for high, low in zip(one["cases"][above]["rounds"], one["cases"][below]["rounds"])]

    def ratio(above, below):
        return statistics.median(of_rounds(above, below))

    def of_case(name, field):
        return statistics.median(1e6 * one["cases"][name][field] for one in found)

    def of_call(name):
        return statistics.median(1e6 * one["calls"][name] for one in found)

    def rate(name, images):
        return statistics.median(images / seconds for one in found for seconds in one["cases"][name]["rounds"])

    low, _, high = statistics.quantiles(of_rounds("base", "fast"), n=4)
    result = {
        "images_per_second_1": rate("base", 32),
        "images_per_second_2": rate("fast", 64),
        "efficiency_fast": ratio("base", "fast"),
        "efficiency_fast_lower_quartile": low,
        "efficiency_fast_upper_quartile": high,
        "efficiency_strict": ratio("base", "strict"),
        "efficiency_uncoupled": ratio("base", "uncoupled"),  # two independent trainings at once: the upper bound
        "fast_of_uncoupled": ratio("uncoupled", "fast"),
        "strict_to_fast": ratio("strict", "fast"),
        "strict_to_fast_4_micro_batches": ratio("strict_micro_8", "fast_micro_8"),
        "all_reduce_us": of_call("all_reduce_seconds"),
        "all_reduce_to_raw_mpi": statistics.median(reduced),
        "overlapped_us": of_case("fast", "overlapped"),
        "imbalance_us": of_case("fast", "imbalance"),
        "exposed_us": of_case("fast", "exposed"),
        "exposed_one_bucket_us": of_case("fast_one_bucket", "exposed"),
        "hidden_share": statistics.median(1 - one["cases"]["fast"]["exposed"] / one["cases"]["fast_one_bucket"]["exposed"]
                                          for one in found),
        "loss_and_flags_us": of_call("status_seconds"),
        "weights_compared_us": of_call("hash_seconds"),
    }
    if "ddp" in rounds[0]:
        result["throughput_to_ddp"] = statistics.median(
            one["ddp"][network]["train_step_seconds"] / statistics.median(one["two"][network]["cases"]["fast"]["rounds"])
            for one in rounds)
        result["small_all_reduce_to_gloo"] = statistics.median(
            one["ddp"]["all_reduce_1_seconds"] / one["two"][network]["calls"]["status_seconds"] for one in rounds)
    return result


def show(ranks):
    print(f"  training on ranks, 32 images a rank; medians of {ROUNDS} rounds in turns, {ranks['date']}, load at the end "
          f"{ranks['load']:.1f}")
    names = list(ranks["networks"])
    print(f"  {'':<34}" + "".join(f"{name:>14}" for name in names))
    for row in ranks["networks"][names[0]]:
        print(f"  {row:<34}" + "".join(f"{ranks['networks'][name][row]:>14.4g}" for name in names))
