// Owners of HDF5 identifiers: one move-only type per kind, every call checked. The only header of the suite
// that includes hdf5.h; include it in source files.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <hdf5.h>

#include "suite/base/error.hpp"

namespace suite::store {

/// HDF5's own account of the last failed call, innermost cause first, at most 300 characters.
[[nodiscard]] std::string hdf5_error_text();
/// Error(store) "found HDF5 error while DOING (stack text)".
[[nodiscard]] Error hdf5_error(std::string_view doing);
/// Serialises all use of the library (Debian's build keeps global state unguarded) and turns its automatic
/// printing off. Hold one during a sequence of HDF5 calls, handle destructors included.
[[nodiscard]] std::unique_lock<std::recursive_mutex> hdf5_session();
/// Logs a close that failed in a destructor.
void log_failed_close(std::string_view kind) noexcept;

/// The one checked call: returns the result when it is not negative (hid_t, herr_t, htri_t, hssize_t, int),
/// throws hdf5_error(doing) otherwise.
template<typename Result>
Result checked(Result result, std::string_view doing) {
    if (result < 0) {
        throw hdf5_error(doing);
    }
    return result;
}

/// Owner of one identifier. close() reports, the destructor logs.
template<typename Kind>
class Hdf5Handle {
public:
    Hdf5Handle() noexcept = default;
    /// Takes over what an H5…create/open call returned; throws Error(store) when that call failed.
    Hdf5Handle(hid_t id, std::string_view doing) : id_(checked(id, doing)) {}
    ~Hdf5Handle() { reset(); }
    Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
        if (this != &other) {
            reset();
            id_ = std::exchange(other.id_, H5I_INVALID_HID);
        }
        return *this;
    }

    [[nodiscard]] hid_t get() const noexcept { return id_; }
    [[nodiscard]] bool valid() const noexcept { return id_ >= 0; }
    /// Throws Error(store) when the library could not close it: what was written may be incomplete.
    void close() {
        const hid_t id = std::exchange(id_, H5I_INVALID_HID);
        if (id >= 0) {
            checked(Kind::close(id), std::string("closing a ") + Kind::name);
        }
    }

private:
    void reset() noexcept {
        const hid_t id = std::exchange(id_, H5I_INVALID_HID);
        if (id >= 0 && Kind::close(id) < 0) {
            log_failed_close(Kind::name);
        }
    }

    hid_t id_ = H5I_INVALID_HID;
};

namespace kinds {
struct File {
    static constexpr const char* name = "file";
    static herr_t close(hid_t id) noexcept { return H5Fclose(id); }
};
struct Group {
    static constexpr const char* name = "group";
    static herr_t close(hid_t id) noexcept { return H5Gclose(id); }
};
struct Dataset {
    static constexpr const char* name = "dataset";
    static herr_t close(hid_t id) noexcept { return H5Dclose(id); }
};
struct Dataspace {
    static constexpr const char* name = "dataspace";
    static herr_t close(hid_t id) noexcept { return H5Sclose(id); }
};
struct Datatype {
    static constexpr const char* name = "datatype";
    static herr_t close(hid_t id) noexcept { return H5Tclose(id); }
};
struct Attribute {
    static constexpr const char* name = "attribute";
    static herr_t close(hid_t id) noexcept { return H5Aclose(id); }
};
struct PropertyList {
    static constexpr const char* name = "property list";
    static herr_t close(hid_t id) noexcept { return H5Pclose(id); }
};
} // namespace kinds

using FileHandle = Hdf5Handle<kinds::File>;
using GroupHandle = Hdf5Handle<kinds::Group>;
using DatasetHandle = Hdf5Handle<kinds::Dataset>;
using DataspaceHandle = Hdf5Handle<kinds::Dataspace>;
using DatatypeHandle = Hdf5Handle<kinds::Datatype>;
using AttributeHandle = Hdf5Handle<kinds::Attribute>;
using PropertyListHandle = Hdf5Handle<kinds::PropertyList>;

} // namespace suite::store
