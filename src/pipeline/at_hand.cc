#include "pipeline/inner/at_hand.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/format.h>

#include "base/json.h"
#include "base/parallel.h"
#include "build/probe.h"
#include "build/recorded_files.h"
#include "inventory/package_files.h"
#include "pipeline/archives.h"
#include "pipeline/catalog.h"

namespace ashlar::pipeline {
namespace {

using inventory::KnownPath;
constexpr int deepest = 32;

std::string plain(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

KnownPath file_of(host::Files& files, const host::Path& path) {
  const auto text = files.read(path);
  return {FileType::Regular, text ? std::optional(Digest::of(*text)) : std::nullopt, {}};
}

/// A folder of the catalogue, with everything in it.
void add_folder(host::Files& files, const host::Path& source, const std::string& path, int depth, inventory::Declared& out) {
  out.paths.insert_or_assign(path, KnownPath{FileType::Directory, {}, {}});
  const auto names = depth > deepest ? Result<std::vector<std::string>>(std::vector<std::string>()) : files.list(source);
  if (!names) return;
  for (const std::string& name : *names) {
    const auto stat = files.stat(source / name);
    if (stat && stat->type == host::NodeType::Directory) add_folder(files, source / name, path + "/" + name, depth + 1, out);
    else out.paths.insert_or_assign(path + "/" + name, file_of(files, source / name));
  }
}

/// One rule, as `build` applies it after those before it.
void add_rule(host::Files& files, const std::optional<host::Path>& root, const plan::PathRule& rule, inventory::Declared& out) {
  const std::string path = plain(rule.path);
  const bool in_image = rule.source.starts_with('/');
  if (rule.type == plan::PathType::Delete) {
    const std::string below = path + "/";
    std::erase_if(out.paths, [&](const auto& each) { return each.first == path || each.first.starts_with(below); });
    out.copies.erase(path);
    return;
  }
  if (rule.type == plan::PathType::Symlink) {
    out.paths.insert_or_assign(path, KnownPath{FileType::Symlink, {}, rule.source});
  } else if (rule.type == plan::PathType::EmptyFile) {
    out.paths.insert_or_assign(path, KnownPath{FileType::Regular, Digest::of(std::string_view()), {}});
  } else if (rule.content) {
    out.paths.insert_or_assign(path, KnownPath{FileType::Regular, Digest::of(*rule.content), {}});
  } else if (!rule.source.empty() && !in_image) {
    const auto stat = root ? files.stat(*root / rule.source) : Result<host::FileStat>(fail(Kind::NotFound, ""));
    if (stat && stat->type == host::NodeType::Directory) add_folder(files, *root / rule.source, path, 0, out);
    else if (rule.type == plan::PathType::File) out.paths.insert_or_assign(path, root ? file_of(files, *root / rule.source) : KnownPath{});
    else out.kept.insert(path);
  } else if (rule.type == plan::PathType::File && in_image) {
    out.paths.erase(path);
    out.copies[path] = plain(rule.source);
  } else if (rule.type == plan::PathType::Directory && !rule.recursive) {
    out.paths.insert_or_assign(path, KnownPath{FileType::Directory, {}, {}});
  } else if (!out.paths.contains(path) || rule.type == plan::PathType::Directory) {
    out.kept.insert(path);
  }
}

/// Where the image says that its packages came from: SHA-256 by name, where the version is the installed one.
std::map<std::string, Digest> named_files(const inventory::Contents& contents) {
  std::map<std::string, Digest> out;
  const auto text = contents.texts.find("usr/share/ashlar/packages.json");
  if (text == contents.texts.end()) return out;
  const auto json = parse_json(text->second, text->first);
  if (!json || !json->is_object() || !json->contains("packages") || !json->at("packages").is_object()) return out;
  for (const auto& [name, from] : json->at("packages").items()) {
    const auto sha256 = from.is_object() ? get_string(from, "sha256") : Result<std::string>(fail(Kind::Corrupt, ""));
    const auto digest = sha256 ? Digest::parse_hex(*sha256) : Result<Digest>(fail(Kind::Corrupt, ""));
    if (digest) out.emplace(name, *digest);
  }
  return out;
}

host::Path record_path(const Workshop& workshop, std::string_view sha256_hex) { return workshop.folders.cache / "shipped" / (std::string(sha256_hex) + ".json"); }

/// The paths of a package's file in the cache; nothing when it is not there, or damaged.
std::optional<inventory::PackageFiles> files_of(Workshop& workshop, const host::Blobs& packages, const Digest& digest) {
  host::Files& files = *workshop.machine.files;
  const host::Path record = record_path(workshop, digest.hex());
  if (const auto text = files.read(record)) {
    if (auto known = inventory::read_package_record(*text, record.string())) {
      (void)files.touch(record);
      return std::move(*known);
    }
  }
  auto open = packages.open(digest);
  if (!open) return std::nullopt;
  auto read = inventory::read_package_files(host::stream(std::move(*open)), digest, fmt::format("read package '{}'", digest.hex()));
  if (!read) return std::nullopt;
  if (files.make_folders(record.parent_path())) (void)files.write(record, inventory::to_text(*read), host::Durability::Cache);
  return std::move(*read);
}

/// One package of the image, and the file that it is to be held against.
struct Wanted {
  const inventory::InstalledPackage* package;
  std::optional<Digest> digest;
  std::string stranger;  ///< why it is one when no file bears it out
  std::optional<inventory::PackageFiles> found = {};
};

std::vector<Wanted> wanted_of(const inventory::Contents& contents, const plan::LockedPlatform* locked) {
  const auto named = named_files(contents);
  std::vector<Wanted> out;
  for (const inventory::InstalledPackage& package : contents.packages) {
    Wanted wanted{&package, {}, {}};
    if (const auto own = named.find(package.name); own != named.end()) wanted.digest = own->second;
    if (locked != nullptr) {
      const auto same = std::ranges::find(locked->packages, package.name, &plan::LockedPackage::name);
      const bool there = same != locked->packages.end();
      const auto digest = there && same->version == package.version ? Digest::parse_hex(same->sha256) : Result<Digest>(fail(Kind::NotFound, ""));
      if (digest) wanted.digest = *digest;
      else wanted.stranger = there ? fmt::format("it is version {}, and the lock names {}", package.version, same->version) : fmt::format("it is version {}, and the lock does not name it", package.version);
    }
    out.push_back(std::move(wanted));
  }
  return out;
}

}  // namespace

inventory::Declared declared_of(host::Files& files, const plan::Definition& definition, const plan::LockedPlatform* locked, const plan::OsRelease& release) {
  inventory::Declared out;
  // Where the definition says nothing, what base-files brings goes before the distribution's; without a lock nobody knows whether it is there.
  const bool without = locked != nullptr && std::ranges::find(locked->packages, "base-files", &plan::LockedPackage::name) == locked->packages.end();
  const plan::OsRelease& os = definition.os_release;
  const auto os_release = without || !os.id.empty() || !os.name.empty() ? build::os_release_text(definition, release) : std::nullopt;
  if (const std::string version = build::debian_version_text(definition, release); !version.empty()) out.paths["etc/debian_version"] = KnownPath{FileType::Regular, Digest::of(version), {}};
  out.paths["usr/lib/os-release"] = KnownPath{FileType::Regular, os_release ? std::optional(Digest::of(*os_release)) : std::nullopt, {}};
  out.paths["etc/os-release"] = KnownPath{FileType::Symlink, {}, "../usr/lib/os-release"};
  for (const plan::Download& each : definition.files) {
    constexpr std::string_view sha256 = "sha256:";
    std::string hex = each.checksum.starts_with(sha256) ? each.checksum.substr(sha256.size()) : std::string();
    if (locked != nullptr) {
      const auto same = std::ranges::find_if(locked->files, [&](const plan::LockedFile& file) { return file.path == each.path && file.url == each.url; });
      if (same != locked->files.end()) hex = same->sha256;
    }
    const auto digest = Digest::parse_hex(hex);
    out.paths[plain(each.path)] = KnownPath{FileType::Regular, digest ? std::optional(*digest) : std::nullopt, {}};
  }
  const auto root = catalog_root(files, definition);
  for (const plan::PathRule& rule : definition.paths) add_rule(files, root ? std::optional(*root) : std::nullopt, rule, out);
  if (definition.health) out.probes = build::probe_digests();
  return out;
}

Result<std::map<std::string, inventory::KnownPaths, std::less<>>> recorded_of(host::Files& files, const host::Path& effects, const inventory::Contents& contents) {
  std::map<std::string, inventory::KnownPaths, std::less<>> out;
  TRY_ASSIGN(const auto recorded, build::recorded_files(files, effects));
  for (const build::RecordedFile& each : recorded) {
    const auto same = [&](const inventory::InstalledPackage& package) { return package.name == each.package && package.version == each.version; };
    if (std::ranges::any_of(contents.packages, same)) out[each.package + "." + each.script].insert_or_assign(each.path, KnownPath{each.type, each.content, each.link});
  }
  return out;
}

bool at_hand(Workshop& workshop, std::string_view sha256_hex) {
  const auto digest = Digest::parse_hex(sha256_hex);
  return digest && (workshop.machine.files->exists(record_path(workshop, sha256_hex)) || open_archives(workshop, {}, true).packages().has(*digest));
}

void add_packages(Workshop& workshop, const inventory::Contents& contents, const plan::LockedPlatform* locked, inventory::Known& known) {
  std::vector<Wanted> all = wanted_of(contents, locked);
  deb::ArchiveReader reader = open_archives(workshop, {}, true);
  const host::Blobs& packages = reader.packages();
  in_parallel(all.size(), 0, [&](size_t at, size_t) {
    if (all[at].digest) all[at].found = files_of(workshop, packages, *all[at].digest);
  });
  for (Wanted& each : all) {
    const std::string& name = each.package->name;
    const bool same = each.found && each.found->name == name && each.found->version == each.package->version;
    if (same) known.packages.insert_or_assign(name, std::move(*each.found));
    else if (each.found && each.stranger.empty()) known.strangers[name] = fmt::format("the file that the image names for it is that of '{}' {}", each.found->name, each.found->version);
    else if (!each.stranger.empty()) known.strangers[name] = std::move(each.stranger);
  }
}

}  // namespace ashlar::pipeline
