#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include <fmt/format.h>

namespace ashlar {
namespace {

constexpr std::string_view white = " \t\r\n\f\v";

bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Matches one segment, from `pattern` and `text` with no `/` in them.
bool matches_segment(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    size_t width = 1;
    bool fits = false;
    if (p < pattern.size() && pattern[p] == '[') {
      const size_t close = pattern.find(']', p + 2);
      if (close != std::string_view::npos) {
        std::string_view set = pattern.substr(p + 1, close - p - 1);
        const bool inverse = set[0] == '!' || set[0] == '^';
        if (inverse) set.remove_prefix(1);
        for (size_t at = 0; at < set.size(); ++at) {
          if (at + 2 < set.size() && set[at + 1] == '-') {
            fits = fits || (set[at] <= text[t] && text[t] <= set[at + 2]);
            at += 2;
          } else {
            fits = fits || set[at] == text[t];
          }
        }
        fits = fits != inverse;
        width = close - p + 1;
      } else {
        fits = text[t] == '[';
      }
    } else if (p < pattern.size() && pattern[p] != '*') {
      fits = pattern[p] == '?' || pattern[p] == text[t];
    }
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (fits) {
      p += width;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// Insertions, deletions, changes and swaps of neighbours that make one text of the other.
size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<size_t> before(to.size() + 1), above(to.size() + 1), row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i + 1;
    for (size_t j = 0; j < to.size(); ++j) {
      row[j + 1] = std::min({above[j] + (from[i] == to[j] ? 0 : 1), above[j + 1] + 1, row[j] + 1});
      if (i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j]) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
  }
  return row.back();
}

/// How often each letter is there; several letters may share one place.
using Letters = std::array<int, 32>;

Letters letters_of(std::string_view text) {
  Letters out = {};
  for (const char c : text) ++out[static_cast<unsigned char>(c) & 31];
  return out;
}

/// No edit distance of two texts is less than the letters that one has more than the other.
size_t least_distance(Letters left, std::string_view candidate) {
  for (const char c : candidate) --left[static_cast<unsigned char>(c) & 31];
  int more = 0, less = 0;
  for (const int each : left) (each > 0 ? more : less) += each;
  return static_cast<size_t>(std::max(more, -less));
}

}  // namespace

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : Parts(text, separator)) parts.push_back(part);
  return parts;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (auto at = std::ranges::find_if_not(text, is_white); at != text.end();) {
    const auto end = std::find_if(at, text.end(), is_white);
    found.emplace_back(at, end);
    at = std::find_if_not(end, text.end(), is_white);
  }
  return found;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string nearest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr size_t longest = 64;
  if (name.size() > longest) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  const Letters letters = letters_of(name);
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > longest) continue;
    const size_t longer = std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
    if (longer >= best_distance || least_distance(letters, candidate) >= best_distance) continue;
    if (const size_t distance = edit_distance(name, candidate); distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return std::string(best);
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    size_t more = 0;
    std::uint32_t code = lead;
    if (lead < 0x80) {
      ++at;
      continue;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1, code = lead & 0x1Fu;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2, code = lead & 0x0Fu;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3, code = lead & 0x07u;
    } else {
      return false;
    }
    if (at + more >= text.size()) return false;
    for (size_t i = 1; i <= more; ++i) {
      const auto next = static_cast<std::uint8_t>(text[at + i]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3Fu);
    }
    if ((more == 2 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) || (more == 3 && (code < 0x10000 || code > 0x10FFFF))) return false;
    at += more + 1;
  }
  return true;
}

bool matches_glob(std::string_view pattern, std::string_view path) {
  const auto patterns = split(pattern, '/');
  const auto segments = split(path, '/');
  // The greedy walk of a single-segment glob, with `**` in the place of `*`: linear in the segments, times the number of `**`.
  size_t p = 0, s = 0, star = std::string_view::npos, mark = 0;
  while (s < segments.size()) {
    if (p < patterns.size() && patterns[p] == "**") {
      star = p++;
      mark = s;
    } else if (p < patterns.size() && matches_segment(patterns[p], segments[s])) {
      ++p;
      ++s;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      s = ++mark;
    } else {
      return false;
    }
  }
  while (p < patterns.size() && patterns[p] == "**") ++p;
  return p == patterns.size();
}

std::weak_ordering compare_numbers(std::string_view a, std::string_view b) {
  while (!a.empty() && a[0] == '0') a.remove_prefix(1);
  while (!b.empty() && b[0] == '0') b.remove_prefix(1);
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::string human_size(std::uint64_t bytes) {
  constexpr std::string_view units[] = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(units)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string visible(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    while (length > 1 && !is_utf8(text.substr(at, length))) --length;
    const std::string_view one = text.substr(at, length);
    const bool control = first < 0x20 || first == 0x7F || (first == 0xC2 && one.size() == 2 && static_cast<unsigned char>(one[1]) < 0xA0);
    if (first == '\n' || first == '\t' || first == '\r') out += ' ';
    else if (!control && is_utf8(one)) out += one;
    else for (const char byte : one) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    at += one.size();
  }
  return out;
}

}  // namespace ashlar
