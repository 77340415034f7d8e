#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "attest/inner/describing.h"
#include "attest/licence.h"
#include "attest/purl.h"
#include "attest/sbom.h"
#include "base/json.h"
#include "base/text.h"
#include "deb/package.h"
#include "inventory/paths.h"

namespace ashlar::attest {
namespace {

using inventory::Contents;
using inventory::InstalledPackage;

constexpr std::string_view claim_path = "usr/share/ashlar/image.json";
constexpr std::string_view origins_path = "usr/share/ashlar/packages.json";
constexpr std::string_view doc_folder = "usr/share/doc/";

/// `KEY=value` or `KEY="value"` of os-release(5).
std::string setting(std::string_view text, std::string_view key) {
  for (const std::string_view line : Parts(text, '\n')) {
    const auto [name, value] = cut(line, '=');
    if (name != key) continue;
    std::string out;
    for (size_t at = 0; at < value.size(); ++at) {
      if (value[at] == '"' || value[at] == '\'') continue;
      if (value[at] == '\\' && at + 1 < value.size()) ++at;
      out += value[at];
    }
    return out;
  }
  return {};
}

std::string_view text_at(const Contents& contents, std::string_view path) {
  const auto found = contents.texts.find(std::string(path));
  return found == contents.texts.end() ? std::string_view() : std::string_view(found->second);
}

/// `debian-13`, from os-release; where that has no version, with the one that image.json says of the same distribution.
std::string distribution_of(const Contents& contents, const std::string& stated) {
  std::string_view text = text_at(contents, "usr/lib/os-release");
  if (text.empty()) text = text_at(contents, "etc/os-release");
  const std::string id = setting(text, "ID"), version = setting(text, "VERSION_ID");
  if (!id.empty() && version.empty() && stated.starts_with(id + "-")) return stated;
  return id.empty() || version.empty() ? id : id + "-" + version;
}

/// A JSON file of the image that says something of itself; an empty object when it is not there or is none.
Json statement(const Contents& contents, std::string_view path) {
  const std::string_view text = text_at(contents, path);
  auto json = text.empty() ? Result<Json>(Json::object()) : parse_json(text, path);
  return json && json->is_object() ? std::move(*json) : Json::object();
}

/// Archive, path and digest of a package's .deb where packages.json knows them for this version.
void add_origin(const Json& origins, const InstalledPackage& package, SbomPackage& out) {
  if (!origins.contains("packages") || !origins.at("packages").is_object() || !origins.at("packages").contains(package.name)) return;
  const Json& origin = origins.at("packages").at(package.name);
  if (!origin.is_object()) return;
  const auto text = [&](const char* key) { return get_string(origin, key).value_or(std::string()); };
  if (text("version") != package.version || !Digest::parse_hex(text("sha256"))) return;
  out.sha256 = text("sha256");
  out.location = deb_location(text("archive"), text("suite"), text("path"));
}

Licence licence_of(const Contents& contents, inventory::PathResolver& resolver, const InstalledPackage& package) {
  const std::string path = fmt::format("{}{}/copyright", doc_folder, package.name);
  const std::string there = resolver.follow(path);
  const auto text = contents.texts.find(there);
  if (text == contents.texts.end()) return {{}, {}, fmt::format("not known: there is no /{}", path)};
  return read_copyright(text->second, there);
}

/// Which installed packages a name stands for: those called so, and those that provide it.
std::map<std::string, std::set<std::string>> providers_of(const Contents& contents) {
  std::map<std::string, std::set<std::string>> out;
  for (const InstalledPackage& package : contents.packages) {
    out[package.name].insert(package.name);
    const auto provided = deb::parse_relations(package.provides);
    if (!provided) continue;
    for (const deb::Clause& clause : *provided) out[clause.front().name].insert(package.name);
  }
  return out;
}

/// As the lock of an image resolves them: of each clause the first alternative that is there.
std::vector<std::string> depends_of(const InstalledPackage& package, const std::map<std::string, std::set<std::string>>& providers) {
  std::set<std::string> out;
  for (const std::string* field : {&package.pre_depends, &package.depends}) {
    const auto clauses = deb::parse_relations(*field);
    if (!clauses) continue;
    for (const deb::Clause& clause : *clauses) {
      const auto first = std::ranges::find_if(clause, [&](const deb::Alternative& each) { return providers.contains(each.name); });
      if (first != clause.end()) out.insert(providers.at(first->name).begin(), providers.at(first->name).end());
    }
  }
  out.erase(package.name);
  return {out.begin(), out.end()};
}

std::vector<SbomFile> files_of(const Contents& contents, const inventory::Ownership& ownership) {
  std::vector<SbomFile> out;
  for (const auto& [path, file] : contents.files) {
    if (!file.content) continue;
    const auto owned = ownership.files.find(path);
    SbomFile row{path, file.content->hex(), file.sha1, {}, inventory::Standing::Unowned};
    if (owned != ownership.files.end()) {
      row.owner = owned->second.owner;
      row.standing = owned->second.standing;
    }
    out.push_back(std::move(row));
  }
  return out;
}

/// The configuration's time, or the newest of any file.
Time created_of(const Contents& contents) {
  if (const auto time = Time::parse(contents.config.created); time) return *time;
  Time newest;
  for (const auto& [path, file] : contents.files) newest = std::max(newest, Time{file.entry.mtime});
  return newest;
}

/// Of a root file system, which has no digest of its own: over paths and contents.
std::string digest_of(const std::vector<SbomFile>& files) {
  Hasher hasher;
  for (const SbomFile& file : files) hasher.update(file.sha256).update("  ").update(file.path).update("\n");
  return hasher.finish().str();
}

/// Whether the file that names a component is one that a package of the distribution has.
bool is_of_package(const inventory::Component& component, const inventory::Ownership& ownership) {
  using inventory::Standing;
  const auto owned = ownership.files.find(cut(component.path, '!').first);
  if (owned == ownership.files.end() || !owned->second.owner.starts_with("package:")) return false;
  return owned->second.standing == Standing::Verified || owned->second.standing == Standing::Listed || owned->second.standing == Standing::Claimed;
}

/// Packages of other distributions' families and of languages.
void add_components(const std::vector<inventory::Component>& found, const inventory::Ownership& ownership, Sbom& out) {
  std::set<std::string> purls;
  for (const SbomPackage& each : out.packages) purls.insert(each.purl);
  const size_t dash = out.distribution.rfind('-');
  const std::string_view id = std::string_view(out.distribution).substr(0, dash), release = dash == std::string::npos ? std::string_view() : std::string_view(out.distribution).substr(dash + 1);
  for (const inventory::Component& each : found) {
    if (each.type == "deb" || each.name.empty() || is_of_package(each, ownership)) continue;
    SbomPackage row;
    row.name = each.name, row.version = each.version, row.architecture = each.architecture;
    row.purl = component_purl(each, id, release);
    row.source = each.source, row.source_version = each.source_version;
    row.supplier = each.maintainer;
    row.path = each.path;
    row.licence.comment = fmt::format("not known: it is not read from /{}", each.path);
    if (purls.insert(row.purl).second) out.packages.push_back(std::move(row));
  }
}

std::string label(const Contents& contents, const char* name) {
  const auto found = contents.config.labels.find(name);
  return found == contents.config.labels.end() ? std::string() : found->second;
}

}  // namespace

bool tells_licences(std::string_view path) {
  return path == claim_path || path == origins_path || path == "usr/lib/os-release" || path == "etc/os-release" || (path.starts_with(doc_folder) && path.ends_with("/copyright"));
}

Result<Sbom> describe(const Contents& contents, const inventory::Ownership& ownership, const Subject& subject, const std::vector<inventory::Component>& found) {
  Sbom out;
  out.kind = subject.kind;
  const Json claim = statement(contents, claim_path), origins = statement(contents, origins_path);
  const std::string stated = get_string(claim, "image").value_or(std::string());
  out.name = stated.empty() ? subject.name : stated;
  out.supplier = supplier_of(label(contents, "org.opencontainers.image.vendor"), stated);
  out.platform = contents.platform.str();
  out.distribution = distribution_of(contents, get_string(claim, "distribution").value_or(std::string()));
  out.created = created_of(contents);
  out.files = files_of(contents, ownership);
  out.version = subject.kind == Sbom::Kind::Image ? contents.manifest.digest.str() : digest_of(out.files);
  inventory::PathResolver resolver(contents.files);
  const auto providers = providers_of(contents);
  for (const InstalledPackage& package : contents.packages) {
    SbomPackage row;
    row.name = package.name, row.version = package.version, row.architecture = package.architecture;
    row.source = package.source, row.source_version = package.source_version;
    row.supplier = package.maintainer, row.homepage = package.homepage;
    row.purl = deb_purl({row.name, row.version, row.architecture, row.source, row.source_version, out.distribution});
    row.depends = depends_of(package, providers);
    row.licence = licence_of(contents, resolver, package);
    add_origin(origins, package, row);
    out.packages.push_back(std::move(row));
  }
  add_components(found, ownership, out);
  return out;
}

}  // namespace ashlar::attest
