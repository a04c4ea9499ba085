// What the TOML files under workloads/ declare. Value structs; suite/plan/catalog.hpp reads them strictly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/jobs_spec.hpp"
#include "suite/plan/system_spec.hpp"

namespace suite::plan {

/// Where a declaration stands, for messages: "workloads/table1/workload.toml:12".
struct Origin {
    std::string file;
    int line = 0;
    [[nodiscard]] std::string text() const { return file + ":" + std::to_string(line); }
    [[nodiscard]] bool operator==(const Origin&) const { return true; } // never part of a value's identity
};

// ---------------------------------------------------------------- networks

enum class Unit { bottleneck, basic };

/// How an image enters the network.
enum class Stem {
    bit,     ///< 7x7 stride 2, zero padding 1, 3x3 max-pool stride 2 (cherti-jitsev.md 1.1)
    small_2, ///< 3x3 stride 2, no pool (laptop networks)
    small_1, ///< 3x3 stride 1, no pool
};

/// Pre-activation ResNet-v2 with GroupNorm and weight-standardised convolutions.
struct NetworkSpec {
    std::string id;
    Unit unit = Unit::bottleneck;
    Stem stem = Stem::bit;
    std::vector<int> depths;             ///< units per stage
    int stem_channels = 64;              ///< after the width factor: channels out of the stem
    std::vector<int> stage_channels;     ///< output channels per stage, after the width factor
    int bottleneck_factor = 4;           ///< mid = out / factor; 1 for basic units
    int groups = 32;                     ///< GroupNorm groups
    double group_norm_epsilon = 1e-5;    ///< cherti-jitsev.md 1.1
    double standardise_epsilon = 1e-10;  ///< inside the root, cherti-jitsev.md 1.1
    std::vector<std::string> deviations; ///< from BiT, in words, for reports; not part of the run key
    Origin origin;
};

// ---------------------------------------------------------------- data sets

enum class Task { multiclass, multilabel };

/// Which published draw picks a target's few-shot subset (cherti-jitsev.md 3.4).
enum class FewShotDraw {
    generic,   ///< torch permutation, newest per class, NumPy shuffle; every class must be large enough
    per_class, ///< PadChest-Cl: NumPy shuffle class by class, up to the shots each, then of the whole
};

enum class Reader {
    published,       ///< the published files below a data root, as a LayoutSpec says
    fashion_mnist,   ///< idx files of Debian's dataset-fashion-mnist
    phantom_natural, ///< generated natural images (laptop.md)
    phantom_xray,    ///< generated chest X-rays (laptop.md)
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

/// A folder of pictures of one hospital, split 85/15 by the rule of Tuberculosis (cherti-jitsev.md 3.3).
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
    std::string metric;        ///< as a target: "top1" or "mean_auc" (cherti-jitsev.md 3.3)
    std::string finetune;      ///< as a target: fine-tuning recipe
    FewShotDraw few_shot_draw = FewShotDraw::generic; ///< as a target
    std::size_t smallest_class = 0; ///< training images of the smallest class; 0 = not known beforehand
    std::map<std::string, std::string> pretrain; ///< as a source: network -> pre-training recipe (2.1)
    std::optional<NaturalPhantom> natural;
    std::optional<XrayPhantom> xray;
    std::vector<std::string> members; ///< names of the data sets that a superset concatenates
    std::uint64_t world_seed = 0;     ///< of the profile; set when a run is resolved
    Origin origin;

