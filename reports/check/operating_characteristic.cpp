#include "reports/check/operating_characteristic.hpp"

#include <array>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "metrics/margin.hpp"
#include "reports/check/claims.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::SimulatedCell;

constexpr std::array sds_shown{0.0, 1.0, 2.0, 3.0};
constexpr std::array margins_shown{0.0, 0.5, 1.0, 1.5, 2.0};
constexpr std::uint64_t seed = 13; // any; fixed, so that documents do not change by themselves

/// The cells of one workload as the simulation needs them.
class Cells {
public:
    Cells(const plan::Plan& plan, const plan::References& references, OperatingCharacteristic& known)
        : plan_(plan), references_(references), known_(known) {
        for (const plan::PlannedCell& cell : plan.cells) {
            if (const plan::Reference* judging = references.judging(cell.text)) {
                samples_[cell.margin_group].push_back(sample_of(*judging));
            }
        }
    }

    std::vector<SimulatedCell> list() {
        std::vector<SimulatedCell> cells;
        for (const plan::PlannedCell& planned : plan_.cells) {
            const plan::Reference* judging = references_.judging(planned.text);
            const std::string reason = obstacle(planned, judging);
            if (reason.empty()) {
                cells.push_back(simulated(planned, *judging));
            } else {
                known_.left_out.push_back({planned.text, reason});
            }
        }
        return cells;
    }

private:
    [[nodiscard]] double sd_of(const plan::PlannedCell& planned) const {
        return metrics::pooled_sd(samples_.at(planned.margin_group)).value_or(0.0);
    }

    [[nodiscard]] std::string obstacle(const plan::PlannedCell& planned,
                                       const plan::Reference* judging) const {
        if (judging == nullptr) {
            return "no reference";
        }
        if (sample_of(*judging).n < 2 || planned.runs.size() < 2) {
            return "fewer than two values on a side";
        }
        return sd_of(planned) > 0.0 ? "" : "its references show no spread";
    }

    SimulatedCell simulated(const plan::PlannedCell& planned, const plan::Reference& judging) {
        const metrics::Sample sample = sample_of(judging);
        SimulatedCell cell{
            .mean = sample.mean,
            .sd = sd_of(planned),
            .seeds = planned.runs.size(),
            .reference_seeds = sample.n,
            .margin = {.points = planned.margin, .sds = planned.margin_sds, .cap = planned.margin_cap},
            .group = groups_.try_emplace(planned.margin_group, groups_.size()).first->second,
            .chance = planned.chance};
        if (const double half_width = judging.rounding_half_width(); half_width > 0.0) {
            cell.printed_decimals = static_cast<int>(std::lround(-std::log10(2.0 * half_width)));
        }
        return cell;
    }

    const plan::Plan& plan_;
    const plan::References& references_;
    OperatingCharacteristic& known_;
    std::map<std::string, std::vector<metrics::Sample>> samples_; ///< references by margin group
    std::map<std::string, std::size_t> groups_;
};

std::string percent(const metrics::Rate& rate) {
    const double share = 100.0 * rate.share;
    if (share > 0.0 && share < 0.05) {
        return "< 0.1 %";
    }
    return share > 0.0 && share < 0.95 ? fmt::format("{:.1f} %", share) : fmt::format("{:.0f} %", share);
}

std::string points_text(const std::vector<OperatingPoint>& points, std::string_view unit) {
    std::string text = fmt::format("  {:<28}{:>11}{:>11}{:>13}{:>17}\n", "all cells truly off by",
                                   "equivalent", "different", "inconclusive", "size unresolved");
    for (const OperatingPoint& point : points) {
        text += fmt::format("  {:<28}{:>11}{:>11}{:>13}{:>17}\n",
                            fmt::format("{:g} {}{}", point.offset, unit, point.offset == 1.0 ? "" : "s"),
                            percent(point.rates.equivalent), percent(point.rates.different),
                            percent(point.rates.inconclusive), percent(point.rates.unresolved));
    }
    return text;
}

std::string left_out_text(const OperatingCharacteristic& known) {
    std::map<std::string, std::size_t> counts;
    for (const UnsimulatedCell& cell : known.left_out) {
        ++counts[cell.reason];
    }
    std::string text;
    for (const auto& [reason, count] : counts) {
        text += fmt::format("  not simulated: {} cells ({})\n", count, reason);
    }
    return text;
}

std::string shares_text(const std::vector<OperatingPoint>& points, metrics::Rate metrics::StudyRates::*rate) {
    std::vector<std::string> shares;
    for (const OperatingPoint& point : points) {
        shares.push_back(fmt::format("{:.0f}", 100.0 * (point.rates.*rate).share));
    }
    return fmt::format("{} %", fmt::join(shares, " / "));
}

