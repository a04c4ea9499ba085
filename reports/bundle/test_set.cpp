#include "reports/bundle/test_set.hpp"

#include <limits>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

namespace reports::bundle {
namespace {

using suite::store::Field;
using suite::store::Table;
using suite::store::TestOutcomes;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

struct TestSetRow {
    std::string id;
    std::int64_t images = 0;
    double se = no_value;
    std::int64_t published_images = 0;
    double published_se = no_value;
};

struct TestSetTermRow {
    std::string claim;
    std::string verdict; ///< of the claim
    double claim_p = no_value;
    double claim_p_against = no_value;
    std::string term;
    double difference = no_value;
    double standard_error = no_value;
    double p = no_value;
    double p_against = no_value;
    std::string reason;
};

const std::tuple outcome_fields{Field{"run", &OutcomeRow::run}, Field{"metric", &OutcomeRow::metric},
                                Field{"test_set", &OutcomeRow::test_set},
                                Field{"images", &OutcomeRow::images, "1"}};
const std::tuple test_set_fields{Field{"id", &TestSetRow::id}, Field{"test_images", &TestSetRow::images, "1"},
                                 Field{"test_set_se", &TestSetRow::se, "points"},
                                 Field{"published_test_images", &TestSetRow::published_images, "1"},
                                 Field{"published_test_set_se", &TestSetRow::published_se, "points"}};
const std::tuple term_fields{Field{"claim", &TestSetTermRow::claim},
                             Field{"verdict", &TestSetTermRow::verdict},
                             Field{"claim_p", &TestSetTermRow::claim_p, "1"},
                             Field{"claim_p_against", &TestSetTermRow::claim_p_against, "1"},
                             Field{"term", &TestSetTermRow::term},
                             Field{"difference", &TestSetTermRow::difference, "points"},
                             Field{"standard_error", &TestSetTermRow::standard_error, "points"},
                             Field{"p", &TestSetTermRow::p, "1"},
                             Field{"p_against", &TestSetTermRow::p_against, "1"},
                             Field{"reason", &TestSetTermRow::reason}};

std::int64_t integer(std::size_t value) {
    return static_cast<std::int64_t>(value);
}

TestSetRow row_of(const CellResult& cell) {
    return {.id = cell.id,
            .images = integer(cell.test_set.images),
            .se = cell.test_set.se.value_or(no_value),
            .published_images = integer(cell.published_test_set.images),
            .published_se = cell.published_test_set.se.value_or(no_value)};
}

TestSetTermRow row_of(const ClaimResult& claim, const TestSetTerm& term) {
    return {.claim = claim.id,
            .verdict = std::string(to_string(claim.test_set.verdict)),
            .claim_p = claim.test_set.p.value_or(no_value),
            .claim_p_against = claim.test_set.p_against.value_or(no_value),
            .term = term.label,
            .difference = term.difference.value_or(no_value),
            .standard_error = term.standard_error.value_or(no_value),
            .p = term.p.value_or(no_value),
            .p_against = term.p_against.value_or(no_value),
            .reason = term.reason};
}

} // namespace

void OutcomeTables::add(std::int64_t run, const TestOutcomes& outcomes) {
    rows_.push_back({.run = run,
                     .metric = outcomes.metric,
                     .test_set = outcomes.test_set,
                     .images = integer(outcomes.values.size())});
    values_.insert(values_.end(), outcomes.values.begin(), outcomes.values.end());
}

void OutcomeTables::write(const std::string& group, suite::store::BundleContent& content) const {
    content.tables.emplace_back(group + "/outcomes",
                                suite::store::to_table(std::span<const OutcomeRow>(rows_), outcome_fields));
    content.arrays.emplace_back(group + "/outcome_values", values_);
}

std::map<std::int64_t, TestOutcomes> OutcomeTables::read(const suite::store::BundleFile& file,
                                                         const std::string& group) {
    std::map<std::int64_t, TestOutcomes> outcomes;
    if (!file.has(group + "/outcomes")) {
        return outcomes;
    }
    const Table columns = suite::store::to_table(std::span<const OutcomeRow>(), outcome_fields);
    const std::vector<float> values = file.array(group + "/outcome_values");
    std::span<const float> rest(values);
    for (OutcomeRow& row :
         suite::store::from_table<OutcomeRow>(file.table(group + "/outcomes", columns), outcome_fields)) {
        if (row.images < 0 || static_cast<std::size_t>(row.images) > rest.size()) {
            throw std::invalid_argument(
                fmt::format("outcomes of {} images where {} values are left", row.images, rest.size()));
        }
        const auto own = rest.first(static_cast<std::size_t>(row.images));
        rest = rest.subspan(own.size());
        outcomes[row.run] = {.metric = std::move(row.metric),
                             .test_set = std::move(row.test_set),
                             .values = {own.begin(), own.end()}};
    }
    if (!rest.empty()) {
        throw std::invalid_argument(fmt::format("{} values of no row of outcomes", rest.size()));
    }
    return outcomes;
}

std::vector<std::pair<std::string, Table>> test_set_tables(const CheckResult& result) {
    std::vector<TestSetRow> cells;
    for (const CellResult& cell : result.cells) {
        cells.push_back(row_of(cell));
    }
    std::vector<TestSetTermRow> terms;
    for (const ClaimResult& claim : result.claims) {
        for (const TestSetTerm& term : claim.test_set.terms) {
            terms.push_back(row_of(claim, term));
        }
    }
    return {{"/test_sets", suite::store::to_table(std::span<const TestSetRow>(cells), test_set_fields)},
            {"/test_set_terms", suite::store::to_table(std::span<const TestSetTermRow>(terms), term_fields)}};
}

} // namespace reports::bundle
