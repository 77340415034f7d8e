// JavaScript: package.json as node finds it below node_modules (npm, yarn, pnpm), the zip files of yarn's Plug'n'Play, and what lock files name where
// nothing is installed beside them.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.h"
#include "inventory/inner/lock_files.h"
#include "inventory/inner/readers.h"
#include "inventory/inner/zip.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint64_t max_package = 4 << 20, max_lock = 16 << 20;

/// `.../node_modules/NAME` or `.../node_modules/@SCOPE/NAME`: where node looks for packages. What begins with a dot there is a tool's own.
bool is_installed_folder(std::string_view folder) {
  std::string_view above = folder_of(folder);
  if (name_of(above).starts_with('@')) above = folder_of(above);
  return name_of(above) == "node_modules" && !name_of(folder).starts_with('@') && !name_of(folder).starts_with('.');
}

bool is_lock(std::string_view path) {
  const std::string_view name = name_of(path);
  const bool known = name == "package-lock.json" || name == "npm-shrinkwrap.json" || name == "yarn.lock" || name == "pnpm-lock.yaml";
  return known && path.find("node_modules/") == std::string_view::npos;
}

/// yarn's cache: `.yarn/cache/NAME-npm-VERSION-CHECKSUM.zip`.
bool is_cached(std::string_view path) { return path.ends_with(".zip") && (path.find(".yarn/cache/") != std::string_view::npos || path.find(".yarn/berry/cache/") != std::string_view::npos); }

struct Manifest {
  std::string name, version, publisher;
  bool is_private = false;
  bool extends_editor = false;  ///< `engines` names vscode
};

/// Of two members of one name the last counts, as for node.
Result<Manifest> read_manifest(BytesView bytes) {
  std::string_view text = as_text(bytes);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS) return fail(Kind::Corrupt, "it is no JSON object");
  Manifest out;
  for (auto member : object) {
    simdjson::ondemand::raw_json_string key;
    if (member.key().get(key) != simdjson::SUCCESS) return fail(Kind::Corrupt, "it is no valid JSON");
    std::string* const into = key == "name" ? &out.name : key == "version" ? &out.version : key == "publisher" ? &out.publisher : nullptr;
    const bool engines = key == "engines";
    if (into == nullptr && !engines && !(key == "private")) continue;
    simdjson::ondemand::value value;
    if (member.value().get(value) != simdjson::SUCCESS) return fail(Kind::Corrupt, "it is no valid JSON");
    std::string_view found;
    if (engines) {
      simdjson::ondemand::object named;
      out.extends_editor = value.get_object().get(named) == simdjson::SUCCESS && named.find_field_unordered("vscode").error() == simdjson::SUCCESS;
    } else if (into == nullptr) {
      if (value.get_bool().get(out.is_private) != simdjson::SUCCESS) out.is_private = false;
    } else if (value.get_string().get(found) == simdjson::SUCCESS) {
      *into = trim(found);
    } else {
      into->clear();
    }
  }
  return out;
}

Told from_manifest(std::string_view path, BytesView bytes, bool installed) {
  auto manifest = read_manifest(bytes);
  // Folders of packages hold package.json files for other purposes, also broken ones among their own tests; only an installed package must have one.
  if (!manifest) return installed ? Told{.unread = {no_record(path, manifest.error().message)}} : Told{};
  if (manifest->name.empty() || manifest->name.size() > 214) {
    return installed ? Told{.unread = {no_record(path, "it names no package")}} : Told{};
  }
  if (!installed && manifest->version.empty()) return {};
  // An editor's extension has npm's file and a name of its own marketplace: its `handlebars` is not npm's.
  if (!installed && manifest->extends_editor) {
    const std::string name = manifest->publisher.empty() ? manifest->name : fmt::format("{}/{}", manifest->publisher, manifest->name);
    return {.components = {{.type = "vscode-extension", .name = name, .version = std::move(manifest->version), .path = std::string(path)}}};
  }
  Component out{.type = "npm", .name = std::move(manifest->name), .version = std::move(manifest->version), .path = std::string(path)};
  if (out.version.empty()) out.remark = "its package.json has no version";
  if (!installed) out.remark = manifest->is_private ? "a private package" : "not below node_modules: an application's own, or unpacked by hand";
  return {.components = {std::move(out)}};
}

