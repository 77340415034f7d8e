#include "trust/key.h"

#include <gtest/gtest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <algorithm>

#include "host/files.h"
#include "trust/inner/openssl.h"

namespace ashlar::trust {
namespace {

constexpr Algorithm signing[] = {Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::Ed25519};

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;

/// A key made on the spot: `RSA-2048`, a curve, or the name of an algorithm.
Key made(std::string_view kind) {
  if (kind.starts_with("RSA-")) return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(std::stoi(std::string(kind.substr(4))))));
  if (kind.starts_with("ED") || kind.starts_with("X")) return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, kind.data()));
  return Key(EVP_EC_gen(kind.data()));
}

/// As PEM of PKCS #8.
std::string make_key(std::string_view kind, std::string_view password = {}) {
  const Key key = made(kind);
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), password.empty() ? nullptr : EVP_aes_256_cbc(), password.data(), static_cast<int>(password.size()), nullptr, nullptr);
  return std::string(written(out.get()));
}

/// As PEM of the form that `openssl ec` writes.
std::string make_sec1(std::string_view curve, std::string_view password = {}) {
  const Key key = made(curve);
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), password.empty() ? nullptr : EVP_aes_128_cbc(), reinterpret_cast<const unsigned char*>(password.data()), static_cast<int>(password.size()), nullptr, nullptr);
  return std::string(written(out.get()));
}

std::string sample(std::string_view name) { return host::machine_files()->read(host::Path(ASHLAR_SOURCE_DIR) / "tests/data/trust/keys" / name).value(); }

TEST(Key, WhatOneSignsTheOtherChecks) {
  for (const Algorithm algorithm : signing) {
    const std::string_view summary = to_string(algorithm);
    const auto key = PrivateKey::generate(algorithm).value();
    const auto other = PrivateKey::generate(algorithm).value();
    const auto open = PublicKey::parse(key.public_pem()).value();
    const std::string signature = key.sign("message").value();
    EXPECT_EQ(key.algorithm(), algorithm) << summary;
    EXPECT_EQ(open.algorithm(), algorithm) << summary;
    EXPECT_TRUE(open.verify("message", signature)) << summary;
    EXPECT_EQ(open.verify("massage", signature).error().kind, Kind::Denied) << summary;
    EXPECT_FALSE(open.verify("message", signature.substr(1))) << summary;
    EXPECT_FALSE(open.verify("message", signature + "x")) << summary;
    EXPECT_FALSE(open.verify("message", "")) << summary;
    EXPECT_FALSE(other.public_key().verify("message", signature)) << summary;
    EXPECT_EQ(open.digest(), PublicKey::from_der(open.der())->digest()) << summary;
    EXPECT_EQ(open.digest(), Digest::of(open.der())) << summary;
    EXPECT_NE(open.digest(), other.public_key().digest()) << summary;
    EXPECT_TRUE(open.verify("", key.sign("").value())) << summary;
  }
}

/// A signature by OpenSSL alone.
std::string openssl_signature(EVP_PKEY* key, const EVP_MD* hash, int padding, int salt, std::string_view message) {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), &settings, hash, nullptr, key), 1);
  if (padding != 0) EVP_PKEY_CTX_set_rsa_padding(settings, padding);
  if (padding == RSA_PKCS1_PSS_PADDING) EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, salt);
  std::string out(1024, '\0');
  size_t size = out.size();
  EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(message), message.size()), 1);
  out.resize(size);
  return out;
}

