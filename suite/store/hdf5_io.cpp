#include "suite/store/hdf5_io.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace suite::store {
namespace {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian, rows are copied as bytes");

Error wrong_object(const std::string& name, std::string found, std::string expected) {
    return Error(ErrorKind::store, Fault{.where = name,
                                         .found = std::move(found),
                                         .expected = std::move(expected),
                                         .fix = "the file was not written by this suite; set it aside"});
}

DatatypeHandle text_type(std::size_t bytes) {
    DatatypeHandle type(H5Tcopy(H5T_C_S1), "making a text type");
    checked(H5Tset_size(type.get(), bytes), "sizing a text type");
    checked(H5Tset_cset(type.get(), H5T_CSET_UTF8), "choosing UTF-8");
    checked(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "choosing padding");
    return type;
}

template<typename Value>
hid_t number_type() {
    if constexpr (std::is_same_v<Value, std::int64_t>) {
        return H5T_STD_I64LE;
    } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
        return H5T_STD_U64LE;
    } else if constexpr (std::is_same_v<Value, double>) {
        return H5T_IEEE_F64LE;
    } else {
        static_assert(std::is_same_v<Value, float>);
        return H5T_IEEE_F32LE;
    }
}

bool is_text(const Column& column) {
    return std::holds_alternative<std::vector<std::string>>(column.values);
}

/// Bytes of one value of the column: the longest text (at least 1: HDF5 has no empty strings), or 8.
std::size_t width_of(const Column& column) {
    if (!is_text(column)) {
        return sizeof(double);
    }
    std::size_t width = 1;
    for (const std::string& text : std::get<std::vector<std::string>>(column.values)) {
        width = std::max(width, text.size());
    }
    return width;
}

/// Compound of the columns without gaps.
DatatypeHandle row_type(const Table& table, std::span<const std::size_t> widths) {
    std::size_t row_bytes = 0;
    for (const std::size_t width : widths) {
        row_bytes += width;
    }
    DatatypeHandle row(H5Tcreate(H5T_COMPOUND, row_bytes), "making a row type");
    std::size_t offset = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto insert = [&](hid_t type) {
            checked(H5Tinsert(row.get(), table[i].name.c_str(), offset, type), "adding a column");
        };
        std::visit(
            [&]<typename Value>(const std::vector<Value>&) {
                if constexpr (std::is_same_v<Value, std::string>) {
                    insert(text_type(widths[i]).get());
                } else {
                    insert(number_type<Value>());
                }
            },
            table[i].values);
        offset += widths[i];
    }
    return row;
}

std::string pack(const Table& table, std::span<const std::size_t> widths, std::size_t row_bytes) {
    std::string bytes(table.front().rows() * row_bytes, '\0');
    std::size_t offset = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        char* at = bytes.data() + offset;
        const auto put = [&](const void* from, std::size_t count) {
            std::memcpy(at, from, count);
            at += row_bytes;
        };
        std::visit(
            [&]<typename Value>(const std::vector<Value>& values) {
                for (const Value& value : values) {
                    if constexpr (std::is_same_v<Value, std::string>) {
                        put(value.data(), value.size());
                    } else {
                        put(&value, sizeof(value));
                    }
                }
            },
            table[i].values);
        offset += widths[i];
    }
    return bytes;
}

std::string without_padding(const char* text, std::size_t width) {
    while (width > 0 && text[width - 1] == '\0') {
        --width;
    }
    return {text, width};
}

Table unpack(const Table& columns, std::span<const std::size_t> widths, std::size_t row_bytes,
             std::string_view bytes) {
    Table table = columns;
    const std::size_t rows = bytes.size() / row_bytes;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        std::visit(
            [&]<typename Value>(std::vector<Value>& values) {
                values.resize(rows);
                for (std::size_t row = 0; row < rows; ++row) {
                    const char* from = bytes.data() + row * row_bytes + offset;
                    if constexpr (std::is_same_v<Value, std::string>) {
                        values[row] = without_padding(from, widths[i]);
                    } else {
                        std::memcpy(&values[row], from, sizeof(Value));
                    }
                }
            },
            table[i].values);
        offset += widths[i];
    }
    return table;
}

PropertyListHandle dataset_creation_list() {
    PropertyListHandle creation(H5Pcreate(H5P_DATASET_CREATE), "making a dataset creation list");
    checked(H5Pset_obj_track_times(creation.get(), false), "leaving times out");
    checked(H5Pset_layout(creation.get(), H5D_CONTIGUOUS), "choosing contiguous storage");
    checked(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), "leaving fill values out");
    return creation;
}

DatasetHandle create_dataset(hid_t file, const std::string& name, hid_t type,
                             std::span<const std::size_t> extents, bool allocate_now = false) {
    const std::vector<hsize_t> dimensions(extents.begin(), extents.end());
    const DataspaceHandle space(
        H5Screate_simple(static_cast<int>(dimensions.size()), dimensions.data(), nullptr),
        "making the extent of " + name);
    const PropertyListHandle creation = dataset_creation_list();
    if (allocate_now) {
        checked(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), "choosing early allocation");
    }
    return {H5Dcreate2(file, name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
            "creating " + name};
}

