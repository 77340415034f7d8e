#include "base/amount.h"

#include <gtest/gtest.h>

#include <optional>

namespace ashlar {
namespace {

TEST(Sizes, AreRead) {
  struct Row {
    std::string_view text;
    std::optional<std::uint64_t> bytes;
  };
  const Row rows[] = {{"0", 0},           {"17", 17},          {"17B", 17},      {"5k", 5000},   {"5kB", 5000},       {"500MB", 500'000'000}, {"10GB", 10'000'000'000}, {"2TB", 2'000'000'000'000},
                      {"1KiB", 1024},     {"3MiB", 3 << 20},   {"1GiB", 1 << 30}, {"", {}},       {"GB", {}},          {"-1", {}},             {"1.5GB", {}},            {"5 GB", {}},
                      {"1XB", {}},        {"99999999999999999999", {}}, {"18446744073709551615TB", {}}};
  for (const Row& row : rows) {
    const auto size = parse_size(row.text);
    EXPECT_EQ(size.has_value(), row.bytes.has_value()) << row.text;
    if (size && row.bytes) { EXPECT_EQ(*size, *row.bytes) << row.text; }
  }
}

TEST(Ages, AreRead) {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> seconds;
  };
  const Row rows[] = {{"90d", 90 * 86400}, {"12h", 43200}, {"2w", 1209600}, {"5m", 300}, {"0d", 0}, {"7", {}}, {"", {}}, {"d", {}}, {"1y", {}}, {"-1d", {}}, {"1000000d", {}}, {"1d ", {}}};
  for (const Row& row : rows) {
    const auto age = parse_age(row.text);
    EXPECT_EQ(age.has_value(), row.seconds.has_value()) << row.text;
    if (age && row.seconds) { EXPECT_EQ(*age, *row.seconds) << row.text; }
  }
}

}  // namespace
}  // namespace ashlar
