#include "suite/store/hdf5_handle.hpp"

#include <algorithm>

#include "suite/base/log.hpp"

namespace suite::store {
namespace {

constexpr std::size_t longest_stack_text = 300;

herr_t append_stack_line(unsigned /*depth*/, const H5E_error2_t* line, void* text) {
    std::string& all = *static_cast<std::string*>(text);
    all += (all.empty() ? "" : "; ") + std::string(line->func_name) + ": " + line->desc;
    return 0;
}

} // namespace

std::string hdf5_error_text() {
    std::string text;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, append_stack_line, &text);
    std::replace(text.begin(), text.end(), '\n', ' '); // it quotes ctime(3)
    if (text.size() > longest_stack_text) {
        text.resize(longest_stack_text);
        text += "…";
    }
    return text.empty() ? "HDF5 gave no reason" : text;
}

Error hdf5_error(std::string_view doing) {
    return Error(ErrorKind::store,
                 Fault{.where = "HDF5",
                       .found = "a failed call while " + std::string(doing) + " (" + hdf5_error_text() + ")",
                       .expected = "success",
                       .fix = ""});
}

std::unique_lock<std::recursive_mutex> hdf5_session() {
    static std::recursive_mutex mutex;
    std::unique_lock lock(mutex);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5Eclear2(H5E_DEFAULT);
    return lock;
}

void log_failed_close(std::string_view kind) noexcept {
    try {
        log_warning("HDF5 could not close a " + std::string(kind) + ": " + hdf5_error_text());
    } catch (...) { // out of memory while wording a warning: nothing is lost but the warning
    }
}

} // namespace suite::store
