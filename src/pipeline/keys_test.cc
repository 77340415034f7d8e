#include "pipeline/keys.h"

#include <gtest/gtest.h>

#include "host/memory.h"

namespace ashlar::pipeline {
namespace {

class Keys : public ::testing::Test {
 protected:
  host::MemoryMachine machine{Time::parse("2026-05-01").value()};
  host::MemorySecrets secrets;
  trust::KeyAccess access{machine.machine, secrets};
  const host::Path ring = "/p/keyring.yaml";

  /// A key's public half as a file.
  void put(const char* path) { ASSERT_TRUE(machine.files.write(path, trust::PrivateKey::generate(trust::Algorithm::Ed25519)->public_pem(), host::Durability::Cache)); }
};

TEST_F(Keys, ANewOneIsTwoFiles) {
  secrets.typed = {"secret", "secret"};
  const auto made = generate_key({.prefix = "/k/release"}, access);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(secrets.prompts, (std::vector<std::string>{"Password for /k/release.key: ", "The same again: "}));
  const auto key = trust::PrivateKey::parse(secrets.files.at("/k/release.key"), "secret");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(machine.files.read("/k/release.pub").value(), key->public_pem());
  EXPECT_EQ(made->digest, key->public_key().digest());
  EXPECT_FALSE(machine.files.exists("/k/release.key")) << "files that others may read never hold it";
}

TEST_F(Keys, WhatIsThereIsNotReplaced) {
  for (const char* there : {"/k/a.key", "/k/b.pub"}) {
    ASSERT_TRUE(machine.files.write(there, "x", host::Durability::Cache));
    const auto made = generate_key({.encrypted = false, .prefix = std::string(there).substr(0, 4)}, access);
    ASSERT_FALSE(made) << there;
    EXPECT_EQ(made.error().kind, Kind::Conflict) << there;
    EXPECT_NE(made.error().message.find(std::string("'") + there + "' is there, and may be the only copy of a key (--force replaces it)"), std::string::npos) << made.error().message;
    EXPECT_EQ(machine.files.read(there).value(), "x");
    EXPECT_TRUE(generate_key({.encrypted = false, .prefix = std::string(there).substr(0, 4), .replace = true}, access)) << there;
  }
}

TEST_F(Keys, WithoutAPasswordNothingIsWritten) {
  EXPECT_EQ(generate_key({.prefix = "/k/release"}, access).error().kind, Kind::Invalid);
  EXPECT_TRUE(secrets.files.empty());
  EXPECT_FALSE(machine.files.exists("/k/release.pub"));
}

TEST_F(Keys, AKeyThatDoesNotCountSignsNothing) {
  const auto key = trust::PrivateKey::generate(trust::Algorithm::EcdsaP256).value(), next = trust::PrivateKey::generate(trust::Algorithm::Ed25519).value();
  for (const auto& [path, text] : {std::pair{"/k/a.key", std::string(key.to_pkcs8("")->text())}, {"/p/a.pub", key.public_pem()}, {"/p/next.pub", next.public_pem()}}) ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache));
  const std::string head = "keys:\n- name: a\n  key: a.pub\n", other = "- name: next\n  key: next.pub\n";
  struct Row {
    std::string_view summary;
    std::string ring;  ///< empty: there is none
    std::string cause;  ///< empty: it signs
  };
  const std::string none = "none of its keys counts now: `ashlar keys generate` makes one, `ashlar keys add` adds it";
  const Row rows[] = {
      {"no ring", "", ""},
      {"a ring that has it", head, ""},
      {"a ring of others", "keys:\n" + other, ""},
      {"until later", head + "  valid_until: 2026-05-02\n", ""},
      {"to be revoked later", head + "  revoked_from: 2026-05-02\n  reason: it ends\n", ""},
      {"revoked", head + "  revoked_from: 2026-04-30\n  reason: the laptop was lost\n", "'a' is revoked from 2026-04-30 on: the laptop was lost; " + none},
      {"revoked at this very moment", head + "  revoked_from: 2026-05-01\n  reason: lost\n" + other, "'a' is revoked from 2026-05-01 on: lost; sign with one that counts now: 'next'"},
      {"ended", head + "  valid_until: 2026-05-01\n" + other, "'a' was valid until 2026-05-01; sign with one that counts now: 'next'"},
      {"not begun", head + "  valid_from: 2026-05-02\n" + other + "  valid_until: 2026-04-01\n", "'a' is not valid before 2026-05-02; " + none},
  };
  for (const Row& row : rows) {
    if (!row.ring.empty()) {
      ASSERT_TRUE(machine.files.write(ring, row.ring, host::Durability::Cache));
    }
    const auto opened = open_signing_key("/k/a.key", {.ring = ring, .module = {}}, access);
    ASSERT_EQ(opened.has_value(), row.cause.empty()) << row.summary << ": " << (opened ? "" : opened.error().message);
    if (opened) continue;
    EXPECT_EQ(opened.error().message, "cannot sign with '/k/a.key': by the keyring '/p/keyring.yaml', " + row.cause) << row.summary;
    EXPECT_EQ(opened.error().kind, Kind::Invalid) << row.summary;
  }
  // A ring that cannot be read is said before a password is asked for.
  ASSERT_TRUE(machine.files.write(ring, "keys: 3\n", host::Durability::Cache));
  ASSERT_TRUE(machine.files.write("/k/locked.key", std::string(key.to_pkcs8("secret")->text()), host::Durability::Cache));
  EXPECT_EQ(open_signing_key("/k/locked.key", {.ring = ring, .module = {}}, access).error().message, "cannot read keyring '/p/keyring.yaml': it has a fault");
  EXPECT_TRUE(secrets.prompts.empty());
}

