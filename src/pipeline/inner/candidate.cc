#include "pipeline/inner/candidate.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "oci/copy.h"
#include "oci/layout.h"
#include "pipeline/checked.h"

namespace ashlar::pipeline {

Done hold_against(Workshop& workshop, advisory::Database& database, const oci::ImageRef& former, const Digest& digest, const std::string& candidate, const MakeOptions& options, std::vector<CandidatePlatform>& platforms) {
  for (CandidatePlatform& each : platforms) {
    if (former.digest == digest.str()) {
      each.noticed.emplace();
      continue;
    }
    NotesOptions how{.platform = each.name, .database = options.key == nullptr ? nullptr : &database, .scan = options.scan, .scanned = &each.report};
    how.scan.also_named = {former.location};
    TRY_ASSIGN(each.notes, notes_against(workshop, former, candidate, how));
    if (!each.notes) continue;
    each.noticed.emplace();
    for (const prove::Change& change : each.notes->behaviour.changes) each.noticed->push_back({change.id, change.subject, change.what, change.weight == prove::Weight::Breaking});
  }
  return {};
}

policy::Candidate for_gate(const CandidatePlatform& platform, const std::string& name) {
  return {.name = name, .platform = platform.name, .checks = checked(platform.tested.checks), .report = &platform.report, .behaviour = platform.noticed ? &*platform.noticed : nullptr};
}

Result<std::string> put_aside(Workshop& workshop, const Made& made, const plan::Lock& lock, std::string_view kind) {
  const host::Path folder = workshop.folders.cache / "candidates" / kind;
  const std::string name = made.digest.hex().substr(0, 12);
  TRY_ASSIGN(const auto candidate, oci::ImageRef::parse(made.candidate));
  TRY_ASSIGN(const auto reader, oci::open_image(workshop.machine, candidate));
  TRY_ASSIGN(const auto writer, oci::write_layout(*workshop.machine.files, folder));
  TRY(oci::copy_image(*reader, *writer, {name}));
  TRY(workshop.machine.files->write(folder / (name + ".lock.json"), to_pretty(plan::to_json(lock))));
  return fmt::format("oci:{}:{}", folder.string(), name);
}

}  // namespace ashlar::pipeline
