#include "inventory/os_release.h"

#include <array>

namespace ashlar::inventory {
namespace {

constexpr std::array<std::string_view, 2> places = {"etc/os-release", "usr/lib/os-release"};

/// The value of an assignment (os-release(5), "Values"): one word, quoted or not, with backslashes before what they take from its meaning.
std::string unquoted(std::string_view text) {
  std::string out;
  char quote = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
      out += text[++at];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

bool tells_os_release(std::string_view path) { return path == places[0] || path == places[1]; }

OsRelease read_os_release(std::string_view text, std::string_view path) {
  OsRelease out{std::string(path), {}};
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    const size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos || equals == 0) continue;
    out.fields[std::string(line.substr(0, equals))] = unquoted(line.substr(equals + 1));
  }
  return out;
}

std::optional<OsRelease> find_os_release(const Contents& contents) {
  for (const std::string_view place : places) {
    if (const auto found = contents.texts.find(std::string(place)); found != contents.texts.end()) return read_os_release(found->second, place);
  }
  return std::nullopt;
}

}  // namespace ashlar::inventory
