#include "tests/support/miniature_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/encoders.hpp"

namespace suite::testing {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_below(const fs::path& folder, std::string_view ending) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().string().ends_with(ending)) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    return files;
}

fs::path first_image(const fs::path& folder, std::string_view ending) {
    return files_below(folder, ending).at(0);
}

void truncate(const fs::path& path, std::size_t percent) {
    const std::string bytes = bytes_of(path);
    write_file(path, std::string_view(bytes).substr(0, bytes.size() * percent / 100));
}

void replace_in(const fs::path& path, std::string_view old_text, std::string_view new_text) {
    std::string bytes = bytes_of(path);
    const std::size_t place = bytes.find(old_text);
    write_file(path, bytes.replace(place, old_text.size(), new_text));
}

void append_to(const fs::path& path, std::string_view text) {
    write_file(path, bytes_of(path) + std::string(text));
}

std::string line_of(const fs::path& path, std::size_t number) {
    const std::string text = bytes_of(path);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < number; ++i) {
        begin = text.find('\n', begin) + 1;
    }
    return text.substr(begin, text.find('\n', begin) + 1 - begin);
}

} // namespace suite::testing
