#include "trust/key.h"

#include <gtest/gtest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace ashlar::trust {
namespace {

/// A key made on the spot, as PEM.
std::string make_key(const char* algorithm, const char* curve = nullptr, const char* password = nullptr) {
  EVP_PKEY* const key = curve == nullptr ? std::string_view(algorithm) == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048}) : EVP_PKEY_Q_keygen(nullptr, nullptr, algorithm) : EVP_PKEY_Q_keygen(nullptr, nullptr, algorithm, curve);
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, key, password == nullptr ? nullptr : EVP_aes_256_cbc(), password, password == nullptr ? 0 : static_cast<int>(std::string_view(password).size()), nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}

TEST(Key, WhatOneSignsTheOtherChecks) {
  struct Row { std::string_view summary; std::string pem; };
  const Row rows[] = {{"Ed25519", make_key("ED25519")}, {"ECDSA P-256", make_key("EC", "P-256")}};
  for (const Row& row : rows) {
    const auto key = PrivateKey::parse(row.pem).value();
    const auto other = PrivateKey::parse(make_key("ED25519")).value();
    const auto open = PublicKey::parse(key.public_pem()).value();
    const std::string signature = key.sign("message").value();
    EXPECT_TRUE(open.verify("message", signature)) << row.summary;
    EXPECT_EQ(open.verify("massage", signature).error().kind, Kind::Denied) << row.summary;
    EXPECT_FALSE(open.verify("message", signature.substr(1))) << row.summary;
    EXPECT_FALSE(open.verify("message", "")) << row.summary;
    EXPECT_FALSE(PublicKey::parse(other.public_pem()).value().verify("message", signature)) << row.summary;
    EXPECT_EQ(open.digest(), PublicKey::parse(key.public_pem()).value().digest()) << row.summary;
    EXPECT_NE(open.digest(), PublicKey::parse(other.public_pem()).value().digest()) << row.summary;
  }
}

TEST(Key, WhatIsNoKeyIsRefused) {
  struct Row { std::string_view summary; std::string pem; std::string_view password, cause; };
  const std::string locked = make_key("ED25519", nullptr, "secret");
  const Row rows[] = {
      {"nothing", "", "", "it is no PEM private key"},
      {"text", "hello", "", "it is no PEM private key"},
      {"RSA", make_key("RSA"), "", "it is neither an Ed25519 nor an ECDSA P-256 key"},
      {"another curve", make_key("EC", "P-384"), "", "it is neither an Ed25519 nor an ECDSA P-256 key"},
      {"an encrypted key without a password", locked, "", "it is encrypted: give the password in ASHLAR_KEY_PASSWORD"},
      {"an encrypted key with another password", locked, "wrong", "the password does not open it"},
  };
  for (const Row& row : rows) {
    const auto key = PrivateKey::parse(row.pem, row.password);
    ASSERT_FALSE(key) << row.summary;
    EXPECT_EQ(key.error().message, "cannot read private key: " + std::string(row.cause)) << row.summary;
  }
  EXPECT_TRUE(PrivateKey::parse(locked, "secret"));
  EXPECT_EQ(PublicKey::parse(locked).error().message, "cannot read public key: it is no PEM public key");
}

}  // namespace
}  // namespace ashlar::trust
