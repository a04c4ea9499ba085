#include "suite/train/official_weights.hpp"

#include <algorithm>
#include <cassert>
#include <map>

#include <fmt/format.h>

#include "suite/base/names.hpp"

namespace suite::train {
namespace {

std::vector<std::size_t> official_shape(const plan::ParameterSpec& tensor) {
    const std::vector<std::size_t> s(tensor.shape.begin(), tensor.shape.end());
    return s.size() == 4 ? std::vector{s[2], s[3], s[1], s[0]} : s;
}

/// A matrix of blocks that both sides walk through near to each other in memory. visit(ours, official).
template<typename Visit>
void for_each_weight(const plan::ParameterSpec& tensor, const Visit& visit) {
    const auto out = static_cast<std::size_t>(tensor.shape[0]);
    const auto in = static_cast<std::size_t>(tensor.shape[1]);
    const auto area = static_cast<std::size_t>(tensor.shape[2] * tensor.shape[3]);
    constexpr std::size_t block = 16; // floats of a cache line
    for (std::size_t o0 = 0; o0 < out; o0 += block) {
        for (std::size_t i = 0; i < in; ++i) {
            for (std::size_t o = o0; o < std::min(out, o0 + block); ++o) {
                for (std::size_t p = 0; p < area; ++p) {
                    visit((o * in + i) * area + p, (p * in + i) * out + o);
                }
            }
        }
    }
}

std::span<float> values_of(const plan::ParameterSpec& tensor, std::span<float> weights) {
    return weights.subspan(tensor.offset, tensor.elements());
}

/// Nearest names are for slips, not for files of another network: comparing all would take seconds.
std::string nearest(const std::string& key, const std::vector<std::string>& others) {
    constexpr std::size_t few = 64;
    const auto names = others.size() > few ? std::vector<std::string>{} : nearest_names(key, others, 1);
    return names.empty() ? "" : names.front();
}

void add_missing(FaultList& faults, const std::string& where, const OfficialTensor& wanted,
                 const std::string& near) {
    faults.add({where, near.empty() ? "nothing" : fmt::format("nothing (nearest: {})", near),
                "an array of " + data::shape_text(wanted.shape),
                near.empty() ? "name the network that the weights belong to"
                             : "rename that array, or name the network that the weights belong to"});
}

void add_extra(FaultList& faults, const std::string& where, const std::string& near) {
    faults.add({where, "an array for which this network has no parameter",
                near.empty() ? "no array of this name" : "no array of this name (nearest: " + near + ")",
                "name the network that the weights belong to"});
}

void add_misshapen(FaultList& faults, const std::string& where, const std::vector<std::size_t>& found,
                   const OfficialTensor& wanted, bool head) {
    faults.add({where, data::shape_text(found), data::shape_text(wanted.shape),
                head ? fmt::format("give --classes {}, or ask for a new head with weights import --zero-head",
                                   found.empty() ? 0 : found.back())
                     : "name the network that the weights belong to"});
}

} // namespace

std::vector<OfficialTensor> official_tensors(const plan::NetworkLayout& layout) {
    std::vector<OfficialTensor> result;
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        result.push_back({tensor.official, official_shape(tensor)});
    }
    return result;
}

void from_official(const plan::ParameterSpec& tensor, std::span<const float> official,
                   std::span<float> ours) {
    if (tensor.shape.size() != 4) {
        std::ranges::copy(official, ours.begin());
        return;
    }
    for_each_weight(tensor, [&](std::size_t to, std::size_t from) { ours[to] = official[from]; });
}

void to_official(const plan::ParameterSpec& tensor, std::span<const float> ours, std::span<float> official) {
    if (tensor.shape.size() != 4) {
        std::ranges::copy(ours, official.begin());
        return;
    }
    for_each_weight(tensor, [&](std::size_t from, std::size_t to) { official[to] = ours[from]; });
}

OfficialWeights::OfficialWeights(const std::filesystem::path& npz, const plan::NetworkLayout& layout,
                                 HeadSource head)
    : layout_(layout), file_(npz, ErrorKind::weights, file_faults_) {
    std::map<std::string, const data::NpzEntry*> left;
    for (const data::NpzEntry& entry : file_.entries()) {
        left.emplace(entry.key, &entry);
    }
    const std::vector<OfficialTensor> wanted = official_tensors(layout_);
    std::vector<std::size_t> missing;
    FaultList faults = file_faults_;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto found = left.extract(wanted[i].key);
        if (head == HeadSource::zero && layout_.tensors[i].head) {
            continue;
        }
        if (found.empty()) {
            missing.push_back(i);
        } else if (const auto& header = found.mapped()->header; header) {
            if (header->shape != wanted[i].shape) {
                add_misshapen(faults, file_.where(wanted[i].key), header->shape, wanted[i],
                              layout_.tensors[i].head);
            }
            matches_.push_back({i, found.mapped()});
        }
    }
    std::vector<std::string> missing_keys;
    std::vector<std::string> extra_keys;
    std::ranges::transform(missing, std::back_inserter(missing_keys),
                           [&](std::size_t i) { return wanted[i].key; });
    std::ranges::transform(left, std::back_inserter(extra_keys), [](const auto& pair) { return pair.first; });
    for (const std::size_t i : missing) {
        add_missing(faults, file_.where(wanted[i].key), wanted[i], nearest(wanted[i].key, extra_keys));
    }
    for (const auto& [key, entry] : left) {
        if (entry->header) { // otherwise it has its fault already
            add_extra(faults, file_.where(key), nearest(key, missing_keys));
        }
    }
    faults.throw_if_any(ErrorKind::weights);
}

void OfficialWeights::read(std::span<float> weights) const {
    assert(weights.size() == layout_.parameters);
    for (const plan::ParameterSpec& tensor : layout_.tensors) {
        if (tensor.head) {
            std::ranges::fill(values_of(tensor, weights), 0.0F); // stays so without a head in the file
        }
    }
    FaultList faults;
    std::vector<float> official;
    for (const Match& match : matches_) {
        const plan::ParameterSpec& tensor = layout_.tensors[match.tensor];
        official.resize(tensor.elements());
        file_.read(*match.entry, official, faults);
        from_official(tensor, official, values_of(tensor, weights));
    }
    faults.throw_if_any(ErrorKind::weights);
}

void write_official_weights(const std::filesystem::path& npz, const plan::NetworkLayout& layout,
                            std::span<const float> weights) {
    assert(weights.size() == layout.parameters);
    const std::vector<OfficialTensor> wanted = official_tensors(layout);
    std::vector<data::NpzArray> arrays;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const plan::ParameterSpec& tensor = layout.tensors[i];
        const auto ours = weights.subspan(tensor.offset, tensor.elements());
        arrays.push_back({wanted[i].key, wanted[i].shape, [&tensor, ours](std::span<float> official) {
                              to_official(tensor, ours, official);
                          }});
    }
    data::write_npz(npz, arrays, ErrorKind::weights);
}

} // namespace suite::train
