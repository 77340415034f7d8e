// Whoever knows the format and computes the whole chain anew: only what was signed before tells. Any change at or before a checkpoint is found by it, none after it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "host/scratch.h"
#include "ledger/inner/schema.h"
#include "ledger/ledger.h"

namespace ashlar::ledger {
namespace {

constexpr Time now{1'800'000'000};

/// Writes a new ledger with these events as if they had always been there: the chain of each is right.
void forge(const host::Path& path, const std::vector<Event>& events, const std::vector<std::string>& envelopes) {
  auto ledger = Ledger::open(path).value();
  ASSERT_TRUE(ledger.append(events, now));
  auto database = host::Sqlite::open_shared(path).value();
  for (const std::string& each : envelopes) {
    auto insert = database.prepare("INSERT INTO checkpoints (envelope) VALUES (?)").value();
    ASSERT_TRUE(insert.bind(0, each).run());
  }
}

struct Change {
  const char* summary;
  void (*make)(std::vector<Event>& events, size_t at);
};

const Change changes[] = {
    {"a word", [](std::vector<Event>& events, size_t at) { events[at].by += "x"; }},
    {"a time", [](std::vector<Event>& events, size_t at) { events[at].at.seconds -= 86400; }},
    {"a fact", [](std::vector<Event>& events, size_t at) { events[at].facts["severity"] = "low"; }},
    {"a fact taken away", [](std::vector<Event>& events, size_t at) { events[at].facts.erase("reason"); }},
    {"another kind", [](std::vector<Event>& events, size_t at) { events[at].kind = Kind::Closed; }},
    {"one taken out", [](std::vector<Event>& events, size_t at) { events.erase(events.begin() + static_cast<std::ptrdiff_t>(at)); }},
    {"one put in", [](std::vector<Event>& events, size_t at) { events.insert(events.begin() + static_cast<std::ptrdiff_t>(at), Event{.kind = Kind::Paused, .at = now, .by = "nobody"}); }},
    {"one put in twice", [](std::vector<Event>& events, size_t at) { events.insert(events.begin() + static_cast<std::ptrdiff_t>(at), Event(events[at + 1])); }},
    {"two exchanged", [](std::vector<Event>& events, size_t at) { std::swap(events[at], events[at + 1]); }},
    {"all from there on", [](std::vector<Event>& events, size_t at) { events.resize(at); }},
};

class ForgeryTest : public ::testing::Test {
 protected:
  host::Scratch scratch;
  trust::PrivateKey key = trust::PrivateKey::generate(trust::Algorithm::Ed25519).value();
  std::vector<trust::PublicKey> keys = {key.public_key()};
  std::vector<Event> events;
  std::vector<std::string> envelopes;

  /// Twelve events, sealed after the fourth and the eighth.
  void SetUp() override {
    auto ledger = Ledger::open(scratch.path() / "true.db").value();
    for (int at = 0; at < 12; ++at) {
      events.push_back({.kind = Kind::FirstSeen, .at = {1'790'000'000 + at}, .image = "registry.example/a", .vulnerability = fmt::format("CVE-{}", at), .by = "scan", .facts = {{"severity", "high"}, {"reason", "x"}}});
      ASSERT_TRUE(ledger.append({&events.back(), 1}, now));
      if (at == 3 || at == 7) envelopes.push_back(ledger.seal(key, {now.seconds + at}).value());
    }
  }
};

TEST_F(ForgeryTest, WhatIsSealedIsSafeAndTheRestIsSaidToBeUnsealed) {
  int file = 0;
  for (const Change& change : changes) {
    for (const size_t at : {0U, 3U, 5U, 7U, 9U}) {
      auto forged = events;
      change.make(forged, at);
      const host::Path path = scratch.path() / fmt::format("{}.db", file++);
      if (forged.empty()) continue;  // an empty one has its own test
      forge(path, forged, envelopes);
      const auto found = Ledger::open(path).value().verify(keys, {}).value();
      // Exchanging the last sealed event with the first unsealed one changes what is sealed, too.
      const bool sealed = at < 8;
      EXPECT_EQ(!found.whole(), sealed) << change.summary << " at " << at << (found.whole() ? "" : ": " + found.damages.front().what);
      if (sealed) {
        EXPECT_EQ(found.sealed, at < 4 ? 0U : 4U) << change.summary << " at " << at << ": what was sealed before is still known to be true";
        EXPECT_EQ(found.damages.front().number, at < 4 ? (found.events < 4 ? found.events + 1 : 1U) : found.events < 8 ? found.events + 1 : 5U) << change.summary << " at " << at << ": " << found.damages.front().what;
      } else {
        EXPECT_EQ(found.sealed, 8U) << change.summary;
      }
    }
  }
}

TEST_F(ForgeryTest, AnEmptyOneInItsPlaceIsFound) {
  const host::Path path = scratch.path() / "empty.db";
  ASSERT_TRUE(Ledger::open(path));
  const std::pair<std::string, std::string> kept(envelopes[1], "kept.json");
  const auto found = Ledger::open(path).value().verify(keys, {&kept, 1}).value();
  ASSERT_EQ(found.damages.size(), 1U);
  EXPECT_TRUE(found.damages[0].what.starts_with("events 1 to 8 are missing: the checkpoint 'kept.json'")) << found.damages[0].what;
}

TEST_F(ForgeryTest, ACheckpointOfAnotherLedgerIsNone) {
  auto other = Ledger::open(scratch.path() / "other.db").value();
  const Event event{.kind = Kind::Noted, .at = now};
  ASSERT_TRUE(other.append({&event, 1}, now));
  const std::pair<std::string, std::string> kept(other.seal(key, now).value(), "other.json");
  const auto found = Ledger::open(scratch.path() / "true.db").value().verify(keys, {&kept, 1}).value();
  ASSERT_EQ(found.damages.size(), 1U);
  EXPECT_NE(found.damages[0].what.find("'other.json'"), std::string::npos) << found.damages[0].what;
  EXPECT_EQ(found.sealed, 8U);
}

TEST_F(ForgeryTest, ACheckpointWhoseWordsWereChangedIsSignedByNobody) {
  const auto read = read_checkpoint(envelopes[1], "c").value();
  trust::Envelope changed = read.envelope;
  Checkpoint less = read.checkpoint;
  less.size = 6;
  changed.payload = to_statement(less);
  const std::pair<std::string, std::string> kept(trust::to_text(changed), "changed.json");
  const auto found = Ledger::open(scratch.path() / "true.db").value().verify(keys, {&kept, 1}).value();
  ASSERT_EQ(found.damages.size(), 1U);
  EXPECT_EQ(found.damages[0].what, "the checkpoint 'changed.json' over 6 events is signed by none of the keys");
}

TEST_F(ForgeryTest, EveryPartOfTheSchemaIsLookedFor) {
  for (const SchemaPart& part : schema) {
    if (part.sql.starts_with("CREATE TABLE")) continue;  // without its tables it does not open
    const host::Path path = scratch.path() / fmt::format("{}.db", part.name);
    forge(path, events, {});
    ASSERT_TRUE(host::Sqlite::open_shared(path).value().run(fmt::format("DROP {} {}", part.sql.starts_with("CREATE INDEX") ? "INDEX" : "TRIGGER", part.name)));
    const auto found = Ledger::open(path).value().verify({}, {}).value();
    ASSERT_EQ(found.damages.size(), 1U) << part.name;
    EXPECT_EQ(found.damages[0].what, fmt::format("'{}' of the database is missing", part.name));
  }
}

}  // namespace
}  // namespace ashlar::ledger
