// The name of each enumerator, as declarations and canonical texts spell it. One table per type, used both
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
struct EnumName {
    Enum value;
    std::string_view name;
};

/// The table of an enumeration; specialised below.
template<typename Enum>
inline constexpr std::span<const EnumName<Enum>> enum_names{};

namespace detail {
inline constexpr EnumName<Unit> unit_names[] = {{Unit::bottleneck, "bottleneck"}, {Unit::basic, "basic"}};
inline constexpr EnumName<Stem> stem_names[] = {
    {Stem::bit, "bit"}, {Stem::small_2, "3x3-stride-2"}, {Stem::small_1, "3x3-stride-1"}};
inline constexpr EnumName<Task> task_names[] = {{Task::multiclass, "multiclass"},
                                                {Task::multilabel, "multilabel"}};
inline constexpr EnumName<FewShotDraw> few_shot_draw_names[] = {{FewShotDraw::generic, "generic"},
                                                                {FewShotDraw::per_class, "per-class"}};
inline constexpr EnumName<Reader> reader_names[] = {{Reader::published, "published"},
                                                    {Reader::fashion_mnist, "fashion-mnist"},
                                                    {Reader::phantom_natural, "phantom-natural"},
                                                    {Reader::phantom_xray, "phantom-xray"}};
inline constexpr EnumName<RunKind> run_kind_names[] = {
    {RunKind::pretrain, "pretrain"}, {RunKind::finetune, "finetune"}, {RunKind::scaling, "scaling"}};
inline constexpr EnumName<AxisRole> axis_role_names[] = {
    {AxisRole::target, "target"}, {AxisRole::model, "model"},     {AxisRole::source, "source"},
    {AxisRole::shots, "shots"},   {AxisRole::scaling, "scaling"}, {AxisRole::ranks, "ranks"}};
inline constexpr EnumName<ScalingMode> scaling_mode_names[] = {{ScalingMode::weak, "weak"},
                                                               {ScalingMode::strong, "strong"}};
inline constexpr EnumName<LayoutKind> layout_kind_names[] = {{LayoutKind::class_folders, "class-folders"},
                                                             {LayoutKind::byte_records, "byte-records"},
                                                             {LayoutKind::matlab_lists, "matlab-lists"},
                                                             {LayoutKind::name_lists, "name-lists"},
                                                             {LayoutKind::text_lists, "text-lists"},
                                                             {LayoutKind::digit_folders, "digit-folders"},
                                                             {LayoutKind::nih, "nih"},
                                                             {LayoutKind::padchest, "padchest"},
                                                             {LayoutKind::chexpert, "chexpert"},
                                                             {LayoutKind::mimic, "mimic"}};
inline constexpr EnumName<OptimizerKind> optimizer_names[] = {{OptimizerKind::sgd, "sgd"},
                                                              {OptimizerKind::sgd_agc, "sgd-agc"}};
inline constexpr EnumName<ReductionMode> reduction_names[] = {{ReductionMode::strict, "strict"},
                                                              {ReductionMode::fast, "fast"}};
inline constexpr EnumName<WireFormat> wire_names[] = {
    {WireFormat::float32, "float32"}, {WireFormat::bfloat16, "bfloat16"}, {WireFormat::float16, "float16"}};
inline constexpr EnumName<Precision> precision_names[] = {{Precision::float32, "float32"},
                                                          {Precision::tf32, "tf32"},
                                                          {Precision::bfloat16, "bfloat16"},
                                                          {Precision::float16, "float16"}};
inline constexpr EnumName<ScheduleKind> schedule_names[] = {
    {ScheduleKind::step, "step"}, {ScheduleKind::cosine, "cosine"}, {ScheduleKind::hyperrule, "hyperrule"}};
inline constexpr EnumName<Augmentation> augmentation_names[] = {
    {Augmentation::none, "none"},
    {Augmentation::flip, "flip"},
    {Augmentation::crop_flip, "crop-flip"},
    {Augmentation::random_resized_crop, "random-resized-crop"},
    {Augmentation::xray, "xray"}};
inline constexpr EnumName<HeadInit> head_init_names[] = {
    {HeadInit::framework, "framework"}, {HeadInit::zero, "zero"}, {HeadInit::prevalence, "prevalence"}};
inline constexpr EnumName<ClaimKind> claim_kind_names[] = {{ClaimKind::greater, "greater"},
                                                           {ClaimKind::not_worse, "not-worse"},
                                                           {ClaimKind::equivalent, "equivalent"},
                                                           {ClaimKind::above, "above"},
                                                           {ClaimKind::below, "below"}};
inline constexpr EnumName<ClaimRule> claim_rule_names[] = {
    {ClaimRule::all, "all"}, {ClaimRule::any, "any"}, {ClaimRule::at_least, "at-least"}};
inline constexpr EnumName<FigureKind> figure_kind_names[] = {{FigureKind::bars, "bars"},
                                                             {FigureKind::lines, "lines"}};
} // namespace detail

