#include "advisory/version.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/text.h"

namespace ashlar::advisory {
namespace {

constexpr Grammar grammars[] = {Grammar::Dpkg, Grammar::Apk, Grammar::Rpm, Grammar::Semver, Grammar::Pep440, Grammar::Maven, Grammar::Go};

char sign(const Result<std::weak_ordering>& order) { return !order ? '?' : *order < 0 ? '<' : *order > 0 ? '>' : '='; }

TEST(Version, GrammarsOfSpaces) {
  const struct {
    std::string_view space;
    Grammar grammar;
  } rows[] = {
      {"Debian:13", Grammar::Dpkg},      {"Debian", Grammar::Dpkg},          {"Ubuntu:24.04:LTS", Grammar::Dpkg},      {"Alpine:v3.20", Grammar::Apk},
      {"Wolfi", Grammar::Apk},           {"Chainguard", Grammar::Apk},       {"Alpaquita:23", Grammar::Apk},           {"BellSoft Hardened Containers:23", Grammar::Apk},
      {"DHI", Grammar::Semver},          {"npm", Grammar::Semver},           {"crates.io", Grammar::Semver},           {"PyPI", Grammar::Pep440},
      {"Go", Grammar::Go},               {"Maven", Grammar::Maven},          {"Red Hat:enterprise_linux:9::baseos", Grammar::Rpm}, {"Rocky Linux:9", Grammar::Rpm},
      {"AlmaLinux:9", Grammar::Rpm},     {"openSUSE:Leap 15.6", Grammar::Rpm}, {"SUSE:Linux Enterprise Server 15 SP6", Grammar::Rpm}, {"Fedora:40", Grammar::Rpm},
      {"Amazon Linux:2023", Grammar::Rpm}, {"Azure Linux:3", Grammar::Rpm},
  };
  for (const auto& row : rows) {
    const auto grammar = grammar_of(row.space);
    ASSERT_TRUE(grammar.has_value()) << row.space;
    EXPECT_EQ(*grammar, row.grammar) << row.space;
  }
  EXPECT_EQ(grammar_of("Nowhere:1").error().message, "cannot compare versions of 'Nowhere:1': its version grammar is not known");
  for (const std::string_view unknown : {"RubyGems", "NuGet", "Packagist", "debian:13", "Debianoid", ""}) EXPECT_EQ(grammar_of(unknown).error().kind, Kind::NotFound) << unknown;
}

/// What the ecosystems' own tools say (scripts/compare-versions.sh writes these, and asks 20,000 pairs more).
TEST(Version, FrozenAnswers) {
  for (const Grammar grammar : grammars) {
    const std::string name(to_string(grammar)), path = std::string(ASHLAR_SOURCE_DIR "/tests/data/advisory/versions/") + name + ".txt";
    std::ifstream file(path);
    ASSERT_TRUE(file.is_open()) << path;
    size_t count = 0;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with('#')) continue;
      const auto parts = split(line, '\t');
      ASSERT_EQ(parts.size(), 3u) << name << ": " << line;
      EXPECT_EQ(std::string(1, sign(compare(grammar, parts[0], parts[2]))), parts[1]) << name << ": " << line;
      const std::string_view turned = parts[1] == "<" ? ">" : parts[1] == ">" ? "<" : parts[1];
      EXPECT_EQ(std::string(1, sign(compare(grammar, parts[2], parts[0]))), turned) << name << " turned: " << line;
      ++count;
    }
    EXPECT_GE(count, 150u) << name;
  }
}

TEST(Version, EachGrammarHasItsOwnOrder) {
  const struct {
    const char* summary;
    std::string_view a, b;
    std::string_view orders;  ///< as `grammars`; `-` where one is no version
  } rows[] = {
      {"the release after its candidate", "1.0.0-rc1", "1.0.0", ">-><<<<"},
      {"a tilde before the end", "1.0~1", "1.0", "<><-->-"},
      {"missing numbers", "1.0", "1.0.0", "<<<===="},
      {"build metadata", "1.0.0+1", "1.0.0", ">->=>>="},
      {"a leading zero", "1.01", "1.1", "=<=-==-"},
      {"an epoch", "1:1.0", "2.0", ">->--<-"},
  };
  for (const auto& row : rows) {
    for (size_t at = 0; at < std::size(grammars); ++at) {
      const char order = sign(compare(grammars[at], row.a, row.b));
      EXPECT_EQ(order == '?' ? '-' : order, row.orders[at]) << row.summary << ", " << to_string(grammars[at]);
    }
  }
}

