#include "build/effects.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "build/inner/ca_bundle.h"
#include "build/inner/declared.h"
#include "build/inner/ld_cache.h"
#include "build/inner/recorded.h"
#include "build/inner/rehearsal.h"
#include "build/inner/sandbox_root.h"
#include "build/inner/script.h"

namespace ashlar::build {
namespace {

struct Job { const ScriptedPackage* package; std::string_view script; const std::string* text; };

/// The scripts that run on installation: preinst of every package, then postinst in configure order.
std::vector<Job> jobs_of(const EffectsRequest& request) {
  std::vector<Job> jobs;
  for (const std::string_view script : {"preinst", "postinst"})
    for (const ScriptedPackage& package : request.packages)
      if (const auto found = package.control.find(std::string(script)); found != package.control.end()) jobs.push_back({&package, script, &found->second});
  return jobs;
}

std::vector<std::string> arguments_of(std::string_view script) {
  if (script == "preinst") return {"install"};
  return {"configure", ""};
}

struct Covered {
  ScriptCoverage coverage;
  bool changed = false;               ///< the declaration was written for another script
  std::optional<ScriptState> after;
  std::optional<Error> error;  ///< of a declaration that does not work
};

ScriptOrigin origin_of(const Job& job, const EffectsRequest& request) {
  const ScriptedPackage& package = *job.package;
  ScriptOrigin origin{package.name, package.version, package.architecture == "all" ? request.architecture : package.architecture, std::string(job.script), {}};
  if (const auto templates = package.control.find("templates"); templates != package.control.end()) origin.templates = templates->second;
  return origin;
}

/// Declared, else followed, else recorded, else nothing.
Covered cover(const Job& job, const ScriptState& state, const DeclaredEffects& declared, const RecordedEffects& recorded, const EffectsRequest& request) {
  Covered result;
  result.coverage = {job.package->name, job.package->version, std::string(job.script), Digest::of(*job.text).hex(), ScriptCoverage::By::Nothing, {}};
  const ScriptOrigin origin = origin_of(job, request);
  const std::string variant = request.definition->variant == plan::Variant::Dev ? "dev" : "runtime";
  const Declaration* declaration = declared.find(job.package->name, job.script, variant);
  ScriptState after = state;
  after.world.effect = fmt::format("script:{}.{}", job.package->name, job.script);
  Script script(after, origin);
  const Done done = script.run(declaration != nullptr ? declaration->steps : *job.text, arguments_of(job.script));
  if (declaration != nullptr) {
    result.coverage.by = ScriptCoverage::By::Declared;
    result.changed = !declaration->knows(result.coverage.sha256);
    result.coverage.reason = declaration->why;
    if (!done) result.error = done.error();
  } else if (done) {
    result.coverage.by = ScriptCoverage::By::Recognised;
  } else if (const RecordedScript* known = recorded.find(origin.package, origin.version, origin.script, result.coverage.sha256)) {
    result.coverage.by = ScriptCoverage::By::Recorded;
    after = state;
    after.world.effect = fmt::format("script:{}.{}", origin.package, origin.script);
    if (const Done again = replay(*known, after, origin); !again) result.error = again.error();
    else result.after = std::move(after);
    return result;
  } else {
    result.coverage.reason = done.error().message;
  }
  if (done) result.after = std::move(after);
  return result;
}

Result<ScriptState> begin(const EffectsRequest& request, const TreeView& tree) {
  World world(tree, request.mtime);
  TRY_ASSIGN(AccountBook book, AccountBook::open(*request.definition, world));
  ScriptState state{.world = std::move(world), .accounts = std::move(book), .alternatives = {}, .full = request.definition->variant == plan::Variant::Dev};
  for (const ScriptedPackage& package : request.packages) state.packages.insert(package.name);
  return state;
}

Done finish(ScriptState& state, const EffectsRequest& request, EffectsResult& result) {
  const bool full = request.definition->variant == plan::Variant::Dev;
  state.world.counted = false;  // ours
  if (state.ca_bundle) TRY(write_ca_bundle(state.world, {request.as_of, full || !request.definition->certificates.empty(), state.java_store}, result.details));
  TRY(state.alternatives.write(state.world, full));
  TRY(state.accounts.write(state.world, full));
  if (has_loader(state.world, request.architecture)) {
    state.world.effect = "ld-cache";
    TRY_ASSIGN(auto entries, ld_entries(state.world, request.architecture));
    TRY(state.world.make_directory("etc", 0755, true));
    TRY(state.world.write("etc/ld.so.cache", ld_cache(std::move(entries)), 0644));
  }
  TRY_ASSIGN(result.changes, state.world.changes());
  result.accounts = state.accounts.accounts;
  return {};
}

}  // namespace

Result<std::vector<ScriptCoverage>> cover_scripts(const EffectsRequest& request, const TreeView& tree, host::Machine& machine) {
  TRY_ASSIGN(const DeclaredEffects declared, DeclaredEffects::read(*machine.files, request.declared));
  TRY_ASSIGN(const RecordedEffects recorded, RecordedEffects::read(*machine.files, request.recorded));
  TRY_ASSIGN(ScriptState state, begin(request, tree));
  std::vector<ScriptCoverage> coverage;
  for (const Job& job : jobs_of(request)) {
    Covered covered = cover(job, state, declared, recorded, request);
    if (covered.error) covered.coverage = {covered.coverage.package, covered.coverage.version, covered.coverage.script, covered.coverage.sha256,
                                           ScriptCoverage::By::Nothing, "covered, but " + covered.error->message};
    if (covered.after) state = std::move(*covered.after);
    coverage.push_back(std::move(covered.coverage));
  }
  return coverage;
}

Result<EffectsResult> apply_effects(const EffectsRequest& request, const TreeView& tree, host::Machine& machine) {
  TRY_ASSIGN(const DeclaredEffects declared, DeclaredEffects::read(*machine.files, request.declared));
  TRY_ASSIGN(RecordedEffects recorded, RecordedEffects::read(*machine.files, request.recorded));
  TRY_ASSIGN(ScriptState state, begin(request, tree));
  EffectsResult result;
  std::vector<std::string> open;  // scripts that nothing covers, and where following them ended
  for (const Job& job : jobs_of(request)) {
    Covered covered = cover(job, state, declared, recorded, request);
    const std::string what = fmt::format("apply script {} of package '{}'", job.script, job.package->name);
    if (covered.coverage.by == ScriptCoverage::By::Nothing && request.run_scripts && runs_here(request.architecture)) {
      TRY_ASSIGN(RecordedScript played, rehearse({state, origin_of(job, request), job.package->control, arguments_of(job.script), request.scratch}, machine));
      result.notes.push_back(fmt::format("script {} of package '{}' ran in a sandbox: {} changed paths and {} commands go into '{}'", job.script, job.package->name, played.changes.size(),
                                         played.commands.size(), request.recorded.string()));
      recorded.add(std::move(played));
      TRY(recorded.write(*machine.files, request.recorded));
      covered = cover(job, state, declared, recorded, request);
    }
    if (covered.error) return cannot(fmt::format("{} as {}", what, covered.coverage.by == ScriptCoverage::By::Declared ? "declared" : "recorded"), std::move(*covered.error));
    if (covered.coverage.by == ScriptCoverage::By::Nothing) {
      open.push_back(fmt::format("{} of '{}': {}", job.script, job.package->name, covered.coverage.reason));
      continue;
    }
    if (covered.changed)
      result.notes.push_back(fmt::format("script {} of package '{}' ({}) is not one that its declared effect was written for; its SHA-256 is {}", job.script, job.package->name,
                                         job.package->version, covered.coverage.sha256));
    state = std::move(*covered.after);
  }
  if (!open.empty())
    return cannot(Kind::Invalid, "apply what maintainer scripts do", fmt::format("{}; declare the effect of each below '{}' (docs/formats/effects.md), {}, or leave the package out",
                                                                                join(open, "; "), request.declared.string(),
                                                                                runs_here(request.architecture) ? "record it with --record-effects" : "record it where programs of its architecture run"));
  TRY(finish(state, request, result));
  return result;
}

}  // namespace ashlar::build
