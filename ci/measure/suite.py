"""The suite as people meet it: micro benchmarks, a smoke run, start-up of verbs, builds."""
import json
import os
import statistics
import subprocess

from . import common
from .common import ROOT, call, demand, disk_mb, micro_program, rounds

REPEATS = 20
MICRO_TARGETS = ("transferscale-bench",)


def measure_micro(out):
    """The Google Benchmark programs; their own table goes to stdout, their JSON into ours."""
    file = out.parent / "micro.json"
    program = micro_program("transferscale-bench")
    least = ["--benchmark_min_time=0.001", "--benchmark_filter=^load_declarations|^key_of_one_run|^look_up|^claim"] if common.SMOKE else []
    subprocess.run([program, f"--benchmark_out={file}", "--benchmark_out_format=json", *least], check=True)
    return json.loads(file.read_text())


def measure_smoke(program, workload, store, log):
    least = ["--cell", "pets/R50x1/1K-NAT", "--seeds", "0"] if common.SMOKE else []
    result = call([program, "run", workload, "--profile", "smoke", "--store", store, *least], log)
    return demand(result, f"run {workload}", log)


def measure_startup(program, workload, store, folder):
    """Wall milliseconds and peak memory of each verb on a filled store."""
    where = ["--profile", "smoke", "--store", store]
    verbs = {
        "list": ["list"],
        "plan": ["plan", workload, *where],
        "check": ["check", workload, *where],
        "stats": ["stats", "welch", "--a", "1,2,3,4", "--b", "2,3,4,6"],
        "report": ["report", workload, *where, "--out", folder / "report"],
    }
    results = {}
    for verb, words in verbs.items():
        runs = [call([program, *words]) for _ in range(rounds(REPEATS))]
        milliseconds = [1000 * run["seconds"] for run in runs]
        results[verb] = {"median_ms": statistics.median(milliseconds), "max_ms": max(milliseconds),
                         "peak_mb": max(run["peak_mb"] for run in runs), "exit_code": runs[-1]["exit_code"]}
    return results


def measure_clean_build(environment, folder, log):
    settings = dict(environment, CCACHE_DISABLE="1")
    tree = folder / "build"
    configure = call(["cmake", "--preset", "release", "-B", tree], log, env=settings, cwd=ROOT)
    demand(configure, "configuring", log)
    if common.SMOKE:
        return {"configure_seconds": configure["seconds"]}
    compiled = demand(call(["cmake", "--build", tree, "--parallel", os.cpu_count()], log, env=settings), "building", log)
    return {"configure_seconds": configure["seconds"], "build_seconds": compiled["seconds"],
            "peak_compiler_mb": compiled["peak_mb"], "disk_mb": disk_mb(tree)}


def measure_from_nothing(workload, folder, log):
    """From a clone to the smoke table; Debian's packages are those of this machine."""
    clone, cache = folder / "clone", folder / "cache"
    settings = dict(os.environ, TRANSFERSCALE_CACHE=str(cache), CCACHE_DIR=str(folder / "ccache"))
    settings.pop("TRANSFERSCALE_LIBTORCH", None)
    demand(call(["git", "clone", "-q", ROOT, clone], log), "git clone", log)
    if common.SMOKE:
        return {"help_seconds": demand(call(["./reproduce", "--help"], log, cwd=clone), "help", log)["seconds"]}
    steps = {}
    for name, words in {"setup": ["setup"], "table": [workload, "--profile", "smoke"]}.items():
        steps[f"{name}_seconds"] = demand(call(["./reproduce", *words], log, env=settings, cwd=clone), name, log)["seconds"]
    return {**steps, "total_seconds": sum(steps.values()), "disk_mb": disk_mb(clone, cache, folder / "ccache")}


def show(results):
    for section in ("smoke", "clean_build", "from_nothing"):
        for key, value in results.get(section, {}).items():
            print(f"  {section + '.' + key:<36}{value:>10.1f}")
    for verb, result in results.get("startup", {}).items():
        print(f"  startup.{verb + ' (median of ' + str(REPEATS) + ')':<28}{result['median_ms']:>10.1f} ms   "
              f"largest {result['max_ms']:.1f} ms, {result['peak_mb']:.0f} MB, exit code {result['exit_code']}")
