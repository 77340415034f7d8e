#pragma once
// Versions of Debian packages (deb-version(7)).
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::deb {

/// `[epoch:]upstream[-revision]`, compared as dpkg does: two that compare equal may be written differently (`1.0` and `1.0-0`).
class Version {
 public:
  static Result<Version> parse(std::string_view text);
  const std::string& str() const { return text_; }
  std::uint32_t epoch() const { return epoch_; }
  std::string_view upstream() const;
  std::string_view revision() const;  ///< empty when there is none
  friend std::weak_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

 private:
  std::string text_;
  std::uint32_t epoch_ = 0;
  std::uint32_t upstream_at_ = 0, upstream_size_ = 0;
};

/// Compares one part, upstream or revision, as dpkg's verrevcmp.
std::weak_ordering compare_part(std::string_view a, std::string_view b);
/// Compares two texts that are known to be versions, as Version does, without copies: for the many comparisons of a solver.
std::weak_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace ashlar::deb
