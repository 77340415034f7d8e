#include <gtest/gtest.h>

#include "advisory/inner/collected.h"
#include "advisory/inner/shared_data.h"

namespace ashlar::advisory {
namespace {

FeedSettings releases() {
  FeedSettings settings;
  settings.releases = {{"buster", "10"}, {"bullseye", "11"}};
  return settings;
}

TEST(DebianList, WhatAnAdvisorySays) {
  // The first of the list of April 2023, and others of it shortened.
  const auto read = collect("debian-list",
                            "[29 Mar 2023] DSA-5380-1 xorg-server - security update\n\t{CVE-2023-1393}\n\t[bullseye] - xorg-server 2:1.20.11-1+deb11u6\n"
                            "[5 Mar 2023] DSA-5356-2 sox - regression update\n        NOTE: a note\n        [bullseye] - sox   14.4.2+git20190427-2+deb11u2\n\n    \t{CVE-2021-23159 CVE-2021-23172  CVE-2021-23159 }\n\t[wheezy] - sox 14.4.1-1\n"
                            "[16 Mar 2021] DLA-2600-1 pygments\n\t[buster] - pygments 2.3.1+dfsg-1\n\t[bullseye] - pygments <not-affected> (Vulnerable code not present)\n",
                            releases());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->advisories.size(), 3u);
  EXPECT_EQ(read->advisories[0].id, "DSA-5380-1");
  EXPECT_EQ(read->advisories[0].aliases, std::vector<std::string>{"CVE-2023-1393"});
  EXPECT_EQ(read->advisories[0].summary, "xorg-server - security update");
  EXPECT_EQ(read->advisories[0].published, Time::parse("2023-03-29").value());
  EXPECT_EQ(read->advisories[0].affected, (std::vector<Affected>{{"Debian:11", "xorg-server", Grammar::Dpkg, Stance::Affected, {{"", "2:1.20.11-1+deb11u6", ""}}, {}, "", "", {}}}));
  EXPECT_EQ(read->advisories[1].aliases, (std::vector<std::string>{"CVE-2021-23159", "CVE-2021-23172"}));
  EXPECT_EQ(read->advisories[1].affected.size(), 1u);
  EXPECT_EQ(read->notes.at("release 'wheezy' is none of the description's"), std::vector<std::string>{"DSA-5356-2"});
  EXPECT_EQ(read->advisories[2].affected.size(), 2u);
  EXPECT_EQ(read->advisories[2].affected[1], (Affected{"Debian:11", "pygments", Grammar::Dpkg, Stance::NotAffected, {}, {}, "", "Vulnerable code not present", {}}));
  EXPECT_EQ(read->dates, std::vector<Time>{Time::parse("2023-03-29").value()});
  EXPECT_TRUE(read->covered.empty()) << "a package without an advisory may well be vulnerable";
}

TEST(DebianList, Marks) {
  struct {
    const char* line;
    Stance stance;
    std::vector<Interval> intervals;
    const char* remark;
  } const cases[] = {
      {"<not-affected>", Stance::NotAffected, {}, ""},
      {"<end-of-life>", Stance::Affected, {{"", "", ""}}, "end-of-life"},
      {"<end-of-life> (Not supported in LTS)", Stance::Affected, {{"", "", ""}}, "end-of-life: Not supported in LTS"},
      {"<ignored> (Minor issue)", Stance::Affected, {{"", "", ""}}, "ignored: Minor issue"},
      {"<postponed> (Minor issue)", Stance::Affected, {{"", "", ""}}, "postponed: Minor issue"},
      {"<no-dsa> (Minor issue; (maybe))", Stance::Affected, {{"", "", ""}}, "no-dsa: Minor issue; (maybe)"},
      {"<unfixed>", Stance::Affected, {{"", "", ""}}, ""},
      {"<undetermined>", Stance::Undetermined, {}, ""},
      {"<removed>", Stance::Affected, {{"", "", ""}}, "removed"},
      {"1.0-1 (bug #5)", Stance::Affected, {{"", "1.0-1", ""}}, "bug #5"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.line);
    const auto read = collect("debian-list", std::string("[29 Mar 2023] DSA-5380-1 x - y\n\t[buster] - x ") + each.line + "\n", releases());
    ASSERT_TRUE(read) << read.error().message;
    const Affected& affected = read->advisories.at(0).affected.at(0);
    EXPECT_EQ(affected.stance, each.stance);
    EXPECT_EQ(affected.intervals, each.intervals);
    EXPECT_EQ(affected.remark, each.remark);
  }
}

TEST(DebianList, VersionsOfReleasesOfLongAgoMayBeNone) {
  const auto read = collect("debian-list", "[15 Jan 2004] DSA-423 linux-kernel-2.4.17-ia64 - several vulnerabilities\n\t[woody] - kernel-image kernel,image\n\t[buster] - x 1-1\n", releases());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->advisories.at(0).affected.size(), 1u);
  EXPECT_EQ(read->notes.at("release 'woody' is none of the description's"), std::vector<std::string>{"DSA-423"});
}

