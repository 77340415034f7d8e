#include "policy/inner/cel.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

#include "base/text.h"

namespace ashlar::policy::cel {
namespace {

TEST(Cel, texts_stay_texts) {
  struct Row { const char *summary, *value, *literal; };
  const Row rows[] = {
      {"nothing", "", "''"},
      {"a word", "release", "'release'"},
      {"quotes", "a'b\"c", "'a\\'b\"c'"},
      {"an end of the text and more", "x') || true || ('", "'x\\') || true || (\\''"},
      {"backslashes", "a\\'b\\", "'a\\\\\\'b\\\\'"},
      {"line ends", "a\nb\r", "'a\\u000ab\\u000d'"},
      {"control characters", "\x01\x7f", "'\\u0001\\u007f'"},
      {"other scripts", "naïve", "'naïve'"},
      {"Kyverno's variables", "{{ request.object }}", "'\\u007b\\u007b request.object }}'"},
      {"three of the kind", "{{{", "'\\u007b\\u007b\\u007b'"},
      {"Kyverno's references", "$(./x) $5", "'\\u0024(./x) $5'"},
      {"braces of an expression", "a{2}", "'a{2}'"},
  };
  for (const Row& row : rows) EXPECT_EQ(text(row.value), row.literal) << row.summary;
  EXPECT_EQ(list(std::vector<std::string>{}), "[]");
  EXPECT_EQ(list(std::vector<std::string>{"a", "b'"}), "['a', 'b\\'']");
}

TEST(Cel, globs_as_regular_expressions) {
  struct Row { const char *summary, *glob, *regex; };
  const Row rows[] = {
      {"a name", "registry.example/team/app", "registry[.]example/team/app"},
      {"within a part", "registry.example/team/*", "registry[.]example/team/[^/]*"},
      {"any number of parts at the end, none, too", "registry.example/**", "registry[.]example(?:/[^/]*)*"},
      {"at the beginning", "**/app", "(?:[^/]*/)*app"},
      {"in the middle", "a/**/b", "a/(?:[^/]*/)*b"},
      {"alone", "**", "[\\s\\S]*"},
      {"twice in a row", "a/**/**/b", "a/(?:[^/]*/)*b"},
      {"two stars within a part are one", "a**b", "a[^/]*b"},
      {"one character", "a?c", "a[^/]c"},
      {"a set", "[a-c]", "[\\x61-\\x63]"},
      {"not a set", "[!a]", "[^/\\x61]"},
      {"a set that holds a slash between its ends", "[.-0]", "[\\x2e\\x30]"},
      {"an empty range", "[z-a]", "[^\\s\\S]"},
      {"a bracket that nothing closes", "a[b", "a\\[b"},
      {"a set does not reach over a slash", "[a/b]", "\\[a/b\\]"},
      {"what is special in expressions", "a+b(c)|{d}$^\\", "a[+]b[(]c[)][|][{]d[}][$]\\^\\\\"},
  };
  for (const Row& row : rows) EXPECT_EQ(part_of(row.glob), row.regex) << row.summary;
  EXPECT_EQ(regex_of(std::vector<std::string>{"a", "b/*"}), "^(?:a|b/[^/]*)$");
  EXPECT_FALSE(std::regex_search("", std::regex(regex_of({}))));
}

/// Globs and texts of few letters, so that they meet; the expression must say of each what the glob says.
TEST(Cel, expressions_mean_what_globs_mean) {
  std::mt19937 random(7);  // NOLINT: the same cases every time
  const std::vector<std::string> pieces = {"a", "b", "/", "/", "*", "**", "/**/", "**/", "/**", "?", "[ab]", "[!a]", "[^b]", "[b-a]", "[--0]", "[a", "]", ".", "-", "+", "(", "$", ""};
  const std::string letters = "aab/.-+($[]";
  size_t fitting = 0, others = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string glob;
    for (size_t count = random() % 6 + 1; count > 0; --count) glob += pieces[random() % pieces.size()];
    const std::regex expression(regex_of(std::vector{glob}));
    for (int each = 0; each < 12; ++each) {
      std::string text;
      for (size_t count = random() % 7; count > 0; --count) text += letters[random() % letters.size()];
      const bool fits = matches_glob(glob, text);
      ++(fits ? fitting : others);
      ASSERT_EQ(std::regex_search(text, expression), fits) << "glob '" << glob << "', text '" << text << "', expression '" << regex_of(std::vector{glob}) << "'";
    }
  }
  EXPECT_GT(fitting, 400U);
  EXPECT_GT(others, 4000U);
}

}  // namespace
}  // namespace ashlar::policy::cel