TEST(Key, TheSchemesThatOthersSignWithAreChecked) {
  struct Row {
    std::string_view summary, kind;
    const EVP_MD* hash;
    int padding, salt;
    bool counts;
  };
  const Row rows[] = {
      {"RSA, PKCS #1 v1.5", "RSA-2048", EVP_sha256(), RSA_PKCS1_PADDING, 0, true},
      {"RSA, PSS, a salt as long as the hash", "RSA-2048", EVP_sha256(), RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST, true},
      {"RSA, PSS, the longest salt", "RSA-3072", EVP_sha256(), RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX, true},
      {"RSA, PKCS #1 v1.5 with SHA-1", "RSA-2048", EVP_sha1(), RSA_PKCS1_PADDING, 0, false},
      {"RSA, PSS with SHA-512", "RSA-2048", EVP_sha512(), RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST, false},
      {"P-384 with SHA-256, as `cosign verify --key` expects", "P-384", EVP_sha256(), 0, 0, true},
      {"P-384 with SHA-1", "P-384", EVP_sha1(), 0, 0, false},
      {"P-256 with SHA-1", "P-256", EVP_sha1(), 0, 0, false},
      {"P-256 with SHA-384", "P-256", EVP_sha384(), 0, 0, false},
  };
  for (const Row& row : rows) {
    const Key key = made(row.kind);
    const Bio pem(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(pem.get(), key.get());
    const auto open = PublicKey::parse(written(pem.get()));
    ASSERT_TRUE(open) << row.summary;
    const std::string signature = openssl_signature(key.get(), row.hash, row.padding, row.salt, "message");
    EXPECT_EQ(open->verify("message", signature).has_value(), row.counts) << row.summary;
    EXPECT_FALSE(open->verify("massage", signature)) << row.summary;
  }
}

TEST(Key, PrehashedEd25519IsChecked) {
  unsigned char secret[crypto_sign_SECRETKEYBYTES], point[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
  ASSERT_EQ(crypto_sign_keypair(point, secret), 0);
  crypto_sign_ed25519ph_state state;
  crypto_sign_ed25519ph_init(&state);
  crypto_sign_ed25519ph_update(&state, bytes_of("message"), 7);
  ASSERT_EQ(crypto_sign_ed25519ph_final_create(&state, signature, nullptr, secret), 0);
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point, sizeof point));
  const Bio pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(pem.get(), key.get());
  const auto open = PublicKey::parse(written(pem.get())).value();
  const std::string_view text(reinterpret_cast<const char*>(signature), sizeof signature);
  EXPECT_TRUE(open.verify("message", text));
  EXPECT_FALSE(open.verify("massage", text));
  EXPECT_FALSE(open.verify("message", text.substr(1)));
}

