#include "attest/statement.h"

#include <gtest/gtest.h>

#include <functional>

#include <fmt/format.h>

#include "base/bytes.h"

namespace ashlar::attest {
namespace {

const std::string sha256(64, 'a');

Json good() {
  return {{"_type", "https://in-toto.io/Statement/v1"}, {"subject", Json::array({{{"name", "app"}, {"digest", {{"sha256", sha256}}}}})}, {"predicateType", "https://example.org/x/v1"}, {"predicate", {{"a", 1}}}};
}

TEST(Statement, ThePredicateMayLack) {
  // As cosign 2.6.5 signs an image in a bundle: the type says it all.
  const auto read = read_statement(R"({"_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": "00"}}], "predicateType": "https://sigstore.dev/cosign/sign/v1"})", "s");
  const auto good = read_statement(fmt::format(R"({{"_type": "https://in-toto.io/Statement/v1", "subject": [{{"digest": {{"sha256": "{}"}}}}], "predicateType": "https://sigstore.dev/cosign/sign/v1"}})", Digest::of(std::string_view("x")).hex()), "s");
  EXPECT_FALSE(read) << "a digest of two digits";
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->predicate, Json::object());
}

TEST(Statement, SaysOfWhatAndWhat) {
  Json json = good();
  json["subject"].push_back({{"digest", {{"sha512", std::string(128, 'b')}, {"gitCommit", std::string(40, 'c')}, {"house", "Any Text"}}}});
  json["a later key"] = 1;
  const auto read = read_statement(to_pretty(json), "x.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->subjects, (std::vector<StatementSubject>{{"app", {{"sha256", sha256}}}, {"", {{"sha512", std::string(128, 'b')}, {"gitCommit", std::string(40, 'c')}, {"house", "Any Text"}}}}));
  EXPECT_EQ(read->predicate_type, "https://example.org/x/v1");
  EXPECT_EQ(read->predicate, (Json{{"a", 1}}));
  EXPECT_TRUE(read->is_on(Digest::parse_hex(sha256).value()));
  EXPECT_FALSE(read->is_on(Digest::of(std::string_view("another"))));
}

TEST(Statement, TheOldVersionAndCosignsTextsRead) {
  Json json = good();
  json["_type"] = "https://in-toto.io/Statement/v0.1";
  json["predicate"] = "SPDXVersion: SPDX-2.3\n";
  const auto read = read_statement(to_compact(json), "x.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->predicate, "SPDXVersion: SPDX-2.3\n");
  EXPECT_NE(to_text(*read).find("Statement/v1\""), std::string::npos) << "what we write is of the new version";
}

TEST(Statement, IsTheSameBytesEveryTime) {
  const auto read = read_statement(to_pretty(good()), "x.json").value();
  const std::string text = to_text(read);
  EXPECT_EQ(text, R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"app","digest":{"sha256":")" + sha256 + R"("}}],"predicateType":"https://example.org/x/v1","predicate":{"a":1}})");
  EXPECT_EQ(to_text(read_statement(text, "again").value()), text);
  EXPECT_EQ(to_text(read.subjects, read.predicate_type, "{\"a\":1}"), text);
  Json other = good();  // digests in another order
  other["subject"][0]["digest"] = {{"sha512", std::string(128, 'b')}, {"sha256", sha256}};
  Json same = good();
  same["subject"][0]["digest"]["sha512"] = std::string(128, 'b');
  EXPECT_EQ(to_text(read_statement(to_compact(other), "x").value()), to_text(read_statement(to_compact(same), "x").value()));
}

TEST(Statement, TextThatIsAPredicateGoesInAsItIs) {
  const std::vector<StatementSubject> subjects = {{"app \"quoted\"", {{"sha256", sha256}}}};
  const std::string document = "{\n  \"b\": [1, 2],\n  \"a\": \"}\"\n}\n";
  const auto read = read_statement(to_text(subjects, "https://example.org/x", document), "x");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->subjects, subjects);
  EXPECT_EQ(read->predicate, parse_json(document, "d").value());
}

TEST(Statement, OneThatLacksSomethingIsRefused) {
  struct Row { std::string_view summary; std::function<void(Json&)> spoil; Kind kind; std::string_view why; };
  const auto first = [](Json& v) -> Json& { return v["subject"][0]; };
  const Row rows[] = {
      {"no type", [](Json& v) { v.erase("_type"); }, Kind::Invalid, "it is no in-toto statement"},
      {"a type that is no text", [](Json& v) { v["_type"] = 1; }, Kind::Invalid, "it is no in-toto statement"},
      {"another type", [](Json& v) { v["_type"] = "https://example.org/Statement/v1"; }, Kind::Invalid, "it is no in-toto statement"},
      {"a later version", [](Json& v) { v["_type"] = "https://in-toto.io/Statement/v2"; }, Kind::Invalid, "no version that is known"},
      {"no predicate type", [](Json& v) { v.erase("predicateType"); }, Kind::Corrupt, "'predicateType'"},
      {"an empty one", [](Json& v) { v["predicateType"] = ""; }, Kind::Corrupt, "'predicateType' is empty"},
      {"a number", [](Json& v) { v["predicateType"] = 1; }, Kind::Corrupt, "'predicateType'"},
      {"no subject", [](Json& v) { v.erase("subject"); }, Kind::Corrupt, "about nothing"},
      {"none in the list", [](Json& v) { v["subject"] = Json::array(); }, Kind::Corrupt, "about nothing"},
      {"too many", [&](Json& v) { v["subject"] = Json(Json::array_t(max_subjects + 1, v["subject"][0])); }, Kind::Corrupt, "more than 10000"},
      {"a subject that is a text", [](Json& v) { v["subject"][0] = "app"; }, Kind::Corrupt, "'subject[0]' is no object"},
      {"a second one without digests", [](Json& v) { v["subject"].push_back({{"name", "b"}}); }, Kind::Corrupt, "'subject[1]' has no 'digest'"},
      {"no digest in the set", [&](Json& v) { first(v)["digest"] = Json::object(); }, Kind::Corrupt, "holds no digest"},
      {"a digest that is too short", [&](Json& v) { first(v)["digest"]["sha256"] = "aa"; }, Kind::Corrupt, "'sha256' has 2 digits, not 64"},
      {"in capitals", [&](Json& v) { first(v)["digest"]["sha256"] = std::string(64, 'A'); }, Kind::Corrupt, "lower-case hex"},
      {"with its algorithm", [&](Json& v) { first(v)["digest"]["sha256"] = "sha256:" + sha256.substr(7); }, Kind::Corrupt, "lower-case hex"},
      {"no text", [&](Json& v) { first(v)["digest"]["sha256"] = 1; }, Kind::Corrupt, "'sha256' is no text"},
      {"an empty one of an unknown kind", [&](Json& v) { first(v)["digest"]["house"] = ""; }, Kind::Corrupt, "'house' is no text"},
      {"a name that is no text", [&](Json& v) { first(v)["name"] = Json::array(); }, Kind::Corrupt, "'name' that is no text"},
      {"null", [](Json& v) { v["predicate"] = nullptr; }, Kind::Corrupt, "says nothing"},
      {"a list", [](Json& v) { v["predicate"] = Json::array(); }, Kind::Corrupt, "says nothing"},
  };
  for (const Row& row : rows) {
    Json json = good();
    row.spoil(json);
    const auto read = read_statement(to_compact(json), "x.json");
    ASSERT_FALSE(read) << row.summary;
    EXPECT_EQ(read.error().kind, row.kind) << row.summary << ": " << read.error().message;
    EXPECT_TRUE(read.error().message.starts_with("cannot read the statement of 'x.json': ")) << row.summary << ": " << read.error().message;
    EXPECT_NE(read.error().message.find(row.why), std::string::npos) << row.summary << ": " << read.error().message;
  }
}

TEST(Statement, WhatIsNoJsonIsRefused) {
  for (const std::string_view text : {"", "{", "[]", "1", "null", "\"https://in-toto.io/Statement/v1\"", R"({"_type": "https://in-toto.io/Statement/v1", "_type": "https://in-toto.io/Statement/v1"})"}) {
    const auto read = read_statement(text, "x.json");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, Kind::Invalid) << text;
  }
}

}  // namespace
}  // namespace ashlar::attest
