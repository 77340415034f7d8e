#include "ledger/ledger.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include <fmt/format.h>

#include "host/scratch.h"

namespace ashlar::ledger {
namespace {

constexpr Time now{1'800'000'000};

Event of(Kind kind, std::string image, std::string vulnerability = {}, std::int64_t at = 0) { return {.kind = kind, .at = {at}, .image = std::move(image), .vulnerability = std::move(vulnerability), .package = "openssl", .by = "test"}; }

class LedgerTest : public ::testing::Test {
 protected:
  host::Scratch scratch;
  host::Path path = scratch.path() / "state" / "ledger.db";
  Ledger ledger = Ledger::open(path).value();

  std::vector<std::uint64_t> numbers(const Filter& filter) {
    std::vector<std::uint64_t> out;
    const auto read = ledger.read(filter);
    EXPECT_TRUE(read) << read.error().message;
    for (const Entry& each : read.value_or(std::vector<Entry>())) out.push_back(each.number);
    return out;
  }
};
using Numbers = std::vector<std::uint64_t>;

TEST_F(LedgerTest, WhatWasAppendedIsReadInOrder) {
  EXPECT_EQ(ledger.append({}, now).value(), 0U) << "nothing was there, and nothing came";
  EXPECT_FALSE(ledger.last({}).value().has_value());
  const Event events[] = {of(Kind::Published, "", "CVE-1", 5), of(Kind::FirstSeen, "a", "CVE-1", 9)};
  EXPECT_EQ(ledger.append(events, now).value(), 2U);
  const Event more[] = {of(Kind::Promoted, "a", "", 3)};
  EXPECT_EQ(ledger.append(more, {now.seconds + 1}).value(), 3U);
  Ledger again = Ledger::open(path).value();
  const auto entries = again.read({}).value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].event, events[0]);
  EXPECT_EQ(entries[1].event, events[1]);
  EXPECT_EQ(entries[2].event, more[0]);
  EXPECT_EQ(entries[1].recorded, now);
  EXPECT_EQ(entries[2].recorded.seconds, now.seconds + 1);
  Digest chain = first_chain();
  for (const Entry& each : entries) {
    chain = next_chain(chain, canonical(each.event, each.number, each.recorded));
    EXPECT_EQ(each.chain, chain) << each.number;
  }
  EXPECT_EQ(again.append({}, now).value(), 3U) << "the number of what was there";
}

TEST_F(LedgerTest, OneInMemoryIsAsAnyOtherAndLeavesNothing) {
  {
    Ledger passing = Ledger::in_memory().value();
    EXPECT_TRUE(passing.read({}).value().empty());
    const Event events[] = {of(Kind::FirstSeen, "a", "CVE-1", 9)};
    EXPECT_EQ(passing.append(events, now).value(), 1U);
    EXPECT_EQ(passing.last({.image = "a"}).value()->event, events[0]);
    EXPECT_TRUE(passing.verify({}, {}).value().whole());
    EXPECT_TRUE(Ledger::in_memory().value().read({}).value().empty()) << "each is its own";
  }
  EXPECT_FALSE(std::filesystem::exists("in memory"));
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
  EXPECT_TRUE(numbers({}).empty());
}

TEST_F(LedgerTest, FiltersTakeWhatFitsAll) {
  std::vector<Event> events = {of(Kind::Published, "", "CVE-1", 100), of(Kind::FirstSeen, "a", "CVE-1", 200), of(Kind::FirstSeen, "b", "CVE-1", 300), of(Kind::FirstSeen, "a", "CVE-2", 400),
                               of(Kind::Promoted, "a", "", 500)};
  events[3].package = "zlib";
  events[4].digest = "sha256:abc";
  events[2].facts["note"] = R"(,"digest":"sha256:abc")";  // looks like one, and is a text
  ASSERT_TRUE(ledger.append(events, now));
  const struct { const char* summary; Filter filter; Numbers numbers; } rows[] = {
      {"all", {}, {1, 2, 3, 4, 5}},
      {"an image", {.image = "a"}, {2, 4, 5}},
      {"an image that is the start of another's name", {.image = ""}, {1, 2, 3, 4, 5}},
      {"no such image", {.image = "A"}, {}},
      {"a vulnerability", {.vulnerability = "CVE-1"}, {1, 2, 3}},
      {"a finding", {.image = "a", .vulnerability = "CVE-1", .package = "openssl"}, {2}},
      {"a package", {.package = "zlib"}, {4}},
      {"a kind", {.kind = Kind::FirstSeen}, {2, 3, 4}},
      {"a kind of an image", {.image = "a", .kind = Kind::Promoted}, {5}},
      {"a digest", {.digest = "sha256:abc"}, {5}},
      {"since", {.since = Time{300}}, {3, 4, 5}},
      {"until, which is not in", {.until = Time{300}}, {1, 2}},
      {"between", {.since = Time{200}, .until = Time{401}}, {2, 3, 4}},
      {"after a number", {.after = 3}, {4, 5}},
      {"after the last", {.after = ~std::uint64_t{0}}, {}},
      {"a quote in a filter is a quote", {.image = "a' OR '1'='1"}, {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(numbers(row.filter), row.numbers) << row.summary;
    const auto last = ledger.last(row.filter).value();
    EXPECT_EQ(last ? last->number : 0, row.numbers.empty() ? 0 : row.numbers.back()) << row.summary;
  }
  int calls = 0;
  const Done done = ledger.each({}, [&](const Entry&) -> Done { return ++calls == 2 ? fail(ashlar::Kind::Denied, "enough") : Done(); });
  EXPECT_EQ(done.error().message, "enough");
  EXPECT_EQ(calls, 2) << "the first error ends it";
}

TEST_F(LedgerTest, AllOrNone) {
  const Event events[] = {of(Kind::Noted, "a"), {.by = "\xff"}};
  EXPECT_FALSE(ledger.append(events, now));
  EXPECT_EQ(numbers({}), Numbers{});
  EXPECT_FALSE(ledger.append(std::span(events, 1), {253402300800})) << "a clock that is out of its mind";
  EXPECT_EQ(ledger.append(std::span(events, 1), now).value(), 1U);
}

TEST_F(LedgerTest, NothingIsChangedThroughSql) {
  const Event events[] = {of(Kind::Noted, "a"), of(Kind::Noted, "b")};
  ASSERT_TRUE(ledger.append(events, now));
  const auto key = trust::PrivateKey::generate(trust::Algorithm::Ed25519).value();
  ASSERT_TRUE(ledger.seal(key, now));
  auto database = host::Sqlite::open_shared(path).value();
  const struct { const char *summary, *sql, *says; } rows[] = {
      {"an update", "UPDATE entries SET body = '' WHERE number = 1", "entries are not changed"},
      {"a removal", "DELETE FROM entries WHERE number = 2", "entries are not removed"},
      {"a replacement", "INSERT OR REPLACE INTO entries VALUES (2, 'noted', 'b', NULL, NULL, '{}', x'00')", "an entry follows the last one"},
      {"an entry before others", "INSERT INTO entries VALUES (0, 'noted', 'b', NULL, NULL, '{}', x'00')", "an entry follows the last one"},
      {"an entry that leaves a gap", "INSERT INTO entries VALUES (4, 'noted', 'b', NULL, NULL, '{}', x'00')", "an entry follows the last one"},
      {"an update of a checkpoint", "UPDATE checkpoints SET envelope = ''", "checkpoints are not changed"},
      {"a removal of a checkpoint", "DELETE FROM checkpoints", "checkpoints are not removed"},
  };
  for (const auto& row : rows) {
    const Done done = database.run(row.sql);
    ASSERT_FALSE(done) << row.summary;
    EXPECT_NE(done.error().message.find(row.says), std::string::npos) << row.summary << ": " << done.error().message;
  }
  EXPECT_TRUE(ledger.verify({}, {}).value().whole());
}

TEST_F(LedgerTest, SeveralWriteAtOnce) {
  constexpr int writers = 4, rounds = 25;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      Ledger own = Ledger::open(path).value();
      for (int round = 0; round < rounds; ++round) {
        const Event events[] = {of(Kind::Noted, fmt::format("{}", writer), "", round), of(Kind::Noted, fmt::format("{}", writer), "", round)};
        ASSERT_TRUE(own.append(events, now));
      }
    });
  }
  for (std::thread& each : threads) each.join();
  const auto found = ledger.verify({}, {}).value();
  EXPECT_TRUE(found.whole()) << found.damages.front().what;
  EXPECT_EQ(found.events, 2U * writers * rounds);
  const auto entries = ledger.read({}).value();
  for (size_t at = 1; at < entries.size(); at += 2) EXPECT_EQ(entries[at - 1].event, entries[at].event) << "both of one append stand beside each other";
}