    [[nodiscard]] bool is_superset() const noexcept { return !members.empty(); }
    [[nodiscard]] std::size_t outputs() const noexcept { return labels.size(); }
};

/// How the files of a published set lie (suite/data/published_set.hpp reads them).
enum class LayoutKind {
    class_folders, ///< PART/CLASS/image; classes are the sorted folder names
    byte_records,  ///< files of records: label bytes, then planar pixels
    matlab_lists,  ///< images by number, labels and split ids in MAT-files
    name_lists,    ///< lists of image names; the class is the name without its number
    text_lists,    ///< lists "patient file class …"; images in PART/file
    digit_folders, ///< folders of NAME_0.png and NAME_1.png, each split 85/15 (cherti-jitsev.md 3.3)
    nih,           ///< label tables of suite/data/label_readers.hpp
    padchest,
    chexpert,
    mimic,
};

/// Another edition of a published set than the one declared, and what it is known by: the number of images in
/// its parts, columns of its (first) label table. What is not given says nothing.
struct EditionSpec {
    std::string title;
    std::size_t train_images = 0;
    std::size_t test_images = 0;
    std::vector<std::string> columns;
};

/// Where a published set lies and comes from. No part of any run key: the same images may lie in many ways.
struct LayoutSpec {
    std::string id;
    LayoutKind kind = LayoutKind::class_folders;
    std::vector<std::string> data_sets; ///< that these files hold
    std::vector<std::string> folders;   ///< below the data root; the first that exists counts
    std::string obtain;                 ///< page that the files are obtained from
    std::string licence;                ///< licence or terms, in words
    bool needs_registration = false;
    std::size_t images = 0; ///< image files of the release, those that no protocol uses too; for estimates
    double gigabytes = 0.0; ///< of these files, about (1e9 bytes); 0 = not known
    /// By kind: folders (class_folders, digit_folders; alternatives separated by "|"), record files,
    /// variables of split ids (matlab_lists), list files (name_lists; text_lists, whose stem is the images'
    /// folder).
    std::vector<std::string> train;
    std::vector<std::string> test;
    std::string class_names;                   ///< byte_records: text file, one name a line
    int label_bytes = 1;                       ///< byte_records: of each record; the last one is the class
    int side = 32;                             ///< byte_records: of the images, pixels
    std::vector<std::string> class_words;      ///< text_lists: in label order
    std::map<std::string, std::string> hashes; ///< file below the folder -> "md5:HEX" or "sha256:HEX"
    std::vector<EditionSpec> editions;         ///< that people have instead
    std::vector<std::string> all_views;        ///< of data_sets: those that keep laterals too (4.3)
    std::vector<std::string> single_label;     ///< of data_sets: those of one label an image (3.3)
    std::vector<std::string> validate_test;    ///< of data_sets: those tested on MIMIC's "validate" (8 row 5)
    Origin origin;
};

/// A published file of weights that can stand in for a pre-training run (cherti-jitsev.md 1.3).
struct WeightsSpec {
    std::string id;
    std::string network;
    std::string data_set;     ///< that they were trained on
    std::string file;         ///< name as published
    int classes = 0;          ///< outputs of the file's head
    std::vector<double> mean; ///< 3 values of pixel / 255: the inputs that the weights expect
    std::vector<double> std;
    std::string obtain;
    std::string licence;
    Origin origin;
};

// ---------------------------------------------------------------- recipes

enum class RunKind { pretrain, finetune, scaling };
enum class OptimizerKind { sgd, sgd_agc };
/// How the gradients of a step's micro-batches are summed (reliability.md 6.1, 6.5).
enum class ReductionMode {
    strict, ///< in a fixed binary tree: the same bits whatever the number of ranks
    fast,   ///< added up on each rank, then over the ranks while the backward pass runs
};
/// In which format gradients travel between ranks.
enum class WireFormat { float32, bfloat16, float16 };
/// In which numbers convolutions and the head compute; all else is float32 (cherti-jitsev.md 2.4).
enum class Precision { float32, tf32, bfloat16, float16 };
enum class ScheduleKind { step, cosine, hyperrule };
enum class Augmentation {
    none,
    flip,                ///< horizontal flip p = 0.5
    crop_flip,           ///< resize, random crop, flip (BiT's resolution rule, 3.2)
    random_resized_crop, ///< area 0.08–1, ratio 3/4–4/3, flip (2.5)
    xray,                ///< shift, rotation ±45°, scale 0.9–1.1, reflect-101 border, flip (2.5)
};

/// What published recipes vary of an augmentation.
struct AugmentationDetail {
    int resize = 0;      ///< crop_flip: short side before the crop; 0 = 5/4 of the crop (160 -> 128)
    bool squash = false; ///< crop_flip: resize both sides to it, as BiT, instead of the short one
    double shift = 0.25; ///< xray: largest shift, share of the side (8 row 11)
    int rand_augment_operations = 0; ///< RandAugment's N before everything else; 0 = none
    int rand_augment_magnitude = 0;  ///< RandAugment's M, of 0 to 30
    [[nodiscard]] bool operator==(const AugmentationDetail&) const = default;
};
enum class HeadInit {
    framework,  ///< U(±1/sqrt(fan_in)) for weights and bias, as run by the authors (3.1)
    zero,       ///< as BiT
    prevalence, ///< weights as framework, bias = logit of the label's prevalence: a declared deviation
};

/// One row of BiT-HyperRule: for training sets with fewer than `below` images (3.2).
struct HyperRuleRow {
    std::size_t below = 0;                ///< exclusive upper bound of n; 0 = no bound
    std::vector<std::int64_t> boundaries; ///< warm-up end, three decays, stop; steps
    double mixup_alpha = 0.0;             ///< 0 = no MixUp
    std::optional<double> lr;             ///< replaces the recipe's base_lr for this row
};

struct RecipeSpec {
    std::string id;
    RunKind kind = RunKind::finetune;
    std::string protocol = "as-run"; ///< or "as-written", where paper and code disagree
    OptimizerKind optimizer = OptimizerKind::sgd_agc;
    double base_lr = 0.0;
    int lr_batch = 0; ///< peak lr = base_lr * batch / lr_batch; 0 = base_lr as it stands
    double momentum = 0.9;
    bool nesterov = true;
    double weight_decay = 0.0;
    double agc_clip = 0.01; ///< cherti-jitsev.md 2.3
    double agc_epsilon = 1e-3;
    ScheduleKind schedule = ScheduleKind::hyperrule;
    int batch = 0;       ///< global batch of one optimiser step, images
    int micro_batch = 0; ///< images per backward pass; divides batch
    int outputs = 0;     ///< of the network in pre-training; 0 = as many as the data set has labels (2.1)
    int workers = 1;     ///< K of the warm-up formula (2.2): GPUs of the published run
    double warmup_epochs = 0.0;
    std::int64_t warmup_steps = 0; ///< instead of the two above: linear from 0 over so many steps, as BiT
    int epochs = 0;
    std::vector<int> decay_epochs;
    std::vector<HyperRuleRow> hyperrule;
    Augmentation augmentation = Augmentation::none;
    AugmentationDetail augmentation_detail;
    HeadInit head_init = HeadInit::framework;
    std::vector<double> mean; ///< 3 values of pixel / 255; empty: see resolve_normalisation in expand.cpp
    std::vector<double> std;
    int evaluation_batch = 128;
    std::vector<std::string> deviations; ///< from the published recipe, in words, for reports
    Origin origin;
};

// ---------------------------------------------------------------- protocols, profiles, workloads, systems

/// The protocol that runs take when nothing is said, and that of what both protocols share.
inline constexpr const char* as_run = "as-run";

/// One reading of the publication: where the authors' code and the paper disagree, which recipe or target a
/// published name means. Names that are not mapped mean the same in every protocol.
struct ProtocolSpec {
    std::string id; ///< "as-run" (what the authors' code did) or "as-written" (what the paper says)
    std::string title;
    std::map<std::string, std::string> recipes;
    std::map<std::string, std::string> targets; ///< data sets, where they are targets
    Origin origin;
};

/// Which stand-ins a scale uses. Names that are not mapped stand for themselves.
struct ProfileSpec {
    std::string id;
    std::string title;
    std::vector<std::uint64_t> seeds;
    std::uint64_t world_seed = 0;
    bool recorded_baseline =
        false; ///< compared with workloads/ID/baseline/PROFILE.csv, not with the published numbers
    std::map<std::string, std::string> networks;
    std::map<std::string, std::string> data_sets;
    std::map<std::string, std::string> recipes;
    std::optional<std::size_t> train_limit; ///< at most this many images per data set
    std::optional<std::size_t> test_limit;
    double gigamacs_per_second = 1.0; ///< of one process: first guess of cost before anything was measured
    std::map<std::string, double> network_gigamacs_per_second; ///< the same, where a network has its own
    std::string system; ///< whose devices the estimate counts; empty = this machine's cores
    Origin origin;
};

/// A cell's source word and the data set behind it, which may depend on the target (6.2).
struct SourceRule {
    std::string source;
    std::string data_set;                          ///< empty: from scratch, no pre-training run
    std::map<std::string, std::string> for_target; ///< target -> data set, where it differs
};

/// The cells of four axes, all combinations but those that one of the globs matches.
struct CellBlock {
    std::vector<std::string> targets;
    std::vector<std::string> models;
    std::vector<std::string> sources;
    std::vector<std::string> shots; ///< "full" or a number
    std::vector<std::string> without;
};

enum class ClaimKind {
    greater,   ///< than the other cell
    not_worse, ///< than the other cell, by a margin
    above,     ///< a bound
    below,     ///< a bound
};
enum class ClaimRule { all, any, at_least };

/// a (glob over cells) against b, cell by cell: the same cell with `versus` applied, or a bound.
struct ClaimTermSpec {
    std::string cells;                         ///< glob of left-hand cells
    std::string best_of;                       ///< axis: of the cells that differ in it alone, the best mean
    std::map<std::string, std::string> versus; ///< axis -> value on the right-hand side; greater, not_worse
    ClaimKind kind = ClaimKind::greater;
    double margin = 0.0;         ///< for not_worse, points
    double by_sds = 0.0;         ///< for greater: the difference also exceeds this many pooled sds
    std::optional<double> bound; ///< for above and below, points
};

struct ClaimSpec {
    std::string id;
    std::string text;  ///< the paper's sentence, in our words
    std::string where; ///< section of the paper
    ClaimRule rule = ClaimRule::all;
    int at_least = 0;
    std::vector<ClaimTermSpec> terms;
    std::map<std::string, std::string> differs; ///< profile -> why its verdict is not the published one
    std::vector<CellBlock> among;               ///< of a claim taken from another workload: that one's cells
    Origin origin;
};

enum class FigureKind { bars, lines };

/// A picture of cells: mean with sd, every seed a point, published and ours side by side.
struct FigureSpec {
    std::string id;
    std::string title;
    FigureKind kind = FigureKind::bars;
    std::vector<std::string> cells;  ///< globs
    std::string x;                   ///< axis along the picture
    std::vector<std::string> series; ///< axes whose values are told apart by colour
    std::string value;               ///< of rungs: "throughput" instead of efficiency
    std::string panels;              ///< axis with a picture of its own for each value; "" for one
    Origin origin;
};

/// What stays the same along a ladder of world sizes.
enum class ScalingMode {
    weak,   ///< the images of one rank and step
    strong, ///< the images of all ranks in one step
};

/// A ladder of world sizes at the scale of one profile.
struct ScalingLadder {
    std::string profile;
    std::vector<int> ranks;           ///< rising, 1 first: the base case
    std::vector<int> oversubscribed;  ///< of them, what runs even where there are fewer cores; marked then
    int local_batch = 0;              ///< weak: images of one rank and step
    int strong_batch = 0;             ///< strong: images of all ranks and one step; 0 = no strong rungs
    int micro_batch = 0;              ///< images of one backward pass; divides both
    std::int64_t steps = 0;           ///< of one run, warm-up included
    std::int64_t warmup_steps = 0;    ///< left out of steady-state numbers
    std::string data_mode = "cached"; ///< "synthetic", "cached" or "real" (suites.md 5.2 no. 2)
    Origin origin;
};

/// Throughput and efficiency over world sizes instead of scores. In a cell's id the mode stands where other
/// workloads have the source, the number of ranks where they have the shots: target/model/weak/4.
struct ScalingSpec {
    std::vector<ScalingMode> modes;
    ReductionMode reduction = ReductionMode::fast; ///< of training for accuracy, too, at that scale
    double margin = 0.0; ///< points of efficiency below the reference that still count as equal
    std::string caveat;  ///< printed wherever absolute published numbers stand; "" for none
    std::vector<ScalingLadder> ladders; ///< one a profile
    [[nodiscard]] const ScalingLadder* ladder(const std::string& profile) const;
};

struct WorkloadSpec {
    std::string id;
    std::string title;
    std::string source; ///< where printed: "Table 1"
    std::string paper;
    std::string folder; ///< that holds its workload.toml, reference/ and baseline/
    std::vector<std::string> targets;
    std::vector<std::string> models;
    std::vector<std::string> sources;
    std::vector<std::string> shots;    ///< "full" or a number
    std::vector<std::string> without;  ///< globs of combinations that the publication does not have
    std::vector<std::string> union_of; ///< a view: workloads whose cells, margins and claims it takes over
    std::vector<CellBlock> blocks;     ///< of a view: its workloads' cells; else empty
    int order = 50;                    ///< place in lists of all workloads, small first, then by id
    std::vector<SourceRule> source_rules;
    std::map<std::string, double> margins; ///< metric -> points, declared before any run
    double margin_sds = 0.0;               ///< the margin is at least this many sds of the reference
    std::vector<ClaimSpec> claims;
    std::vector<FigureSpec> figures;
    std::optional<ScalingSpec> scaling; ///< of a workload that measures instead of scoring
    Origin origin;
};

/// A machine for cost estimates, predictions and job scripts: one file each under workloads/systems/.
struct SystemSpec {
    std::string id;
    std::string title;
    int nodes = 1;
    int gpus_per_node = 0;
    int cores_per_node = 1;
    std::string gpu;
    std::optional<DeviceSpec> device;
    std::optional<NetworkRates> network;
    std::optional<LadderSpec> ladder;
    std::optional<JobsSpec> jobs;
    Origin origin;
    /// GPUs, or cores where there are none.
    [[nodiscard]] int ranks_per_node() const { return gpus_per_node > 0 ? gpus_per_node : cores_per_node; }
};

} // namespace suite::plan
