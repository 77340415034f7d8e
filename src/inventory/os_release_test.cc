#include "inventory/os_release.h"

#include <gtest/gtest.h>

namespace ashlar::inventory {
namespace {

TEST(OsRelease, ReadsAssignments) {
  struct Row { std::string_view summary, text, key, value; };
  const Row rows[] = {
      {"a bare word", "ID=debian\n", "ID", "debian"},
      {"double quotes", "VERSION_ID=\"13\"\n", "VERSION_ID", "13"},
      {"single quotes", "NAME='Debian GNU/Linux'\n", "NAME", "Debian GNU/Linux"},
      {"the last line without its end", "A=1\nID=alpine", "ID", "alpine"},
      {"what a backslash quotes", "PRETTY_NAME=\"a \\\"b\\\" \\$c\"\n", "PRETTY_NAME", "a \"b\" $c"},
      {"single quotes keep backslashes", "X='a\\b'\n", "X", "a\\b"},
      {"line ends of another system", "ID=wolfi\r\nA=1\r\n", "ID", "wolfi"},
      {"the last of two counts", "ID=a\nID=b\n", "ID", "b"},
      {"a comment is none", "#ID=a\n", "ID", ""},
      {"a line without a name is none", "=x\nno\n", "", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(read_os_release(row.text, "etc/os-release")[row.key], row.value) << row.summary;
}

TEST(OsRelease, IsFoundInBothPlaces) {
  Contents contents;
  EXPECT_FALSE(find_os_release(contents));
  contents.texts["usr/lib/os-release"] = "ID=below\n";
  EXPECT_EQ((*find_os_release(contents))["ID"], "below");
  contents.texts["etc/os-release"] = "ID=above\n";
  EXPECT_EQ(find_os_release(contents)->path, "etc/os-release");
  EXPECT_TRUE(tells_os_release("etc/os-release"));
  EXPECT_FALSE(tells_os_release("opt/etc/os-release"));
}

}  // namespace
}  // namespace ashlar::inventory
