#!/usr/bin/env python3
"""`run --portable-bits`: the same values, losses, predictions and weights whatever code paths the caller's settings ask the numerical
libraries for, under keys that no other run has.

    portable_bits.py TRANSFERSCALE PRINT_RECORDS

What another CPU would make the libraries choose is asked for here by their own variables; the suite's own kernels have one result for
every instruction set (tests/suite/kernels).
"""
import sys

from campaign import Campaign, expect, main

CELLS = ["tuberculosis/R50x1/*", "cifar10/R50x1/1K-NAT"]
SETTINGS = [{}, {"MKL_CBWR": "AVX2"}, {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "SSE4_2"}]


def body(arguments, folder):
    usual = Campaign(arguments, folder / "usual", CELLS)
    expect(usual.run()[0] == 0, "the usual run failed")
    wanted = None
    for number, settings in enumerate(SETTINGS):
        campaign = Campaign(arguments, folder / f"portable-{number}", CELLS, environment=settings)
        code, running = campaign.run(options=["--portable-bits"])
        if code == 6 and "libraries that do not take the common code path" in running.messages():
            print("skipped: not an x86 CPU with AVX2, or a LibTorch without MKL")
            sys.exit(77)
        expect(code == 0, f"--portable-bits ended with {code}: {running.messages()}")
        records = campaign.records()
        expect(not set(records) & set(usual.records()), "a portable run has the key of a usual one")
        expect(wanted is None or records == wanted, f"other bits with {settings}")
        wanted = records
    print(f"{len(wanted)} records equal under {len(SETTINGS)} settings of the libraries")


if __name__ == "__main__":
    main(body, __doc__)
