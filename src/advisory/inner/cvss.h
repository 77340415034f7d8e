#pragma once
// Scores of CVSS vectors without their prefix, 0 to 10 in tenths; nothing for what is no complete vector (an unknown metric or value, one that stands
// twice, a mandatory one that is missing).
#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace ashlar::advisory {

std::optional<double> cvss_2(std::string_view vector);  ///< the base score (CVSS 2.0 guide, section 3.2.1)
std::optional<double> cvss_3(std::string_view vector);  ///< the base score (CVSS 3.1 specification, section 7.1; 3.0 gives the same)
std::optional<double> cvss_4(std::string_view vector);  ///< the score (CVSS 4.0 specification, section 8.2)

/// A metric and its values in the order of their rank.
struct CvssMetric {
  std::string_view name, values;  ///< `N|A|L|P`
  bool mandatory;
};
constexpr size_t max_cvss_metrics = 32;
/// The rank of each metric's value, -1 where it is absent; nothing when the vector is none of these metrics.
std::optional<std::array<int, max_cvss_metrics>> cvss_ranks(std::string_view vector, std::span<const CvssMetric> metrics);

}  // namespace ashlar::advisory
