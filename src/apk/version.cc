#include "apk/version.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::apk {
namespace {

/// In the order of the grammar. Where one version goes on and the other has something else or ends, the earlier kind is the greater.
enum class Part : unsigned char { First, Number, Letter, Suffix, SuffixNumber, Hash, Revision, End, Bad };

/// Pre-releases stand before the empty one, which is no suffix.
constexpr std::array<std::string_view, 10> suffixes = {"alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"};
constexpr size_t release = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

/// Takes part after part of a text.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) { take_number(Part::First); }
  Part part() const { return part_; }
  std::string_view value() const { return value_; }
  bool is_before_release() const { return part_ == Part::Suffix && suffix_ < release; }
  void next();
  friend std::weak_ordering operator<=>(const Parts& a, const Parts& b);  ///< of parts of one kind

 private:
  void take(Part part, size_t size) {
    part_ = size == 0 ? Part::Bad : part;
    value_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  size_t run(bool (*fits)(char)) const { return static_cast<size_t>(std::ranges::find_if_not(rest_, fits) - rest_.begin()); }
  void take_number(Part part) { take(part, run(is_digit)); }
  void take_suffix();

  std::string_view rest_, value_{};
  Part part_ = Part::Bad;
  size_t suffix_ = release;
};

void Parts::take_suffix() {
  take(Part::Suffix, run(is_lower));
  if (part_ == Part::Bad) return;
  suffix_ = static_cast<size_t>(std::ranges::find(suffixes, value_) - suffixes.begin());
  if (suffix_ == suffixes.size()) part_ = Part::Bad;
}

void Parts::next() {
  if (rest_.empty()) {
    part_ = Part::End;
    return;
  }
  const auto after = [&](Part last) { return part_ <= last; };
  const char c = rest_[0];
  if (is_lower(c)) return after(Part::Number) ? take(Part::Letter, 1) : take(Part::Bad, 0);
  if (is_digit(c)) return part_ == Part::Suffix ? take_number(Part::SuffixNumber) : take(Part::Bad, 0);
  rest_.remove_prefix(1);
  if (c == '.' && after(Part::Number)) return take_number(Part::Number);
  if (c == '_' && after(Part::SuffixNumber)) return take_suffix();
  if (c == '~' && after(Part::SuffixNumber)) return take(Part::Hash, run(is_hex));
  if (c == '-' && after(Part::Hash) && rest_.starts_with('r')) {
    rest_.remove_prefix(1);
    return take_number(Part::Revision);
  }
  take(Part::Bad, 0);
}

std::weak_ordering operator<=>(const Parts& a, const Parts& b) {
  switch (a.part_) {
    case Part::Number:
      if (a.value_[0] == '0' || b.value_[0] == '0') return a.value_ <=> b.value_;  // like decimal fractions: 1.01 < 1.1
      [[fallthrough]];
    case Part::First:
    case Part::SuffixNumber:
    case Part::Revision: return compare_numbers(a.value_, b.value_);
    case Part::Suffix: return a.suffix_ <=> b.suffix_;
    default: return a.value_ <=> b.value_;
  }
}

std::unexpected<Error> no_version(std::string_view text) {
  return cannot(Kind::Invalid, fmt::format("read version '{}'", text.substr(0, 80)), "apk has no such form");
}

}  // namespace

bool is_version(std::string_view text) {
  Parts parts(text);
  while (parts.part() < Part::End) parts.next();
  return parts.part() == Part::End;
}

Result<std::weak_ordering> compare_versions(std::string_view a, std::string_view b) {
  if (!is_version(a)) return no_version(a);
  if (!is_version(b)) return no_version(b);
  Parts x(a), y(b);
  for (; x.part() == y.part(); x.next(), y.next()) {
    if (x.part() == Part::End) return std::weak_ordering::equivalent;
    if (const auto order = x <=> y; order != 0) return order;
  }
  // One goes on where the other does not: greater, but for a pre-release.
  if (x.is_before_release()) return std::weak_ordering::less;
  if (y.is_before_release()) return std::weak_ordering::greater;
  return y.part() <=> x.part();
}

}  // namespace ashlar::apk
