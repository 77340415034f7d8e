#pragma once
// What this machine has at hand to hold an image against: the definition with its sources, the packages in the cache, recorded effects.
#include "inventory/known.h"
#include "pipeline/workshop.h"
#include "plan/definition.h"
#include "plan/lock.h"

namespace ashlar::pipeline {

/// What the definition (for one platform) declares beside packages, with the digests of its files: of literal texts, of sources in its catalogue, of
/// downloads by checksum or lock. A source that is not there leaves the bytes open. `release`: what the distribution says of itself.
inventory::Declared declared_of(host::Files& files, const plan::Definition& definition, const plan::LockedPlatform* locked, const plan::OsRelease& release);

/// What recorded scripts of the packages, in the versions that the image has, made.
Result<std::map<std::string, inventory::KnownPaths, std::less<>>> recorded_of(host::Files& files, const host::Path& effects, const inventory::Contents& contents);

/// Whether add_packages() would find the file with this SHA-256.
bool at_hand(Workshop& workshop, std::string_view sha256_hex);
/// Of each package of the image the paths of its own file: of the lock's where the version is the same, else of the one that the image names itself
/// (usr/share/ashlar/packages.json), if the cache has it and it is that package. With a lock, what is neither is a stranger. Each file is read once,
/// and what was found kept below `shipped` in the cache.
void add_packages(Workshop& workshop, const inventory::Contents& contents, const plan::LockedPlatform* locked, inventory::Known& known);

}  // namespace ashlar::pipeline
