#include "suite/store/checkpoint_file.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite/base/hash.hpp"
#include "suite/store/hdf5_io.hpp"
#include "suite/store/user_block.hpp"

namespace suite::store {
namespace {

namespace fs = std::filesystem;
constexpr ErrorKind kind = ErrorKind::weights;

struct CheckpointRow {
    std::string key;
    std::int64_t step = 0;
    std::uint64_t values = 0;
    std::uint64_t momentum = 0;
    std::int64_t schema = checkpoint_schema;
};

struct TensorRow {
    std::string name;
    std::string shape;
    std::uint64_t offset = 0;
};

struct ArenaRow {
    std::string name;
    std::uint64_t elements = 0;
};

struct ProgressRow {
    std::int64_t images_seen = 0;
    double train_seconds = 0.0;
    std::string build;
};

const std::tuple arena_fields{Field{"name", &ArenaRow::name}, Field{"elements", &ArenaRow::elements}};
const std::tuple progress_fields{Field{"images_seen", &ProgressRow::images_seen},
                                 Field{"train_seconds", &ProgressRow::train_seconds},
                                 Field{"build", &ProgressRow::build}};
const std::tuple loss_scale_fields{Field{"scale", &LossScaleEntry::scale},
                                   Field{"good_steps", &LossScaleEntry::good_steps},
                                   Field{"skipped", &LossScaleEntry::skipped}};
const std::tuple loss_fields{Field{"step", &LossEntry::step}, Field{"loss", &LossEntry::loss},
                             Field{"lr", &LossEntry::lr}};
const std::tuple checkpoint_fields{Field{"key", &CheckpointRow::key}, Field{"step", &CheckpointRow::step},
                                   Field{"values", &CheckpointRow::values},
                                   Field{"momentum", &CheckpointRow::momentum},
                                   Field{"schema", &CheckpointRow::schema}};
const std::tuple tensor_fields{Field{"name", &TensorRow::name}, Field{"shape", &TensorRow::shape},
                               Field{"offset", &TensorRow::offset}};

std::vector<TensorRow> tensor_rows(const Checkpoint& checkpoint) {
    std::vector<TensorRow> rows;
    for (const NamedTensor& tensor : checkpoint.tensors) {
        rows.push_back({tensor.name, fmt::format("{}", fmt::join(tensor.shape, ",")), tensor.offset});
    }
    return rows;
}

/// Extents of "64,3,7,7"; throws Error on anything that to_text of a shape would not write.
std::vector<std::int64_t> shape_from(const TensorRow& row) {
    std::vector<std::int64_t> shape;
    const char* at = row.shape.data();
    const char* const end = at + row.shape.size();
    while (at != end) {
        std::int64_t extent = 0;
        const auto result = std::from_chars(at, end, extent);
        const bool last = result.ptr == end;
        if (result.ec != std::errc{} || (!last && (*result.ptr != ',' || result.ptr + 1 == end))) {
            throw Error(kind, Fault{.where = "tensor " + row.name,
                                    .found = "shape \"" + row.shape + "\"",
                                    .expected = "extents and commas",
                                    .fix = ""});
        }
        shape.push_back(extent);
        at = last ? end : result.ptr + 1;
    }
    return shape;
}

bool lies_inside(const NamedTensor& tensor, std::size_t arena) {
    if (tensor.offset > arena) {
        return false;
    }
    const std::size_t room = arena - tensor.offset;
    std::size_t count = 1;
    for (const std::int64_t extent : tensor.shape) {
        const auto size = static_cast<std::size_t>(extent);
        if (extent < 0 || (size != 0 && count > room / size)) {
            return false;
        }
        count *= size;
    }
    return count <= room;
}

/// Written beside the weights in a dataset of its own since the first checkpoints; others are listed.
constexpr std::string_view momentum_name = "momentum";

std::string dataset_of(std::string_view arena) {
    return arena == momentum_name ? "/momentum" : fmt::format("/arena/{}", arena);
}

std::span<const float> momentum_of(const Checkpoint& checkpoint) {
    const NamedArena* found = find_arena(checkpoint.arenas, momentum_name);
    return found == nullptr ? std::span<const float>() : std::span(found->values);
}

void add_arena_faults(FaultList& faults, const Checkpoint& checkpoint, const std::string& where) {
    const std::size_t momentum = momentum_of(checkpoint).size();
    if (momentum > 0 && momentum != checkpoint.values.size()) {
        faults.add({.where = where,
                    .found = fmt::format("momentum of {} values", momentum),
                    .expected = fmt::format("none or {}", checkpoint.values.size()),
                    .fix = ""});
    }
    std::set<std::string_view> names;
    for (const NamedArena& arena : checkpoint.arenas) {
        if (arena.name.empty() ||
            arena.name.find_first_of(std::string_view("\0/.", 3)) != std::string::npos ||
            !names.insert(arena.name).second) {
            faults.add({.where = where,
                        .found = fmt::format("arena name \"{}\" empty, twice or a path", arena.name.c_str()),
                        .expected = "names that tell arenas apart",
                        .fix = ""});
        }
    }
}

void add_value_faults(FaultList& faults, const Checkpoint& checkpoint, const std::string& where) {
    add_arena_faults(faults, checkpoint, where);
    std::set<std::string_view> names;
    for (const NamedTensor& tensor : checkpoint.tensors) {
        if (tensor.name.empty() || tensor.name.find('\0') != std::string::npos ||
            !names.insert(tensor.name).second) {
            faults.add(
                {.where = where,
                 .found = fmt::format("tensor name \"{}\" empty, twice or with NUL", tensor.name.c_str()),
                 .expected = "names that tell tensors apart",
                 .fix = ""});
        }
        if (!lies_inside(tensor, checkpoint.values.size())) {
            faults.add({.where = where,
                        .found = fmt::format("tensor {} of shape [{}] at {}", tensor.name.c_str(),
                                             fmt::join(tensor.shape, ","), tensor.offset),
                        .expected = fmt::format("a tensor inside {} values", checkpoint.values.size()),
                        .fix = ""});
        }
    }
}

void write_progress(hid_t file, const CheckpointProgress& progress) {
    const ProgressRow row{progress.images_seen, progress.train_seconds, progress.build};
    write_table(file, "/progress", to_table(std::span<const ProgressRow>(&row, 1), progress_fields));
    write_table(file, "/losses", to_table(std::span<const LossEntry>(progress.losses), loss_fields));
    if (progress.loss_scale) {
        write_table(file, "/loss_scale",
                    to_table(std::span<const LossScaleEntry>(&*progress.loss_scale, 1), loss_scale_fields));
    }
}

/// The one row of a table; none when there is no such table.
template<typename Row, typename Fields>
std::optional<Row> read_row(hid_t file, const fs::path& path, const char* name, const Fields& fields,
                            std::uint64_t file_bytes) {
    if (!has_object(file, name)) {
        return std::nullopt;
    }
    const Table columns = to_table(std::span<const Row>(), fields);
    const auto rows = from_table(read_table(file, name, columns, file_bytes), fields);
    if (rows.size() != 1) {
        throw Error(kind, Fault{.where = path.string() + ": " + name,
                                .found = fmt::format("{} rows", rows.size()),
                                .expected = "one",
                                .fix = ""});
    }
    return rows.front();
}

std::optional<CheckpointProgress> read_progress(hid_t file, const fs::path& path, std::uint64_t file_bytes) {
    const auto row = read_row<ProgressRow>(file, path, "/progress", progress_fields, file_bytes);
    if (!row) {
        return std::nullopt;
    }
    const Table loss_columns = to_table(std::span<const LossEntry>(), loss_fields);
    return CheckpointProgress{
        .images_seen = row->images_seen,
        .train_seconds = row->train_seconds,
        .build = row->build,
        .losses = from_table(read_table(file, "/losses", loss_columns, file_bytes), loss_fields),
        .loss_scale = read_row<LossScaleEntry>(file, path, "/loss_scale", loss_scale_fields, file_bytes)};
}

/// Everything but the arenas, and where they belong. Space for them is only reserved, so that they are
/// written straight from the caller's memory.
struct Skeleton {
    Hdf5Image image;
    std::uint64_t values_at = 0;
    std::vector<std::pair<std::uint64_t, std::span<const float>>> arenas_at;
};

/// All but the momentum.
std::vector<ArenaRow> arena_rows(const Checkpoint& checkpoint) {
    std::vector<ArenaRow> rows;
    for (const NamedArena& arena : checkpoint.arenas) {
        if (arena.name != momentum_name) {
            rows.push_back({arena.name, arena.values.size()});
        }
    }
    return rows;
}

Skeleton skeleton_of(const Checkpoint& checkpoint) {
    Skeleton skeleton;
    skeleton.image = build_hdf5_image([&](hid_t file) {
        const CheckpointRow row{.key = checkpoint.key,
                                .step = checkpoint.step,
                                .values = checkpoint.values.size(),
                                .momentum = momentum_of(checkpoint).size()};
        const std::vector<TensorRow> tensors = tensor_rows(checkpoint);
        const std::vector<ArenaRow> arenas = arena_rows(checkpoint);
        write_table(file, "/checkpoint",
                    to_table(std::span<const CheckpointRow>(&row, 1), checkpoint_fields));
        write_table(file, "/tensors", to_table(std::span<const TensorRow>(tensors), tensor_fields));
        if (checkpoint.progress) {
            write_progress(file, *checkpoint.progress);
        }
        skeleton.values_at = reserve_floats(file, "/values", checkpoint.values.size());
        const std::span<const float> momentum = momentum_of(checkpoint);
        skeleton.arenas_at.emplace_back(reserve_floats(file, "/momentum", momentum.size()), momentum);
        if (arenas.empty()) {
            return;
        }
        write_table(file, "/arenas", to_table(std::span<const ArenaRow>(arenas), arena_fields));
        create_group(file, "/arena");
        for (const ArenaRow& arena : arenas) {
            const std::vector<float>& values = find_arena(checkpoint.arenas, arena.name)->values;
            skeleton.arenas_at.emplace_back(reserve_floats(file, dataset_of(arena.name), values.size()),
                                            values);
        }
    });
    return skeleton;
}

void write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            throw errno_error(kind, path, "writing", written == 0 ? ENOSPC : errno);
        }
        offset += static_cast<std::uint64_t>(written);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void write_text_at(int fd, std::uint64_t offset, std::string_view text, const fs::path& path) {
    write_at(fd, offset, std::as_bytes(std::span(text.data(), text.size())), path);
}

void fill_temporary(const fs::path& temporary, const fs::path& path, const Checkpoint& checkpoint) {
    const Skeleton skeleton = skeleton_of(checkpoint);
    UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.valid()) {
        throw errno_error(kind, path, "creating a temporary file beside it", errno);
    }
    const std::uint64_t bytes = skeleton.image.file_bytes;
    if (const int failed = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes)); failed != 0) {
        throw errno_error(kind, path, fmt::format("reserving {} bytes", bytes), failed);
    }
    write_text_at(fd.get(), 0, skeleton.image.bytes, path);
    write_at(fd.get(), skeleton.values_at, std::as_bytes(std::span(checkpoint.values)), path);
    for (const auto& [at, values] : skeleton.arenas_at) {
        write_at(fd.get(), at, std::as_bytes(values), path);
    }
    const UserBlock block{.kind = "checkpoint",
                          .schema = checkpoint_schema,
                          .sha256 = sha256_hex_of_file(temporary, user_block_bytes)};
    write_text_at(fd.get(), 0, to_bytes(block), path);
    if (const int error_number = fd.close(); error_number != 0) {
        throw errno_error(kind, path, "closing", error_number);
    }
}

