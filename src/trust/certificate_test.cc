#include "trust/certificate.h"

#include <gtest/gtest.h>
#include <openssl/ui.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "trust/inner/byte_reader.h"
#include "trust/inner/sample_world_test.h"
#include "trust/inner/verifying_key.h"
#include "trust/key.h"

namespace ashlar::trust {
namespace {

const SampleWorld& world() {
  static const SampleWorld made;  // never changed
  return made;
}

/// What others attach to an image may call itself encrypted: whoever verifies it is not asked for a password.
TEST(Certificate, AskNobodyForAPassword) {
  static int asked = 0;
  UI_METHOD* const method = UI_create_method("counts");
  UI_method_set_opener(method, [](UI*) -> int { return ++asked, 0; });
  const UI_METHOD* const before = UI_get_default_method();
  UI_set_default_method(method);
  const auto pem = [](const std::string& label) { return "-----BEGIN " + label + "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n\n" + to_base64(as_bytes(std::string(32, 'x'))) + "\n-----END " + label + "-----\n"; };
  EXPECT_FALSE(Certificate::parse_pem(pem("CERTIFICATE")));
  EXPECT_FALSE(VerifyingKey::from_pem(pem("PUBLIC KEY")));
  EXPECT_FALSE(PublicKey::parse(pem("PUBLIC KEY")));
  EXPECT_FALSE(PublicKey::parse(pem("RSA PUBLIC KEY")));
  EXPECT_EQ(asked, 0);
  UI_set_default_method(before);
  UI_destroy_method(method);
}

TEST(Certificate, WhatStandsInIt) {
  const auto plan = world().plan();
  const auto sample = world().issue(plan);
  const Certificate certificate = Certificate::parse(sample.der).value();
  EXPECT_EQ(certificate.der(), sample.der);
  EXPECT_EQ(certificate.key(), sample.signer.key());
  EXPECT_EQ(certificate.validity().start, plan.from);
  EXPECT_EQ(certificate.validity().end, plan.to);
  EXPECT_FALSE(certificate.signs_certificates());
  EXPECT_TRUE(certificate.signs_code());
  EXPECT_EQ(Certificate::parse_pem(sample.pem()).value().der(), sample.der);
  const Certificate root = Certificate::parse(world().ca.der).value();
  EXPECT_TRUE(root.signs_certificates());
  EXPECT_FALSE(root.signs_code());
}

TEST(Certificate, NoPrefixIsOne) {
  const std::string der = world().issue(world().plan()).der;
  for (size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(Certificate::parse(der.substr(0, size))) << size;
  EXPECT_FALSE(Certificate::parse_pem("-----BEGIN CERTIFICATE-----\n"));
}

/// No certificate with a bit changed leads to the authority.
TEST(Certificate, NoChangedOneIsTrusted) {
  const std::string der = world().issue(world().plan()).der;
  const Authority authority = world().root().authorities[0];
  EXPECT_EQ(Certificate::parse(der).value().chain_to(authority, SampleWorld::signed_at).value().size(), 3U);
  for (size_t at = 0; at < der.size(); ++at) {
    std::string changed = der;
    changed[at] ^= 1;
    const auto certificate = Certificate::parse(changed);
    if (certificate && certificate->der() != der) {
      EXPECT_FALSE(certificate->chain_to(authority, SampleWorld::signed_at)) << at;
    }
  }
}

TEST(Certificate, TimestampsOfLogs) {
  CertificatePlan plan = world().plan();
  plan.proof_time = Time{1'705'000'000};
  plan.proof_extensions = "ext";
  const Certificate certificate = Certificate::parse(world().issue(plan).der).value();
  const auto timestamps = certificate.timestamps().value();
  ASSERT_EQ(timestamps.size(), 1U);
  EXPECT_EQ(timestamps[0].time(), *plan.proof_time);
  EXPECT_EQ(timestamps[0].extensions, "ext");
  EXPECT_EQ(timestamps[0].log_id, world().root().certificate_logs[0].id);
  const Certificate issuer = Certificate::parse(world().intermediate.der).value();
  const std::string form = certificate.logged_form(issuer, timestamps[0]).value();
  EXPECT_TRUE(VerifyingKey::from_der(world().certificate_log.key())->verify(form, timestamps[0].signature));
  EXPECT_EQ(form.substr(0, 2), std::string(2, '\0'));
  EXPECT_EQ(form.substr(10, 2), std::string("\0\1", 2)) << "a precertificate's entry";
  plan.proof = CertificatePlan::Proof::Absent;
  const Certificate bare = Certificate::parse(world().issue(plan).der).value();
  EXPECT_TRUE(bare.timestamps().value().empty());
  EXPECT_EQ(bare.logged_form(issuer, timestamps[0]).error().message, "the certificate has no timestamps");
}

TEST(Certificate, AnAuthorityForOtherThings) {
  const Authority timestamps = world().root().timestamp_authorities[0];
  const Certificate leaf = Certificate::parse(world().issue(world().plan()).der).value();
  EXPECT_EQ(leaf.chain_to(timestamps, SampleWorld::signed_at).error().kind, Kind::Denied);
  const Certificate stamper = Certificate::parse(world().timestamp_signer.der).value();
  EXPECT_EQ(stamper.chain_to({"", {world().timestamp_ca.der}, {}}, SampleWorld::signed_at).error().message, "the certificate is not for code signing");
}

TEST(ByteReader, WhatIsMissingStaysMissing) {
  ByteReader reader(std::string_view("\1\2abc", 5));
  EXPECT_EQ(reader.number(2), 258U);
  EXPECT_EQ(reader.take(2), "ab");
  EXPECT_FALSE(reader.at_end());
  EXPECT_EQ(reader.take(2), "");
  EXPECT_EQ(reader.number(1), 0U);
  EXPECT_FALSE(reader.at_end());
  EXPECT_EQ(big_endian(258, 3), std::string("\0\1\2", 3));
}

TEST(VerifyingKey, EveryKindWithAndWithoutItsMessage) {
  const struct {
    const char* kind;
    HashName hash;
  } rows[] = {{"P-256", HashName::Sha256}, {"P-384", HashName::Sha384}, {"P-521", HashName::Sha512}, {"RSA", HashName::Sha256}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.kind);
    const SampleSigner signer(row.kind);
    const VerifyingKey key = VerifyingKey::from_pem(signer.pem()).value();
    const std::string signature = signer.sign("message");
    EXPECT_EQ(key.der(), signer.key());
    EXPECT_EQ(key.digest(), Digest::of(signer.key()));
    EXPECT_TRUE(key.verify("message", signature));
    EXPECT_FALSE(key.verify("massage", signature));
    EXPECT_FALSE(key.verify("message", ""));
    EXPECT_TRUE(key.verify_hashed(row.hash, hash_of(row.hash, "message"), signature));
    EXPECT_FALSE(key.verify_hashed(row.hash, hash_of(row.hash, "massage"), signature));
    EXPECT_FALSE(key.verify_hashed(row.hash, "short", signature));
    EXPECT_FALSE(key.hashes_by_itself());
    const std::string old = signer.sign("message", true);
    EXPECT_TRUE(key.verify("message", old)) << "old clients sign with SHA-256 whatever the curve";
  }
  const SampleSigner signer("ED25519");
  const VerifyingKey key = VerifyingKey::from_der(signer.key()).value();
  EXPECT_TRUE(key.verify("message", signer.sign("message")));
  EXPECT_TRUE(key.hashes_by_itself());
  EXPECT_FALSE(key.verify_hashed(HashName::Sha512, hash_of(HashName::Sha512, "message"), signer.sign("message")));
  EXPECT_FALSE(VerifyingKey::from_der(signer.key() + "x"));
  EXPECT_FALSE(VerifyingKey::from_der(SampleSigner("P-224").key()));
  EXPECT_FALSE(VerifyingKey::from_der(""));
  EXPECT_FALSE(VerifyingKey::from_rsa_der("x"));
}

}  // namespace
}  // namespace ashlar::trust
