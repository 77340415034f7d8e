#include "inventory/owners.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "inventory/inner/shipped.h"

namespace ashlar::inventory {
namespace {

constexpr std::string_view claim_path = "usr/share/ashlar/image.json";
constexpr std::string_view schema = "https://ashlar.dev/image/v1";

/// Where an effect may put regular files. Folders and links it may make anywhere: they hold no bytes.
struct Effect {
  std::string_view name;
  std::array<std::string_view, 8> globs;
};
constexpr std::array<Effect, 12> effects = {{
    {"accounts", {"etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid", "etc/*-", "etc/.pwd.lock"}},
    {"alternatives", {"var/lib/dpkg/alternatives/*"}},
    {"apt-sources", {"etc/apt/sources.list.d/*"}},
    {"ca-bundle", {"etc/ssl/certs/**", "etc/ca-certificates.conf", "usr/local/share/ca-certificates/**"}},
    {"certificates", {"usr/local/share/ca-certificates/*.crt"}},
    {"health", {"usr/lib/ashlar/probe"}},
    {"ld-cache", {"etc/ld.so.cache"}},
    {"merged-usr", {}},
    {"owners", {"usr/share/ashlar/image.json"}},
    {"package-database", {"var/lib/dpkg/**", "usr/share/ashlar/packages.json"}},
    {"timezone", {"etc/timezone"}},
    {"volumes", {}},
}};

/// What image.json says.
struct Claim {
  std::map<std::string, std::string> owners;  ///< by path
  std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>, std::less<>> slices;  ///< include and exclude, by package
};

std::vector<std::string> globs_of(const Json& slice, const char* key) {
  std::vector<std::string> out;
  if (!slice.contains(key) || !slice.at(key).is_array()) return out;
  for (const Json& glob : slice.at(key)) {
    if (!glob.is_string()) continue;
    std::string text = glob.get<std::string>();
    out.push_back(text.starts_with('/') ? text.substr(1) : std::move(text));
  }
  return out;
}

Result<Claim> claim_of(const Json& json) {
  if (!json.is_object()) return fail(Kind::Corrupt, "it is no object");
  TRY_ASSIGN(const std::string found, get_string(json, "schema"));
  if (found != schema) return fail(Kind::Corrupt, fmt::format("its schema is '{}', not '{}'", found, schema));
  if (!json.contains("owners") || !json.at("owners").is_object()) return fail(Kind::Corrupt, "it has no object 'owners'");
  Claim claim;
  for (const auto& [owner, paths] : json.at("owners").items()) {
    if (!paths.is_array()) return fail(Kind::Corrupt, fmt::format("the paths of '{}' are no list", owner));
    for (const Json& path : paths) {
      if (!path.is_string()) return fail(Kind::Corrupt, fmt::format("the paths of '{}' are not all texts", owner));
      if (!claim.owners.emplace(path.get<std::string>(), owner).second) return fail(Kind::Corrupt, fmt::format("path '{}' has two owners", path.get<std::string>()));
    }
  }
  if (json.contains("slices") && json.at("slices").is_object()) {
    for (const auto& [package, slice] : json.at("slices").items()) {
      if (slice.is_object()) claim.slices[package] = {globs_of(slice, "include"), globs_of(slice, "exclude")};
    }
  }
  return claim;
}

bool fits(const auto& globs, std::string_view path) {
  return std::ranges::any_of(globs, [&](const auto& glob) { return !glob.empty() && matches_glob(glob, path); });
}

/// A program, whoever may start it.
bool is_elf(const File& file) { return file.front == "\x7f" "ELF"; }

bool has_bytes(const File& file) { return file.entry.type == FileType::Regular || file.entry.type == FileType::HardLink; }

Owned unowned(std::string owner, std::string reason) { return {std::move(owner), Standing::Unowned, std::move(reason)}; }

class Judge {
 public:
  Judge(const Shipped& shipped, const Declared* declared) : shipped_(shipped), declared_(declared) {}

  Owned judge(const std::string& path, const File& file, const std::string& owner) const {
    const auto [kind, name] = cut(owner, ':');
    if (kind == "package") return of_package(path, file, owner, name);
    if (owner == "definition") return of_definition(path, owner);
    if (kind == "effect") return of_effect(path, file, owner, name);
    if (owner == "parent") return file.entry.type == FileType::Directory ? Owned{owner, Standing::Parent, {}} : unowned(owner, "it is no folder");
    return unowned(owner, owner.empty() ? "nobody claims it" : fmt::format("there is no owner '{}'", owner));
  }

  /// Of a path that no image.json names: as the packages list it.
  Owned judge(const std::string& path, const File& file) const {
    const auto package = shipped_.by_path.find(path);
    if (package != shipped_.by_path.end()) return of_package(path, file, "package:" + package->second, package->second);
    if (path.starts_with("var/lib/dpkg/")) return {"effect:package-database", Standing::Made, {}};
    return unowned({}, "no package lists it");
  }