/// The first 512 bytes of a regular file, and its size.
std::string read_head(const fs::path& path, std::uint64_t& file_bytes) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
        throw errno_error(kind, path, "opening a checkpoint", errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error(kind, Fault{.where = path.string(),
                                .found = "something that is not a file",
                                .expected = "a checkpoint",
                                .fix = "move it away"});
    }
    file_bytes = static_cast<std::uint64_t>(status.st_size);
    std::string head(user_block_bytes, '\0');
    const ssize_t count = ::pread(fd.get(), head.data(), head.size(), 0);
    head.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return head;
}

std::vector<NamedArena> read_arenas(hid_t file, std::uint64_t file_bytes) {
    std::vector<NamedArena> arenas;
    if (std::vector<float> momentum = read_floats(file, "/momentum", 1, file_bytes).values;
        !momentum.empty()) {
        arenas.push_back({std::string(momentum_name), std::move(momentum)});
    }
    if (!has_object(file, "/arenas")) {
        return arenas;
    }
    const Table columns = to_table(std::span<const ArenaRow>(), arena_fields);
    for (const ArenaRow& row : from_table(read_table(file, "/arenas", columns, file_bytes), arena_fields)) {
        const std::string dataset = dataset_of(row.name);
        arenas.push_back({row.name, read_floats(file, dataset, 1, file_bytes).values});
        if (arenas.back().values.size() != row.elements) {
            throw Error(kind, Fault{.where = dataset,
                                    .found = fmt::format("{} values", arenas.back().values.size()),
                                    .expected = fmt::format("the {} of /arenas", row.elements),
                                    .fix = ""});
        }
    }
    return arenas;
}

