#include "deb/version.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace ashlar::deb {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Letters sort before all other characters, `~` before everything, even the end of a part (deb-version(7), "Sorting algorithm").
int weight(char c) {
  if (c == '~') return -1;
  if (is_digit(c)) return 0;
  return is_letter(c) ? c : c + 256;
}

/// An epoch without leading zeros, the upstream part and the revision.
struct Parts {
  std::string_view epoch, upstream, revision;
};

Parts parts_of(std::string_view text) {
  Parts parts;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    parts.epoch = text.substr(0, colon);
    while (!parts.epoch.empty() && parts.epoch[0] == '0') parts.epoch.remove_prefix(1);
    text.remove_prefix(colon + 1);
  }
  const size_t dash = text.rfind('-');
  parts.upstream = text.substr(0, dash);
  if (dash != std::string_view::npos) parts.revision = text.substr(dash + 1);
  return parts;
}

}  // namespace

std::weak_ordering compare_versions(std::string_view a, std::string_view b) {
  if (a == b) return std::weak_ordering::equivalent;
  const Parts x = parts_of(a), y = parts_of(b);
  if (x.epoch.size() != y.epoch.size()) return x.epoch.size() <=> y.epoch.size();
  if (x.epoch != y.epoch) return x.epoch <=> y.epoch;
  if (const auto order = compare_part(x.upstream, y.upstream); order != 0) return order;
  return compare_part(x.revision, y.revision);
}

std::weak_ordering compare_part(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !is_digit(a[i])) || (j < b.size() && !is_digit(b[j]))) {
      const int left = i < a.size() ? weight(a[i]) : 0, right = j < b.size() ? weight(b[j]) : 0;
      if (left != right) return left <=> right;
      ++i, ++j;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    int first = 0;
    while (i < a.size() && is_digit(a[i]) && j < b.size() && is_digit(b[j])) {
      if (first == 0) first = a[i] - b[j];
      ++i, ++j;
    }
    if (i < a.size() && is_digit(a[i])) return std::weak_ordering::greater;
    if (j < b.size() && is_digit(b[j])) return std::weak_ordering::less;
    if (first != 0) return first <=> 0;
  }
  return std::weak_ordering::equivalent;
}

Result<Version> Version::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) { return cannot(Kind::Invalid, fmt::format("read version '{}'", text.substr(0, 80)), why); };
  Version version;
  version.text_ = std::string(text);
  std::string_view rest = text;
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    const std::string_view epoch = rest.substr(0, colon);
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(epoch.data(), epoch.data() + epoch.size(), value);
    if (epoch.empty() || error != std::errc{} || end != epoch.data() + epoch.size() || value < 0 || !is_digit(epoch[0])) return bad("its epoch is not a number");
    version.epoch_ = static_cast<std::uint32_t>(value);
    rest.remove_prefix(colon + 1);
  }
  version.upstream_at_ = static_cast<std::uint32_t>(text.size() - rest.size());
  const size_t dash = rest.rfind('-');
  version.upstream_size_ = static_cast<std::uint32_t>(std::min(dash, rest.size()));
  const std::string_view upstream = version.upstream(), revision = version.revision();
  if (upstream.empty()) return bad("it has no upstream part");
  if (dash != std::string_view::npos && revision.empty()) return bad("its revision is empty");
  if (!is_digit(upstream[0])) return bad("its upstream part does not begin with a digit");
  const auto good = [](std::string_view part, std::string_view more) {
    return std::all_of(part.begin(), part.end(), [&](char c) { return is_digit(c) || is_letter(c) || more.find(c) != std::string_view::npos; });
  };
  if (!good(upstream, ".+~-:")) return bad("its upstream part has a character that versions do not have");
  if (!good(revision, ".+~")) return bad("its revision has a character that versions do not have");
  return version;
}

std::string_view Version::upstream() const { return std::string_view(text_).substr(upstream_at_, upstream_size_); }

std::string_view Version::revision() const {
  const size_t end = size_t{upstream_at_} + upstream_size_;
  return end >= text_.size() ? std::string_view() : std::string_view(text_).substr(end + 1);
}

std::weak_ordering operator<=>(const Version& a, const Version& b) {
  if (a.epoch_ != b.epoch_) return a.epoch_ <=> b.epoch_;
  if (const auto order = compare_part(a.upstream(), b.upstream()); order != 0) return order;
  return compare_part(a.revision(), b.revision());
}

}  // namespace ashlar::deb
