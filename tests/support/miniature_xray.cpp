// Miniatures of the chest X-ray sets.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/data/labels/readers.hpp"
#include "suite/data/phantom/xray_phantom.hpp"
#include "tests/support/miniature_pictures.hpp"

namespace suite::testing {
namespace {

namespace fs = std::filesystem;

plan::DataSetSpec xray_spec(std::string_view hospital, int train, int test, int side) {
    plan::DataSetSpec spec;
    spec.id = fmt::format("miniature-{}", hospital);
    spec.reader = plan::Reader::phantom_xray;
    spec.train_images = static_cast<std::size_t>(train);
    spec.test_images = static_cast<std::size_t>(test);
    spec.image_size = side;
    spec.channels = 1;
    spec.world_seed = 7;
    spec.xray = plan::XrayPhantom{.hospital = std::string(hospital)};
    return spec;
}

/// Cells of the 13 finding columns and No Finding before them, as CheXpert and MIMIC spell them.
std::string finding_cells(const data::Split& split, std::size_t image) {
    std::string cells;
    bool has_any = false;
    for (const std::string& label : data::label_names_of(data::LabelSet::chexpert)) {
        const auto shared = std::ranges::find(shared_findings(), label) - shared_findings().begin();
        const bool is_shared = static_cast<std::size_t>(shared) < shared_findings().size();
        const bool is_present = is_shared && has_finding(split, image, static_cast<std::size_t>(shared));
        has_any = has_any || is_present;
        // Blank where nothing was said, -1 now and then, as the labellers of both sets do.
        cells += is_present                    ? ",1.0"
                 : image % 7 == 3 && is_shared ? ",-1.0"
                 : image % 2 == 0 && is_shared ? ",0.0"
                                               : ",";
    }
    return (has_any ? "," : image % 3 == 0 ? ",1.0" : ",") + cells;
}

std::string finding_header() {
    std::string header = ",No Finding";
    for (std::string label : data::label_names_of(data::LabelSet::chexpert)) {
        header += "," + (label == "Effusion" ? "Pleural Effusion" : label);
    }
    return header;
}

std::vector<std::string> present_findings(const data::Split& split, std::size_t image) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < shared_findings().size(); ++i) {
        if (has_finding(split, image, i)) {
            names.push_back(shared_findings()[i]);
        }
    }
    return names;
}

std::string chexpert_table(const fs::path& folder, const data::Split& split, const std::string& part) {
    std::string text = "Path,Sex,Age,Frontal/Lateral,AP/PA" + finding_header() + "\n";
    for (std::size_t i = 0; i < split.size(); ++i) {
        const bool is_lateral = i % 6 == 5;
        const std::string path =
            fmt::format("{}/patient{:05}/study{}/view1_{}.jpg", part, split.patients[i] % 64540 + 1, i + 1,
                        is_lateral ? "lateral" : "frontal");
        text += fmt::format("CheXpert-v1.0/{},Female,{},{},{}{}\n", path, 20 + i % 60,
                            is_lateral ? "Lateral" : "Frontal",
                            is_lateral   ? ""
                            : i % 4 == 1 ? "PA"
                                         : "AP",
                            finding_cells(split, i));
        write_file(folder / path, jpeg_of(picture_of(split, i)));
    }
    return text;
}

} // namespace

const std::vector<std::string>& shared_findings() {
    static const std::vector<std::string> names{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",
                                                "Effusion",    "Pneumonia",    "Pneumothorax"};
    return names;
}

data::DataSet xray_phantoms(std::string_view hospital, int train, int test, int side) {
    plan::DataSetSpec spec = xray_spec(hospital, train, test, side);
    spec.task = plan::Task::multilabel;
    spec.labels = shared_findings();
    return data::generate_xray(spec);
}

data::DataSet binary_xrays(std::string_view hospital, std::string_view finding, int train, int test,
                           int side) {
    plan::DataSetSpec spec = xray_spec(hospital, train, test, side);
    spec.task = plan::Task::multiclass;
    spec.labels = {"normal", std::string(finding)};
    spec.xray->prevalence = 0.4;
    return data::generate_xray(spec);
}

void write_chexpert(const fs::path& folder, const MiniatureOptions& options) {
    const data::DataSet set = xray_phantoms("chexpert", 30 * options.scale, 12 * options.scale, options.side);
    const fs::path inner = folder / "CheXpert-v1.0";
    write_file(inner / "train.csv", chexpert_table(inner, set.train, "train"));
    write_file(inner / "valid.csv", chexpert_table(inner, set.test, "valid"));
}

