#include "apk/version.h"

#include <gtest/gtest.h>

namespace ashlar::apk {
namespace {

TEST(Version, Forms) {
  const struct {
    const char* summary;
    std::string_view text;
    bool is;
  } rows[] = {
      {"a number", "1", true},
      {"numbers between dots", "20240705.1.02", true},
      {"a letter behind the last number", "1.1.1w", true},
      {"a suffix, and several", "1.0_alpha1_p2", true},
      {"a commit", "1.2.3~0a1b2c", true},
      {"a revision", "1.36.1-r29", true},
      {"all of it", "1.2b_rc3_git20240101~abcdef-r10", true},
      {"nothing", "", false},
      {"a letter first", "v1.0", false},
      {"a dot at the end", "1.", false},
      {"two dots", "1..0", false},
      {"two letters", "1.0ab", false},
      {"a number behind a letter, which apk-tools 2 took", "1.0a1", false},
      {"upper case", "1.0A", false},
      {"a suffix that apk does not know", "1.0_beta1_foo", false},
      {"no suffix behind its sign", "1.0_", false},
      {"a revision without a number", "1.0-r", false},
      {"a revision without its letter", "1.0-1", false},
      {"two revisions", "1.0-r1-r2", false},
      {"something behind the revision", "1.0-r1_p1", false},
      {"a commit that is no hex", "1.0~xyz", false},
      {"a byte of zero", std::string_view("1.0\0", 4), false},
  };
  for (const auto& row : rows) EXPECT_EQ(is_version(row.text), row.is) << row.summary;
}

/// The answers of apk-tools itself to many more pairs are in tests/data/advisory/versions/apk.txt.
TEST(Version, Order) {
  const struct {
    const char* summary;
    std::string_view less, greater;
  } rows[] = {
      {"numbers by value", "1.9", "1.10"},
      {"a leading zero is as in a fraction", "1.09", "1.1"},
      {"more numbers are newer", "1.2", "1.2.0"},
      {"alpha before beta", "1.0_alpha2", "1.0_beta1"},
      {"rc before the release", "1.0_rc9", "1.0"},
      {"a snapshot behind the release", "1.0", "1.0_git20250101"},
      {"p behind git", "1.0_git20250101", "1.0_p0"},
      {"a suffix with a number behind the bare one", "1.0_p", "1.0_p1"},
      {"revisions by value", "1.0-r9", "1.0-r10"},
      {"no revision before the first", "1.0", "1.0-r0"},
      {"a letter is newer", "1.1.1", "1.1.1a"},
      {"a number is newer than a letter", "1.1a", "1.1.1"},
      {"commits as text", "1.0~ab", "1.0~b"},
      {"longer than any integer", "99999999999999999999999999999999999998", "99999999999999999999999999999999999999"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(compare_versions(row.less, row.greater).value(), std::weak_ordering::less) << row.summary;
    EXPECT_EQ(compare_versions(row.greater, row.less).value(), std::weak_ordering::greater) << row.summary;
    EXPECT_EQ(compare_versions(row.less, row.less).value(), std::weak_ordering::equivalent) << row.summary;
  }
}

TEST(Version, WhatIsNoneIsNotCompared) {
  const auto order = compare_versions("1.0", "1.0_foo");
  ASSERT_FALSE(order.has_value());
  EXPECT_EQ(order.error().kind, Kind::Invalid);
  EXPECT_EQ(order.error().message, "cannot read version '1.0_foo': apk has no such form");
  EXPECT_FALSE(compare_versions("", "1.0").has_value());
}

}  // namespace
}  // namespace ashlar::apk