Checkpoint read_content(const fs::path& path, std::uint64_t file_bytes) {
    const auto session = hdf5_session();
    FileHandle file = open_hdf5_file(path.string());
    const hid_t id = file.get();
    const Table row_columns = to_table(std::span<const CheckpointRow>(), checkpoint_fields);
    const auto rows = from_table(read_table(id, "/checkpoint", row_columns, file_bytes), checkpoint_fields);
    if (rows.size() != 1 || rows.front().schema != checkpoint_schema) {
        throw Error(kind, Fault{.where = path.string() + ": /checkpoint",
                                .found = fmt::format("{} rows or another schema", rows.size()),
                                .expected = fmt::format("one row of schema {}", checkpoint_schema),
                                .fix = ""});
    }
    Checkpoint checkpoint{.key = rows.front().key,
                          .tensors = {},
                          .values = read_floats(id, "/values", 1, file_bytes).values,
                          .arenas = read_arenas(id, file_bytes),
                          .step = rows.front().step,
                          .progress = read_progress(id, path, file_bytes)};
    const Table tensor_columns = to_table(std::span<const TensorRow>(), tensor_fields);
    for (const TensorRow& row :
         from_table(read_table(id, "/tensors", tensor_columns, file_bytes), tensor_fields)) {
        checkpoint.tensors.push_back({row.name, shape_from(row), row.offset});
    }
    file.close();
    return checkpoint;
}

