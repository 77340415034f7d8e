#include "ledger/event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/json.h"
#include "base/text.h"

namespace ashlar::ledger {
namespace {

Time at(std::string_view text) { return Time::parse(text).value(); }

TEST(LedgerEvent, KindsHaveNames) {
  for (int value = 0; value <= static_cast<int>(Kind::Noted); ++value) {
    const auto kind = static_cast<Kind>(value);
    EXPECT_EQ(parse_kind(to_string(kind)).value(), kind) << to_string(kind);
  }
  EXPECT_EQ(to_string(Kind::FixAvailable), "fix-available");
  EXPECT_EQ(to_string(Kind::RolledBack), "rolled-back");
  EXPECT_NE(parse_kind("promotd").error().message.find("did you mean 'promoted'?"), std::string::npos);
  EXPECT_NE(parse_kind("x").error().message.find("the kinds are published, fix-available"), std::string::npos);
}

struct Form {
  const char* summary;
  Event event;
  const char* text;
};

const Form forms[] = {
    {"nothing but when", {.at = at("2028-02-29T23:59:59Z")}, R"({"at":"2028-02-29T23:59:59Z","kind":"noted","number":7,"recorded":"2026-11-27T00:00:00Z"})"},
    {"all of it", {Kind::Promoted, at("2026-11-24T08:16:27Z"), "registry.example/python", "sha256:00", "CVE-2026-0001", "openssl", "production", "ashlar renew", {{"tag", "3.13"}, {"lock", "x"}}},
     R"({"at":"2026-11-24T08:16:27Z","by":"ashlar renew","digest":"sha256:00","environment":"production","facts":{"lock":"x","tag":"3.13"},"image":"registry.example/python","kind":"promoted","number":7,"package":"openssl","recorded":"2026-11-27T00:00:00Z","vulnerability":"CVE-2026-0001"})"},
    {"what JSON escapes, and no more", {.at = at("2026-01-01"), .by = "a\"b\\c/d\b\f\n\r\t\x01\x1f\x7f", .facts = {{"\xc3\xa9", "\xf0\x9f\x94\x92"}, {"a", ""}}},
     "{\"at\":\"2026-01-01T00:00:00Z\",\"by\":\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\",\"facts\":{\"a\":\"\",\"\xc3\xa9\":\"\xf0\x9f\x94\x92\"},\"kind\":\"noted\",\"number\":7,\"recorded\":\"2026-11-27T00:00:00Z\"}"},
    {"a fact that is called as a member", {.kind = Kind::Closed, .at = at("2026-01-01"), .facts = {{"image", "x"}, {"number", "8"}}, }, R"({"at":"2026-01-01T00:00:00Z","facts":{"image":"x","number":"8"},"kind":"closed","number":7,"recorded":"2026-11-27T00:00:00Z"})"},
    {"the first year", {.at = at("0000-01-01")}, R"({"at":"0000-01-01T00:00:00Z","kind":"noted","number":7,"recorded":"2026-11-27T00:00:00Z"})"},
};

TEST(LedgerEvent, HasOneFormThatIsReadAgain) {
  for (const Form& row : forms) {
    ASSERT_TRUE(check(row.event)) << row.summary;
    EXPECT_EQ(canonical(row.event, 7, at("2026-11-27")), row.text) << row.summary;
    const auto back = read_canonical(row.text);
    ASSERT_TRUE(back) << row.summary << ": " << back.error().message;
    EXPECT_EQ(back->event, row.event) << row.summary;
    EXPECT_EQ(back->number, 7U) << row.summary;
    EXPECT_EQ(back->recorded, at("2026-11-27")) << row.summary;
    EXPECT_TRUE(parse_json(row.text, row.summary)) << row.summary << ": it is JSON";
  }
}

TEST(LedgerEvent, AnyOtherFormIsRefused) {
  const struct { const char *summary, *text; } rows[] = {
      {"nothing", ""},
      {"no object", "[]"},
      {"an empty object", "{}"},
      {"white space", R"({ "at":"2026-01-01T00:00:00Z","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"something behind it", R"({"at":"2026-01-01T00:00:00Z","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"} )"},
      {"keys in another order", R"({"kind":"noted","at":"2026-01-01T00:00:00Z","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a key twice", R"({"at":"2026-01-01T00:00:00Z","at":"2026-01-01T00:00:00Z","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a key that is none", R"({"at":"2026-01-01T00:00:00Z","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z","x":"y"})"},
      {"an empty member", R"({"at":"2026-01-01T00:00:00Z","by":"","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"no facts in facts", R"({"at":"2026-01-01T00:00:00Z","facts":{},"kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"facts out of order", R"({"at":"2026-01-01T00:00:00Z","facts":{"b":"1","a":"2"},"kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a letter that need not be escaped", R"({"at":"2026-01-01T00:00:00Z","by":"\u0041","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a slash that is escaped", R"({"at":"2026-01-01T00:00:00Z","by":"\/","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a line end in its long form", R"({"at":"2026-01-01T00:00:00Z","by":"\u000a","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"hex in capitals", R"({"at":"2026-01-01T00:00:00Z","by":"\u001F","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a number as text", R"({"at":"2026-01-01T00:00:00Z","kind":"noted","number":"1","recorded":"2026-01-01T00:00:00Z"})"},
      {"a number with a zero before it", R"({"at":"2026-01-01T00:00:00Z","kind":"noted","number":01,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a time in another zone", R"({"at":"2026-01-01T01:00:00+01:00","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a day that is none", R"({"at":"2026-02-29T00:00:00Z","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a kind that is none", R"({"at":"2026-01-01T00:00:00Z","kind":"burnt","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"no kind", R"({"at":"2026-01-01T00:00:00Z","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
      {"a text without end", R"({"at":"2026-01-01T00:00:00Z","by":")"},
      {"an escape without end", "{\"at\":\"\\"},
      {"an escape with a sign", R"({"at":"2026-01-01T00:00:00Z","by":"\u-001","kind":"noted","number":1,"recorded":"2026-01-01T00:00:00Z"})"},
  };
  for (const auto& row : rows) {
    const auto read = read_canonical(row.text);
    ASSERT_FALSE(read) << row.summary;
    EXPECT_EQ(read.error().kind, ashlar::Kind::Corrupt) << row.summary;
  }
}

TEST(LedgerEvent, WhatCannotBeKeptIsRefused) {
  const struct { const char* summary; Event event; const char* says; } rows[] = {
      {"no UTF-8", {.by = "\xff"}, "is no UTF-8"},
      {"no UTF-8 in a fact", {.facts = {{"reason", "\xc3"}}}, "its fact 'reason' is no UTF-8"},
      {"a fact without a name", {.facts = {{"", "x"}}}, "a fact has no name"},
      {"the year 10000", {.at = {253402300800}}, "outside of the years 0 to 9999"},
      {"before the year 0", {.at = {-62167219201}}, "outside of the years 0 to 9999"},
      {"too long", {.facts = {{"reason", std::string(max_entry, 'x')}}}, "more than 65536 bytes"},
      {"too long once it is escaped", {.facts = {{"reason", std::string(20'000, '\x01')}}}, "more than 65536 bytes"},
  };
  for (const auto& row : rows) {
    const Done done = check(row.event);
    ASSERT_FALSE(done) << row.summary;
    EXPECT_NE(done.error().message.find(row.says), std::string::npos) << row.summary << ": " << done.error().message;
  }
  EXPECT_TRUE(check({.facts = {{"reason", std::string(60'000, 'x')}}}));
}

/// Whatever texts an event has, its form is read again, is JSON of the same values, and differs from that of any other event.
TEST(LedgerEvent, AnyTextSurvives) {
  std::mt19937 random(7);
  const auto text = [&] {
    std::string out;
    for (auto left = random() % 6; left > 0; --left) {
      const auto code = static_cast<unsigned>(random() % 3 == 0 ? random() % 0x20 : random() % 2 == 0 ? 0x20 + random() % 0x5f : 0xe0 + random() % 0x20);
      if (code < 0x80) out += static_cast<char>(code);
      else out += {static_cast<char>(0xc3), static_cast<char>(0x80 + code % 0x40)};
    }
    return out;
  };
  std::map<std::string, Event> seen;
  for (int round = 0; round < 5000; ++round) {
    Event event{static_cast<Kind>(random() % 16), {static_cast<std::int64_t>(random())}, text(), text(), text(), text(), text(), text(), {{"k" + text(), text()}, {"j" + text(), text()}}};
    ASSERT_TRUE(check(event));
    const std::string body = canonical(event, random() + std::uint64_t{1}, {static_cast<std::int64_t>(random())});
    const auto back = read_canonical(body);
    ASSERT_TRUE(back) << body;
    ASSERT_EQ(back->event, event) << body;
    const auto json = parse_json(body, "event");
    ASSERT_TRUE(json) << body;
    EXPECT_EQ(json->value("by", ""), event.by);
    EXPECT_EQ((*json)["facts"].size(), event.facts.size());
    const auto [place, fresh] = seen.emplace(body, event);
    EXPECT_TRUE(fresh || place->second == event) << body;
  }
}

TEST(LedgerEvent, TheChainIsSha256OfTheChainBeforeAndTheBytes) {
  EXPECT_EQ(first_chain().hex(), Digest::of("https://ashlar.dev/ledger/v1").hex());
  const std::string both = std::string(as_text(BytesView(first_chain().raw()))) + "{}";
  EXPECT_EQ(next_chain(first_chain(), "{}"), Digest::of(both));
}

}  // namespace
}  // namespace ashlar::ledger
