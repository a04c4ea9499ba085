#include "reports/words.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace reports {

using metrics::Sample;

std::string mean_sd_text(const Sample& sample) {
    if (sample.n == 0) {
        return "—";
    }
    return sample.sd ? fmt::format("{:.2f} ± {:.2f}", sample.mean, *sample.sd)
                     : fmt::format("{:.2f}", sample.mean);
}

std::string mean_sd_text(const std::optional<ReferenceSide>& side) {
    return side ? mean_sd_text(side->sample) : "—";
}

std::string difference_text(const metrics::CellComparison& comparison) {
    if (!comparison.difference) {
        return "";
    }
    return comparison.ci95 ? fmt::format("{:+.2f} [{:+.2f}, {:+.2f}]", *comparison.difference,
                                         comparison.ci95->low, comparison.ci95->high)
                           : fmt::format("{:+.2f}", *comparison.difference);
}

std::string metric_text(const std::string& metric) {
    return metric == "top1"                           ? "top-1 accuracy, %"
           : metric == "mean_auc"                     ? "mean AUC, %"
           : metric == suite::plan::efficiency_metric ? "scaling efficiency, %"
                                                      : metric;
}

std::string verdict_text(const CellResult& cell) {
    return fmt::format("{}{}", metrics::to_string(cell.comparison.verdict),
                       cell.repeats_baseline ? " ≡" : "");
}

std::string verdict_text(const ClaimResult& claim) {
    return fmt::format("{}{}", metrics::to_string(claim.ours.verdict),
                       claim.expected ? " (expected here)" : "");
}

std::string counts_text(const Counts& counts) {
    return fmt::format("{} equivalent, {} different, {} inconclusive, {} missing", counts.equivalent,
                       counts.different, counts.inconclusive, counts.missing);
}

std::string protocol_text(const CheckResult& result) {
    if (result.protocol == suite::plan::as_run) {
        return "";
    }
    if (result.cells_as_run == 0) {
        return fmt::format(" Protocol {}; no cell is as run.", result.protocol);
    }
    return fmt::format(
        " Protocol {}: in {} of {} cells it coincides with as-run here, and they share the runs.",
        result.protocol, result.cells_as_run, result.cells.size());
}

std::string limits_text(const CheckResult& result) {
    return result.limits.empty()
               ? ""
               : fmt::format(" Limited by hand to {}: such runs try the path and are judged by "
                             "no reference.",
                             result.limits);
}

std::string comparison_text(const CheckResult& result) {
    if (result.is_scaling) {
        return "Efficiency compared with the published shape at equal world size, as good or better within "
               "the margin "
               "on the 95 % confidence bound; absolute throughput is compared with nothing.";
    }
    if (!result.compares_with_baseline) {
        return "Compared with the published numbers." + protocol_text(result) + limits_text(result);
    }
    const std::string beside =
        " The published numbers stand beside: they are of another scale, never compared with these.";
    return (result.baseline_origin.empty()
                ? fmt::format("No baseline of profile {} is recorded: nothing to compare with.",
                              result.profile)
                : fmt::format("Compared with the {}.", result.baseline_origin)) +
           beside + protocol_text(result) + limits_text(result);
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
}

std::string left(std::string_view text, std::size_t columns) {
    const std::size_t used = columns_of(text);
    return std::string(text) + std::string(columns > used ? columns - used : 0, ' ');
}

std::string right(std::string_view text, std::size_t columns) {
    const std::size_t used = columns_of(text);
    return std::string(columns > used ? columns - used : 0, ' ') + std::string(text);
}

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
    std::string lines;
    std::size_t used = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t width = columns_of(word);
        if (used > 0 && used + 1 + width > columns) {
            lines += "\n" + std::string(indent, ' ');
            used = indent;
        } else if (used > 0) {
            lines += ' ';
            ++used;
        }
        lines += word;
        used += width;
    }
    return lines;
}

std::vector<Group> groups_by_target(const std::vector<CellResult>& cells) {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i == 0 || cells[i].cell.target != cells[i - 1].cell.target) {
            groups.push_back({.begin = i, .end = i});
        }
        groups.back().end = i + 1;
    }
    return groups;
}

namespace {

std::vector<std::string> split(const std::string& text, char mark) {
    std::vector<std::string> parts(1);
    for (const char character : text) {
        if (character == mark) {
            parts.emplace_back();
        } else {
            parts.back() += character;
        }
    }
    return parts;
}

std::string stand_in_text(const std::string& published, const std::string& used) {
    return fmt::format("{} → {}", published, used);
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

/// A superset whose members all have their own line says nothing new.
bool is_covered(const suite::plan::StandIn& entry, const std::vector<std::string>& list) {
    const std::vector<std::string> published = split(entry.published, '+');
    const std::vector<std::string> used = split(entry.used, '+');
    bool covered = published.size() > 1 && published.size() == used.size();
    for (std::size_t i = 0; covered && i < published.size(); ++i) {
        covered = contains(list, stand_in_text(published[i], used[i]));
    }
    return covered;
}

} // namespace

std::vector<std::string> stand_ins_of(const std::vector<CellResult>& cells) {
    std::vector<std::string> list;
    std::vector<suite::plan::StandIn> supersets;
    for (const CellResult& cell : cells) {
        for (const suite::plan::StandIn& entry : cell.stand_ins) {
            const std::string text = stand_in_text(entry.published, entry.used);
            if (entry.published.find('+') != std::string::npos) {
                supersets.push_back(entry);
            } else if (!contains(list, text)) {
                list.push_back(text);
            }
        }
    }
    for (const suite::plan::StandIn& entry : supersets) {
        const std::string text = stand_in_text(entry.published, entry.used);
        if (!is_covered(entry, list) && !contains(list, text)) {
            list.push_back(text);
        }
    }
    return list;
}

} // namespace reports
