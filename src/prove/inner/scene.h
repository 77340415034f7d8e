#pragma once
// Everything that is known of an image when the checks begin.
#include <array>
#include <set>
#include <string>
#include <vector>

#include "inventory/owners.h"
#include "prove/inner/root.h"
#include "prove/inner/watcher.h"
#include "prove/proofs.h"

namespace ashlar::prove {

struct Scene {
  const inventory::Contents& contents;
  const Root& root;
  const FactsByPlace& facts;                             ///< of all layers, also of files that higher layers hide
  const std::map<inventory::Place, std::string>& paths;  ///< of those facts
  const Result<inventory::Ownership>& owners;            ///< an error where the image's own record does not read
  const Yardstick& yardstick;

  const plan::Definition* definition() const { return yardstick.definition; }
  bool is_dev() const { return definition() != nullptr && definition()->variant == plan::Variant::Dev; }
  /// What was found in a regular file or hard link; nothing when there is nothing to tell.
  const FileFacts* facts_of(const inventory::File& file) const {
    const auto found = facts.find(file.bytes);
    return found == facts.end() ? nullptr : &found->second;
  }
  /// Who has this folder or link: a package, by its list or the image's own record, or what its script makes; else empty.
  std::string_view owner_of_folder(std::string_view path) const {
    if (!owners) return {};
    const auto found = owners->files.find(path);
    if (found == owners->files.end()) return {};
    const inventory::Standing standing = found->second.standing;
    using enum inventory::Standing;
    const bool known = standing == Verified || standing == Listed || standing == Claimed || standing == Made;
    return known ? std::string_view(found->second.owner) : std::string_view();
  }
  /// The owner, where the bytes at the path are those that its package's own file has; else empty. What lists in the image say is no more than a claim.
  std::string_view verified_owner(std::string_view path) const {
    if (!owners) return {};
    const auto found = owners->files.find(path);
    return found != owners->files.end() && found->second.standing == inventory::Standing::Verified ? std::string_view(found->second.owner) : std::string_view();
  }
};

/// Whether checks read the text of this file as a whole.
bool is_wanted(std::string_view path);

/// `'/usr/bin/x'`
std::string shown(std::string_view path);
/// A check that passed so far; evidence against it makes it fail, and stands before all other.
Check passing(std::string_view id, std::string_view title);
void against(Check& check, std::string evidence);
Check not_applicable(std::string_view id, std::string_view title, std::string reason);

/// `debian-13` by the image's os-release, or empty.
std::string distribution_of(const Root& root);

Check no_shell(const Scene& scene);
Check no_package_manager(const Scene& scene);
Check no_setuid(const Scene& scene);
Check no_world_writable(const Scene& scene);
Check no_devices(const Scene& scene);
Check nonroot(const Scene& scene);
Check entrypoint(const Scene& scene);
Check health(const Scene& scene);
Check elf_resolves(const Scene& scene);
Check elf_hardening(const Scene& scene);
Check no_secrets(const Scene& scene);
Check no_unowned_files(const Scene& scene);
Check ca_bundle(const Scene& scene);
Check time_zones(const Scene& scene);
Check parents(const Scene& scene);
Check os_release(const Scene& scene);

}  // namespace ashlar::prove
