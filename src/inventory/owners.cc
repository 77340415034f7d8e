#include "inventory/owners.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "inventory/inner/judge.h"

namespace ashlar::inventory {
namespace {

constexpr std::string_view claim_path = "usr/share/ashlar/image.json";
constexpr std::string_view schema = "https://ashlar.dev/image/v1";

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

/// Folders that nobody claims, yet something owned lies in.
void settle_parents(Ownership& ownership, const Contents& contents) {
  std::unordered_set<std::string_view> parents;
  for (const auto& [path, owned] : ownership.files) {
    if (owned.standing == Standing::Unowned) continue;
    // Where one is known those above it are, too.
    for (std::string_view at = path; at.find('/') != std::string_view::npos && parents.insert(at = at.substr(0, at.rfind('/'))).second;) {}
  }
  for (auto& [path, owned] : ownership.files) {
    if (owned.standing == Standing::Unowned && owned.owner.empty() && parents.contains(path) && contents.files.at(path).entry.type == FileType::Directory) owned = {"parent", Standing::Parent, {}};
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
  constexpr std::array<std::string_view, 8> names = {"verified", "listed", "claimed", "altered", "declared", "made", "parent", "unowned"};
  return names[static_cast<size_t>(standing)];
}

bool tells_owners(std::string_view path) {
  if (path == claim_path) return true;
  if (path.starts_with("var/lib/dpkg/status.d/")) return path.ends_with(".md5sums");
  return path.starts_with("var/lib/dpkg/info/") && (path.ends_with(".md5sums") || path.ends_with(".list"));
}

Result<Ownership> judge_owners(const Contents& contents, const Known* known) {
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
  const Judge judge(contents, shipped, known, resolver);
  if (known != nullptr) out.strangers.insert(known->strangers.begin(), known->strangers.end());
  for (const auto& [path, file] : contents.files) {
    const auto claimed = claim.owners.find(path);
    const bool alone = !out.stated && claimed == claim.owners.end();
    out.files.emplace_hint(out.files.end(), path, alone ? judge.judge(path, file) : judge.judge(path, file, claimed == claim.owners.end() ? std::string() : claimed->second));
  }
  settle_parents(out, contents);
  find_missing(out, contents, shipped, claim);
  return out;
}

void add_listed(Ownership& ownership, const Contents& contents, const std::vector<Component>& components) {
  constexpr size_t size = 32;
  PathResolver resolver(contents.files);
  for (const Component& component : components) {
    if (component.type != "rpm" || component.sums.size() != component.files.size() * size) continue;
    for (size_t at = 0; at < component.files.size(); ++at) {
      const std::string path = resolver.resolve(component.files[at]);
      const auto file = contents.files.find(path);
      if (file == contents.files.end() || !file->second.content || as_text(file->second.content->raw()) != std::string_view(component.sums).substr(at * size, size)) continue;
      Owned& owned = ownership.files[path];
      if (owned.standing == Standing::Unowned) owned = {"package:" + component.name, Standing::Listed, {}};
    }
  }
}

}  // namespace ashlar::inventory
