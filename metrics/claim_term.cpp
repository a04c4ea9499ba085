#include "metrics/claim_term.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "metrics/effect_size.hpp"

namespace metrics {

namespace {

bool present(const ClaimCell& cell) {
    return cell.sample.n > 0;
}
bool constant(const Sample& sample) {
    return moments_of(sample, sample.mean).variance == 0;
}

ClaimCell without_seed(ClaimCell cell, std::uint64_t seed) {
    cell.seeds = seeds_of(cell);
    const auto found = std::find(cell.seeds.begin(), cell.seeds.end(), seed);
    if (found == cell.seeds.end())
        return cell;
    std::vector<double> values = cell.sample.values;
    values.erase(values.begin() + (found - cell.seeds.begin()));
    cell.seeds.erase(found);
    cell.sample = make_sample(values);
    return cell;
}

/// How one left-hand cell stands.
struct CellTestResult {
    double difference = 0;
    double effect = 0;
    double p_favour = 1;
    double p_against = 1;
    std::string test{};
};

class TermTest {
public:
    TermTest(const ClaimTerm& term, const ClaimChoices& choices)
        : term_(term),
          choices_(choices),
          // Two values a cell are enough to see whether a verdict hangs on one seed.
          min_values_(choices.left_out ? claim_min_values - 1 : claim_min_values) {
        if (choices.left_out) {
            for (ClaimCell& cell : term_.a)
                cell = without_seed(std::move(cell), *choices.left_out);
            term_.b = without_seed(std::move(term_.b), *choices.left_out);
        }
    }

    TermResult result() const {
        TermResult result{.verdict = ClaimVerdict::inconclusive};
        if (std::string reason = missing_cells(); !reason.empty())
            return {.verdict = ClaimVerdict::missing, .reason = std::move(reason)};
        result.difference =
            best_cell(term_)->sample.mean - (has_bound(term_) ? term_.bound : term_.b.sample.mean);
        result.reason = untestable();
        if (!result.reason.empty())
            return result;
        std::vector<CellTestResult> cells;
        for (const ClaimCell& cell : term_.a)
            if (is_testable(cell))
                cells.push_back(test(cell));
        combine(cells, result);
        if (is_too_small_to_count(result))
            result.p_favour = result.p_against = 1.0;
        return result;
    }

private:
    std::string missing_cells() const {
        const bool have_a = !term_.a.empty() && std::all_of(term_.a.begin(), term_.a.end(), present);
        if (has_bound(term_))
            return have_a ? "" : "the cell is missing";
        const bool have_b = present(term_.b);
        return have_a && have_b ? ""
               : have_a         ? "b is missing"
               : have_b         ? "a is missing"
                                : "both cells are missing";
    }

    std::size_t fewest_of_a() const {
        const auto fewest =
            std::min_element(term_.a.begin(), term_.a.end(),
                             [](const auto& x, const auto& y) { return x.sample.n < y.sample.n; });
        return fewest->sample.n;
    }

    /// Why the term has no p at all; "" when it has one.
    std::string untestable() const {
        const std::size_t fewest = fewest_of_a();
        if (has_bound(term_) && fewest < min_values_)
            return fmt::format("n = {}: a claim needs {} values a cell", fewest, min_values_);
        if (!has_bound(term_) && std::min(fewest, term_.b.sample.n) < min_values_)
            return fmt::format("n = {} and {}: a claim needs {} values a cell", fewest, term_.b.sample.n,
                               min_values_);
        if (std::any_of(term_.a.begin(), term_.a.end(),
                        [this](const auto& cell) { return is_testable(cell); }))
            return "";
        return has_bound(term_) ? "zero variance: no t test exists"
                                : "zero variance on both sides: no t test exists";
    }

    bool is_testable(const ClaimCell& cell) const {
        return !constant(cell.sample) || (!has_bound(term_) && !constant(term_.b.sample));
    }

    /// The t test of the difference from b, before any margin.
    TTest difference_test(const ClaimCell& cell, std::string& name) const {
        const auto with_parents = [&](const TTest& test) {
            if (!choices_.rules.counts_parents || !cell.parents)
                return test;
            name += ", variance between pre-training runs added";
            return with_added_variance(test, *cell.parents);
        };
        if (term_.paired_by_seed && choices_.rules.pairs_seeds) {
            const SeedPairs pairs = shared_pairs(cell, term_.b);
            if (pairs.ours.size() >= min_values_ && !pairs_are_constant(pairs.ours, pairs.reference)) {
                name = fmt::format("paired by seed, n = {}", pairs.ours.size());
                return with_parents(paired(pairs.ours, pairs.reference));
            }
        }
        name = choices_.variance == Variance::welch ? "Welch" : "pooled variance";
        return with_parents(choices_.variance == Variance::welch ? welch(cell.sample, term_.b.sample)
                                                                 : pooled(cell.sample, term_.b.sample));
    }

