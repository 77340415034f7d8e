#include "trust/bundle.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace ashlar::trust {
namespace {

std::string base64(std::string_view bytes) { return to_base64(as_bytes(bytes)); }

const std::string hash(32, 'h');

Json sample_entry() {
  return Json::parse(R"({"logIndex":"7","logId":{"keyId":"bG9n"},"kindVersion":{"kind":"hashedrekord","version":"0.0.1"},"integratedTime":"1700000000",
    "inclusionPromise":{"signedEntryTimestamp":"c2V0"},
    "inclusionProof":{"logIndex":"5","rootHash":")" + base64(hash) + R"(","treeSize":"6","hashes":[")" + base64(hash) + R"("],"checkpoint":{"envelope":"log\n6\n"}},
    "canonicalizedBody":"e30="})");
}

/// A bundle with everything in it.
Json sample() {
  Json out = Json::parse(R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",
    "verificationMaterial":{"certificate":{"rawBytes":"bGVhZg=="},"tlogEntries":[],"timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":"dGltZQ=="}]}},
    "messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"ZGlnZXN0"},"signature":"c2ln"}})");
  out["verificationMaterial"]["tlogEntries"].push_back(sample_entry());
  return out;
}

Json& at(Json& json, const std::string& pointer) { return json[Json::json_pointer(pointer)]; }

TEST(Bundle, HoldsWhatWasWritten) {
  const auto bundle = read_bundle(sample().dump(), "b.json");
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(bundle->version, BundleVersion::V0_3);
  EXPECT_EQ(std::get<CertificateMaterial>(bundle->material).der, "leaf");
  ASSERT_EQ(bundle->entries.size(), 1U);
  const LogEntry& entry = bundle->entries[0];
  EXPECT_EQ(entry.log_id, "log");
  EXPECT_EQ(entry.log_index, 7);
  EXPECT_EQ(entry.integrated_time, 1700000000);
  EXPECT_EQ(entry.kind + " " + entry.version, "hashedrekord 0.0.1");
  EXPECT_EQ(entry.promise, "set");
  EXPECT_EQ(entry.body, "{}");
  ASSERT_TRUE(entry.proof);
  EXPECT_EQ(entry.proof->log_index, 5);
  EXPECT_EQ(entry.proof->tree_size, 6);
  EXPECT_EQ(entry.proof->root_hash, hash);
  EXPECT_EQ(entry.proof->hashes, std::vector<std::string>{hash});
  EXPECT_EQ(entry.proof->checkpoint, "log\n6\n");
  EXPECT_EQ(bundle->timestamps, std::vector<std::string>{"time"});
  const auto& message = std::get<MessageSignature>(bundle->content);
  EXPECT_EQ(message.algorithm + " " + message.digest + " " + message.signature, "SHA2_256 digest sig");
  EXPECT_EQ(to_compact(to_json(*bundle)), to_compact(sample()));
}

/// protojson leaves empty lists out: the form that cosign 2.6.5 writes with --new-bundle-format --tlog-upload=false.
TEST(Bundle, WritesAKeySignedEnvelopeAsCosignDoes) {
  Bundle bundle;
  bundle.material = KeyMaterial{"aGludA=="};
  bundle.content = Envelope{"application/vnd.in-toto+json", "{}", {{"", "sig"}}};
  EXPECT_EQ(to_compact(to_json(bundle)), R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"aGludA=="}},)"
                                         R"("dsseEnvelope":{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":"c2ln"}]}})");
  const auto back = read_bundle(to_compact(to_json(bundle)), "b.json");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(std::get<KeyMaterial>(back->material).hint, "aGludA==");
  EXPECT_EQ(std::get<Envelope>(back->content).payload, "{}");
  EXPECT_EQ(to_compact(to_json(*back)), to_compact(to_json(bundle)));
}

