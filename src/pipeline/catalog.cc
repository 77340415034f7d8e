#include "pipeline/catalog.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "base/yaml.h"
#include "host/tree.h"

namespace ashlar::pipeline {
namespace {

bool is_definition_name(std::string_view name) { return name.ends_with(".yaml") && name != "info.yaml"; }

/// The version part of `3.13-dev.yaml`.
std::string version_of(const host::Path& path, const plan::Definition& definition) {
  std::string stem = path.stem().string();
  for (const std::string_view suffix : {std::string_view("-dev"), std::string_view(definition.flavor)}) {
    if (suffix.empty()) continue;
    const std::string tail = suffix.starts_with('-') ? std::string(suffix) : "-" + std::string(suffix);
    if (stem.ends_with(tail)) stem.resize(stem.size() - tail.size());
  }
  return stem;
}

std::string text_of(const YamlNode& node, std::string_view key) {
  const YamlNode* value = node.find(key);
  return value == nullptr ? std::string() : value->text;
}

constexpr std::array<std::string_view, 8> info_keys = {"name", "description", "license", "home", "end-of-life", "end-of-life-source", "support", "migrate"};

/// Every fault of an info.yaml: keys that are not known, and values that are no text (of `migrate`: no list of texts).
Done check_info(const YamlDocument& document) {
  Error error{Kind::Invalid, fmt::format("cannot read '{}'", document.path), {}};
  const auto fault = [&](const YamlNode& node, std::string message, std::string hint = {}) { error.faults.push_back(document.fault_at(node, std::move(message), std::move(hint))); };
  if (document.root.type != YamlNode::Type::Mapping) fault(document.root, "a mapping is expected");
  for (const auto& [key, value] : document.root.members) {
    const auto scalar = [](const YamlNode& node) { return node.type == YamlNode::Type::Scalar; };
    if (std::find(info_keys.begin(), info_keys.end(), key.text) == info_keys.end()) {
      const std::string near = nearest(key.text, info_keys);
      fault(key, fmt::format("unknown key '{}'", key.text), near.empty() ? fmt::format("known here: {}", fmt::join(info_keys, ", ")) : fmt::format("did you mean '{}'?", near));
    } else if (key.text == "migrate" ? value.type != YamlNode::Type::Sequence || !std::all_of(value.items.begin(), value.items.end(), scalar) : !scalar(value)) {
      fault(value, fmt::format("'{}' is {}", key.text, key.text == "migrate" ? "a list of texts" : "a text"));
    }
  }
  if (error.faults.empty()) return {};
  error.message += fmt::format(": {}", error.faults.front().message);
  return std::unexpected(std::move(error));
}

/// What info.yaml says of an image, given to each of its entries.
Done add_info(host::Files& files, const host::Path& folder, std::vector<CatalogEntry*> entries) {
  const host::Path path = folder / "info.yaml";
  if (!files.exists(path)) return cannot(Kind::NotFound, fmt::format("describe catalogue folder '{}'", folder.string()), "it has no info.yaml");
  TRY_ASSIGN(std::string text, files.read(path));
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path.string()));
  TRY(check_info(document));
  for (CatalogEntry* entry : entries) {
    entry->title = text_of(document.root, "name");
    entry->home = text_of(document.root, "home");
    entry->support = text_of(document.root, "support");
    if (const YamlNode* migrate = document.root.find("migrate")) {
      for (const YamlNode& item : migrate->items) entry->migrate.push_back(item.text);
    }
    entry->description = text_of(document.root, "description");
    entry->license = text_of(document.root, "license");
    entry->end_of_life = entry->definition.end_of_life;
    entry->end_of_life_source = text_of(document.root, "end-of-life-source");
    if (entry->end_of_life.empty()) entry->end_of_life = text_of(document.root, "end-of-life");
  }
  return {};
}

