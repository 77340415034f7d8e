#include <algorithm>
#include <array>
#include <initializer_list>

#include "advisory/inner/grammars.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_alnum(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }
bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }

/// The order of what may follow a release number (PEP 440, "Summary of permitted suffixes and relative ordering").
enum class Stage : unsigned char { DevelopmentOnly, Alpha, Beta, Candidate, Release };

struct Version {
  std::string_view epoch, release, local;  ///< `release` with its dots
  Stage stage = Stage::Release;
  std::string_view stage_number;
  bool has_post = false, has_dev = false;
  std::string_view post, dev;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(trim(text)) {}
  bool read(Version& out);

 private:
  std::string_view take_digits() { return take(static_cast<size_t>(std::ranges::find_if_not(rest_, is_digit) - rest_.begin())); }
  std::string_view take(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool starts_with(std::string_view text, std::string_view word) const {
    return text.size() >= word.size() && std::ranges::equal(text.substr(0, word.size()), word, {}, lower);
  }
  bool take_word(std::initializer_list<std::string_view> words, std::string_view& number);
  bool read_release(Version& out);
  void read_stage(Version& out);
  void read_post(Version& out);
  bool read_local(Version& out);

  std::string_view rest_;
};

/// A separator, one of the words in any case, a separator, digits; all but the word may be missing. Takes nothing when there is no such word.
bool Reader::take_word(std::initializer_list<std::string_view> words, std::string_view& number) {
  const std::string_view after = !rest_.empty() && is_separator(rest_[0]) ? rest_.substr(1) : rest_;
  for (const std::string_view word : words) {
    if (!starts_with(after, word)) continue;
    rest_ = after.substr(word.size());
    if (!rest_.empty() && is_separator(rest_[0])) take(1);
    number = take_digits();
    return true;
  }
  return false;
}

bool Reader::read_release(Version& out) {
  if (!rest_.empty() && lower(rest_[0]) == 'v') take(1);
  const std::string_view begin = rest_;
  std::string_view number = take_digits();
  if (number.empty()) return false;
  std::string_view from = begin;
  if (!rest_.empty() && rest_[0] == '!') {
    out.epoch = number;
    take(1);
    from = rest_;
    if (take_digits().empty()) return false;
  }
  while (rest_.size() > 1 && rest_[0] == '.' && is_digit(rest_[1])) {
    take(1);
    take_digits();
  }
  out.release = from.substr(0, from.size() - rest_.size());
  return true;
}

void Reader::read_stage(Version& out) {
  if (take_word({"alpha", "a"}, out.stage_number)) out.stage = Stage::Alpha;
  else if (take_word({"beta", "b"}, out.stage_number)) out.stage = Stage::Beta;
  else if (take_word({"preview", "pre", "rc", "c"}, out.stage_number)) out.stage = Stage::Candidate;
}

void Reader::read_post(Version& out) {
  if (rest_.size() > 1 && rest_[0] == '-' && is_digit(rest_[1])) {
    take(1);
    out.post = take_digits();
    out.has_post = true;
  } else {
    out.has_post = take_word({"post", "rev", "r"}, out.post);
  }
}

bool Reader::read_local(Version& out) {
  take(1);
  out.local = rest_;
  for (;;) {
    if (take(static_cast<size_t>(std::ranges::find_if_not(rest_, is_alnum) - rest_.begin())).empty()) return false;
    if (rest_.empty()) return true;
    if (!is_separator(rest_[0])) return false;
    take(1);
  }
}

bool Reader::read(Version& out) {
  if (!read_release(out)) return false;
  read_stage(out);
  read_post(out);
  out.has_dev = take_word({"dev"}, out.dev);
  if (out.has_dev && !out.has_post && out.stage == Stage::Release) out.stage = Stage::DevelopmentOnly;
  if (rest_.empty()) return true;
  return rest_[0] == '+' && read_local(out);
}

/// Takes the part before the first separator.
std::string_view take_part(std::string_view& rest) {
  const auto end = static_cast<size_t>(std::ranges::find_if(rest, is_separator) - rest.begin());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

/// Missing numbers are 0.
std::weak_ordering compare_releases(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const std::string_view x = take_part(a), y = take_part(b);
    if (const auto order = compare_numbers(x, y); order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

/// Without a local version before with one; words before numbers, a longer one after its beginning ("Local version identifiers").
std::weak_ordering compare_locals(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view x = take_part(a), y = take_part(b);
    const bool x_is_number = std::ranges::all_of(x, is_digit), y_is_number = std::ranges::all_of(y, is_digit);
    if (x_is_number != y_is_number) return x_is_number <=> y_is_number;
    const auto as_text = [&] {
      return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end(), [](char l, char r) { return lower(l) <=> lower(r); });
    };
    if (const std::weak_ordering order = x_is_number ? compare_numbers(x, y) : as_text(); order != 0) return order;
  }
  return b.empty() <=> a.empty();
}

std::weak_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = compare_numbers(a.epoch, b.epoch); order != 0) return order;
  if (const auto order = compare_releases(a.release, b.release); order != 0) return order;
  if (a.stage != b.stage) return a.stage <=> b.stage;
  if (const auto order = compare_numbers(a.stage_number, b.stage_number); order != 0) return order;
  if (a.has_post != b.has_post) return a.has_post <=> b.has_post;
  if (const auto order = compare_numbers(a.post, b.post); order != 0) return order;
  if (a.has_dev != b.has_dev) return b.has_dev <=> a.has_dev;  // a development release comes before what it develops
  if (const auto order = compare_numbers(a.dev, b.dev); order != 0) return order;
  return compare_locals(a.local, b.local);
}

}  // namespace

Result<std::weak_ordering> compare_pep440(std::string_view a, std::string_view b) {
  Version x, y;
  if (!Reader(a).read(x)) return no_version(a, "PEP 440 has no such form");
  if (!Reader(b).read(y)) return no_version(b, "PEP 440 has no such form");
  return x <=> y;
}

}  // namespace ashlar::advisory
