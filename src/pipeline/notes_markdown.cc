// Notes as text for people.
#include <fmt/format.h>

#include "base/markdown.h"
#include "base/text.h"
#include "pipeline/notes.h"

namespace ashlar::pipeline {
namespace {

using markdown::code;
using markdown::prose;
using Changed = inventory::Difference::Changed;
constexpr size_t most_files = 50;

void add_changes(std::string& out, std::string_view title, const prove::Behaviour& behaviour, prove::Weight weight) {
  if (behaviour.count(weight) == 0) return;
  out += fmt::format("\n### {}\n\n", title);
  for (const prove::Change& each : behaviour.changes) {
    if (each.weight != weight) continue;
    out += fmt::format("- {} ({})\n", prose(each.what), code(each.id));
    for (const std::string& line : each.evidence) out += fmt::format("  - {}\n", prose(line));
  }
}

void add_findings(std::string& out, std::string_view title, const std::vector<ChangedFinding>& findings) {
  if (findings.empty()) return;
  out += fmt::format("\n### {}\n\n| CVE | package | severity | version | fixed in |\n|---|---|---|---|---|\n", title);
  for (const ChangedFinding& each : findings) out += fmt::format("| {} | {} | {} | {} | {} |\n", prose(each.id), code(each.package), each.severity, code(each.version), code(each.fixed_in));
}

void add_table(std::string& out, std::string_view title, std::string_view noun, const std::vector<Changed>& rows, size_t most) {
  if (rows.empty()) return;
  out += fmt::format("\n### {}\n\n| {} | before | after |\n|---|---|---|\n", title, noun);
  for (size_t at = 0; at < std::min(most, rows.size()); ++at) out += fmt::format("| {} | {} | {} |\n", code(rows[at].name), code(rows[at].before), code(rows[at].after));
  if (rows.size() > most) out += fmt::format("\nand {} more\n", rows.size() - most);
}

}  // namespace

std::string to_markdown(const Notes& notes) {
  std::string out = fmt::format("## Changes for {}\n\n| | |\n|---|---|\n| before | {} |\n| after | {} |\n| to pull | {} of {} layers, {} |\n", notes.platform.str(), code(notes.before.str()), code(notes.after.str()),
                                notes.difference.layers_after - notes.difference.shared_layers, notes.difference.layers_after, human_size(notes.difference.pull_bytes));
  if (notes.findings) out += fmt::format("| vulnerabilities | {} fixed, {} new, {} open |\n", notes.findings->fixed.size(), notes.findings->fresh.size(), notes.findings->open);
  if (notes.difference.same()) out += "\nThe images hold the same.\n";
  add_changes(out, "Breaking changes", notes.behaviour, prove::Weight::Breaking);
  if (notes.findings) {
    add_findings(out, "Vulnerabilities fixed", notes.findings->fixed);
    add_findings(out, "Vulnerabilities new", notes.findings->fresh);
  }
  add_table(out, "Packages", "package", notes.difference.packages, SIZE_MAX);
  add_table(out, "Configuration", "setting", notes.difference.config, SIZE_MAX);
  add_changes(out, "Notable", notes.behaviour, prove::Weight::Notable);
  add_table(out, fmt::format("Files ({})", notes.difference.files.size()), "path", notes.difference.files, most_files);
  if (notes.findings && !notes.findings->doubts.empty()) {
    out += "\n### What is not known\n\n";
    for (const std::string& each : notes.findings->doubts) out += fmt::format("- {}\n", prose(each));
  }
  return out;
}

}  // namespace ashlar::pipeline
