#include "policy/gate.h"

#include <gtest/gtest.h>

#include <functional>

#include <fmt/format.h>

namespace ashlar::policy {
namespace {

using Answer = Checked::Answer;

/// A candidate for two platforms with everything as it should be; rows spoil it.
struct Scene {
  GateRules rules = default_gate();
  std::vector<scan::Report> reports = std::vector<scan::Report>(2);
  std::vector<Candidate> platforms{};
  std::vector<Noticed> noticed{};  ///< of the first platform; none: nothing was published before
  bool published = false;

  Scene() {
    for (scan::Report& each : reports) {
      each.verdict = scan::Verdict::Clean;
      each.coverage.packages = each.coverage.judged = 7;
      each.gate.emplace();
      each.database.digest = Digest::of(std::string_view("database"));
    }
    for (const char* platform : {"linux/amd64", "linux/arm64"})
      platforms.push_back({.name = "app", .platform = platform, .checks = {{"no-shell", "", Answer::Held}, {"nonroot", "", Answer::Held}, {"run:starts", "", Answer::Held}}});
  }
  Checked& check(size_t platform, size_t which) { return platforms[platform].checks[which]; }
  GateVerdict ask_it() {
    for (size_t at = 0; at < platforms.size(); ++at) platforms[at].report = at < reports.size() ? &reports[at] : nullptr;
    if (published && !platforms.empty()) platforms[0].behaviour = &noticed;
    return ask(rules, platforms);
  }
  /// Something was published before, and this is noticed.
  void notice(std::vector<Noticed> changes) { published = true, noticed = std::move(changes); }
};

/// Reasons that do not hold: `stops proofs: ...`.
std::vector<std::string> against(const GateVerdict& verdict) {
  std::vector<std::string> out;
  for (const GateReason& each : verdict.reasons) {
    if (each.answer != GateReason::Answer::Holds) out.push_back(fmt::format("{} {}: {}", each.answer == GateReason::Answer::Stops ? "stops" : "unknown", each.rule, each.what));
  }
  return out;
}

struct Row {
  const char* summary;
  std::function<void(Scene&)> spoil;
  bool passed, unknown;
  std::vector<std::string> against;
};

const Row rows[] = {
    {"all holds", [](Scene&) {}, true, false, {}},
    {"a proof fails", [](Scene& s) { s.check(0, 1) = {"nonroot", "", Answer::Failed, {"it runs as root"}}; }, false, false, {"stops proofs: linux/amd64: 'nonroot' fails: it runs as root"}},
    {"a proof fails on two platforms", [](Scene& s) { s.check(0, 0).answer = s.check(1, 0).answer = Answer::Failed; }, false, false, {"stops proofs: linux/amd64: 'no-shell' fails", "stops proofs: linux/arm64: 'no-shell' fails"}},
    {"a proof with several reasons", [](Scene& s) { s.check(0, 0) = {"no-shell", "", Answer::Failed, {"/bin/sh", "/bin/dash", "/bin/ash"}}; }, false, false, {"stops proofs: linux/amd64: 'no-shell' fails: /bin/sh and 2 more"}},
    {"no database, and nobody asks for coverage", [](Scene& s) { s.reports[1].database.digest.reset(), s.rules.coverage = false; }, false, true, {"unknown stop-on: linux/arm64: there is no database of advisories to find anything by"}},
    {"a failed proof that nobody asks for", [](Scene& s) { s.check(0, 0).answer = Answer::Failed, s.rules.proofs = false; }, true, false, {}},
    {"proofs are not asked for, run tests are", [](Scene& s) { s.check(0, 2) = {"run:starts", "", Answer::Failed, {"exit code 1"}}, s.rules.proofs = false; }, false, false, {"stops run-tests: linux/amd64: 'run:starts' fails: exit code 1"}},
    {"run tests are not asked for, proofs are", [](Scene& s) { s.check(0, 2).answer = Answer::Failed, s.rules.run_tests = false; }, true, false, {}},
    {"a run test that this machine cannot run for one platform", [](Scene& s) { s.check(1, 2).answer = Answer::NotRun; }, true, false, {}},
    {"a run test that was run nowhere", [](Scene& s) { s.check(0, 2).answer = s.check(1, 2).answer = Answer::NotRun; }, false, true, {"unknown run-tests: linux/amd64: 'run:starts' was not run", "unknown run-tests: linux/arm64: 'run:starts' was not run"}},
    {"a run test that failed where it was run", [](Scene& s) { s.check(0, 2).answer = Answer::Failed, s.check(1, 2) = {"run:starts", "", Answer::NotRun, {"this machine runs no linux/arm64"}}; }, false, true,
     {"stops run-tests: linux/amd64: 'run:starts' fails", "unknown run-tests: linux/arm64: 'run:starts' was not run: this machine runs no linux/arm64"}},
    {"another run test that passed elsewhere is no help", [](Scene& s) { s.check(0, 2).id = "run:serves", s.check(1, 2).answer = Answer::NotRun; }, false, true, {"unknown run-tests: linux/arm64: 'run:starts' was not run"}},
    {"nothing to run", [](Scene& s) { for (Candidate& each : s.platforms) each.checks.pop_back(); }, true, false, {}},
    {"findings that no rule names", [](Scene& s) { s.reports[0].verdict = scan::Verdict::Affected; }, true, false, {}},
    {"a finding that stops", [](Scene& s) { s.reports[1].gate->stopped_by = {"CVE-2026-1 libc6"}; }, false, false, {"stops stop-on: linux/arm64: 1 finding is open: CVE-2026-1 libc6"}},
    {"many findings", [](Scene& s) { s.reports[0].gate->stopped_by = {"C1 a", "C2 a", "C3 a", "C4 a", "C5 a", "C6 a", "C7 a"}; }, false, false, {"stops stop-on: linux/amd64: 7 findings are open: C1 a, C2 a, C3 a, C4 a, C5 a and 2 more"}},
    {"exactly as many as are named", [](Scene& s) { s.reports[0].gate->stopped_by = {"C1 a", "C2 a", "C3 a", "C4 a", "C5 a"}; }, false, false, {"stops stop-on: linux/amd64: 5 findings are open: C1 a, C2 a, C3 a, C4 a, C5 a"}},
    {"findings that nobody asks for", [](Scene& s) { s.reports[0].gate->stopped_by = {"CVE-2026-1 libc6"}, s.rules.stop_on.clear(); }, true, false, {}},
    {"a rule that the database cannot answer", [](Scene& s) { s.reports[0].gate->untold = {"no fresh feed of what is exploited"}; }, false, true, {"unknown stop-on: linux/amd64: no fresh feed of what is exploited"}},
    {"a finding, and a rule that cannot be answered", [](Scene& s) { s.reports[0].gate->untold = {"no feed"}, s.reports[0].gate->stopped_by = {"CVE-2026-1 libc6"}; }, false, true,
     {"unknown stop-on: linux/amd64: no feed", "stops stop-on: linux/amd64: 1 finding is open: CVE-2026-1 libc6"}},
    {"the rules were never asked", [](Scene& s) { s.reports[0].gate.reset(); }, false, true, {"unknown stop-on: linux/amd64: the findings were not asked"}},
    {"half of it could not be judged", [](Scene& s) { s.reports[1].verdict = scan::Verdict::Unknown, s.reports[1].causes = {"there is no feed for 'Stone:1'", "a feed is stale"}; }, false, true,
     {"unknown coverage: linux/arm64: there is no feed for 'Stone:1'", "unknown coverage: linux/arm64: a feed is stale"}},
    {"it could not be judged, and nobody asks for it", [](Scene& s) { s.reports[1].verdict = scan::Verdict::Unknown, s.reports[1].causes = {"x"}, s.rules.coverage = false; }, true, false, {}},
    {"it was not scanned", [](Scene& s) { s.reports.pop_back(); }, false, true, {"unknown coverage: linux/arm64: it was not scanned"}},
    {"it was not scanned, and the rules of findings are asked alone", [](Scene& s) { s.reports.pop_back(), s.rules.coverage = false; }, false, true, {"unknown coverage: linux/arm64: it was not scanned"}},
    {"it was not scanned, and nobody asks for it", [](Scene& s) { s.reports.clear(), s.rules.coverage = false, s.rules.stop_on.clear(); }, true, false, {}},
    {"there is no platform", [](Scene& s) { s.platforms.clear(); }, false, true, {}},
    {"the same behaves as before", [](Scene& s) { s.notice({}); }, true, false, {}},
    {"something is notable", [](Scene& s) { s.notice({{"size-grown", "/", "it grew", false}}); }, true, false, {}},
    {"something breaks", [](Scene& s) { s.notice({{"port-gone", "8080/tcp", "port '8080/tcp' is gone", true}}); }, false, false, {"stops behaviour: linux/amd64: 1 change breaks something for whoever uses what is published: port '8080/tcp' is gone (port-gone)"}},
    {"many things break", [](Scene& s) { s.notice(std::vector<Noticed>(7, {"file-gone", "/x", "'/x' is gone", true})); }, false, false,
     {"stops behaviour: linux/amd64: 7 changes break something for whoever uses what is published: '/x' is gone (file-gone), '/x' is gone (file-gone), '/x' is gone (file-gone), '/x' is gone (file-gone), '/x' is gone (file-gone) and 2 more"}},
    {"something breaks, and nobody asks", [](Scene& s) { s.notice({{"port-gone", "8080/tcp", "x", true}}), s.rules.behaviour = false; }, true, false, {}},
    {"what breaks is accepted", [](Scene& s) { s.notice({{"port-gone", "8080/tcp", "x", true}}), s.rules.accept = {{"port-gone", "8080/tcp", "moved"}}; }, true, false, {}},
    {"what breaks is accepted by its kind", [](Scene& s) { s.notice({{"port-gone", "8080/tcp", "x", true}, {"port-gone", "81/tcp", "y", true}}), s.rules.accept = {{"port-gone", "", "moved"}}; }, true, false, {}},
    {"what breaks is accepted by its place", [](Scene& s) { s.notice({{"file-gone", "/usr/share/x/a", "x", true}, {"file-moved", "/usr/share/x/b", "y", true}}), s.rules.accept = {{"", "/usr/share/x/*", "moved"}}; }, true, false, {}},
    {"another port is accepted", [](Scene& s) { s.notice({{"port-gone", "8080/tcp", "x", true}}), s.rules.accept = {{"port-gone", "808/tcp", "moved"}}; }, false, false,
     {"stops behaviour: linux/amd64: 1 change breaks something for whoever uses what is published: x (port-gone)"}},
    {"another kind is accepted there", [](Scene& s) { s.notice({{"file-gone", "/x", "x", true}}), s.rules.accept = {{"file-moved", "/x", "moved"}}; }, false, false,
     {"stops behaviour: linux/amd64: 1 change breaks something for whoever uses what is published: x (file-gone)"}},
    {"a failed proof, and a scan that could not judge", [](Scene& s) { s.check(0, 0).answer = Answer::Failed, s.reports[0].verdict = scan::Verdict::Unknown, s.reports[0].causes = {"x"}; }, false, true,
     {"stops proofs: linux/amd64: 'no-shell' fails", "unknown coverage: linux/amd64: x"}},
};

TEST(PublishingGate, PassesStopsOrDoesNotKnow) {
  for (const Row& row : rows) {
    Scene scene;
    row.spoil(scene);
    const GateVerdict verdict = scene.ask_it();
    EXPECT_EQ(verdict.passed, row.passed) << row.summary;
    EXPECT_EQ(verdict.unknown, row.unknown) << row.summary;
    EXPECT_EQ(against(verdict), row.against) << row.summary;
  }
}

TEST(PublishingGate, WhatDoesNotHoldSaysWhatToDoAndWhatHoldsDoesNot) {
  for (const Row& row : rows) {
    Scene scene;
    row.spoil(scene);
    for (const GateReason& each : scene.ask_it().reasons) {
      EXPECT_EQ(each.remedy.empty(), each.answer == GateReason::Answer::Holds) << row.summary << ": " << each.what;
      EXPECT_EQ(each.what.find('\n'), std::string::npos) << row.summary << ": one line";
    }
  }
}

TEST(PublishingGate, TheRemedyNamesWhatADecisionIsMadeOn) {
  struct Found { const char *id, *name, *source; const char* waits = ""; };
  struct RemedyRow { const char* summary; std::vector<Found> found; std::vector<std::string> stopped_by; const char* says; };
  const RemedyRow cases[] = {
      {"the source of a package", {{"CVE-1", "libssl3t64", "openssl"}}, {"CVE-1 libssl3t64"}, "accept it for a time with `ashlar except add CVE-1 --package openssl --owner NAME --reason TEXT --expires 90d`"},
      {"the name of one that has none", {{"GHSA-1", "@scope/left-pad", ""}}, {"GHSA-1 @scope/left-pad"}, "with `ashlar except add GHSA-1 --package @scope/left-pad --owner NAME --reason TEXT --expires 90d`"},
      {"two packages of one source are one decision", {{"CVE-1", "libssl3t64", "openssl"}, {"CVE-1", "openssl", "openssl"}}, {"CVE-1 libssl3t64", "CVE-1 openssl"}, "with `ashlar except add CVE-1 --package openssl --owner NAME --reason TEXT --expires 90d`"},
      {"several, but not what stops nothing", {{"CVE-1", "a", "a"}, {"CVE-2", "b", "c"}, {"CVE-3", "d", "d"}}, {"CVE-1 a", "CVE-2 b"}, "with `ashlar except add CVE-1 --package a --owner NAME --reason TEXT --expires 90d`, `ashlar except add CVE-2 --package c --owner NAME --reason TEXT --expires 90d`"},
      {"many: the first, and what lists all", {{"CVE-1", "a", "a"}, {"CVE-2", "b", "b"}, {"CVE-3", "c", "c"}, {"CVE-4", "e", "e"}}, {"CVE-1 a", "CVE-2 b", "CVE-3 c", "CVE-4 e"},
       "`ashlar except add CVE-2 --package b --owner NAME --reason TEXT --expires 90d` and 2 more, which are those of `ashlar scan CANDIDATE --verbose`"},
      {"a name that a shell would read", {{"CVE-1", "x; rm 'y'", ""}}, {"CVE-1 x; rm 'y'"}, R"(--package 'x; rm '\''y'\''' --owner)"},
      {"a decision that waits for a signature", {{"CVE-1", "a", "a", "`ashlar except sign E-1 --key KEY` (E-1 is signed by 1 of the 2 people that the policy asks for (alice))"}, {"CVE-2", "b", "b"}}, {"CVE-1 a", "CVE-2 b"},
       "with `ashlar except sign E-1 --key KEY` (E-1 is signed by 1 of the 2 people that the policy asks for (alice)), `ashlar except add CVE-2 --package b"},
      {"of which nothing is known", {}, {"CVE-1 a"}, "accept it for a time with `ashlar except add`"},
  };
  for (const RemedyRow& row : cases) {
    Scene scene;
    for (const Found& each : row.found) {
      scan::Finding finding{.id = each.id};
      finding.component.name = each.name;
      finding.component.source = each.source;
      if (*each.waits != '\0') finding.proof.push_back({"decision", each.waits});
      scene.reports[0].findings.push_back(finding);
    }
    scene.reports[0].gate->stopped_by = row.stopped_by;
    std::string remedy;
    for (const GateReason& each : scene.ask_it().reasons) remedy += each.remedy;
    EXPECT_NE(remedy.find(row.says), std::string::npos) << row.summary << ": " << remedy;
    EXPECT_TRUE(remedy.ends_with("`")) << row.summary << ": " << remedy;
    EXPECT_EQ(remedy.find("--package d "), std::string::npos) << row.summary;
  }
}

TEST(PublishingGate, TheRemedyDoesNotPromiseAFixThatTheArchivesMayNotHave) {
  const struct { const char *summary, *first, *second, *says; } fixes[] = {
      {"each fix by its source package", "2.9.0-1", "3.1", "take the fix (a-source 2.9.0-1, b-source 3.1) with `ashlar lock --update`, once the archives have it (`ashlar renew --plan` says whether they do), state that"},
      {"one that has none", "2.9.0-1", "", "take the fix (a-source 2.9.0-1) with"},
      {"none of them has one", "", "", "no fix is known yet: state that it does not affect the image"},
  };
  for (const auto& row : fixes) {
    Scene scene;
    for (const auto& [name, fixed] : {std::pair("a", row.first), std::pair("b", row.second), std::pair("stops-nothing", "9")}) {
      scan::Finding finding{.id = "CVE-1"};
      finding.component.name = name;
      finding.component.source = std::string(name) + "-source";
      finding.fixed_in = fixed;
      scene.reports[0].findings.push_back(finding);
    }
    scene.reports[0].gate->stopped_by = {"CVE-1 a", "CVE-1 b"};
    std::string remedy;
    for (const GateReason& each : scene.ask_it().reasons) remedy += each.remedy;
    EXPECT_EQ(remedy.find(row.says), 0U) << row.summary << ": " << remedy;
  }
}

TEST(PublishingGate, SaysOfEachRuleThatItHolds) {
  Scene scene;
  scene.check(1, 2).answer = Answer::NotRun;
  scene.notice({{"port-gone", "8080/tcp", "x", true}, {"port-gone", "81/tcp", "y", true}}), scene.rules.accept = {{"port-gone", "", "moved"}};
  std::vector<std::string> told;
  for (const GateReason& each : scene.ask_it().reasons) told.push_back(each.rule + ": " + each.what);
  const std::vector<std::string> expected = {
      "proofs: linux/amd64: 2 hold", "run-tests: linux/amd64: 1 hold", "behaviour: linux/amd64: nothing breaks for whoever uses what is published, but for 2 changes that are accepted: moved", "coverage: linux/amd64: all 7 packages were judged", "stop-on: linux/amd64: no open finding is fixable or critical",
      "proofs: linux/arm64: 2 hold", "run-tests: linux/arm64: 0 hold, 1 passed on another platform and cannot be run for this one here", "behaviour: linux/arm64: nothing was published before", "coverage: linux/arm64: all 7 packages were judged",
      "stop-on: linux/arm64: no open finding is fixable or critical"};
  EXPECT_EQ(told, expected);
}

TEST(PublishingGate, TheSameGivesTheSameWords) {
  for (const Row& row : rows) {
    Scene one, two;
    row.spoil(one), row.spoil(two);
    const GateVerdict a = one.ask_it(), b = two.ask_it();
    ASSERT_EQ(a.reasons.size(), b.reasons.size()) << row.summary;
    for (size_t at = 0; at < a.reasons.size(); ++at) EXPECT_EQ(a.reasons[at].what + a.reasons[at].remedy, b.reasons[at].what + b.reasons[at].remedy) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::policy
