// HDF5 files as a whole: built and opened in memory, or on disk.
#include <algorithm>
#include <cstring>

#include "suite/store/hdf5_io.hpp"

namespace suite::store {
namespace {

constexpr std::size_t image_increment_bytes = std::size_t{1} << 16;

// The core driver keeps its buffer through these callbacks, so that the image stays ours when the file is
// closed. (H5Fget_file_image of 1.10.8 is no way out: it leaves the user block out and clears the status
// flags without mending the superblock's checksum, so its bytes cannot be opened.)
std::string& image_of(void* udata) {
    return *static_cast<std::string*>(udata);
}

void* image_malloc(std::size_t size, H5FD_file_image_op_t /*op*/, void* udata) {
    try {
        image_of(udata).assign(size, '\0');
        return image_of(udata).data();
    } catch (...) { // no exception may cross the C library
        return nullptr;
    }
}

void* image_copy(void* to, const void* from, std::size_t size, H5FD_file_image_op_t /*op*/, void* /*udata*/) {
    return std::memcpy(to, from, size);
}

void* image_resize(void* /*pointer*/, std::size_t size, H5FD_file_image_op_t /*op*/, void* udata) {
    try {
        image_of(udata).resize(size, '\0'); // zeroed: unused bytes must be equal in equal files
        return image_of(udata).data();
    } catch (...) {
        return nullptr;
    }
}

herr_t image_free(void* /*pointer*/, H5FD_file_image_op_t /*op*/, void* /*udata*/) {
    return 0;
}

void* share_udata(void* udata) {
    return udata;
}

herr_t release_udata(void* /*udata*/) {
    return 0;
}

PropertyListHandle access_list() {
    PropertyListHandle access(H5Pcreate(H5P_FILE_ACCESS), "making a file access list");
    checked(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110), "choosing format 1.10");
    checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "choosing strong close");
    return access;
}

PropertyListHandle creation_list() {
    PropertyListHandle creation(H5Pcreate(H5P_FILE_CREATE), "making a file creation list");
    checked(H5Pset_userblock(creation.get(), user_block_bytes), "reserving the user block");
    checked(H5Pset_obj_track_times(creation.get(), false), "leaving times out");
    return creation;
}

/// The end-of-file address in the superblock, which counts the user block (HDF5 File Format Specification
/// 3.0, II.A "Disk Format Level 0A", version 3: byte 28, eight bytes, little-endian).
std::uint64_t end_of_file(const std::string& image) {
    constexpr std::size_t at = user_block_bytes + 28;
    std::uint64_t end = 0;
    if (image.size() < at + sizeof(end)) {
        throw hdf5_error("closing an image that has no superblock");
    }
    std::memcpy(&end, image.data() + at, sizeof(end));
    return end;
}

} // namespace

Hdf5Image build_hdf5_image(const std::function<void(hid_t file)>& fill) {
    const auto session = hdf5_session();
    Hdf5Image image;
    const PropertyListHandle access = access_list();
    const PropertyListHandle creation = creation_list();
    checked(H5Pset_fapl_core(access.get(), image_increment_bytes, false), "choosing the memory driver");
    H5FD_file_image_callbacks_t callbacks{image_malloc, image_copy,    image_resize, image_free,
                                          share_udata,  release_udata, &image.bytes};
    checked(H5Pset_file_image_callbacks(access.get(), &callbacks), "keeping the image");
    FileHandle file(H5Fcreate("image", H5F_ACC_TRUNC, creation.get(), access.get()), "creating an image");
    fill(file.get());
    file.close(); // no flush before: it would grow the image over reserved storage
    image.file_bytes = end_of_file(image.bytes);
    image.bytes.resize(std::min<std::uint64_t>(image.bytes.size(), image.file_bytes));
    return image;
}

FileHandle open_hdf5_image(std::string_view bytes) {
    const PropertyListHandle access = access_list();
    checked(H5Pset_fapl_core(access.get(), image_increment_bytes, false), "choosing the memory driver");
    // The library copies the buffer; its signature lacks a const.
    checked(H5Pset_file_image(access.get(), const_cast<char*>(bytes.data()), bytes.size()),
            "handing over an image");
    return FileHandle(H5Fopen("image", H5F_ACC_RDONLY, access.get()), "opening an image");
}

FileHandle open_hdf5_file(const std::string& path) {
    const PropertyListHandle access = access_list();
    // Advisory locks of HDF5 fail on several parallel file systems; names and renames order our writers.
    checked(H5Pset_file_locking(access.get(), false, true), "leaving file locks out");
    return FileHandle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), "opening a file");
}

} // namespace suite::store
