// What a rerun must repeat of every record in a store, one line each, sorted by key:
//   finished KEY CELL SEED METRIC=VALUE LOSSES PREDICTIONS WEIGHTS     (hexadecimal floats, SHA-256 digests)
//   failed KEY PHASE KIND
//   damaged KEY
// Usage: print_records STORE [losses|resumed|images]. Reads every file whole; writes nothing. With `losses`,
// of each finished run:
//   losses CELL SEED LOSS LOSS …     (one a step; CELL is "pretrain" for pre-training)
// With `resumed`, of each finished run that went on from a saved state: resumed KEY STEP
// With `images`, of each finished run: images CELL TEST_IMAGES [NAME=COUNT: PATH; …] (of provenance *_images)
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/store/store.hpp"

namespace {

using suite::store::RunRecord;

std::string metrics_text(const RunRecord& record) {
    std::string text;
    for (const auto& metric : record.metrics) {
        text += fmt::format("{}{}/{}={:a}", text.empty() ? "" : ",", metric.name, metric.split, metric.value);
    }
    return text;
}

std::string losses_digest(const RunRecord& record) {
    std::string text;
    for (const auto& entry : record.losses) {
        text += fmt::format("{} {:a} {:a}\n", entry.step, entry.loss, entry.lr);
    }
    return suite::sha256_hex(text);
}

template<typename Number>
void add(suite::Sha256& hash, const std::vector<Number>& numbers) {
    hash.update(fmt::format("{}\n", numbers.size()));
    hash.update(std::as_bytes(std::span(numbers)));
}

std::string predictions_digest(const RunRecord& record) {
    if (!record.predictions) {
        return "none";
    }
    suite::Sha256 hash;
    add(hash, record.predictions->scores);
    add(hash, record.predictions->classes);
    add(hash, record.predictions->label_matrix);
    return suite::to_hex(hash.finish());
}

std::string line_of(const std::string& key, const suite::store::Lookup& lookup) {
    if (!lookup.record) {
        return "damaged " + key;
    }
    const RunRecord& record = *lookup.record;
    if (record.failure) {
        return fmt::format("failed {} {} {}", key, record.failure->phase, record.failure->kind);
    }
    return fmt::format("finished {} {} {} {} {} {} {}", key, record.cell.empty() ? "pretrain" : record.cell,
                       record.seed, metrics_text(record), losses_digest(record), predictions_digest(record),
                       record.weights_digest);
}

std::string losses_line(const RunRecord& record) {
    std::string text =
        fmt::format("losses {} {}", record.cell.empty() ? "pretrain" : record.cell, record.seed);
    for (const auto& entry : record.losses) {
        text += fmt::format(" {}", entry.loss);
    }
    return text;
}

void print_resumed(const suite::store::Store& store) {
    for (const std::string& key : store.keys()) {
        const auto lookup = store.look_up(key);
        if (lookup.record && lookup.record->provenance.contains("resumed_at_step")) {
            fmt::print("resumed {} {}\n", key, lookup.record->provenance.at("resumed_at_step"));
        }
    }
}

void print_images(const suite::store::Store& store) {
    for (const std::string& key : store.keys()) {
        const auto lookup = store.look_up(key);
        if (!lookup.record) {
            continue;
        }
        const RunRecord& record = *lookup.record;
        fmt::print("images {} {}", record.cell.empty() ? "pretrain" : record.cell,
                   record.predictions ? record.predictions->samples : 0);
        for (const auto& [name, text] : record.provenance) {
            if (name.ends_with("_images")) {
                fmt::print(" {}={}", name, text);
            }
        }
        fmt::print("\n");
    }
}

} // namespace

int main(int argc, char** argv) {
    const bool wants_losses = argc == 3 && std::string(argv[2]) == "losses";
    const bool wants_resumed = argc == 3 && std::string(argv[2]) == "resumed";
    const bool wants_images = argc == 3 && std::string(argv[2]) == "images";
    if (argc != 2 && !wants_losses && !wants_resumed && !wants_images) {
        fmt::print(stderr, "usage: print_records STORE [losses|resumed|images]\n");
        return 2;
    }
    try {
        const suite::store::Store store(argv[1], suite::store::Access::read_only);
        if (wants_resumed) {
            print_resumed(store);
            return 0;
        }
        if (wants_images) {
            print_images(store);
            return 0;
        }
        for (const std::string& key : store.keys()) {
            const auto lookup = store.look_up(key);
            fmt::print("{}\n",
                       wants_losses && lookup.record ? losses_line(*lookup.record) : line_of(key, lookup));
        }
        if (wants_losses) {
            return 0;
        }
        for (const std::string& key : store.failed_keys()) {
            if (const auto lookup = store.look_up(key); lookup.state != suite::store::LookupState::finished) {
                fmt::print("{}\n", line_of(key, lookup));
            }
        }
        return 0;
    } catch (const suite::Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return error.exit_code();
    }
}
