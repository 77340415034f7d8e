#include "pipeline/inner/candidate.h"

#include <chrono>

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

Result<CandidatePlatform> examine_platform(Workshop& workshop, advisory::Database& database, const std::string& candidate, const TestOptions& tests, ScanOptions how, const policy::Policy& policy) {
  how.gate = policy.gate.stop_on;
  how.rules = policy.decisions;
  how.platform = tests.platform;
  const auto begun = std::chrono::steady_clock::now();
  TRY_ASSIGN(auto tested, test(workshop, candidate, tests));
  const auto between = std::chrono::steady_clock::now();
  TRY_ASSIGN(auto report, scan(workshop.machine, database, candidate, how));
  CandidatePlatform out{tests.platform, std::move(tested), std::move(report)};
  out.test_seconds = std::chrono::duration<double>(between - begun).count();
  out.scan_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - between).count();
  return out;
}

host::Path candidate_folder(const Workshop& workshop, const std::string& name) { return workshop.folders.cache / "candidates" / Digest::of(name).hex().substr(0, 16); }

Result<std::string> put_aside(Workshop& workshop, const std::string& candidate, const Digest& digest, const plan::Lock* lock, std::string_view kind) {
  const host::Path folder = workshop.folders.cache / "candidates" / kind;
  const std::string name = digest.hex().substr(0, 12);
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(candidate));
  TRY_ASSIGN(const auto reader, oci::open_image(workshop.machine, ref));
  TRY_ASSIGN(const auto writer, oci::write_layout(*workshop.machine.files, folder));
  TRY(oci::copy_image(*reader, *writer, {name}));
  if (lock != nullptr) TRY(workshop.machine.files->write(folder / (name + ".lock.json"), to_pretty(plan::to_json(*lock))));
  return fmt::format("oci:{}:{}", folder.string(), name);
}

std::string judged_digest(const std::vector<scan::Report>& reports) {
  Hasher all;
  const auto add = [&](const std::vector<std::string>& lines) {
    for (const std::string& each : lines) all.update(each + "\n");
  };
  for (const scan::Report& report : reports) {
    all.update(fmt::format("{} {}\n", report.platform, scan::to_string(report.verdict)));
    add(report.causes);
    if (report.gate) add(report.gate->stopped_by), add(report.gate->untold);
    for (const scan::Finding& each : report.findings)
      all.update(fmt::format("{} {} {} {} {} {} {}\n", each.id, each.component.name, each.component.version, advisory::to_string(each.severity), scan::to_string(each.status), each.exploited.has_value(), each.fixed_in));
  }
  return all.finish().hex();
}

Result<std::string> judged_now(Workshop& workshop, advisory::Database& database, const std::string& candidate, ScanOptions how) {
  const auto ref = oci::ImageRef::parse(candidate);
  if (!ref) return std::string();
  const auto reader = oci::open_image(workshop.machine, *ref);
  if (!reader) return std::string();  // whoever cleans the cache up may take it
  TRY_ASSIGN(const auto platforms, oci::platforms(**reader));
  std::vector<scan::Report> reports;
  for (const oci::PlatformImage& each : platforms) {
    how.platform = each.platform.str();
    TRY_ASSIGN(auto report, scan(workshop.machine, database, candidate, how));
    reports.push_back(std::move(report));
  }
  return judged_digest(reports);
}

}  // namespace ashlar::pipeline
