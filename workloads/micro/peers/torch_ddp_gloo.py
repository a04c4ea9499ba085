#!/usr/bin/env python3
"""The laptop networks in PyTorch DistributedDataParallel with Gloo: what rank_training.cpp is measured against.

The networks, the step and the optimiser of torch_eager.py, wrapped as PyTorch's tutorial does it: one process a rank on this
host, one thread each, gradient buckets as DDP has them, 32 images a rank. Prints JSON: median seconds of a training step of the
slowest rank, and of all-reduces of 1 and 1,000 floats.
"""
import argparse
import json
import os
import statistics
import sys
import time

import torch
from torch import distributed
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch_eager  # noqa: E402

WARM_UP_STEPS = 10
BATCH = 32


def step_of(net):
    model = DistributedDataParallel(net)
    images = torch.randn(BATCH, 3, torch_eager.PIXELS, torch_eager.PIXELS)
    classes = torch.randint(torch_eager.OUTPUTS, (BATCH,))
    head = net[-2].weight
    clipped = [parameter for parameter in net.parameters() if parameter is not head]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.003, momentum=0.9, nesterov=True)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(images), classes).backward()
        torch_eager.clip_adaptively(clipped)
        optimizer.step()

    return step


def seconds_of(call, count):
    """Of each call on this rank, after a barrier and a warm-up."""
    distributed.barrier()
    for _ in range(WARM_UP_STEPS):
        call()
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def slowest_median(seconds):
    slowest = torch.tensor(seconds, dtype=torch.float64)
    distributed.all_reduce(slowest, op=distributed.ReduceOp.MAX)
    return statistics.median(slowest.tolist())


def work(rank, ranks, steps, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    torch.manual_seed(0)
    distributed.init_process_group("gloo", rank=rank, world_size=ranks)
    results = {"torch": torch.__version__, "ranks": ranks}
    for name, declaration in torch_eager.NETWORKS.items():
        step = step_of(torch_eager.network(**declaration))
        results[name] = {"train_step_seconds": slowest_median(seconds_of(step, steps))}
    for floats in (1, 1000):
        values = torch.zeros(floats)
        results[f"all_reduce_{floats}_seconds"] = slowest_median(seconds_of(lambda: distributed.all_reduce(values), 200))
    distributed.barrier()
    if rank == 0:
        print(json.dumps(results, indent=2), flush=True)
    distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--port", type=int, default=29517)
    options = parser.parse_args()
    torch.multiprocessing.spawn(work, args=(options.ranks, options.steps, options.port), nprocs=options.ranks)


if __name__ == "__main__":
    main()
