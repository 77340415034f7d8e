#include "pipeline/history.h"

#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::pipeline {
namespace {

const Time start = *Time::parse("2026-11-01T00:00:00Z");
Time days(std::int64_t from_start) { return {start.seconds + from_start * 86400}; }
const FindingName expat = {"CVE-2026-0001", "expat"}, zlib = {"CVE-2026-0002", "zlib"};

SeenFinding seen(advisory::Severity severity, std::string fixed_in = {}) {
  SeenFinding out{.severity = severity};
  out.fixed_in = std::move(fixed_in);
  return out;
}

/// A ledger in memory.
struct Book {
  std::vector<ledger::Entry> entries;
  ImageHistory history() const { return history_of(entries); }
  /// Writes down what was seen, and says what that was: `first-seen CVE-2026-0001`, ...
  std::string see(const std::map<FindingName, SeenFinding>& found, Time now, const std::map<FindingName, Time>& fixable = {}) {
    std::vector<std::string> told;
    for (ledger::Event& each : catch_up(history(), "one", "sha256:1", found, fixable, now)) {
      told.push_back(std::string(to_string(each.kind)) + " " + each.vulnerability + (each.at == now ? "" : " " + each.at.date()));
      entries.push_back({.number = entries.size() + 1, .recorded = now, .event = std::move(each)});
    }
    return join(told, ", ");
  }
};

TEST(CatchUp, writes_down_what_is_new_and_that_once) {
  Book book;
  SeenFinding high = seen(advisory::Severity::High, "2");
  high.published = days(-5);
  EXPECT_EQ(book.see({{expat, high}}, days(1)), "first-seen CVE-2026-0001, published CVE-2026-0001 2026-10-27");
  EXPECT_EQ(book.see({{expat, high}}, days(2)), "") << "nothing changed";
  EXPECT_EQ(book.see({{expat, high}}, days(3), {{expat, days(2)}}), "fix-available CVE-2026-0001 2026-11-03");
  EXPECT_EQ(book.see({{expat, high}}, days(3), {{expat, days(2)}}), "");
  high.severity = advisory::Severity::Critical;
  EXPECT_EQ(book.see({{expat, high}, {zlib, seen(advisory::Severity::Low)}}, days(4)), "rescored CVE-2026-0001, first-seen CVE-2026-0002");
  high.exploited = days(4);
  EXPECT_EQ(book.see({{expat, high}, {zlib, seen(advisory::Severity::Low)}}, days(5)), "rescored CVE-2026-0001");
  EXPECT_EQ(book.history().findings.at(expat).first_seen, days(1));
  EXPECT_TRUE(book.history().findings.at(expat).exploited);
  EXPECT_EQ(book.see({{zlib, seen(advisory::Severity::Low)}}, days(6)), "closed CVE-2026-0001");
  EXPECT_EQ(book.see({{zlib, seen(advisory::Severity::Low)}}, days(7)), "");
  EXPECT_EQ(book.see({{expat, high}, {zlib, seen(advisory::Severity::Low)}}, days(8)), "reopened CVE-2026-0001");
  EXPECT_EQ(book.history().findings.at(expat).first_seen, days(8)) << "its time begins anew";
  EXPECT_EQ(book.see({{expat, high}, {zlib, seen(advisory::Severity::Low)}}, days(9), {{expat, days(9)}}), "fix-available CVE-2026-0001") << "and so does that of its fix";
  EXPECT_EQ(book.see({{expat, high}, {zlib, seen(advisory::Severity::Low)}}, days(10), {{expat, days(9)}}), "");
  book.see({{zlib, seen(advisory::Severity::Low)}}, days(11));
  EXPECT_EQ(book.see({{expat, high}, {zlib, seen(advisory::Severity::Low)}}, days(12), {{expat, days(9)}}), "reopened CVE-2026-0001, fix-available CVE-2026-0001 2026-11-10") << "in one round";
  EXPECT_EQ(book.see({{expat, high}, {zlib, seen(advisory::Severity::Low)}}, days(13), {{expat, days(9)}}), "");
}

TEST(CatchUp, statements_and_decisions_come_and_go) {
  Book book;
  SeenFinding finding = seen(advisory::Severity::High);
  EXPECT_EQ(book.see({{expat, finding}}, days(1)), "first-seen CVE-2026-0001");
  finding.status = scan::Status::NotAffected;
  EXPECT_EQ(book.see({{expat, finding}}, days(2)), "assessed CVE-2026-0001");
  EXPECT_EQ(book.see({{expat, finding}}, days(3)), "");
  finding.status = scan::Status::Affected;
  EXPECT_EQ(book.see({{expat, finding}}, days(4)), "reopened CVE-2026-0001") << "a statement fell";
  finding.status = scan::Status::Excepted;
  finding.decided_by = "platform", finding.decided_until = days(90);
  EXPECT_EQ(book.see({{expat, finding}}, days(5)), "excepted CVE-2026-0001");
  EXPECT_EQ(book.entries.back().event.facts.at("decided-by"), "platform") << "who answers for it";
  EXPECT_EQ(book.entries.back().event.facts.at("until"), "2027-01-30T00:00:00Z") << "and until when";
  finding.status = scan::Status::Affected;
  EXPECT_EQ(book.see({{expat, finding}}, days(6)), "reopened CVE-2026-0001") << "a decision ended";
}

/// An event on the finding of expat, or on its vulnerability alone, or on another package.
ledger::Event about(ledger::Kind kind, const std::string& package, Time at) {
  ledger::Event out{.kind = kind, .at = at, .image = "one", .vulnerability = expat.first, .package = package};
  out.environment = kind == ledger::Kind::Deployed ? "production" : "";
  out.facts = {{"reason", "freeze"}, {"status", "not_affected"}};
  return out;
}

TEST(CatchUp, no_event_of_another_kind_is_taken_for_a_finding) {
  using ledger::Kind;
  for (int at = 0; at <= static_cast<int>(Kind::Noted); ++at) {
    const auto kind = static_cast<Kind>(at);
    for (const std::string package : {"", "expat", "another"}) {
      if (kind == Kind::FirstSeen || (kind == Kind::Reopened && package == "another")) continue;  // these say that it was seen
      const std::string summary = fmt::format("{} of '{}'", to_string(kind), package);
      const auto put = [&](Book& book) { book.entries.push_back({.number = book.entries.size() + 1, .recorded = days(2), .event = about(kind, package, days(2))}); };
      Book known, fresh, absent;
      known.see({{expat, seen(advisory::Severity::High)}}, days(1));
      for (Book* each : {&known, &fresh, &absent}) put(*each);
      // What is in the image still: answered findings are opened again, as the scan says; none is closed, and none is seen twice.
      const bool answered = package != "another" && (kind == Kind::Assessed || kind == Kind::Excepted || kind == Kind::Closed);
      EXPECT_EQ(known.see({{expat, seen(advisory::Severity::High)}}, days(3)), answered ? "reopened CVE-2026-0001" : "") << summary;
      EXPECT_EQ(known.see({{expat, seen(advisory::Severity::High)}}, days(4)), "") << summary << ": once";
      EXPECT_EQ(known.see({}, days(5)), "closed CVE-2026-0001") << summary << ": when it is gone";
      // What nobody had seen is seen for the first time; unless it was said that it is there again.
      const bool said = kind == Kind::Reopened && package == "expat";
      EXPECT_EQ(fresh.see({{expat, seen(advisory::Severity::High)}}, days(3)), said ? "rescored CVE-2026-0001" : "first-seen CVE-2026-0001") << summary;
      EXPECT_EQ(absent.see({}, days(3)), said ? "closed CVE-2026-0001" : "") << summary << ": what was never in the image";
    }
  }
}

TEST(CatchUp, a_finding_that_was_closed_for_a_pause_of_its_vulnerability_is_opened_again) {
  Book book;
  book.see({{expat, seen(advisory::Severity::High)}}, days(1));
  book.entries.push_back({.number = 2, .recorded = days(2), .event = about(ledger::Kind::Paused, "", days(2))});
  book.entries.push_back({.number = 3, .recorded = days(3), .event = about(ledger::Kind::Closed, "", days(3))});  // as was written until then
  EXPECT_EQ(book.see({{expat, seen(advisory::Severity::High)}}, days(4)), "reopened CVE-2026-0001");
  EXPECT_EQ(book.see({{expat, seen(advisory::Severity::High)}}, days(5)), "");
}

TEST(SeenIn, takes_the_worst_of_the_platforms) {
  scan::Report one, two;
  scan::Finding finding;
  finding.id = "CVE-2026-0001";
  finding.component.name = "libexpat1";
  finding.component.source = "expat";
  finding.severity = advisory::Severity::Low;
  finding.status = scan::Status::NotAffected;
  one.findings = {finding};
  finding.severity = advisory::Severity::High;
  finding.status = scan::Status::Affected;
  finding.fixed_in = "2";
  two.findings = {finding};
  finding.id = "CVE-2026-0003";
  finding.status = scan::Status::Fixed;
  two.findings.push_back(finding);
  const auto found = seen_in({one, two});
  ASSERT_EQ(found.size(), 1U) << "what is fixed is nobody's finding";
  EXPECT_EQ(found.at(expat).severity, advisory::Severity::High);
  EXPECT_TRUE(found.at(expat).open());
  EXPECT_EQ(found.at(expat).fixed_in, "2");
}

TEST(History, knows_what_was_published_stopped_and_announced) {
  const auto entry = [](ledger::Kind kind, std::string digest, std::map<std::string, std::string> facts, Time at) {
    ledger::Entry out{.number = 1, .recorded = at, .event = {.kind = kind, .at = at, .image = "one", .digest = std::move(digest)}};
    out.event.facts = std::move(facts);
    return out;
  };
  using Kind = ledger::Kind;
  std::vector<ledger::Entry> all = {entry(Kind::Promoted, "sha256:1", {{"lock", "aa"}, {"definition", "bb"}, {"seconds", "2.500"}}, days(1))};
  EXPECT_EQ(history_of(all).promoted->lock, "aa");
  EXPECT_EQ(history_of(all).promoted->seconds, 2.5);
  all.push_back(entry(Kind::Tested, "sha256:2", {{"result", "stopped"}, {"inputs", "ii"}, {"reason", "a proof fails"}}, days(2)));
  EXPECT_EQ(history_of(all).stopped->why, "a proof fails");
  all.push_back(entry(Kind::Noted, "sha256:3", {{"what", "canary"}}, days(3)));
  EXPECT_EQ(history_of(all).canary->digest, "sha256:3");
  EXPECT_FALSE(history_of(all).stopped) << "another one passed";
  auto replaced = all;
  replaced.push_back(entry(Kind::Promoted, "sha256:3", {}, days(5)));
  EXPECT_FALSE(history_of(replaced).canary);
  EXPECT_EQ(history_of(replaced).promoted->at, days(5));
  auto canary_left = all;
  canary_left[2].event.facts["tag"] = "next";
  canary_left[2].event.facts["lock"] = "cc";
  canary_left.push_back(entry(Kind::RolledBack, "sha256:1", {{"tag", "next"}, {"reason", "slow"}}, days(4)));
  EXPECT_FALSE(history_of(canary_left).canary);
  EXPECT_EQ(history_of(canary_left).promoted->digest, "sha256:1") << "the stable tags did not move";
  EXPECT_EQ((history_of(canary_left).left.at({"cc", ""})), "slow");
  auto failing = all;
  failing.push_back(entry(Kind::Tested, "sha256:3", {{"result", "stopped"}, {"reason", "an advisory"}}, days(4)));
  EXPECT_FALSE(history_of(failing).canary) << "it does not pass any more, and holds nothing up";
  auto moving = replaced;
  moving.push_back(entry(Kind::Noted, "sha256:1", {{"what", "moving"}}, days(6)));
  EXPECT_EQ(history_of(moving).moving, "sha256:1") << "a renewal is about to go back to it";
  for (const ledger::Entry& said : {entry(Kind::Promoted, "sha256:1", {}, days(7)), entry(Kind::RolledBack, "sha256:3", {}, days(7)), entry(Kind::Tested, "sha256:1", {{"result", "stopped"}}, days(7))}) {
    auto settled = moving;
    settled.push_back(said);
    EXPECT_EQ(history_of(settled).moving, "") << "what came of it is known: " << ledger::to_string(said.event.kind);
  }
  all.push_back(entry(Kind::RolledBack, "sha256:1", {}, days(4)));
  EXPECT_FALSE(history_of(all).canary) << "who goes back does not want it";
  all.push_back(entry(Kind::Noted, "", {{"what", "end-announced"}}, days(6)));
  EXPECT_TRUE(history_of(all).announced(days(400))) << "an event that names no day stands for all";
  all.back().event.facts.emplace("end", days(400).date());
  EXPECT_TRUE(history_of(all).announced(days(400)));
  EXPECT_FALSE(history_of(all).announced(days(300))) << "the day was moved, and nobody was told";
}

/// However findings come, change and go: whoever has caught up has nothing to write, and what is open is what was seen to be.
TEST(CatchUp, one_round_suffices_whatever_is_seen) {
  std::minstd_rand random(11);
  for (int round = 0; round < 40; ++round) {
    Book book;
    for (int step = 1; step < 12; ++step) {
      std::map<FindingName, SeenFinding> found;
      std::map<FindingName, Time> fixable;
      for (int at = 0; at < 6; ++at) {
        if (random() % 3 == 0) continue;
        SeenFinding each = seen(static_cast<advisory::Severity>(random() % 6), random() % 2 == 0 ? "2" : "");
        each.status = static_cast<scan::Status>(std::array{0, 2, 3, 4}[random() % 4]);
        if (random() % 5 == 0) each.exploited = days(0);
        const FindingName name = {"CVE-2026-" + std::to_string(at), "expat"};
        if (random() % 2 == 0) fixable.emplace(name, days(step));
        found.emplace(name, each);
      }
      book.see(found, days(step), fixable);
      ASSERT_EQ(book.see(found, days(step), fixable), "") << round << " " << step;
      for (const auto& [name, known] : book.history().findings) {
        const bool open = known.state == KnownFinding::State::Open;
        ASSERT_EQ(open, found.contains(name) && found.at(name).open()) << round << " " << step << " " << name.first;
      }
    }
  }
}

/// The ledger of one image: a finding that is gone with the second of three publications.
class MovedBack : public ::testing::Test {
 protected:
  const FindingName name = {"CVE-2026-0001", "expat"};
  std::vector<ledger::Entry> all;

