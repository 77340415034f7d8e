// A migration's report: JSON, Markdown and text.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/migration.h"
#include "workload/migrate.h"

namespace ashlar::workload {
namespace {

Json points(const std::vector<MigrationPoint>& list) {
  Json out = Json::array();
  for (const MigrationPoint& each : list) {
    Json one = {{"id", each.id}, {"line", each.span.line}, {"column", each.span.column}, {"what", each.what}, {"why", each.why}};
    if (!each.remedy.empty()) one["remedy"] = each.remedy;
    out.push_back(std::move(one));
  }
  return out;
}

/// For a cell of a table: nothing in it ends the cell or the code.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : visible(text)) {
    if (c == '|') out += "\\|";
    else if (c == '<') out += "&lt;";
    else if (c == '`') out += '\'';
    else out += c;
  }
  return out;
}

std::string line_of(const MigrationPoint& point) { return point.span.line == 0 ? "-" : std::to_string(point.span.line); }

void section(std::string& out, std::string_view title, const std::vector<MigrationPoint>& list, bool remedies) {
  if (list.empty()) return;
  out += fmt::format("\n### {} ({})\n\n| line | matter | what stands there | {} |{}\n|---|---|---|---|{}\n", title, list.size(), remedies ? "why" : "what was done", remedies ? " what to do |" : "", remedies ? "---|" : "");
  for (const MigrationPoint& each : list) {
    out += fmt::format("| {} | {} | `{}` | {} |", line_of(each), each.id, cell(each.what), cell(each.why));
    if (remedies) out += fmt::format(" {} |", cell(each.remedy));
    out += '\n';
  }
}

void lines(std::string& out, std::string_view path, std::string_view word, const std::vector<MigrationPoint>& list) {
  for (const MigrationPoint& each : list) {
    out += each.span.line == 0 ? fmt::format("{}: ", path) : fmt::format("{}:{}:{}: ", path, each.span.line, each.span.column);
    out += fmt::format("{} [{}] '{}': {}\n", word, each.id, each.what, each.why);
    if (!each.remedy.empty()) out += fmt::format("  to do: {}\n", each.remedy);
  }
}

std::string verdict(const Migrated& migrated) {
  if (migrated.refused()) return fmt::format("refused: {} reason{}", migrated.refusals.size(), migrated.refusals.size() == 1 ? "" : "s");
  if (!migrated.changed) return "nothing to change: the last stage stands on a hardened image";
  if (migrated.breaks.empty()) return fmt::format("converted: {} change{}, no open point", migrated.changes.size(), migrated.changes.size() == 1 ? "" : "s");
  return fmt::format("converted: {} change{}, {} open point{}", migrated.changes.size(), migrated.changes.size() == 1 ? "" : "s", migrated.breaks.size(), migrated.breaks.size() == 1 ? "" : "s");
}

}  // namespace

std::string shortened(std::string_view text) {
  constexpr size_t most = 1000;
  size_t end = std::min(most, text.size());
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end == text.size() ? std::string(text) : std::string(text.substr(0, end)) + "...";
}

std::string line_of(std::string_view text, const Span& span) { return span.line == 0 ? std::string() : shortened(Lines(text).line(span.line)); }

Json to_json(const Migrated& migrated, std::string_view path) {
  return {{"schema", "https://ashlar.dev/migration/v1"}, {"path", visible(path)}, {"result", migrated.refused() ? "refused" : migrated.changed ? "converted" : "unchanged"},
          {"changes", points(migrated.changes)}, {"breaks", points(migrated.breaks)}, {"refusals", points(migrated.refusals)}};
}

std::string to_markdown(const Migrated& migrated, std::string_view path) {
  std::string out = fmt::format("## `{}`: {}\n", cell(path), verdict(migrated));
  section(out, "Refused", migrated.refusals, true);
  section(out, "To decide", migrated.breaks, true);
  section(out, "Done", migrated.changes, false);
  return out;
}

std::string to_text(const Migrated& migrated, std::string_view path) {
  std::string out;
  const std::string file = visible(path);
  lines(out, file, "refused", migrated.refusals);
  lines(out, file, "break", migrated.breaks);
  lines(out, file, "change", migrated.changes);
  return out + file + ": " + verdict(migrated) + "\n";
}

}  // namespace ashlar::workload
