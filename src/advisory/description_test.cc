#include "advisory/description.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <nlohmann/json.hpp>

#include "advisory/inner/collected.h"
#include "advisory/inner/shared_data.h"
#include "base/json.h"

namespace ashlar::advisory {
namespace {

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::string good = "summary: Debian security tracker\nformat: debian-tracker\npublisher: Debian\nurls: [https://tracker.example/data/json]\nmax-age: 3d\nreleases: {trixie: \"13\", sid: \"\"}\n";

TEST(FeedDescription, WhatItSays) {
  const auto read = read_description(good + "members: \"*/osv/**\"\nspace: Debian\nlicence: MIT\nattribution: by Debian\n", "/etc/feeds/debian-tracker.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, "debian-tracker");
  EXPECT_EQ(read->summary, "Debian security tracker");
  EXPECT_EQ(read->format, "debian-tracker");
  EXPECT_EQ(read->urls, std::vector<std::string>{"https://tracker.example/data/json"});
  EXPECT_EQ(read->max_age, 3 * 86400);
  EXPECT_EQ(read->settings.releases, (std::map<std::string, std::string>{{"trixie", "13"}, {"sid", ""}}));
  EXPECT_EQ(read->settings.publisher, "Debian");
  EXPECT_EQ(read->settings.members, "*/osv/**");
  EXPECT_EQ(read->settings.space, "Debian");
  EXPECT_FALSE(read->settings.not_after);
  EXPECT_EQ(read->licence, "MIT");
  EXPECT_EQ(read->attribution, "by Debian");
}

TEST(FeedDescription, Faults) {
  struct {
    const char* summary;
    std::string text;
    const char* fault;  ///< its place, message and hint
  } const cases[] = {
      {"nothing", "", "1:1: a mapping is expected here"},
      {"a list", "- a\n", "1:1: a mapping is expected here"},
      {"an unknown key", good + "publishr: x\n", "7:1: unknown key 'publishr' (did you mean 'publisher'?)"},
      {"no summary", "format: kev\npublisher: CISA\nurls: [https://a.example]\nmax-age: 1d\n", "1:1: 'summary' is missing"},
      {"no format", "summary: x\npublisher: CISA\nurls: [https://a.example]\nmax-age: 1d\n", "1:1: 'format' is missing"},
      {"no publisher", "summary: x\nformat: kev\nurls: [https://a.example]\nmax-age: 1d\n", "1:1: 'publisher' is missing"},
      {"no address", "summary: x\nformat: kev\npublisher: CISA\nmax-age: 1d\n", "1:1: 'urls' is missing"},
      {"no age", "summary: x\nformat: kev\npublisher: CISA\nurls: [https://a.example]\n", "1:1: 'max-age' is missing"},
      {"an empty text", "summary: \"\"\nformat: kev\npublisher: CISA\nurls: [https://a.example]\nmax-age: 1d\n", "1:10: 'summary' must be a text"},
      {"a format that is none", "summary: x\nformat: kevs\npublisher: CISA\nurls: [https://a.example]\nmax-age: 1d\n", "2:9: unknown format 'kevs'"},
      {"addresses that are a text", "summary: x\nformat: kev\npublisher: CISA\nurls: https://a.example\nmax-age: 1d\n", "4:7: 'urls' must be a list of addresses"},
      {"an address in the clear", "summary: x\nformat: kev\npublisher: CISA\nurls: [http://a.example]\nmax-age: 1d\n", "4:8: an address begins with 'https://'"},
      {"an address twice", "summary: x\nformat: kev\npublisher: CISA\nurls: [https://a.example, https://a.example]\nmax-age: 1d\n", "4:27: an address stands twice"},
      {"an age that is none", "summary: x\nformat: kev\npublisher: CISA\nurls: [https://a.example]\nmax-age: 1y\n", "5:10: cannot read age '1y': its unit is none of m, h, d and w"},
      {"an age of nothing", "summary: x\nformat: kev\npublisher: CISA\nurls: [https://a.example]\nmax-age: 0d\n", "5:10: 'max-age' must be more than nothing"},
      {"the tracker without releases", "summary: x\nformat: debian-tracker\npublisher: Debian\nurls: [https://a.example]\nmax-age: 1d\n", "2:9: the format 'debian-tracker' needs 'releases'"},
      {"ends of life without a space", "summary: x\nformat: eol\npublisher: x\nurls: [https://a.example]\nmax-age: 1d\n", "2:9: the format 'eol' needs 'space'"},
      {"releases that are a list", "summary: x\nformat: debian-list\npublisher: Debian\nurls: [https://a.example]\nmax-age: 1d\nreleases: [trixie]\n", "6:11: 'releases' must be a mapping of code names to releases"},
      {"a release that is a list", "summary: x\nformat: debian-list\npublisher: Debian\nurls: [https://a.example]\nmax-age: 1d\nreleases: {a: [], b: \"1\"}\n", "6:15: a release is a text"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = read_description(each.text, "x.yaml");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Invalid);
    ASSERT_FALSE(read.error().faults.empty()) << read.error().message;
    const Fault& fault = read.error().faults[0];
    const std::string shown = std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")");
    EXPECT_TRUE(shown.starts_with(each.fault)) << shown;
    EXPECT_EQ(fault.path, "x.yaml");
  }
}

TEST(FeedDescription, TheShippedOnes) {
  std::set<std::string> formats_used;
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(ASHLAR_SOURCE_DIR) / "feeds")) {
    SCOPED_TRACE(entry.path().string());
    const auto read = read_description(contents_of(entry.path()), entry.path().string());
    ASSERT_TRUE(read) << read.error().message << (read.error().faults.empty() ? "" : to_string(read.error().faults[0]));
    EXPECT_EQ(read->name, entry.path().stem().string());
    EXPECT_GE(read->max_age, 86400) << "publishers ask not to be asked more often than once a day";
    formats_used.insert(read->format);
    ++count;
  }
  EXPECT_EQ(count, 21u);
  for (const Format& row : formats()) EXPECT_TRUE(formats_used.contains(std::string(row.name))) << "no shipped feed has the format " << row.name;
}

