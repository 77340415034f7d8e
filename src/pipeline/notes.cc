#include "pipeline/notes.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/changes.h"
#include "base/text.h"
#include "build/probe.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/kept_layers.h"
#include "pipeline/workshop.h"
#include "prove/run.h"

namespace ashlar::pipeline {
namespace {

using Key = std::pair<std::string, std::string>;  ///< advisory and package

bool stands(const scan::Finding& finding) { return finding.status == scan::Status::Affected || finding.status == scan::Status::UnderInvestigation || finding.status == scan::Status::Excepted; }

/// Those that stand, and those that are spoken of at all.
struct Spoken {
  explicit Spoken(const scan::Report& report) {
    for (const scan::Finding& each : report.findings) {
      const Key key{each.id, each.component.name};
      all.emplace(key, &each);
      if (stands(each)) standing.emplace(key, &each);
    }
  }
  std::map<Key, const scan::Finding*> all, standing;
};

ChangedFinding shown(const scan::Finding& finding) {
  return {finding.id, finding.component.name, finding.component.version, std::string(advisory::to_string(finding.severity)), finding.fixed_in};
}

Notes::Findings compare(const scan::Report& before, const scan::Report& after) {
  const Spoken was(before), is(after);
  Notes::Findings out{.database = after.database.digest.value_or(Digest::from({}))};
  for (const auto& [key, finding] : was.standing) {
    const auto there = is.all.find(key);
    if (there == is.all.end() || there->second->status == scan::Status::Fixed) out.fixed.push_back(shown(*finding));
  }
  for (const auto& [key, finding] : is.standing) {
    if (!was.standing.contains(key)) out.fresh.push_back(shown(*finding));
  }
  out.open = static_cast<size_t>(std::ranges::count_if(after.findings, [](const auto& each) { return each.status == scan::Status::Affected || each.status == scan::Status::UnderInvestigation; }));
  for (const scan::Report* each : {&before, &after}) {
    for (const std::string& doubt : each->doubts) out.doubts.push_back(fmt::format("{}: {}", each->ref, doubt));
  }
  std::ranges::sort(out.fixed), std::ranges::sort(out.fresh);
  return out;
}

/// What the definition's run tests show on one image.
Result<std::vector<prove::Ran>> run(Workshop& workshop, inventory::Target& target, const host::Path& path) {
  TRY_ASSIGN(const plan::Definition definition, load_definition(*workshop.machine.files, path));
  TRY_ASSIGN(const host::Path root, catalog_root(*workshop.machine.files, definition));
  std::vector<prove::Ran> out;
  const prove::RunOptions how{.catalogue = root, .cache = workshop.folders.cache, .state = workshop.folders.state, .probe = build::probe_for(target.which.platform.architecture), .measured = &out};
  TRY(prove::run_tests(*target.image, target.which, definition, workshop.machine, how, workshop.progress));
  return out;
}

Result<Notes> compare(Workshop& workshop, const std::string& before, const std::string& after, const NotesOptions& options) {
  Notes out{.before_ref = before, .after_ref = after};
  TRY_ASSIGN(auto one, inventory::open_target(workshop.machine, before, options.platform));
  const std::string platform = one.image ? one.which.platform.str() : options.platform;
  TRY_ASSIGN(auto other, inventory::open_target(workshop.machine, after, platform));
  const auto shelf = kept_layers(workshop.machine, for_proofs, false);
  TRY_ASSIGN(const auto was, prove::Surface::read(one, shelf ? &*shelf : nullptr));
  TRY_ASSIGN(const auto is, prove::Surface::read(other, shelf ? &*shelf : nullptr));
  out.before = was.contents().manifest.digest, out.after = is.contents().manifest.digest, out.platform = is.contents().platform;
  out.difference = inventory::compare(was.contents(), is.contents());
  out.delta = inventory::delta_of(inventory::state_of(was.contents()), inventory::state_of(is.contents()));
  prove::BehaviourOptions behaviour = options.behaviour;
  if (!options.definition.empty()) {
    if (!one.image || !other.image) return fail(Kind::Invalid, "run tests are run on images");
    TRY_ASSIGN(behaviour.before, run(workshop, one, options.definition));
    TRY_ASSIGN(behaviour.after, run(workshop, other, options.definition));
  }
  out.behaviour = prove::behaviour(was, is, behaviour);
  if (options.database == nullptr) return out;
  ScanOptions how = options.scan;
  how.platform = one.image ? platform : std::string();
  TRY_ASSIGN(const auto first, scan(workshop.machine, *options.database, before, how));
  std::optional<scan::Report> second;
  if (options.scanned == nullptr) {
    TRY_ASSIGN(second, scan(workshop.machine, *options.database, after, how));
  }
  const scan::Report& report = options.scanned == nullptr ? *second : *options.scanned;
  if (report.database.digest) out.findings = compare(first, report);
  return out;
}

}  // namespace

Result<Notes> notes_of(Workshop& workshop, const std::string& before, const std::string& after, const NotesOptions& options) {
  return compare(workshop, before, after, options);
}

Result<std::optional<Notes>> notes_against(Workshop& workshop, const oci::ImageRef& former, const std::string& candidate, const NotesOptions& options) {
  const auto there = inventory::open_target(workshop.machine, former.str(), options.platform);
  if (!there && there.error().kind == Kind::NotFound) return std::nullopt;
  if (!there) return std::unexpected(there.error());
  TRY_ASSIGN(auto notes, notes_of(workshop, former.str(), candidate, options));
  return notes;
}

attest::Predicate changes_of(const Notes& notes) {
  attest::ChangesSaid said{.before = notes.before, .after = notes.after, .platform = notes.platform.str(), .delta = notes.delta, .config = notes.difference.config};
  if (notes.findings) {
    const auto put = [](const std::vector<ChangedFinding>& from, std::vector<attest::FindingSaid>& to) {
      for (const ChangedFinding& each : from) to.push_back({each.id, each.package, each.version, each.severity, each.fixed_in});
    };
    auto& findings = said.vulnerabilities.emplace(attest::ChangesSaid::Vulnerabilities{notes.findings->database});
    put(notes.findings->fixed, findings.fixed);
    put(notes.findings->fresh, findings.fresh);
  }
  return {std::string(attest::changes_uri), to_compact(attest::changes(said, prove::to_json(notes.behaviour)))};
}

Json to_json(const Notes& notes) {
  Json out = {{"schema", "https://ashlar.dev/diff/v1"}, {"before", notes.before.str()}, {"after", notes.after.str()}};
  out.update(inventory::to_json(notes.difference));
  out["behaviour"] = prove::to_json(notes.behaviour);
  if (!notes.findings) return out;
  const auto rows = [](const std::vector<ChangedFinding>& list) {
    Json all = Json::array();
    for (const ChangedFinding& each : list) all.push_back({{"id", each.id}, {"package", each.package}, {"version", each.version}, {"severity", each.severity}, {"fixed_in", each.fixed_in}});
    return all;
  };
  out["vulnerabilities"] = {{"database", notes.findings->database.str()}, {"fixed", rows(notes.findings->fixed)}, {"new", rows(notes.findings->fresh)}, {"open", notes.findings->open}, {"doubts", notes.findings->doubts}};
  return out;
}

}  // namespace ashlar::pipeline
