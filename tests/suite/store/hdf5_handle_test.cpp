#include "suite/store/hdf5_handle.hpp"

#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suite::store {
namespace {

using ::testing::HasSubstr;

static_assert(!std::is_copy_constructible_v<FileHandle> && std::is_nothrow_move_constructible_v<FileHandle>);
static_assert(!std::is_convertible_v<DatasetHandle, GroupHandle>);
static_assert(std::is_nothrow_destructible_v<AttributeHandle>);

DataspaceHandle scalar() {
    return {H5Screate(H5S_SCALAR), "making a dataspace"};
}

TEST(Hdf5Handle, ClosesWhatItOwnsOnce) {
    const auto session = hdf5_session();
    hid_t id = H5I_INVALID_HID;
    {
        DataspaceHandle first = scalar();
        id = first.get();
        DataspaceHandle second = std::move(first);
        EXPECT_FALSE(first.valid()); // NOLINT(bugprone-use-after-move): what is tested
        EXPECT_EQ(second.get(), id);
        EXPECT_GT(H5Iis_valid(id), 0);
    }
    EXPECT_EQ(H5Iis_valid(id), 0);
}

TEST(Hdf5Handle, AssignmentClosesTheOldOne) {
    const auto session = hdf5_session();
    DataspaceHandle handle = scalar();
    const hid_t old = handle.get();
    handle = scalar();
    EXPECT_EQ(H5Iis_valid(old), 0);
    EXPECT_TRUE(handle.valid());
}

TEST(Hdf5Handle, CloseReportsAndIsThenDone) {
    const auto session = hdf5_session();
    DataspaceHandle handle = scalar();
    H5Sclose(handle.get()); // behind its back
    try {
        handle.close();
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::store);
        EXPECT_THAT(error.what(), HasSubstr("closing a dataspace"));
        EXPECT_THAT(error.what(), HasSubstr("H5S")); // the library's own stack
    }
    EXPECT_FALSE(handle.valid());
    EXPECT_NO_THROW(handle.close());
}

TEST(Hdf5Handle, DestructorLogsAFailedClose) {
    const auto session = hdf5_session();
    ::testing::internal::CaptureStderr();
    {
        const DataspaceHandle handle = scalar();
        H5Sclose(handle.get());
    }
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("HDF5 could not close a dataspace"));
}

TEST(Checked, ThrowsWithTheStackAndPrintsNothing) {
    const auto session = hdf5_session();
    ::testing::internal::CaptureStderr();
    try {
        const FileHandle file(H5Fopen("/nonexistent/file.h5", H5F_ACC_RDONLY, H5P_DEFAULT), "opening it");
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("while opening it"));
        EXPECT_THAT(error.what(), HasSubstr("No such file"));
        EXPECT_LT(std::string(error.what()).size(), 400U); // not HDF5's own stack of messages
    }
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(checked(htri_t{0}, "asking"), 0);
}

} // namespace
} // namespace suite::store
