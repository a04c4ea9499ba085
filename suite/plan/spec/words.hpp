// The word of each enumerator, as declarations and canonical texts spell it. One table per type, used both
// ways.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/network/spec.hpp"
#include "suite/plan/spec/data_set.hpp"
#include "suite/plan/spec/layout.hpp"
#include "suite/plan/spec/scaling.hpp"
#include "suite/plan/spec/training_kinds.hpp"
#include "suite/plan/spec/workload.hpp"

namespace suite::plan {

template<typename Enum>
struct Word {
    Enum value;
    std::string_view word;
};

/// The table of an enumeration; specialised below.
template<typename Enum>
inline constexpr std::span<const Word<Enum>> words{};

namespace detail {
inline constexpr Word<Unit> unit_words[] = {{Unit::bottleneck, "bottleneck"}, {Unit::basic, "basic"}};
inline constexpr Word<Stem> stem_words[] = {
    {Stem::bit, "bit"}, {Stem::small_2, "3x3-stride-2"}, {Stem::small_1, "3x3-stride-1"}};
inline constexpr Word<Task> task_words[] = {{Task::multiclass, "multiclass"},
                                            {Task::multilabel, "multilabel"}};
inline constexpr Word<FewShotDraw> few_shot_draw_words[] = {{FewShotDraw::generic, "generic"},
                                                            {FewShotDraw::per_class, "per-class"}};
inline constexpr Word<Reader> reader_words[] = {{Reader::published, "published"},
                                                {Reader::fashion_mnist, "fashion-mnist"},
                                                {Reader::phantom_natural, "phantom-natural"},
                                                {Reader::phantom_xray, "phantom-xray"}};
inline constexpr Word<RunKind> run_kind_words[] = {
    {RunKind::pretrain, "pretrain"}, {RunKind::finetune, "finetune"}, {RunKind::scaling, "scaling"}};
inline constexpr Word<AxisRole> axis_role_words[] = {
    {AxisRole::target, "target"}, {AxisRole::model, "model"},     {AxisRole::source, "source"},
    {AxisRole::shots, "shots"},   {AxisRole::scaling, "scaling"}, {AxisRole::ranks, "ranks"}};
inline constexpr Word<ScalingMode> scaling_mode_words[] = {{ScalingMode::weak, "weak"},
                                                           {ScalingMode::strong, "strong"}};
inline constexpr Word<LayoutKind> layout_kind_words[] = {{LayoutKind::class_folders, "class-folders"},
                                                         {LayoutKind::byte_records, "byte-records"},
                                                         {LayoutKind::matlab_lists, "matlab-lists"},
                                                         {LayoutKind::name_lists, "name-lists"},
                                                         {LayoutKind::text_lists, "text-lists"},
                                                         {LayoutKind::digit_folders, "digit-folders"},
                                                         {LayoutKind::nih, "nih"},
                                                         {LayoutKind::padchest, "padchest"},
                                                         {LayoutKind::chexpert, "chexpert"},
                                                         {LayoutKind::mimic, "mimic"}};
inline constexpr Word<OptimizerKind> optimizer_words[] = {{OptimizerKind::sgd, "sgd"},
                                                          {OptimizerKind::sgd_agc, "sgd-agc"}};
inline constexpr Word<ReductionMode> reduction_words[] = {{ReductionMode::strict, "strict"},
                                                          {ReductionMode::fast, "fast"}};
inline constexpr Word<WireFormat> wire_words[] = {
    {WireFormat::float32, "float32"}, {WireFormat::bfloat16, "bfloat16"}, {WireFormat::float16, "float16"}};
inline constexpr Word<Precision> precision_words[] = {{Precision::float32, "float32"},
                                                      {Precision::tf32, "tf32"},
                                                      {Precision::bfloat16, "bfloat16"},
                                                      {Precision::float16, "float16"}};
inline constexpr Word<ScheduleKind> schedule_words[] = {
    {ScheduleKind::step, "step"}, {ScheduleKind::cosine, "cosine"}, {ScheduleKind::hyperrule, "hyperrule"}};
inline constexpr Word<Augmentation> augmentation_words[] = {
    {Augmentation::none, "none"},
    {Augmentation::flip, "flip"},
    {Augmentation::crop_flip, "crop-flip"},
    {Augmentation::random_resized_crop, "random-resized-crop"},
    {Augmentation::xray, "xray"}};
inline constexpr Word<HeadInit> head_init_words[] = {
    {HeadInit::framework, "framework"}, {HeadInit::zero, "zero"}, {HeadInit::prevalence, "prevalence"}};
inline constexpr Word<ClaimKind> claim_kind_words[] = {{ClaimKind::greater, "greater"},
                                                       {ClaimKind::not_worse, "not-worse"},
                                                       {ClaimKind::equivalent, "equivalent"},
                                                       {ClaimKind::above, "above"},
                                                       {ClaimKind::below, "below"}};
inline constexpr Word<ClaimRule> claim_rule_words[] = {
    {ClaimRule::all, "all"}, {ClaimRule::any, "any"}, {ClaimRule::at_least, "at-least"}};
inline constexpr Word<FigureKind> figure_kind_words[] = {{FigureKind::bars, "bars"},
                                                         {FigureKind::lines, "lines"}};
} // namespace detail

template<>
inline constexpr std::span<const Word<Unit>> words<Unit>{detail::unit_words};
template<>
inline constexpr std::span<const Word<Stem>> words<Stem>{detail::stem_words};
template<>
inline constexpr std::span<const Word<Task>> words<Task>{detail::task_words};
template<>
inline constexpr std::span<const Word<FewShotDraw>> words<FewShotDraw>{detail::few_shot_draw_words};
template<>
inline constexpr std::span<const Word<Reader>> words<Reader>{detail::reader_words};
template<>
inline constexpr std::span<const Word<LayoutKind>> words<LayoutKind>{detail::layout_kind_words};
template<>
inline constexpr std::span<const Word<RunKind>> words<RunKind>{detail::run_kind_words};
template<>
inline constexpr std::span<const Word<AxisRole>> words<AxisRole>{detail::axis_role_words};
template<>
inline constexpr std::span<const Word<ScalingMode>> words<ScalingMode>{detail::scaling_mode_words};
template<>
inline constexpr std::span<const Word<OptimizerKind>> words<OptimizerKind>{detail::optimizer_words};
template<>
inline constexpr std::span<const Word<ReductionMode>> words<ReductionMode>{detail::reduction_words};
template<>
inline constexpr std::span<const Word<WireFormat>> words<WireFormat>{detail::wire_words};
template<>
inline constexpr std::span<const Word<Precision>> words<Precision>{detail::precision_words};
template<>
inline constexpr std::span<const Word<ScheduleKind>> words<ScheduleKind>{detail::schedule_words};
template<>
inline constexpr std::span<const Word<Augmentation>> words<Augmentation>{detail::augmentation_words};
template<>
inline constexpr std::span<const Word<HeadInit>> words<HeadInit>{detail::head_init_words};
template<>
inline constexpr std::span<const Word<ClaimKind>> words<ClaimKind>{detail::claim_kind_words};
template<>
inline constexpr std::span<const Word<ClaimRule>> words<ClaimRule>{detail::claim_rule_words};

template<>
inline constexpr std::span<const Word<FigureKind>> words<FigureKind>{detail::figure_kind_words};

template<typename Enum>
[[nodiscard]] constexpr std::string_view to_word(Enum value) {
    for (const Word<Enum>& entry : words<Enum>) {
        if (entry.value == value) {
            return entry.word;
        }
    }
    return {};
}

template<typename Enum>
[[nodiscard]] constexpr std::optional<Enum> from_word(std::string_view word) {
    for (const Word<Enum>& entry : words<Enum>) {
        if (entry.word == word) {
            return entry.value;
        }
    }
    return std::nullopt;
}

template<typename Enum>
[[nodiscard]] std::vector<std::string> all_words() {
    std::vector<std::string> list;
    for (const Word<Enum>& entry : words<Enum>) {
        list.emplace_back(entry.word);
    }
    return list;
}

} // namespace suite::plan
