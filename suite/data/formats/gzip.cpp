#include "suite/data/formats/gzip.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <zlib.h>

namespace suite::data {
namespace {

constexpr int gzip_window_bits = 15 + 16; // zlib manual, inflateInit2: 16 asks for a gzip header
constexpr std::size_t piece_bytes = std::size_t{1} << 20;

Fault fault_at(const std::string& name, std::size_t byte, std::string found, std::string expected,
               std::string fix) {
    return {.where = fmt::format("{}:byte {}", name, byte),
            .found = std::move(found),
            .expected = std::move(expected),
            .fix = std::move(fix)};
}

constexpr std::string_view renew = "fetch the file again";

} // namespace

/// One zlib inflate state over one compressed text.
class GunzipStream::Inflater {
public:
    explicit Inflater(std::string_view compressed) : compressed_(compressed) {
        ready_ = inflateInit2(&stream_, gzip_window_bits) == Z_OK;
    }
    ~Inflater() { inflateEnd(&stream_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    [[nodiscard]] bool ready() const noexcept { return ready_; }
    [[nodiscard]] std::size_t position() const noexcept { return position_; }
    [[nodiscard]] bool at_end() const noexcept { return position_ == compressed_.size(); }
    [[nodiscard]] std::string_view message() const noexcept {
        return stream_.msg == nullptr ? "" : stream_.msg;
    }
    void next_member() noexcept { inflateReset(&stream_); }

    /// Unpacks up to `room` bytes to the end of `out`; zlib's code.
    int step(std::string& out, std::size_t room) {
        const std::size_t old_size = out.size();
        out.resize(old_size + room);
        const std::size_t piece = std::min(compressed_.size() - position_, piece_bytes);
        stream_.next_in =
            reinterpret_cast<Bytef*>(const_cast<char*>(compressed_.data() + position_)); // zlib only reads it
        stream_.avail_in = static_cast<uInt>(piece);
        stream_.next_out = reinterpret_cast<Bytef*>(out.data() + old_size);
        stream_.avail_out = static_cast<uInt>(room);
        const int code = inflate(&stream_, Z_NO_FLUSH);
        position_ += piece - stream_.avail_in;
        out.resize(out.size() - stream_.avail_out);
        return code;
    }

private:
    std::string_view compressed_;
    std::size_t position_ = 0;
    z_stream stream_{};
    bool ready_ = false;
};

GunzipStream::GunzipStream(std::string_view compressed, std::string name, FaultList& faults)
    : inflater_(std::make_unique<Inflater>(compressed)), name_(std::move(name)), faults_(faults) {}

GunzipStream::~GunzipStream() = default;

std::size_t GunzipStream::position() const noexcept {
    return inflater_->position();
}

bool GunzipStream::read(std::string& out, std::size_t room) {
    const std::size_t size_before = out.size();
    while (!has_ended_ && out.size() == size_before) {
        const std::size_t position_before = inflater_->position();
        const int code = inflater_->ready() ? inflater_->step(out, room) : Z_MEM_ERROR;
        if (code == Z_STREAM_END) {
            has_ended_ = inflater_->at_end();
            inflater_->next_member();
            continue;
        }
        const bool is_stuck = inflater_->position() == position_before && out.size() == size_before;
        if ((code == Z_OK || code == Z_BUF_ERROR) && !(is_stuck && inflater_->at_end())) {
            continue;
        }
        has_ended_ = true;
        const bool is_truncated = code == Z_OK || code == Z_BUF_ERROR;
        faults_.add(fault_at(name_, inflater_->position(),
                             is_truncated ? "the end of the file inside a gzip member"
                                          : fmt::format("damaged gzip data ({})", inflater_->message()),
                             "whole gzip members with right checksums", std::string(renew)));
    }
    return out.size() > size_before;
}

std::string gunzip(std::string_view compressed, const std::string& name, std::size_t limit_bytes,
                   FaultList& faults) {
    std::string out;
    if (compressed.size() < 2 || compressed[0] != '\x1f' || compressed[1] != '\x8b') {
        faults.add(fault_at(name, 0, compressed.empty() ? "an empty file" : "no gzip magic",
                            "a gzip file (bytes 1f 8b)",
                            compressed.empty() ? std::string(renew) : "gzip the file, or fetch it again"));
        return out;
    }
    GunzipStream stream(compressed, name, faults);
    while (stream.read(out, std::min(piece_bytes, limit_bytes - out.size() + 1))) {
        if (out.size() > limit_bytes) {
            faults.add(fault_at(name, stream.position(),
                                fmt::format("more than {} unpacked bytes", limit_bytes), "a smaller file",
                                std::string(renew)));
            break;
        }
    }
    return out;
}

} // namespace suite::data