Told from_cached(std::string_view path, const host::ReadFile& file) {
  const auto zip = Zip::open(file);
  if (!zip) return {.unread = {no_record(path, zip.error().message)}};
  Told told;
  for (const Zip::Member& member : zip->members()) {
    const std::string_view folder = folder_of(member.name);
    if (name_of(member.name) != "package.json" || !folder.starts_with("node_modules/") || folder.rfind("node_modules/") != 0 || !is_installed_folder(folder)) continue;
    const std::string inside = fmt::format("{}!{}", path, member.name);
    const auto bytes = zip->read(member, max_package);
    Told found = bytes ? from_manifest(inside, *bytes, true) : Told{.unread = {no_record(inside, bytes.error().message)}};
    told.components.insert(told.components.end(), found.components.begin(), found.components.end());
    told.unread.insert(told.unread.end(), found.unread.begin(), found.unread.end());
  }
  if (told.components.empty() && told.unread.empty()) told.unread.push_back(no_record(path, "it holds no package"));
  return told;
}

Told from_lock(std::string_view path, const host::ReadFile& file) {
  auto text = read_text(file, max_lock);
  if (!text) return {.unread = {no_record(path, text.error().message)}};
  auto locked = read_npm_lock(name_of(path), *text);
  if (!locked) return {.unread = {no_record(path, locked.error().message)}};
  Told told;
  for (auto& [name, version] : *locked) {
    told.components.push_back({.type = "npm", .name = name, .version = version, .path = std::string(path), .remark = "locked, and not seen installed"});
  }
  return told;
}

bool has_below(const Contents& contents, const std::string& prefix) {
  const auto found = contents.files.lower_bound(prefix);
  return found != contents.files.end() && found->first.starts_with(prefix);
}

}  // namespace

bool wants_npm(std::string_view path, BytesView) {
  if (name_of(path) != "package.json") return is_lock(path) || is_cached(path);
  return is_installed_folder(folder_of(path)) || path.find("node_modules/") == std::string_view::npos;
}

Told read_npm(std::string_view path, const host::ReadFile& file) {
  if (is_lock(path)) return from_lock(path, file);
  if (is_cached(path)) return from_cached(path, file);
  const auto bytes = read_range(file, 0, file.size(), max_package);
  if (!bytes) return {.unread = {no_record(path, bytes.error().message)}};
  return from_manifest(path, *bytes, is_installed_folder(folder_of(path)));
}

void settle_npm(Told& told, const Contents& contents) {
  const auto beside = [](std::string_view path, std::string_view name) {
    const std::string_view folder = folder_of(path);
    return fmt::format("{}{}{}", folder, folder.empty() ? "" : "/", name);
  };
  std::set<std::string, std::less<>> installed, bare;  // folders
  std::erase_if(told.components, [&](const Component& each) {
    if (!is_lock(each.path)) return false;
    const std::string folder(folder_of(each.path));
    if (installed.contains(folder)) return true;
    if (bare.contains(folder)) return false;
    const bool there = has_below(contents, beside(each.path, "node_modules/")) || has_below(contents, beside(each.path, ".yarn/cache/"));
    (there ? installed : bare).insert(folder);
    return there;
  });
  std::erase_if(told.unread, [&](const Unread& each) {  // nor does such a file hide anything then
    const bool idle = is_lock(each.path) && (has_below(contents, beside(each.path, "node_modules/")) || has_below(contents, beside(each.path, ".yarn/cache/")));
    if (idle) told.notes.push_back(unread(each.path, each.cause));
    return idle;
  });
  for (const auto& [path, file] : contents.files) {
    if (name_of(path) != ".pnp.cjs" && name_of(path) != ".pnp.js") continue;
    const std::string_view folder = folder_of(path);
    if (!has_below(contents, fmt::format("{}{}.yarn/cache/", folder, folder.empty() ? "" : "/"))) told.notes.push_back(fmt::format("'{}' maps packages, and no cache of them lies beside it", path));
  }
}

}  // namespace ashlar::inventory
