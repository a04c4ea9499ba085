// The bytes of a bundle: named tables and texts of one HDF5 file (format 1.10) behind the user block that
// every file of the suite has. What the tables mean is the business of those who fill them
// (reports/SCHEMA.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suite/store/table.hpp"

namespace suite::store {

/// 2: units of columns and the schema's version as attributes. 3: pre-training runs of a source, the test and
/// the limits of each verdict. Earlier ones are read.
inline constexpr int bundle_schema = 3;

struct BundleContent {
    std::vector<std::string> groups;                        ///< parents before children
    std::vector<std::pair<std::string, Table>> tables;      ///< name "/group/table"
    std::vector<std::pair<std::string, std::string>> texts; ///< without NUL
    std::vector<std::pair<std::string, std::vector<float>>> arrays{};
};

/// The whole file; equal content gives equal bytes. NUL in a text of a table or a text becomes '?': messages
/// may quote anything.
[[nodiscard]] std::string bundle_to_bytes(BundleContent content);

/// A bundle that is open for reading.
class BundleFile {
public:
    /// Checks the user block and the checksum over all that follows. Throws Error naming `where`:
    /// (corruption) when a byte changed or the file is cut, (store) when it is another kind of file or of a
    /// newer schema.
    BundleFile(std::string_view bytes, std::string where);
    ~BundleFile();
    BundleFile(const BundleFile&) = delete;
    BundleFile& operator=(const BundleFile&) = delete;

    /// By which the file was written.
    [[nodiscard]] int schema() const noexcept;
    /// `columns` gives names and types. Throws Error(store) when there is no such table.
    [[nodiscard]] Table table(const std::string& name, const Table& columns) const;
    [[nodiscard]] std::string text(const std::string& name) const;
    /// Throws Error(store) unless it is a 1-D array of 32-bit numbers.
    [[nodiscard]] std::vector<float> array(const std::string& name) const;
    /// Tables, texts and arrays that earlier versions did not write.
    [[nodiscard]] bool has(const std::string& name) const;

private:
    struct Open;
    std::string where_;
    std::unique_ptr<Open> open_;
};

} // namespace suite::store
