// How people's copies of the data sets lie on disk, and what their lists and label tables hold.
#include <array>

#include <fmt/format.h>

#include "tests/support/encoders.hpp"
#include "tests/support/miniature_files.hpp"

namespace suite::testing {
namespace {

namespace fs = std::filesystem;

void move_to(const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    fs::rename(from, to);
}

void replace_all(const fs::path& path, std::string_view old_text, std::string_view new_text) {
    std::string bytes = bytes_of(path);
    for (std::size_t at = bytes.find(old_text); at != std::string::npos;
         at = bytes.find(old_text, at + new_text.size())) {
        bytes.replace(at, old_text.size(), new_text);
    }
    write_file(path, bytes);
}

/// A byte-order mark, CRLF, blanks at line ends, blank last lines.
void save_with_an_editor(const fs::path& path) {
    replace_all(path, "\n", " \t\r\n");
    write_file(path, "\xEF\xBB\xBF" + bytes_of(path) + "\r\n  \r\n\r\n");
}

// ---------------------------------------------------------------- lists

void editor_covidx(const fs::path& folder) {
    save_with_an_editor(folder / "train.txt");
    save_with_an_editor(folder / "test.txt");
}
void editor_pets(const fs::path& folder) {
    save_with_an_editor(folder / "annotations/trainval.txt");
    save_with_an_editor(folder / "annotations/test.txt");
}
void editor_nih(const fs::path& folder) {
    save_with_an_editor(folder / "train_val_list.txt");
    save_with_an_editor(folder / "test_list.txt");
    save_with_an_editor(folder / "Data_Entry_2017_v2020.csv");
}
void editor_cifar(const fs::path& folder) {
    save_with_an_editor(folder / "cifar-100-binary/fine_label_names.txt");
}
void patient_with_a_blank(const fs::path& folder) { // 943 lines of the real list
    move_to(folder / "train/train-0.png", folder / "train/COVID(1).png");
    replace_in(folder / "train.txt", "train0 train-0.png", "COVID 1 COVID(1).png");
    replace_in(folder / "train.txt", "train1 train-scan 2.jpg", "COVID 1 train-scan 2.jpg");
}
void no_image_name(const fs::path& folder) {
    replace_in(folder / "train.txt", "train-0.png", "train-0");
}
void blank_list(const fs::path& folder) {
    write_file(folder / "test.txt", "\r\n \r\n");
}
void no_class_number(const fs::path& folder) {
    replace_in(folder / "annotations/test.txt", "Abyssinian_5 1 ", "Abyssinian_5 99 ");
}

// ---------------------------------------------------------------- folders

void nih_archives(const fs::path& folder) {
    bool is_first = false;
    for (const fs::path& image : files_below(folder / "images", ".png")) {
        is_first = !is_first;
        move_to(image, folder / (is_first ? "images_001/images" : "images_002/images") / image.filename());
    }
    fs::remove(folder / "images");
}
void nih_flat(const fs::path& folder) {
    for (const fs::path& image : files_below(folder / "images", ".png")) {
        move_to(image, folder / image.filename());
    }
    fs::remove(folder / "images");
}
void nih_labels_alone(const fs::path& folder) {
    fs::remove_all(folder / "images");
}
void chexpert_in_batches(const fs::path& folder) {
    const fs::path first = folder / "CheXpert-v1.0 batch 1 (validate & csv)";
    for (const char* name : {"train.csv", "valid.csv", "valid"}) {
        move_to(folder / "CheXpert-v1.0" / name, first / name);
    }
    bool is_second = false;
    for (const auto& patient : fs::directory_iterator(folder / "CheXpert-v1.0/train")) {
        is_second = !is_second;
        move_to(patient.path(),
                folder / (is_second ? "CheXpert-v1.0 batch 2 (train 1)" : "CheXpert-v1.0 batch 3 (train 2)") /
                    patient.path().filename());
    }
    fs::remove_all(folder / "CheXpert-v1.0");
}
void chexpert_one_batch(const fs::path& folder) {
    chexpert_in_batches(folder);
    fs::remove_all(folder / "CheXpert-v1.0 batch 2 (train 1)");
    fs::remove_all(folder / "CheXpert-v1.0 batch 3 (train 2)");
    write_file(folder / "CheXpert-v1.0 batch 2 (train 1).zip", "PK");
}
void chexpert_small(const fs::path& folder) {
    move_to(folder / "CheXpert-v1.0", folder / "CheXpert-v1.0-small");
    for (const char* table : {"train.csv", "valid.csv"}) {
        replace_all(folder / "CheXpert-v1.0-small" / table, "CheXpert-v1.0/", "CheXpert-v1.0-small/");
    }
}
void mimic_release(const fs::path& folder) {
    move_to(folder, folder.parent_path() / "release");
    move_to(folder.parent_path() / "release", folder / "2.1.0");
    write_file(folder / "2.1.0/mimic-cxr-2.1.0-test-set-labeled.csv", "study_id,Edema\n1,0\n");
}
void flowers_by_class(const fs::path& folder) {
    int place = 0;
    for (const fs::path& image : files_below(folder / "jpg", ".jpg")) {
        const char* part = place % 3 == 0 ? "valid" : "train";
        move_to(image, folder / part / std::to_string(++place % 12 + 1) / image.filename());
    }
    fs::remove(folder / "jpg");
}
void flowers_without_lists(const fs::path& folder) {
    flowers_by_class(folder);
    fs::remove(folder / "setid.mat");
    fs::remove(folder / "imagelabels.mat");
}
void cifar10_python(const fs::path& folder) {
    fs::remove_all(folder / "cifar-10-batches-bin");
    for (const char* name : {"data_batch_1", "data_batch_2", "test_batch", "batches.meta"}) {
        write_file(folder / "cifar-10-batches-py" / name, "\x80\x02}q\x01.");
    }
}
void cifar100_python(const fs::path& folder) {
    fs::remove_all(folder / "cifar-100-binary");
    for (const char* name : {"train", "test", "meta"}) {
        write_file(folder / "cifar-100-python" / name, "\x80\x02}q\x01.");
    }
}
void pets_packed(const fs::path& folder) {
    fs::remove_all(folder / "images");
    write_file(folder / "images.tar.gz", "\x1f\x8b");
}
void system_folders(const fs::path& folder) {
    fs::create_directories(folder / "train/lost+found");
    fs::create_directories(folder / "train/@eaDir/n01440764");
    write_file(folder / "val/__MACOSX/n01440764/._a.JPEG", "resource fork");
}
void file_managers(const fs::path& folder) {
    for (const char* place : {"train/.DS_Store", "train/n01440764/Thumbs.db", "train/n01440764/desktop.ini",
                              "train/n01440764/._n01440764_0.JPEG", "val/n01440764/.DS_Store"}) {
        write_file(folder / place, "left behind");
    }
}

// ---------------------------------------------------------------- label tables

void unknown_finding(const fs::path& folder) {
    replace_in(folder / "Data_Entry_2017_v2020.csv", ",No Finding,", ",Kardia,");
}
void unknown_view(const fs::path& folder) {
    replace_in(folder / "Data_Entry_2017_v2020.csv", ",M,PA,", ",M,lateral,");
}
void negative_patient(const fs::path& folder) {
    append_to(folder / "Data_Entry_2017_v2020.csv", "a.png,Mass,0,-1,58,M,PA,1,1,1,1\n");
}
void header_again(const fs::path& folder) {
    append_to(folder / "Data_Entry_2017_v2020.csv", line_of(folder / "Data_Entry_2017_v2020.csv", 0));
}
void padchest_no_list(const fs::path& folder) {
    const fs::path packed = folder / "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz";
    fs::remove(packed);
    write_file(fs::path(packed).replace_extension(),
               ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,Projection,Labels\n"
               "0,a.png,0,1,1,1,PA,mass\n");
}

constexpr bool fault = true;
constexpr bool usable = false;
constexpr std::array all_copies{
    Oddity{"editor-covidx", "covidx", usable, "", editor_covidx},
    Oddity{"editor-pets", "pets", usable, "", editor_pets},
    Oddity{"editor-nih", "nih", usable, "", editor_nih},
    Oddity{"editor-cifar", "cifar100", usable, "", editor_cifar},
    Oddity{"patient-with-a-blank", "covidx", usable, "", patient_with_a_blank},
    Oddity{"no-image-name", "covidx", fault, "train.txt:1: found no image's name before the class",
           no_image_name},
    Oddity{"blank-list", "covidx", fault, "test.txt: found no entries", blank_list},
    Oddity{"no-class-number", "pets", fault, "another class number", no_class_number},
    Oddity{"nih-archives", "nih", usable, "", nih_archives},
    Oddity{"nih-flat", "nih", usable, "", nih_flat},
    Oddity{"nih-labels-alone", "nih", fault, "found no images", nih_labels_alone},
    Oddity{"chexpert-in-batches", "chexpert", usable, "", chexpert_in_batches},
    Oddity{"chexpert-one-batch", "chexpert", fault, "/*.zip; do unzip -qn", chexpert_one_batch},
    Oddity{"chexpert-small", "chexpert", usable, "", chexpert_small},
    Oddity{"mimic-release", "mimic-cxr", usable, "", mimic_release},
    Oddity{"flowers-by-class", "flowers102", usable, "", flowers_by_class},
    Oddity{"flowers-without-lists", "flowers102", fault,
           "-O https://www.robots.ox.ac.uk/~vgg/data/flowers/102/setid.mat", flowers_without_lists},
    Oddity{"cifar10-python", "cifar10", fault,
           "curl -fsSL https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz | tar -xz -C", cifar10_python},
    Oddity{"cifar100-python", "cifar100", fault,
           "curl -fsSL https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz | tar -xz -C",
           cifar100_python},
    Oddity{"pets-packed", "pets", fault, "/*.tar.gz; do tar -xf", pets_packed},
    Oddity{"system-folders", "imagenet1k", fault, "Fix: take it out", system_folders},
    Oddity{"file-managers", "imagenet1k", usable, "", file_managers},
    Oddity{"unknown-finding", "nih", fault,
           "column 'Finding Labels': found a finding that the set does not have", unknown_finding},
    Oddity{"unknown-view", "nih", fault, "column 'View Position': found a view that the set does not have",
           unknown_view},
    Oddity{"negative-patient", "nih", fault, ":44: column 'Patient ID': found no patient's number",
           negative_patient},
    Oddity{"header-again", "nih", fault, ":44: column 'Image Index': found the header again", header_again},
    Oddity{"padchest-no-list", "padchest", fault, ":2: column 'Labels': found a field that is no list",
           padchest_no_list},
};

} // namespace

std::span<const Oddity> copy_oddities() {
    return all_copies;
}

} // namespace suite::testing
