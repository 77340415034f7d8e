#include "trust/keyring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"
#include "base/schema_trial.h"
#include "base/text.h"
#include "base/yaml.h"
#include "host/memory.h"

namespace ashlar::trust {
namespace {

Time day(std::string_view text) { return Time::parse(text).value(); }

const PrivateKey& key_one() {
  static const PrivateKey key = PrivateKey::generate(Algorithm::EcdsaP256).value();
  return key;
}
const PrivateKey& key_two() {
  static const PrivateKey key = PrivateKey::generate(Algorithm::Ed25519).value();
  return key;
}

std::string indented(const std::string& pem, size_t count) {
  std::string out;
  for (const std::string_view line : split(trim(pem), '\n')) out += std::string(count, ' ') + std::string(line) + "\n";
  return out;
}

/// A ring of two, one of which lies in a file.
std::string sample() {
  return "# who may sign\nschema: https://ashlar.dev/keyring/v1\nkeys:\n  - name: release-2026   # the team's\n    valid_from: 2026-01-01\n    valid_until: 2027-01-01\n    key: |\n" + indented(key_one().public_pem(), 6) +
         "\n  - name: old\n    key: keys/old.pub\n    revoked_from: 2026-06-01T12:00:00Z\n    reason: the laptop was lost\n";
}

class Rings : public ::testing::Test {
 protected:
  Rings() { EXPECT_TRUE(files.write("/p/keys/old.pub", key_two().public_pem(), host::Durability::Cache)); }
  Result<Keyring> read(const std::string& text) { return parse_keyring(files, text, path); }
  host::MemoryFiles files;
  host::Path path = "/p/keyring.yaml";
};

TEST_F(Rings, AKeyIsJudgedByTheTimeOfItsSignature) {
  const auto ring = read(sample());
  ASSERT_TRUE(ring) << ring.error().message;
  const Digest one = key_one().public_key().digest(), two = key_two().public_key().digest();
  struct Row {
    std::string_view summary;
    Digest key;
    std::string_view at;
    Standing standing;
    std::string rule;
  };
  const Row rows[] = {
      {"before it is valid", one, "2025-12-31T23:59:59Z", Standing::NotYet, "'release-2026' is not valid before 2026-01-01"},
      {"from its first second", one, "2026-01-01T00:00:00Z", Standing::Valid, "'release-2026' is valid from 2026-01-01 until 2027-01-01"},
      {"to its last second", one, "2026-12-31T23:59:59Z", Standing::Valid, "'release-2026' is valid from 2026-01-01 until 2027-01-01"},
      {"and no longer", one, "2027-01-01T00:00:00Z", Standing::Expired, "'release-2026' was valid until 2027-01-01"},
      {"before it was revoked", two, "2026-06-01T11:59:59Z", Standing::Valid, "'old' is valid at any time, and was not yet revoked: it is from 2026-06-01T12:00:00Z on"},
      {"from the second on from which it is revoked", two, "2026-06-01T12:00:00Z", Standing::Revoked, "'old' is revoked from 2026-06-01T12:00:00Z on: the laptop was lost"},
      {"one that nobody knows", Digest::of("x"), "2026-06-01", Standing::Unknown, fmt::format("key {} is not in the keyring", Digest::of("x").str())},
  };
  for (const Row& row : rows) {
    const Judgement judged = ring->judge(row.key, day(row.at));
    EXPECT_EQ(judged.standing, row.standing) << row.summary;
    EXPECT_EQ(judged.rule, row.rule) << row.summary;
    EXPECT_EQ(judged.key.empty(), row.standing == Standing::Unknown) << row.summary;
  }
}

TEST_F(Rings, RevocationGoesBeforeEverythingElse) {
  const KeyringEntry entry{"k", key_one().public_key(), day("2026-03-01"), day("2026-04-01"), day("2026-01-01"), "stolen"};
  for (const std::string_view at : {"2026-01-01", "2026-02-01", "2026-03-15", "2026-05-01"}) EXPECT_EQ(judge(entry, day(at)).standing, Standing::Revoked) << at;
  EXPECT_EQ(judge(entry, day("2025-12-31")).standing, Standing::NotYet);
}

TEST_F(Rings, JsonIsReadAsWell) {
  const Json json = {{"schema", "https://ashlar.dev/keyring/v1"}, {"keys", {{{"name", "a"}, {"key", key_one().public_pem()}, {"valid_until", "2027-01-01"}}}}};
  const auto ring = read(to_pretty(json));
  ASSERT_TRUE(ring) << ring.error().message;
  ASSERT_EQ(ring->entries().size(), 1U);
  EXPECT_EQ(ring->entries()[0].key.digest(), key_one().public_key().digest());
  EXPECT_EQ(ring->entries()[0].valid_until, day("2027-01-01"));
  EXPECT_EQ(ring->find("a"), &ring->entries()[0]);
  EXPECT_EQ(ring->find("b"), nullptr);
}

TEST_F(Rings, FaultsAreToldWithTheirPlace) {
  const std::string key = "    key: keys/old.pub\n";
  struct Row {
    std::string_view summary;
    std::string text;
    int line;
    std::string_view message;
  };
  const Row rows[] = {
      {"no list", "schema: https://ashlar.dev/keyring/v1\n", 1, "a keyring has a list 'keys'"},
      {"another schema", "schema: x\nkeys: []\n", 1, "'x' is not the schema of a keyring"},
      {"an unknown key", "keys:\n  - name: a\n" + key + "    valid_form: 2026-01-01\n", 4, "unknown key 'valid_form'"},
      {"no name", "keys:\n  - key: keys/old.pub\n", 2, "a key needs 'name'"},
      {"no key", "keys:\n  - name: a\n", 2, "a key needs 'key'"},
      {"an empty name", "keys:\n  - name: ''\n" + key, 2, "'name' is a text"},
      {"no time", "keys:\n  - name: a\n" + key + "    valid_from: soon\n", 4, "'valid_from' is a date (2027-01-31) or a moment (2027-01-31T12:00:00Z)"},
      {"an end before the beginning", "keys:\n  - name: a\n" + key + "    valid_from: 2026-02-01\n    valid_until: 2026-01-01\n", 5, "it ends before it begins"},
      {"revoked without a reason", "keys:\n  - name: a\n" + key + "    revoked_from: 2026-02-01\n", 4, "a key that is revoked has a 'reason'"},
      {"a reason for nothing", "keys:\n  - name: a\n" + key + "    reason: x\n", 4, "a reason stands beside 'revoked_from'"},
      {"a file that is not there", "keys:\n  - name: a\n    key: none.pub\n", 3, "cannot open file '/p/none.pub': no such file or directory"},
      {"a key that is none", "keys:\n  - name: a\n    key: '-----BEGIN PUBLIC KEY-----'\n", 3, "cannot read public key: it is no PEM public key"},
      {"a name twice", "keys:\n  - name: a\n" + key + "  - name: a\n    key: |\n" + indented(key_one().public_pem(), 6), 4, "'a' is there twice"},
      {"a key twice", "keys:\n  - name: a\n" + key + "  - name: b\n" + key, 5, "it is the key of 'a', too"},
      {"a list of texts", "keys: [a]\n", 1, "a mapping is expected here"},
      {"a text", "hello\n", 1, "a mapping is expected here"},
  };
  for (const Row& row : rows) {
    const auto ring = read(row.text);
    ASSERT_FALSE(ring) << row.summary;
    ASSERT_FALSE(ring.error().faults.empty()) << row.summary;
    EXPECT_EQ(ring.error().faults[0].line, row.line) << row.summary;
    EXPECT_EQ(ring.error().faults[0].message, row.message) << row.summary;
  }
  EXPECT_TRUE(read("")->entries().empty());
  EXPECT_TRUE(read("keys:\n")->entries().empty());
}

TEST_F(Rings, AKeyIsAddedAndTheRestStays) {
  const auto other = PrivateKey::generate(Algorithm::EcdsaP384).value();
  const std::string item = "keys:\n- name: a\n  key: keys/old.pub\n";
  struct Row {
    std::string_view summary;
    std::string before;
  };
  const Row rows[] = {
      {"to nothing", ""},
      {"to a comment", "# ours\n"},
      {"to an empty list", "keys:\n"},
      {"to a list with comments", sample()},
      {"to a list without an end of line", "keys:\n  - name: a\n    key: keys/old.pub"},
      {"to a list that is not indented", item},
      {"to a list that is indented far", "keys:\n      -   name: a\n          key: keys/old.pub\n"},
      {"to JSON", R"({"keys": [{"name": "a", "key": "keys/old.pub"}]})"},
  };
  for (const Row& row : rows) {
    for (const std::string name : {"new", "1e3", "a: b # c", "ü \"x\""}) {
      const KeyringEntry entry{name, other.public_key(), day("2026-05-01"), day("2027-05-01T10:00:00Z")};
      const auto text = with_key(files, row.before, path, entry);
      ASSERT_TRUE(text) << row.summary << ": " << text.error().message;
      if (!row.before.starts_with("{")) {
        EXPECT_TRUE(text->starts_with(row.before)) << row.summary;
      }
      const auto before = read(row.before), after = read(*text);
      ASSERT_TRUE(after) << row.summary;
      ASSERT_EQ(after->entries().size(), before->entries().size() + 1) << row.summary;
      const KeyringEntry& added = after->entries().back();
      EXPECT_EQ(added.name, name) << row.summary;
      EXPECT_EQ(added.key.digest(), other.public_key().digest()) << row.summary;
      EXPECT_EQ(added.valid_from, entry.valid_from) << row.summary;
      EXPECT_EQ(added.valid_until, entry.valid_until) << row.summary;
    }
  }
}

TEST_F(Rings, WhatCannotBeAddedIsSaid) {
  const auto fresh = PrivateKey::generate(Algorithm::EcdsaP384).value().public_key();
  struct Row {
    std::string_view summary;
    std::string before;
    KeyringEntry entry;
    Kind kind;
    std::string_view message;
  };
  const Row rows[] = {
      {"a name that is there", sample(), {"old", fresh}, Kind::Conflict, "cannot add key 'old': '/p/keyring.yaml' has one of that name"},
      {"a key that is there", sample(), {"new", key_two().public_key()}, Kind::Conflict, "cannot add key 'new': '/p/keyring.yaml' has that key as 'old'"},
      {"no name", sample(), {" ", fresh}, Kind::Invalid, "cannot add key ' ': a key has a name"},
      {"an end before the beginning", sample(), {"new", fresh, day("2026-02-01"), day("2026-01-01")}, Kind::Invalid, "cannot add key 'new': its validity ends before it begins"},
      {"a list in one line", "keys: [{name: a, key: keys/old.pub}]\n", {"new", fresh}, Kind::Invalid, "cannot add key 'new': '/p/keyring.yaml' is not laid out as a plain list; add this by hand:\n  - name: new\n    key: |\n      -----BEGIN PUBLIC KEY-----\n"},
      {"a list before other keys", "keys:\n  - name: a\n    key: keys/old.pub\nschema: https://ashlar.dev/keyring/v1\n", {"new", fresh}, Kind::Invalid, "cannot add key 'new': '/p/keyring.yaml' is not laid out as a plain list"},
      {"to a ring with faults", "keys: 3\n", {"new", fresh}, Kind::Invalid, "cannot read keyring '/p/keyring.yaml': it has a fault"},
  };
  for (const Row& row : rows) {
    const auto text = with_key(files, row.before, path, row.entry);
    ASSERT_FALSE(text) << row.summary;
    EXPECT_EQ(text.error().kind, row.kind) << row.summary;
    EXPECT_TRUE(text.error().message.starts_with(row.message)) << row.summary << ": " << text.error().message;
  }
}

TEST_F(Rings, AKeyIsRevokedAndTheRestStays) {
  const std::string pem = indented(key_one().public_pem(), 6);
  struct Row {
    std::string_view summary, name;
    std::string before;
  };
  const Row rows[] = {
      {"with comments", "release-2026", sample()},
      {"the key first, in many lines", "a", "keys:\n  - key: |\n" + pem + "    name: a\n"},
      {"not indented", "a", "keys:\n- name: a\n  key: keys/old.pub\n"},
      {"one of two", "b", "keys:\n- name: a\n  key: keys/old.pub\n- name: b\n  key: |\n" + pem},
      {"in JSON", "a", R"({"keys": [{"name": "a", "key": "keys/old.pub"}]})"},
  };
  for (const Row& row : rows) {
    const auto text = with_revocation(files, row.before, path, row.name, day("2026-08-01T10:00:00Z"), "lost: see #12");
    ASSERT_TRUE(text) << row.summary << ": " << text.error().message;
    const auto ring = read(*text);
    ASSERT_TRUE(ring) << row.summary;
    const KeyringEntry* const entry = ring->find(row.name);
    ASSERT_NE(entry, nullptr) << row.summary;
    EXPECT_EQ(entry->revoked_from, day("2026-08-01T10:00:00Z")) << row.summary;
    EXPECT_EQ(entry->reason, "lost: see #12") << row.summary;
    EXPECT_EQ(ring->entries().size(), read(row.before)->entries().size()) << row.summary;
    if (row.before.find('#') != std::string::npos) {
      EXPECT_NE(text->find("# the team's"), std::string::npos) << row.summary;
    }
  }
}

TEST_F(Rings, ARevocationIsBroughtForwardAndTheTimeBeforeIsTold) {
  const std::string pem = indented(key_one().public_pem(), 6), key = "    key: |\n" + pem;
  struct Row {
    std::string_view summary;
    std::string before;
  };
  const Row rows[] = {
      {"as we write it", "keys:\n  - name: a\n    revoked_from: 2027-01-01T00:00:00Z\n    reason: it ends\n" + key + "  - name: b\n    key: keys/old.pub\n"},
      {"the reason first", "# ring\nkeys:\n  - name: b\n    key: keys/old.pub\n  - reason: it ends\n    name: a  # ours\n" + key + "    revoked_from: '2027-01-01'"},
      {"the time first, quoted", "keys:\n- revoked_from: \"2027-01-01\"\n  reason: 'it ends'\n  name: a\n  key: |\n" + pem + "- {name: b, key: keys/old.pub}\n"},
      {"in JSON", fmt::format(R"({{"keys": [{{"name": "b", "key": "keys/old.pub"}}, {{"name": "a", "reason": "it ends", "revoked_from": "2027-01-01", "key": {}}}]}})", to_compact(Json(key_one().public_pem())))},
  };
  for (const Row& row : rows) {
    const auto once = with_revocation(files, row.before, path, "a", day("2026-11-01T10:00:00Z"), "lost: see #12");
    ASSERT_TRUE(once) << row.summary << ": " << once.error().message;
    const auto twice = with_revocation(files, *once, path, "a", day("2026-10-01"), "lost, and longer ago");
    ASSERT_TRUE(twice) << row.summary << ": " << twice.error().message;
    const auto first = read(*once), second = read(*twice);
    ASSERT_TRUE(first && second) << row.summary;
    EXPECT_EQ(first->find("a")->revoked_from, day("2026-11-01T10:00:00Z")) << row.summary;
    EXPECT_EQ(first->find("a")->reason, "lost: see #12 (before that it was to be revoked from 2027-01-01T00:00:00Z on: it ends)") << row.summary;
    EXPECT_EQ(second->find("a")->revoked_from, day("2026-10-01")) << row.summary;
    EXPECT_EQ(second->find("a")->reason, "lost, and longer ago (before that it was to be revoked from 2026-11-01T10:00:00Z on: lost: see #12 (before that it was to be revoked from 2027-01-01T00:00:00Z on: it ends))") << row.summary;
    EXPECT_FALSE(second->find("b")->revoked_from) << row.summary;
    for (const char* comment : {"# ring", "# ours"}) EXPECT_EQ(twice->find(comment) == std::string::npos, row.before.find(comment) == std::string::npos) << row.summary;
    EXPECT_EQ(with_revocation(files, *twice, path, "a", day("2026-10-02"), "x").error().kind, Kind::Conflict) << row.summary << ": never later";
  }
}

TEST_F(Rings, WhatCannotBeRevokedIsSaid) {
  struct Row {
    std::string_view summary, name, reason;
    std::string before;
    Kind kind;
    std::string_view message;
  };
  const Row rows[] = {
      {"another name", "none", "x", sample(), Kind::NotFound, "cannot revoke key 'none': '/p/keyring.yaml' has no such key; those there are: 'release-2026', 'old'"},
      {"an empty ring", "none", "x", "", Kind::NotFound, "cannot revoke key 'none': '/p/keyring.yaml' has no such key; it has none"},
      {"one that is", "old", "x", sample(), Kind::Conflict,
       "cannot revoke key 'old': it is revoked from 2026-06-01T12:00:00Z on already, and only an earlier time takes that one's place (--from): what it signed from then on is not believed again"},
      {"one that is from that very time on", "a", "x", "keys:\n- name: a\n  key: keys/old.pub\n  revoked_from: 2026-08-01\n  reason: y\n", Kind::Conflict,
       "cannot revoke key 'a': it is revoked from 2026-08-01T00:00:00Z on already, and only an earlier time takes that one's place (--from): what it signed from then on is not believed again"},
      {"earlier, in one line", "a", "x", "keys: [{name: a, key: keys/old.pub, revoked_from: 2026-09-01, reason: y}]\n", Kind::Invalid,
       "cannot revoke key 'a': '/p/keyring.yaml' is not laid out as a plain list; add this by hand:\n    revoked_from: 2026-08-01T00:00:00Z\n    reason: \"x (before that it was to be revoked from 2026-09-01T00:00:00Z on: y)\"\n"},
      {"no reason", "release-2026", " ", sample(), Kind::Invalid, "cannot revoke key 'release-2026': no reason is given"},
      {"a list in one line", "a", "x", "keys: [{name: a, key: keys/old.pub}]\n", Kind::Invalid,
       "cannot revoke key 'a': '/p/keyring.yaml' is not laid out as a plain list; add this by hand:\n    revoked_from: 2026-08-01T00:00:00Z\n    reason: x\n"},
  };
  for (const Row& row : rows) {
    const auto text = with_revocation(files, row.before, path, row.name, day("2026-08-01"), std::string(row.reason));
    ASSERT_FALSE(text) << row.summary;
    EXPECT_EQ(text.error().kind, row.kind) << row.summary;
    EXPECT_EQ(text.error().message, row.message) << row.summary;
  }
}

TEST(Standings, HaveNames) {
  EXPECT_EQ(to_string(Standing::Valid), "valid");
  EXPECT_EQ(to_string(Standing::NotYet), "not-yet-valid");
  EXPECT_EQ(to_string(Standing::Unknown), "unknown");
}

#ifdef ASHLAR_WITH_VALIJSON
TEST_F(Rings, TheSchemaTakesWhatTheReaderTakes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/keyring.schema.json");
  const std::string key = "    key: keys/old.pub\n";
  struct Row {
    std::string_view summary;
    std::string text;
    bool good;
  };
  const Row rows[] = {
      {"the sample", sample(), true},
      {"an empty list", "keys: []\n", true},
      {"no list", "schema: https://ashlar.dev/keyring/v1\n", false},
      {"another schema", "schema: x\nkeys: []\n", false},
      {"an unknown key", "keys:\n  - name: a\n    colour: red\n" + key, false},
      {"no name", "keys:\n  - key: keys/old.pub\n", false},
      {"no time", "keys:\n  - name: a\n    valid_from: soon\n" + key, false},
      {"revoked without a reason", "keys:\n  - name: a\n    revoked_from: 2026-01-01\n" + key, false},
      {"a reason for nothing", "keys:\n  - name: a\n    reason: x\n" + key, false},
  };
  for (const Row& row : rows) {
    std::string why;
    EXPECT_EQ(schema.takes(value_of(parse_yaml(row.text, "x").value().root), &why), row.good) << row.summary << ": " << why;
    EXPECT_EQ(read(row.text).has_value(), row.good) << row.summary;
  }
}
#endif

}  // namespace
}  // namespace ashlar::trust