void write_dataset(hid_t file, const std::string& name, hid_t type, std::span<const std::size_t> extents,
                   const void* values) {
    DatasetHandle dataset = create_dataset(file, name, type, extents);
    checked(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "writing " + name);
    dataset.close();
}

/// `extent` values; a single one where there is no extent.
void write_attribute(hid_t file, const std::string& object, const char* name, hid_t type,
                     std::optional<hsize_t> extent, const void* values) {
    const DataspaceHandle space(extent ? H5Screate_simple(1, &*extent, nullptr) : H5Screate(H5S_SCALAR),
                                "making the extent of an attribute of " + object);
    AttributeHandle attribute(H5Acreate_by_name(file, object.c_str(), name, type, space.get(), H5P_DEFAULT,
                                                H5P_DEFAULT, H5P_DEFAULT),
                              "creating an attribute of " + object);
    checked(H5Awrite(attribute.get(), type, values), "writing an attribute of " + object);
    attribute.close();
}

/// A dataset that may be read: its own object in this file, contiguous, unfiltered, nothing external.
DatasetHandle open_plain_dataset(hid_t file, const std::string& name) {
    if (!has_object(file, name)) {
        throw wrong_object(name, "no such dataset", "a dataset");
    }
    DatasetHandle dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), "opening " + name);
    const PropertyListHandle creation(H5Dget_create_plist(dataset.get()), "asking how " + name + " is kept");
    if (H5Pget_layout(creation.get()) != H5D_CONTIGUOUS || H5Pget_external_count(creation.get()) != 0 ||
        H5Pget_nfilters(creation.get()) != 0) {
        throw wrong_object(name, "chunked, virtual, external or filtered storage", "contiguous storage");
    }
    return dataset;
}

/// Extents of a dataset of this rank whose values of `value_bytes` lie inside the file.
std::vector<std::size_t> checked_extents(hid_t dataset, const std::string& name, int rank,
                                         std::size_t value_bytes, std::uint64_t file_bytes) {
    const DataspaceHandle space(H5Dget_space(dataset), "asking the extent of " + name);
    const int found = checked(H5Sget_simple_extent_ndims(space.get()), "asking the rank of " + name);
    if (found != rank || H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
        throw wrong_object(name, fmt::format("rank {}", found), fmt::format("rank {}", rank));
    }
    std::vector<hsize_t> dimensions(static_cast<std::size_t>(rank));
    checked(H5Sget_simple_extent_dims(space.get(), dimensions.data(), nullptr), "asking extents of " + name);
    std::uint64_t bytes = value_bytes;
    for (const hsize_t extent : dimensions) {
        if (extent > file_bytes || (extent != 0 && bytes > file_bytes / extent)) {
            throw wrong_object(name, fmt::format("an extent of {}", extent), "values inside the file");
        }
        bytes *= extent;
    }
    const haddr_t start = bytes == 0 ? 0 : H5Dget_offset(dataset);
    if (start == HADDR_UNDEF || start > file_bytes || bytes > file_bytes - start ||
        H5Dget_storage_size(dataset) != bytes) {
        throw wrong_object(name, "storage that ends outside the file", "values inside the file");
    }
    return {dimensions.begin(), dimensions.end()};
}

template<typename Value>
Array<Value> read_array(hid_t file, const std::string& name, int rank, std::uint64_t file_bytes) {
    DatasetHandle dataset = open_plain_dataset(file, name);
    const DatatypeHandle type(H5Dget_type(dataset.get()), "asking the type of " + name);
    if (H5Tequal(type.get(), number_type<Value>()) <= 0) {
        throw wrong_object(name, "another type", "little-endian numbers");
    }
    Array<Value> array{.extents = checked_extents(dataset.get(), name, rank, sizeof(Value), file_bytes),
                       .values = {}};
    std::size_t count = 1;
    for (const std::size_t extent : array.extents) {
        count *= extent;
    }
    array.values.resize(count);
    checked(H5Dread(dataset.get(), number_type<Value>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()),
            "reading " + name);
    dataset.close();
    return array;
}

/// Width of each column when the type is a compound of exactly these columns without gaps; throws otherwise.
std::vector<std::size_t> checked_widths(hid_t type, const std::string& name, const Table& columns) {
    std::vector<std::size_t> widths;
    if (H5Tget_class(type) != H5T_COMPOUND || H5Tget_nmembers(type) != static_cast<int>(columns.size())) {
        throw wrong_object(name, "another type", fmt::format("a table of {} columns", columns.size()));
    }
    for (unsigned i = 0; i < columns.size(); ++i) {
        const DatatypeHandle member(H5Tget_member_type(type, i), "asking a column of " + name);
        const bool text = H5Tget_class(member.get()) == H5T_STRING;
        if (text != is_text(columns[i]) || (text && H5Tis_variable_str(member.get()) != 0)) {
            throw wrong_object(name, fmt::format("another type in column {}", i + 1),
                               fmt::format("column \"{}\"", columns[i].name));
        }
        widths.push_back(H5Tget_size(member.get()));
    }
    // The type we would have written: names, order, offsets and number types are compared by the library.
    if (H5Tequal(type, row_type(columns, widths).get()) <= 0) {
        throw wrong_object(name, "other columns", "the columns of this table");
    }
    return widths;
}

} // namespace

