// What real copies of the data sets have been seen to be like, done to a clean miniature.
#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "tests/support/miniature_files.hpp"
#include "tests/support/miniature_pictures.hpp"

namespace suite::testing {
namespace {

namespace fs = std::filesystem;

Picture some_picture(int channels) {
    Picture picture{.width = 40, .height = 30, .channels = channels, .planes = {}};
    for (int i = 0; i < channels * 40 * 30; ++i) {
        picture.planes.push_back(static_cast<std::uint8_t>(i * 7 % 251));
    }
    return picture;
}

// ---------------------------------------------------------------- class folders

void grayscale_jpeg(const fs::path& folder) {
    write_file(first_image(folder / "train", ".JPEG"), jpeg_of(some_picture(3), JpegColour::grey));
}
void cmyk_jpeg(const fs::path& folder) {
    write_file(first_image(folder / "train", ".JPEG"), jpeg_of(some_picture(3), JpegColour::cmyk));
}
void exif_rotation(const fs::path& folder) {
    write_file(first_image(folder / "train", ".JPEG"), jpeg_of(some_picture(3), JpegColour::as_is, 6));
}
void png_called_jpeg(const fs::path& folder) { // n02105855_2933.JPEG of ILSVRC 2012 is one
    write_file(first_image(folder / "train", ".JPEG"), png_of(some_picture(3)));
}
void uppercase_extension(const fs::path& folder) {
    const fs::path image = first_image(folder / "train", ".JPEG");
    fs::rename(image, fs::path(image).replace_extension(".JPG"));
}
void truncated_image(const fs::path& folder) {
    truncate(first_image(folder / "train", ".JPEG"), 40);
}
void empty_image(const fs::path& folder) {
    write_file(first_image(folder / "val", ".JPEG"), "");
}
void page_for_image(const fs::path& folder) {
    write_file(first_image(folder / "train", ".JPEG"), "<!DOCTYPE html><html>quota exceeded</html>");
}
void class_in_test_only(const fs::path& folder) {
    write_file(folder / "val/n09999999/ILSVRC2012_val_00009999.JPEG", jpeg_of(some_picture(3)));
}
void flat_validation(const fs::path& folder) {
    fs::remove_all(folder / "val");
    write_file(folder / "val/ILSVRC2012_val_00000001.JPEG", jpeg_of(some_picture(3)));
}
void empty_class(const fs::path& folder) {
    for (const fs::path& image : files_below(folder / "train/n01440764", ".JPEG")) {
        fs::remove(image);
    }
}
void link_in_circles(const fs::path& folder) {
    fs::create_directory_symlink("circle", folder / "train/circle");
}
void test_image_in_train(const fs::path& folder) {
    write_file(folder / "val/n01440764/ILSVRC2012_val_00000001.JPEG",
               bytes_of(first_image(folder / "train", ".JPEG")));
}
void missing_part(const fs::path& folder) {
    fs::remove_all(folder / "val");
}

// ---------------------------------------------------------------- records and lists

void cut_records(const fs::path& folder) {
    truncate(folder / "cifar-10-batches-bin/data_batch_3.bin", 52);
}
void label_out_of_range(const fs::path& folder) {
    const fs::path file = folder / "cifar-10-batches-bin/data_batch_1.bin";
    std::string bytes = bytes_of(file);
    bytes[3073] = 99;
    write_file(file, bytes);
}
void absent_batch(const fs::path& folder) {
    fs::remove(folder / "cifar-10-batches-bin/data_batch_5.bin");
}
void broken_mat(const fs::path& folder) {
    truncate(folder / "setid.mat", 50);
}
void other_mat(const fs::path& folder) {
    write_file(folder / "imagelabels.mat", "MATLAB 7.3 MAT-file" + std::string(200, ' '));
}
void flower_missing(const fs::path& folder) {
    fs::remove(folder / "jpg/image_00007.jpg");
}
void pet_listed_twice(const fs::path& folder) {
    append_to(folder / "annotations/test.txt", line_of(folder / "annotations/trainval.txt", 2));
}
void early_end(const fs::path& folder) { // as some of the real ones do
    const fs::path image = first_image(folder / "images", ".jpg");
    const std::string bytes = bytes_of(image);
    write_file(image, bytes.substr(0, bytes.size() - 42) + "\xff\xd9");
}
void pet_outside(const fs::path& folder) {
    append_to(folder / "annotations/trainval.txt", "../../etc/passwd_1 1 1 1\n");
}
void odd_class_word(const fs::path& folder) {
    replace_in(folder / "train.txt", "positive", "COVID-19");
}
void covid_scan_missing(const fs::path& folder) {
    fs::remove(first_image(folder / "test", ".jpg"));
}
void name_without_digit(const fs::path& folder) {
    write_file(folder / "MontgomerySet/CXR_png/MCUCXR_9999_x.png", png_of(some_picture(1)));
}
void hospital_missing(const fs::path& folder) {
    fs::remove_all(folder / "ChinaSet_AllFiles");
}

// ---------------------------------------------------------------- label tables

void padchest_8_bit(const fs::path& folder) {
    write_file(first_image(folder, ".png"), png_of(some_picture(1), 8));
}
void padchest_cut(const fs::path& folder) {
    truncate(first_image(folder, ".png"), 60);
}
void padchest_missing(const fs::path& folder) {
    fs::remove(first_image(folder, ".png"));
}
void id_twice(const fs::path& folder) {
    append_to(folder / "Data_Entry_2017_v2020.csv", line_of(folder / "Data_Entry_2017_v2020.csv", 1));
}
void other_columns(const fs::path& folder) {
    replace_in(folder / "Data_Entry_2017_v2020.csv", "Finding Labels", "Findings");
}
void absolute_id(const fs::path& folder) {
    replace_in(folder / "Data_Entry_2017_v2020.csv",
               line_of(folder / "Data_Entry_2017_v2020.csv", 1).substr(0, 16), "/etc/passwd");
}
void list_missing(const fs::path& folder) {
    fs::remove(folder / "test_list.txt");
}
void scan_vanished(const fs::path& folder) {
    fs::remove(first_image(folder / "CheXpert-v1.0/valid", "frontal.jpg"));
}
void value_unknown(const fs::path& folder) {
    replace_in(folder / "CheXpert-v1.0/train.csv", ",1.0", ",2.0");
}
void mimic_table_cut(const fs::path& folder) {
    truncate(folder / "mimic-cxr-2.0.0-metadata.csv.gz", 70);
}
void mimic_scan_missing(const fs::path& folder) {
    fs::remove(first_image(folder / "files", ".jpg"));
}

constexpr bool fault = true;
constexpr bool usable = false;
constexpr std::array all_oddities{
    Oddity{"grayscale-jpeg", "imagenet1k", usable, "grayscale", grayscale_jpeg},
    Oddity{"cmyk-jpeg", "imagenet1k", usable, "CMYK", cmyk_jpeg},
    Oddity{"exif-rotation", "imagenet1k", usable, "EXIF orientation", exif_rotation},
    Oddity{"png-called-jpeg", "imagenet1k", usable, "another format than the name says", png_called_jpeg},
    Oddity{"uppercase-extension", "imagenet1k", usable, "", uppercase_extension},
    Oddity{"test-image-in-train", "imagenet1k", usable, "duplicate", test_image_in_train},
    Oddity{"truncated-image", "imagenet1k", fault, ".JPEG", truncated_image},
    Oddity{"empty-image", "imagenet1k", fault, "an empty file", empty_image},
    Oddity{"page-for-image", "imagenet1k", fault, ".JPEG", page_for_image},
    Oddity{"class-in-test-only", "imagenet1k", fault, "a class that the training part has not",
           class_in_test_only},
    Oddity{"flat-validation", "imagenet1k", fault, "images that are not in class folders", flat_validation},
    Oddity{"empty-class", "imagenet1k", fault, "no images", empty_class},
    Oddity{"link-in-circles", "imagenet1k", fault, "symbolic links", link_in_circles},
    Oddity{"missing-part", "imagenet1k", fault, "no such folder", missing_part},
    Oddity{"cut-records", "cifar10", fault, "whole records of 3073 bytes", cut_records},
    Oddity{"label-out-of-range", "cifar10", fault, "label 99", label_out_of_range},
    Oddity{"absent-batch", "cifar10", fault, "data_batch_5.bin", absent_batch},
    Oddity{"broken-mat", "flowers102", fault, "setid.mat:byte", broken_mat},
    Oddity{"other-mat", "flowers102", fault, "version 7.3", other_mat},
    Oddity{"flower-missing", "flowers102", fault, "image_00007.jpg", flower_missing},
    Oddity{"pet-listed-twice", "pets", fault, "again", pet_listed_twice},
    Oddity{"early-end", "pets", usable, "data that end early", early_end},
    Oddity{"pet-outside", "pets", fault, "a path with '..'", pet_outside},
    Oddity{"odd-class-word", "covidx", fault, "another class word", odd_class_word},
    Oddity{"covid-scan-missing", "covidx", fault, "no such file", covid_scan_missing},
    Oddity{"name-without-digit", "tuberculosis", fault, "0.png (normal) or 1.png", name_without_digit},
    Oddity{"hospital-missing", "tuberculosis", fault, "no such folder", hospital_missing},
    Oddity{"padchest-8-bit", "padchest", usable, "", padchest_8_bit},
    Oddity{"padchest-cut", "padchest", fault, ".png", padchest_cut},
    Oddity{"padchest-missing", "padchest", fault, "no such file", padchest_missing},
    Oddity{"id-twice", "nih", fault, "the id of line", id_twice},
    Oddity{"other-columns", "nih", fault, "Finding Labels", other_columns},
    Oddity{"absolute-id", "nih", fault, "an absolute path", absolute_id},
    Oddity{"list-missing", "nih", fault, "test_list.txt", list_missing},
    Oddity{"scan-vanished", "chexpert", fault, "no such file", scan_vanished},
    Oddity{"value-unknown", "chexpert", fault, "train.csv", value_unknown},
    Oddity{"mimic-table-cut", "mimic-cxr", fault, "metadata", mimic_table_cut},
    Oddity{"mimic-scan-missing", "mimic-cxr", fault, "no such file", mimic_scan_missing},
};

} // namespace

std::span<const Oddity> oddities() {
    static const std::vector<Oddity> all = [] {
        std::vector<Oddity> list(all_oddities.begin(), all_oddities.end());
        std::ranges::copy(copy_oddities(), std::back_inserter(list));
        return list;
    }();
    return all;
}

} // namespace suite::testing
