// The test set as a sample: how far each cell's mean would move with another test set of the same size, and
// whether a claim would come out the same there. Private to reports.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metrics/sample.hpp"
#include "metrics/test_set.hpp"
#include "reports/check/claims.hpp"
#include "reports/check/records.hpp"
#include "reports/check/result.hpp"

namespace reports {

/// What a cell's trainings, averaged image by image, did on the test set. Without images where a run has no
/// outcomes of its test images (records of earlier versions whose predictions were too many to keep), or
/// where its runs were scored on different test sets. Of a cell made smaller by hand, too.
[[nodiscard]] metrics::CellOutcomes outcomes_of(const CellResult& cell, Records& records);

/// Of our mean: of the images that its outcomes hold.
[[nodiscard]] TestSetSide test_set_of(const metrics::CellOutcomes& outcomes);
/// Of a published mean: the images that the study tests on, and the binomial standard error of a single
/// training's accuracy on as many; none for other metrics, whose outcomes an image nobody published.
[[nodiscard]] TestSetSide published_test_set(const std::optional<ReferenceSide>& published,
                                             const std::string& metric, std::size_t test_images);

/// A cell of a claim.
struct CellOnImages {
    const metrics::CellOutcomes* outcomes = nullptr; ///< null or without images: not known
    metrics::Sample sample{};                        ///< of the seeds: sizes in sds are of these
};
using OutcomesOf = std::function<CellOnImages(const suite::plan::CellId& cell)>;

/// Tests every term over the images of its cells' test set and combines them by the claim's rule, as the
/// tests over seeds do (metrics::combine_terms). Margins and sizes in sds shift the tested difference.
[[nodiscard]] TestSetClaim judge_over_images(const suite::plan::ClaimSpec& claim,
                                             const std::vector<ClaimPair>& pairs,
                                             const OutcomesOf& outcomes_of);

/// "1.92", "—" where it is not known.
[[nodiscard]] std::string test_set_text(const TestSetSide& side);
/// Heads a column of them; what it says, for a legend.
inline constexpr std::string_view test_set_heading = "test s.e.";
inline constexpr std::string_view test_set_meaning = "test s.e.: standard error of our mean, in points, "
                                                     "if another test set of the same size had been drawn; "
                                                     "behind ± stands the standard deviation over the seeds";
/// "holds", "fails", "cannot be told", "not known".
[[nodiscard]] std::string_view verdict_word(TestSetVerdict verdict);
/// One sentence for a report: "On another test set: holds (p = 0.003)."
[[nodiscard]] std::string test_set_sentence(const TestSetClaim& claim);

} // namespace reports
