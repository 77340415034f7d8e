#include "build/effects.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/digest.h"
#include "build/inner/ca_bundle.h"
#include "build/inner/declared.h"
#include "build/inner/ld_cache.h"
#include "build/inner/script.h"

namespace ashlar::build {
namespace {

/// The scripts that run when a package is installed for the first time, with their arguments (Policy 6.5).
struct Stage {
  const char* script;
  std::vector<std::string> arguments;
};

std::string templates_of(const ScriptedPackage& package) {
  const auto found = package.control.find("templates");
  return found == package.control.end() ? std::string() : found->second;
}

/// Follows every script in order; those that nothing covers are reported with where recognition ended.
Result<std::vector<ScriptCoverage>> follow(const EffectsRequest& request, const Declarations& declared, std::optional<ScriptState>& state) {
  std::vector<ScriptCoverage> out;
  // dpkg unpacks all before it configures any.
  for (const Stage& stage : {Stage{"preinst", {"install"}}, Stage{"postinst", {"configure", ""}}}) {
    for (const ScriptedPackage& package : request.packages) {
      const auto script = package.control.find(stage.script);
      if (script == package.control.end()) continue;
      ScriptCoverage coverage{package.name, package.version, stage.script, Digest::of(script->second).hex(), ScriptCoverage::By::Nothing, {}};
      if (const Declaration* found = declared.find(package.name, stage.script)) {
        coverage.by = ScriptCoverage::By::Declared;
        coverage.reason = found->reason;
        TRY(apply_declaration(*found, *state));
        out.push_back(std::move(coverage));
        continue;
      }
      const ScriptState before = *state;  // a script that is not understood must leave nothing behind
      state->world.effect = fmt::format("script:{}.{}", package.name, stage.script);
      const ScriptOrigin origin{package.name, package.version, package.architecture, stage.script, templates_of(package)};
      const Done done = Script(*state, origin).run(script->second, stage.arguments);
      if (done) {
        coverage.by = ScriptCoverage::By::Recognised;
      } else {
        coverage.reason = done.error().message;
        state.emplace(before);
      }
      out.push_back(std::move(coverage));
    }
  }
  return out;
}

Result<std::optional<ScriptState>> open(const EffectsRequest& request, const TreeView& tree) {
  World world(tree, request.mtime);
  TRY_ASSIGN(auto accounts, AccountBook::open(*request.definition, world));
  return std::optional<ScriptState>(ScriptState{world, std::move(accounts), {}, false, false});
}

}  // namespace

Result<std::vector<ScriptCoverage>> cover_scripts(const EffectsRequest& request, const TreeView& tree, host::Machine& machine) {
  TRY_ASSIGN(const auto declared, read_declarations(*machine.files, request.declared));
  TRY_ASSIGN(auto state, open(request, tree));
  return follow(request, declared, state);
}

Result<EffectsResult> apply_effects(const EffectsRequest& request, const TreeView& tree, host::Machine& machine) {
  TRY_ASSIGN(const auto declared, read_declarations(*machine.files, request.declared));
  TRY_ASSIGN(auto state, open(request, tree));
  TRY_ASSIGN(const auto coverage, follow(request, declared, state));
  std::vector<std::string> open_scripts;
  for (const ScriptCoverage& each : coverage) {
    if (each.by == ScriptCoverage::By::Nothing) open_scripts.push_back(fmt::format("{} of package '{}' {} ({})", each.script, each.package, each.version, each.reason));
  }
  if (!open_scripts.empty())
    return cannot(Kind::Conflict, fmt::format("cover the maintainer scripts of '{}'", request.definition->image),
                  fmt::format("no effect is declared and the script is not understood: {}; declare what it does in effects/, or exclude the package", fmt::join(open_scripts, "; ")));
  const bool full = request.definition->variant == plan::Variant::Dev;
  state->world.effect = "alternatives";
  TRY(state->alternatives.write(state->world, full));
  state->world.effect = "accounts";
  TRY(state->accounts.write(state->world, full));
  state->world.effect = "ca-bundle";
  if (state->ca_bundle) TRY(write_ca_bundle(state->world, request.as_of, state->ca_links));
  state->world.effect = "ld-cache";
  TRY(write_ld_cache(state->world, request.architecture));
  EffectsResult out;
  TRY_ASSIGN(out.changes, state->world.changes());
  out.accounts = state->accounts.accounts;
  return out;
}

}  // namespace ashlar::build