/// The folder past which no source is looked for, since what lies there is not the catalogue's: the one that holds `image/` or `catalog/`, or a project's
/// own; the definition's folder where there is neither.
host::Path outermost(host::Files& files, const host::Path& own) {
  for (host::Path folder = own; folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder.filename() == "image" || folder.filename() == "catalog") return folder.parent_path();
    if (files.exists(folder / ".git") || files.exists(folder / "ashlar.yaml")) return folder;
  }
  return own;
}

/// What it takes from its catalogue: below paths, as trusted roots, and for its tests.
std::vector<std::string> sources_of(const plan::Definition& definition) {
  std::vector<std::string> out;
  for (const plan::PathRule& rule : definition.paths) {
    const bool from_catalog = rule.type == plan::PathType::File || rule.type == plan::PathType::Directory;
    if (from_catalog && !rule.source.empty() && !rule.source.starts_with('/')) out.push_back(rule.source);
  }
  for (const plan::TrustedRoots& roots : definition.certificates) {
    if (!roots.content) out.push_back(roots.source);
  }
  for (const plan::RunTest& test : definition.tests) {
    for (const plan::TestFile& file : test.files) {
      if (!file.content) out.push_back(file.source);
    }
  }
  return out;
}

}  // namespace

Result<plan::Definition> load_definition(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(std::string text, files.read(path));
  return plan::read_definition(std::move(text), path.string());
}

Result<host::Path> catalog_root(host::Files& files, const plan::Definition& definition) {
  const std::vector<std::string> sources = sources_of(definition);
  const host::Path own = std::filesystem::absolute(definition.path).lexically_normal().parent_path();
  if (sources.empty()) return own;
  const host::Path last = outermost(files, own);
  for (host::Path folder = own;; folder = folder.parent_path()) {
    if (std::all_of(sources.begin(), sources.end(), [&](const std::string& source) { return files.exists(folder / source); })) return folder;
    if (folder == last) break;
  }
  return cannot(Kind::NotFound, fmt::format("find the sources of '{}'", definition.path),
                fmt::format("{} holds all of: {}; the root of a catalogue is the folder above 'catalog' or 'image', or one with '.git' or 'ashlar.yaml'",
                            own == last ? fmt::format("neither '{}' nor a folder above it", own.string()) : fmt::format("no folder from '{}' up to '{}'", own.string(), last.string()),
                            fmt::join(sources, ", ")));
}

Result<std::string> definition_identity(host::Files& files, const plan::Definition& definition) {
  std::vector<std::string> sources = sources_of(definition);
  std::erase(sources, std::string());
  if (sources.empty()) return definition.digest_hex;
  TRY_ASSIGN(const host::Path root, catalog_root(files, definition));
  Hasher all;
  all.update(definition.digest_hex + "\n");
  for (const std::string& each : sources) TRY(host::add_tree(files, root / each, all));
  return all.finish().hex();
}

host::Path lock_path(const host::Path& definition) { return host::Path(definition).replace_extension(".lock.json"); }
host::Path effects_path(const host::Path& definition) { return host::Path(definition).replace_extension(".effects.json"); }

std::string build_tag(const plan::Definition& definition, std::string_view tag) { return fmt::format("{}-{}", definition.image.substr(definition.image.rfind('/') + 1), tag); }

Result<std::vector<CatalogEntry>> read_catalog(host::Files& files, const host::Path& folder) {
  std::vector<CatalogEntry> entries;
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    const host::Path image = folder / name;
    if (const auto stat = files.stat(image); !stat || stat->type != host::NodeType::Directory) continue;
    TRY_ASSIGN(const auto inside, files.list(image));
    const size_t first = entries.size();
    for (const std::string& file : inside) {
      if (!is_definition_name(file)) continue;
      CatalogEntry entry;
      entry.name = name;
      entry.path = image / file;
      TRY_ASSIGN(entry.definition, load_definition(files, entry.path));
      entry.version = version_of(entry.path, entry.definition);
      entries.push_back(std::move(entry));
    }
    std::vector<CatalogEntry*> here;
    for (size_t at = first; at < entries.size(); ++at) here.push_back(&entries[at]);
    if (!here.empty()) TRY(add_info(files, image, here));
  }
  return entries;
}

}  // namespace ashlar::pipeline
