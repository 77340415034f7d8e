#include "advisory/version.h"

#include <gtest/gtest.h>

namespace ashlar::advisory {
namespace {

TEST(Version, GrammarsOfSpaces) {
  EXPECT_EQ(grammar_of("Debian:13").value(), Grammar::Dpkg);
  EXPECT_EQ(grammar_of("Nowhere:1").error().message, "cannot compare versions of 'Nowhere:1': its version grammar is not known");
}

TEST(Version, WhatIsNoVersionIsNotCompared) {
  EXPECT_EQ(compare(Grammar::Dpkg, "1:1.0-1", "2.0-1").value(), std::weak_ordering::greater);
  EXPECT_FALSE(compare(Grammar::Dpkg, "1.0-1", "").has_value());
  EXPECT_FALSE(is_version(Grammar::Dpkg, "one two"));
}

}  // namespace
}  // namespace ashlar::advisory
