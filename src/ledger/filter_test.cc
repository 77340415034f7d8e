// What a filter gives, against looking at every event.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "host/scratch.h"
#include "ledger/ledger.h"

namespace ashlar::ledger {
namespace {

constexpr Time now{1'800'000'000};
constexpr std::array<const char*, 5> images = {"", "registry.example/a", "registry.example/a/b", "registry.example/A", "oci:out%_"};
constexpr std::array<const char*, 4> vulnerabilities = {"", "CVE-2026-1", "CVE-2026-11", "cve-2026-1"};
constexpr std::array<const char*, 4> packages = {"", "zlib", "zlib1", "o'neill"};
constexpr std::array<const char*, 3> digests = {"", "sha256:aa", "sha256:aaaa"};

Event some_event(std::mt19937& random) {
  Event out{.kind = static_cast<Kind>(random() % 16), .at = {static_cast<std::int64_t>(random() % 1000)}};
  out.image = images[random() % images.size()];
  out.vulnerability = vulnerabilities[random() % vulnerabilities.size()];
  out.package = packages[random() % packages.size()];
  out.digest = digests[random() % digests.size()];
  if (random() % 3 == 0) out.facts["digest"] = digests[1 + random() % 2];  // as a fact it is none
  if (random() % 3 == 0) out.facts["note"] = R"(","digest":"sha256:aa")";
  return out;
}

Filter some_filter(std::mt19937& random) {
  Filter out;
  const auto often = [&] { return random() % 3 == 0; };
  if (often()) out.image = images[1 + random() % (images.size() - 1)];
  if (often()) out.vulnerability = vulnerabilities[1 + random() % (vulnerabilities.size() - 1)];
  if (often()) out.package = packages[1 + random() % (packages.size() - 1)];
  if (often()) out.digest = digests[1 + random() % (digests.size() - 1)];
  if (often()) out.kind = static_cast<Kind>(random() % 16);
  if (often()) out.since = Time{static_cast<std::int64_t>(random() % 1000)};
  if (often()) out.until = Time{static_cast<std::int64_t>(random() % 1000)};
  if (often()) out.after = random() % 500;
  return out;
}

bool fits(const Entry& entry, const Filter& filter) {
  const Event& event = entry.event;
  const auto same = [](const std::string& wanted, const std::string& found) { return wanted.empty() || wanted == found; };
  return same(filter.image, event.image) && same(filter.digest, event.digest) && same(filter.vulnerability, event.vulnerability) && same(filter.package, event.package) && (!filter.kind || *filter.kind == event.kind) &&
         (!filter.since || event.at >= *filter.since) && (!filter.until || event.at < *filter.until) && entry.number > filter.after;
}

TEST(LedgerFilter, GivesWhatLookingAtAllOfThemGives) {
  const host::Scratch scratch;
  auto ledger = Ledger::open(scratch.path() / "ledger.db").value();
  std::mt19937 random(41);
  std::vector<Entry> all;
  for (int batch = 0; batch < 10; ++batch) {
    std::vector<Event> events;
    for (int at = 0; at < 50; ++at) events.push_back(some_event(random));
    ASSERT_TRUE(ledger.append(events, now));
    for (const Event& each : events) all.push_back({.number = all.size() + 1, .recorded = now, .event = each});
  }
  size_t met = 0;
  for (int round = 0; round < 2000; ++round) {
    const Filter filter = some_filter(random);
    std::vector<std::uint64_t> wanted, read, walked;
    for (const Entry& each : all) {
      if (fits(each, filter)) wanted.push_back(each.number);
    }
    const auto entries = ledger.read(filter);
    ASSERT_TRUE(entries) << entries.error().message;
    for (const Entry& each : *entries) {
      read.push_back(each.number);
      ASSERT_EQ(each.event, all[each.number - 1].event);
    }
    ASSERT_TRUE(ledger.each(filter, [&](const Entry& entry) { return walked.push_back(entry.number), Done(); }));
    ASSERT_EQ(read, wanted);
    ASSERT_EQ(walked, wanted);
    const auto last = ledger.last(filter).value();
    ASSERT_EQ(last ? last->number : 0, wanted.empty() ? 0 : wanted.back());
    met += wanted.size();
  }
  EXPECT_GT(met, 1000U) << "the filters meet something";
}

TEST(LedgerFilter, WalkingMayAppend) {
  const host::Scratch scratch;
  auto ledger = Ledger::open(scratch.path() / "ledger.db").value();
  const Event first{.at = {1}, .image = "a"};
  ASSERT_TRUE(ledger.append({&first, 1}, now));
  int seen = 0;
  const Done done = ledger.each({.image = "a"}, [&](const Entry& entry) -> Done {
    if (++seen > 1) return {};
    Event next = entry.event;
    next.image = "b";
    const auto number = ledger.append({&next, 1}, now);
    return number ? Done() : std::unexpected(number.error());
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(ledger.read({}).value().size(), 2U);
}

}  // namespace
}  // namespace ashlar::ledger
