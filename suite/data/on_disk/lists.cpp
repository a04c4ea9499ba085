// Layouts whose list files say which images train and test: by name, with a class word, or as MAT-files.
#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/data/formats/mat_file.hpp"
#include "suite/data/labels/rules.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/listing.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

constexpr int class_folder_depth = 3; // flower_data/train/1/image_06734.jpg

/// What a list says of one image.
struct ListedImage {
    std::string path;
    std::string class_name;
    std::string patient;
    bool is_train = false;
};

/// Images that lists may each name once.
class ListedImages {
public:
    explicit ListedImages(Listing& listing) : listing_(listing) {}

    void add(const std::string& file, const ListLine& line, ListedImage image) {
        std::string found(unsafe_path_reason(image.path));
        if (found.empty()) {
            const auto [entry, is_new] =
                seen_.try_emplace(image.path, fmt::format("{}:{}", file, line.number));
            found = is_new ? "" : fmt::format("the image of {} again", entry->second);
        }
        if (!found.empty()) {
            listing_.faults.add(
                line_fault(file, line, std::move(found), "each image once, inside the data set"));
            return;
        }
        images_.push_back(std::move(image));
    }
    [[nodiscard]] const std::vector<ListedImage>& images() const noexcept { return images_; }

private:
    Listing& listing_;
    std::unordered_map<std::string, std::string> seen_;
    std::vector<ListedImage> images_;
};

/// Samples of the listed images, training part first; patients are numbered where they are named.
void take_images(Listing& listing, const std::vector<ListedImage>& images,
                 const std::vector<std::string>& classes) {
    PresentFiles present(listing);
    std::unordered_map<std::string, std::int64_t> patients;
    for (const bool is_train : {true, false}) {
        for (const ListedImage& image : images) {
            if (image.is_train != is_train) {
                continue;
            }
            const auto place = std::ranges::find(classes, image.class_name);
            present.expect(image.path);
            listing.add_file(image.path, static_cast<std::int32_t>(place - classes.begin()));
            if (!image.patient.empty()) {
                const auto number = static_cast<std::int64_t>(patients.size());
                listing.manifest.patients.push_back(
                    patients.try_emplace(image.patient, number).first->second);
            }
        }
        if (is_train) {
            listing.manifest.train_samples = listing.manifest.size();
        }
    }
    present.report();
}

void read_lists(Listing& listing, const auto& take_line) {
    for (const bool is_train : {true, false}) {
        for (const std::string& file : is_train ? listing.layout.train : listing.layout.test) {
            const std::string text = listing.read_watched(file);
            for (const ListLine& line : lines_of(text, (listing.folder / file).string(), listing.faults)) {
                take_line(file, line, is_train);
            }
        }
    }
}

/// "Abyssinian_100" -> "Abyssinian"; empty when there is no number.
std::string_view class_of_name(std::string_view name) {
    const std::size_t mark = name.rfind('_');
    if (mark == std::string_view::npos || mark + 1 == name.size()) {
        return {};
    }
    const std::string_view digits = name.substr(mark + 1);
    return digits.find_first_not_of("0123456789") == std::string_view::npos ? name.substr(0, mark)
                                                                            : std::string_view();
}

bool is_number_up_to(std::string_view text, std::size_t most) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= most;
}

/// Sorted names of the classes that the lists hold, which have to be as many as declared at most.
std::vector<std::string> sorted_classes(Listing& listing, const std::vector<ListedImage>& images) {
    std::set<std::string> names;
    for (const ListedImage& image : images) {
        names.insert(image.class_name);
    }
    if (names.size() > listing.spec.labels.size()) {
        listing.add_fault(listing.layout.train.front(), fmt::format("{} classes", names.size()),
                          fmt::format("{} at most", listing.spec.labels.size()));
    }
    return {names.begin(), names.end()};
}

/// Why a line is none of "PATIENT FILE CLASS SOURCE".
std::string text_line_problem(const ListLine& line, const std::vector<std::string>& words) {
    const std::size_t count = line.fields.size();
    if (count < 4) {
        return fmt::format("{} fields", count);
    }
    const bool has_class = std::ranges::find(words, line.fields[count - 2]) != words.end();
    return has_class ? "no image's name before the class" : "another class word";
}

struct PatientAndFile {
    std::string_view patient;
    std::string path; ///< below the listing's folder
};

/// Of a line "PATIENT FILE CLASS SOURCE", both of whose first parts may hold blanks: 943 lines of COVIDx are
/// like "COVID 1 COVID(1).png positive sirm". The file is the last word before the class, unless there is
/// none of that name and one of more of the words.
PatientAndFile patient_and_file(const ListLine& line, const std::string& folder, PresentFiles& present) {
    const std::size_t last = line.fields.size() - 3;
    const char* end = line.fields[last].data() + line.fields[last].size();
    const auto split_at = [&](std::size_t first) -> PatientAndFile {
        const std::string_view before = line.fields[first - 1];
        return {.patient = {line.fields.front().data(), before.data() + before.size()},
                .path = fmt::format("{}/{}", folder, std::string_view(line.fields[first].data(), end))};
    };
    for (std::size_t first = last; first >= 1; --first) {
        PatientAndFile names = split_at(first);
        const bool is_safe = unsafe_path_reason(names.path).empty();
        if (is_safe && present.has(names.path)) {
            return names;
        }
    }
    return split_at(last);
}

