#include "suite/app/man_page.hpp"

#include <cstdint>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suite::app {
namespace {

struct Described {
    std::string_view name;
    std::string_view text;
};

constexpr Described exit_codes[] = {
    {"0", "Success."},
    {"1", "A comparison failed: a result differs, or a claim does not hold."},
    {"2", "The command line or a declaration is wrong."},
    {"3", "A data set is missing or damaged."},
    {"4", "A file of weights or a checkpoint is missing or wrong."},
    {"5", "The store of results cannot be read or written, or a record is damaged."},
    {"6", "The environment lacks something: a program, memory, disk space."},
    {"7", "Training produced a number that is not finite, or a loss that did not fall."},
    {"8", "A rank failed or did not answer."},
    {"9", "Memory or a file was probably corrupted."},
    {"10, 11", "compare: a speed regressed, or could not be shown to have been kept."},
    {"75", "Interrupted; run the same command again to go on."},
    {"77", "Nothing could be checked; the reason is printed."},
};

constexpr Described variables[] = {
    {"TRANSFERSCALE_STORE", "Folder of the run records (default: store in the working folder); see --store."},
    {"TRANSFERSCALE_DATA", "Folder of the published data sets; see --data."},
    {"TRANSFERSCALE_DEVICE", "auto, cpu or cuda; see --device."},
    {"TRANSFERSCALE_SAVE_SECONDS", "How often an unfinished run saves where it stands; see --save-seconds."},
    {"TRANSFERSCALE_WORKLOADS", "Folder of the declared workloads, instead of the built-in one."},
    {"TRANSFERSCALE_WORKER", "The worker program, instead of the one beside transferscale."},
    {"TRANSFERSCALE_CACHE", "Folder of caches (default: ~/.cache/transferscale)."},
    {"NO_COLOR", "If set, no colours on a terminal."},
};

constexpr Described examples[] = {
    {"transferscale list", "What can be reproduced."},
    {"transferscale list WORKLOAD", "What a workload consists of, and how to run it."},
    {"transferscale reproduce WORKLOAD", "Run, check and report in one command."},
    {"transferscale run WORKLOAD", "Train it at laptop scale; run it again to go on after an interruption."},
    {"transferscale check WORKLOAD", "Compare the results with the references, test the claims."},
    {"transferscale report WORKLOAD", "Print the table and write it with figures to the folder report."},
    {"transferscale audit", "Recompute the published tables from the authors' own seeds, without training."},
};

/// The code point that begins at `place`, which moves behind it; malformed bytes count one by one.
std::uint32_t next_letter(std::string_view text, std::size_t& place) {
    const auto first = static_cast<unsigned char>(text[place++]);
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    std::uint32_t letter = more == 0 ? first : first & (0x3FU >> more);
    for (int i = 0; i < more && place < text.size(); ++i) {
        letter = (letter << 6) | (static_cast<unsigned char>(text[place++]) & 0x3FU);
    }
    return letter;
}

/// Text that roff prints as it is: its own characters escaped, everything else in ASCII.
std::string roff(std::string_view text) {
    std::string escaped;
    for (std::size_t place = 0; place < text.size();) {
        const std::uint32_t letter = next_letter(text, place);
        if (letter == '\\') {
            escaped += "\\e";
        } else if (letter == '-') {
            escaped += "\\-";
        } else if (letter == '\'') {
            escaped += "\\(aq";
        } else if (letter == '`') {
            escaped += "\\(ga";
        } else if (letter >= 0x80) {
            escaped += fmt::format("\\[u{:04X}]", letter);
        } else {
            escaped += static_cast<char>(letter);
        }
    }
    return escaped.starts_with('.') ? "\\&" + escaped : escaped;
}

std::string entry_text(std::string_view name, std::string_view text) {
    return fmt::format(".TP\n.B {}\n{}\n", roff(name), roff(text));
}

std::string option_text(const OptionEntry& option) {
    std::string text = option.help;
    if (!option.usual.empty()) {
        text += fmt::format(" (default: {})", option.usual);
    }
    if (option.is_required) {
        text += " (required)";
    }
    return entry_text(option.is_positional ? option.metavar : usage_of(option), text);
}

std::string command_text(const CommandEntry& command) {
    std::string text;
    if (command.parts.empty()) {
        std::string usage = "transferscale " + command.path;
        for (const OptionEntry& option : command.options) {
            usage += option.is_positional ? " " + usage_of(option) : "";
        }
        text += fmt::format(".SS {}\n{}.\n.PP\n.B {}\n[options]\n", roff("transferscale " + command.path),
                            roff(command.summary), roff(usage));
        for (const OptionEntry& option : command.options) {
            text += option.group == output_group ? "" : option_text(option);
        }
    }
    for (const CommandEntry& part : command.parts) {
        text += command_text(part);
    }
    return text;
}

template<std::size_t count>
std::string section(std::string_view title, const Described (&entries)[count]) {
    std::string text = fmt::format(".SH {}\n", title);
    for (const Described& entry : entries) {
        text += entry_text(entry.name, entry.text);
    }
    return text;
}

} // namespace

std::string man_page(const CommandEntry& program, std::string_view version) {
    std::string text = fmt::format(
        ".\\\" Printed by `transferscale man`.\n.TH TRANSFERSCALE 1 \"\" \"transferscale {}\" \"User "
        "Commands\"\n"
        ".SH NAME\ntransferscale \\- reproduce published transfer\\-learning results and check them\n"
        ".SH SYNOPSIS\n.B transferscale\n.I COMMAND\n[arguments] [options]\n.br\n.B transferscale "
        "\\-\\-version\n"
        ".SH DESCRIPTION\n{}\n.PP\nEvery command takes the options of the section\n",
        roff(version), roff(program.summary));
    text += ".BR \"COMMON OPTIONS\" .\nResults go to stdout, progress and messages to stderr.\n.SH COMMON "
            "OPTIONS\n";
    text += entry_text("-h, --help", "Print the command's help and exit.");
    text += entry_text("--json", "Print one JSON document on stdout and nothing else there.");
    text += entry_text("--quiet", "Print nothing but errors on stderr.");
    text += ".SH COMMANDS\n" + command_text(program);
    text += section("EXIT STATUS", exit_codes) + section("ENVIRONMENT", variables) +
            section("EXAMPLES", examples);
    return text;
}

} // namespace suite::app
