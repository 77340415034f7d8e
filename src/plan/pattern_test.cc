#include "plan/inner/pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>

namespace ashlar::plan {
namespace {

TEST(Pattern, captures) {
  const struct {
    const char* summary;
    const char *pattern, *text;
    std::optional<std::string> expected;
  } rows[] = {
      {"first group", "^(\\d+)\\.(\\d+)", "3.13.5", "3"},
      {"whole match without a group", "\\d+", "v17.2", "17"},
      {"a group that takes no part", "^(?:a|(b))c", "ac", ""},
      {"leftmost, not longest", "(a|ab)", "ab", "a"},
      {"greedy", "(a+)", "caaat", "aaa"},
      {"lazy", "(a+?)", "caaat", "a"},
      {"counted", "^(\\d{2,3})", "12345", "123"},
      {"counted exactly", "^(\\d{4})$", "123", std::nullopt},
      {"set with a range", "([a-f0-9]+)", "xyz-beef", "beef"},
      {"set turned round", "([^/]+)$", "a/b/c.tar", "c.tar"},
      {"a bracket first in a set", "([]x]+)", "ab]x", "]x"},
      {"anchors hold", "^b", "ab", std::nullopt},
      {"dot takes no line end", "a(.)", "a\n", std::nullopt},
      {"escapes", "\\.(\\w+)\\+", "a.deb+", "deb"},
      {"empty alternative", "^(x|)y", "y", ""},
      {"empty pattern", "", "abc", ""},
  };
  for (const auto& row : rows) {
    const auto pattern = Pattern::parse(row.pattern);
    ASSERT_TRUE(pattern) << row.summary << ": " << pattern.error().message;
    EXPECT_EQ(pattern->capture(row.text), row.expected) << row.summary;
  }
}

TEST(Pattern, refuses) {
  const struct { const char *summary, *pattern; } rows[] = {
      {"group not closed", "(a"},     {"group not opened", "a)"},   {"set not closed", "[a"},       {"repeats nothing", "*a"},      {"repeats too often", "a{1001}"},
      {"upside down", "a{3,2}"},      {"look-ahead", "(?=a)"},      {"back reference", "(a)\\1"},   {"ends in a backslash", "a\\"}, {"range upside down", "[z-a]"},
      {"a repeat of a repeat", "a**"},
  };
  for (const auto& row : rows) EXPECT_FALSE(Pattern::parse(row.pattern)) << row.summary;
  EXPECT_FALSE(Pattern::parse(std::string(513, 'a')));
}

TEST(Pattern, takes_linear_time) {
  const auto pattern = Pattern::parse("^(a?){40}a{40}$");
  ASSERT_TRUE(pattern) << pattern.error().message;
  EXPECT_TRUE(pattern->capture(std::string(40, 'a')));
  EXPECT_FALSE(pattern->capture(std::string(39, 'a') + "b"));
  const auto nested = Pattern::parse("^(?:(?:a+)+)+$");
  ASSERT_TRUE(nested);
  EXPECT_FALSE(nested->capture(std::string(5000, 'a') + "b"));
}

/// A random pattern of a few letters that both engines read alike: ECMAScript's repeats of what may be empty are others, so groups do not repeat.
std::string random_pattern(std::mt19937& random, int depth) {
  const auto pick = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
  static constexpr const char* atoms[] = {"a", "b", "c", ".", "[ab]", "[^a]", "\\d", "1"};
  std::string out;
  for (unsigned parts = 1 + pick(3); parts > 0; --parts) {
    const bool group = depth > 0 && pick(3) == 0;
    const std::string atom = group ? "(?:" + random_pattern(random, depth - 1) + "|" + random_pattern(random, depth - 1) + ")" : atoms[pick(8)];
    static constexpr const char* repeats[] = {"", "", "", "*", "+", "?", "{1,2}", "*?", "+?"};
    out += atom + (group ? (pick(2) == 0 ? "?" : "") : repeats[pick(9)]);
  }
  return out;
}

TEST(Pattern, agrees_with_the_standard_library) {
  std::mt19937 random(20261124);
  for (int round = 0; round < 1500; ++round) {
    const std::string text = "(" + random_pattern(random, 2) + ")" + random_pattern(random, 1);
    const auto pattern = Pattern::parse(text);
    ASSERT_TRUE(pattern) << text << ": " << pattern.error().message;
    const std::regex reference(text, std::regex::ECMAScript);
    for (int sample = 0; sample < 4; ++sample) {
      std::string subject;
      for (unsigned length = static_cast<unsigned>(random() % 8); length > 0; --length) subject += "abc1"[random() % 4];
      std::smatch match;
      const bool found = std::regex_search(subject, match, reference);
      const auto got = pattern->capture(subject);
      ASSERT_EQ(got.has_value(), found) << text << " on '" << subject << "'";
      if (found) {
        ASSERT_EQ(*got, match[1].str()) << text << " on '" << subject << "'";
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::plan
