#include "advisory/feeds.h"

#include <gtest/gtest.h>

#include <set>

#include "advisory/inner/collected.h"

namespace ashlar::advisory {
namespace {

TEST(Feeds, Formats) {
  std::set<std::string_view> names;
  for (const Format& row : formats()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.summary.empty());
    EXPECT_EQ(format(row.name).value(), &row);
  }
  EXPECT_EQ(names.size(), 10u);
  EXPECT_EQ(format("debian-traker").error().message, "cannot read feeds of the format 'debian-traker': there is no such format, did you mean 'debian-tracker'?");
  EXPECT_TRUE(format("nothing-like-it").error().message.find("the formats are debian-tracker, osv, ") != std::string::npos);
}

/// What no publisher writes is refused by every format, with the document named and without a record added to what counts.
TEST(Feeds, EveryFormatRefusesWhatIsNone) {
  FeedSettings settings;
  settings.releases = {{"trixie", "13"}};
  settings.space = "Debian:13";
  const std::string cases[] = {"", " ", "\n\n", std::string("\0\0\0", 3), "\xef\xbb\xbf{}", "<!DOCTYPE html>\n<html>\n", "null", "0", "\"text\"", "version https://git-lfs.github.com/spec/v1", "[[[[[[[[", "{\"a\":", "\x1f\x8b\x08", "PK\x03\x04"};
  for (const Format& row : formats()) {
    for (const std::string& text : cases) {
      SCOPED_TRACE(std::string(row.name) + " of '" + text.substr(0, 10) + "'");
      const auto read = collect(row.name, text, settings, "feed", ' ');
      if (row.name == "debian-support-limited" && read) continue;  // any line whose first word may be a name is one
      ASSERT_FALSE(read);
      EXPECT_EQ(read.error().kind, Kind::Corrupt);
      EXPECT_TRUE(read.error().message.starts_with("cannot read feed 'feed': ")) << read.error().message;
    }
  }
}

}  // namespace
}  // namespace ashlar::advisory