TEST_F(Keys, TimesAreDatesOrLengths) {
  struct Row {
    std::string summary, from, until, cause;
    std::string_view valid_from, valid_until;
  };
  const Row rows[] = {
      {"none", "", "", "", "", ""},
      {"dates", "2026-01-01", "2027-01-01T12:00:00Z", "", "2026-01-01T00:00:00Z", "2027-01-01T12:00:00Z"},
      {"lengths from now on", "1d", "2d", "", "2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"},
      {"words", "soon", "", "--from 'soon' is neither a date (2027-01-31) nor a length from now on (365d)", "", ""},
      {"words for the end", "", "later", "--until 'later' is neither a date (2027-01-31) nor a length from now on (365d)", "", ""},
  };
  for (const Row& row : rows) {
    put("/k/a.pub");
    const auto added = trust_key(ring, {"/k/a.pub", row.summary, row.from, row.until}, access);
    ASSERT_EQ(added.has_value(), row.cause.empty()) << row.summary;
    if (!added) {
      EXPECT_EQ(added.error().message, "cannot add key '" + row.summary + "': " + row.cause);
      continue;
    }
    EXPECT_EQ(added->valid_from ? added->valid_from->str() : "", row.valid_from) << row.summary;
    EXPECT_EQ(added->valid_until ? added->valid_until->str() : "", row.valid_until) << row.summary;
  }
  EXPECT_EQ(read_ring(machine.files, ring)->entries().size(), 3U);
}

TEST_F(Keys, ARevocationHoldsFromNowOnUnlessAnotherTimeIsNamed) {
  struct Row {
    std::string name, from;
    std::string_view revoked;
  };
  const Row rows[] = {{"now", "", "2026-05-01T00:00:00Z"}, {"earlier", "2026-02-01", "2026-02-01T00:00:00Z"}};
  for (const Row& row : rows) {
    put("/k/a.pub");
    ASSERT_TRUE(trust_key(ring, {"/k/a.pub", row.name, "", ""}, access));
    const auto revoked = revoke_key(machine.machine, ring, row.name, row.from, "lost");
    ASSERT_TRUE(revoked) << revoked.error().message;
    EXPECT_EQ(revoked->revoked_from->str(), row.revoked) << row.name;
    EXPECT_EQ(read_ring(machine.files, ring)->judge(revoked->key.digest(), machine.clock.now()).standing, trust::Standing::Revoked) << row.name;
  }
  EXPECT_EQ(revoke_key(machine.machine, ring, "now", "yesterday", "lost").error().message, "cannot revoke key 'now': --from 'yesterday' is no date (2027-01-31)");
  EXPECT_EQ(revoke_key(machine.machine, ring, "none", "", "lost").error().kind, Kind::NotFound);
}

TEST_F(Keys, NoFileIsAnEmptyRing) {
  EXPECT_TRUE(read_ring(machine.files, ring)->entries().empty());
  EXPECT_FALSE(machine.files.exists(ring));
}

}  // namespace
}  // namespace ashlar::pipeline
