#include "pipeline/archives.h"

#include <fmt/format.h>

namespace ashlar::pipeline {
namespace {

deb::FetchOptions fetch_options(deb::Access access, bool offline) {
  deb::FetchOptions options;
  options.offline = offline;
  options.access = std::move(access);
  return options;
}

}  // namespace

Result<Sources> sources_of(Workshop& workshop, const plan::Definition& definition, const LockOptions& options) {
  const std::string what = fmt::format("find the archives of '{}'", definition.path);
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(auto distribution, deb::load_distribution(files, workshop.data / "distributions", definition.distribution, workshop.config.distributions));
  for (deb::Distribution::Part& part : distribution.parts) {
    if (options.proposed) part.suites.insert(part.suites.end(), part.proposed.begin(), part.proposed.end());
  }
  deb::AptSetup apt = deb::read_apt(files, workshop.progress);
  const deb::MirrorChoice choice{options.mirrors, workshop.config.mirrors, workshop.config.keyrings, workshop.data / "keyrings"};
  Sources out;
  TRY_ASSIGN(out.archives, deb::distribution_archives(files, distribution, choice, apt, workshop.progress));
  out.access = std::move(apt.access);
  if (options.only_distribution) out.stand_ins = distribution.stand_ins;
  if (options.only_distribution || definition.repositories.empty()) return out;

  deb::ThirdParty wanted;
  wanted.lines = definition.repositories;
  wanted.keyrings = definition.keyrings;
  wanted.accepted = options.accept_keys;
  wanted.accepted.insert(wanted.accepted.end(), workshop.config.accept_keys.begin(), workshop.config.accept_keys.end());
  for (const deb::Archive& archive : out.archives) {
    if (!archive.security) wanted.fallback_keyrings = archive.keyrings;
  }
  wanted.keyring_folders = workshop.config.keyrings;
  auto theirs = deb::third_party_archives(workshop.machine, wanted, fetch_options(out.access, options.offline), workshop.folders.cache);
  if (!theirs) return cannot(what, std::move(theirs).error());
  out.archives.insert(out.archives.end(), theirs->begin(), theirs->end());
  return out;
}

Result<plan::OsRelease> release_of(const Workshop& workshop, const plan::Definition& definition, const plan::Lock* lock) {
  if (!definition.os_release.id.empty()) return plan::OsRelease{};
  if (lock != nullptr && !lock->os_release.id.empty()) return lock->os_release;
  TRY_ASSIGN(const auto distribution, deb::load_distribution(*workshop.machine.files, workshop.data / "distributions", definition.distribution, workshop.config.distributions));
  plan::OsRelease out;
  out.id = distribution.id, out.name = distribution.title;
  out.version_id = distribution.release, out.version_codename = distribution.codename;
  out.pretty_name = fmt::format("{} {} ({})", distribution.title, distribution.release, distribution.codename);
  return out;
}

deb::ArchiveReader open_archives(Workshop& workshop, deb::Access access, bool offline) {
  return {workshop.machine, workshop.folders.cache, workshop.folders.state, fetch_options(std::move(access), offline), workshop.progress};
}

}  // namespace ashlar::pipeline
