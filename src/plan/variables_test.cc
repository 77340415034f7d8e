#include "plan/variables.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "plan/inner/pattern.h"

namespace ashlar::plan {
namespace {

TEST(Variables, expand) {
  struct Row {
    const char *summary, *text;
    Undefined undefined;
    const char *result, *trouble;
  };
  const Row rows[] = {
      {"no variable", "plain $HOME $(x)", Undefined::Refuse, "plain $HOME $(x)", ""},
      {"one", "v${VERSION}!", Undefined::Refuse, "v17.2!", ""},
      {"through another", "${TAG}", Undefined::Refuse, "app-17.2", ""},
      {"expression, first group", "${URL:^.+/(.+)$}", Undefined::Refuse, "app.tar.gz", ""},
      {"expression with braces", "${VERSION:^([0-9]{1,2})\\..*$}", Undefined::Refuse, "17", ""},
      {"expression without a group", "${VERSION:^[0-9]+}", Undefined::Refuse, "17", ""},
      {"expression that misses", "${VERSION:^x(.+)$}", Undefined::Refuse, "", "the pattern '^x(.+)$' does not fit '17.2'"},
      {"platform stays", "${target.arch}/${VERSION}", Undefined::Refuse, "${target.arch}/17.2", ""},
      {"not defined", "${NONE}", Undefined::Refuse, "", "the variable 'NONE' is not defined"},
      {"not defined, a shell's", "${NONE} ${A:-b} ${VERSION}", Undefined::Keep, "${NONE} ${A:-b} 17.2", ""},
      {"not defined, an environment's", "/lib:${NONE}", Undefined::Environment, "/lib:", ""},
      {"nearly defined, an environment's", "${VERSON}", Undefined::Environment, "", "the variable 'VERSON' is not defined"},
      {"of builds", "${source.dir}", Undefined::Refuse, "", "the variable 'source.dir' exists only in builds"},
      {"itself", "${LOOP}", Undefined::Refuse, "", "the variable 'LOOP' has no value: the variable 'LOOP' refers to itself"},
      {"not closed", "${VERSION", Undefined::Refuse, "", "a '${' is never closed"},
      {"not closed, a shell's", "a ${VERSION", Undefined::Keep, "a ${VERSION", ""},
  };
  Variables variables({{"VERSION", "17.2"}, {"TAG", "app-${VERSION}"}, {"URL", "https://example.org/a/app.tar.gz"}, {"LOOP", "x${LOOP}"}});
  for (const Row& row : rows) {
    const Expansion got = variables.expand(row.text, row.undefined);
    EXPECT_EQ(got.trouble, row.trouble) << row.summary;
    if (!got.trouble.empty()) continue;
    EXPECT_EQ(got.text, row.result) << row.summary;
  }
}

TEST(Variables, expand_within_bounds) {
  std::map<std::string, std::string> deep, wide;
  for (int i = 0; i < 10000; ++i) deep["V" + std::to_string(i)] = "${V" + std::to_string(i + 1) + "}";
  EXPECT_NE(Variables(deep).expand("${V0}", Undefined::Refuse).trouble, "");
  wide["A"] = std::string(60000, 'x');
  Variables variables(wide);
  int done = 0;
  while (done < 1000 && variables.expand("${A}", Undefined::Refuse).trouble.empty()) ++done;
  EXPECT_LT(done, 300) << "16 MiB in all";
}

TEST(Variables, at_platform) {
  struct Row {
    const char *summary, *text, *amd64, *arm64;
  };
  const Row rows[] = {
      {"plain", "a-${OTHER}", "a-${OTHER}", "a-${OTHER}"},
      {"name", "m_${target.arch}", "m_amd64", "m_arm64"},
      {"choice", R"(#{ target.arch == "amd64" ? "x86_64" : "aarch64" })", "x86_64", "aarch64"},
      {"choice in a text, and a sum", R"(p-#{ (target.arch == "amd64" ? "x86-64" : "aarch64") + "-linux" }-x)", "p-x86-64-linux-x", "p-aarch64-linux-x"},
      {"quoted brace", R"(#{ "}" })", "}", "}"},
      {"logic", R"(#{ !(target.arch != 'arm64') || false && true })", "false", "true"},
      {"unknown name", "#{ machine }", nullptr, nullptr},
      {"not closed", "#{ target.arch", nullptr, nullptr},
      {"no expression", "#{ == }", nullptr, nullptr},
  };
  for (const Row& row : rows) {
    for (const bool arm : {false, true}) {
      const auto got = at_platform(row.text, arm ? "linux/arm64" : "linux/amd64");
      const char* wanted = arm ? row.arm64 : row.amd64;
      EXPECT_EQ(got.has_value(), wanted != nullptr) << row.summary;
      EXPECT_EQ(got.value_or("-"), wanted != nullptr ? wanted : "-") << row.summary;
    }
  }
  EXPECT_FALSE(at_platform("#{" + std::string(100000, '(') + "}", "linux/amd64"));
  EXPECT_FALSE(at_platform("#{" + std::string(3000, '!') + "true}", "linux/amd64"));
  EXPECT_TRUE(*holds_at("target.arch == 'amd64'", "linux/amd64"));
  EXPECT_FALSE(holds_at("'text'", "linux/amd64"));
}

TEST(Pattern, capture) {
  struct Row {
    const char *summary, *pattern, *text, *result;  // result null: no match
  };
  const Row rows[] = {
      {"greedy before the last slash", "^.+/(.+)$", "a/b/c", "c"},
      {"lazy", "^(.+?)/", "a/b/c", "a"},
      {"optional and classes", "^v?([0-9]+\\.[0-9]+).*$", "v1.30.2", "1.30"},
      {"alternatives, first wins", "(a|ab)(c|bcd)?", "abcd", "a"},
      {"alternatives inside a sequence", "^x?(?:foo|bar)([0-9]*)$", "xbar12", "12"},
      {"three alternatives", "^(?:a|b|c)+(d)$", "abcabcd", "d"},
      {"nested groups count from the left", "^((a)b)c", "abc", "ab"},
      {"counted", "^(a{2,3})a*$", "aaaaa", "aaa"},
      {"counted, exactly", "^(?:[0-9]{2}-){2}(x)", "12-34-x", "x"},
      {"literal brace", "a{b", "a{b", "a{b"},
      {"negated class", "^([^.]+)\\.", "17.2", "17"},
      {"class of words", "^([\\w-]+)", "a-b c", "a-b"},
      {"whole match without a group", "[0-9]+", "abc123def", "123"},
      {"group that took no part", "^(?:(a)|b)$", "b", ""},
      {"no match", "^a$", "ab", nullptr},
      {"empty loop", "^(?:a*)*(b)", "aab", "b"},
  };
  for (const Row& row : rows) {
    const auto pattern = Pattern::parse(row.pattern);
    ASSERT_TRUE(pattern) << row.summary << ": " << pattern.error().message;
    const auto got = pattern->capture(row.text);
    EXPECT_EQ(got.has_value(), row.result != nullptr) << row.summary;
    EXPECT_EQ(got.value_or("-"), row.result != nullptr ? row.result : "-") << row.summary;
  }
}

TEST(Pattern, refuses) {
  for (const char* bad : {"(", ")", "a)", "[a", "*a", "a\\", "\\q", "(?=a)", "[b-a]", "a{2,1}", "a{2000}", "((((a{100}){100}){100}){100})"}) {
    EXPECT_FALSE(Pattern::parse(bad)) << bad;
  }
  EXPECT_FALSE(Pattern::parse(std::string(300, '(') + std::string(200, ')')));
  EXPECT_FALSE(Pattern::parse(std::string(513, 'a')));
}

TEST(Pattern, takes_linear_time) {
  const auto start = std::chrono::steady_clock::now();
  for (const char* hard : {"^(a*)*b$", "^(a|aa)+$", "^(a?){30}a{30}b$", "(.*)(.*)(.*)(.*)x"}) {
    const auto pattern = Pattern::parse(hard);
    ASSERT_TRUE(pattern) << hard;
    pattern->capture(std::string(2000, 'a') + "c");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace ashlar::plan
