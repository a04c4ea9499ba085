#include "suite/app/weights_folder.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/hash.hpp"
#include "suite/data/formats/npz.hpp"
#include "suite/plan/network/cost.hpp"

namespace suite::app {
namespace {

namespace fs = std::filesystem;

std::size_t declared_values(const plan::Catalog& catalog, const plan::WeightsSpec& weights) {
    const auto classes = static_cast<std::size_t>(weights.classes);
    return static_cast<std::size_t>(
        plan::parameter_count(plan::find(catalog.networks, weights.network, "network"), classes));
}

/// A look at the directory and headers: which keys are wrong is the worker's business, which knows the
/// network.
void check_archive(const fs::path& path, std::size_t values, const plan::WeightsSpec& weights,
                   FaultList& faults) {
    std::size_t found = 0;
    try {
        const data::NpzFile file(path, ErrorKind::weights, faults);
        for (const data::NpzEntry& entry : file.entries()) {
            std::size_t elements = entry.header ? 1 : 0;
            for (const std::size_t extent : entry.header ? entry.header->shape : std::vector<std::size_t>{}) {
                elements *= extent;
            }
            found += elements;
        }
    } catch (const Error& error) {
        for (const Fault& fault : error.faults()) {
            faults.add(fault);
        }
        return;
    }
    if (found != values) {
        faults.add(
            {.where = path.string(),
             .found = fmt::format("{} values", found),
             .expected = fmt::format("{} of {} with {} outputs", values, weights.network, weights.classes),
             .fix = "fetch it again from " + weights.obtain});
    }
}

Fault missing_file(const plan::Catalog& catalog, const plan::WeightsSpec& weights, const fs::path& folder) {
    return {.where = (folder / weights.file).string(),
            .found = "no such file",
            .expected = fmt::format("official weights of {} trained on {}, {:.0f} MB", weights.network,
                                    weights.data_set, weights_bytes(catalog, weights) / 1e6),
            .fix = fmt::format("fetch {}, or choose other cells with --cell", weights.obtain)};
}

std::vector<const plan::WeightsSpec*> wanted_by(const plan::Catalog& catalog,
                                                const std::vector<plan::Plan>& plans) {
    std::vector<const plan::WeightsSpec*> wanted;
    for (const plan::Plan& plan : plans) {
        for (const plan::WeightsSpec* weights : plan::replacing_weights(catalog, plan)) {
            if (std::find(wanted.begin(), wanted.end(), weights) == wanted.end()) {
                wanted.push_back(weights);
            }
        }
    }
    return wanted;
}

[[noreturn]] void throw_no_use(const plan::Catalog& catalog, const fs::path& folder) {
    std::vector<std::string> files;
    for (const auto& [id, weights] : catalog.weights) {
        files.push_back(weights.file);
    }
    throw Error(ErrorKind::usage,
                Fault{.where = "--weights " + folder.string(),
                      .found = "no pre-training run that declared weights can replace",
                      .expected = fmt::format("a network and source of {}", fmt::join(files, ", ")),
                      .fix = "leave the option out, or use --profile paper"});
}

} // namespace

fs::path find_weights(const plan::WeightsSpec& weights, const fs::path& folder) {
    std::error_code ignored;
    const fs::path path = folder / weights.file;
    return fs::is_regular_file(path, ignored) ? fs::absolute(path) : fs::path();
}

double weights_bytes(const plan::Catalog& catalog, const plan::WeightsSpec& weights) {
    return static_cast<double>(declared_values(catalog, weights) * sizeof(float));
}

std::map<std::string, plan::WeightsFile> weights_of_folder(const plan::Catalog& catalog,
                                                           const std::vector<plan::Plan>& plans,
                                                           const fs::path& folder, Missing missing) {
    const std::vector<const plan::WeightsSpec*> wanted = wanted_by(catalog, plans);
    if (wanted.empty()) {
        throw_no_use(catalog, folder);
    }
    std::error_code ignored;
    if (missing == Missing::fault && !fs::is_directory(folder, ignored)) { // one fault, not one a file
        throw Error(ErrorKind::weights, Fault{.where = folder.string(),
                                              .found = "no such folder",
                                              .expected = "a folder of official weights",
                                              .fix = "check the path after --weights"});
    }
    std::map<std::string, plan::WeightsFile> files;
    FaultList faults;
    for (const plan::WeightsSpec* weights : wanted) {
        const fs::path path = find_weights(*weights, folder);
        if (!path.empty()) {
            check_archive(path, declared_values(catalog, *weights), *weights, faults);
            files[weights->id].path = path.string();
        } else if (missing == Missing::fault) {
            faults.add(missing_file(catalog, *weights, folder));
        }
    }
    faults.throw_if_any(ErrorKind::weights);
    for (auto& [id, file] : files) {
        file.sha256 = sha256_hex_of_file(file.path);
    }
    return files;
}

} // namespace suite::app