TEST(FeedDescription, TheShippedOnesReadWhatPublishersWrite) {
  struct {
    const char* feed;
    const char* file;
    size_t values;
  } const cases[] = {{"debian-tracker", "debian-tracker-derived.json.zst", 8052}, {"debian-dsa", "debian-dsa-list-2023-04.zst", 5406}, {"kev", "kev.json.zst", 1404}};
  size_t there = 0;
  for (const auto& each : cases) {
    SCOPED_TRACE(each.feed);
    const auto text = shared_text(each.file);
    if (!text) continue;
    ++there;
    const std::string path = std::string("feeds/") + each.feed + ".yaml";
    const auto description = read_description(contents_of(std::filesystem::path(ASHLAR_SOURCE_DIR) / path), path);
    ASSERT_TRUE(description) << description.error().message;
    const auto read = collect(description->format, *text, description->settings, each.file);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->advisories.size() + read->exploited.size(), each.values);
    EXPECT_TRUE(read->notes.empty()) << read->notes.begin()->first;
  }
  if (there == 0) GTEST_SKIP() << "there is none of the files below '" << shared_path("") << "'";
}

TEST(FeedDescription, TheSchemaKnowsTheSameKeysAndFormats) {
  const auto schema = parse_json(contents_of(std::filesystem::path(ASHLAR_SOURCE_DIR) / "schemas/feed.schema.json"), "feed.schema.json");
  ASSERT_TRUE(schema);
  std::set<std::string> known, named;
  for (const auto& one : (*schema)["properties"]["format"]["enum"]) known.insert(one.get<std::string>());
  for (const Format& row : formats()) named.insert(std::string(row.name));
  EXPECT_EQ(known, named);
  for (const auto& [key, value] : (*schema)["properties"].items()) {
    const auto read = read_description(key + ": []\n", "x.yaml");
    ASSERT_FALSE(read);
    for (const Fault& fault : read.error().faults) EXPECT_EQ(fault.message.find("unknown key"), std::string::npos) << key;
  }
  for (const auto& key : (*schema)["required"]) {
    const auto read = read_description("{}", "x.yaml");
    ASSERT_FALSE(read);
    EXPECT_TRUE(std::any_of(read.error().faults.begin(), read.error().faults.end(), [&](const Fault& fault) { return fault.message == "'" + key.get<std::string>() + "' is missing"; })) << key;
  }
  EXPECT_FALSE((*schema)["additionalProperties"].get<bool>());
}

}  // namespace
}  // namespace ashlar::advisory
