// A study on one page, and as a badge: what its published numbers show under audit, and what of it was run
// here at which scale. Everything is computed from an audit and a store.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reports/audit/audit.hpp"
#include "reports/check/result.hpp"

namespace reports {

/// The profile at the scale of the publication.
inline constexpr std::string_view paper_profile = "paper";

/// What a store holds of a study at one profile. A run, cell or claim that several workloads share counts
/// once.
struct ProfileStanding {
    std::string profile;
    std::string title;
    std::size_t planned = 0;  ///< runs
    std::size_t finished = 0; ///< of them
    ComparedWith compared_with = ComparedWith::published;
    Counts cells;
    ClaimCounts claims;
    std::string conditional_on; ///< pre-training runs per source; "" where nothing is pre-trained
};

struct StudyCard {
    std::string study; ///< "cherti2021"
    std::string paper;
    AuditSummary summary;
    std::vector<BoldRow> contradicted; ///< marks that their numbers contradict
    std::vector<AuditedClaim> claims;
    std::vector<ProfileStanding> profiles;
};

/// The papers of the catalogue's workloads, in the order of lists.
[[nodiscard]] std::vector<std::string> papers_of(const suite::plan::Catalog& catalog);

/// A paper's short name: its first author's surname and its year, "cherti2021" of "Cherti & Jitsev 2021,
/// arXiv 2106.00116".
[[nodiscard]] std::string study_id(const std::string& paper);

/// `results`: all workloads of the study at one profile.
[[nodiscard]] ProfileStanding standing_of(const std::vector<CheckResult>& results);

/// Of an audit of several studies the part of this one.
[[nodiscard]] StudyCard make_card(const std::string& paper, const Audit& audit,
                                  std::vector<ProfileStanding> profiles);

/// "75 claims: 47 robust, 6 fragile, 22 not supported".
[[nodiscard]] std::string claims_text(const StudyCard& card);
/// "paper scale: not yet run", "paper scale: 12 of 1724 runs finished", "paper scale: all 1724 runs
/// finished".
[[nodiscard]] std::string paper_scale_text(const StudyCard& card);

[[nodiscard]] std::string to_html(const StudyCard& card);
[[nodiscard]] std::string to_markdown(const StudyCard& card);
/// A badge of 20 pixels' height: study, claims_text and paper_scale_text, also as its title.
[[nodiscard]] std::string to_badge(const StudyCard& card);

/// card-STUDY.html, card-STUDY.md and badge-STUDY.svg in `folder`.
[[nodiscard]] std::vector<std::filesystem::path> card_paths(const StudyCard& card,
                                                            const std::filesystem::path& folder);
/// Writes them, each by rename; makes the folder when absent. Throws Error(environment).
void write_card(const StudyCard& card, const std::filesystem::path& folder);

} // namespace reports
