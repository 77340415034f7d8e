#include <gtest/gtest.h>

#include "advisory/inner/collected.h"

namespace ashlar::advisory {
namespace {

std::string database(const std::string& packages) { return R"({"apkurl":"{{urlprefix}}/x.apk","archs":["x86_64"],"reponame":"main","urlprefix":"https://example.org/alpine","distroversion":"v3.20","packages":[)" + packages + "]}"; }
std::string package(const std::string& name, const std::string& secfixes) { return R"({"pkg":{"name":")" + name + R"(","secfixes":)" + secfixes + "}}"; }

Affected fixed_in(const std::string& name, const std::string& version) { return {"Alpine:v3.20", name, Grammar::Apk, Stance::Affected, {{"", version, ""}}, {}, "", "", {}}; }

TEST(Secdb, WhatItSays) {
  // busybox and openssl of Alpine's main, shortened.
  const auto read = collect("secdb", database(package("busybox", R"~({"0":["CVE-2021-28831"],"1.27.2-r4":["CVE-2017-16544","CVE-2017-15873 (+ regression 1)"],"1.30.1-r2":["CVE-2019-5747 GHSA-aaaa-bbbb-cccc, XSA-12"]})~") + "," +
                                              package("openssl", R"({"0":["CVE-2022-1292","CVE-2022-2068"]})") + "," + package("zlib", "{}") + "," + package("acl", "null")));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->advisories.size(), 6u);
  EXPECT_EQ(read->advisories[0].affected[0].stance, Stance::NotAffected);
  EXPECT_EQ(read->advisories[1].id, "CVE-2017-16544");
  EXPECT_EQ(read->advisories[1].affected, std::vector<Affected>{fixed_in("busybox", "1.27.2-r4")});
  EXPECT_EQ(read->advisories[2].id, "CVE-2017-15873");
  EXPECT_TRUE(read->advisories[2].aliases.empty());
  EXPECT_EQ(read->advisories[3].id, "CVE-2019-5747");
  EXPECT_EQ(read->advisories[3].aliases, (std::vector<std::string>{"GHSA-aaaa-bbbb-cccc", "XSA-12"}));
  EXPECT_EQ(read->advisories[4].id, "CVE-2022-1292");
  EXPECT_EQ(read->advisories[4].affected, (std::vector<Affected>{{"Alpine:v3.20", "openssl", Grammar::Apk, Stance::NotAffected, {}, {}, "", "", {}}}));
  EXPECT_EQ(read->covered, std::vector<std::string>{"Alpine:v3.20"});
}

TEST(Secdb, Spaces) {
  FeedSettings wolfi;
  wolfi.space = "Wolfi";
  const std::string without = R"({"reponame":"os","packages":[)" + package("age", R"({"1.1.1-r5":["CVE-2023-1000"]})") + "]}";
  EXPECT_EQ(collect("secdb", without, wolfi)->covered, std::vector<std::string>{"Wolfi"});
  EXPECT_EQ(collect("secdb", without, wolfi)->advisories[0].affected[0].space, "Wolfi");
  EXPECT_EQ(collect("secdb", without, {}, "w.json").error().message, "cannot read feed 'w.json': byte 0 (line 1): 'distroversion' is missing, and the feed's description has no 'space'");
}

TEST(Secdb, WhatIsLeftOutIsTold) {
  const auto read = collect("secdb", database(package("zabbix", R"({"1.0-r0":["CVE N/A","see the changelog","CVE-2020-NNNN"]})")));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->advisories.size(), 1u) << "an identifier that nobody has yet is still told";
  EXPECT_EQ(read->notes.at("fixes of what has no identifier").size(), 2u);
}

TEST(Secdb, IsRefusedWhole) {
  struct {
    const char* summary;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"cut short", database(package("a", "{}")).substr(0, 120), "byte 120 (line 1): it is no valid JSON here"},
      {"no package", database(""), "it has no package"},
      {"no list of packages", R"({"distroversion":"v3.20"})", "'packages' is missing"},
      {"a release that is none", R"({"distroversion":"v 3","packages":[]})", "'distroversion' is no release: 'v 3'"},
      {"a package without pkg", database("{}"), "record 'package number 1': 'pkg' is missing"},
      {"a package without a name", database(R"({"pkg":{"secfixes":{}}})"), "record 'package number 1': 'name' is missing"},
      {"a package twice", database(package("a", "{}") + "," + package("a", "{}")), "record 'a': it stands twice"},
      {"a version twice", database(package("a", R"({"1-r0":[],"1-r0":[]})")), "record 'a': in 'secfixes' the key '1-r0' stands twice"},
      {"a version that is none", database(package("a", R"({"1 or 2":[]})")), "record 'a': '1 or 2' is no version"},
      {"fixes that are a text", database(package("a", R"({"1-r0":"CVE-2020-1000"})")), "record 'a': what '1-r0' fixes is no list"},
      {"a fix that is a number", database(package("a", R"({"1-r0":[2020]})")), "record 'a': what '1-r0' fixes is no text"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("secdb", each.text, {}, "main.json", '}');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace ashlar::advisory