TEST(Bundle, SpellingsOfTheSame) {
  const std::string expected = to_compact(sample());
  const struct Row {
    const char* summary;
    void (*change)(Json&);
  } rows[] = {
      {"numbers as numbers", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/logIndex") = 7; }},
      {"an enumeration by its number", [](Json& json) { at(json, "/messageSignature/messageDigest/algorithm") = 1; }},
      {"base64 without padding", [](Json& json) { at(json, "/verificationMaterial/certificate/rawBytes") = "bGVhZg"; }},
      {"a null is an absent field", [](Json& json) { json["dsseEnvelope"] = nullptr; }},
      {"names as the .proto file has them", [](Json& json) {
         json["media_type"] = json["mediaType"];
         json.erase("mediaType");
         at(json, "/messageSignature/message_digest") = at(json, "/messageSignature/messageDigest");
         json["messageSignature"].erase("messageDigest");
       }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Json json = sample();
    row.change(json);
    const auto bundle = read_bundle(json.dump(), "b.json");
    ASSERT_TRUE(bundle) << bundle.error().message;
    EXPECT_EQ(to_compact(to_json(*bundle)), expected);
  }
}

TEST(Bundle, SpellingsOfAnEnvelope) {
  Json json = sample();
  json.erase("messageSignature");
  json["dsse_envelope"] = Json::parse(R"({"payload_type":"text/plain","payload":"_-8","signatures":[{"sig":"c2ln"}]})");
  const auto bundle = read_bundle(json.dump(), "b.json");
  ASSERT_TRUE(bundle) << bundle.error().message;
  const auto& envelope = std::get<Envelope>(bundle->content);
  EXPECT_EQ(envelope.payload_type, "text/plain");
  EXPECT_EQ(envelope.payload, "\xff\xef");
  json["dsse_envelope"]["payloadType"] = "text/html";
  EXPECT_EQ(read_bundle(json.dump(), "b.json").error().message, "cannot read bundle 'b.json': 'dsseEnvelope.payloadType': it stands twice, also as 'payload_type'");
  json["dsse_envelope"].erase("payload_type");
  json["dsse_envelope"].erase("signatures");
  EXPECT_EQ(read_bundle(json.dump(), "b.json").error().message, "cannot read bundle 'b.json': cannot read envelope: nothing signs it");
}

TEST(Bundle, MediaTypes) {
  const struct {
    const char* media_type;
    int version;  ///< -1: refused
  } rows[] = {
      {"application/vnd.dev.sigstore.bundle.v0.3+json", 3}, {"application/vnd.dev.sigstore.bundle+json;version=0.3", 3}, {"application/vnd.dev.sigstore.bundle+json;version=0.2", 2},
      {"application/vnd.dev.sigstore.bundle.v0.2+json", 2}, {"application/vnd.dev.sigstore.bundle+json;version=0.1", 1}, {"application/vnd.dev.sigstore.bundle.v0.1+json", 1},
      {"application/vnd.dev.sigstore.bundle.v0.4+json", -1}, {"application/vnd.dev.sigstore.bundle+json;version=0.4", -1}, {"application/vnd.dev.sigstore.bundle+json", -1},
      {"application/json", -1}, {"", -1}, {"application/vnd.dev.sigstore.bundle.v0.3+json ", -1},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.media_type);
    Json json = sample();
    json["mediaType"] = row.media_type;
    const auto bundle = read_bundle(json.dump(), "b.json");
    ASSERT_EQ(bundle.has_value(), row.version > 0);
    if (bundle) {
      EXPECT_EQ(static_cast<int>(bundle->version) + 1, row.version);
    } else {
      EXPECT_EQ(bundle.error().message, std::string("cannot read bundle 'b.json': 'mediaType': '") + row.media_type + "' is no bundle of version 0.1, 0.2 or 0.3");
    }
  }
}

TEST(Bundle, Refused) {
  const struct Row {
    const char* summary;
    void (*change)(Json&);
    const char* cause;
  } rows[] = {
      {"no list of entries", [](Json& json) { at(json, "/verificationMaterial/tlogEntries") = 1; }, "'verificationMaterial.tlogEntries': it is no list"},
      {"an unknown field", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/extra") = 1; }, "'verificationMaterial.tlogEntries[0].extra': there is no such field"},
      {"a field in both spellings", [](Json& json) { json["media_type"] = "x"; }, "'mediaType': it stands twice, also as 'media_type'"},
      {"no material", [](Json& json) { json.erase("verificationMaterial"); }, "'verificationMaterial': it is missing"},
      {"material of no kind", [](Json& json) { json["verificationMaterial"].erase("certificate"); }, "'verificationMaterial.certificate': neither it nor what may stand for it is there"},
      {"material of two kinds", [](Json& json) { at(json, "/verificationMaterial/publicKey/hint") = "x"; }, "'verificationMaterial.publicKey': there is 'certificate' too"},
      {"a chain in 0.3",
       [](Json& json) {
         at(json, "/verificationMaterial/x509CertificateChain/certificates/0/rawBytes") = "bGVhZg==";
         json["verificationMaterial"].erase("certificate");
       },
       "'verificationMaterial.x509CertificateChain': version 0.3 has a single certificate"},
      {"an empty chain in 0.2",
       [](Json& json) {
         json["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2";
         at(json, "/verificationMaterial/x509CertificateChain/certificates") = Json::array();
         json["verificationMaterial"].erase("certificate");
       },
       "'verificationMaterial.x509CertificateChain.certificates': there is none"},
      {"an empty certificate", [](Json& json) { at(json, "/verificationMaterial/certificate/rawBytes") = ""; }, "'verificationMaterial.certificate.rawBytes': it is missing"},
      {"truncated base64", [](Json& json) { at(json, "/verificationMaterial/certificate/rawBytes") = "bGVhZ"; }, "'verificationMaterial.certificate.rawBytes': it is no base64"},
      {"padding in the middle", [](Json& json) { at(json, "/messageSignature/signature") = "c2=n"; }, "'messageSignature.signature': it is no base64"},
      {"two contents", [](Json& json) { json["dsseEnvelope"] = Json::object(); }, "'messageSignature': there is 'dsseEnvelope' too"},
      {"no content", [](Json& json) { json.erase("messageSignature"); }, "'dsseEnvelope': neither it nor what may stand for it is there"},
      {"no signature", [](Json& json) { at(json, "/messageSignature/signature") = ""; }, "'messageSignature.signature': it is missing"},
      {"an unknown hash", [](Json& json) { at(json, "/messageSignature/messageDigest/algorithm") = "MD5"; }, "'messageSignature.messageDigest.algorithm': it is no hash that bundles have"},
      {"a hash of no kind", [](Json& json) { at(json, "/messageSignature/messageDigest/algorithm") = 0; }, "'messageSignature.messageDigest.algorithm': it is no hash that bundles have"},
      {"a negative log index", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/logIndex") = "-1"; }, "'verificationMaterial.tlogEntries[0].logIndex': it is negative"},
      {"a log index that is none", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/logIndex") = "7a"; }, "'verificationMaterial.tlogEntries[0].logIndex': it is no whole number"},
      {"a log index past 64 bits", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/logIndex") = "9223372036854775808"; }, "'verificationMaterial.tlogEntries[0].logIndex': it is no whole number"},
      {"the same as a number", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/logIndex") = 9223372036854775808U; }, "'verificationMaterial.tlogEntries[0].logIndex': it is too large"},
      {"no log", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/logId/keyId") = ""; }, "'verificationMaterial.tlogEntries[0].logId.keyId': it is missing"},
      {"no kind", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0").erase("kindVersion"); }, "'verificationMaterial.tlogEntries[0].kindVersion': it is missing"},
      {"no body", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0").erase("canonicalizedBody"); }, "'verificationMaterial.tlogEntries[0].canonicalizedBody': it is missing"},
      {"no proof in 0.3", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0").erase("inclusionProof"); }, "'verificationMaterial.tlogEntries[0].inclusionProof': it is missing, and versions from 0.2 on ask for it"},
      {"no promise in 0.1",
       [](Json& json) {
         json["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1";
         at(json, "/verificationMaterial/tlogEntries/0").erase("inclusionPromise");
       },
       "'verificationMaterial.tlogEntries[0].inclusionPromise': it is missing, and version 0.1 asks for it"},
      {"a tree without the entry", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/inclusionProof/treeSize") = "5"; }, "'verificationMaterial.tlogEntries[0].inclusionProof.treeSize': the tree is too small to hold the entry"},
      {"a short root hash", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/inclusionProof/rootHash") = "aGg="; }, "'verificationMaterial.tlogEntries[0].inclusionProof.rootHash': it is no SHA-256"},
      {"a short hash", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/inclusionProof/hashes/0") = "aGg="; }, "'verificationMaterial.tlogEntries[0].inclusionProof.hashes': one is no SHA-256"},
      {"no checkpoint", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/inclusionProof").erase("checkpoint"); }, "'verificationMaterial.tlogEntries[0].inclusionProof.checkpoint': it is missing"},
      {"33 entries", [](Json& json) { at(json, "/verificationMaterial/tlogEntries") = std::vector<Json>(33, sample_entry()); }, "'verificationMaterial.tlogEntries': there are more than 32"},
      {"65 hashes", [](Json& json) { at(json, "/verificationMaterial/tlogEntries/0/inclusionProof/hashes") = std::vector<std::string>(65, base64(hash)); },
       "'verificationMaterial.tlogEntries[0].inclusionProof.hashes': there are more than 64"},
      {"an absurd certificate", [](Json& json) { at(json, "/verificationMaterial/certificate/rawBytes") = std::string(1 << 20, 'A'); }, "'verificationMaterial.certificate.rawBytes': it is longer than 87384 bytes"},
      {"a text for a message", [](Json& json) { json["verificationMaterial"] = "x"; }, "'verificationMaterial' is no object"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Json json = sample();
    row.change(json);
    const auto bundle = read_bundle(json.dump(), "b.json");
    ASSERT_FALSE(bundle);
    EXPECT_EQ(bundle.error().message, std::string("cannot read bundle 'b.json': ") + row.cause);
    EXPECT_EQ(bundle.error().kind, Kind::Corrupt);
  }
}

/// No prefix and no text with one byte changed is anything but read or refused; a prefix is always refused.
TEST(Bundle, AnyTruncationIsRefused) {
  const std::string text = sample().dump();
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(read_bundle(text.substr(0, size), "b.json")) << size;
  EXPECT_FALSE(read_bundle("[]", "b.json"));
  EXPECT_FALSE(read_bundle("null", "b.json"));
}

TEST(Bundle, ItsTextIsThatOfItsJson) {
  const Envelope envelope{"application/vnd.in-toto+json", std::string("a \"payload\":\"\" within\0and bytes \xff", 36), {{"k", "signature"}}};
  EXPECT_EQ(to_text(envelope), to_compact(to_json(envelope)));
  Bundle bundle{.material = KeyMaterial{"\"payload\":\"\""}, .entries = {}, .timestamps = {}, .content = envelope};
  EXPECT_EQ(to_text(bundle), to_compact(to_json(bundle)));
  bundle.content = MessageSignature{"SHA2_256", std::string(32, 'd'), "signature"};
  EXPECT_EQ(to_text(bundle), to_compact(to_json(bundle)));
}

}  // namespace
}  // namespace ashlar::trust
