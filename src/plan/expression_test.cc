#include "plan/inner/expression.h"

#include <gtest/gtest.h>

namespace ashlar::plan {
namespace {

const std::map<std::string, std::string, std::less<>> names = {{"target.arch", "amd64"}, {"target.os", "linux"}, {"EMPTY", ""}};

TEST(Expression, evaluates) {
  const struct {
    const char *summary, *text;
    ExpressionValue expected;
  } rows[] = {
      {"a text", "'a b'", std::string("a b")},
      {"double quotes", "\"x\"", std::string("x")},
      {"a name", "target.arch", std::string("amd64")},
      {"equal", "target.arch == 'amd64'", true},
      {"not equal", "target.arch != 'amd64'", false},
      {"not", "!(target.arch == 'arm64')", true},
      {"and binds stronger than or", "target.os == 'x' && target.os == 'y' || target.arch == 'amd64'", true},
      {"texts joined", "'lib-' + target.arch", std::string("lib-amd64")},
      {"a choice", "target.arch == 'amd64' ? 'x86_64' : 'aarch64'", std::string("x86_64")},
      {"a choice in a choice", "target.arch == 'arm64' ? 'a' : target.os == 'linux' ? 'b' : 'c'", std::string("b")},
      {"an empty value", "EMPTY == ''", true},
      {"no spaces", "target.arch=='amd64'?'1':'2'", std::string("1")},
  };
  for (const auto& row : rows) {
    const auto got = evaluate(row.text, names);
    ASSERT_TRUE(got) << row.summary << ": " << got.error().message;
    EXPECT_EQ(*got, row.expected) << row.summary;
  }
}

TEST(Expression, refuses) {
  const struct { const char *summary, *text; } rows[] = {
      {"empty", ""},
      {"an unknown name", "target.moon"},
      {"a text not closed", "'a"},
      {"a parenthesis not closed", "(target.arch"},
      {"something behind it", "'a' 'b'"},
      {"half a choice", "target.arch == 'a' ? 'b'"},
      {"a text as a condition", "'a' ? 'b' : 'c'"},
      {"truth joined with text", "'a' + (target.os == 'b')"},
      {"a lone operator", "== 'a'"},
      {"an assignment", "target.arch = 'amd64'"},
  };
  for (const auto& row : rows) EXPECT_FALSE(evaluate(row.text, names)) << row.summary;
  EXPECT_FALSE(evaluate(std::string(20000, '(') + "'a'", names)) << "deep nesting ends in an error, not in the stack";
  EXPECT_FALSE(evaluate(std::string(20000, '!') + "true", names));
}

}  // namespace
}  // namespace ashlar::plan
