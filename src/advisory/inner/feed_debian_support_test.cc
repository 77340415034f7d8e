#include <gtest/gtest.h>

#include "advisory/inner/collected.h"

namespace ashlar::advisory {
namespace {

// Lines in the forms of debian-security-support's own lists.
const std::string ended = "# Source packages for which support ended\n# 1. name 2. version 3. day 4. text\n\nxen             4.14.6-1                      2023-09-30   DSA 5492-1\nconsul\t1.8.7+dfsg1-2  2022-04-01\n";
const std::string limited = "# list\nbinutils        Only suitable for trusted content; see https://example.org/a#b\ngolang.*   See the release notes\nkhtml\n";

TEST(DebianSupport, Ended) {
  const auto read = collect("debian-support-ended", ended, {}, "lists/security-support-ended.deb11");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->supports, (std::vector<Support>{{"Debian:11", "xen", Time::parse("2023-09-30").value(), "ended: 4.14.6-1 was the last version supported; DSA 5492-1"},
                                                  {"Debian:11", "consul", Time::parse("2022-04-01").value(), "ended: 1.8.7+dfsg1-2 was the last version supported"}}));
}

TEST(DebianSupport, Limited) {
  FeedSettings settings;
  settings.space = "Debian:13";
  const std::vector<Support> expected = {{"Debian:13", "binutils", std::nullopt, "limited: Only suitable for trusted content; see https://example.org/a#b"},
                                         {"Debian:13", "golang.*", std::nullopt, "limited: See the release notes"},
                                         {"Debian:13", "khtml", std::nullopt, "limited"}};
  const auto read = collect("debian-support-limited", limited, settings, "security-support-limited");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->supports, expected);
  EXPECT_EQ(collect("debian-support-limited", limited, settings, "security-support-limited.deb12")->supports[0].space, "Debian:12") << "the name of the list tells better";
  EXPECT_TRUE(collect("debian-support-limited", "# none yet\n", settings)->supports.empty());
}

TEST(DebianSupport, IsRefusedWhole) {
  struct {
    const char* summary;
    const char* format;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"nothing", "debian-support-limited", "", "it is empty"},
      {"cut within a line", "debian-support-ended", "xen 4.14.6-1 2023-09-3", "its last line has no end"},
      {"no day", "debian-support-ended", "xen 4.14.6-1\n", "byte 0 (line 1): record 'xen': the day is none: ''"},
      {"a day that is none", "debian-support-ended", "xen 4.14.6-1 soon\n", "the day is none: 'soon'"},
      {"a version that is none", "debian-support-ended", "# x\nxen soon 2023-09-30\n", "byte 4 (line 2): record 'xen': the last supported version is none: 'soon'"},
      {"twice", "debian-support-limited", "a\nb\na\n", "byte 4 (line 3): record 'a': it stands twice"},
      {"no UTF-8", "debian-support-limited", "a\xff\n", "it is no UTF-8"},
      {"a name that is none", "debian-support-limited", "a\x01 x\n", "it is no name of a source package"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect(each.format, each.text, {}, "security-support.deb12", '\n');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
  const auto nowhere = collect("debian-support-limited", limited, {}, "security-support-limited");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind, Kind::Invalid);
}

}  // namespace
}  // namespace ashlar::advisory