/// What is wrong with an id of a part; empty when nothing is.
std::string id_problem(std::int64_t id, const std::vector<std::int64_t>& labels,
                       const std::vector<bool>& taken, std::size_t classes) {
    if (id < 1 || id > static_cast<std::int64_t>(labels.size())) {
        return " beyond the labels";
    }
    const auto place = static_cast<std::size_t>(id - 1);
    if (taken[place]) {
        return " for the second time";
    }
    const bool is_class = labels[place] >= 1 && labels[place] <= static_cast<std::int64_t>(classes);
    return is_class ? "" : fmt::format(", whose label is {}", labels[place]);
}

/// Ids of one part: each is a number from 1 to the number of labels.
void take_ids(Listing& listing, const std::string& variable, const std::vector<std::int64_t>& ids,
              const std::vector<std::int64_t>& labels, std::vector<bool>& taken, NamedImages& images) {
    for (const std::int64_t id : ids) {
        const std::size_t classes = listing.spec.labels.size();
        if (const std::string problem = id_problem(id, labels, taken, classes); !problem.empty()) {
            listing.add_fault("setid.mat", fmt::format("id {} of {}{}", id, variable, problem),
                              fmt::format("the ids 1 to {} without duplicates, with labels 1 to {}",
                                          labels.size(), classes));
            continue;
        }
        const auto place = static_cast<std::size_t>(id - 1);
        taken[place] = true;
        listing.add_file(images.find(fmt::format("image_{:05}.jpg", id)),
                         static_cast<std::int32_t>(labels[place] - 1));
    }
}

std::vector<std::int64_t> variable_of(Listing& listing, const std::string& file,
                                      const std::map<std::string, std::vector<std::int64_t>>& variables,
                                      const std::string& name) {
    const auto found = variables.find(name);
    if (found == variables.end()) {
        listing.add_fault(file, fmt::format("no variable '{}'", name), "the published file");
        return {};
    }
    return found->second;
}

std::map<std::string, std::vector<std::int64_t>> read_mat(Listing& listing, const std::string& file) {
    FaultList faults;
    auto variables = read_mat_integers(listing.read_watched(file), (listing.folder / file).string(), faults);
    listing.add_faults(faults);
    return variables;
}

} // namespace

void list_name_lists(Listing& listing) {
    ListedImages images(listing);
    std::map<std::string, std::string, std::less<>> numbers; // class -> its number in the lists
    read_lists(listing, [&](const std::string& list, const ListLine& line, bool is_train) {
        const std::string file = (listing.folder / list).string();
        const std::string_view name = class_of_name(line.fields.front());
        if (line.fields.size() != 4 || name.empty()) {
            listing.faults.add(line_fault(file, line,
                                          fmt::format("{} fields, name without a class", line.fields.size()),
                                          "NAME_NUMBER CLASS SPECIES BREED"));
            return;
        }
        if (!is_number_up_to(line.fields[1], listing.spec.labels.size())) {
            listing.faults.add(line_fault(file, line, "another class number",
                                          fmt::format("1 to {}", listing.spec.labels.size())));
            return;
        }
        const auto [entry, is_new] = numbers.try_emplace(std::string(name), line.fields[1]);
        if (!is_new && entry->second != line.fields[1]) {
            listing.faults.add(
                line_fault(file, line, "another class number than this class had before", entry->second));
            return;
        }
        images.add(file, line,
                   {.path = fmt::format("images/{}.jpg", line.fields.front()),
                    .class_name = std::string(name),
                    .patient = {},
                    .is_train = is_train});
    });
    listing.manifest.label_names = sorted_classes(listing, images.images());
    take_images(listing, images.images(), listing.manifest.label_names);
}

void list_text_lists(Listing& listing) {
    const std::vector<std::string>& words = listing.layout.class_words;
    ListedImages images(listing);
    PresentFiles present(listing);
    read_lists(listing, [&](const std::string& list, const ListLine& line, bool is_train) {
        const std::string file = (listing.folder / list).string();
        const std::size_t count = line.fields.size();
        const std::string_view word = count < 4 ? "" : line.fields[count - 2];
        if (std::ranges::find(words, word) == words.end() || !has_image_name(line.fields[count - 3])) {
            listing.faults.add(line_fault(file, line, text_line_problem(line, words),
                                          fmt::format("PATIENT FILE {} SOURCE", fmt::join(words, "|"))));
            return;
        }
        const PatientAndFile names = patient_and_file(line, fs::path(list).stem().string(), present);
        images.add(file, line,
                   {.path = names.path,
                    .class_name = std::string(word),
                    .patient = std::string(names.patient),
                    .is_train = is_train});
    });
    listing.manifest.label_names = listing.spec.labels;
    take_images(listing, images.images(), words);
}

void list_matlab_lists(Listing& listing) {
    listing.manifest.label_names = listing.spec.labels;
    const auto labels =
        variable_of(listing, "imagelabels.mat", read_mat(listing, "imagelabels.mat"), "labels");
    const auto ids = read_mat(listing, "setid.mat");
    if (labels.empty()) { // a fault already
        return;
    }
    std::vector<bool> taken(labels.size());
    NamedImages images(listing, "jpg", class_folder_depth);
    for (const auto* parts : {&listing.layout.train, &listing.layout.test}) {
        for (const std::string& part : *parts) {
            take_ids(listing, part, variable_of(listing, "setid.mat", ids, part), labels, taken, images);
        }
        if (parts == &listing.layout.train) {
            listing.manifest.train_samples = listing.manifest.size();
        }
    }
    images.report();
}

} // namespace suite::data
