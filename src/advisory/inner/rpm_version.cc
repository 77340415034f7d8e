#include <algorithm>

#include "advisory/inner/grammars.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_mark(char c) { return c == '~' || c == '^'; }

/// `[epoch:]version[-release]` (rpm, rpmver.c, parseEVR).
struct Evr {
  std::string_view epoch = "0", version, release;
  bool has_release = false;
};

bool read_evr(std::string_view text, Evr& out) {
  // rpm compares any bytes; what is no printable ASCII never stands in a package's version.
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; })) return false;
  const size_t colon = static_cast<size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  if (text.substr(colon).starts_with(':')) {
    if (colon > 0) out.epoch = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const size_t dash = text.rfind('-');
  out.version = text.substr(0, dash);
  out.has_release = dash != std::string_view::npos;
  if (out.has_release) out.release = text.substr(dash + 1);
  return !out.version.empty() && !(out.has_release && out.release.empty());
}

/// Takes the run of characters that fit off the front.
std::string_view take(std::string_view& rest, bool (*fits)(char)) {
  const auto size = static_cast<size_t>(std::ranges::find_if_not(rest, fits) - rest.begin());
  const std::string_view run = rest.substr(0, size);
  rest.remove_prefix(size);
  return run;
}

/// rpmvercmp (rpm, rpmvercmp.c): runs of digits or letters between separators; `~` before the end, `^` after it.
std::weak_ordering compare_part(std::string_view a, std::string_view b) {
  constexpr auto less = std::weak_ordering::less, greater = std::weak_ordering::greater;
  const auto is_separator = [](char c) { return !is_digit(c) && !is_letter(c) && !is_mark(c); };
  while (!a.empty() || !b.empty()) {
    take(a, is_separator);
    take(b, is_separator);
    const char x = a.empty() ? '\0' : a[0], y = b.empty() ? '\0' : b[0];
    if (is_mark(x) || is_mark(y)) {
      if (x == y) {
        a.remove_prefix(1);
        b.remove_prefix(1);
        continue;
      }
      if (x == '~') return less;
      if (y == '~') return greater;
      if (x == '^') return b.empty() ? greater : less;
      return a.empty() ? less : greater;
    }
    if (a.empty() || b.empty()) break;
    const bool number = is_digit(x);
    const std::string_view left = take(a, number ? is_digit : is_letter), right = take(b, number ? is_digit : is_letter);
    if (right.empty()) return number ? greater : less;  // a number is newer than letters
    if (const std::weak_ordering order = number ? compare_numbers(left, right) : left <=> right; order != 0) return order;
  }
  return b.empty() <=> a.empty();
}

}  // namespace

Result<std::weak_ordering> compare_rpm(std::string_view a, std::string_view b) {
  constexpr std::string_view cause = "it is no rpm version";
  Evr x, y;
  if (!read_evr(a, x)) return no_version(a, cause);
  if (!read_evr(b, y)) return no_version(b, cause);
  if (const auto order = compare_numbers(x.epoch, y.epoch); order != 0) return order;
  if (const auto order = compare_part(x.version, y.version); order != 0) return order;
  if (!x.has_release || !y.has_release) return x.has_release <=> y.has_release;
  return compare_part(x.release, y.release);
}

}  // namespace ashlar::advisory
