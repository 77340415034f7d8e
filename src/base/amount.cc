#include "base/amount.h"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace ashlar {
namespace {

/// A number at the front, and what is behind it.
Result<std::pair<std::uint64_t, std::string_view>> number_and_unit(std::string_view text, std::string_view what) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return cannot(Kind::Invalid, fmt::format("read {} '{}'", what, text), "it does not begin with a number");
  return std::pair{value, text.substr(static_cast<size_t>(end - text.data()))};
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 11> units = {{{"", 1}, {"B", 1}, {"k", 1000}, {"kB", 1000}, {"MB", 1000 * 1000}, {"GB", 1000ULL * 1000 * 1000},
                                                                                {"TB", 1000ULL * 1000 * 1000 * 1000}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024ULL * 1024 * 1024}, {"TiB", 1024ULL * 1024 * 1024 * 1024}}};
  TRY_ASSIGN(const auto parts, number_and_unit(text, "size"));
  for (const auto& [name, factor] : units) {
    if (parts.second == name && parts.first <= UINT64_MAX / factor) return parts.first * factor;
  }
  return cannot(Kind::Invalid, fmt::format("read size '{}'", text), "its unit is none of kB, MB, GB, TB, KiB, MiB, GiB, TiB");
}

Result<std::int64_t> parse_age(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units = {{{"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}}};
  TRY_ASSIGN(const auto parts, number_and_unit(text, "age"));
  for (const auto& [name, factor] : units) {
    if (parts.second == name && parts.first < 1'000'000) return static_cast<std::int64_t>(parts.first * factor);
  }
  return cannot(Kind::Invalid, fmt::format("read age '{}'", text), "its unit is none of m, h, d and w");
}

}  // namespace ashlar
