#include <algorithm>
#include <set>
#include <tuple>

#include "metrics/adjust.hpp"
#include "metrics/t_tests.hpp"
#include "reports/audit/parts.hpp"
#include "reports/check/claims.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

/// One source's raw seeds on a target, network and shots.
struct RawCell {
    plan::CellId cell;
    const plan::Reference* reference = nullptr;
};

using Place = std::tuple<std::string, std::string, std::string>; ///< target, model, shots

/// Collects every raw cell once, whatever words the tables use for its source.
class RawCells {
public:
    void add(const plan::WorkloadSpec& workload, const std::map<std::string, plan::Reference>& cells) {
        for (const auto& [id, reference] : cells) {
            const plan::CellId cell = plan::cell_of(workload.axes, id);
            const Place place{cell.target(), cell.model(), std::string(cell.shots_text())};
            if (reference.values.empty() || !seen_.emplace(place, reference.raw_source).second) {
                continue;
            }
            if (!groups_.contains(place)) {
                order_.push_back(place);
            }
            groups_[place].push_back({.cell = cell, .reference = &reference});
        }
    }
    template<typename Visit>
    void for_each_pair(const Visit& visit) const {
        for (const Place& place : order_) {
            const std::vector<RawCell>& cells = groups_.at(place);
            for (std::size_t i = 0; i < cells.size(); ++i) {
                for (std::size_t j = i + 1; j < cells.size(); ++j) {
                    visit(cells[i], cells[j]);
                }
            }
        }
    }

private:
    std::set<std::pair<Place, std::string>> seen_;
    std::map<Place, std::vector<RawCell>> groups_;
    std::vector<Place> order_;
};

Contrast contrast_between(const RawCell& a, const RawCell& b) {
    return {.target = a.cell.target(),
            .model = a.cell.model(),
            .shots = std::string(a.cell.shots_text()),
            .metric = a.reference->metric,
            .a = a.cell.source(),
            .b = b.cell.source(),
            .a_raw = a.reference->raw_source,
            .b_raw = b.reference->raw_source,
            .t = {},
            .df = {},
            .p = {},
            .p_adjusted = {},
            .reason = {}};
}

void take(Contrast& contrast, const metrics::TTest& test) {
    contrast.difference = test.difference;
    contrast.t = test.t;
    contrast.df = test.df;
    contrast.p = test.p;
}

bool varies(const metrics::Sample& sample) {
    return sample.sd && *sample.sd > 0.0;
}

Contrast welch_contrast(const RawCell& a, const RawCell& b) {
    Contrast contrast = contrast_between(a, b);
    const metrics::Sample x = sample_of(*a.reference);
    const metrics::Sample y = sample_of(*b.reference);
    contrast.n_a = x.n;
    contrast.n_b = y.n;
    contrast.difference = x.mean - y.mean;
    if (std::min(x.n, y.n) < 2) {
        contrast.reason = "fewer than two seeds on a side";
    } else if (!varies(x) && !varies(y)) {
        contrast.reason = "zero variance on both sides: no t test exists";
    } else {
        take(contrast, metrics::welch(x, y));
    }
    return contrast;
}

Contrast paired_contrast(const RawCell& a, const RawCell& b) {
    Contrast contrast = contrast_between(a, b);
    contrast.is_paired = true;
    std::vector<double> x;
    std::vector<double> y;
    for (const plan::SeedValue& left : a.reference->values) {
        for (const plan::SeedValue& right : b.reference->values) {
            if (left.seed == right.seed) {
                x.push_back(left.value);
                y.push_back(right.value);
            }
        }
    }
    contrast.n_a = contrast.n_b = x.size();
    contrast.difference = metrics::make_sample(x).mean - metrics::make_sample(y).mean;
    contrast.reason = why_paired;
    if (x.size() < 2) {
        contrast.reason = "fewer than two seeds on both sides";
    } else if (metrics::pairs_are_constant(x, y)) {
        contrast.reason = "the differences have no variance: no t test exists";
    } else {
        take(contrast, metrics::paired(x, y));
    }
    return contrast;
}

void correct(std::vector<Contrast>& contrasts, bool is_paired) {
    std::vector<Contrast*> family;
    std::vector<double> p_values;
    for (Contrast& contrast : contrasts) {
        if (contrast.is_paired == is_paired && contrast.p) {
            family.push_back(&contrast);
            p_values.push_back(*contrast.p);
        }
    }
    if (family.empty()) {
        return;
    }
    const std::vector<double> adjusted = metrics::benjamini_hochberg(p_values);
    for (std::size_t i = 0; i < family.size(); ++i) {
        family[i]->p_adjusted = adjusted[i];
    }
}

} // namespace

std::vector<Contrast> contrasts_of(const std::vector<AuditedReferences>& audited) {
    RawCells cells;
    for (const AuditedReferences& entry : audited) {
        cells.add(*entry.workload, entry.references.published);
        cells.add(*entry.workload, entry.references.unshown);
    }
    std::vector<Contrast> contrasts;
    cells.for_each_pair([&contrasts](const RawCell& a, const RawCell& b) {
        contrasts.push_back(welch_contrast(a, b));
        if (!a.cell.is_full_shot()) {
            contrasts.push_back(paired_contrast(a, b));
        }
    });
    correct(contrasts, false);
    correct(contrasts, true);
    return contrasts;
}

} // namespace reports
