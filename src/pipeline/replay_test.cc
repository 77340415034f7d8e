#include "pipeline/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/replay_forms.h"

namespace ashlar::pipeline {
namespace {

Time at(std::string_view text) { return Time::parse(text).value(); }

RecordedHistory history_of(const std::string& text) {
  MemorySource lines(as_bytes(text));
  return read_recorded_history(lines, "x.jsonl").value();
}

const std::string one_image = R"({"at":"2028-01-01","kind":"image","name":"one","release":"trixie","sources":{"curl":"8-1","zlib":"1-1"}}
)";
std::string version(std::string_view time, std::string_view source, std::string_view number, bool security = false) {
  return fmt::format(R"({{"at":"{}","kind":"version","release":"trixie","archive":"trixie","source":"{}","version":"{}","security":{}}})", time, source, number, security) + "\n";
}
std::string advisory_on(std::string_view time, std::string_view id, std::string_view source, std::string_view fixed, std::string_view severity = "high") {
  return fmt::format(R"({{"at":"{}","kind":"advisory","id":"{}","source":"{}","fixed_in":{},"severity":"{}"}})", time, id, source, fixed.empty() ? "null" : fmt::format("\"{}\"", fixed), severity) + "\n";
}

ReplayWish wish_of(std::string_view from, std::string_view to) {
  ReplayWish out{.from = at(from), .to = at(to)};
  out.rules = policy::default_sla();
  return out;
}

/// What each round did and came to (a ticket on what is published in a round is opened in the next): `02-29: 2/3 r1`, of what matters with the loop and without, with rebuilds, promotions, stops and open tickets where there are any.
std::string story(const Replayed& replayed) {
  std::string out;
  for (const ReplayDay* day : days_of_change(replayed)) {
    out += fmt::format("{}{}: {}/{}", out.empty() ? "" : ", ", day->now.date().substr(5), day->loop.matters(), day->none.matters());
    for (const auto& [letter, count] : {std::pair('r', day->rebuilds), {'p', day->promotions}, {'s', day->stopped}, {'t', day->tickets}}) {
      if (count > 0) out += fmt::format(" {}{}", letter, count);
    }
  }
  return out;
}

TEST(Replay, does_what_is_due) {
  const struct { const char* summary; std::string facts; const char *from, *to, *story; } rows[] = {
      {"nothing happens", "", "2028-02-27", "2028-03-02", "02-27: 0/0, 03-02: 0/0"},
      {"a fix on the leap day", advisory_on("2028-02-28T10:00:00Z", "CVE-1", "zlib", "1-2") + version("2028-02-29T08:00:00Z", "zlib", "1-2"), "2028-02-28", "2028-03-02", "02-28: 0/0, 02-29: 1/1 t1, 03-01: 0/1 r1 p1, 03-02: 0/1"},
      {"to the second", advisory_on("2028-01-31T00:00:00Z", "CVE-1", "zlib", "1-2") + version("2028-02-01T00:00:01Z", "zlib", "1-2"), "2028-01-30", "2028-02-02", "01-30: 0/0, 01-31: 1/1 t1, 02-02: 0/1 r1 p1"},
      {"the image is first made of what there is then", version("2028-01-20", "zlib", "1-2") + advisory_on("2028-01-20", "CVE-1", "zlib", "1-2"), "2028-01-31", "2028-02-01", "01-31: 0/0, 02-01: 0/0"},
      {"a newer package without a finding", version("2028-02-29", "curl", "8-2"), "2028-02-28", "2028-03-01", "02-28: 0/0, 02-29: 0/0 r1 p1, 03-01: 0/0"},
      {"an older one is none", version("2028-02-29", "curl", "7-9"), "2028-02-28", "2028-03-01", "02-28: 0/0, 03-01: 0/0"},
      {"a package that does not work", advisory_on("2028-02-01", "CVE-1", "zlib", "1-2") + version("2028-02-02", "zlib", "1-2") + version("2028-02-05", "zlib", "1-3") +
           R"({"at":"2028-02-02","kind":"broken","release":"trixie","source":"zlib","version":"1-2","reason":"it does not start"})", "2028-02-01", "2028-02-06",
       "02-01: 1/1, 02-02: 1/1 r1 s1 t1, 02-05: 0/1 r1 p1, 02-06: 0/1"},
      {"what is negligible does not matter", advisory_on("2028-02-01", "CVE-1", "zlib", "", "negligible"), "2028-01-31", "2028-02-02", "01-31: 0/0, 02-01: 0/0, 02-02: 0/0"},
      {"never affected", advisory_on("2028-02-01", "CVE-1", "zlib", "0"), "2028-01-31", "2028-02-01", "01-31: 0/0, 02-01: 0/0"},
      {"a statement", advisory_on("2028-02-01", "CVE-1", "zlib", "") + R"({"at":"2028-02-03","kind":"assessed","id":"CVE-1","status":"not_affected","reason":"x"})", "2028-01-31", "2028-02-04", "01-31: 0/0, 02-01: 1/1 t1, 02-03: 0/0, 02-04: 0/0"},
      {"a decision and its end", advisory_on("2028-02-01", "CVE-1", "zlib", "") + R"({"at":"2028-02-02","kind":"assessed","id":"CVE-1","image":"one","status":"excepted","reason":"x","until":"2028-02-04"})", "2028-02-01", "2028-02-05",
       "02-01: 1/1, 02-02: 0/0, 02-04: 1/1 t1, 02-05: 1/1 t1"},
      {"a statement on another image", advisory_on("2028-02-01", "CVE-1", "zlib", "") + R"({"at":"2028-02-02","kind":"assessed","id":"CVE-1","image":"two","status":"not_affected","reason":"x"})", "2028-02-01", "2028-02-02", "02-01: 1/1, 02-02: 1/1 t1"},
      {"taken back", advisory_on("2028-02-01", "CVE-1", "zlib", "") + R"({"at":"2028-02-02","kind":"withdrawn","id":"CVE-1"})", "2028-02-01", "2028-02-02", "02-01: 1/1, 02-02: 0/0"},
      {"a definition that changed", R"({"at":"2028-02-02","kind":"image","name":"one","release":"trixie","sources":{"zlib":"1-1"}})" + std::string("\n") + advisory_on("2028-02-01", "CVE-1", "curl", ""), "2028-02-01", "2028-02-03", "02-01: 1/1, 02-02: 0/1 r1 p1, 02-03: 0/1"},
  };
  for (const auto& row : rows) {
    const auto replayed = replay(history_of(one_image + row.facts), wish_of(row.from, row.to));
    ASSERT_TRUE(replayed) << row.summary << ": " << replayed.error().message;
    EXPECT_EQ(story(*replayed), row.story) << row.summary;
  }
}

TEST(Replay, times_are_from_the_fix_to_its_publication) {
  const auto replayed = replay(history_of(one_image + advisory_on("2028-02-28T10:00:00Z", "CVE-1", "zlib", "1-2", "critical") + version("2028-02-29T08:00:00Z", "zlib", "1-2")), wish_of("2028-02-28", "2028-03-31")).value();
  const auto& critical = replayed.loop.figures.at(0);
  ASSERT_TRUE(critical.mean_days && critical.p95_days && critical.within);
  EXPECT_DOUBLE_EQ(*critical.mean_days, 16.0 / 24) << "from 08:00 on the leap day to the first of March";
  EXPECT_EQ(*critical.within, 1);
  EXPECT_EQ(replayed.none.figures.at(0).mean_days, std::nullopt);
  EXPECT_EQ(replayed.none.figures.at(0).overdue, 1U);
  EXPECT_EQ(*replayed.none.figures.at(0).within, 0);
}

TEST(Replay, a_fleet_says_how_often_and_by_which_way) {
  Fleet fleet;
  fleet.images.emplace_back();
  fleet.images.front().repository = "one";
  const std::string facts = advisory_on("2028-02-01", "CVE-1", "zlib", "1-2") + version("2028-02-02", "zlib", "1-2") + version("2028-02-04", "curl", "8-2", true);
  const auto told = [&](const std::string& to) {
    auto wish = wish_of("2028-01-31", to);
    wish.fleet = fleet;
    return story(replay(history_of(one_image + facts), wish).value());
  };
  FleetImage& image = fleet.images.front();
  image.cadence = 7 * 86400;
  EXPECT_EQ(told("2028-02-06"), "01-31: 0/0, 02-01: 1/1 t1, 02-02: 0/1 r1 p1, 02-04: 0/1 r1 p1, 02-06: 0/1") << "findings and security do not wait";
  EXPECT_EQ(told("2028-02-12"), "01-31: 0/0, 02-01: 1/1 t1, 02-02: 0/1 r1 p1, 02-04: 0/1 r1 p1, 02-11: 0/1 r1 p1, 02-12: 0/1") << "seven days after the last";
  image.cadence.reset();
  image.rollout = Rollout{.canary = "next", .soak = 86400};
  EXPECT_EQ(told("2028-02-06"), "01-31: 0/0, 02-01: 1/1 t1, 02-02: 1/1 r1, 02-03: 0/1 p1, 02-04: 0/1 r1, 02-05: 0/1 p1, 02-06: 0/1");
  image.rollout.reset();
  image.security_only = true;
  EXPECT_EQ(told("2028-02-06"), "01-31: 0/0, 02-01: 1/1 t1, 02-04: 1/1 r1 p1 t1, 02-06: 1/1 t1") << "a fix that no security archive has is not taken";
  image.until = at("2028-03-01");
  fleet.announce = 10 * 86400;
  auto wish = wish_of("2028-02-10", "2028-02-25");
  wish.fleet = fleet;
  size_t announced = 0;
  wish.record = [&](std::span<const ledger::Event> events, Time now) -> Done {
    for (const auto& each : events) {
      if (each.kind != ledger::Kind::Noted) continue;
      ++announced;
      EXPECT_EQ(now.date(), "2028-02-20");
    }
    return {};
  };
  ASSERT_TRUE(replay(history_of(one_image), wish));
  EXPECT_EQ(announced, 1U) << "once";
}

TEST(Replay, work_is_counted_by_the_model) {
  const std::string facts = advisory_on("2028-01-15", "CVE-1", "curl", "") + advisory_on("2028-02-01", "CVE-2", "curl", "", "negligible") + advisory_on("2028-02-01", "CVE-3", "zlib", "1-2") + version("2028-02-02", "zlib", "1-2") + version("2028-02-05", "zlib", "1-3") +
                            R"({"at":"2028-02-02","kind":"broken","release":"trixie","source":"zlib","version":"1-2","reason":"it does not start"})";
  auto wish = wish_of("2028-01-31", "2028-02-06");
  wish.effort = parse_effort("ticket=10,stopped=30,rebuild=60").value();
  const ReplayEffort effort = replay(history_of(one_image + facts), wish).value().effort;
  EXPECT_EQ(effort.tickets, 2U) << "CVE-1, and CVE-3 for as long as there was no fix; nobody is asked about CVE-2";
  EXPECT_EQ(effort.first_tickets, 1U);
  EXPECT_EQ(effort.negligible, 0U);
  EXPECT_EQ(effort.rebuilds, 2U);
  EXPECT_EQ(effort.stopped, 1U);
  EXPECT_DOUBLE_EQ(effort.loop, 50.0 / 60) << "twice 10 minutes and once 30";
  EXPECT_DOUBLE_EQ(effort.by_hand, 170.0 / 60) << "and twice 60";
  for (const char* wrong : {"ticket", "ticket=", "ticket=-1", "ticket=1x", "coffee=5", "ticket=nan", "stopped=1e9", ""}) EXPECT_FALSE(parse_effort(wrong)) << wrong;
}

TEST(Replay, refuses_what_has_no_rounds) {
  const auto says = [](const RecordedHistory& history, const ReplayWish& wish) {
    const auto replayed = replay(history, wish);
    return replayed ? std::string("replayed") : replayed.error().message;
  };
  const auto history = history_of(one_image);
  EXPECT_NE(says(history, wish_of("2028-02-02", "2028-02-01")).find("no round"), std::string::npos);
  EXPECT_NE(says(history, wish_of("2027-01-01", "2027-12-31")).find("it has no image before"), std::string::npos);
  auto often = wish_of("2028-01-01", "2029-01-01");
  often.every = 1;
  EXPECT_NE(says(history, often).find("more than 100000 rounds"), std::string::npos);
  EXPECT_EQ(says(history, wish_of("2028-02-01", "2028-02-01")), "replayed") << "one round";
}

/// Facts of a month at random: versions that grow, advisories that some of them fix.
std::vector<std::string> random_facts(std::mt19937& random, bool endings) {
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  const std::vector<std::string> sources = {"a", "b", "c"}, severities = {"critical", "high", "medium", "low", "negligible", "unrated"};
  const auto moment = [&] { return fmt::format("2028-02-{:02}T{:02}:00:00Z", 20 + pick(9), pick(5) * 4); };
  std::vector<std::string> out;
  for (const char* image : {"one", "two"}) out.push_back(fmt::format(R"({{"at":"2028-01-01","kind":"image","name":"{}","release":"trixie","sources":{{"a":"1","b":"1","c":"1"}}}})", image));
  for (int at = 0; at < 12; ++at) out.push_back(std::string(trim(version(moment(), sources[static_cast<size_t>(pick(2))], std::to_string(1 + pick(9))))));
  for (int at = 0; at < 15; ++at) out.push_back(std::string(trim(advisory_on(moment(), fmt::format("CVE-{}", at), sources[static_cast<size_t>(pick(2))], pick(3) == 0 ? "" : std::to_string(pick(9)), severities[static_cast<size_t>(pick(5))]))));
  for (int at = 0; endings && at < 4; ++at) {
    out.push_back(fmt::format(R"({{"at":"{}","kind":"rescored","id":"CVE-{}","severity":"critical"}})", moment(), pick(14)));
    out.push_back(fmt::format(R"({{"at":"{}","kind":"withdrawn","id":"CVE-{}"}})", moment(), pick(14)));
    out.push_back(fmt::format(R"({{"at":"{}","kind":"assessed","id":"CVE-{}","status":"{}","reason":"x"}})", moment(), pick(14), pick(1) == 0 ? "not_affected" : "affected"));
  }
  return out;
}

TEST(Replay, the_order_of_facts_within_a_moment_is_nothing) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    auto facts = random_facts(random, true);
    const auto wish = wish_of("2028-02-20", "2028-03-02");
    const Json before = to_json(replay(history_of(join(facts, "\n")), wish).value(), "p");
    std::ranges::shuffle(facts, random);
    EXPECT_EQ(to_json(replay(history_of(join(facts, "\n")), wish).value(), "p"), before) << round;
  }
}

