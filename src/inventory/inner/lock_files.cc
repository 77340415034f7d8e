#include "inventory/inner/lock_files.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace ashlar::inventory {
namespace {

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}
bool is_true(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

/// Version 1: dependencies within dependencies; parse_json() bounds their depth.
void add_nested(const Json& dependencies, Locked& out) {
  for (const auto& [name, each] : dependencies.items()) {
    if (!each.is_object()) continue;
    const std::string version = text_of(each, "version");
    if (!is_true(each, "dev") && !version.empty() && version.find(':') == std::string::npos) out.emplace(name, version);
    if (const auto inner = each.find("dependencies"); inner != each.end() && inner->is_object()) add_nested(*inner, out);
  }
}

Result<Locked> read_npm(std::string_view text) {
  TRY_ASSIGN(const Json json, parse_json(text, "package-lock.json"));
  Locked out;
  const auto packages = json.is_object() ? json.find("packages") : json.end();
  if (json.is_object() && packages != json.end() && packages->is_object()) {
    constexpr std::string_view folder = "node_modules/";
    for (const auto& [path, each] : packages->items()) {
      const size_t at = path.rfind(folder);
      if (at == std::string::npos || !each.is_object() || is_true(each, "dev") || is_true(each, "link")) continue;
      std::string name = text_of(each, "name"), version = text_of(each, "version");
      if (name.empty()) name = path.substr(at + folder.size());
      if (!version.empty()) out.emplace(std::move(name), std::move(version));
    }
    return out;
  }
  const auto dependencies = json.is_object() ? json.find("dependencies") : json.end();
  if (json.is_object() && dependencies != json.end() && dependencies->is_object()) add_nested(*dependencies, out);
  else if (!json.is_object() || !json.contains("lockfileVersion")) return fail(Kind::Corrupt, "it is no lock file of npm");
  return out;
}

std::string_view unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) text = text.substr(1, text.size() - 2);
  return text;
}

/// `@scope/name@range` before its range.
std::string_view before_range(std::string_view text) { return text.substr(0, text.find('@', 1)); }

/// Both forms: a head at the line's begin (`"name@range", name@range:`), and below it `version "1.0"` or `version: 1.0`; later ones have a
/// `resolution: "name@npm:1.0"`, and `linkType: soft` for the project's own parts.
Result<Locked> read_yarn(std::string_view text) {
  Locked out;
  std::string name, version;
  bool known = false, own = false;
  const auto flush = [&] {
    if (!name.empty() && !version.empty() && !own) out.emplace(name, version);
    name.clear(), version.clear(), own = false;
  };
  for (std::string_view line : Parts(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#') || trim(line).empty()) {
      known = known || line.find("yarn lockfile") != std::string_view::npos;
      continue;
    }
    if (!line.starts_with(' ')) {
      flush();
      if (line == "__metadata:") known = true;
      else if (line.ends_with(':')) name = before_range(unquoted(cut(line.substr(0, line.size() - 1), ',').first));
      if (name.starts_with('"')) name.erase(0, 1);
      continue;
    }
    if (!line.starts_with("  ") || line.starts_with("   ")) continue;
    line.remove_prefix(2);
    if (line.starts_with("version:")) version = unquoted(line.substr(8));
    else if (line.starts_with("version ")) version = unquoted(line.substr(8));
    else if (line.starts_with("resolution:")) {
      const std::string_view resolution = unquoted(line.substr(11));
      name = before_range(resolution);
      if (resolution.find("@npm:") == std::string_view::npos && resolution.find("@patch:") == std::string_view::npos) own = true;
    } else if (line == "linkType: soft") own = true;
  }
  flush();
  if (!known) return fail(Kind::Corrupt, "it is no lock file of yarn");
  return out;
}

/// A key of `packages`: `/name/1.0.0_peer@2.0.0`, `/name@1.0.0(peer@2.0.0)` or `name@1.0.0`.
std::pair<std::string, std::string> pnpm_key(std::string_view key) {
  const bool rooted = key.starts_with('/');
  if (rooted) key.remove_prefix(1);
  key = key.substr(0, key.find('('));
  const size_t slash = key.rfind('/');
  if (rooted && slash != std::string_view::npos) {
    const std::string_view last = key.substr(slash + 1), version = last.substr(0, last.find('_'));
    if (!version.empty() && version[0] >= '0' && version[0] <= '9' && version.find('@') == std::string_view::npos) return {std::string(key.substr(0, slash)), std::string(version)};
  }
  const size_t at = key.find('@', 1);
  if (at == std::string_view::npos) return {};
  return {std::string(key.substr(0, at)), std::string(key.substr(at + 1))};
}

Result<Locked> read_pnpm(std::string_view text) {
  Locked out;
  bool known = false, inside = false, dev = false;
  std::pair<std::string, std::string> present;
  const auto flush = [&] {
    const bool digit = !present.second.empty() && present.second[0] >= '0' && present.second[0] <= '9';
    if (digit && !dev) out.insert(present);
    present = {}, dev = false;
  };
  for (std::string_view line : Parts(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty() || line.starts_with('#')) continue;
    if (!line.starts_with(' ')) {
      flush();
      known = known || line.starts_with("lockfileVersion:");
      inside = line == "packages:";
    } else if (inside && line.starts_with("  ") && !line.starts_with("   ")) {
      flush();
      std::string_view key = trim(line);
      if (key.ends_with(':')) key.remove_suffix(1);
      present = pnpm_key(unquoted(key));
    } else if (inside && trim(line) == "dev: true") {
      dev = true;
    }
  }
  flush();
  if (!known) return fail(Kind::Corrupt, "it is no lock file of pnpm");
  return out;
}

}  // namespace

Result<Locked> read_npm_lock(std::string_view name, std::string_view text) {
  auto locked = name == "yarn.lock" ? read_yarn(text) : name == "pnpm-lock.yaml" ? read_pnpm(text) : read_npm(text);
  if (locked) std::erase_if(*locked, [](const auto& each) { return each.first.empty(); });  // `/1.0.0:` and the like
  return locked;
}

}  // namespace ashlar::inventory
