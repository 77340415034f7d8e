#include "pipeline/record_made.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::pipeline {
namespace {

const Time now = *Time::parse("2026-11-27T12:00:00Z");
const Digest digest = Digest::of("image");

using Answer = policy::GateReason::Answer;

Made made(bool passed, std::vector<policy::GateReason> reasons = {}) {
  Made out{.definition = "a.yaml", .digest = digest};
  out.verdict.passed = passed;
  out.verdict.reasons = std::move(reasons);
  out.lock = "ll", out.definition_digest = "dd", out.revision = "1-r1";
  out.timings.total = 1.5;
  return out;
}
/// With one finding, open or not judged to its end.
Made with_finding(const std::string& id, scan::Verdict verdict = scan::Verdict::Affected) {
  Made out = made(true);
  scan::Report report;
  report.verdict = verdict;
  scan::Finding finding;
  finding.id = id;
  finding.component.name = finding.component.source = "expat";
  finding.severity = advisory::Severity::High;
  finding.status = scan::Status::Affected;
  report.findings = {finding};
  out.reports = {report};
  return out;
}
Making making() { return {.image = "h/one", .by = "ashlar make", .at = now, .inputs = "ii", .candidate = {}, .tags = "1 1.2", .other = {}}; }
/// What a ledger has of an image with CVE-1 open in it.
ImageHistory with_open_finding() {
  ImageHistory out;
  out.findings[{"CVE-1", "expat"}] = {.state = KnownFinding::State::Open, .severity = advisory::Severity::High};
  return out;
}
/// `kind fact=value ...`, a line each.
std::string lines(const std::vector<ledger::Event>& events) {
  std::vector<std::string> out;
  for (const ledger::Event& each : events) {
    std::string line = std::string(to_string(each.kind));
    if (!each.vulnerability.empty()) line += " " + each.vulnerability;
    for (const auto& [name, value] : each.facts) line += fmt::format(" {}={}", name, value);
    out.push_back(line);
    EXPECT_EQ(each.image, "h/one");
    EXPECT_EQ(each.digest, digest.str());
    EXPECT_EQ(each.by, "ashlar make");
    EXPECT_EQ(each.at, now);
    EXPECT_TRUE(check(each)) << line;
  }
  return join(out, "\n");
}

TEST(RecordMade, says_what_came_of_it) {
  const std::string built = "rebuilt definition=dd lock=ll seconds=1.500";
  Making canary = making(), elsewhere = making(), aside = making();
  canary.tags = "next", canary.other = "canary";
  elsewhere.tags = "try", elsewhere.other = "published", elsewhere.inputs.clear();
  aside.candidate = "oci:aside:1";
  const std::vector<policy::GateReason> mixed = {{.answer = Answer::Holds, .rule = "run-tests", .what = "2 hold"}, {.answer = Answer::Stops, .rule = "proofs", .what = "'parents' fails"}, {.answer = Answer::Unknown, .rule = "coverage", .what = "no feed"}};
  ImageHistory before;
  before.promoted = ImageHistory::Publication{.digest = "sha256:0", .tag = "1 1.2", .lock = "kk"};
  const struct { const char* summary; Made made; Making making; ImageHistory history; std::string expected; } rows[] = {
      {"the first", made(true, {{.answer = Answer::Holds, .rule = "proofs", .what = "17 hold"}}), making(), {}, built + "\ntested inputs=ii reason=proofs: 17 hold result=passed\npromoted definition=dd lock=ll revision=1-r1 seconds=1.500 tag=1 1.2"},
      {"a patch that nobody tried ahead", made(true), making(), before, built + "\ntested inputs=ii result=passed\npromoted ahead=none definition=dd lock=ll revision=1-r1 seconds=1.500 tag=1 1.2"},
      {"under a canary's tag", made(true), canary, before, built + "\ntested inputs=ii result=passed\nnoted definition=dd lock=ll revision=1-r1 seconds=1.500 tag=next what=canary"},
      {"under another tag", made(true), elsewhere, before, built + "\ntested result=passed\nnoted definition=dd lock=ll revision=1-r1 seconds=1.500 tag=try what=published"},
      {"stopped, with what stops it alone", made(false, mixed), aside, before, "tested candidate=oci:aside:1 inputs=ii reason=proofs: 'parents' fails; coverage: no feed result=stopped"},
      {"a finding is gone", made(true), making(), with_open_finding(), built + "\ntested inputs=ii result=passed\npromoted definition=dd fixes=CVE-1 lock=ll revision=1-r1 seconds=1.500 tag=1 1.2\nclosed CVE-1 reason=the image does not have it any more"},
      {"it is still there", with_finding("CVE-1"), making(), with_open_finding(), built + "\ntested inputs=ii result=passed\npromoted definition=dd lock=ll revision=1-r1 seconds=1.500 tag=1 1.2"},
      {"another came", with_finding("CVE-2"), making(), {}, built + "\ntested inputs=ii result=passed\npromoted definition=dd lock=ll revision=1-r1 seconds=1.500 tag=1 1.2\nfirst-seen CVE-2 fixed-in= severity=high"},
      {"without a whole answer nothing is gone", with_finding("CVE-2", scan::Verdict::Unknown), making(), with_open_finding(), built + "\ntested inputs=ii result=passed\npromoted definition=dd lock=ll revision=1-r1 seconds=1.500 tag=1 1.2\nfirst-seen CVE-2 fixed-in= severity=high"},
      {"what lies under another tag closes nothing", made(true), canary, with_open_finding(), built + "\ntested inputs=ii result=passed\nnoted definition=dd lock=ll revision=1-r1 seconds=1.500 tag=next what=canary"},
  };
  for (const auto& row : rows) EXPECT_EQ(lines(events_of(row.made, row.making, row.history)), row.expected) << row.summary;
}

/// With a package of a newer version in its lock, out of an archive of yesterday.
Made with_lock(const std::string& version) {
  Made out = made(true);
  plan::LockedPackage package;
  package.name = "libexpat1", package.source = "expat", package.source_version = version, package.archive = "stone", package.suite = "trixie";
  out.locked.platforms["linux/amd64"].packages = {package};
  plan::LockedArchive archive;
  archive.name = "stone", archive.suite = "trixie", archive.date = "2026-11-26T00:00:00Z";
  out.locked.archives = {archive};
  return out;
}

TEST(RecordMade, a_fix_that_nobody_saw_is_told_with_what_it_closes) {
  const auto fixes = [](const Made& made, const KnownFinding& known) {
    ImageHistory history;
    history.findings[{"CVE-1", "expat"}] = known;
    std::string out;
    for (const ledger::Event& each : events_of(made, making(), history)) {
      if (each.kind == ledger::Kind::FixAvailable) out += fmt::format("fixed in {} since {}\n", each.facts.at("fixed-in"), each.at.str());
      if (each.kind == ledger::Kind::Closed) out += "closed\n";
    }
    return out;
  };
  KnownFinding known{.state = KnownFinding::State::Open, .severity = advisory::Severity::High};
  known.version = "2.7-1";
  const std::string told = "fixed in 2.7-2 since 2026-11-26T00:00:00Z\nclosed\n";
  EXPECT_EQ(fixes(with_lock("2.7-2"), known), told) << "since the archive has it";
  known.fixed_in = "2.7-2";
  EXPECT_EQ(fixes(with_lock("2.7-3"), known), told) << "what its publisher names";
  EXPECT_EQ(fixes(with_lock("2.7-1"), known), "closed\n") << "the same version: its advisory went";
  EXPECT_EQ(fixes(made(true), known), "closed\n") << "the package went";
  known.fix_available = true;
  EXPECT_EQ(fixes(with_lock("2.7-3"), known), "closed\n") << "it was known";
  known.fix_available = false, known.state = KnownFinding::State::Excepted;
  EXPECT_EQ(fixes(with_lock("2.7-3"), known), "closed\n") << "nobody waited for it";
}

TEST(RecordMade, whoever_has_written_it_down_has_caught_up) {
  const auto events = events_of(with_finding("CVE-2"), making(), with_open_finding());
  std::vector<ledger::Entry> entries = {{.number = 1, .recorded = now, .event = {.kind = ledger::Kind::FirstSeen, .at = now, .image = events.front().image, .vulnerability = "CVE-1", .package = "expat"}}};
  for (const ledger::Event& each : events) entries.push_back({.number = entries.size() + 1, .recorded = now, .event = each});
  const ImageHistory after = history_of(entries);
  ASSERT_TRUE(after.promoted);
  EXPECT_EQ(after.promoted->digest, digest.str());
  EXPECT_EQ(after.promoted->lock, "ll");
  EXPECT_EQ(after.promoted->seconds, 1.5);
  EXPECT_EQ(after.findings.at({"CVE-1", "expat"}).state, KnownFinding::State::Closed);
  EXPECT_EQ(after.findings.at({"CVE-2", "expat"}).state, KnownFinding::State::Open);
}

TEST(RecordMade, reasons_come_apart_as_they_were_joined) {
  const struct { const char* text; std::vector<std::string> lines; } rows[] = {{"", {}}, {"a", {"a"}}, {"a; b", {"a", "b"}}, {"a;b", {"a;b"}}, {"a; b; c d", {"a", "b", "c d"}}};
  for (const auto& row : rows) {
    EXPECT_EQ(lines_of_reasons(row.text), row.lines) << row.text;
    EXPECT_EQ(join(row.lines, "; "), row.text);
  }
}

}  // namespace
}  // namespace ashlar::pipeline
