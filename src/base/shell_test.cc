#include "base/shell.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace ashlar {
namespace {

TEST(ShellWord, is_one_word_and_plain_where_it_can_be) {
  const struct { const char *text, *expected; } rows[] = {
      {"plain", "plain"}, {"oci:/srv/out:1", "oci:/srv/out:1"}, {"", "''"}, {"two words", "'two words'"}, {"it's", "'it'\\''s'"}, {"$HOME", "'$HOME'"}, {"a\nb", "'a\nb'"},
  };
  for (const auto& row : rows) EXPECT_EQ(shell_word(row.text), row.expected) << row.text;
}

TEST(ShellWord, is_what_a_shell_reads_back) {
  for (const std::string text : {"it's", "a b\tc", "`id` $(id) \"$x\" \\\\ !", "''", "*?[a]~"}) {
    FILE* const pipe = ::popen(("printf %s " + shell_word(text)).c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::array<char, 256> read{};
    const size_t size = std::fread(read.data(), 1, read.size(), pipe);
    ::pclose(pipe);
    EXPECT_EQ(std::string(read.data(), size), text);
  }
}

}  // namespace
}  // namespace ashlar
