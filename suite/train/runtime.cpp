// What concerns the process as a whole: threads, determinism, memory.
#include <mutex>
#include <optional>

#include <dlfcn.h>
#include <malloc.h>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include "suite/base/error.hpp"
#include "suite/train/runtime.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train {
namespace {

/// Large temporaries come and go each step; by default glibc maps and unmaps each of them, which doubled the
/// time of a step. Beyond 32 MiB glibc accepts no threshold.
void keep_freed_memory() {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
}

void initialise_once(std::uint64_t seed) {
    keep_freed_memory();
    at::set_num_threads(1);
    at::set_num_interop_threads(1);
    at::globalContext().setDeterministicAlgorithms(true, false);
    // In deterministic mode ATen fills every fresh tensor with NaN; ours are always written whole.
    at::globalContext().setDeterministicFillUninitializedMemory(false);
    at::manual_seed(seed);
}

} // namespace

void initialise_torch(std::uint64_t seed_for_library_generators) {
    static std::once_flag once; // the number of inter-op threads may be set only once a process
    std::call_once(once, initialise_once, seed_for_library_generators);
}

std::string torch_version() {
    return TORCH_VERSION;
}

std::string cpu_capability() {
    return at::get_cpu_capability();
}

namespace {

bool portable_paths_requested = false;

// What stands behind mkl_cbwr_get(MKL_CBWR_BRANCH); nothing where a LibTorch hides it.
std::optional<int> mkl_branch_in_force() {
    constexpr int branch_option = 1; // MKL_CBWR_BRANCH of mkl_types.h
    using Get = int (*)(int);
    const auto get = reinterpret_cast<Get>(::dlsym(RTLD_DEFAULT, "mkl_serv_cbwr_get"));
    return get == nullptr ? std::nullopt : std::optional(get(branch_option));
}

} // namespace

void expect_portable_code_paths() {
    portable_paths_requested = true;
}

bool has_portable_code_paths() {
    if (!portable_paths_requested) {
        return false;
    }
    constexpr int compatible = 3; // MKL_CBWR_COMPATIBLE of mkl_types.h
    const std::optional<int> branch = mkl_branch_in_force();
    if (cpu_capability() != "AVX2" || (branch && *branch != compatible)) {
        throw Error(ErrorKind::environment,
                    {"--portable-bits",
                     "libraries that do not take the common code path (ATen: " + cpu_capability() +
                         ", MKL's branch: " + (branch ? std::to_string(*branch) : "unknown") + ")",
                     "an x86 CPU with AVX2 and a LibTorch with MKL", "leave --portable-bits"});
    }
    return true;
}

std::map<std::string, std::string> numerical_libraries() {
    std::map<std::string, std::string> facts{{"mkl", at::get_mkl_version()},
                                             {"onednn", at::get_mkldnn_version()}};
    // What stands behind mkl_cbwr_get_auto_branch(); a LibTorch may hide it or be built without MKL.
    using Branch = int (*)();
    if (const auto branch =
            reinterpret_cast<Branch>(::dlsym(RTLD_DEFAULT, "mkl_serv_cbwr_get_auto_branch"))) {
        facts["mkl_branch"] = std::to_string(branch());
    }
    return facts;
}

} // namespace suite::train
