#include "deb/release.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace ashlar::deb {
namespace {

const std::string digest(64, 'a');

TEST(Release, reads_the_fields_that_matter) {
  const auto release = parse_release(fmt::format("Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nVersion: 13\nCodename: trixie-security\n"
                                                 "Date: Sun, 22 Nov 2026 19:58:57 UTC\nValid-Until: Sun, 29 Nov 2026 19:58:57 UTC\nAcquire-By-Hash: yes\nArchitectures: all amd64 arm64\n"
                                                 "Components: updates/main\nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 b\nSHA256:\n {0} 20 main/b\n {0}        1 main/a\n",
                                                 digest),
                                     "it");
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(release->codename, "trixie-security");
  EXPECT_EQ(release->date.str(), "2026-11-22T19:58:57Z");
  EXPECT_EQ(release->valid_until->str(), "2026-11-29T19:58:57Z");
  EXPECT_EQ(release->architectures, (std::vector<std::string>{"all", "amd64", "arm64"}));
  EXPECT_TRUE(release->by_hash);
  EXPECT_TRUE(release->all_apart);
  ASSERT_NE(release->find("main/b"), nullptr);
  EXPECT_EQ(release->find("main/b")->size, 20u);
  EXPECT_EQ(release->find("b"), nullptr);
}

struct Case {
  const char* summary;
  std::string text, words;
};

TEST(Release, refuses) {
  const std::string date = "Date: Sun, 22 Nov 2026 19:58:57 UTC\n";
  const Case cases[] = {
      {"nothing", "", "it is empty"},
      {"no date", "SHA256:\n " + digest + " 1 a\n", "it has no Date"},
      {"a date that is none", "Date: yesterday\nSHA256:\n", "yesterday"},
      {"no digests", date + "MD5Sum:\n x 1 a\n", "it has no SHA256"},
      {"a short digest", date + "SHA256:\n abc 1 a\n", "abc"},
      {"no size", date + "SHA256:\n " + digest + " a\n", "not of the form 'digest size path'"},
      {"a size that is no number", date + "SHA256:\n " + digest + " 1x a\n", "is no number"},
      {"a size beyond all numbers", date + "SHA256:\n " + digest + " 99999999999999999999 a\n", "is no number"},
      {"a path upwards", date + "SHA256:\n " + digest + " 1 main/../../a\n", "leaves its folder"},
      {"an absolute path", date + "SHA256:\n " + digest + " 1 /a\n", "leaves its folder"},
      {"a file twice", date + "SHA256:\n " + digest + " 1 a\n " + digest + " 2 a\n", "lists 'a' twice"},
      {"no field", "what is this\n", "it is no field"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.summary);
    const auto release = parse_release(row.text, "it");
    ASSERT_FALSE(release);
    EXPECT_EQ(release.error().kind, Kind::Corrupt);
    EXPECT_NE(release.error().message.find(row.words), std::string::npos) << release.error().message;
  }
}

}  // namespace
}  // namespace ashlar::deb
