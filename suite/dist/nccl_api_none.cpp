// Builds without CUDA.
#include "suite/dist/nccl_api.hpp"

namespace suite::dist {

NcclApi* linked_nccl_api() noexcept {
    return nullptr;
}

} // namespace suite::dist
