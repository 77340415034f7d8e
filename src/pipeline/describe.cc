#include "pipeline/describe.h"

#include <optional>

#include <fmt/format.h>

#include "inventory/inventory.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/copyrights.h"
#include "pipeline/inner/kept_layers.h"

namespace ashlar::pipeline {
namespace {

/// The definition that a lock lies beside, if it does.
host::Path definition_of(const std::string& lock) {
  constexpr std::string_view suffix = ".lock.json";
  return lock.ends_with(suffix) ? host::Path(lock.substr(0, lock.size() - suffix.size()) + ".yaml") : host::Path();
}

Result<attest::Sbom> describe_lock(host::Machine& machine, const host::Path& path, const host::Path& definition_path, const std::string& platform) {
  host::Files& files = *machine.files;
  if (!files.exists(path) && files.exists(definition_path))
    return cannot(Kind::NotFound, fmt::format("describe '{}'", definition_path.string()), fmt::format("it has no lock yet; make it with `ashlar lock {}`", definition_path.string()));
  TRY_ASSIGN(const std::string text, files.read(path));
  TRY_ASSIGN(const plan::Lock lock, plan::read_lock(text, path.string()));
  if (lock.platforms.empty()) return cannot(Kind::Invalid, fmt::format("describe '{}'", path.string()), "it locks no platform");
  const std::string chosen = platform.empty() ? lock.platforms.begin()->first : platform;
  const auto locked = lock.platforms.find(chosen);
  attest::CopyrightOf copyright_of;
  if (const auto folders = host::folders(machine); folders && locked != lock.platforms.end())
    copyright_of = [copyrights = Copyrights(files, folders->cache, locked->second)](const plan::LockedPackage& package) { return copyrights.of(package); };
  if (definition_path.empty() || !files.exists(definition_path)) return attest::describe(lock, chosen, nullptr, copyright_of);
  TRY_ASSIGN(const plan::Definition whole, load_definition(files, definition_path));
  TRY_ASSIGN(const plan::Definition definition, plan::for_platform(whole, chosen));
  return attest::describe(lock, chosen, &definition, copyright_of);
}

}  // namespace

Result<attest::Sbom> describe(host::Machine& machine, const std::string& target, const std::string& platform, bool again) {
  const auto ref = oci::ImageRef::parse(target);
  const bool named = ref && ref->transport != oci::Transport::Registry;  // `dir:x.yaml` is a folder
  if (!named && target.ends_with(".lock.json")) return describe_lock(machine, target, definition_of(target), platform);
  if (!named && (target.ends_with(".yaml") || target.ends_with(".yml"))) return describe_lock(machine, lock_path(target), target, platform);
  TRY_ASSIGN(auto opened, inventory::open_target(machine, target, platform));
  const auto keep = [](std::string_view path) { return inventory::tells_owners(path) || attest::tells_licences(path); };
  const auto shelf = kept_layers(machine, "sbom", again);
  std::optional<Result<inventory::Ownership>> judged;
  const auto judge = [&](const inventory::Contents& contents) { judged = inventory::judge_owners(contents, nullptr); };
  TRY_ASSIGN(const auto read, inventory::read_inventory(opened, {.onlooker = {}, .keep = keep, .sha1 = true, .md5 = true, .shelf = shelf ? &*shelf : nullptr}, judge));
  TRY_ASSIGN(auto ownership, std::move(*judged));
  inventory::add_listed(ownership, read.contents, read.found.components);
  const bool folder = opened.ref.transport == oci::Transport::Folder;
  TRY_ASSIGN(auto out, attest::describe(read.contents, ownership, {folder ? attest::Sbom::Kind::RootFs : attest::Sbom::Kind::Image, opened.ref.location}, read.found.components));
  out.notes = read.found.notes;
  return out;
}

}  // namespace ashlar::pipeline
