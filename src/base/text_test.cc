#include "base/text.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

using Views = std::vector<std::string_view>;

TEST(Text, Trimmed) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("x"), "x");
}

TEST(Text, Taken) {
  EXPECT_EQ(split("a,b,,c", ','), (Views{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (Views{""}));
  EXPECT_EQ(split(",", ','), (Views{"", ""}));
  EXPECT_EQ(words("  a\tbc \n d"), (Views{"a", "bc", "d"}));
  EXPECT_EQ(words(" \n"), Views{});
  EXPECT_EQ(cut("a=b=c", '='), (std::pair<std::string_view, std::string_view>("a", "b=c")));
  EXPECT_EQ(cut("abc", '='), (std::pair<std::string_view, std::string_view>("abc", "")));
  const std::string parts[] = {"a", "", "b"};
  EXPECT_EQ(join(parts, ", "), "a, , b");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Text, Nearest) {
  const std::string_view keys[] = {"name", "image", "packages", "repositories", "work-dir"};
  const struct {
    const char* summary;
    std::string_view name, expected;
  } rows[] = {
      {"two letters swapped", "nmae", "name"},
      {"too far", "nxye", ""},
      {"a letter short", "packges", "packages"},
      {"a wrong letter", "imaga", "image"},
      {"another stroke", "work_dir", "work-dir"},
      {"nothing like it", "entrypoint", ""},
      {"empty", "", ""},
      {"the same letters, far apart in order", "egaminame", ""},
      {"a letter twice", "immage", "image"},
      {"many letters too much", "nameeeee", ""},
      {"letters that share a place with others", "IMAGE", ""},
      {"a long one", std::string_view("repositoriesrepositoriesrepositoriesrepositoriesrepositoriesrepositories"), ""},
  };
  for (const auto& row : rows) EXPECT_EQ(nearest(row.name, keys), row.expected) << row.summary;
}

TEST(Text, Utf8) {
  const struct {
    const char* summary;
    std::string_view text;
    bool good;
  } rows[] = {
      {"empty", "", true},
      {"ASCII with a NUL", std::string_view("a\0b", 3), true},
      {"two bytes", "\xc3\xa9", true},
      {"three bytes", "\xe2\x82\xac", true},
      {"four bytes", "\xf0\x9f\xa6\x80", true},
      {"the last code point", "\xf4\x8f\xbf\xbf", true},
      {"beyond the last code point", "\xf4\x90\x80\x80", false},
      {"a stray continuation", "\x80", false},
      {"a lead alone", "a\xc3", false},
      {"cut within a character", "\xe2\x82", false},
      {"overlong slash", "\xc0\xaf", false},
      {"overlong in three bytes", "\xe0\x80\xaf", false},
      {"overlong in four bytes", "\xf0\x80\x80\xaf", false},
      {"a surrogate", "\xed\xa0\x80", false},
      {"before the surrogates", "\xed\x9f\xbf", true},
      {"0xff", "\xff", false},
  };
  for (const auto& row : rows) EXPECT_EQ(is_utf8(row.text), row.good) << row.summary;
}

TEST(Text, Globs) {
  const struct {
    const char* summary;
    std::string_view pattern, path;
    bool fits;
  } rows[] = {
      {"the same", "usr/bin/x", "usr/bin/x", true},
      {"shorter", "usr/bin", "usr/bin/x", false},
      {"a star stays in its segment", "usr/*", "usr/bin/x", false},
      {"a star fits nothing", "usr/*x", "usr/x", true},
      {"stars that must try again", "*ab*ab", "aababab", true},
      {"a question mark is one byte", "a?c", "abc", true},
      {"a question mark is not none", "a?c", "ac", false},
      {"two stars fit segments", "usr/**/x", "usr/a/b/x", true},
      {"two stars fit none", "usr/**/x", "usr/x", true},
      {"two stars at the end", "usr/**", "usr/a/b", true},
      {"two stars at the front", "**/*.so.*", "usr/lib/libc.so.6", true},
      {"two pairs of stars", "**/a/**/b", "x/a/y/a/z/b", true},
      {"a set", "lib[abc].so", "libb.so", true},
      {"a range", "v[0-9]", "v7", true},
      {"outside the range", "v[0-9]", "vx", false},
      {"not in the set", "v[!0-9]", "vx", true},
      {"an open bracket is itself", "a[b", "a[b", true},
      {"a bracket may hold itself", "a[]]b", "a]b", true},
      {"many stars end soon", "*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
      {"everything", "**", "", true},
  };
  for (const auto& row : rows) EXPECT_EQ(matches_glob(row.pattern, row.path), row.fits) << row.summary;
}

TEST(Text, Numbers) {
  const struct {
    const char* summary;
    std::string_view a, b;
    std::weak_ordering order;
  } rows[] = {
      {"the same", "12", "12", std::weak_ordering::equivalent},
      {"by value, not as text", "9", "10", std::weak_ordering::less},
      {"leading zeros mean nothing", "007", "7", std::weak_ordering::equivalent},
      {"more zeros than digits", "0001", "2", std::weak_ordering::less},
      {"an empty run is 0", "", "000", std::weak_ordering::equivalent},
      {"longer than any integer", "100000000000000000000000000000000000000001", "100000000000000000000000000000000000000000", std::weak_ordering::greater},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(compare_numbers(row.a, row.b), row.order) << row.summary;
    EXPECT_EQ(compare_numbers(row.b, row.a), 0 <=> row.order) << row.summary;
  }
}

TEST(Text, HumanSize) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1000), "1.0 kB");
  EXPECT_EQ(human_size(20'123'456), "20.1 MB");
  EXPECT_EQ(human_size(999'950'000), "1.0 GB");
  EXPECT_EQ(human_size(18'446'744'073'709'551'615u), "18446744.1 TB");
}

}  // namespace
}  // namespace ashlar
