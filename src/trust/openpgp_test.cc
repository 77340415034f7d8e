#include "trust/openpgp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <tuple>

#include "trust/sample_key.h"

namespace ashlar::trust {
namespace {

using Key = SampleKey;

constexpr std::int64_t day = 86400;

Time now() { return {std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }
Time later(std::int64_t seconds) { return {now().seconds + seconds}; }

/// Keys that all tests share, for making one takes a while.
const Key& key() {
  static const Key it;
  return it;
}
const Key& other_key() {
  static const Key it;
  return it;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Cleartext, GivesWhatWasSigned) {
  struct Row {
    std::string summary, text, signed_text;
  };
  const Row rows[] = {
      {"lines", "Origin: Test\nSuite: stable\n", "Origin: Test\nSuite: stable\n"},
      {"no end of the last line", "one\ntwo", "one\ntwo"},
      {"dashes, which the form escapes", "- a\n-----BEGIN PGP SIGNATURE-----\n--\n", "- a\n-----BEGIN PGP SIGNATURE-----\n--\n"},
      {"empty lines", "\n\na\n\n\nb\n", "\n\na\n\n\nb\n"},
      {"text that is not ASCII", "Päckchen: \xE2\x82\xAC\n", "Päckchen: \xE2\x82\xAC\n"},
      {"a long line", std::string(100'000, 'x') + "\n", std::string(100'000, 'x') + "\n"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto verified = verify_cleartext(key().cleartext(row.text), {key().certificate()}, now());
    ASSERT_TRUE(verified) << verified.error().message;
    std::string content = verified->content;
    std::erase(content, '\r');  // RFC 9580 section 7.2: line ends are no part of what is signed
    while (content.ends_with('\n')) content.pop_back();
    std::string wanted = row.signed_text;
    while (wanted.ends_with('\n')) wanted.pop_back();
    EXPECT_EQ(content, wanted);
    EXPECT_EQ(verified->fingerprint, key().fingerprint());
    EXPECT_LE(std::abs(verified->signed_at.seconds - now().seconds), 60);
  }
}

TEST(Cleartext, TakesNothingFromOutsideOfWhatWasSigned) {
  const std::string document = key().cleartext("Suite: stable\n");
  struct Row {
    std::string summary, document;
  };
  const Row rows[] = {
      {"before the text", "Suite: forged\n" + document},
      {"a header of the armour", replaced(document, "Hash: SHA256", "Suite: forged")},
      {"in the text", replaced(document, "stable", "forged")},
      {"one more line", replaced(document, "Suite: stable", "Suite: forged\nSuite: stable")},
      {"blanks inside", replaced(document, "Suite: stable", "Suite:  forged stable")},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto verified = verify_cleartext(row.document, {key().certificate()}, now());
    if (verified) {
      EXPECT_EQ(verified->content.find("forged"), std::string::npos) << verified->content;
    } else {
      EXPECT_EQ(verified.error().kind, Kind::Denied) << verified.error().message;
    }
  }
  const auto behind = verify_cleartext(document + "Suite: forged\n", {key().certificate()}, now());
  ASSERT_FALSE(behind);
  EXPECT_NE(behind.error().message.find("something follows its signature"), std::string::npos) << behind.error().message;
}

TEST(Cleartext, SaysWhyNoSignatureCounts) {
  const std::string good = key().cleartext("Suite: stable\n");
  Key short_lived("EDDSA", day);
  Key revoked;
  const std::string by_revoked = revoked.cleartext("Suite: stable\n");
  revoked.revoke();
  struct Row {
    std::string summary, document;
    std::vector<std::string> keyrings;
    Time time;
    std::string says;
  };
  const Row rows[] = {
      {"a key in no keyring", good, {other_key().certificate()}, now(), "key '" + key().id() + "' is in no keyring"},
      {"no keyring", good, {}, now(), "is in no keyring"},
      {"another text", replaced(good, "stable", "sable"), {key().certificate()}, now(), "the signature by key '" + key().id() + "' does not fit the text"},
      {"a key that has expired", short_lived.cleartext("x\n"), {short_lived.certificate()}, later(3 * day), "key '" + short_lived.id() + "' is not valid at this time"},
      {"a key that was revoked", by_revoked, {revoked.certificate()}, now(), "key '" + revoked.id() + "'"},
      {"a signature that has expired", key().cleartext("x\n", {}, 60), {key().certificate()}, later(day), "the signature by key '" + key().id() + "' has expired"},
      {"no signature", "Suite: stable\n", {key().certificate()}, now(), "it does not begin as a signed text"},
      {"nothing", "", {key().certificate()}, now(), "it does not begin as a signed text"},
      {"a beginning alone", "-----BEGIN PGP SIGNED MESSAGE-----\n", {key().certificate()}, now(), "it is cut off: its signature is not whole"},
      {"a signature that is cut off", good.substr(0, good.find("-----END")), {key().certificate()}, now(), "it is cut off: its signature is not whole"},
      {"a signature without content", replaced(good, good.substr(good.find("SIGNATURE-----\n") + 15, 80), ""), {key().certificate()}, now(), ""},
      {"a text of more than 64 MiB", good + std::string((64 << 20) + 1, 'x'), {key().certificate()}, now(), "it is larger than 64 MiB"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto verified = verify_cleartext(row.document, row.keyrings, row.time);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().kind, Kind::Denied) << verified.error().message;
    EXPECT_NE(verified.error().message.find(row.says), std::string::npos) << verified.error().message;
  }
}

TEST(Cleartext, OneGoodSignatureOfSeveralSuffices) {
  const std::string both = key().cleartext("Suite: stable\n", {&other_key()});
  for (const Key* known : {&key(), &other_key()}) {
    const auto verified = verify_cleartext(both, {known->certificate()}, now());
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->fingerprint, known->fingerprint());
    EXPECT_NE(verified->content.find("Suite: stable"), std::string::npos);
  }
  const auto nobody = verify_cleartext(both, {}, now());
  ASSERT_FALSE(nobody);
  for (const Key* each : {&key(), &other_key()}) EXPECT_NE(nobody.error().message.find(each->id()), std::string::npos) << nobody.error().message;
}

TEST(Cleartext, TakesKeyringsOfEveryForm) {
  const std::string document = key().cleartext("Suite: stable\n");
  struct Row {
    std::string summary;
    std::vector<std::string> keyrings;
    bool well;
  };
  const Row rows[] = {
      {"armoured", {key().certificate(true)}, true},
      {"binary", {key().certificate(false)}, true},
      {"several keys in one", {other_key().certificate(false) + key().certificate(false)}, true},
      {"several keyrings", {other_key().certificate(true), key().certificate(false)}, true},
      {"the same twice", {key().certificate(), key().certificate()}, true},
      {"no keyring at all, but text", {"hello\n"}, false},
      {"an empty file", {""}, false},
      {"cut in half", {key().certificate(false).substr(0, 40)}, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto verified = verify_cleartext(document, row.keyrings, now());
    EXPECT_EQ(verified.has_value(), row.well) << (verified ? "" : verified.error().message);
    EXPECT_TRUE(verified || verified.error().kind == Kind::Corrupt || verified.error().kind == Kind::Denied);
  }
}

TEST(Cleartext, KeysOfOtherAlgorithms) {
  for (const char* algorithm : {"RSA", "ECDSA", "EDDSA"}) {
    SCOPED_TRACE(algorithm);
    const Key made(algorithm);
    const auto verified = verify_cleartext(made.cleartext("x\n"), {made.certificate()}, now());
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->fingerprint, made.fingerprint());
  }
}

TEST(Detached, CoversTheContent) {
  const std::string content("any \0 bytes\r\n", 13);
  for (const bool armoured : {true, false}) {
    SCOPED_TRACE(armoured ? "armoured" : "binary");
    const std::string signature = key().detached(content, armoured);
    const auto verified = verify_detached(content, signature, {key().certificate()}, now());
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->content, content);
    EXPECT_EQ(verified->fingerprint, key().fingerprint());
    for (const auto& [summary, other, its_signature, keyring] : std::vector<std::tuple<std::string, std::string, std::string, std::string>>{
             {"another content", content + "x", signature, key().certificate()},
             {"a shorter content", content.substr(1), signature, key().certificate()},
             {"another key", content, signature, other_key().certificate()},
             {"a signature of something else", content, key().detached("else", armoured), key().certificate()},
             {"no signature", content, "", key().certificate()},
             {"half of a signature", content, signature.substr(0, signature.size() / 2), key().certificate()},
             {"noise", content, "this is no signature", key().certificate()}}) {
      SCOPED_TRACE(summary);
      const auto refused = verify_detached(other, its_signature, {keyring}, now());
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().kind, Kind::Denied) << refused.error().message;
    }
  }
}

TEST(Detached, EveryFlippedBitIsRefused) {
  const std::string content = "Suite: stable\n", signature = key().detached(content, false), keyring = key().certificate(false);
  size_t accepted = 0;
  for (size_t bit = 0; bit < signature.size() * 8; bit += 3) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto verified = verify_detached(content, changed, {keyring}, now());
    if (verified) {  // only what the signature does not cover may change: it is still this key's, of this content
      ++accepted;
      EXPECT_EQ(verified->fingerprint, key().fingerprint());
      EXPECT_EQ(verified->content, content);
    }
  }
  EXPECT_LT(accepted, signature.size() * 8 / 3 / 2);
}

TEST(Fingerprints, NameThePrimaryKeys) {
  auto both = fingerprints(key().certificate(false) + other_key().certificate(false));
  ASSERT_TRUE(both) << both.error().message;
  std::vector<std::string> wanted = {key().fingerprint(), other_key().fingerprint()};
  std::ranges::sort(wanted);
  EXPECT_EQ(*both, wanted);
  EXPECT_EQ(fingerprints(key().certificate(true)).value(), std::vector<std::string>{key().fingerprint()});
  EXPECT_FALSE(fingerprints("no keys"));
  EXPECT_FALSE(fingerprints(""));
}

TEST(Fingerprints, OfTheDistributionsKeyring) {
  const char* const path = "/usr/share/keyrings/debian-archive-keyring.gpg";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "this machine has no " << path;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto found = fingerprints(bytes);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_GE(found->size(), 3U);
  for (const std::string& each : *found) {
    EXPECT_EQ(each.size(), 40U);
    EXPECT_EQ(each.find_first_not_of("0123456789ABCDEF"), std::string::npos) << each;
  }
}

}  // namespace
}  // namespace ashlar::trust
