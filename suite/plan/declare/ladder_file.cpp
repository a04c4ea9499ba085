#include "suite/plan/declare/ladder_file.hpp"

#include <charconv>
#include <limits>

#include "suite/base/files.hpp"
#include "suite/plan/declare/csv_table.hpp"

namespace suite::plan {
namespace {

constexpr std::string_view weak_scaling = "/weak/";

std::optional<int> ranks_of(CsvTable& table, const CsvRow& row, std::string_view text) {
    int ranks = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ranks);
    if (error != std::errc{} || end != text.data() + text.size() || ranks < 1) {
        table.add_fault(row, "'" + std::string(text) + "' ranks", "a whole number of 1 or more");
        return std::nullopt;
    }
    return ranks;
}

std::optional<double> above_zero(CsvTable& table, const CsvRow& row, std::string_view column) {
    const auto value = table.number(row, column);
    if (value && *value <= 0) {
        table.add_fault(row, std::string(column) + " " + table.text(row, column), "a number above 0");
        return std::nullopt;
    }
    return value;
}

std::string place_of(const std::filesystem::path& file, const CsvRow& row) {
    return file.string() + ":" + std::to_string(row.line);
}

std::vector<LadderRow> read_rungs(const std::filesystem::path& file, FaultList& faults) {
    CsvTable table(file, file.string(), {"gpus", "images_per_s", "sd?", "speedup?"}, faults);
    std::vector<LadderRow> ladder;
    for (const CsvRow& row : table.rows()) {
        const auto ranks = ranks_of(table, row, table.text(row, "gpus"));
        const auto rate = above_zero(table, row, "images_per_s");
        const bool has_sd = !table.text(row, "sd").empty();
        const auto sd = has_sd ? above_zero(table, row, "sd") : std::nullopt;
        if (ranks && rate && sd.has_value() == has_sd) {
            ladder.push_back(
                {.ranks = *ranks, .images_per_second = *rate, .sd = sd, .place = place_of(file, row)});
        }
    }
    return ladder;
}

std::vector<LadderRow> read_reference(const std::filesystem::path& file, FaultList& faults) {
    CsvTable table(file, file.string(),
                   {"cell", "images_per_second", "speedup?", "where?", "origin?", "file?", "line?"}, faults);
    std::vector<LadderRow> ladder;
    for (const CsvRow& row : table.rows()) {
        const std::string& cell = table.text(row, "cell");
        const std::size_t mode = cell.rfind(weak_scaling);
        if (mode == std::string::npos) {
            continue;
        }
        const auto ranks = ranks_of(table, row, std::string_view(cell).substr(mode + weak_scaling.size()));
        const auto rate = above_zero(table, row, "images_per_second");
        if (ranks && rate) {
            ladder.push_back({.ranks = *ranks, .images_per_second = *rate, .place = place_of(file, row)});
        }
    }
    return ladder;
}

} // namespace

std::vector<LadderRow> read_ladder(const std::filesystem::path& file, FaultList& faults) {
    const std::string text = read_file(file, ErrorKind::usage);
    const std::string header = text.substr(0, text.find('\n'));
    return header.find("cell") != std::string::npos ? read_reference(file, faults) : read_rungs(file, faults);
}

} // namespace suite::plan
