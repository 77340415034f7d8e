#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace ashlar::cli {
namespace {

/// Characters that a terminal shows, for text without control or wide ones.
size_t width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string styled(const Context& context, std::string_view style, std::string_view text) {
  return context.color ? fmt::format("{}{}{}", style, text, style_none) : std::string(text);
}

}  // namespace

void say(Context& context, std::string_view line) {
  context.answer->append(shown(line, context.color));
  context.answer->push_back('\n');
}

void answer(Context& context, const Json& record) { context.answer->append(to_pretty(record)); }

std::string bold(const Context& context, std::string_view text) { return styled(context, style_bold, text); }
std::string faint(const Context& context, std::string_view text) { return styled(context, style_faint, text); }

std::string table(const Context& context, const std::vector<std::vector<std::string>>& given) {
  std::vector<size_t> widths;
  std::vector<std::vector<std::string>> rows = given;
  for (auto& row : rows) {
    for (std::string& cell : row) {
      cell = shown(cell, context.color);
      std::ranges::replace_if(cell, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    }
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], width(row[at]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t at = 0; at < row.size(); ++at) {
      line += row[at];
      if (at + 1 < row.size()) line += std::string(widths[at] - width(row[at]) + 2, ' ');
    }
    out += &row == &rows.front() ? bold(context, line) : line;
    out += '\n';
  }
  return out;
}

}  // namespace ashlar::cli