    CellTestResult test_bound(const ClaimCell& cell) const {
        const TTest test = one_sample(cell.sample, term_.bound);
        const bool above = term_.kind == TermKind::above;
        return {.difference = test.difference,
                .effect = above ? test.difference : -test.difference,
                .p_favour = above ? test.p_greater : test.p_less,
                .p_against = above ? test.p_less : test.p_greater,
                .test = "one sample"};
    }

    CellTestResult test_sds(const ClaimCell& cell) const {
        const bool adds = choices_.rules.counts_parents && cell.parents.has_value();
        const EffectTest test = effect_above(cell.sample, term_.b.sample, term_.by_sds,
                                             adds ? cell.parents : std::optional<VarianceComponent>());
        return {.difference = test.difference,
                .effect = test.difference - term_.by_sds * test.sd,
                .p_favour = test.p_above,
                .p_against = test.p_below,
                .test = adds ? "noncentral t, variance between pre-training runs added" : "noncentral t"};
    }

    CellTestResult test(const ClaimCell& cell) const {
        if (has_bound(term_))
            return test_bound(cell);
        if (term_.kind == TermKind::greater && term_.by_sds > 0)
            return test_sds(cell);
        CellTestResult result;
        const TTest test = difference_test(cell, result.test);
        result.difference = test.difference;
        if (term_.kind == TermKind::equivalent) {
            result.effect = term_.margin - std::abs(test.difference);
            result.p_favour = p_within(test, term_.margin);
            result.p_against = p_beyond(test, term_.margin);
            return result;
        }
        const double margin = term_.kind == TermKind::not_worse ? term_.margin : 0.0;
        const TTest against_border = shifted(test, -margin);
        result.effect = test.difference + margin;
        result.p_favour = against_border.p_greater;
        result.p_against = against_border.p_less;
        return result;
    }

    /// One cell above is enough for the maximum to be above, and all must be below for it to be below; cells
    /// that cannot be tested count with p = 1.
    void combine(const std::vector<CellTestResult>& cells, TermResult& result) const {
        const auto count = static_cast<double>(term_.a.size());
        const bool all_tested = cells.size() == term_.a.size();
        const auto any = [&](double CellTestResult::*p) {
            return std::min(1.0, count * (std::ranges::min(cells, {}, p).*p));
        };
        const auto every = [&](double CellTestResult::*p) {
            return all_tested ? std::ranges::max(cells, {}, p).*p : 1.0;
        };
        const bool below = term_.kind == TermKind::below;
        result.p_favour = below ? every(&CellTestResult::p_favour) : any(&CellTestResult::p_favour);
        result.p_against = below ? any(&CellTestResult::p_against) : every(&CellTestResult::p_against);
        const CellTestResult best = std::ranges::max(cells, {}, &CellTestResult::difference);
        result.difference = best.difference;
        result.effect = best.effect;
        result.test = best.test;
        if (!all_tested)
            result.reason = fmt::format("zero variance in {} of {} cells: no t test of them exists",
                                        term_.a.size() - cells.size(), term_.a.size());
    }

    bool is_too_small_to_count(const TermResult& result) const {
        const std::optional<double> one_image = best_cell(term_)->one_image;
        return !choices_.counts_single_images && one_image &&
               std::abs(*result.effect) < images_of_an_effect * *one_image;
    }

    ClaimTerm term_;
    const ClaimChoices& choices_;
    std::size_t min_values_;
};

} // namespace

bool has_bound(const ClaimTerm& term) {
    return term.kind == TermKind::above || term.kind == TermKind::below;
}

const ClaimCell* best_cell(const ClaimTerm& term) {
    const ClaimCell* best = nullptr;
    for (const ClaimCell& cell : term.a)
        if (present(cell) && (best == nullptr || cell.sample.mean > best->sample.mean))
            best = &cell;
    return best;
}

std::vector<std::uint64_t> seeds_of(const ClaimCell& cell) {
    if (!cell.seeds.empty())
        return cell.seeds;
    std::vector<std::uint64_t> positions(cell.sample.values.size());
    std::iota(positions.begin(), positions.end(), std::uint64_t{0});
    return positions;
}

SeedPairs shared_pairs(const ClaimCell& a, const ClaimCell& b) {
    std::map<std::uint64_t, double> values_of_b;
    const std::vector<std::uint64_t> seeds_b = seeds_of(b);
    for (std::size_t i = 0; i < seeds_b.size(); ++i)
        values_of_b[seeds_b[i]] = b.sample.values[i];
    SeedPairs pairs;
    const std::vector<std::uint64_t> seeds_a = seeds_of(a);
    for (std::size_t i = 0; i < seeds_a.size(); ++i)
        if (const auto found = values_of_b.find(seeds_a[i]); found != values_of_b.end()) {
            pairs.ours.push_back(a.sample.values[i]);
            pairs.reference.push_back(found->second);
        }
    return pairs;
}

TermResult test_term(const ClaimTerm& term, const ClaimChoices& choices) {
    return TermTest(term, choices).result();
}

} // namespace metrics
