// What the TOML files under workloads/datasets/ declare of a data set: its task, sizes and labels, or how it
// is generated. Where a published one lies is in layout_spec.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/spec/origin.hpp"

namespace suite::plan {

enum class Task { multiclass, multilabel };

/// Which published draw picks a target's few-shot subset (paper.md#few-shot-draw).
enum class FewShotDraw {
    generic,   ///< torch permutation, newest per class, NumPy shuffle; every class must be large enough
    per_class, ///< PadChest-Cl: NumPy shuffle class by class, up to the shots each, then of the whole
};

enum class Reader {
    published,       ///< the published files below a data root, as a LayoutSpec says
    fashion_mnist,   ///< idx files of Debian's dataset-fashion-mnist
    phantom_natural, ///< generated natural images (laptop.md#natural-images)
    phantom_xray,    ///< generated chest X-rays (laptop.md#chest-x-rays)
};

/// Generator of natural phantoms: a class is a combination of outline, texture, colours and layout.
struct NaturalPhantom {
    int outlines = 1; ///< factor levels that this data set uses, from level 0 on …
    int textures = 1;
    int palettes = 1;
    int layouts = 1;
    int first_outline = 0; ///< … or from these levels on, so that targets recombine what sources contain
    int first_texture = 0;
    int first_palette = 0;
    int first_layout = 0;
    double noise = 0.05;    ///< sd of pixel noise on [0, 1]
    double variation = 1.0; ///< scale of the variation inside a class
    double imbalance = 1.0; ///< train count of the most over the least frequent class
    double plain = 0.0;     ///< share of studio pictures: plain backdrop, faded colours
};

/// A folder of pictures of one hospital, split 85/15 by the rule of Tuberculosis
/// (paper.md#tuberculosis-split).
struct XrayFolder {
    std::string hospital;
    std::vector<std::size_t> class_images; ///< of each label, in file order: one class after the other
};

/// Generator of chest X-ray phantoms: one hospital's acquisition, prevalence and label habits.
struct XrayPhantom {
    std::string hospital;     ///< "chexpert", "mimic", "nih", "padchest", "covidx", "shenzhen", "montgomery"
    double prevalence = 0.12; ///< mean share of images with a finding, before co-occurrence
    double missing = 0.0;     ///< share of labels that are blank or uncertain (NaN)
    double label_noise = 0.0; ///< share of labels flipped
    double noise = 0.035;     ///< sd of pixel noise on [0, 1]
    double blur = 0.6;        ///< sd of the point spread, pixels
    double contrast = 1.0;    ///< scale of the exposure curve
    double amplitude = 1.0;   ///< scale of all findings
    double images_per_patient = 2;    ///< mean; patients are disjoint between train and test
    bool single_label = false;        ///< exactly one finding an image, class = its index (as PadChest-Cl)
    std::vector<double> class_shares; ///< of both splits, any scale; 0 = never; empty = see class_plan.hpp
    std::vector<XrayFolder> folders;  ///< instead of one hospital and one train count
};

struct DataSetSpec {
    std::string id;
    std::string title;
    Task task = Task::multiclass;
    std::vector<std::string> labels; ///< class or label names in output order; a superset's are derived
    Reader reader = Reader::published;
    std::size_t train_images = 0;
    std::size_t test_images = 0;
    int image_size = 0;        ///< side of the square image handed to the network's transforms, pixels
    int channels = 3;          ///< of the stored images; the network always sees 3 (X-rays are replicated)
    bool oversampling = false; ///< full-shot training draws classes evenly (Flowers, COVIDx)
    std::string metric;        ///< as a target: "top1" or "mean_auc" (paper.md#metrics)
    std::string finetune;      ///< as a target: fine-tuning recipe
    FewShotDraw few_shot_draw = FewShotDraw::generic; ///< as a target
    std::size_t smallest_class = 0; ///< training images of the smallest class; 0 = not known beforehand
    std::map<std::string, std::string> pretrain; ///< as a source: network -> pre-training recipe
    std::optional<NaturalPhantom> natural;
    std::optional<XrayPhantom> xray;
    std::vector<std::string> members; ///< names of the data sets that a superset concatenates
    std::uint64_t world_seed = 0;     ///< of the profile; set when a run is resolved
    Origin origin;

    [[nodiscard]] bool is_superset() const noexcept { return !members.empty(); }
    [[nodiscard]] std::size_t outputs() const noexcept { return labels.size(); }
};

} // namespace suite::plan