TEST_F(LedgerTest, SeveralMakeItAtOnce) {
  const host::Path fresh = scratch.path() / "fresh.db";
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer) threads.emplace_back([&] { EXPECT_TRUE(Ledger::open(fresh)); });
  for (std::thread& each : threads) each.join();
  EXPECT_TRUE(Ledger::open(fresh).value().verify({}, {}).value().whole());
}

TEST_F(LedgerTest, AFileOfTheFirstVersionGetsTheIndexOfTimes) {
  const host::Path file = scratch.path() / "first.db";
  {
    auto made = Ledger::open(file).value();
    std::vector<Event> events;
    for (int at = 0; at < 100; ++at) events.push_back({.kind = Kind::Noted, .at = {1'790'000'000 + (at * 37 % 100) * 60}, .image = "a"});
    ASSERT_TRUE(made.append(events, now));
  }
  ASSERT_TRUE(host::Sqlite::open_shared(file).value().run("DROP INDEX entries_by_time; PRAGMA user_version=1"));  // as the version before made it
  auto opened = Ledger::open(file).value();
  EXPECT_TRUE(opened.verify({}, {}).value().whole());
  EXPECT_TRUE(opened.check_file());
  const auto read = opened.read({.since = Time{1'790'000'000 + 90 * 60}}).value();
  EXPECT_EQ(read.size(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(read, {}, &Entry::number)) << "as they were written";
  EXPECT_TRUE(opened.read({.since = Time{1'790'000'000 + 100 * 60}}).value().empty()) << "after all of them";
  const Event late[] = {{.kind = Kind::Noted, .at = {1'790'000'000 + 200 * 60}, .image = "a"}};
  ASSERT_TRUE(opened.append(late, now));
  EXPECT_EQ(opened.read({.since = Time{1'790'000'000 + 100 * 60}}).value().size(), 1U) << "what is written later is in it";
  EXPECT_EQ(Ledger::open(file).value().read({}).value().size(), 101U) << "and once is enough";
}

TEST_F(LedgerTest, WhatIsNoLedgerIsNotOpened) {
  auto other = host::Sqlite::open_shared(scratch.path() / "other.db").value();
  ASSERT_TRUE(other.run("PRAGMA user_version=3"));
  const auto opened = Ledger::open(scratch.path() / "other.db");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("it is of version 3; this program reads 2"), std::string::npos) << opened.error().message;
}

TEST_F(LedgerTest, CheckpointsAreKeptAndRead) {
  const auto key = trust::PrivateKey::generate(trust::Algorithm::EcdsaP256).value();
  EXPECT_FALSE(ledger.seal(key, now)) << "of nothing";
  const Event events[] = {of(Kind::Noted, "a")};
  ASSERT_TRUE(ledger.append(events, now));
  const std::string envelope = ledger.seal(key, {now.seconds + 5}).value();
  const auto read = read_checkpoint(envelope, "a file").value();
  EXPECT_EQ(read.checkpoint, (Checkpoint{1, ledger.last({}).value()->chain, {now.seconds + 5}}));
  EXPECT_TRUE(trust::verify_envelope(read.envelope, key.public_key()));
  EXPECT_EQ(read.envelope.payload, to_statement(read.checkpoint));
  EXPECT_EQ(ledger.checkpoints().value().size(), 1U);
  EXPECT_EQ(to_statement({2, Digest::of("x"), {0}}),
            R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"ledger","digest":{"sha256":")" + Digest::of("x").hex() + R"("}}],"predicateType":"https://ashlar.dev/ledger-checkpoint/v1","predicate":{"size":2,"time":"1970-01-01T00:00:00Z"}})");
}

TEST_F(LedgerTest, WhatIsNoCheckpointIsRefused) {
  const auto key = trust::PrivateKey::generate(trust::Algorithm::Ed25519).value();
  const auto signed_over = [&](const std::string& payload, std::string_view type = trust::media::in_toto) { return trust::to_text(trust::sign_envelope(type, payload, key).value()); };
  const std::string good = to_statement({2, Digest::of("x"), {0}});
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string out = good;
    out.replace(out.find(from), from.size(), to);
    return signed_over(out);
  };
  ASSERT_TRUE(read_checkpoint(signed_over(good), "c"));
  const struct { const char* summary; std::string text; } rows[] = {
      {"no JSON", "x"},
      {"no envelope", "{}"},
      {"another payload", signed_over(good, "text/plain")},
      {"no statement", signed_over("{}")},
      {"a statement of another type", with("ledger-checkpoint", "other")},
      {"no size", with("\"size\":2", "\"sise\":2")},
      {"a size below zero", with("\"size\":2", "\"size\":-2")},
      {"a size in words", with("\"size\":2", "\"size\":\"2\"")},
      {"a time that is none", with("1970-01-01", "1970-13-01")},
      {"a digest that is none", with(Digest::of("x").hex(), "00")},
      {"two subjects", with("[{", "[{\"name\":\"other\",\"digest\":{}},{")},
  };
  for (const auto& row : rows) {
    const auto read = read_checkpoint(row.text, "c");
    ASSERT_FALSE(read) << row.summary;
    EXPECT_EQ(read.error().kind, ashlar::Kind::Corrupt) << row.summary << ": " << read.error().message;
  }
}

}  // namespace
}  // namespace ashlar::ledger