template<>
inline constexpr std::span<const EnumName<Unit>> enum_names<Unit>{detail::unit_names};
template<>
inline constexpr std::span<const EnumName<Stem>> enum_names<Stem>{detail::stem_names};
template<>
inline constexpr std::span<const EnumName<Task>> enum_names<Task>{detail::task_names};
template<>
inline constexpr std::span<const EnumName<FewShotDraw>> enum_names<FewShotDraw>{detail::few_shot_draw_names};
template<>
inline constexpr std::span<const EnumName<Reader>> enum_names<Reader>{detail::reader_names};
template<>
inline constexpr std::span<const EnumName<LayoutKind>> enum_names<LayoutKind>{detail::layout_kind_names};
template<>
inline constexpr std::span<const EnumName<RunKind>> enum_names<RunKind>{detail::run_kind_names};
template<>
inline constexpr std::span<const EnumName<AxisRole>> enum_names<AxisRole>{detail::axis_role_names};
template<>
inline constexpr std::span<const EnumName<ScalingMode>> enum_names<ScalingMode>{detail::scaling_mode_names};
template<>
inline constexpr std::span<const EnumName<OptimizerKind>> enum_names<OptimizerKind>{detail::optimizer_names};
template<>
inline constexpr std::span<const EnumName<ReductionMode>> enum_names<ReductionMode>{detail::reduction_names};
template<>
inline constexpr std::span<const EnumName<WireFormat>> enum_names<WireFormat>{detail::wire_names};
template<>
inline constexpr std::span<const EnumName<Precision>> enum_names<Precision>{detail::precision_names};
template<>
inline constexpr std::span<const EnumName<ScheduleKind>> enum_names<ScheduleKind>{detail::schedule_names};
template<>
inline constexpr std::span<const EnumName<Augmentation>> enum_names<Augmentation>{detail::augmentation_names};
template<>
inline constexpr std::span<const EnumName<HeadInit>> enum_names<HeadInit>{detail::head_init_names};
template<>
inline constexpr std::span<const EnumName<ClaimKind>> enum_names<ClaimKind>{detail::claim_kind_names};
template<>
inline constexpr std::span<const EnumName<ClaimRule>> enum_names<ClaimRule>{detail::claim_rule_names};

template<>
inline constexpr std::span<const EnumName<FigureKind>> enum_names<FigureKind>{detail::figure_kind_names};

template<typename Enum>
[[nodiscard]] constexpr std::string_view enum_name(Enum value) {
    for (const EnumName<Enum>& entry : enum_names<Enum>) {
        if (entry.value == value) {
            return entry.name;
        }
    }
    return {};
}

template<typename Enum>
[[nodiscard]] constexpr std::optional<Enum> enum_value(std::string_view name) {
    for (const EnumName<Enum>& entry : enum_names<Enum>) {
        if (entry.name == name) {
            return entry.value;
        }
    }
    return std::nullopt;
}

template<typename Enum>
[[nodiscard]] std::vector<std::string> all_enum_names() {
    std::vector<std::string> list;
    for (const EnumName<Enum>& entry : enum_names<Enum>) {
        list.emplace_back(entry.name);
    }
    return list;
}

} // namespace suite::plan
