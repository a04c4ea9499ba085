#include "suite/base/metric_kinds.hpp"

#include <algorithm>

namespace suite {
namespace {

constexpr MetricKind kinds[] = {
    {.id = top1_metric,
     .title = "top-1 accuracy",
     .unit = "%",
     .split = "test",
     .higher_is_better = true,
     .scored_on = ScoredOn::classes,
     .share = SampleShare::counts},
    {.id = mean_auc_metric,
     .title = "mean AUC",
     .unit = "%",
     .split = "test",
     .higher_is_better = true,
     .scored_on = ScoredOn::labels,
     .share = SampleShare::influence},
    {.id = efficiency_metric,
     .title = "scaling efficiency",
     .unit = "%",
     .split = "",
     .higher_is_better = true,
     .scored_on = ScoredOn::times,
     .share = SampleShare::none},
    {.id = throughput_metric,
     .title = "images per second",
     .unit = "img/s",
     .split = "train",
     .higher_is_better = true,
     .scored_on = ScoredOn::times,
     .share = SampleShare::none},
};

} // namespace

std::span<const MetricKind> metric_kinds() noexcept {
    return kinds;
}

const MetricKind* find_metric(std::string_view id) noexcept {
    const auto found = std::find_if(std::begin(kinds), std::end(kinds),
                                    [id](const MetricKind& kind) { return kind.id == id; });
    return found == std::end(kinds) ? nullptr : found;
}

bool counts_samples(std::string_view id) noexcept {
    const MetricKind* kind = find_metric(id);
    return kind != nullptr && kind->share == SampleShare::counts;
}

std::vector<std::string> scored_metric_ids() {
    std::vector<std::string> ids;
    for (const MetricKind& kind : kinds) {
        if (kind.split == "test") {
            ids.emplace_back(kind.id);
        }
    }
    return ids;
}

std::string metric_heading(std::string_view id) {
    const MetricKind* kind = find_metric(id);
    return kind == nullptr ? std::string(id) : std::string(kind->title) + ", " + std::string(kind->unit);
}

} // namespace suite
