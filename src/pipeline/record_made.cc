#include "pipeline/record_made.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "pipeline/catalog.h"
#include "pipeline/fleet.h"
#include "pipeline/publish.h"
#include "pipeline/sla.h"
#include "pipeline/watch.h"

namespace ashlar::pipeline {

using ledger::Event;

namespace {

/// Whether what was published there is what those who follow the image get: under its definition's tags, or those that were promoted last, as a fleet's own tag is.
Result<bool> is_promotion(Workshop& workshop, const oci::ImageRef& to, const Made& made, const ImageHistory& history) {
  if (to.tag.empty()) return true;
  oci::ImageRef place = to;
  place.tag.clear();
  TRY_ASSIGN(const auto definition, load_definition(*workshop.machine.files, made.definition));
  const auto holds = [&](std::string_view tag) { return std::ranges::find(made.tags, tag) != made.tags.end(); };
  return std::ranges::any_of(moving_tags(place, definition), holds) || (history.promoted && std::ranges::any_of(words(history.promoted->tag), holds));
}

/// That there was a fix is known where a finding went with a newer version: as of the day of the archive that has it. Nothing of a package that went itself, and nothing where the same version
/// is there without the finding: then its advisory went.
std::optional<Event> fix_of(const Event& closed, const Made& made, const ImageHistory& history) {
  const auto known = history.findings.find({closed.vulnerability, closed.package});
  if (known == history.findings.end() || known->second.fix_available || known->second.state != KnownFinding::State::Open) return std::nullopt;
  std::string version = known->second.fixed_in, there;
  for (const auto& [platform, locked] : made.locked.platforms) {
    for (const plan::LockedPackage& each : locked.packages) {
      if (each.source == closed.package) there = each.source_version;
    }
  }
  if (there.empty() || there == known->second.version) return std::nullopt;
  if (version.empty()) version = there;
  const auto since = fixed_since(made.locked, closed.package, version, closed.at);
  if (!since) return std::nullopt;
  Event out{.kind = ledger::Kind::FixAvailable, .at = *since, .image = closed.image, .digest = closed.digest, .vulnerability = closed.vulnerability, .package = closed.package};
  out.by = closed.by;
  out.facts = {{"fixed-in", version}};
  return out;
}

}  // namespace

std::vector<std::string> reasons_of(const policy::GateVerdict& verdict) {
  std::vector<std::string> out;
  for (const policy::GateReason& each : verdict.reasons) {
    if ((each.answer == policy::GateReason::Answer::Holds) == verdict.passed) out.push_back(fmt::format("{}: {}", each.rule, each.what));
  }
  return out;
}

std::vector<std::string> lines_of_reasons(std::string_view reason) {
  std::vector<std::string> out;
  while (!reason.empty()) {
    const size_t end = reason.find("; ");
    out.emplace_back(reason.substr(0, end));
    reason = end == std::string_view::npos ? std::string_view() : reason.substr(end + 2);
  }
  return out;
}

std::vector<Event> events_of(const Made& made, const Making& making, const ImageHistory& history) {
  const auto event = [&](ledger::Kind kind, std::map<std::string, std::string> facts) {
    std::erase_if(facts, [](const auto& each) { return each.second.empty(); });
    return Event{.kind = kind, .at = making.at, .image = making.image, .digest = made.digest.str(), .vulnerability = {}, .package = {}, .environment = {}, .by = making.by, .facts = std::move(facts)};
  };
  const std::string reason = join(reasons_of(made.verdict), "; ");
  if (!made.verdict.passed) return {event(ledger::Kind::Tested, {{"result", "stopped"}, {"reason", reason}, {"inputs", making.inputs}, {"judged", making.judged}, {"candidate", making.candidate}})};
  const std::map<std::string, std::string> origin = {{"lock", made.lock}, {"definition", made.definition_digest}, {"seconds", fmt::format("{:.3f}", made.timings.total)}};
  std::vector<Event> after;
  auto facts = origin;
  facts.insert({{"revision", made.revision}, {"tag", making.tags}, {"what", making.other}, {"promise", made.promise}});
  if (making.other.empty()) {
    facts.emplace("ahead", ahead_of(history, made.lock, packages_identity(made.locked)));
    after = catch_up(history, making.image, made.digest.str(), seen_in(made.reports), {}, making.at);
    // Without a whole answer nothing is called gone.
    if (std::ranges::any_of(made.reports, [](const scan::Report& each) { return each.verdict == scan::Verdict::Unknown; })) std::erase_if(after, [](const Event& each) { return each.kind == ledger::Kind::Closed; });
    std::set<std::string> fixes;
    std::vector<Event> told;
    for (Event& each : after) {
      each.by = making.by;
      if (each.kind == ledger::Kind::Closed) {
        fixes.insert(each.vulnerability);
        if (auto fix = fix_of(each, made, history)) told.push_back(std::move(*fix));
      }
      told.push_back(std::move(each));
    }
    after = std::move(told);
    facts.emplace("fixes", fmt::format("{}", fmt::join(fixes, " ")));
  }
  std::vector<Event> out = {event(ledger::Kind::Rebuilt, origin), event(ledger::Kind::Tested, {{"result", "passed"}, {"reason", reason}, {"inputs", making.inputs}}),
                            event(making.other.empty() ? ledger::Kind::Promoted : ledger::Kind::Noted, std::move(facts))};
  std::ranges::move(after, std::back_inserter(out));
  return out;
}

Result<size_t> record_made(Workshop& workshop, const oci::ImageRef& to, const Made& made, const trust::PrivateKey* key) {
  const host::Path path = ledger_path(workshop.folders);
  if (!workshop.machine.files->exists(path)) return 0;
  TRY_ASSIGN(auto ledger, open_ledger(workshop.machine, path));
  Making making{.image = ledger_name(to), .by = "ashlar make", .at = workshop.machine.clock->now(), .tags = join(made.tags, " ")};
  if (!made.verdict.passed) making.candidate = made.candidate;
  TRY_ASSIGN(const auto history, history_of(ledger, making.image));
  TRY_ASSIGN(const bool promotion, is_promotion(workshop, to, made, history));
  if (!promotion) making.other = "published";
  const auto events = events_of(made, making, history);
  TRY(ledger.append(events, making.at));
  if (key != nullptr) TRY(ledger.seal(*key, workshop.machine.clock->now()));
  return events.size();
}

}  // namespace ashlar::pipeline