TEST(DebianList, IsRefusedWhole) {
  FeedSettings settings = releases();
  settings.not_after = Time::parse("2023-04-01").value();
  const std::string head = "[29 Mar 2023] DSA-5380-1 x - y\n";
  struct {
    const char* summary;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"nothing", "", "it is empty"},
      {"no advisory", "\n\n \n\nx\n", "byte 5 (line 5): a line is neither an advisory nor part of one"},
      {"cut within a line", head + "\t[buster] - x 1.0", "its last line has no end"},
      {"a line before the first", "\t{CVE-2023-1393}\n", "a line comes before the first advisory"},
      {"a date that is none", "[32 Mar 2023] DSA-5380-1 x\n", "'32 Mar 2023' is no date"},
      {"no date", "[DSA-5380-1 x\n", "an advisory begins with '[day month year]'"},
      {"a date to come", "[29 May 2023] DSA-5380-1 x - y\n", "it is dated 2023-05-29T00:00:00Z, which is later than now"},
      {"no advisory's name", "[29 Mar 2023] FreeBSD-1 x\n", "'FreeBSD-1' is no advisory of Debian"},
      {"twice", head + head, "byte 31 (line 2): 'DSA-5380-1' stands twice"},
      {"names that are not closed", head + "\t{CVE-2023-1393\n", "byte 31 (line 2): record 'DSA-5380-1': '{' is not closed"},
      {"a name that is none", head + "\t{CVE-2023-x}\n", "'CVE-2023-x' is no identifier"},
      {"a release that is not closed", head + "\t[buster - x 1\n", "'[' is not closed"},
      {"no version", head + "\t[buster] - x\n", "a release's line is not '[release] - package version'"},
      {"no dash", head + "\t[buster] x 1.0 y\n", "a release's line is not '[release] - package version'"},
      {"a version that is none", head + "\t[buster] - x one,two\n", "'one,two' is no version"},
      {"a mark of the future", head + "\t[buster] - x <exorcised>\n", "unknown mark '<exorcised>'"},
      {"a line of the future", head + "\tSEE: also\n", "a line of an advisory is not known: 'SEE: also'"},
      {"no UTF-8", head + "\tNOTE: \xff\n", "it is no UTF-8"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("debian-list", each.text, settings, "list", '\n');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
  EXPECT_EQ(collect("debian-list", head, {}, "list").error().message, "cannot read feed 'list': its description has no 'releases'");
}

TEST(DebianList, TheWholeFile) {
  const auto text = shared_text("debian-dsa-list-2023-04.zst");
  if (!text) GTEST_SKIP() << "there is no '" << shared_path("debian-dsa-list-2023-04.zst") << "'";
  const auto read = collect("debian-list", *text, releases());
  ASSERT_TRUE(read) << read.error().message;
  size_t of_11 = 0, of_10 = 0;
  for (const Advisory& advisory : read->advisories) {
    for (const Affected& affected : advisory.affected) ++(affected.space == "Debian:11" ? of_11 : of_10);
  }
  EXPECT_EQ(read->advisories.size(), 5406u);
  EXPECT_EQ(of_11, 410u);
  EXPECT_EQ(of_10, 623u);
  EXPECT_EQ(read->dates, std::vector<Time>{Time::parse("2023-03-29").value()});
  EXPECT_TRUE(*read == *collect("debian-list", *text, releases()));
}

}  // namespace
}  // namespace ashlar::advisory
