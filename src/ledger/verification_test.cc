// What is done to a ledger behind its back, and that it is found and named.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include <fmt/format.h>

#include "host/scratch.h"
#include "ledger/ledger.h"

namespace ashlar::ledger {
namespace {

constexpr Time now{1'800'000'000};

class VerificationTest : public ::testing::Test {
 protected:
  host::Scratch scratch;
  host::Path path = scratch.path() / "ledger.db";
  trust::PrivateKey key = trust::PrivateKey::generate(trust::Algorithm::Ed25519).value();
  std::vector<trust::PublicKey> keys = {key.public_key()};
  std::vector<std::pair<std::string, std::string>> kept_elsewhere;

  /// Twelve events; with a checkpoint over the first eight, kept in the ledger and elsewhere.
  void SetUp() override { make(path); }
  void make(const host::Path& where) {
    Ledger ledger = Ledger::open(where).value();
    add(ledger, 8);
    kept_elsewhere = {{ledger.seal(key, now).value(), "monday.json"}};
    add(ledger, 4);
  }
  static void add(Ledger& ledger, int count) {
    std::vector<Event> events;
    for (int at = 0; at < count; ++at) events.push_back({static_cast<Kind>(at % 16), {at * 1000}, "registry.example/a", "sha256:1", at % 3 == 0 ? "" : fmt::format("CVE-{}", at), at % 2 == 0 ? "" : "zlib", "", "test", {{"image", "a fact that is called as a member"}}});
    ASSERT_TRUE(ledger.append(events, now));
  }
  /// Runs SQL with the guards taken away for that time.
  static void tamper(const host::Path& where, const std::string& sql) {
    auto database = host::Sqlite::open_shared(where).value();
    std::vector<std::string> guards;
    {
      auto rows = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").value();
      std::string drops;
      while (rows.step().value()) {
        drops += fmt::format("DROP TRIGGER {};", rows.text(0));
        guards.emplace_back(rows.text(1));
      }
      rows.reset();
      ASSERT_TRUE(database.run(drops));
    }
    const Done done = database.run(sql);
    ASSERT_TRUE(done) << sql << ": " << done.error().message;
    for (const std::string& each : guards) ASSERT_TRUE(database.run(each));
  }
  std::vector<std::string> found(bool by_key = true) {
    const auto verified = Ledger::open(path).value().verify(by_key ? std::span<const trust::PublicKey>(keys) : std::span<const trust::PublicKey>(), kept_elsewhere);
    EXPECT_TRUE(verified) << verified.error().message;
    std::vector<std::string> out;
    for (const Damage& each : verified.value_or(Verification()).damages) out.push_back(fmt::format("{}: {}", each.number, each.what));
    return out;
  }
};
using Words = std::vector<std::string>;

TEST_F(VerificationTest, AWholeOneIsWhole) {
  EXPECT_EQ(found(), Words{});
  Ledger ledger = Ledger::open(path).value();
  const auto verified = ledger.verify(keys, kept_elsewhere).value();
  EXPECT_TRUE(verified.whole());
  EXPECT_EQ(verified.events, 12U);
  EXPECT_EQ(verified.checkpoints, 2U) << "the kept one and the one elsewhere";
  EXPECT_EQ(verified.believed, 2U);
  EXPECT_EQ(verified.sealed, 8U);
  EXPECT_EQ(verified.chain, ledger.last({}).value()->chain);
  EXPECT_TRUE(ledger.check_file());
  const auto empty = Ledger::open(scratch.path() / "empty.db").value().verify({}, {}).value();
  EXPECT_TRUE(empty.whole());
  EXPECT_EQ(empty.chain, first_chain());
}

/// Rewrites the body of one event and the chain of it and all that follow, as whoever knows the format would.
std::string forged(const host::Path& path, std::uint64_t number) {
  std::string sql;
  Ledger ledger = Ledger::open(path).value();
  Digest chain = first_chain();
  auto entries = ledger.read({}).value();
  for (Entry& each : entries) {
    if (each.number == number) each.event.by = "nobody";
    const std::string body = canonical(each.event, each.number, each.recorded);
    chain = next_chain(chain, body);
    if (each.number >= number) sql += fmt::format("UPDATE entries SET body='{}', chain=x'{}' WHERE number={};", body, chain.hex(), each.number);
  }
  return sql;
}

TEST_F(VerificationTest, WhateverIsDoneIsNamed) {
  const std::string moved = "the place of";
  const struct { const char* summary; std::string sql; Words says; } rows[] = {
      {"a word of an event", "UPDATE entries SET body = replace(body, '\"by\":\"test\"', '\"by\":\"tess\"') WHERE number = 5", {"5: event 5 was edited, or one before it together with its chain: it does not follow from event 4"}},
      {"the first event", "UPDATE entries SET body = replace(body, 'test', 'tess') WHERE number = 1", {"1: event 1 was edited"}},
      {"the last event", "UPDATE entries SET body = replace(body, 'test', 'tess') WHERE number = 12", {"12: event 12 was edited"}},
      {"the chain of an event", "UPDATE entries SET chain = x'0000000000000000000000000000000000000000000000000000000000000000' WHERE number = 5", {"5: event 5 was edited"}},
      {"a chain cut short", "UPDATE entries SET chain = x'00' WHERE number = 5", {"5: event 5 was edited"}},
      {"two events", "UPDATE entries SET body = replace(body, 'test', 'tess') WHERE number IN (3, 7)", {"3: event 3 was edited", "7: event 7 was edited"}},
      {"an event taken out", "DELETE FROM entries WHERE number = 5", {"5: event 5 is missing"}},
      {"events taken out", "DELETE FROM entries WHERE number BETWEEN 5 AND 7", {"5: events 5 to 7 are missing"}},
      {"the first one taken out", "DELETE FROM entries WHERE number = 1", {"1: event 1 is missing"}},
      {"two exchanged", "UPDATE entries SET number = -5 WHERE number = 5; UPDATE entries SET number = 5 WHERE number = 6; UPDATE entries SET number = 6 WHERE number = -5", {"5: event 5 is not where it was: in its place stands what was recorded as event 6", "6: event 6 is not where it was: in its place stands what was recorded as event 5", "7: event 7 was edited, or one before it together with its chain: it does not follow from event 6"}},
      {"one taken out and the gap closed", "DELETE FROM entries WHERE number = 11; UPDATE entries SET number = 11 WHERE number = 12", {"11: event 11 is not where it was: in its place stands what was recorded as event 12"}},
      {"a column without its event", "UPDATE entries SET image = 'registry.example/b' WHERE number = 5", {"5: event 5 was edited: its column 'image' says 'registry.example/b', the event 'registry.example/a'"}},
      {"a column emptied", "UPDATE entries SET image = NULL WHERE number = 5", {"5: event 5 was edited: its column 'image' says '', the event 'registry.example/a'"}},
      {"a vulnerability emptied", "UPDATE entries SET vulnerability = NULL WHERE number = 5", {"5: event 5 was edited: its column 'vulnerability' says '', the event 'CVE-4'"}},
      {"a package made up", "UPDATE entries SET package = 'x' WHERE number = 5", {"5: event 5 was edited: its column 'package' says 'x', the event ''"}},
      {"another kind", "UPDATE entries SET kind = 'closed' WHERE number = 5", {"5: event 5 was edited: its column 'kind' says 'closed', the event 'rebuilt'"}},
      {"no event at all", "UPDATE entries SET body = '{}' WHERE number = 5", {"5: event 5 was edited: it is not in the form in which events are written"}},
      {"the end cut off", "DELETE FROM entries WHERE number > 6", {"7: events 7 to 8 are missing: the checkpoint '1 of the ledger' of 2027-01-15T08:00:00Z counts them"}},
      {"everything cut off", "DELETE FROM entries", {"1: events 1 to 8 are missing: the checkpoint '1 of the ledger' of 2027-01-15T08:00:00Z counts them"}},
      {"an event and all chains after it", forged(path, 4), {"1: the chain was computed anew: of the events 1 to 8 one was edited, removed or put in, for the checkpoint '1 of the ledger' of 2027-01-15T08:00:00Z has another chain", "1: the chain was computed anew"}},
      {"a guard taken away", "DROP TRIGGER entries_stay", {"0: 'entries_stay' of the database is missing"}},
      {"an index taken away", "DROP INDEX entries_by_image", {"0: 'entries_by_image' of the database is missing"}},
  };
  for (const auto& row : rows) {
    std::filesystem::copy_file(path, scratch.path() / "before.db", std::filesystem::copy_options::overwrite_existing);
    if (std::string_view(row.sql).starts_with("DROP")) {
      ASSERT_TRUE(host::Sqlite::open_shared(path).value().run(row.sql));
      const auto verified = Ledger::open(path).value().verify(keys, {});
      EXPECT_EQ(verified ? fmt::format("0: {}", verified->damages.at(0).what) : verified.error().message, row.says[0]) << row.summary;
    } else {
      tamper(path, row.sql);
      const Words words = found();
      ASSERT_GE(words.size(), row.says.size()) << row.summary;
      for (size_t at = 0; at < row.says.size(); ++at) EXPECT_TRUE(words[at].starts_with(row.says[at])) << row.summary << ": " << words[at];
      EXPECT_EQ(words.size(), row.says.size()) << row.summary << ": " << words.back();
    }
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + end);
    make(path);
  }
}

TEST_F(VerificationTest, WhatIsAfterTheLastCheckpointCanBeCutOffAndIsSaidToBeUnsealed) {
  tamper(path, "DELETE FROM entries WHERE number > 9");
  EXPECT_EQ(found(), Words{}) << "nobody can see it";
  const auto verified = Ledger::open(path).value().verify(keys, kept_elsewhere).value();
  EXPECT_EQ(verified.events, 9U);
  EXPECT_EQ(verified.sealed, 8U) << "the one after has no checkpoint over it";
}

TEST_F(VerificationTest, HowManyAreUnsealedIsKnown) {
  auto ledger = Ledger::open(path).value();
  EXPECT_EQ(ledger.unsealed().value(), 4U);
  ASSERT_TRUE(ledger.seal(key, now));
  EXPECT_EQ(ledger.unsealed().value(), 0U);
  add(ledger, 1);
  EXPECT_EQ(ledger.unsealed().value(), 1U);
  auto fresh = Ledger::in_memory().value();
  EXPECT_EQ(fresh.unsealed().value(), 0U);
  add(fresh, 3);
  EXPECT_EQ(fresh.unsealed().value(), 3U) << "nothing ever sealed it";
}

TEST_F(VerificationTest, ACheckpointElsewhereShowsWhatTheLedgerHides) {
  tamper(path, "DELETE FROM checkpoints; DELETE FROM entries WHERE number > 6");
  EXPECT_EQ(found(), (Words{"7: events 7 to 8 are missing: the checkpoint 'monday.json' of 2027-01-15T08:00:00Z counts them"}));
  kept_elsewhere.clear();
  EXPECT_EQ(found(), Words{}) << "without it there is nothing to tell by";
}

TEST_F(VerificationTest, CheckpointsOfOthersAreNamed) {
  const auto stranger = trust::PrivateKey::generate(trust::Algorithm::Ed25519).value();
  ASSERT_TRUE(Ledger::open(path).value().seal(stranger, now));
  EXPECT_EQ(found(), (Words{"0: the checkpoint '2 of the ledger' over 12 events is signed by none of the keys"}));
  EXPECT_EQ(found(false), Words{}) << "nobody asked whose they are";
  EXPECT_EQ(Ledger::open(path).value().verify({}, {}).value().believed, 0U);
  keys.push_back(stranger.public_key());
  EXPECT_EQ(found(), Words{});
  // One whose words were changed after it was signed.
  tamper(path, "UPDATE checkpoints SET envelope = replace(envelope, 'payload\":\"', 'payload\":\"A') WHERE place = 2");
  EXPECT_EQ(found().size(), 1U);
  kept_elsewhere.emplace_back("{}", "broken.json");
  EXPECT_EQ(found().size(), 2U);
}

TEST_F(VerificationTest, ManyDamagesAreCounted) {
  {
    Ledger ledger = Ledger::open(path).value();
    for (int round = 0; round < 20; ++round) add(ledger, 12);
  }
  tamper(path, "UPDATE entries SET body = '{}'");
  const auto verified = Ledger::open(path).value().verify({}, {}).value();
  EXPECT_EQ(verified.damages.size(), 100U);
  EXPECT_EQ(verified.damages.size() + verified.more, 252U) << "each event";
}

/// One byte of any body or chain, changed at random, is always found, at that event.
TEST_F(VerificationTest, AnyByteOfAnyEventCounts) {
  std::mt19937 random(3);
  for (int round = 0; round < 25; ++round) {
    const auto number = random() % 12 + 1;
    auto database = host::Sqlite::open_shared(path).value();
    auto row = database.prepare("SELECT body, hex(chain) FROM entries WHERE number = ?").value();
    row.bind(0, static_cast<std::int64_t>(number));
    ASSERT_TRUE(row.step().value());
    const std::string body(row.text(0)), chain(row.text(1));
    row.reset();
    std::string other = body, other_chain = chain;
    const bool of_body = random() % 3 != 0;
    std::string& cell = of_body ? other : other_chain;
    char& byte = cell[random() % cell.size()];
    const char before = byte;
    while (byte == before) byte = of_body ? static_cast<char>(' ' + random() % 95) : "0123456789ABCDEF"[random() % 16];
    std::string quoted;
    for (const char c : other) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    tamper(path, fmt::format("UPDATE entries SET body = '{}', chain = x'{}' WHERE number = {}", quoted, other_chain, number));
    const auto verified = Ledger::open(path).value().verify({}, {}).value();
    ASSERT_FALSE(verified.whole()) << other;
    EXPECT_TRUE(std::ranges::any_of(verified.damages, [&](const Damage& each) { return each.number == number; })) << other;
    tamper(path, fmt::format("UPDATE entries SET body = '{}', chain = x'{}' WHERE number = {}", body, chain, number));
  }
  EXPECT_EQ(found(), Words{});
}

TEST_F(VerificationTest, ADamagedFileIsCorrupt) {
  {
    auto database = host::Sqlite::open_shared(path).value();
    ASSERT_TRUE(database.run("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  EXPECT_TRUE(Ledger::open(path).value().check_file());
  // An index that leaves out an entry: what is asked by image would not find it.
  {
    auto database = host::Sqlite::open_shared(path).value();
    ASSERT_TRUE(database.run("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = replace(sql, 'image IS NOT NULL', 'image = ''x''') WHERE name = 'entries_by_image'"));
  }
  {
    auto database = host::Sqlite::open_shared(path).value();
    ASSERT_TRUE(database.run("REINDEX entries_by_image; PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = replace(sql, 'image = ''x''', 'image IS NOT NULL') WHERE name = 'entries_by_image'"));
  }
  Ledger ledger = Ledger::open(path).value();
  EXPECT_TRUE(ledger.verify({}, {}).value().whole()) << "the entries are all there";
  const Done done = ledger.check_file();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ashlar::Kind::Corrupt);
  EXPECT_NE(done.error().message.find("entries_by_image"), std::string::npos) << done.error().message;
}

}  // namespace
}  // namespace ashlar::ledger