void create_group(hid_t file, const std::string& name) {
    const PropertyListHandle creation(H5Pcreate(H5P_GROUP_CREATE), "making a group creation list");
    checked(H5Pset_obj_track_times(creation.get(), false), "leaving times out");
    GroupHandle group(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                      "creating " + name);
    group.close();
}

void write_table(hid_t file, const std::string& name, const Table& table) {
    std::vector<std::size_t> widths;
    for (const Column& column : table) {
        widths.push_back(width_of(column));
    }
    const DatatypeHandle row = row_type(table, widths);
    const std::string bytes = pack(table, widths, H5Tget_size(row.get()));
    write_dataset(file, name, row.get(), std::array{table.front().rows()}, bytes.data());
}

void write_units(hid_t file, const std::string& name, const Table& table) {
    std::vector<std::string> units;
    for (const Column& column : table) {
        units.push_back(column.unit);
    }
    const Table packed{{"units", units}};
    const std::array widths{width_of(packed.front())};
    const std::string bytes = pack(packed, widths, widths.front());
    write_attribute(file, name, "units", text_type(widths.front()).get(), units.size(), bytes.data());
}

void write_format(hid_t file, std::string_view format, std::int64_t schema_version) {
    write_attribute(file, "/", "format", text_type(format.size()).get(), std::nullopt, format.data());
    write_attribute(file, "/", "schema_version", number_type<std::int64_t>(), std::nullopt, &schema_version);
}

void write_text(hid_t file, const std::string& name, std::string_view text) {
    const std::string padded = text.empty() ? std::string(1, '\0') : std::string(text);
    write_dataset(file, name, text_type(padded.size()).get(), {}, padded.data());
}

void write_array(hid_t file, const std::string& name, std::span<const float> values,
                 std::span<const std::size_t> extents) {
    write_dataset(file, name, number_type<float>(), extents, values.data());
}

void write_array(hid_t file, const std::string& name, std::span<const std::int64_t> values,
                 std::span<const std::size_t> extents) {
    write_dataset(file, name, number_type<std::int64_t>(), extents, values.data());
}

std::uint64_t reserve_floats(hid_t file, const std::string& name, std::size_t count) {
    DatasetHandle dataset = create_dataset(file, name, number_type<float>(), std::array{count}, true);
    const haddr_t offset = count == 0 ? 0 : H5Dget_offset(dataset.get());
    if (offset == HADDR_UNDEF) {
        throw hdf5_error("allocating " + name);
    }
    dataset.close();
    return offset;
}

bool has_object(hid_t file, const std::string& name) {
    // Every link on the way must exist and be hard: a soft or external link could lead out of the file.
    for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
        const std::string part = name.substr(0, end);
        H5L_info_t link;
        if (checked(H5Lexists(file, part.c_str(), H5P_DEFAULT), "looking for " + name) == 0 ||
            checked(H5Lget_info(file, part.c_str(), &link, H5P_DEFAULT), "looking for " + name) < 0 ||
            link.type != H5L_TYPE_HARD) {
            return false;
        }
        if (end == std::string::npos) {
            return true;
        }
    }
}

Table read_table(hid_t file, const std::string& name, const Table& columns, std::uint64_t file_bytes) {
    DatasetHandle dataset = open_plain_dataset(file, name);
    const DatatypeHandle type(H5Dget_type(dataset.get()), "asking the type of " + name);
    const std::vector<std::size_t> widths = checked_widths(type.get(), name, columns);
    const std::size_t row_bytes = H5Tget_size(type.get());
    const std::vector<std::size_t> extents = checked_extents(dataset.get(), name, 1, row_bytes, file_bytes);
    std::string bytes(extents.front() * row_bytes, '\0');
    checked(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
            "reading " + name);
    dataset.close();
    return unpack(columns, widths, row_bytes, bytes);
}

std::string read_text(hid_t file, const std::string& name, std::uint64_t file_bytes) {
    DatasetHandle dataset = open_plain_dataset(file, name);
    const DatatypeHandle type(H5Dget_type(dataset.get()), "asking the type of " + name);
    if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) != 0) {
        throw wrong_object(name, "another type", "a text of fixed length");
    }
    const std::size_t width = H5Tget_size(type.get());
    static_cast<void>(checked_extents(dataset.get(), name, 0, width, file_bytes));
    std::string bytes(width, '\0');
    checked(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
            "reading " + name);
    dataset.close();
    return without_padding(bytes.data(), bytes.size());
}

Array<float> read_floats(hid_t file, const std::string& name, int rank, std::uint64_t file_bytes) {
    return read_array<float>(file, name, rank, file_bytes);
}

Array<std::int64_t> read_integers(hid_t file, const std::string& name, int rank, std::uint64_t file_bytes) {
    return read_array<std::int64_t>(file, name, rank, file_bytes);
}

} // namespace suite::store