TEST(Replay, more_frequent_rounds_never_make_a_fix_later) {
  std::mt19937 random(11);
  size_t compared = 0;
  for (int round = 0; round < 20; ++round) {
    const auto history = history_of(join(random_facts(random, false), "\n"));
    auto wish = wish_of("2028-02-20", "2028-03-02");
    std::map<std::vector<std::string>, Time> before;
    for (const std::int64_t hours : {48, 24, 8, 4}) {  // each has the rounds of the one before
      wish.every = hours * 3600;
      std::map<std::vector<std::string>, Time> fixed;
      const auto replayed = replay(history, wish).value();
      for (const policy::Clock& clock : replayed.loop.clocks) {
        const std::vector<std::string> name = {clock.image, clock.vulnerability, clock.package};
        if (clock.fixed) fixed.emplace(name, *clock.ended);
        else EXPECT_FALSE(before.contains(name)) << "it was fixed by fewer rounds";
      }
      for (const auto& [name, time] : fixed) {
        const auto coarse = before.find(name);
        if (coarse == before.end()) continue;
        ++compared;
        EXPECT_LE(time, coarse->second) << name[1];
      }
      before = std::move(fixed);
    }
  }
  EXPECT_GT(compared, 100U);
}

TEST(Replay, without_a_loop_nothing_closes_and_with_one_nothing_is_worse) {
  std::mt19937 random(13);
  size_t better = 0;
  for (int round = 0; round < 30; ++round) {
    const auto replayed = replay(history_of(join(random_facts(random, false), "\n")), wish_of("2028-02-20", "2028-03-02")).value();
    for (const policy::Clock& clock : replayed.none.clocks) EXPECT_TRUE(clock.is_open()) << clock.vulnerability;
    size_t before = 0;
    for (const ReplayDay& day : replayed.days) {
      EXPECT_GE(day.none.all_open(), before);
      before = day.none.all_open();
      EXPECT_LE(day.loop.all_open(), day.none.all_open());
      EXPECT_EQ(day.loop.named, day.none.named) << "whatever is done, a name stays a name";
      if (day.loop.all_open() < day.none.all_open()) ++better;
    }
  }
  EXPECT_GT(better, 30U);
}

}  // namespace
}  // namespace ashlar::pipeline
