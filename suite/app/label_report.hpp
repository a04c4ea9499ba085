// What `data check` says about a label table or an opened data set.
#pragma once

#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "suite/data/data_set.hpp"
#include "suite/data/labels/csv.hpp"
#include "suite/data/labels/published.hpp"
#include "suite/data/on_disk/check.hpp"

namespace suite::app {

/// The JSON document of `data check` (fields: reports/SCHEMA.md): the rows in use (train, test, and those
/// whose split list is absent), what is uncertain and blank, masked rows, patient leak, published counts,
/// files with their SHA-256.
[[nodiscard]] nlohmann::ordered_json label_document(const std::string& name, const data::LabelTable& table,
                                                    const std::vector<data::PublishedCount>& published,
                                                    const std::vector<std::filesystem::path>& files);
/// The same of a data set whose images were opened.
[[nodiscard]] nlohmann::ordered_json data_set_document(const std::string& name, const data::DataSet& set);
/// Adds what a closer look found: where, the published counts of the splits, hashes, duplicates, oddities,
/// sizes, faults; and where the set is obtained.
void add_published_check(nlohmann::ordered_json& document, const data::PublishedCheck& check,
                         const data::PublishedPlace& place, const plan::DataSetSpec& spec);
/// A document whose counts are null, with the faults because of which they are.
[[nodiscard]] nlohmann::ordered_json fault_document(const std::string& name,
                                                    const std::vector<data::LabelFault>& faults);

/// The document for people.
void print_data_check(const nlohmann::ordered_json& document);

} // namespace suite::app
