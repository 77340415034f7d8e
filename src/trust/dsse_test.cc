#include "trust/dsse.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "trust/sample_signer.h"

namespace ashlar::trust {
namespace {

TEST(Dsse, SignsTypeAndPayloadWithTheirLengths) {
  // The example of DSSE's protocol.md.
  EXPECT_EQ(pre_authentication("http://example.com/HelloWorld", "hello world"), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(pre_authentication("", ""), "DSSEv1 0  0 ");
}

TEST(Dsse, WhatOneSignsReadsBackAndHolds) {
  const PrivateKey key = sample_signer(), other = sample_signer();
  const std::string payload = std::string("bytes\0\xff of any kind", 20);
  const Envelope made = sign_envelope("application/x", payload, key).value();
  const Envelope read = read_envelope(to_json(made)).value();
  EXPECT_EQ(read.payload, payload);
  EXPECT_EQ(read.payload_type, "application/x");
  EXPECT_TRUE(verify_envelope(read, public_part(key)));
  const auto refused = verify_envelope(read, public_part(other));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::Denied);
}

TEST(Dsse, AnyOfItsSignaturesSuffices) {
  const PrivateKey one = sample_signer(), two = sample_signer();
  Envelope envelope = sign_envelope("t", "p", one).value();
  envelope.signatures.push_back(sign_envelope("t", "p", two).value().signatures.front());
  for (const PrivateKey* key : {&one, &two}) EXPECT_TRUE(verify_envelope(envelope, public_part(*key)));
}

TEST(Dsse, AChangedEnvelopeDoesNotHold) {
  const PrivateKey key = sample_signer();
  struct Row { std::string_view summary; void (*change)(Envelope&); };
  const Row rows[] = {
      {"payload", [](Envelope& each) { each.payload += " "; }},
      {"payload type", [](Envelope& each) { each.payload_type = "application/y"; }},
      {"a length moved from type to payload", [](Envelope& each) { each.payload_type.pop_back(); each.payload = "x" + each.payload; }},
      {"signature", [](Envelope& each) { each.signatures[0].bytes.back() = static_cast<char>(each.signatures[0].bytes.back() ^ 1); }},
      {"signature cut", [](Envelope& each) { each.signatures[0].bytes.resize(8); }},
      {"no signature's bytes", [](Envelope& each) { each.signatures[0].bytes.clear(); }},
  };
  for (const Row& row : rows) {
    Envelope envelope = sign_envelope("application/x", "payload", key).value();
    ASSERT_TRUE(verify_envelope(envelope, public_part(key)));
    row.change(envelope);
    EXPECT_FALSE(verify_envelope(envelope, public_part(key))) << row.summary;
  }
}

TEST(Dsse, BothAlphabetsOfBase64AreRead) {
  const Json json = parse_json(R"({"payloadType": "t", "payload": "-_-_", "signatures": [{"sig": "+/+/", "keyid": "k"}]})", "e").value();
  const Envelope read = read_envelope(json).value();
  EXPECT_EQ(read.payload, "\xfb\xff\xbf");
  EXPECT_EQ(read.signatures[0].bytes, read.payload);
  EXPECT_EQ(read.signatures[0].key_id, "k");
}

TEST(Dsse, WhatIsNoEnvelopeIsRefused) {
  struct Row { std::string_view summary, json, cause; };
  const Row rows[] = {
      {"a list", "[]", "cannot read envelope: it is no JSON object"},
      {"no payload type", R"({"payload": "", "signatures": [{"sig": ""}]})", "payloadType"},
      {"no payload", R"({"payloadType": "t", "signatures": [{"sig": ""}]})", "payload"},
      {"a payload that is no base64", R"({"payloadType": "t", "payload": "*", "signatures": [{"sig": ""}]})", "cannot read 'payload'"},
      {"no signatures", R"({"payloadType": "t", "payload": ""})", "nothing signs it"},
      {"an empty list of them", R"({"payloadType": "t", "payload": "", "signatures": []})", "nothing signs it"},
      {"a signature that is a text", R"({"payloadType": "t", "payload": "", "signatures": ["x"]})", "a signature is no object"},
      {"one without bytes", R"({"payloadType": "t", "payload": "", "signatures": [{"keyid": "x"}]})", "sig"},
  };
  for (const Row& row : rows) {
    const auto read = read_envelope(parse_json(row.json, "e").value());
    ASSERT_FALSE(read) << row.summary;
    EXPECT_EQ(read.error().kind, Kind::Corrupt) << row.summary;
    EXPECT_NE(read.error().message.find(row.cause), std::string::npos) << row.summary << ": " << read.error().message;
  }
  Json many = {{"payloadType", "t"}, {"payload", ""}, {"signatures", Json::array()}};
  for (int count = 0; count < 65; ++count) many["signatures"].push_back({{"sig", ""}});
  EXPECT_EQ(read_envelope(many).error().message, "cannot read envelope: it has 65 signatures, more than 64");
}

}  // namespace
}  // namespace ashlar::trust
