#include "trust/record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ashlar::trust {
namespace {

constexpr std::string_view type = "application/vnd.example+json";

TEST(Record, HasOneFormWhateverTheOrderOfItsKeys) {
  struct Row { std::string_view summary, text, canonical; };
  const Row rows[] = {
      {"keys are sorted, in depth, too", R"({"b": 1, "a": {"d": [2, 1], "c": null}})", R"({"a":{"c":null,"d":[2,1]},"b":1})"},
      {"capitals come first: the order of bytes", R"({"a": 1, "B": 2})", R"({"B":2,"a":1})"},
      {"nothing is escaped that need not be", R"({"a": "\u00e9 \u2192 \/"})", "{\"a\":\"\u00e9 \u2192 /\"}"},
      {"control characters, quotes and backslashes are", R"({"a": "\"\\\n\u0001"})", R"({"a":"\"\\\n\u0001"})"},
      {"an empty one", "{}", "{}"},
  };
  for (const Row& row : rows) EXPECT_EQ(canonical(parse_json(row.text, "x").value()), row.canonical) << row.summary;
}

TEST(Record, IsSignedAsItIs) {
  const auto key = PrivateKey::generate(Algorithm::EcdsaP256).value(), other = PrivateKey::generate(Algorithm::Ed25519).value();
  const Json record = {{"id", "E-1"}, {"reason", "not reachable"}};
  const auto signature = sign_record(type, record, key).value();
  EXPECT_EQ(signature.key_id, key.public_key().digest().str());
  EXPECT_TRUE(verify_record(type, record, signature, key.public_key()));
  EXPECT_TRUE(verify_record(type, {{"reason", "not reachable"}, {"id", "E-1"}}, signature, key.public_key())) << "the order of keys says nothing";
  struct Row { std::string_view summary, type; Json record; const PrivateKey& key; };
  const Row rows[] = {
      {"another value", type, {{"id", "E-1"}, {"reason", "reachable"}}, key},
      {"a member more", type, {{"id", "E-1"}, {"reason", "not reachable"}, {"until", "ever"}}, key},
      {"a member less", type, {{"id", "E-1"}}, key},
      {"another type", "application/vnd.other+json", record, key},
      {"another key", type, record, other},
  };
  for (const Row& row : rows) EXPECT_FALSE(verify_record(row.type, row.record, signature, row.key.public_key())) << row.summary;
}

TEST(Record, SignaturesAreThoseOfAnEnvelope) {
  const std::vector<EnvelopeSignature> two = {{"sha256:11", "abc"}, {"", std::string("\0\xff", 2)}};
  const Json json = signatures_json(two);
  EXPECT_EQ(json, Json::parse(R"([{"keyid": "sha256:11", "sig": "YWJj"}, {"sig": "AP8="}])"));
  EXPECT_EQ(read_signatures(json).value(), two);
  EXPECT_TRUE(read_signatures(Json()).value().empty()) << "none are none";
  Json many = Json::array();
  for (int count = 0; count < 65; ++count) many.push_back({{"sig", "YWJj"}});
  for (const auto& [summary, wrong] : {std::pair<std::string_view, Json>{"no list", Json::object()}, {"an empty list", Json::array()}, {"one that is no object", {1}}, {"one without bytes", {{{"keyid", "x"}}}}, {"bytes that are no base64", {{{"sig", "?"}}}}, {"too many", many}}) {
    const auto read = read_signatures(wrong);
    ASSERT_FALSE(read) << summary;
    EXPECT_EQ(read.error().kind, Kind::Corrupt) << summary << ": " << read.error().message;
  }
}

}  // namespace
}  // namespace ashlar::trust