nlohmann::ordered_json points_json(const std::vector<OperatingPoint>& points) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const OperatingPoint& point : points) {
        list.push_back({{"offset", point.offset},
                        {"equivalent", point.rates.equivalent.share},
                        {"different", point.rates.different.share},
                        {"inconclusive", point.rates.inconclusive.share},
                        {"size_unresolved", point.rates.unresolved.share}});
    }
    return list;
}

} // namespace

const metrics::Rate& false_alarm(const OperatingCharacteristic& known) {
    static const metrics::Rate none;
    return known.by_sds.empty() ? none : known.by_sds.front().rates.any_false_different;
}

OperatingCharacteristic operating_characteristic(const plan::Plan& plan, const plan::References& references,
                                                 std::uint64_t studies, unsigned threads) {
    OperatingCharacteristic known{
        .workload = plan.workload, .profile = plan.profile, .left_out = {}, .reason = {}, .studies = studies};
    if (!plan.cells.empty() && plan.cells.front().metric == suite::efficiency_metric) {
        known.reason = "its cells are efficiencies, judged by their confidence bounds";
        return known;
    }
    const std::vector<SimulatedCell> cells = Cells(plan, references, known).list();
    known.cells = cells.size();
    if (cells.empty()) {
        known.reason = "no cell has a reference with a spread";
        return known;
    }
    const std::vector<double> margins = metrics::true_margins(cells);
    const auto point = [&](double offset, const auto& unit_of) {
        metrics::SimulatedStudy study{.cells = cells};
        for (std::size_t i = 0; i < cells.size(); ++i) {
            study.cells[i].offset = offset * unit_of(i);
        }
        return OperatingPoint{offset,
                              simulate(study, {}, {.studies = studies, .seed = seed, .threads = threads})};
    };
    for (const double offset : sds_shown) {
        known.by_sds.push_back(point(offset, [&](std::size_t i) { return cells[i].sd; }));
    }
    known.by_margins.push_back(known.by_sds.front()); // no offset is none in every unit
    for (const double offset : std::span(margins_shown).subspan(1)) {
        known.by_margins.push_back(point(offset, [&](std::size_t i) { return margins[i]; }));
    }
    return known;
}

std::string operating_text(const OperatingCharacteristic& known) {
    std::string text =
        fmt::format("{} at profile {}: what verdicts on its cells can show\n", known.workload, known.profile);
    if (!known.reason.empty()) {
        return text + fmt::format("  not simulated: {}\n", known.reason);
    }
    text += fmt::format(
        "  {} cells, {} made-up studies with the sds, seeds, margins and rules of this workload\n",
        known.cells, known.studies);
    text += points_text(known.by_sds, "sd") + points_text(known.by_margins, "margin");
    text += fmt::format(
        "  a perfect reproduction has at least one cell called different with probability {}\n"
        "  simulated without variance between pre-training runs and without pairs of shared seeds\n",
        percent(false_alarm(known)));
    return text + left_out_text(known);
}

std::string operating_markdown(std::span<const OperatingCharacteristic> all) {
    std::string text =
        "| workload | cells | equivalent at 0 / 1 / 2 / 3 sds | different at 0 / 1 / 2 / 3 sds | "
        "equivalent at 0 / 0.5 / 1 / 1.5 / 2 margins | different at 0 / 0.5 / 1 / 1.5 / 2 margins "
        "| any false alarm |\n|---|--:|--:|--:|--:|--:|--:|\n";
    for (const OperatingCharacteristic& known : all) {
        if (known.reason.empty()) {
            text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", known.workload, known.cells,
                                shares_text(known.by_sds, &metrics::StudyRates::equivalent),
                                shares_text(known.by_sds, &metrics::StudyRates::different),
                                shares_text(known.by_margins, &metrics::StudyRates::equivalent),
                                shares_text(known.by_margins, &metrics::StudyRates::different),
                                percent(false_alarm(known)));
        }
    }
    return text;
}

nlohmann::ordered_json to_json(const OperatingCharacteristic& known) {
    nlohmann::ordered_json left_out = nlohmann::ordered_json::array();
    for (const UnsimulatedCell& cell : known.left_out) {
        left_out.push_back({{"cell", cell.cell}, {"reason", cell.reason}});
    }
    const bool is_known = known.reason.empty();
    return {{"cells", known.cells},
            {"studies", known.studies},
            {"reason", known.reason},
            {"left_out", std::move(left_out)},
            {"by_sds", points_json(known.by_sds)},
            {"by_margins", points_json(known.by_margins)},
            {"any_false_different",
             is_known ? nlohmann::ordered_json(false_alarm(known).share) : nlohmann::ordered_json()}};
}

} // namespace reports
