#include "pipeline/supplies.h"

#include <algorithm>

#include <fmt/format.h>

namespace ashlar::pipeline {
namespace {

/// What the platforms take and the cache lacks.
struct Missing {
  std::vector<deb::ArchiveReader::Wanted> packages;
  std::vector<deb::ArchiveReader::WantedFile> files;
};

Result<Missing> missing(const Supplies& supplies) {
  Missing out;
  const host::Blobs& cache = supplies.cache.packages();
  for (const oci::Platform& platform : supplies.platforms) {
    const plan::LockedPlatform& locked = supplies.lock.platforms.at(platform.str());
    for (const plan::LockedPackage& package : locked.packages) {
      TRY_ASSIGN(const Digest digest, Digest::parse_hex(package.sha256));
      if (!cache.has(digest)) out.packages.push_back({package.archive, package.suite, package.path, package.sha256, package.size});
    }
    for (const plan::LockedFile& file : locked.files) {
      TRY_ASSIGN(const Digest digest, Digest::parse_hex(file.sha256));
      if (!cache.has(digest)) out.files.push_back({file.url, file.sha256, file.size});
    }
  }
  return out;
}

struct Damaged {
  std::string what;  ///< `package 'jq'`
  Digest digest;
};

Result<std::vector<Damaged>> find_damaged(const Supplies& supplies) {
  std::vector<Damaged> out;
  const auto look = [&](std::string what, const std::string& hex) -> Done {
    TRY_ASSIGN(const Digest digest, Digest::parse_hex(hex));
    if (std::any_of(out.begin(), out.end(), [&](const Damaged& each) { return each.digest == digest; })) return {};
    if (!supplies.cache.packages().has(digest)) return {};
    TRY_ASSIGN(const bool whole, supplies.cache.packages().is_whole(digest));
    if (!whole) out.push_back({std::move(what), digest});
    return {};
  };
  for (const oci::Platform& platform : supplies.platforms) {
    const plan::LockedPlatform& locked = supplies.lock.platforms.at(platform.str());
    for (const plan::LockedPackage& package : locked.packages) TRY(look(fmt::format("package '{}'", package.name), package.sha256));
    for (const plan::LockedFile& file : locked.files) TRY(look(fmt::format("file '{}'", file.path), file.sha256));
  }
  return out;
}

}  // namespace

Done fetch(const Supplies& supplies) {
  TRY_ASSIGN(const Missing wanted, missing(supplies));
  if (wanted.packages.empty() && wanted.files.empty()) return {};
  TRY_ASSIGN(Sources sources, sources_of(supplies.workshop, supplies.definition, supplies.options));
  deb::ArchiveReader reader = open_archives(supplies.workshop, std::move(sources.access), supplies.options.offline);
  TRY(reader.fetch(wanted.packages, sources.archives));
  return reader.fetch_files(wanted.files);
}

Result<bool> heal(const Supplies& supplies) {
  TRY_ASSIGN(const auto damaged, find_damaged(supplies));
  if (damaged.empty()) return false;
  std::vector<std::string> names;
  for (const Damaged& each : damaged) names.push_back(each.what);
  const std::string what = fmt::format("{}", fmt::join(names, ", "));
  if (supplies.options.offline)
    return cannot(Kind::Corrupt, fmt::format("build '{}'", supplies.definition.path), fmt::format("damaged in the cache: {}; build once without --offline, and what is damaged is fetched again", what));
  supplies.workshop.progress.note(fmt::format("damaged in the cache, fetched again: {}", what));
  for (const Damaged& each : damaged) TRY(supplies.cache.packages().remove(each.digest));
  TRY(fetch(supplies));
  return true;
}

}  // namespace ashlar::pipeline
