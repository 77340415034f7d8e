#include "attest/support.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ashlar::attest {
namespace {

TEST(Support, is_read_as_it_was_said) {
  const SupportSaid rows[] = {
      {.image = "registry.example/app"},
      {.image = "registry.example/app", .from = *Time::parse("2026-01-01"), .until = *Time::parse("2028-02-29"), .rebuilt_at_latest = 7 * 86400, .sla = "pci-dss", .promised = *Time::parse("2026-01-01T08:00:00Z")},
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
      {"no time", R"({"image": "a", "until": "soon"})"},
      {"backwards", R"({"image": "a", "from": "2027-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"})"},
      {"a length in words", R"({"image": "a", "rebuilt_at_latest": "7d"})"},
      {"no length", R"({"image": "a", "rebuilt_at_latest": 0})"},
      {"no object", R"([])"},
  };
  for (const auto& row : rows) EXPECT_FALSE(read_support(Json::parse(row.text))) << row.summary;
}

}  // namespace
}  // namespace ashlar::attest