TEST(Key, EveryFormIsRead) {
  struct Row {
    std::string_view summary;
    std::string pem;
    std::string_view password;
    Algorithm algorithm;
    bool encrypted;
  };
  const Row rows[] = {
      {"PKCS #8, P-256", make_key("P-256"), "", Algorithm::EcdsaP256, false},
      {"PKCS #8, P-384", make_key("P-384"), "", Algorithm::EcdsaP384, false},
      {"PKCS #8, Ed25519", make_key("ED25519"), "", Algorithm::Ed25519, false},
      {"PKCS #8, encrypted", make_key("P-256", "secret"), "secret", Algorithm::EcdsaP256, true},
      {"SEC 1", make_sec1("P-256"), "", Algorithm::EcdsaP256, false},
      {"SEC 1, encrypted as PEM once was", make_sec1("P-384", "secret"), "secret", Algorithm::EcdsaP384, true},
      {"SEC 1 behind the parameters of its curve", "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + make_sec1("P-256"), "", Algorithm::EcdsaP256, false},
      {"words before it", "a key\n" + make_key("ED25519"), "", Algorithm::Ed25519, false},
      {"cosign's", sample("cosign.key"), "correct-horse", Algorithm::EcdsaP256, true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(is_encrypted(row.pem), row.encrypted) << row.summary;
    const auto key = PrivateKey::parse(row.pem, row.password);
    ASSERT_TRUE(key) << row.summary << ": " << key.error().message;
    EXPECT_EQ(key->algorithm(), row.algorithm) << row.summary;
    EXPECT_TRUE(key->public_key().verify("message", key->sign("message").value())) << row.summary;
    if (!row.encrypted) continue;
    for (const std::string_view wrong : {"", "wrong"}) {
      const auto shut = PrivateKey::parse(row.pem, wrong);
      ASSERT_FALSE(shut) << row.summary;
      EXPECT_EQ(shut.error().kind, Kind::Denied) << row.summary;
      EXPECT_EQ(shut.error().message, wrong.empty() ? "cannot read private key: it is encrypted: give the password in ASHLAR_KEY_PASSWORD" : "cannot read private key: the password does not open it") << row.summary;
    }
  }
  EXPECT_EQ(PrivateKey::parse(sample("cosign.key"), "correct-horse")->public_pem(), sample("cosign.pub"));
}

TEST(Key, WhatIsWrittenIsReadAgain) {
  struct Row {
    std::string_view summary;
    Result<Secret> (PrivateKey::*write)(std::string_view) const;
    std::string_view password, begins;
  };
  const Row rows[] = {
      {"PKCS #8", &PrivateKey::to_pkcs8, "", "-----BEGIN PRIVATE KEY-----\n"},
      {"PKCS #8, encrypted", &PrivateKey::to_pkcs8, "secret", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"},
      {"cosign's", &PrivateKey::to_cosign, "secret", "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"},
      {"cosign's, empty password", &PrivateKey::to_cosign, "", "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"},
  };
  for (const Algorithm algorithm : signing) {
    const auto key = PrivateKey::generate(algorithm).value();
    for (const Row& row : rows) {
      const auto pem = (key.*row.write)(row.password);
      ASSERT_TRUE(pem) << row.summary;
      EXPECT_TRUE(pem->text().starts_with(row.begins)) << row.summary;
      const auto again = PrivateKey::parse(pem->text(), row.password);
      ASSERT_TRUE(again) << row.summary << ": " << again.error().message;
      EXPECT_EQ(again->public_pem(), key.public_pem()) << row.summary;
      if (!row.password.empty() && algorithm == Algorithm::EcdsaP256) {
        EXPECT_NE((key.*row.write)(row.password)->text(), pem->text()) << row.summary << ": the salt is another each time";
      }
    }
  }
}

TEST(Key, WhatIsNoKeyIsRefused) {
  struct Row {
    std::string_view summary;
    std::string pem;
    std::string_view cause;
  };
  const std::string good = make_key("P-256");
  const Row rows[] = {
      {"nothing", "", "it is no PEM private key"},
      {"text", "hello", "it is no PEM private key"},
      {"half a key", good.substr(0, good.size() / 2), "it is no PEM private key"},
      {"a public key", PrivateKey::parse(good)->public_pem(), "it is no PEM private key"},
      {"a block with other bytes", "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n", "it is no PEM private key"},
      {"RSA", make_key("RSA-2048"), "it is an RSA key: those are read for verifying alone"},
      {"another curve", make_key("P-521"), "it is an ECDSA key on 'secp521r1': P-256 and P-384 are supported"},
      {"a key that signs nothing", make_key("X25519"), "it is a key of 'X25519': ECDSA, Ed25519 and RSA are supported"},
      {"another kind of block", "-----BEGIN OPENSSH PRIVATE KEY-----\naGVsbG8=\n-----END OPENSSH PRIVATE KEY-----\n", "it is a 'OPENSSH PRIVATE KEY', and not a form that is known (PKCS #8, SEC 1, cosign)"},
      {"more than a key", std::string((1 << 20) + 1, 'x'), "it is larger than 1 MiB"},
  };
  for (const Row& row : rows) {
    const auto key = PrivateKey::parse(row.pem, "secret");
    ASSERT_FALSE(key) << row.summary;
    EXPECT_EQ(key.error().message, "cannot read private key: " + std::string(row.cause)) << row.summary;
    EXPECT_EQ(key.error().kind, Kind::Invalid) << row.summary;
  }
}

/// Found by fuzzing: a changed point was taken, and signed what nobody could verify.
TEST(Key, HalvesThatDoNotFitAreRefused) {
  for (const char* curve : {"P-256", "P-384"}) {
    const auto one = PrivateKey::parse(make_key(curve)).value(), other = PrivateKey::parse(make_key(curve)).value();
    const auto der_of = [](const PrivateKey& key) {
      const std::string pem(key.to_pkcs8("")->text());
      const size_t begin = pem.find('\n') + 1;
      std::string text = pem.substr(begin, pem.find("-----END") - begin);
      std::erase(text, '\n');
      return from_base64(text).value();
    };
    Bytes der = der_of(one);
    const Bytes foreign = der_of(other);
    const size_t point = curve == std::string_view("P-256") ? 64 : 96;  // it stands last
    std::copy(foreign.end() - static_cast<std::ptrdiff_t>(point), foreign.end(), der.end() - static_cast<std::ptrdiff_t>(point));
    const auto mixed = PrivateKey::parse("-----BEGIN PRIVATE KEY-----\n" + to_base64(der) + "\n-----END PRIVATE KEY-----\n");
    ASSERT_FALSE(mixed) << curve;
    EXPECT_EQ(mixed.error().message, "cannot read private key: its public half is not that of its private one") << curve;
  }
}

TEST(Key, WhatIsNoPublicKeyIsRefused) {
  const Key small = made("RSA-1024"), curve = made("P-521");
  std::string encrypted = PrivateKey::generate(Algorithm::EcdsaP256)->public_pem();  // found by fuzzing
  encrypted.insert(encrypted.find('\n') + 1, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  const auto pem_of = [](const Key& key) {
    const Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(out.get(), key.get());
    return std::string(written(out.get()));
  };
  struct Row {
    std::string_view summary;
    std::string pem;
    std::string_view cause;
  };
  const Row rows[] = {
      {"nothing", "", "it is no PEM public key"},
      {"a private key", make_key("P-256"), "it is no PEM public key"},
      {"one that calls itself encrypted, for which nobody is asked", encrypted, "it is no PEM public key"},
      {"a certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "it is a certificate: `openssl x509 -pubkey -noout -in FILE` writes its key"},
      {"a key of SSH", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ x@y\n", "it is a key in the form of SSH; of ECDSA `ssh-keygen -e -m PKCS8 -f FILE` writes it as PEM"},
      {"RSA of 1024 bits", pem_of(small), "it is an RSA key of 1024 bits: 2048 to 16384 are taken"},
      {"another curve", pem_of(curve), "it is an ECDSA key on 'secp521r1': P-256 and P-384 are supported"},
  };
  for (const Row& row : rows) {
    const auto key = PublicKey::parse(row.pem);
    ASSERT_FALSE(key) << row.summary;
    EXPECT_EQ(key.error().message, "cannot read public key: " + std::string(row.cause)) << row.summary;
  }
  Bytes der = PrivateKey::generate(Algorithm::Ed25519)->public_key().der();
  der.push_back(0);
  EXPECT_EQ(PublicKey::from_der(der).error().message, "cannot read public key: there are bytes behind it");
  EXPECT_EQ(PublicKey::from_der({}).error().message, "cannot read public key: it is no DER public key");
}

TEST(Key, RsaIsReadAsPkcs1Too) {
  const Key key = made("RSA-2048");
  const Bio one(BIO_new(BIO_s_mem())), other(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(one.get(), key.get());
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(key.get(), &der);
  PEM_write_bio(other.get(), "RSA PUBLIC KEY", "", der, size);
  OPENSSL_free(der);
  EXPECT_EQ(PublicKey::parse(written(one.get()))->digest(), PublicKey::parse(written(other.get()))->digest());
}

TEST(Key, NamesOfAlgorithms) {
  for (const Algorithm algorithm : signing) EXPECT_EQ(signing_algorithm(to_string(algorithm)).value(), algorithm);
  EXPECT_EQ(signing_algorithm("rsa").error().message, "'rsa' is none of ecdsa-p256, ecdsa-p384 and ed25519");
  EXPECT_FALSE(signing_algorithm(""));
  EXPECT_EQ(PrivateKey::generate(Algorithm::Rsa).error().message, "cannot make a key: no keys are made for 'rsa'");
}

}  // namespace
}  // namespace ashlar::trust
