#include "base/inner/yaml_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar {

constexpr size_t longest_excerpt = 300;  // bytes of a line that an error shows

std::string shown(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const size_t width = byte < 0xC0 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    const std::string_view character = text.substr(at, width);
    const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7F || (byte == 0xC2 && character.size() == 2 && static_cast<unsigned char>(character[1]) < 0xA0);
    const bool good = !control && character.size() == width && is_utf8(character);
    out += good ? character : replacement;
    at += good ? width : 1;
  }
  return out;
}

std::string excerpt_at(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  const size_t before = at == 0 ? std::string_view::npos : text.find_last_of("\r\n", at - 1);
  const size_t first = before == std::string_view::npos ? 0 : before + 1;
  std::string_view line = text.substr(first, std::min(text.find_first_of("\r\n", first), text.size()) - first);
  if (line.size() > longest_excerpt) {
    size_t end = longest_excerpt;
    while (end > 0 && is_continuation(line[end])) --end;
    line = line.substr(0, end);
  }
  return shown(line);
}

std::optional<Unfit> find_unfit(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++at;
      continue;
    }
    if (byte < 0x80) {
      if (byte != '\t' && byte != '\n' && byte != '\r') {
        return Unfit{at, byte == 0 ? "a NUL byte is not allowed" : fmt::format("the control character U+{:04X} is not allowed", byte)};
      }
      ++at;
      continue;
    }
    const size_t width = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    const std::string_view character = text.substr(at, width);
    if (character.size() < width || !is_utf8(character)) return Unfit{at, fmt::format("the byte 0x{:02X} is not valid UTF-8", byte)};
    if (byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0 && static_cast<unsigned char>(text[at + 1]) != 0x85) {
      return Unfit{at, fmt::format("the control character U+{:04X} is not allowed", static_cast<unsigned char>(text[at + 1]))};
    }
    at += width;
  }
  return std::nullopt;
}

std::optional<Unfit> find_unfit_line(std::string_view text) {
  constexpr int most_blank = 1000;
  int blank = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with('%') && !(at == 0 && line.size() < 40 && line.starts_with("%YAML 1."))) return Unfit{at, "a directive is not allowed"};
    blank = line.find_first_not_of(" \t") == std::string_view::npos ? blank + 1 : 0;
    if (blank > most_blank) return Unfit{at, fmt::format("more than {} empty lines in a row", most_blank)};
    at = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  return std::nullopt;
}

std::string single_quoted(std::string_view raw) {
  constexpr std::string_view blanks = " \t\r";
  std::string out;
  size_t breaks = 0;
  for (bool first = true;; first = false) {
    const size_t end = raw.find('\n');
    const bool last = end == std::string_view::npos;
    std::string_view line = raw.substr(0, end);
    if (!first) line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    if (!last) line = line.substr(0, line.find_last_not_of(blanks) + 1);
    if (!first && (!line.empty() || last)) {  // a single break is a space; of several the first goes
      if (breaks == 1) out += ' ';
      else out.append(breaks - 1, '\n');
      breaks = 0;
    }
    for (size_t at = 0; at < line.size(); ++at) {
      out += line[at];
      if (line[at] == '\'') ++at;  // which is there twice
    }
    if (last) return out;
    ++breaks;
    raw.remove_prefix(end + 1);
  }
}

}  // namespace ashlar