  void add(ledger::Kind kind, const std::string& digest, std::map<std::string, std::string> facts, bool of_finding = false) {
    ledger::Event event{.kind = kind, .at = days(static_cast<std::int64_t>(all.size())), .image = "one", .digest = digest};
    if (of_finding) event.vulnerability = name.first, event.package = name.second;
    event.facts = std::move(facts);
    all.push_back({.number = all.size() + 1, .recorded = event.at, .event = std::move(event)});
  }
  void SetUp() override { begin("the image does not have it any more"); }
  void begin(const std::string& reason) {
    using Kind = ledger::Kind;
    all.clear();
    add(Kind::Promoted, "sha256:1", {{"tag", "1 1-stone"}, {"lock", "aa"}, {"definition", "dd"}});
    add(Kind::FirstSeen, "sha256:1", {{"severity", "high"}}, true);
    add(Kind::Promoted, "sha256:2", {{"tag", "1 1-stone"}, {"lock", "bb"}, {"definition", "dd"}});
    add(Kind::Closed, "sha256:2", {{"reason", reason}}, true);
    add(Kind::Promoted, "sha256:3", {{"tag", "1 1-stone"}, {"lock", "cc"}, {"definition", "dd"}});
  }
  ImageHistory back(const std::string& tag, const std::string& digest) {
    add(ledger::Kind::RolledBack, digest, {{"tag", tag}});
    return history_of(all);
  }
};

TEST_F(MovedBack, only_the_tags_that_promotions_move_say_what_is_published) {
  for (const char* tag : {"next", "mine"}) {
    const auto history = back(tag, "sha256:1");
    EXPECT_EQ(history.promoted->digest, "sha256:3") << tag;
    EXPECT_TRUE(history.left.empty()) << tag;
    EXPECT_FALSE(history.findings.at(name).moved_back) << tag;
  }
  EXPECT_EQ(back("1", "sha256:2").promoted->digest, "sha256:2");
  const auto both = back("1-stone", "sha256:2");
  EXPECT_EQ(both.left.size(), 1U) << "what was left is the third, and not what the tags went back to";
  EXPECT_TRUE(both.left.contains({"cc", "dd"}));
}

TEST_F(MovedBack, what_is_closed_is_in_doubt_only_in_what_was_published_before) {
  EXPECT_FALSE(back("1", "sha256:2").findings.at(name).moved_back) << "it went with that very image";
  const auto history = back("1", "sha256:1");
  EXPECT_TRUE(history.findings.at(name).moved_back);
  const auto events = catch_up(history, "one", "sha256:1", {}, {}, days(9));
  ASSERT_EQ(events.size(), 1U) << "where it is not found its clock is to end again";
  EXPECT_EQ(events[0].kind, ledger::Kind::Closed);
  EXPECT_EQ(events[0].fact("reason"), not_in_what_is_back);
  SeenFinding found = seen(advisory::Severity::High, "2");
  const auto opened = catch_up(history, "one", "sha256:1", {{name, found}}, {}, days(9));
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(opened[0].kind, ledger::Kind::Reopened);
  add(ledger::Kind::Closed, "sha256:1", {{"reason", std::string(not_in_what_is_back)}}, true);
  EXPECT_TRUE(catch_up(history_of(all), "one", "sha256:1", {}, {}, days(10)).empty()) << "once";
  begin("withdrawn");
  EXPECT_FALSE(back("1", "sha256:1").findings.at(name).moved_back) << "no image has it";
}

/// Events of one image, each `promoted LOCK [held]`, `passed LOCK`, `stopped LOCK` or `back LOCK`.
std::vector<ledger::Entry> told(const std::vector<std::string>& lines) {
  std::vector<ledger::Entry> out;
  for (const std::string& line : lines) {
    const auto words = split(line, ' ');
    ledger::Event event{.kind = ledger::Kind::Noted, .at = days(static_cast<std::int64_t>(out.size())), .image = "one", .digest = fmt::format("sha256:{}", words[1])};
    event.facts = {{"lock", std::string(words[1])}};
    if (words[0] == "promoted") event.kind = ledger::Kind::Promoted;
    else if (words[0] == "back") event.kind = ledger::Kind::RolledBack;
    else event.facts.insert({{"what", "ahead"}, {"result", std::string(words[0])}});
    if (words.size() > 2) event.facts.emplace("ahead", words[2]);
    out.push_back({.number = out.size() + 1, .recorded = event.at, .event = std::move(event)});
  }
  return out;
}

TEST(Ahead, a_promotion_says_what_looking_ahead_was_worth) {
  struct Row {
    const char* summary;
    std::vector<std::string> lines;
    const char *lock, *said;
  };
  const Row rows[] = {
      {"the first of all patches nothing", {}, "a", ""},
      {"nor does the same again", {"promoted a"}, "a", ""},
      {"though something was tried", {"promoted a", "passed b"}, "a", ""},
      {"nothing was tried", {"promoted a"}, "b", "none"},
      {"this very lock", {"promoted a", "passed b"}, "b", "held"},
      {"one of several", {"promoted a", "passed b", "passed c", "stopped d"}, "c", "held"},
      {"another lock", {"promoted a", "passed b"}, "c", "differs"},
      {"it did not pass", {"promoted a", "stopped b"}, "b", "differs"},
      {"it passed at last", {"promoted a", "stopped b", "passed b"}, "b", "held"},
      {"it passed, and then did not", {"promoted a", "passed b", "stopped b"}, "b", "differs"},
      {"a trial counts for one patch", {"promoted a", "passed b", "promoted b held"}, "c", "none"},
      {"and for the next if that is what it was for", {"promoted a", "passed c", "promoted a"}, "c", "held"},
      {"it was moved back", {"promoted a", "passed b", "back z"}, "b", "held"},
      {"tried before the first", {"passed a"}, "a", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(ahead_of(history_of(told(row.lines)), row.lock), row.said) << row.summary;
}

TEST(Ahead, what_comes_through_another_archive_is_what_was_tested) {
  const auto with = [](std::vector<ledger::Entry> entries, const std::vector<std::string>& packages) {
    size_t at = 0;
    for (ledger::Entry& each : entries) {
      if (each.event.fact("what") == "ahead") each.event.facts["packages"] = packages.at(at++);
    }
    return history_of(entries);
  };
  EXPECT_EQ(ahead_of(with(told({"promoted a", "passed b"}), {"p"}), "c", "p"), "held") << "another lock with the same packages";
  EXPECT_EQ(ahead_of(with(told({"promoted a", "passed b"}), {"p"}), "c", "q"), "differs");
  EXPECT_EQ(ahead_of(with(told({"promoted a", "stopped b"}), {"p"}), "c", "p"), "differs");
  EXPECT_EQ(ahead_of(with(told({"promoted a", "passed b", "stopped d"}), {"p", "p"}), "c", "p"), "differs") << "they did not always pass";
  EXPECT_EQ(ahead_of(with(told({"promoted a", "passed b"}), {""}), "c", ""), "differs") << "nobody knows which they were";
  EXPECT_EQ(ahead_of(with(told({"promoted a", "stopped b", "passed d"}), {"p", "p"}), "b", "p"), "differs") << "this very lock did not pass";
}

TEST(Ahead, how_often_it_held_is_counted_over_promotions) {
  EXPECT_EQ(count_ahead({}), AheadCount());
  EXPECT_EQ(count_ahead(told({"promoted a", "passed b", "promoted b held", "promoted c none", "stopped d", "promoted e differs", "promoted f held", "back b held"})), (AheadCount{.held = 2, .differs = 1, .none = 1}));
}

/// What a promotion says of any history is what somebody finds who goes back through it.
TEST(Ahead, agrees_with_going_back_through_the_history) {
  std::minstd_rand random(11);
  const auto any = [&](const std::vector<std::string>& of) { return of[random() % of.size()]; };
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> lines;
    for (size_t each = random() % 10; each > 0; --each) {
      const std::string kind = any({"promoted", "passed", "stopped", "passed"}), lock = any({"a", "b", "c"});
      const std::string said = kind == "promoted" ? ahead_of(history_of(told(lines)), lock) : "";
      lines.push_back(kind + " " + lock + (said.empty() ? "" : " " + said));
    }
    const std::string lock = any({"a", "b", "c"});
    std::string expected = "none", last_of_lock, promoted;
    for (auto line = lines.rbegin(); line != lines.rend() && split(*line, ' ').size() < 3; ++line) {
      const auto words = split(*line, ' ');
      if (words[0] == "promoted") continue;
      expected = "differs";
      if (words[1] == lock && last_of_lock.empty()) last_of_lock = words[0];
    }
    if (last_of_lock == "passed") expected = "held";
    for (const std::string& line : lines) {
      if (line.starts_with("promoted")) promoted = split(line, ' ')[1];
    }
    if (promoted.empty() || promoted == lock) expected.clear();
    EXPECT_EQ(ahead_of(history_of(told(lines)), lock), expected) << join(lines, ", ") << " and then " << lock;
  }
}

}  // namespace
}  // namespace ashlar::pipeline
