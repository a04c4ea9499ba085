"""The verbs that read records over stores of growing size."""
import os
import shutil
import statistics
import subprocess

from . import common
from .common import call, demand, micro_program, rounds as repeated

ROUNDS = 3
TARGETS = ("transferscale-fill-store",)
LAST_SEEDS = (10, 33, 112)  # x 88 cells, and the pre-training runs


def forget(folder):
    """Puts a folder's files out of the page cache."""
    os.sync()
    for file in folder.rglob("*.h5"):
        with open(file, "rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(program, workload, folder, log):
    """Each verb that reads records, over stores of growing size."""
    results = {}
    fill = micro_program("transferscale-fill-store")
    for last_seed in (0,) if common.SMOKE else LAST_SEEDS:
        seeds, store, bundle = f"0-{last_seed}", folder / f"made-up-{last_seed}", folder / f"{last_seed}.h5"
        made = subprocess.run([fill, store, workload, "laptop", seeds], check=True, capture_output=True, text=True)
        where = ["--profile", "laptop", "--store", store, "--seeds", seeds]
        pages = folder / f"pages-{last_seed}"
        row = {"records": int(made.stdout)}
        for name, words, is_cold in (("check_cold", ["check", workload, *where, "--json"], True),
                                     ("check", ["check", workload, *where, "--json"], False),
                                     ("html", ["report", workload, *where, "--format", "html", "--json", "--out", pages],
                                      False),
                                     ("bundle", ["bundle", workload, *where, "--out", bundle], False),
                                     ("verify", ["verify", bundle], False)):
            runs = []
            for _ in range(repeated(ROUNDS)):
                if is_cold:
                    forget(store)
                runs.append(call([program, *words], log))
            if any(run["exit_code"] not in (0, 1) for run in runs):  # 1: made-up numbers differ from the baseline
                demand(max(runs, key=lambda run: run["exit_code"]), name, log)
            row[f"{name}_seconds"] = statistics.median(run["seconds"] for run in runs)
            row[f"{name}_mb"] = max(run["peak_mb"] for run in runs)
        row["bundle_records_per_second"] = row["records"] / row["bundle_seconds"]
        row["html_bytes"] = sum(file.stat().st_size for file in pages.glob("*.html"))
        row["bundle_bytes"] = bundle.stat().st_size
        results[str(row["records"])] = row
        shutil.rmtree(store)
    return results


def show(reports):
    print(f"  {'records':>8}{'check cold':>12}{'warm':>8}{'html':>8}{'bundle':>8}{'verify':>8}  seconds; records/s bundled, "
          "HTML and bundle MB, most memory MB")
    for row in reports.values():
        memory = max(value for key, value in row.items() if key.endswith("_mb"))
        print(f"  {row['records']:>8}{row['check_cold_seconds']:>12.2f}{row['check_seconds']:>8.2f}"
              f"{row['html_seconds']:>8.2f}{row['bundle_seconds']:>8.2f}{row['verify_seconds']:>8.2f}"
              f"  {row['bundle_records_per_second']:.0f}, {row['html_bytes'] / 1e6:.2f}, {row['bundle_bytes'] / 1e6:.1f}, "
              f"{memory:.0f}")
