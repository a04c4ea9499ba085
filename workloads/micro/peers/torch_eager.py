#!/usr/bin/env python3
"""The laptop networks in plain PyTorch eager: what workloads/micro/train_bench.cpp is measured against.

Written as one would write it: modules, autograd, torch.optim.SGD; adaptive gradient clipping as a loop over parameters
(the authors' code, paper.md#adaptive-gradient-clipping). One thread, float32, contiguous maps (channels_last is slower here). The
structure is that of workloads/networks: tests/golden holds both to the same logits; here the parameter counts are compared.

Prints JSON: seconds of one training step (batch 32, 28 px) and of one evaluation (batch 128): the median over repetitions
of the mean of a repetition's steps, as the Google Benchmark programs report it.
"""
import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

PIXELS = 28
OUTPUTS = 10
GROUPS = 4
# Parameters with 10 outputs; tests/suite/train/layout_test.cpp holds the C++ networks to the same numbers.
NETWORKS = {"laptop-small": {"width": 8, "units": (1, 1, 1), "parameters": 19858},
            "laptop-large": {"width": 16, "units": (1, 1, 2), "parameters": 151834}}


class StandardisedConv(nn.Conv2d):
    """Weights of mean 0 and variance 1 per output channel; eps inside the root (section 1.1)."""

    def __init__(self, inside, out, kernel, stride=1):
        super().__init__(inside, out, kernel, stride, kernel // 2, bias=False)

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, dim=(1, 2, 3), keepdim=True, unbiased=False)
        weight = (self.weight - mean) / torch.sqrt(variance + 1e-10)
        return F.conv2d(x, weight, None, self.stride, self.padding)


class BasicUnit(nn.Module):
    """Pre-activation unit of two 3x3 convolutions."""

    def __init__(self, inside, out, stride):
        super().__init__()
        self.gn1 = nn.GroupNorm(GROUPS, inside)
        self.conv1 = StandardisedConv(inside, out, 3, stride)
        self.gn2 = nn.GroupNorm(GROUPS, out)
        self.conv2 = StandardisedConv(out, out, 3)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = StandardisedConv(inside, out, 1, stride) if stride != 1 or inside != out else None

    def forward(self, x):
        y = self.relu(self.gn1(x))
        shortcut = x if self.downsample is None else self.downsample(y)
        y = self.conv1(y)
        return self.conv2(self.relu(self.gn2(y))) + shortcut


def network(width, units, parameters):
    layers = [StandardisedConv(3, width, 3, 2)]
    inside = width
    for stage, depth in enumerate(units):
        for unit in range(depth):
            out = width * 2 ** stage
            layers.append(BasicUnit(inside, out, 2 if stage > 0 and unit == 0 else 1))
            inside = out
    layers += [nn.GroupNorm(GROUPS, inside), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1),
               nn.Conv2d(inside, OUTPUTS, 1), nn.Flatten()]
    net = nn.Sequential(*layers)
    count = sum(tensor.numel() for tensor in net.parameters())
    assert count == parameters, f"found {count} parameters, expected {parameters}"
    return net


def unit_norm(tensor):
    if tensor.ndim <= 1:
        return tensor.norm(2)
    return tensor.norm(2, dim=tuple(range(1, tensor.ndim)), keepdim=True)


@torch.no_grad()
def clip_adaptively(parameters, clip=0.01, eps=1e-3):
    for parameter in parameters:
        largest = unit_norm(parameter).clamp_(min=eps).mul_(clip)
        norm = unit_norm(parameter.grad)
        clipped = parameter.grad * (largest / norm.clamp(min=1e-6))
        parameter.grad.copy_(torch.where(norm > largest, clipped, parameter.grad))


def training_step(net):
    images = torch.randn(32, 3, PIXELS, PIXELS)
    classes = torch.randint(OUTPUTS, (32,))
    head = net[-2].weight
    clipped = [parameter for parameter in net.parameters() if parameter is not head]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(net(images), classes).backward()
        clip_adaptively(clipped)
        optimizer.step()

    return step


def evaluation(net):
    images = torch.randn(128, 3, PIXELS, PIXELS)

    def step():
        with torch.inference_mode():
            net(images)

    return step


def median_seconds(step, repetitions, seconds):
    """Of the mean seconds of a step, over repetitions that take at least `seconds` each."""
    for _ in range(5):
        step()
    means = []
    for _ in range(repetitions):
        start = time.perf_counter()
        count = 0
        while time.perf_counter() - start < seconds:
            step()
            count += 1
        means.append((time.perf_counter() - start) / count)
    return statistics.median(means)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    results = {"torch": torch.__version__}
    for name, declaration in NETWORKS.items():
        net = network(**declaration)
        results[name] = {
            "train_step_seconds": median_seconds(training_step(net), options.repetitions, options.seconds),
            "evaluation_seconds": median_seconds(evaluation(net), options.repetitions, options.seconds),
        }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
