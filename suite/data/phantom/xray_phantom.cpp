#include "suite/data/phantom/xray_phantom.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/base/names.hpp"
#include "suite/base/philox.hpp"
#include "suite/data/phantom/class_plan.hpp"
#include "suite/data/phantom/xray_folders.hpp"
#include "suite/data/phantom/xray_labels.hpp"

namespace suite::data {
namespace {

// Sub-streams of the content purpose (epoch field).
enum ContentStream : std::uint32_t {
    patient_body = 1,
    exposure_draws,
    texture_draws,
    noise_words,
    first_finding = 16
};

constexpr float lowest_severity = 0.45F; // laptop.md#measured-guidance
// Test patients are numbered from here on: no train split reaches it.
constexpr std::int64_t first_test_patient = std::int64_t{1} << 32;

PhiloxStream content_stream(const XrayImageKey& key, std::uint32_t part, std::uint64_t sample) {
    return PhiloxStream(
        {.seed = key.split_seed, .purpose = Purpose::content, .epoch = part, .sample = sample});
}

/// The place of a finding in the table names its stream, so that a label list does not change how a finding
/// looks.
FindingDraw draw_finding(const XrayImageKey& key, const Finding& finding, float amplitude) {
    const auto place = static_cast<std::uint32_t>(&finding - findings().data());
    PhiloxStream stream = content_stream(key, first_finding + place, key.index);
    const float severity = stream.uniform(lowest_severity, 1.0F);
    return {.severity = severity, .amplitude = amplitude, .stream = stream};
}

struct Task {
    const plan::DataSetSpec& spec;
    const Hospital& hospital;
    std::vector<const Finding*> label_findings;
};

Split empty_split(const plan::DataSetSpec& spec, std::size_t images, std::uint64_t seed,
                  std::int64_t first_patient) {
    Split split;
    split.images = {.count = images, .channels = 1, .size = spec.image_size, .pixels = {}};
    split.images.pixels.resize(images * split.images.bytes_per_image());
    split.labels.task = spec.task;
    split.labels.outputs = spec.labels.size();
    split.patients = patients_of_images(images, spec.xray->images_per_patient, seed, first_patient);
    return split;
}

/// Paints every image with the findings that `present(i)` lists.
template<typename Present>
void paint_all(const Task& task, std::uint64_t seed, Split& split, Present&& present) {
    XrayScene scene(split.images.size);
    const std::size_t bytes = split.images.bytes_per_image();
    for (std::size_t i = 0; i < split.size(); ++i) {
        const XrayImageKey key{.split_seed = seed, .index = i, .patient = split.patients[i]};
        paint_xray(key, task.hospital, *task.spec.xray, present(i), scene,
                   std::span(split.images.pixels).subspan(i * bytes, bytes));
    }
}

Split generate_multilabel(const Task& task, Split split, std::uint64_t seed) {
    const std::size_t outputs = task.label_findings.size();
    const LabelModel model(task.label_findings, task.hospital, *task.spec.xray);
    split.labels.matrix.resize(split.size() * outputs);
    std::vector<std::uint8_t> flags(outputs);
    std::vector<const Finding*> shown;
    paint_all(task, seed, split, [&](std::size_t i) {
        model.draw_present(seed, i, split.patients[i], flags);
        model.draw_stated(seed, i, flags, std::span(split.labels.matrix).subspan(i * outputs, outputs));
        shown.clear();
        for (std::size_t label = 0; label < outputs; ++label) {
            if (flags[label] != 0) {
                shown.push_back(task.label_findings[label]);
            }
        }
        return std::span<const Finding* const>(shown);
    });
    return split;
}

/// Shares of the classes: those declared; else even in the test part and in sets without "normal"; otherwise
/// findings make up the prevalence.
std::vector<double> class_shares(const Task& task, bool train) {
    const std::size_t classes = task.label_findings.size();
    const auto normal = std::ranges::find(task.spec.labels, "normal");
    if (!task.spec.xray->class_shares.empty()) {
        return task.spec.xray->class_shares;
    }
    std::vector<double> shares(classes, 1.0);
    if (train && classes > 1 && normal != task.spec.labels.end()) {
        const double prevalence = task.spec.xray->prevalence;
        std::ranges::fill(shares, prevalence / static_cast<double>(classes - 1));
        shares[static_cast<std::size_t>(normal - task.spec.labels.begin())] = 1.0 - prevalence;
    }
    return shares;
}

Split generate_multiclass(const Task& task, Split split, std::uint64_t seed, bool train) {
    const std::size_t classes = task.label_findings.size();
    const std::vector<std::int64_t> shown_class =
        class_of_images(split.size(), class_shares(task, train), seed);
    paint_all(task, seed, split, [&](std::size_t i) {
        return std::span(&task.label_findings[static_cast<std::size_t>(shown_class[i])], 1);
    });
    split.labels.classes = shown_class;
    for (std::size_t i = 0; i < split.size(); ++i) {
        PhiloxStream stream({.seed = seed, .purpose = Purpose::labels, .epoch = 1000, .sample = i});
        if (classes > 1 && stream.bernoulli(task.spec.xray->label_noise)) {
            const auto step = static_cast<std::int64_t>(1 + stream.below(classes - 1));
            split.labels.classes[i] = (shown_class[i] + step) % static_cast<std::int64_t>(classes);
        }
    }
    return split;
}

Split generate_split(const Task& task, bool train) {
    const std::size_t images = train ? task.spec.train_images : task.spec.test_images;
    const std::uint64_t seed = derive_seed(task.spec.world_seed, task.spec.id + (train ? "/train" : "/test"));
    Split split = empty_split(task.spec, images, seed, train ? 0 : first_test_patient);
    return task.spec.task == plan::Task::multilabel
               ? generate_multilabel(task, std::move(split), seed)
               : generate_multiclass(task, std::move(split), seed, train);
}

void check_range(const std::string& where, double value, double low, double high, FaultList& faults) {
    if (!(value >= low && value <= high)) {
        faults.add({.where = where,
                    .found = fmt::format("{}", value),
                    .expected = fmt::format("{} to {}", low, high),
                    .fix = "correct the declaration"});
    }
}

void check_hospital(const std::string& where, const std::string& hospital, FaultList& faults) {
    if (find_hospital(hospital) == nullptr) {
        faults.add({.where = where,
                    .found = fmt::format("\"{}\"", hospital),
                    .expected = expected_names(hospital, hospital_names()),
                    .fix = "use one of them"});
    }
}

void check_folders(const plan::DataSetSpec& spec, FaultList& faults) {
    for (const plan::XrayFolder& folder : spec.xray->folders) {
        check_hospital(spec.id + ".xray.folder.hospital", folder.hospital, faults);
        if (folder.class_images.size() != spec.labels.size()) {
            faults.add({.where = spec.id + ".xray.folder.class_images",
                        .found = fmt::format("{} counts", folder.class_images.size()),
                        .expected = fmt::format("one for each of the {} labels", spec.labels.size()),
                        .fix = "correct the declaration"});
        }
    }
    if (spec.task != plan::Task::multiclass) {
        faults.add({.where = spec.id + ".xray.folder",
                    .found = "folders in a multi-label set",
                    .expected = "task multiclass",
                    .fix = "correct the declaration"});
    }
}

void check_declaration(const plan::DataSetSpec& spec, FaultList& faults) {
    const plan::XrayPhantom& xray = *spec.xray;
    if (xray.folders.empty()) {
        check_hospital(spec.id + ".xray.hospital", xray.hospital, faults);
    } else {
        check_folders(spec, faults);
    }
    const bool shares_fit = xray.class_shares.empty() || xray.class_shares.size() == spec.labels.size();
    const bool shares_count = std::ranges::all_of(xray.class_shares, [](double share) { return share >= 0; });
    if (!shares_fit || !shares_count ||
        (!xray.class_shares.empty() && std::ranges::max(xray.class_shares) == 0)) {
        faults.add(
            {.where = spec.id + ".xray.class_shares",
             .found = fmt::format("{} shares for {} labels", xray.class_shares.size(), spec.labels.size()),
             .expected = "one share of 0 or more for each label, not all 0",
             .fix = "correct the declaration"});
    }
    if (spec.channels != 1 || spec.image_size < 8 || spec.labels.empty()) {
        faults.add({.where = spec.id,
                    .found = fmt::format("{} channels, side {}, {} labels", spec.channels, spec.image_size,
                                         spec.labels.size()),
                    .expected = "1 channel, a side of at least 8, at least one label",
                    .fix = "correct the declaration"});
    }
    if (xray.single_label != (spec.task == plan::Task::multiclass) && spec.task == plan::Task::multilabel) {
        faults.add({.where = spec.id + ".xray.single_label",
                    .found = "true in a multi-label set",
                    .expected = "task multiclass",
                    .fix = "correct the declaration"});
    }
    const std::string where = spec.id + ".xray.";
    check_range(where + "prevalence", xray.prevalence, 1e-4, 0.6, faults);
    check_range(where + "missing", xray.missing, 0.0, 0.95, faults);
    check_range(where + "label_noise", xray.label_noise, 0.0, 0.5, faults);
    check_range(where + "noise", xray.noise, 0.0, 1.0, faults);
    check_range(where + "blur", xray.blur, 0.0, 2.0, faults);
    check_range(where + "contrast", xray.contrast, 0.1, 3.0, faults);
    check_range(where + "amplitude", xray.amplitude, 0.0, 3.0, faults);
    check_range(where + "images_per_patient", xray.images_per_patient, 1.0, 1000.0, faults);
}

} // namespace

void paint_xray(const XrayImageKey& key, const Hospital& hospital, const plan::XrayPhantom& phantom,
                std::span<const Finding* const> present, XrayScene& scene, std::span<std::uint8_t> bytes) {
    PhiloxStream exposure = content_stream(key, exposure_draws, key.index);
    PhiloxStream texture = content_stream(key, texture_draws, key.index);
    const PhiloxStream patient = content_stream(key, patient_body, static_cast<std::uint64_t>(key.patient));
    const PhantomView view = draw_view(hospital, exposure);
    Anatomy anatomy = draw_anatomy(patient, exposure, view, hospital.rotation_sd);
    const auto amplitude = static_cast<float>(phantom.amplitude);
    for (const Finding* finding : present) {
        if (finding->reshape != nullptr) {
            FindingDraw draw = draw_finding(key, *finding, amplitude);
            finding->reshape(anatomy, draw);
        }
    }
    paint_anatomy(anatomy, texture, scene);
    for (const Finding* finding : present) {
        if (finding->paint != nullptr) {
            FindingDraw draw = draw_finding(key, *finding, amplitude);
            finding->paint(anatomy, draw, scene);
        }
    }
    acquire(
        hospital,
        {.contrast = static_cast<float>(phantom.contrast), .blur_pixels = static_cast<float>(phantom.blur)},
        anatomy.rotation, exposure, scene);
    quantise_with_noise(
        scene.image.values(), static_cast<float>(phantom.noise),
        {.seed = key.split_seed, .purpose = Purpose::content, .epoch = noise_words, .sample = key.index},
        bytes);
}

DataSet generate_xray(const plan::DataSetSpec& spec) {
    FaultList faults;
    if (!spec.xray) {
        faults.add(
            {.where = spec.id + ".xray", .found = "nothing", .expected = "an X-ray phantom", .fix = ""});
        faults.throw_if_any(ErrorKind::data);
    }
    check_declaration(spec, faults);
    std::vector<const Finding*> label_findings;
    try {
        label_findings = findings_of(spec.labels, spec.id + ".labels");
    } catch (const Error& error) {
        std::ranges::for_each(error.faults(), [&](const Fault& fault) { faults.add(fault); });
    }
    faults.throw_if_any(ErrorKind::data);
    if (!spec.xray->folders.empty()) {
        return generate_xray_folders(spec, label_findings);
    }
    const Task task{.spec = spec,
                    .hospital = *find_hospital(spec.xray->hospital),
                    .label_findings = std::move(label_findings)};
    return {.id = spec.id,
            .label_names = spec.labels,
            .train = generate_split(task, true),
            .test = generate_split(task, false)};
}

} // namespace suite::data