 private:
  Owned of_package(const std::string& path, const File& file, const std::string& owner, std::string_view name) const {
    const auto found = shipped_.packages.find(name);
    if (found == shipped_.packages.end()) return unowned(owner, fmt::format("no package '{}' is installed", name));
    const Shipped::Lists& lists = found->second;
    const bool listed = lists.paths && lists.paths->contains(path);
    if (!has_bytes(file)) {
      const bool bytes_wanted = lists.sums.contains(path);
      if (bytes_wanted) return {owner, Standing::Altered, "the package ships a file here"};
      if (file.entry.type != FileType::Directory && file.entry.type != FileType::Symlink) return unowned(owner, "packages ship no devices, pipes or sockets");
      if (!lists.paths) return {owner, Standing::Claimed, {}};
      return listed ? Owned{owner, Standing::Verified, {}} : unowned(owner, fmt::format("package '{}' does not list it", name));
    }
    const auto sum = lists.sums.find(path);
    if (sum == lists.sums.end()) return unowned(owner, fmt::format("package '{}' lists no digest for it", name));
    if (sum->second == file.md5) return {owner, Standing::Verified, {}};
    return {owner, Standing::Altered, fmt::format("its MD5 is {}, and package '{}' ships {}", file.md5, name, sum->second)};
  }

  Owned of_definition(const std::string& path, const std::string& owner) const {
    if (declared_ == nullptr || declared_->paths.contains(path)) return {owner, Standing::Declared, {}};
    for (size_t end = path.size(); end != std::string::npos && end != 0; end = path.rfind('/', end - 1)) {
      if (declared_->trees.contains(std::string_view(path).substr(0, end))) return {owner, Standing::Declared, {}};
    }
    return unowned(owner, "the definition does not declare it");
  }

  Owned of_effect(const std::string& path, const File& file, const std::string& owner, std::string_view name) const {
    constexpr std::string_view of_script = "script:";
    const bool bytes = has_bytes(file);
    const bool probe = name == "health" && path == "usr/lib/ashlar/probe";
    if (bytes && is_elf(file) && !probe) return unowned(owner, "no effect makes programs");
    if (bytes && probe && declared_ != nullptr && std::ranges::find(declared_->probes, *file.content) == declared_->probes.end()) return unowned(owner, "it is not the probe that ashlar makes");
    if (name.starts_with(of_script)) {
      const std::string_view script = name.substr(of_script.size());
      const std::string_view package = script.substr(0, script.rfind('.'));
      if (!shipped_.packages.contains(package)) return unowned(owner, fmt::format("no package '{}' is installed", package));
      return {owner, Standing::Made, {}};
    }
    const auto effect = std::ranges::find(effects, name, &Effect::name);
    if (effect == effects.end()) return unowned(owner, fmt::format("there is no effect '{}'", name));
    if (bytes && !fits(effect->globs, path)) return unowned(owner, fmt::format("effect '{}' makes no such file", name));
    return {owner, Standing::Made, {}};
  }

  const Shipped& shipped_;
  const Declared* declared_;
};

/// Folders that nobody claims, yet something owned lies in.
void settle_parents(Ownership& ownership, const Contents& contents) {
  for (auto& [path, owned] : ownership.files) {
    if (owned.standing != Standing::Unowned || !owned.owner.empty() || contents.files.at(path).entry.type != FileType::Directory) continue;
    const std::string prefix = path + "/";
    for (auto below = ownership.files.lower_bound(prefix); below != ownership.files.end() && below->first.starts_with(prefix); ++below) {
      if (below->second.standing == Standing::Unowned) continue;
      owned = {"parent", Standing::Parent, {}};
      break;
    }
  }
}

void find_missing(Ownership& ownership, const Contents& contents, const Shipped& shipped, const Claim& claim) {
  for (const auto& [path, owner] : claim.owners) {
    if (!contents.files.contains(path)) ownership.missing[path] = owner;
  }
  for (const auto& [name, lists] : shipped.packages) {
    const auto slice = claim.slices.find(name);
    for (const auto& [path, md5] : lists.sums) {
      if (contents.files.contains(path)) continue;
      if (slice != claim.slices.end()) {
        const auto& [include, exclude] = slice->second;
        if ((!include.empty() && !fits(include, path)) || fits(exclude, path)) continue;
      }
      ownership.missing.emplace(path, "package:" + name);
    }
  }
}

}  // namespace

std::string_view to_string(Standing standing) {
  constexpr std::array<std::string_view, 7> names = {"verified", "claimed", "altered", "declared", "made", "parent", "unowned"};
  return names[static_cast<size_t>(standing)];
}

bool tells_owners(std::string_view path) {
  if (path == claim_path) return true;
  if (path.starts_with("var/lib/dpkg/status.d/")) return path.ends_with(".md5sums");
  return path.starts_with("var/lib/dpkg/info/") && (path.ends_with(".md5sums") || path.ends_with(".list"));
}

Result<Ownership> judge_owners(const Contents& contents, const Declared* declared) {
  Claim claim;
  Ownership out;
  if (const auto text = contents.texts.find(std::string(claim_path)); text != contents.texts.end()) {
    TRY_ASSIGN(const Json json, parse_json(text->second, claim_path));
    auto read = claim_of(json);
    if (!read) return cannot(fmt::format("read '{}' of the image", claim_path), std::move(read).error());
    claim = std::move(*read);
    out.stated = true;
  }
  PathResolver resolver(contents.files);
  const Shipped shipped = read_shipped(contents, resolver);
  const Judge judge(shipped, declared);
  for (const auto& [path, file] : contents.files) {
    const auto claimed = claim.owners.find(path);
    const bool alone = !out.stated && claimed == claim.owners.end();
    out.files.emplace(path, alone ? judge.judge(path, file) : judge.judge(path, file, claimed == claim.owners.end() ? std::string() : claimed->second));
  }
  settle_parents(out, contents);
  find_missing(out, contents, shipped, claim);
  return out;
}

}  // namespace ashlar::inventory
