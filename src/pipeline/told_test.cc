#include "pipeline/told.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace ashlar::pipeline {
namespace {

const Time now = *Time::parse("2026-11-27T12:00:00Z");

policy::ImageFacts facts_of(const std::string& image) {
  policy::ImageFacts out{.image = image, .definition = "a.yaml"};
  out.published = "sha256:" + std::string(64, 'a');
  return out;
}
policy::OpenFinding finding(const std::string& id, const std::string& package, bool at_hand) {
  return {.vulnerability = id, .package = package, .severity = advisory::Severity::High, .opened = now, .fixed_in = at_hand ? "2" : "", .fix_at_hand = at_hand};
}
std::string keys(const std::vector<forge::Message>& messages) {
  std::vector<std::string> out;
  for (const forge::Message& each : messages) out.push_back(each.key);
  return join(out, " ");
}

TEST(Tickets, stand_open_for_what_needs_a_person) {
  const struct {
    const char* summary;
    void (*change)(policy::ImageFacts&, std::vector<Renewal>&);
    const char* expected;
  } rows[] = {
      {"nothing", [](policy::ImageFacts&, std::vector<Renewal>&) {}, ""},
      {"a finding that the loop mends", [](policy::ImageFacts& f, std::vector<Renewal>&) { f.findings = {finding("CVE-1", "expat", true)}; }, ""},
      {"a finding without a fix", [](policy::ImageFacts& f, std::vector<Renewal>&) { f.findings = {finding("CVE-1", "expat", false)}; }, "ticket/h/one/CVE-1/expat"},
      {"a finding that went with this round's renewal", [](policy::ImageFacts& f, std::vector<Renewal>& done) {
         f.findings = {finding("CVE-1", "expat", false), finding("CVE-2", "zlib", false)};
         Renewal renewal{.image = "h/one"};
         renewal.outcome = Renewal::Outcome::Promoted;
         renewal.closed = {"CVE-1 expat"};
         done.push_back(renewal);
       }, "ticket/h/one/CVE-2/zlib"},
      {"a renewal that was stopped now", [](policy::ImageFacts&, std::vector<Renewal>& done) {
         Renewal renewal{.image = "h/one"};
         renewal.outcome = Renewal::Outcome::Stopped;
         renewal.why = {"proofs: 'elf-resolves' fails"};
         done.push_back(renewal);
       }, "ticket/h/one/stopped"},
      {"one that was stopped before", [](policy::ImageFacts& f, std::vector<Renewal>&) { f.stopped = "proofs"; }, "ticket/h/one/stopped"},
      {"and passes now", [](policy::ImageFacts& f, std::vector<Renewal>& done) {
         f.stopped = "proofs";
         Renewal renewal{.image = "h/one"};
         renewal.outcome = Renewal::Outcome::Promoted;
         done.push_back(renewal);
       }, ""},
      {"what could not be judged, and an end", [](policy::ImageFacts& f, std::vector<Renewal>&) { f.unknown = {"no feed"}, f.end = now; }, "ticket/h/one/unknown ticket/h/one/end"},
  };
  for (const auto& row : rows) {
    Renewed renewed{.now = now};
    renewed.facts = {facts_of("h/one")};
    row.change(renewed.facts[0], renewed.done);
    const auto tickets = tickets_of(renewed);
    EXPECT_EQ(keys(tickets), row.expected) << row.summary;
    for (const forge::Message& each : tickets) EXPECT_TRUE(forge::check(each)) << row.summary << each.body;
  }
}

TEST(Tickets, of_what_is_stopped_say_the_same_in_the_round_after) {
  Renewed first{.now = now}, second{.now = Time{now.seconds + 3600}};
  Renewal renewal{.image = "h/one"};
  renewal.outcome = Renewal::Outcome::Stopped;
  renewal.why = {"proofs: linux/amd64: 'elf-resolves' fails: 'a' needs 'b'; 'c' too", "behaviour: a library went"};
  first.facts = second.facts = {facts_of("h/one")};
  first.done = {renewal};
  second.facts[0].stopped = join(renewal.why, "; ");  // as the ledger has it
  ASSERT_EQ(tickets_of(first).size(), 1U);
  ASSERT_EQ(tickets_of(second).size(), 1U);
  EXPECT_EQ(forge::fingerprint(tickets_of(second)[0]), forge::fingerprint(tickets_of(first)[0])) << tickets_of(second)[0].body << tickets_of(first)[0].body;
  second.facts[0].stopped = "another reason";
  EXPECT_NE(forge::fingerprint(tickets_of(second)[0]), forge::fingerprint(tickets_of(first)[0]));
}

TEST(Tickets, stand_open_for_what_cannot_be_looked_at_until_it_can) {
  Renewed renewed{.now = now};
  renewed.fleet = {"h/one", "h/two"};
  renewed.unseen.emplace_back("h/one", Error{Kind::Invalid, "cannot read definition 'a.yaml': it has faults", {}});
  renewed.unseen.emplace_back("h/two", Error{Kind::Unavailable, "cannot reach the archive", {}});
  const auto open = tickets_of(renewed);
  EXPECT_EQ(keys(open), "ticket/h/one/unseen");
  forge::Entry entry;
  entry.key = "ticket/h/one/unseen", entry.kind = forge::MessageKind::Open;
  EXPECT_EQ(keys(closed_of(renewed, open, {entry})), "") << "it is still so";
  Renewed after{.now = now};
  after.fleet = renewed.fleet;
  after.facts = {facts_of("h/one")};
  EXPECT_EQ(keys(closed_of(after, tickets_of(after), {entry})), "ticket/h/one/unseen");
}

TEST(Tickets, have_keys_whatever_images_and_packages_are_called) {
  Renewed renewed{.now = now};
  renewed.facts = {facts_of("oci:/srv/a folder/--x")};
  renewed.facts[0].findings = {finding("TEMP-0000000-ABCDEF", "g++-14", false)};
  const auto tickets = tickets_of(renewed);
  ASSERT_EQ(tickets.size(), 1U);
  EXPECT_TRUE(forge::is_key(tickets[0].key)) << tickets[0].key;
}

TEST(Tickets, are_closed_when_their_cause_went_and_their_image_was_looked_at) {
  Renewed renewed{.now = now};
  renewed.facts = {facts_of("h/one"), facts_of("h/one/more")};
  renewed.fleet = {"h/one", "h/one/more", "h/one/unseen", "h/other"};
  const auto entry = [](const char* key, forge::MessageKind kind) {
    forge::Entry out;
    out.key = key;
    out.kind = kind;
    out.title = "t";
    return out;
  };
  using forge::MessageKind;
  const std::vector<forge::Entry> queue = {
      entry("ticket/h/one/CVE-1/expat", MessageKind::Open),      // gone
      entry("ticket/h/one/CVE-2/expat", MessageKind::Open),      // closed before
      entry("ticket/h/one/CVE-2/expat", MessageKind::Close),
      entry("ticket/h/one/more/CVE-1/expat", MessageKind::Open), // gone, of the other image
      entry("ticket/h/other/CVE-1/expat", MessageKind::Open),    // not looked at
      entry("ticket/h/one/unseen/stopped", MessageKind::Open),   // neither, and its name begins with that of one that was
      entry("ticket/h/gone/CVE-1/expat", MessageKind::Open),     // not in the fleet any more
      entry("ticket/h/one/stopped", MessageKind::Open),          // still so
      entry("event/ledger/4", MessageKind::Event),
  };
  renewed.facts[0].stopped = "proofs";
  const auto closed = closed_of(renewed, tickets_of(renewed), queue);
  EXPECT_EQ(keys(closed), "ticket/h/gone/CVE-1/expat ticket/h/one/CVE-1/expat ticket/h/one/more/CVE-1/expat");
  EXPECT_EQ(closed[1].subject, "h/one");
  EXPECT_EQ(closed[0].comment, "The image is not in the fleet any more.");
  EXPECT_EQ(closed[1].comment, "It does not hold any more: `h/one` is published as `sha256:" + std::string(64, 'a') + "`.");
  // A round that promoted it says the same as one that finds it promoted.
  Renewal renewal{.image = "h/one"};
  renewal.outcome = Renewal::Outcome::Promoted;
  renewal.digest = "sha256:" + std::string(64, 'a');
  renewed.facts[0].published = "sha256:" + std::string(64, 'b');
  renewed.done = {renewal};
  EXPECT_EQ(closed_of(renewed, tickets_of(renewed), queue)[1].comment, closed[1].comment);
  EXPECT_EQ(closed[2].subject, "h/one/more");
}

TEST(Tickets, of_proposals_are_those_of_a_look_ahead) {
  using Outcome = Ahead::Outcome;
  const auto round = [](std::vector<Ahead> ahead) {
    Renewed out{.now = now};
    out.fleet = {"h/one", "h/two"};
    out.ahead = std::move(ahead);
    return out;
  };
  const struct { const char* summary; Ahead ahead; const char* title; } rows[] = {
      {"nothing", {.image = "h/one"}, ""},
      {"what passes", {.image = "h/one", .outcome = Outcome::Passed}, ""},
      {"what passes, and breaks what a policy lets break", {.image = "h/one", .outcome = Outcome::Passed, .changes = {"greeter 1 -> 2"}, .breaking = {"program-gone: 'greet' is gone"}}, "What the archives propose breaks something in h/one"},
      {"what is stopped", {.image = "h/one", .outcome = Outcome::Stopped, .why = {"proofs: 'elf-resolves' fails"}}, "What the archives propose would stop the renewal of h/one"},
      {"what could not be made", {.image = "h/one", .outcome = Outcome::Failed, .why = {"there is no such suite"}}, ""},
  };
  for (const auto& row : rows) {
    const auto tickets = tickets_of(round({row.ahead}));
    EXPECT_EQ(tickets.empty() ? "" : tickets[0].title, row.title) << row.summary;
    for (const forge::Message& each : tickets) EXPECT_TRUE(forge::check(each)) << row.summary << each.body;
  }
  const auto entry = [](const char* key) {
    forge::Entry out;
    out.key = key, out.kind = forge::MessageKind::Open, out.title = "t";
    return out;
  };
  const std::vector<forge::Entry> queue = {entry("ticket/h/one/ahead"), entry("ticket/h/one/stopped"), entry("ticket/h/two/ahead"), entry("ticket/h/gone/stopped")};
  const Renewed better = round({{.image = "h/one", .outcome = Outcome::Passed}, {.image = "h/two", .outcome = Outcome::Failed}});
  EXPECT_EQ(keys(closed_of(better, tickets_of(better), queue)), "ticket/h/one/ahead") << "what could not be made stays open, and what is published was not looked at";
  Renewed renewal = round({});
  renewal.facts = {facts_of("h/one"), facts_of("h/two")};
  EXPECT_EQ(keys(closed_of(renewal, {}, queue)), "ticket/h/gone/stopped ticket/h/one/stopped") << "a renewal closes none of a proposal";
}

TEST(Builds, are_of_applications_that_cannot_be_rebased) {
  Renewed renewed{.now = now};
  Renewal told{.image = "h/shop:1", .action = policy::DueAction::Rebase, .outcome = Renewal::Outcome::Told};
  told.onto = "docker://h/python@sha256:00";
  told.build = FleetBuild{"forge", "team/shop", "main"};
  const struct { const char* summary; void (*change)(Renewal&); const char* expected; } rows[] = {
      {"told", [](Renewal&) {}, "build/h/shop:1"},
      {"nobody says where", [](Renewal& r) { r.build.reset(); }, ""},
      {"rebased", [](Renewal& r) { r.outcome = Renewal::Outcome::Promoted; }, ""},
      {"stopped by the gate", [](Renewal& r) { r.outcome = Renewal::Outcome::Stopped; }, ""},
      {"it could not be looked at", [](Renewal& r) { r.outcome = Renewal::Outcome::Failed; }, ""},
  };
  for (const auto& row : rows) {
    renewed.done = {told};
    row.change(renewed.done[0]);
    const auto builds = builds_of(renewed);
    EXPECT_EQ(keys(builds), row.expected) << row.summary;
    for (const forge::Message& each : builds) {
      EXPECT_TRUE(forge::check(each)) << row.summary;
      EXPECT_EQ(each.target + " " + each.project + " " + each.base, "forge team/shop main");
      EXPECT_EQ(each.data, R"({"application":"h/shop:1","base":"docker://h/python@sha256:00"})");
    }
  }
}

TEST(Tickets, name_who_answers_for_the_image) {
  Renewed renewed{.now = now};
  renewed.facts = {facts_of("h/one"), facts_of("h/two")};
  renewed.owners = {{"h/one", "platform *team*"}};
  for (policy::ImageFacts& each : renewed.facts) each.findings = {finding("CVE-1", "expat", false)}, each.stopped = "proofs", each.unknown = {"no feed"}, each.end = now;
  renewed.unseen = {{"h/one", Error{Kind::Corrupt, "it is torn", {}}}, {"h/three", Error{Kind::Corrupt, "it is torn", {}}}};
  size_t named = 0;
  for (const forge::Message& each : tickets_of(renewed)) {
    const bool has = each.body.ends_with("\nWho answers for the image: platform \\*team\\*.\n");
    EXPECT_EQ(has, each.subject == "h/one") << each.key << each.body;
    EXPECT_EQ(each.body.find("Who answers") != std::string::npos, has) << each.body;
    named += has ? 1 : 0;
  }
  EXPECT_EQ(named, 5U) << "the finding, what was stopped, what could not be judged, the end, what cannot be looked at";
}

TEST(Events, are_told_once_each) {
  std::vector<ledger::Entry> entries;
  const auto add = [&](ledger::Kind kind, std::map<std::string, std::string> facts = {}) {
    ledger::Entry entry;
    entry.number = entries.size() + 1;
    entry.event = {.kind = kind, .at = now, .image = "h/one"};
    entry.event.facts = std::move(facts);
    entries.push_back(entry);
  };
  add(ledger::Kind::FirstSeen);
  add(ledger::Kind::Tested, {{"result", "stopped"}});
  add(ledger::Kind::Tested, {{"result", "passed"}});
  add(ledger::Kind::Promoted);
  add(ledger::Kind::RolledBack);
  add(ledger::Kind::Noted, {{"what", "canary"}});
  add(ledger::Kind::Noted, {{"what", "base"}});
  const auto types = [](const std::vector<forge::Message>& messages) {
    std::vector<std::string> out;
    for (const forge::Message& each : messages) out.push_back(each.type);
    return join(out, " ");
  };
  EXPECT_EQ(types(events_of(entries)), "dev.ashlar.image.stopped dev.ashlar.image.promoted dev.ashlar.image.rolled-back dev.ashlar.image.canary");
  EXPECT_EQ(events_of(entries).back().title, "h/one waits under its canary tag");
  const std::string before = keys(events_of(entries));
  // A ledger that was lost and begun anew has the same events under other numbers.
  for (ledger::Entry& each : entries) each.number += 100, each.recorded = Time{now.seconds + 60};
  EXPECT_EQ(keys(events_of(entries)), before) << "what happened is what it was";
  entries[4].event.at = Time{now.seconds + 1};
  EXPECT_NE(keys(events_of(entries)), before) << "and what happened again is another";
}

TEST(Tickets, of_an_application_stand_as_long_as_it_is_held) {
  Renewed renewed{.now = now};
  renewed.fleet = {"h/shop:1"};
  renewed.applications = {"h/shop:1"};
  Renewal stopped{.image = "h/shop:1", .action = policy::DueAction::Rebase, .outcome = Renewal::Outcome::Stopped};
  stopped.owner = "team shop";
  stopped.why = {"stop-on: 1 finding is open: CVE-1 expat", "run-tests: 'run:greets' fails"};
  renewed.done = {stopped};
  const auto first = tickets_of(renewed);
  ASSERT_EQ(keys(first), "ticket/h/shop:1/rebase");
  EXPECT_NE(first[0].body.find("- stop-on: 1 finding is open: CVE-1 expat\n- run-tests: 'run:greets' fails\n"), std::string::npos) << first[0].body;
  EXPECT_NE(first[0].body.find("built by team shop"), std::string::npos) << first[0].body;
  renewed.done.clear();
  stopped.why = {join(stopped.why, "; ")};  // as the ledger has it
  renewed.waiting = {stopped};
  EXPECT_EQ(tickets_of(renewed)[0].body, first[0].body) << "the next round says the same";
  renewed.waiting.clear();
  forge::Entry entry;
  entry.key = first[0].key;
  entry.kind = forge::MessageKind::Open;
  EXPECT_EQ(keys(closed_of(renewed, tickets_of(renewed), {entry})), "ticket/h/shop:1/rebase") << "and it is closed when that is over";
}

}  // namespace
}  // namespace ashlar::pipeline