void write_mimic(const fs::path& folder, const MiniatureOptions& options) {
    const data::DataSet set = xray_phantoms("mimic", 30 * options.scale, 12 * options.scale, options.side);
    std::string findings = "subject_id,study_id" + finding_header() + "\n";
    std::string metadata = "dicom_id,subject_id,study_id,ViewPosition,StudyDate\n";
    std::string splits = "dicom_id,study_id,subject_id,split\n";
    for (const auto* split : {&set.train, &set.test}) {
        for (std::size_t i = 0; i < split->size(); ++i) {
            const auto subject = 10000032 + split->patients[i] % 9000000;
            const std::size_t study = 50414267 + i * 17 + (split == &set.test ? 1000000 : 0);
            const std::string image =
                fmt::format("{:08x}-{:08x}-{:08x}", study * 2654435761U % 0xffffffffU, subject, i);
            findings += fmt::format("{},{}{}\n", subject, study, finding_cells(*split, i));
            metadata += fmt::format("{},{},{},{},21800506\n", image, subject, study,
                                    i % 6 == 5   ? "LATERAL"
                                    : i % 4 == 1 ? "PA"
                                                 : "AP");
            splits += fmt::format("{},{},{},{}\n", image, study, subject,
                                  split == &set.train ? "train"
                                  : i % 3 == 0        ? "validate"
                                                      : "test");
            write_file(folder /
                           fmt::format("files/p{}/p{}/s{}/{}.jpg", subject / 1000000, subject, study, image),
                       jpeg_of(picture_of(*split, i)));
        }
    }
    write_file(folder / "mimic-cxr-2.0.0-chexpert.csv.gz", gzip_of(findings));
    write_file(folder / "mimic-cxr-2.0.0-metadata.csv.gz", gzip_of(metadata));
    write_file(folder / "mimic-cxr-2.0.0-split.csv.gz", gzip_of(splits));
}

void write_nih(const fs::path& folder, const MiniatureOptions& options) {
    const data::DataSet set = xray_phantoms("nih", 30 * options.scale, 12 * options.scale, options.side);
    std::string table =
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n";
    for (const auto* split : {&set.train, &set.test}) {
        std::string list;
        for (std::size_t i = 0; i < split->size(); ++i) {
            const auto patient = split->patients[i] % 30805 + (split == &set.test ? 40000 : 1);
            const std::string name = fmt::format("{:08}_{:03}.png", patient, i);
            const auto findings = present_findings(*split, i);
            table +=
                fmt::format("{},{},{},{},58,M,{},2682,2749,0.143,0.143\n", name,
                            findings.empty() ? "No Finding" : fmt::format("{}", fmt::join(findings, "|")), i,
                            patient, i % 3 == 0 ? "AP" : "PA");
            list += name + "\n";
            write_file(folder / "images" / name, png_of(picture_of(*split, i)));
        }
        write_file(folder / (split == &set.train ? "train_val_list.txt" : "test_list.txt"), list);
    }
    write_file(folder / "Data_Entry_2017_v2020.csv", table);
    write_file(folder / "BBox_List_2017.csv", "Image Index,Finding Label,Bbox [x,y,w,h],,,\n");
}

void write_padchest(const fs::path& folder, const MiniatureOptions& options) {
    constexpr std::array projections{"PA", "L", "AP_horizontal", "AP", "COSTAL", "PA"};
    const data::DataSet set = xray_phantoms("padchest", 60 * options.scale, 1, options.side);
    std::string table = ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,Projection,Labels\n";
    for (std::size_t i = 0; i < set.train.size(); ++i) {
        const std::string name = fmt::format("2168403661119640128{:05}_01-071-{:03}.png", i, i);
        std::vector<std::string> labels;
        for (std::string label : present_findings(set.train, i)) {
            label[0] = static_cast<char>(label[0] - 'A' + 'a');
            labels.push_back(label == "effusion" ? "'pleural effusion'" : "'" + label + "'");
        }
        const std::string text = labels.empty() ? "'normal'" : fmt::format("{}", fmt::join(labels, ", "));
        table += fmt::format("{},{},0,20140915,{},{},{},\"[{}]\"\n", i, name, i, set.train.patients[i],
                             projections[i % projections.size()], text);
        write_file(folder / name, png_of(picture_of(set.train, i), 16));
    }
    write_file(folder / "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz", gzip_of(table));
}

void write_text_lists(const fs::path& folder, const MiniatureOptions& options) {
    const data::DataSet set =
        binary_xrays("covidx", "covid19", 30 * options.scale, 10 * options.scale, options.side);
    for (const auto* split : {&set.train, &set.test}) {
        const std::string part = split == &set.train ? "train" : "test";
        std::string list;
        for (std::size_t i = 0; i < split->size(); ++i) {
            const bool is_png = i % 3 == 0;
            const bool has_blank = i % 7 == 2; // "COVID-19 (2).jpg"
            const std::string name =
                fmt::format("{}{}{}.{}", part, has_blank ? "-scan " : "-", i, is_png ? "png" : "jpg");
            list += fmt::format("{}{} {} {} {}\n", part, i / 2, name,
                                split->labels.classes[i] == 1 ? "positive" : "negative",
                                is_png ? "rsna" : "cohen");
            write_file(folder / part / name,
                       is_png ? png_of(picture_of(*split, i)) : jpeg_of(picture_of(*split, i)));
        }
        write_file(folder / (part + ".txt"), list);
    }
}

void write_digit_folders(const fs::path& folder, const MiniatureOptions& options) {
    struct Hospital {
        const char* name;
        const char* place;
        const char* prefix;
        int images;
    };
    for (const Hospital& hospital : {Hospital{"shenzhen", "ChinaSet_AllFiles/CXR_png", "CHNCXR", 40},
                                     Hospital{"montgomery", "MontgomerySet/CXR_png", "MCUCXR", 20}}) {
        const data::DataSet set =
            binary_xrays(hospital.name, "tuberculosis", hospital.images * options.scale, 2, options.side);
        for (std::size_t i = 0; i < set.train.size(); ++i) {
            write_file(
                folder / hospital.place /
                    fmt::format("{}_{:04}_{}.png", hospital.prefix, i + 1, set.train.labels.classes[i]),
                png_of(picture_of(set.train, i)));
        }
        write_file(folder / hospital.place / "Thumbs.db", "left behind by a file manager");
    }
}

} // namespace suite::testing
