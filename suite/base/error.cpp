#include "suite/base/error.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace suite {
namespace {

struct KindWord {
    ErrorKind kind;
    std::string_view word;
};

constexpr std::array<KindWord, 11> kind_words{{{ErrorKind::comparison, "comparison"},
                                               {ErrorKind::usage, "usage"},
                                               {ErrorKind::data, "data"},
                                               {ErrorKind::weights, "weights"},
                                               {ErrorKind::store, "store"},
                                               {ErrorKind::environment, "environment"},
                                               {ErrorKind::numeric, "numeric"},
                                               {ErrorKind::peer, "peer"},
                                               {ErrorKind::corruption, "corruption"},
                                               {ErrorKind::interrupted, "interrupted"},
                                               {ErrorKind::skipped, "skipped"}}};

std::string message(ErrorKind kind, const std::vector<Fault>& faults, int detail) {
    std::string text;
    for (const Fault& fault : faults) {
        if (!text.empty()) {
            text += '\n';
        }
        text += "error[E" + std::to_string(exit_code(kind) * 100 + detail) + "] " + to_string(fault);
    }
    return text;
}

} // namespace

std::string_view to_string(ErrorKind kind) noexcept {
    for (const KindWord& entry : kind_words) {
        if (entry.kind == kind) {
            return entry.word;
        }
    }
    return "unknown";
}

ErrorKind error_kind_from_string(std::string_view word) {
    for (const KindWord& entry : kind_words) {
        if (entry.word == word) {
            return entry.kind;
        }
    }
    throw Error(ErrorKind::store, Fault{.where = "error kind",
                                        .found = std::string(word),
                                        .expected = "a known kind of error",
                                        .fix = ""});
}

namespace {

/// Text of foreign files goes to terminals: control characters but the line end are spelled, not sent.
std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string clean;
    clean.reserve(text.size());
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if ((code >= 0x20 && code != 0x7f) || letter == '\n' || letter == '\t') {
            clean += letter;
        } else {
            clean += {'\\', 'x', digits[code >> 4], digits[code & 15]};
        }
    }
    return clean;
}

} // namespace

std::string to_string(const Fault& fault) {
    std::string text = fault.where;
    if (!fault.found.empty()) {
        text += (text.empty() ? "found " : ": found ") + fault.found;
    }
    if (!fault.expected.empty()) {
        text += ", expected " + fault.expected;
    }
    text += '.';
    if (!fault.fix.empty()) {
        text += " Fix: " + fault.fix;
    }
    return printable(text);
}

Error::Error(ErrorKind kind, std::vector<Fault> faults, int detail)
    : std::runtime_error(message(kind, faults, detail)), kind_(kind), faults_(std::move(faults)) {}

Error::Error(ErrorKind kind, Fault fault, int detail)
    : Error(kind, std::vector<Fault>{std::move(fault)}, detail) {}

void FaultList::throw_if_any(ErrorKind kind, int detail) const {
    if (!faults_.empty()) {
        throw Error(kind, faults_, detail);
    }
}

} // namespace suite
