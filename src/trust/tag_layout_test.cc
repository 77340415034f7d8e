#include "trust/tag_layout.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/bytes.h"
#include "trust/inner/sample_world_test.h"
#include "trust/keyless.h"

namespace ashlar::trust {
namespace {

using Annotations = std::map<std::string, std::string>;
constexpr const char *certificate = "dev.sigstore.cosign/certificate", *entry = "dev.sigstore.cosign/bundle", *stamp = "dev.sigstore.cosign/rfc3161timestamp";

const SampleWorld& world() {
  static const SampleWorld made;  // never changed
  return made;
}

/// The first rule that did not hold; empty: all did.
std::string told(const Verification& found) { return found.holds() ? std::string() : std::string(to_string(found.broken.front().rule)) + ": " + found.broken.front().why; }

/// A signature over the artifact as it lies under the tag, by certificate: no digest is given beside it.
Result<Bundle> tagged(const Bundle& bundle, const std::function<void(Annotations&)>& change = {}) {
  auto annotations = tag_annotations(bundle);
  if (change) change(annotations);
  return bundle_of_tag(annotations, MessageSignature{{}, {}, std::get<MessageSignature>(bundle.content).signature});
}

TEST(TagLayout, HoldsAsTheBundleDoesTable) {
  const SampleCertificate by = world().issue(world().plan());
  const Bundle good = world().message_bundle(by);
  struct Row { const char* summary; std::function<void(Annotations&)> change; const char* told; };
  const Row rows[] = {
      {"as it was signed", {}, ""},
      {"by its log entry alone", [](Annotations& all) { all.erase(stamp); }, ""},
      {"without a log entry", [](Annotations& all) { all.erase(entry); }, "log entry: there is no log entry"},
      {"another's certificate", [](Annotations& all) { all[certificate] = world().issue(world().plan()).pem(); }, "signature: the signature is not this key's over these bytes"},
      {"another's log entry", [](Annotations& all) { all[entry] = tag_annotations(world().message_bundle(world().issue(world().plan())))[entry]; }, "log body: the log entry is of another signature"},
      {"a timestamp over something else", [](Annotations& all) { all[stamp] = R"({"SignedRFC3161Timestamp": ")" + to_base64(as_bytes(world().timestamp("x"))) + "\"}"; }, "timestamp: the timestamp is over other bytes than this signature"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto bundle = tagged(good, row.change);
    ASSERT_TRUE(bundle) << bundle.error().message;
    EXPECT_EQ(told(verify_keyless(*bundle, Artifact::of(SampleWorld::artifact), world().root(), world().policy())), row.told);
    EXPECT_FALSE(verify_keyless(*bundle, Artifact::of("another artifact"), world().root(), world().policy()).holds());
  }
}

/// cosign has an attestation's timestamp made over the whole envelope; over the signature alone it is one of a bundle.
TEST(TagLayout, TimestampsOfStatementsAreOverTheEnvelope) {
  const SampleCertificate by = world().issue(world().plan());
  Bundle bundle = world().envelope_bundle(by);
  const Envelope envelope = std::get<Envelope>(bundle.content);
  const std::string text = to_text(envelope);
  const auto found = [&](std::string_view over) {
    bundle.timestamps = {world().timestamp(over)};
    const auto read = bundle_of_tag(tag_annotations(bundle), envelope);
    EXPECT_TRUE(read) << read.error().message;
    return told(verify_tagged(*read, Artifact::any(), world().root(), world().policy(), text));
  };
  EXPECT_EQ(found(text), "");
  EXPECT_EQ(found(text + " "), "timestamp: the timestamp is over other bytes than this signature");
  EXPECT_EQ(found(envelope.signatures[0].bytes), "timestamp: the timestamp is over other bytes than this signature");
}

TEST(TagLayout, OfAKeyTheLogTellsTheTime) {
  const SampleSigner key, other;
  const auto bundle = tagged(world().keyed_bundle(key));
  ASSERT_TRUE(bundle) << bundle.error().message;
  const TrustRoot root = world().root();
  const auto found = verify_keyed(*bundle, Artifact::of(SampleWorld::artifact), key.pem(), &root);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(told(*found), "");
  ASSERT_EQ(found->times.size(), 1U);
  EXPECT_EQ(found->times[0].time, SampleWorld::signed_at);
  EXPECT_FALSE(verify_keyed(*bundle, Artifact::of(SampleWorld::artifact), other.pem(), &root)->holds());
}

TEST(TagLayout, WhatDoesNotReadIsRefusedTable) {
  const Bundle good = world().message_bundle(world().issue(world().plan()));
  struct Row { const char *summary, *name, *value; };
  const Row rows[] = {
      {"a certificate that is none", certificate, "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"},
      {"an entry that is no JSON", entry, "{"},
      {"an entry without its payload", entry, R"({"SignedEntryTimestamp": ""})"},
      {"an entry whose body is no JSON", entry, R"({"SignedEntryTimestamp": "", "Payload": {"body": "eA==", "integratedTime": 1, "logIndex": 1, "logID": "00"}})"},
      {"an entry whose time is a text", entry, R"({"SignedEntryTimestamp": "", "Payload": {"body": "e30=", "integratedTime": "1", "logIndex": 1, "logID": "00"}})"},
      {"a timestamp that is no object", stamp, "[]"},
      {"a timestamp that is no base64", stamp, R"({"SignedRFC3161Timestamp": "%"})"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    EXPECT_FALSE(tagged(good, [&](Annotations& all) { all[row.name] = row.value; }));
  }
}

}  // namespace
}  // namespace ashlar::trust
