// Agreement: one small all-reduce when all is well, the lowest failed rank's words otherwise.
#include <array>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/dist/communicator.hpp"

namespace suite::dist {
namespace {

constexpr std::int64_t all_well = std::numeric_limits<std::int64_t>::max();
// Longer messages are cut: a rank that failed must not make the others allocate what it likes.
constexpr std::size_t longest_text = 64 * 1024;
constexpr char end_of_part = '\0';

std::string place_of(const Communicator& communicator) {
    const std::string step = communicator.step() < 0 ? "" : fmt::format(", step {}", communicator.step());
    return fmt::format("rank {} on {}, {}{}", communicator.rank(), this_process().host, communicator.phase(),
                       step);
}

Error error_of(const std::exception_ptr& caught) {
    try {
        std::rethrow_exception(caught);
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& error) {
        return {ErrorKind::environment, Fault{.where = "", .found = error.what(), .expected = "", .fix = ""}};
    } catch (...) {
        return {ErrorKind::environment,
                Fault{.where = "", .found = "an exception of unknown type", .expected = "", .fix = ""}};
    }
}

std::string text_of(const Error& error, const std::string& place) {
    std::string text = std::string(to_string(error.kind())) + end_of_part;
    for (const Fault& fault : error.faults()) {
        const std::string where = fault.where.empty() ? place : place + ": " + fault.where;
        for (const std::string* part : {&where, &fault.found, &fault.expected, &fault.fix}) {
            text += *part + end_of_part;
        }
    }
    text.resize(std::min(text.size(), longest_text));
    return text;
}

std::string next_part(std::string_view& text) {
    const std::size_t end = std::min(text.find(end_of_part), text.size());
    const std::string part(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

Error error_of(std::string_view text) {
    const ErrorKind kind = error_kind_from_string(next_part(text));
    std::vector<Fault> faults;
    while (!text.empty()) {
        Fault fault;
        for (std::string* part : {&fault.where, &fault.found, &fault.expected, &fault.fix}) {
            *part = next_part(text);
        }
        faults.push_back(std::move(fault));
    }
    return {kind, std::move(faults)};
}

std::string broadcast_text(Communicator& communicator, std::string text, int root) {
    std::array<std::int64_t, 1> length{static_cast<std::int64_t>(text.size())};
    communicator.broadcast(buffer(length), root);
    text.resize(static_cast<std::size_t>(length[0]));
    communicator.broadcast(buffer(std::as_writable_bytes(std::span(text))), root);
    return text;
}

} // namespace

void agree(Communicator& communicator, const std::exception_ptr& mine) {
    if (communicator.size() == 1) {
        if (mine) {
            std::rethrow_exception(mine);
        }
        return;
    }
    Communicator& host = communicator.host();
    std::array<std::int64_t, 1> failed{mine ? communicator.rank() : all_well};
    host.all_reduce(buffer(failed), Reduction::minimum);
    if (failed[0] == all_well) {
        return;
    }
    const bool is_mine = failed[0] == communicator.rank();
    std::string text = is_mine ? text_of(error_of(mine), place_of(communicator)) : std::string();
    throw error_of(broadcast_text(host, std::move(text), static_cast<int>(failed[0])));
}

} // namespace suite::dist
