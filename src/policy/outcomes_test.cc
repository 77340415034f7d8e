#include "policy/outcomes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "policy/inner/outcome_cells.h"
#include "policy/inner/sample_outcomes.h"

namespace ashlar::policy {
namespace {

const OutcomeLine& line_of(const Outcomes& of, std::string_view id) {
  const auto found = std::ranges::find(of.lines, id, &OutcomeLine::id);
  EXPECT_NE(found, of.lines.end()) << id;
  return found == of.lines.end() ? of.lines.front() : *found;
}
/// `text`, or `- why`.
std::string cell(const OutcomeCell& of) { return of.basis == Basis::None ? "- " + of.text : of.text; }

TEST(Outcomes, EachLineIsWhatTheEvidenceSays) {
  const Outcomes got = outcomes(sample_facts());
  const struct { const char *id, *before, *after; } rows[] = {
      {"cves.matter", "3", "0"},
      {"cves.open", "4", "1"},
      {"cves.base.critical", "1", "0"},
      {"cves.base.high", "1", "0"},
      {"cves.base.negligible", "1", "1"},
      {"cves.app.medium", "1", "0"},
      {"cves.fixable", "1", "0"},
      {"cves.kev", "1", "0"},
      {"cves.unjudged", "2 of 100 (2.0%)", "0 of 20 (0.0%)"},
      {"scanners.grype", "recognised by ID_LIKE=debian, packages of dpkg status", "recognised by ID=debian, packages of dpkg status.d"},
      {"scanners.xray", "- no rule of it is known here", "- no rule of it is known here"},
      {"scanners.grype.ran", "debian 13", "debian 13"},
      {"noise.named", "5", "3"},
      {"noise.answered", "0", "1"},
      {"noise.excepted", "0", "1"},
      {"noise.negligible", "1", "1"},
      {"noise.matter", "4", "0"},
      {"noise.share", "1 of 5 (20.0%)", "3 of 3 (100.0%)"},
      {"noise.peer.grype", "2, 1 of them named here, too; 4 only here", "1, 1 of them named here, too; 2 only here"},
      {"packages.count", "100", "20"},
      {"packages.verified", "- no lock of it is at hand", "19 of 20 (95.0%): from debian trixie of 2028-02-01"},
      {"packages.foreign", "1: tool", "0"},
      {"packages.owned", "90 of 100 (90.0%)", "90 of 90 (100.0%)"},
      {"packages.dark", "1 of 100 (1.0%)", "0 of 90 (0.0%)"},
      {"packages.manager", "there is one", "proved"},
      {"patching.reach", "- the ledger has no event of 'registry.example/old'", "29.0 d since 2028-02-01: 13 events, 4 clocks"},
      {"patching.critical.mean", "- the ledger has no event of 'registry.example/old'", "10.2 d, of 1 fixed"},
      {"patching.high.mean", "- the ledger has no event of 'registry.example/old'", "- nothing high was fixed"},
      {"audit.signature", "none is attached", "signature as bundle, believed: key team.pub"},
      {"audit.vex", "none is attached", "openvex as index, not believed: nothing signs it"},
      {"audit.proofs", "1 of 3 (33.3%): failed: no-shell, no-package-manager", "3 of 4 (75.0%): excused: no-setuid"},
      {"audit.ledger", "- the ledger has no event of 'registry.example/old'", "10 of 14 (71.4%): the chain of all of them holds"},
      {"audit.flow", "- the ledger has no event of 'registry.example/old'", "2 of 3 (66.7%)"},
      {"audit.ahead", "- the ledger has no event of 'registry.example/old'", "1 of 2 (50.0%)"},
      {"burden.patches", "2 by hand, by the model", "2"},
      {"burden.answers", "1 by hand, by the model", "1"},
      {"burden.waiting", "1 by hand, by the model", "1"},
      {"burden.stopped", "1 by hand, by the model", "1"},
      {"burden.other", "1 by hand, by the model", "1"},
      {"burden.steps", "12 by hand, by the model", "4"},
      {"burden.per-patch", "6 by hand, by the model", "2"},
      {"burden.hours", "3.2 by hand, by the model", "1.8 by the model"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(cell(line_of(got, row.id).before), row.before) << row.id;
    EXPECT_EQ(cell(line_of(got, row.id).after), row.after) << row.id;
  }
  for (const OutcomeLine& line : got.lines) {
    for (const OutcomeCell* each : {&line.before, &line.after}) {
      EXPECT_EQ(each->basis == Basis::None, !each->value.has_value()) << line.id;
      EXPECT_EQ(each->basis == Basis::None, each->source.empty()) << line.id << ": a figure has a source, and what is none has not";
      EXPECT_FALSE(each->text.empty()) << line.id;
    }
    EXPECT_EQ(line.after.basis == Basis::Model, line.id == "burden.hours") << line.id;
    EXPECT_TRUE(line.section == "burden" || line.before.basis != Basis::Model) << line.id;
  }
}

TEST(Outcomes, TheSameFactsGiveTheSameTable) {
  const Outcomes one = outcomes(sample_facts()), two = outcomes(sample_facts());
  ASSERT_EQ(one.lines.size(), two.lines.size());
  for (size_t at = 0; at < one.lines.size(); ++at) {
    EXPECT_EQ(one.lines[at].id, two.lines[at].id);
    EXPECT_EQ(one.lines[at].before, two.lines[at].before);
    EXPECT_EQ(one.lines[at].after, two.lines[at].after);
  }
}

/// Lines whose new cell has evidence in `all` and none in `less`; and in `changed` those that have another figure.
std::set<std::string> lost(const Outcomes& all, const Outcomes& less, std::set<std::string>& changed) {
  std::set<std::string> out;
  for (const OutcomeLine& line : all.lines) {
    const auto found = std::ranges::find(less.lines, line.id, &OutcomeLine::id);
    const bool gone = found == less.lines.end() || found->after.basis == Basis::None;
    if (line.after.basis == Basis::None) continue;
    if (gone) out.insert(line.id);
    else if (found->after != line.after) changed.insert(line.id);
  }
  return out;
}

std::set<std::string> ids(const Outcomes& of, const std::set<std::string>& prefixes) {
  std::set<std::string> out;
  for (const OutcomeLine& line : of.lines) {
    if (line.after.basis != Basis::None && std::ranges::any_of(prefixes, [&](const std::string& each) { return line.id == each || (each.ends_with('.') && line.id.starts_with(each)); })) out.insert(line.id);
  }
  return out;
}

TEST(Outcomes, EvidenceTakenAwayOneByOneIsNoEvidence) {
  const Outcomes all = outcomes(sample_facts());
  const struct { const char* summary; std::function<void(OutcomeFacts&)> take; std::set<std::string> lost, changed; } rows[] = {
      {"the scan", [](OutcomeFacts& f) { f.after.images[0].scan.value.reset(); }, {"cves.", "noise.named", "noise.answered", "noise.excepted", "noise.negligible", "noise.matter", "noise.share", "packages.count", "packages.foreign", "packages.owned", "packages.dark"}, {"noise.peer.grype"}},
      {"the database", [](OutcomeFacts& f) { f.after.images[0].scan.value->database.digest.reset(); }, {"cves.", "noise.named", "noise.answered", "noise.excepted", "noise.negligible", "noise.matter", "noise.share", "packages.foreign"}, {}},
      {"the feed of what is exploited", [](OutcomeFacts& f) { f.after.images[0].scan.value->database.feeds.clear(); }, {"cves.kev"}, {}},
      {"the same, for it is stale", [](OutcomeFacts& f) { f.after.images[0].scan.value->database.feeds[0].dated = {}, f.after.images[0].scan.value->database.feeds[0].max_age = 1; }, {"cves.kev"}, {}},
      {"what scanners look at", [](OutcomeFacts& f) { f.after.images[0].view.value.reset(); }, {"scanners.clair", "scanners.grype", "scanners.syft", "scanners.trivy"}, {}},
      {"what is attached", [](OutcomeFacts& f) { f.after.images[0].attached.value.reset(); }, {"scanners.sbom", "scanners.vex", "audit.signature", "audit.sbom", "audit.provenance", "audit.vex", "audit.tests"}, {}},
      {"the lock", [](OutcomeFacts& f) { f.after.images[0].locked.value.reset(); }, {"packages.verified"}, {}},
      {"the proofs", [](OutcomeFacts& f) { f.after.images[0].proofs.value.reset(); }, {"packages.manager", "audit.proofs"}, {}},
      {"the peer's answer", [](OutcomeFacts& f) { f.after.images[0].peers["grype"].value.reset(); }, {"scanners.grype.ran", "noise.peer.grype"}, {}},
      {"that it was run at all", [](OutcomeFacts& f) { f.after.images[0].peers.clear(), f.before.images[0].peers.clear(); }, {"scanners.grype.ran", "noise.peer.grype"}, {}},
      {"the ledger", [](OutcomeFacts& f) { f.ledger.value.reset(); }, {"patching.", "audit.ledger", "audit.flow", "audit.ahead", "audit.sla", "audit.overdue", "burden."}, {}},
      {"its events of the image", [](OutcomeFacts& f) { std::erase_if(f.ledger.value->entries, [](const auto& each) { return each.event.image == "registry.example/new"; }); }, {"patching.", "audit.ledger", "audit.flow", "audit.ahead", "audit.sla", "audit.overdue", "burden."}, {}},
      {"the image's name in it", [](OutcomeFacts& f) { f.after.images[0].name.clear(); }, {"patching.", "audit.ledger", "audit.flow", "audit.ahead", "audit.sla", "audit.overdue", "burden."}, {}},
      {"its publications", [](OutcomeFacts& f) { std::erase_if(f.ledger.value->entries, [](const auto& each) { return each.event.kind == ledger::Kind::Promoted; }); }, {"patching.critical.mean", "patching.critical.p95", "audit.flow", "audit.ahead", "burden.per-patch"}, {"patching.reach", "audit.ledger", "audit.sla", "audit.overdue", "burden.patches", "burden.answers", "burden.waiting", "burden.stopped", "burden.other", "burden.steps", "burden.hours", "patching.waiting"}},
      {"the image", [](OutcomeFacts& f) { f.after.images.clear(), f.after.lacks = "no image is named"; }, {"cves.", "scanners.", "noise.", "packages.", "patching.", "audit.", "burden."}, {}},
  };
  for (const auto& row : rows) {
    OutcomeFacts less = sample_facts();
    row.take(less);
    std::set<std::string> changed;
    const auto gone = lost(all, outcomes(less), changed);
    EXPECT_EQ(gone, ids(all, row.lost)) << row.summary;
    for (const std::string& each : changed) EXPECT_TRUE(row.changed.contains(each)) << row.summary << ": " << each << " has another figure";
  }
}

TEST(Outcomes, OfSeveralImagesThereAreMeansAndSharesAndWhatLacks) {
  OutcomeFacts facts = sample_facts();
  facts.after.images.push_back(sample_old(facts.now));
  facts.after.images[1].ref = "oci:second";
  Outcomes got = outcomes(facts);
  EXPECT_EQ(cell(line_of(got, "cves.open").after), "2.5 an image (5 in 2)");
  EXPECT_EQ(line_of(got, "cves.open").after.value, 2.5);
  EXPECT_EQ(line_of(got, "cves.open").after.source, "scan of sha256:new with database sha256:db; scan of sha256:0ld with database sha256:db");
  EXPECT_EQ(cell(line_of(got, "packages.owned").after), "180 of 190 (94.7%)");
  EXPECT_EQ(cell(line_of(got, "packages.verified").after), "19 of 20 (95.0%); no evidence of 1 of 2 images, as oci:second: no lock of it is at hand");
  facts.after.images[1].scan.value.reset();
  facts.after.images[1].scan.lacks = "it is gone";
  got = outcomes(facts);
  EXPECT_EQ(cell(line_of(got, "cves.open").after), "1 an image (1 in 1); no evidence of 1 of 2 images, as oci:second: it is gone");
  EXPECT_EQ(got.images.back().verdict, "unknown");
  EXPECT_EQ(got.images.back().causes, std::vector<std::string>{"it is gone"});
  EXPECT_FALSE(got.images.back().counts.has_value());
}

TEST(Outcomes, OfNothingThereIsNoShare) {
  OutcomeFacts facts = sample_facts();
  facts.after.images[0].scan.value->findings.clear();
  facts.after.images[0].proofs.value->passed.clear();
  facts.after.images[0].proofs.value->excused.clear();
  const Outcomes got = outcomes(facts);
  EXPECT_EQ(cell(line_of(got, "noise.share").after), "- advisories name nothing");
  EXPECT_EQ(cell(line_of(got, "audit.proofs").after), "- there is nothing to have a share of");
  EXPECT_EQ(cell(line_of(got, "cves.open").after), "0") << "none is a figure";
  EXPECT_TRUE(line_of(got, "cves.app.high").idle);
  EXPECT_FALSE(line_of(got, "cves.base.high").idle) << "it was there before";
}

TEST(Outcomes, WhatAReplayWroteIsSaidToBe) {
  OutcomeFacts facts = sample_facts();
  EXPECT_EQ(line_of(outcomes(facts), "burden.steps").after.source, "ledger events 1–14, verified; of it 13 events");
  facts.ledger.value->entries[3].event.by = "ashlar replay";
  EXPECT_EQ(line_of(outcomes(facts), "burden.steps").after.source, "ledger events 1–14, verified; of it 13 events, of a replay and not of what was done");
}

TEST(Outcomes, WhatIsLaterDoesNotCount) {
  OutcomeFacts facts = sample_facts();
  facts.now = Time::parse("2028-02-04").value();
  const Outcomes got = outcomes(facts);
  EXPECT_EQ(cell(line_of(got, "patching.critical.mean").after), "1.5 d, of 1 fixed");
  EXPECT_EQ(cell(line_of(got, "patching.reach").after), "3.0 d since 2028-02-01: 6 events, 1 clock");
  ASSERT_EQ(got.open_by_day.size(), 3U);
  EXPECT_EQ(got.open_by_day[0].second, 1U);
  EXPECT_EQ(got.open_by_day[1].second, 0U);
}

}  // namespace
}  // namespace ashlar::policy
