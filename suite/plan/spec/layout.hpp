// Where the files of published data sets and weights lie, and where they come from.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "suite/plan/spec/origin.hpp"

namespace suite::plan {

/// How the files of a published set lie (suite/data/on_disk/set.hpp reads them).
enum class LayoutKind {
    class_folders, ///< PART/CLASS/image; classes are the sorted folder names
    byte_records,  ///< files of records: label bytes, then planar pixels
    matlab_lists,  ///< images by number, labels and split ids in MAT-files
    name_lists,    ///< lists of image names; the class is the name without its number
    text_lists,    ///< lists "patient file class …"; images in PART/file
    digit_folders, ///< folders of NAME_0.png and NAME_1.png, each split 85/15 (paper.md#tuberculosis-split)
    nih,           ///< label tables of suite/data/labels/readers.hpp
    padchest,
    chexpert,
    mimic,
};

/// Another edition of a published set than the one declared, and what it is known by: the number of images in
/// its parts, columns of its (first) label table. An absent value is not compared.
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
    std::vector<std::string> all_views; ///< of data_sets: those that keep laterals too (paper.md#views)
    std::vector<std::string>
        single_label; ///< of data_sets: those of one label an image (paper.md#padchest-cl)
    std::vector<std::string> validate_test; ///< of data_sets: those tested on MIMIC's "validate" (8 row 5)
    Origin origin;
};

/// A published file of weights that can stand in for a pre-training run (paper.md#weight-files).
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

} // namespace suite::plan