/// Runs the function; whatever Error it throws becomes Error(weights) about this file.
template<typename Function>
auto as_weights(const fs::path& path, const Function& function) {
    try {
        return function();
    } catch (const Error& error) {
        std::vector<Fault> faults = error.faults();
        for (Fault& fault : faults) {
            if (!fault.where.starts_with(path.string())) {
                fault.where = path.string() + ": " + fault.where;
            }
        }
        throw Error(kind, std::move(faults));
    }
}

} // namespace

void write_checkpoint(const fs::path& path, const Checkpoint& checkpoint, Durability durability) {
    FaultList faults;
    add_value_faults(faults, checkpoint, path.string());
    faults.throw_if_any(kind);
    as_weights(path, [&] {
        make_folders(path.parent_path().empty() ? "." : path.parent_path(), kind);
        const fs::path temporary = temporary_name(path);
        try {
            fill_temporary(temporary, path, checkpoint);
        } catch (...) {
            ::unlink(temporary.c_str());
            throw;
        }
        publish_file(temporary, path, kind, durability);
    });
}

Checkpoint read_checkpoint(const fs::path& path) {
    return as_weights(path, [&] {
        std::uint64_t file_bytes = 0;
        const std::string head = read_head(path, file_bytes);
        check_user_block(head, sha256_hex_of_file(path, user_block_bytes), "checkpoint", checkpoint_schema,
                         path.string(), kind);
        Checkpoint checkpoint = read_content(path, file_bytes);
        FaultList faults;
        add_value_faults(faults, checkpoint, path.string());
        faults.throw_if_any(kind);
        return checkpoint;
    });
}

Checkpoint read_checkpoint(const fs::path& path, std::string_view key) {
    Checkpoint checkpoint = read_checkpoint(path);
    if (checkpoint.key != key) {
        throw Error(kind, Fault{.where = path.string(),
                                .found = "the checkpoint of " + checkpoint.key,
                                .expected = "the checkpoint of " + std::string(key),
                                .fix = "run again: its run is repeated"});
    }
    return checkpoint;
}

} // namespace suite::store