TEST(Version, WhatIsNoVersionIsNotCompared) {
  const struct {
    const char* summary;
    Grammar grammar;
    std::string_view text, message;
  } rows[] = {
      {"nothing, dpkg", Grammar::Dpkg, "", "cannot read version '': it has no upstream part"},
      {"words, dpkg", Grammar::Dpkg, "one two", "cannot read version 'one two': its upstream part does not begin with a digit"},
      {"an unknown suffix, apk", Grammar::Apk, "1.0_foo", "cannot read version '1.0_foo': apk has no such form"},
      {"nothing, rpm", Grammar::Rpm, "", "cannot read version '': it is no rpm version"},
      {"a release alone, rpm", Grammar::Rpm, "-1", "cannot read version '-1': it is no rpm version"},
      {"a blank, rpm", Grammar::Rpm, "1.0 1", "cannot read version '1.0 1': it is no rpm version"},
      {"four numbers, SemVer", Grammar::Semver, "1.2.3.4", "cannot read version '1.2.3.4': it is no semantic version"},
      {"an empty pre-release, as one record of DHI has it", Grammar::Semver, "3.1.1-", "cannot read version '3.1.1-': it is no semantic version"},
      {"a date with a letter, PEP 440", Grammar::Pep440, "2004d", "cannot read version '2004d': PEP 440 has no such form"},
      {"a range, Maven", Grammar::Maven, "[1.0,2.0)", "cannot read version '[1.0,2.0)': it is no version of Maven's"},
      {"a property that was never filled in, Maven", Grammar::Maven, "${revision}", "cannot read version '${revision}': it is no version of Maven's"},
      {"a main module, Go", Grammar::Go, "(devel)", "cannot read version '(devel)': it is no version of a Go module or toolchain"},
      {"a development toolchain, Go", Grammar::Go, "devel go1.23-0a1b2c", "cannot read version 'devel go1.23-0a1b2c': it is no version of a Go module or toolchain"},
      {"a development toolchain of today, Go", Grammar::Go, "go1.25-devel_0a1b2c", "cannot read version 'go1.25-devel_0a1b2c': it is no version of a Go module or toolchain"},
  };
  for (const auto& row : rows) {
    const auto order = compare(row.grammar, row.text, "1.0.0");
    ASSERT_FALSE(order.has_value()) << row.summary;
    EXPECT_EQ(order.error().kind, Kind::Invalid) << row.summary;
    EXPECT_EQ(order.error().message, row.message) << row.summary;
    EXPECT_FALSE(compare(row.grammar, "1.0.0", row.text).has_value()) << row.summary;
    EXPECT_FALSE(is_version(row.grammar, row.text)) << row.summary;
  }
}

TEST(Version, OfGoToolchainsAsBinariesSayThem) {
  const struct {
    const char* summary;
    std::string_view a;
    char order;
    std::string_view b;
  } rows[] = {
      {"the vulnerability database's form of a candidate", "go1.22rc1", '=', "1.22.0-rc.1"},
      {"a candidate is before its release", "go1.22rc1", '<', "1.22.0"},
      {"a beta is before the candidates", "go1.22beta1", '<', "1.22.0-rc.1"},
      {"the database marks a development line by -0", "go1.22rc1", '>', "1.22.0-0"},
      {"old releases have no third number", "go1.20", '=', "1.20.0"},
      {"experiments", "go1.22.3 X:boringcrypto", '=', "1.22.3"},
      {"a vendor's suffix", "go1.22.3-bigcorp", '=', "1.22.3"},
      {"Red Hat's", "go1.24.1 (Red Hat 1.24.1-1.el9)", '=', "1.24.1"},
      {"the first", "go1", '=', "1.0.0"},
      {"candidates by value", "go1.22rc2", '<', "go1.22rc10"},
  };
  for (const auto& row : rows) EXPECT_EQ(sign(compare(Grammar::Go, row.a, row.b)), row.order) << row.summary;
}

}  // namespace
}  // namespace ashlar::advisory
