#include "policy/inner/cel.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::policy::cel {
namespace {

constexpr std::string_view nothing = "[^\\s\\S]";  ///< matches no character

std::string escaped(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7F) return fmt::format("\\x{:02x}", byte);
  if (std::string_view(".+*?(){}|$").find(c) != std::string_view::npos) return fmt::format("[{}]", c);
  if (std::string_view("\\^[]").find(c) != std::string_view::npos) return fmt::format("\\{}", c);
  return std::string(1, c);
}

/// A range of ASCII characters in a class, without `/`, which parts of a path do not have.
void add_range(std::string& out, int from, int to) {
  from = std::max(from, 0);
  if (from > to) return;
  if (from <= '/' && '/' <= to) {
    add_range(out, from, '/' - 1);
    add_range(out, '/' + 1, to);
    return;
  }
  out += fmt::format("\\x{:02x}", from);
  if (to > from) out += fmt::format("-\\x{:02x}", to);
}

/// `[...]` of a glob, by its inside. Characters are compared as `char` is, where a byte of another script comes before all of ASCII.
std::string set_of(std::string_view set) {
  const bool inverse = set[0] == '!' || set[0] == '^';
  if (inverse) set.remove_prefix(1);
  std::string ranges;
  for (size_t at = 0; at < set.size(); ++at) {
    const bool range = at + 2 < set.size() && set[at + 1] == '-';
    const auto from = static_cast<signed char>(set[at]), to = static_cast<signed char>(range ? set[at + 2] : set[at]);
    add_range(ranges, from, to);
    if (range) at += 2;
  }
  if (inverse) return fmt::format("[^/{}]", ranges);
  return ranges.empty() ? std::string(nothing) : fmt::format("[{}]", ranges);
}

std::string segment_of(std::string_view pattern) {
  std::string out;
  for (size_t at = 0; at < pattern.size(); ++at) {
    const size_t close = pattern[at] == '[' ? pattern.find(']', at + 2) : std::string_view::npos;
    if (close != std::string_view::npos) {
      out += set_of(pattern.substr(at + 1, close - at - 1));
      at = close;
    } else if (pattern[at] == '*') {
      if (!out.ends_with("[^/]*")) out += "[^/]*";
    } else {
      out += pattern[at] == '?' ? "[^/]" : escaped(pattern[at]);
    }
  }
  return out;
}

}  // namespace

std::string text(std::string_view value) {
  std::string out = "'";
  for (size_t at = 0; at < value.size(); ++at) {
    const char c = value[at], next = at + 1 < value.size() ? value[at + 1] : '\0', before = at > 0 ? value[at - 1] : '\0';
    const auto byte = static_cast<unsigned char>(c);
    const bool filled_in = (c == '{' && (next == '{' || before == '{')) || (c == '$' && next == '(');
    if (byte < 0x20 || byte == 0x7F || filled_in) out += fmt::format("\\u{:04x}", byte);
    else if (c == '\'' || c == '\\') out += fmt::format("\\{}", c);
    else out += c;
  }
  return out + "'";
}

std::string list(std::span<const std::string> values) {
  std::vector<std::string> texts;
  for (const std::string& each : values) texts.push_back(text(each));
  return "[" + join(texts, ", ") + "]";
}

std::string literal(std::string_view characters) {
  std::string out;
  for (const char c : characters) out += escaped(c);
  return out;
}

std::string part_of(std::string_view glob) {
  auto segments = split(glob, '/');
  // Several `**` one after the other are one.
  const auto [last, end] = std::ranges::unique(segments, [](std::string_view a, std::string_view b) { return a == "**" && b == "**"; });
  segments.erase(last, end);
  if (segments.size() == 1 && segments[0] == "**") return "[\\s\\S]*";
  std::string out;
  for (size_t at = 0; at < segments.size(); ++at) {
    const bool is_last = at + 1 == segments.size();
    if (segments[at] != "**") {
      out += segment_of(segments[at]);
      if (!is_last && !(segments[at + 1] == "**" && at + 2 == segments.size())) out += '/';
    } else if (is_last) {
      out += "(?:/[^/]*)*";  // of which the first `/` is the one before `**`
    } else {
      out += "(?:[^/]*/)*";
    }
  }
  return out;
}

std::string regex_of(std::span<const std::string> globs) {
  std::vector<std::string> parts;
  for (const std::string& each : globs) parts.push_back(part_of(each));
  if (parts.empty()) return std::string(nothing);
  return fmt::format("^(?:{})$", join(parts, "|"));
}

bool is_plain_expression(std::string_view expression) {
  for (size_t at = 0; at < expression.size(); ++at) {
    if (expression[at] == '\\') {
      if (++at < expression.size() && std::string_view("123456789cuk").find(expression[at]) != std::string_view::npos) return false;
    } else if (expression.substr(at).starts_with("(?") && !expression.substr(at).starts_with("(?:")) {
      return false;
    }
  }
  return true;
}

}  // namespace ashlar::policy::cel
