// What concerns the process as a whole: threads, determinism, memory.
#include <mutex>

#include <dlfcn.h>
#include <malloc.h>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include "suite/train/runtime.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train {
namespace {

/// Large temporaries come and go each step; by default glibc maps and unmaps each of them, which costs up to
/// 2x (performance.md, last section). Beyond 32 MiB glibc accepts no threshold.
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
