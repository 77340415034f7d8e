#include "trust/trust_root.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/json.h"
#include "trust/inner/sample_world_test.h"

namespace ashlar::trust {
namespace {

const SampleWorld& world() {
  static const SampleWorld made;  // never changed
  return made;
}

TEST(TrustRoot, HoldsWhatWasWritten) {
  const auto root = read_trust_root(world().root_json(), "root.json");
  ASSERT_TRUE(root) << root.error().message;
  const TrustRoot expected = world().root();
  ASSERT_EQ(root->logs.size(), 2U);
  for (size_t at = 0; at < 2; ++at) {
    EXPECT_EQ(root->logs[at].base_url, expected.logs[at].base_url);
    EXPECT_EQ(root->logs[at].id, expected.logs[at].id);
    EXPECT_EQ(root->logs[at].key, expected.logs[at].key);
    EXPECT_EQ(root->logs[at].valid_for.start, expected.logs[at].valid_for.start);
    EXPECT_FALSE(root->logs[at].valid_for.end);
  }
  EXPECT_EQ(root->certificate_logs.at(0).key, expected.certificate_logs[0].key);
  EXPECT_EQ(root->authorities.at(0).certificates, expected.authorities[0].certificates);
  EXPECT_EQ(root->timestamp_authorities.at(0).uri, "https://timestamps.example.org");
  EXPECT_EQ(find_log(root->logs, expected.logs[1].id), &root->logs[1]);
  EXPECT_EQ(find_log(root->logs, "x"), nullptr);
}

TEST(TrustRoot, Periods) {
  const Period period{Time{10}, Time{20}};
  EXPECT_FALSE(period.holds({9}));
  EXPECT_TRUE(period.holds({10}));
  EXPECT_TRUE(period.holds({20}));
  EXPECT_FALSE(period.holds({21}));
  EXPECT_TRUE((Period{Time{10}, std::nullopt}).holds({INT64_MAX}));
  EXPECT_TRUE((Period{std::nullopt, Time{20}}).holds({INT64_MIN}));
}

/// The first CT logs of Sigstore are given by an RSA key in PKCS #1: its SubjectPublicKeyInfo without the front.
TEST(TrustRoot, AnRsaKeyInItsOldForm) {
  const SampleSigner rsa("RSA");
  Json json = Json::parse(world().root_json());
  json["ctlogs"][0]["publicKey"]["keyDetails"] = "PKCS1_RSA_PKCS1V5";
  json["ctlogs"][0]["publicKey"]["rawBytes"] = to_base64(as_bytes(rsa.key().substr(24)));  // SEQUENCE, AlgorithmIdentifier, and the BIT STRING's front
  const auto root = read_trust_root(json.dump(), "root.json");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->certificate_logs[0].key, rsa.key());
}

TEST(TrustRoot, Refused) {
  const struct Row {
    const char* summary;
    std::function<void(Json&)> change;
    const char* cause;
  } rows[] = {
      {"another media type", [](Json& json) { json["mediaType"] = "application/json"; }, "'mediaType': 'application/json' is no trusted root of version 0.1 or 0.2"},
      {"no media type", [](Json& json) { json.erase("mediaType"); }, "'mediaType': '' is no trusted root of version 0.1 or 0.2"},
      {"a log without a start", [](Json& json) { json["tlogs"][1]["publicKey"]["validFor"].erase("start"); }, "'tlogs[1].publicKey.validFor.start': it is missing"},
      {"a log without a period", [](Json& json) { json["ctlogs"][0]["publicKey"].erase("validFor"); }, "'ctlogs[0].publicKey.validFor.start': it is missing"},
      {"a start that is no time", [](Json& json) { json["tlogs"][0]["publicKey"]["validFor"]["start"] = "yesterday"; }, "'tlogs[0].publicKey.validFor.start': it is no time as RFC 3339 has it"},
      {"an end before the start", [](Json& json) { json["tlogs"][0]["publicKey"]["validFor"]["end"] = "2001-01-01T00:00:00Z"; }, "'tlogs[0].publicKey.validFor.end': it is before the start"},
      {"another hash", [](Json& json) { json["tlogs"][0]["hashAlgorithm"] = "SHA2_512"; }, "'tlogs[0].hashAlgorithm': only SHA2_256 is known"},
      {"no id", [](Json& json) { json["tlogs"][0]["logId"]["keyId"] = ""; }, "'tlogs[0].logId.keyId': it is missing"},
      {"no key", [](Json& json) { json["tlogs"][0].erase("publicKey"); }, "'tlogs[0].publicKey': it is missing"},
      {"a key that is none", [](Json& json) { json["tlogs"][0]["publicKey"]["rawBytes"] = "eA=="; }, "'tlogs[0].publicKey.rawBytes': it is no public key"},
      {"an authority without certificates", [](Json& json) { json["certificateAuthorities"][0]["certChain"]["certificates"] = Json::array(); }, "'certificateAuthorities[0].certChain.certificates': there is none"},
      {"a certificate that is none", [](Json& json) { json["timestampAuthorities"][0]["certChain"]["certificates"][1]["rawBytes"] = "eA=="; },
       "'timestampAuthorities[0].certChain.certificates[1].rawBytes': it is no X.509 certificate"},
      {"a certificate cut", [](Json& json) {
         auto& bytes = json["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"];
         bytes = bytes.get<std::string>().substr(0, 400);
       },
       "'certificateAuthorities[0].certChain.certificates[0].rawBytes': it is no X.509 certificate"},
      {"1001 logs", [](Json& json) { json["tlogs"] = std::vector<Json>(1001, json["tlogs"][0]); }, "'tlogs': there are more than 1000"},
      {"no list", [](Json& json) { json["tlogs"] = Json::object(); }, "'tlogs': it is no list"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Json json = Json::parse(world().root_json());
    row.change(json);
    const auto root = read_trust_root(json.dump(), "root.json");
    ASSERT_FALSE(root);
    EXPECT_EQ(root.error().message, std::string("cannot read trusted root 'root.json': ") + row.cause);
  }
}

/// What later versions add is passed over: a root says whom to trust, and to know of fewer is no danger.
TEST(TrustRoot, FieldsToCome) {
  Json json = Json::parse(world().root_json());
  json["mediaType"] = "application/vnd.dev.sigstore.trustedroot.v0.2+json";
  json["tlogs"][0]["operator"] = "example.org";
  EXPECT_TRUE(read_trust_root(json.dump(), "root.json"));
}

TEST(TrustRoot, AnyTruncationIsRefused) {
  const std::string text = world().root_json();
  for (size_t size = 0; size + 2 < text.size(); size += 7) EXPECT_FALSE(read_trust_root(text.substr(0, size), "root.json")) << size;
}

}  // namespace
}  // namespace ashlar::trust
