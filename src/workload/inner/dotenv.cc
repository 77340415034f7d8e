#include "workload/inner/dotenv.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "workload/variables.h"

namespace ashlar::workload {
namespace {

constexpr size_t max_bytes = 1 << 20;

bool is_name(std::string_view text) {
  const auto letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-'; };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 && std::ranges::all_of(text, letter);
}

/// With the values of the lines before; none where one is not known.
std::optional<std::string> filled(std::string_view value, const EnvironmentFile& known) {
  // What a backslash means, versions of compose do not agree on.
  if (value.find('\\') != std::string_view::npos) return std::nullopt;
  std::map<std::string, Traced> held;
  bool open = false;
  const Substituted out = substitute(Traced(value, 0), Dialect::Compose, 0, [&](const std::string& name) -> const Traced* {
    const auto found = known.find(name);
    if (found == known.end()) return nullptr;
    if (!found->second) return open = true, nullptr;
    Traced& text = held[name];
    if (text.empty()) text.add_loose(*found->second);
    return &text;
  });
  if (open || !out.good || !out.unknown.empty()) return std::nullopt;
  return out.text.text;
}

/// What stands behind `=`: the rest of the line, or of several in quotes. `at` goes behind it; false where the quotes do not end, or something stands behind them.
bool read_value(std::string_view text, size_t& at, const EnvironmentFile& known, std::optional<std::string>& out) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  const char quote = at < text.size() && (text[at] == '"' || text[at] == '\'') ? text[at] : '\0';
  size_t end = std::min(text.find('\n', at), text.size());
  if (quote == '\0') {
    std::string_view value = text.substr(at, end - at);
    for (size_t mark = value.find('#'); mark != std::string_view::npos; mark = value.find('#', mark + 1)) {
      if (mark == 0 || value[mark - 1] == ' ' || value[mark - 1] == '\t') value = value.substr(0, mark);
    }
    out = filled(trim(value), known);
  } else {
    size_t close = at + 1;
    while (close < text.size() && text[close] != quote) close += text[close] == '\\' ? 2 : 1;
    if (close >= text.size()) return false;
    const std::string_view value = text.substr(at + 1, close - at - 1);
    if (quote == '"') out = filled(value, known);
    else if (value.find('\\') == std::string_view::npos) out = std::string(value);
    else out = std::nullopt;
    end = std::min(text.find('\n', close), text.size());
    const std::string_view behind = trim(text.substr(close + 1, end - close - 1));
    if (!behind.empty() && behind[0] != '#') return false;
  }
  at = end;
  return true;
}

}  // namespace

std::optional<EnvironmentFile> read_environment_file(std::string_view text) {
  EnvironmentFile out;
  if (text.size() > max_bytes) return std::nullopt;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (size_t at = 0; at < text.size(); ++at) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = trim(text.substr(at, end - at));
    if (line.empty() || line[0] == '#') {
      at = end;
      continue;
    }
    const size_t sign = text.find_first_of("=:", at);
    std::string_view name = trim(text.substr(at, std::min(sign, end) - at));
    if (name.starts_with("export ")) name = trim(name.substr(7));
    if (!is_name(name)) return std::nullopt;
    if (sign == std::string_view::npos || sign >= end) {  // a name alone takes its value from where compose runs
      out[std::string(name)] = std::nullopt;
      at = end;
      continue;
    }
    std::optional<std::string> value;
    at = sign + 1;
    if (!read_value(text, at, out, value)) return std::nullopt;
    out[std::string(name)] = std::move(value);
  }
  return out;
}

}  // namespace ashlar::workload
