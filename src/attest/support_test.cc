#include "attest/support.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ashlar::attest {
namespace {

TEST(Support, is_read_as_it_was_said) {
  const SupportSaid rows[] = {
      {.image = "registry.example/app"},
      {.image = "registry.example/app", .from = *Time::parse("2026-01-01"), .until = *Time::parse("2028-02-29"), .rebuilt_at_latest = 7 * 86400, .sla = "pci-dss", .promised = *Time::parse("2026-01-01T08:00:00Z")},
      {.image = "registry.example/app", .rebuilt_at_latest = 86400, .promised = *Time::parse("2026-01-02T08:00:00Z"), .published = *Time::parse("2026-01-01T08:00:00Z")},
  };
  for (const SupportSaid& row : rows) {
    const Predicate said = support(row);
    EXPECT_EQ(said.uri, support_uri);
    const auto read = read_support(Json::parse(said.text));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, row);
    EXPECT_EQ(support(row).text, said.text);
  }
}

TEST(Support, what_promises_nothing_that_could_be_held_to_is_refused) {
  const struct { const char *summary, *text; } rows[] = {
      {"of no image", R"({"from": "2026-01-01T00:00:00Z"})"},
      {"a name without letters", R"({"image": ""})"},
      {"promised at no time", R"({"image": "a", "promised": "soon"})"},
      {"published at no time", R"({"image": "a", "published": "lately"})"},
      {"no time", R"({"image": "a", "until": "soon"})"},
      {"backwards", R"({"image": "a", "from": "2027-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"})"},
      {"a length in words", R"({"image": "a", "rebuilt_at_latest": "7d"})"},
      {"no length", R"({"image": "a", "rebuilt_at_latest": 0})"},
      {"no object", R"([])"},
  };
  for (const auto& row : rows) EXPECT_FALSE(read_support(Json::parse(row.text))) << row.summary;
}

TEST(Support, a_cadence_counts_from_publication) {
  const Time said = *Time::parse("2028-02-28T08:00:00Z"), published = *Time::parse("2028-02-27T08:00:00Z");
  const struct { const char* summary; SupportSaid said; std::string due; } rows[] = {
      {"no cadence", {.image = "a", .promised = said, .published = published}, ""},
      {"since it was published, over a leap day", {.image = "a", .rebuilt_at_latest = 3 * 86400, .promised = said, .published = published}, "2028-03-01T08:00:00Z"},
      {"what does not say when that was counts from when it was said", {.image = "a", .rebuilt_at_latest = 86400, .promised = said}, "2028-02-29T08:00:00Z"},
      {"nobody knows since when", {.image = "a", .rebuilt_at_latest = 86400}, ""},
  };
  for (const auto& row : rows) {
    const auto due = due_again(row.said);
    EXPECT_EQ(due ? due->str() : "", row.due) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::attest
