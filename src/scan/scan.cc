#include "scan/scan.h"

#include <algorithm>

#include <fmt/format.h>

#include "attest/purl.h"
#include "base/text.h"
#include "scan/inner/artifacts.h"
#include "scan/inner/contradictions.h"
#include "scan/inner/coverage.h"
#include "scan/inner/findings.h"
#include "scan/inner/newest.h"
#include "scan/inner/origins.h"
#include "scan/inner/release_evidence.h"
#include "scan/inner/within.h"
#include "scan/judge.h"

namespace ashlar::scan {
namespace {

/// The names of a vulnerability under which others may know more of it.
Done enrich(Finding& finding, advisory::Database& database) {
  std::vector<std::string> names = finding.aliases;
  names.insert(names.begin(), finding.id);
  for (const std::string& name : names) {
    if (!name.starts_with("CVE-")) continue;
    if (!finding.exploited) {
      TRY_ASSIGN(finding.exploited, database.exploited(name));
    }
    if (!finding.likelihood) {
      TRY_ASSIGN(finding.likelihood, database.likelihood(name));
    }
  }
  return {};
}

DatabaseStamp stamp_of(const advisory::Database& database) {
  return {database.absence().empty() ? std::optional(database.digest()) : std::nullopt, database.created(), database.feeds()};
}

/// Whether a package of the image has the component; one that is more than the note of a program is told in the coverage.
bool is_within(const Subject& subject, const inventory::Component& component, Report& report) {
  const std::string package = package_with(subject, component, report.foreign);
  if (package.empty()) return false;
  if (component.found_by != "elf-note") report.coverage.within.push_back({component.name, component.version, component.path, package});
  return true;
}

/// What is known of a distribution's package beside advisories: whether it is supported, and whether there can be such a version of it.
struct Circumstances {
  std::string support{};  ///< of Finding
  Newer newer{};
};

Result<Circumstances> look_around(const inventory::Component& component, const Place& place, advisory::Database& database, Report& report) {
  Circumstances out;
  TRY_ASSIGN(const auto supports, database.support(place.space, place.package));
  for (const advisory::Support& each : supports) {
    const bool ended = each.until && *each.until < report.now;
    if (each.until && !ended) continue;
    report.coverage.support.insert({place.package, each.remark, ended});
    out.support += (out.support.empty() ? "" : "; ") + each.remark;
    if (ended) report.coverage.unknown.push_back({component.name, component.version, component.path, fmt::format("the support of '{}' in '{}' ended on {}: nobody looks for its vulnerabilities any more", place.package, place.space, each.until->date())});
  }
  if (component.type != "deb") return out;
  TRY_ASSIGN(out.newer, hold_against_newest(place, database));
  if (!out.newer.cause.empty()) report.coverage.unknown.push_back({component.name, component.version, component.path, out.newer.cause});
  return out;
}

/// Where a component is judged, or why not: also for what the rest of the image says of its record.
Result<Place> place_in(const inventory::Component& component, const Distribution& distribution, const std::set<std::string>& foreign, const std::set<std::string>& nobodys, advisory::Database& database) {
  Place place = place_of(component, distribution);
  if (component.type == "maven") return place_of_artifact(component, std::move(place), database);
  if (!place.reason.empty()) return place;
  if (const std::string none = no_version(component); !none.empty()) place.reason = fmt::format("its record is damaged: '{}' is no version", none);
  else if (component.type == "deb" && foreign.contains(component.name)) place.reason = foreign_reason(component);
  else if (component.type == "deb" && nobodys.contains(place.package)) place.reason = nobodys_reason(component);
  return place;
}

Done judge_component(const Subject& subject, const inventory::Component& component, const Place& place, advisory::Database& database, Report& report, std::set<std::string>& newer) {
  const auto unknown = [&](std::string reason) { report.coverage.unknown.push_back({component.name, component.version, component.path, std::move(reason)}); };
  ++report.coverage.packages;
  if (!place.reason.empty() || is_without_group(component)) ++report.unplaced[place.reason.empty() ? "nothing tells the group of this artifact" : place.reason];
  if (!place.reason.empty()) return unknown(place.reason), Done();
  const size_t before = report.coverage.unknown.size();
  if (is_covered(database, place.space)) report.spaces.insert(place.space);
  else unknown(database.absence().empty() ? fmt::format("no feed covers '{}'", place.space) : "there is no advisory database");  // what feeds of other spaces say of it counts all the same
  TRY_ASSIGN(auto judgements, judge(database, place, component.symbols, Depth::Findings));
  TRY_ASSIGN(const Circumstances around, look_around(component, place, database, report));
  if (!around.newer.known.empty() && around.newer.cause.empty()) newer.insert(fmt::format("'{}' {} (feed '{}' knows {})", place.package, place.version, around.newer.feed, around.newer.known));
  const Standing standing{component.layer < subject.base.count ? Owner::Base : Owner::App, attest::component_purl(component, report.distribution.id, report.distribution.version)};
  auto findings = findings_of(component, place, standing, std::move(judgements), report.coverage.unknown);
  if (report.coverage.unknown.size() == before) ++report.coverage.judged;
  for (Finding& finding : findings) {
    TRY(enrich(finding, database));
    finding.support = around.support;
    if (!around.support.empty()) finding.proof.push_back({"support", fmt::format("the support of '{}' in '{}' is {}", place.package, place.space, around.support)});
    report.findings.push_back(std::move(finding));
  }
  return {};
}

}  // namespace

bool wants_text(std::string_view path) { return tells_release(path); }
std::string package_with(const Subject& subject, const inventory::Component& component, const std::set<std::string>& foreign) {
  if (subject.ownership == nullptr) return {};
  constexpr std::string_view prefix = "package:";
  std::string package;
  const auto has = [&](std::string_view path) {
    const auto found = subject.ownership->files.find(std::string(cut(path, '!').first));
    if (found == subject.ownership->files.end() || !found->second.owner.starts_with(prefix)) return false;
    if (found->second.standing != inventory::Standing::Verified && found->second.standing != inventory::Standing::Listed) return false;
    if (package.empty()) package = found->second.owner.substr(prefix.size());
    return true;
  };
  // What its records name besides may have been left out of the image, and byte code is made when a package is installed.
  const auto stands_against = [&](const std::string& path) { return subject.ownership->files.contains(path) && !path.ends_with(".pyc") && !has(path); };
  const bool whole = has(component.path) && std::ranges::none_of(component.files, stands_against);
  return whole && !foreign.contains(package) ? package : std::string();
}

Distribution distribution_of(const Subject& subject) {
  if (subject.contents != nullptr) return identify(inventory::find_os_release(*subject.contents));
  if (subject.distribution.empty()) return {.id = {}, .version = {}, .space = {}, .reason = "the document names no distribution"};
  const size_t dash = subject.distribution.rfind('-');
  inventory::OsRelease release{subject.ref, {{"ID", subject.distribution.substr(0, dash)}}};
  if (dash != std::string::npos) release.fields["VERSION_ID"] = subject.distribution.substr(dash + 1);
  return identify(release);
}

Result<Report> scan(const Subject& subject, advisory::Database& database, const Options& options) {
  Report report{.ref = subject.ref, .digest = subject.digest, .platform = subject.platform, .now = options.now, .distribution = distribution_of(subject), .database = stamp_of(database)};
  report.coverage.notes = subject.notes;
  report.base = subject.base.how;
  report.base_layers = subject.base.count;
  report.layers = subject.contents == nullptr ? 0 : subject.contents->layers.size();
  TRY_ASSIGN(report.foreign, foreign_packages(subject, report.distribution, database));
  TRY_ASSIGN(const auto nobodys, nobodys_sources(subject, report.distribution, database));
  std::set<std::string> newer;
  for (const inventory::Component& component : subject.components) {
    if (is_within(subject, component, report)) continue;
    TRY_ASSIGN(const Place place, place_in(component, report.distribution, report.foreign, nobodys, database));
    TRY(judge_component(subject, component, place, database, report, newer));
  }
  std::ranges::sort(report.coverage.unknown);
  std::ranges::sort(report.coverage.within);
  look_at_files(subject, options.excuses, report.coverage);
  apply(options.statements, {subject.digest, subject.names, subject.tag}, report, options.rules);
  std::vector<std::string> images = subject.names;
  if (!subject.digest.empty()) images.push_back(subject.digest);
  apply(options.exceptions, options.now, images, report, options.rules);
  sort_by_weight(report.findings);
  TRY(find_causes(subject, database, options, report));
  report.notes = notes_of(report, database, newer);
  if (!subject.unseen.empty()) report.notes.insert(report.notes.begin(), fmt::format("this is {}; {} of the image {} not looked at: `--platform` names another", report.platform, join(subject.unseen, ", "), subject.unseen.size() == 1 ? "was" : "were"));
  const bool affected = std::ranges::any_of(report.findings, [](const Finding& each) { return each.status != Status::Fixed && each.status != Status::NotAffected; });
  if (!options.gate.empty()) report.gate = ask_gate(options.gate, report);
  report.verdict = !report.causes.empty() ? Verdict::Unknown : affected ? Verdict::Affected : Verdict::Clean;
  return report;
}

Result<std::vector<Explained>> explain(const Subject& subject, advisory::Database& database, const std::string& id) {
  std::vector<Explained> out;
  const Distribution distribution = distribution_of(subject);
  TRY_ASSIGN(const auto foreign, foreign_packages(subject, distribution, database));
  for (const inventory::Component& component : subject.components) {
    TRY_ASSIGN(Place place, place_of_artifact(component, place_of(component, distribution), database));
    Explained each{component, std::move(place), package_with(subject, component, foreign), {}};
    if (each.place.reason.empty()) {
      TRY_ASSIGN(each.judgements, judge(database, each.place, component.symbols, Depth::Everything));
      std::erase_if(each.judgements, [&](const Judgement& judgement) { return judgement.advisory.id != id && std::ranges::find(judgement.advisory.aliases, id) == judgement.advisory.aliases.end(); });
    }
    if (!each.judgements.empty()) out.push_back(std::move(each));
  }
  return out;
}

std::string_view to_string(Status status) {
  constexpr std::string_view names[] = {"affected", "fixed", "not_affected", "under_investigation", "excepted"};
  return names[static_cast<size_t>(status)];
}
std::string_view to_string(Owner owner) { return owner == Owner::Base ? "base" : "app"; }
std::string_view to_string(Verdict verdict) {
  constexpr std::string_view names[] = {"clean", "affected", "unknown"};
  return names[static_cast<size_t>(verdict)];
}

}  // namespace ashlar::scan
