#include "prove/inner/needles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>

namespace ashlar::prove {
namespace {

using Hits = std::vector<std::pair<size_t, size_t>>;

Hits found(const std::vector<std::string_view>& texts, std::string_view in) {
  const Needles needles(texts);
  Hits out;
  needles.find(in, [&](size_t at, size_t which) { out.emplace_back(at, which); });
  std::sort(out.begin(), out.end());
  return out;
}

Hits expected(const std::vector<std::string_view>& texts, std::string_view in) {
  Hits out;
  for (size_t which = 0; which < texts.size(); ++which) {
    for (size_t at = in.find(texts[which]); at != std::string_view::npos; at = in.find(texts[which], at + 1)) out.emplace_back(at, which);
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Needles, Table) {
  using namespace std::string_view_literals;
  struct Row { std::string summary; std::vector<std::string_view> texts; std::string_view in; };
  const std::vector<Row> rows = {
      {"nothing to search", {"abcd"}, ""},
      {"too short to hold one", {"abcd"}, "abc"},
      {"the whole", {"abcd"}, "abcd"},
      {"at both ends", {"abcd"}, "abcd...abcd"},
      {"over itself", {"aaaa"}, "aaaaaaa"},
      {"one within another", {"abcd", "xxabcdxx"}, "xxabcdxx"},
      {"with the same end", {"PERL5LIB", "PERL6LIB"}, "PERL5LIB PERL6LIB PERL7LIB"},
      {"with a NUL", {"umask\0"sv, "umask"sv}, "umask \0umask\0"sv},
      {"bytes over 127", {"\xff\xfe\xfd\xfc"}, "\xff\xff\xfe\xfd\xfc\xfb"},
      {"cut off at the end", {"getopts_long"}, "xx getopts_lon"},
      {"cut off at the front", {"-----BEGIN"}, "---BEGIN"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    EXPECT_EQ(found(row.texts, row.in), expected(row.texts, row.in));
  }
}

/// Against the plain search, over texts of few letters so that much is found.
TEST(Needles, AgreesWithThePlainSearch) {
  std::mt19937 random(7);
  const auto text = [&](size_t size, char letters) {
    std::string out(size, ' ');
    for (char& c : out) c = static_cast<char>('a' + static_cast<char>(random() % static_cast<unsigned>(letters)));
    return out;
  };
  size_t hits = 0;
  for (int round = 0; round < 300; ++round) {
    const char letters = static_cast<char>(2 + round % 3);
    std::vector<std::string> owned;
    for (int count = 0; count < 1 + round % 20; ++count) owned.push_back(text(4 + random() % 6, letters));
    std::sort(owned.begin(), owned.end());
    owned.erase(std::unique(owned.begin(), owned.end()), owned.end());
    const std::vector<std::string_view> texts(owned.begin(), owned.end());
    const std::string in = text(random() % 400, letters);
    const Hits ours = found(texts, in);
    EXPECT_EQ(ours, expected(texts, in));
    hits += ours.size();
  }
  EXPECT_GT(hits, 1000u);
}

}  // namespace
}  // namespace ashlar::prove
