#include "build/inner/declared.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"

namespace ashlar::build {
namespace {

constexpr std::array<std::string_view, 7> keys = {"package", "scripts", "reason", "directories", "symlinks", "files", "ca-bundle"};

std::unexpected<Error> fault(const YamlDocument& document, const YamlNode& node, std::string message, std::string hint = {}) {
  auto error = cannot(Kind::Invalid, fmt::format("read effects '{}'", document.path), "it has a fault");
  error.error().faults.push_back(document.fault_at(node, std::move(message), std::move(hint)));
  return error;
}

Result<std::vector<std::pair<std::string, std::string>>> pairs(const YamlDocument& document, const YamlNode& node) {
  if (node.type != YamlNode::Type::Mapping) return fault(document, node, "a mapping of paths is expected here");
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, value] : node.members) out.emplace_back(key.text, value.text);
  return out;
}

Done read_row(const YamlDocument& document, const YamlNode& node, std::vector<Declaration>& rows) {
  if (node.type != YamlNode::Type::Mapping) return fault(document, node, "an effect is a mapping");
  Declaration row;
  std::vector<std::string> scripts;
  for (const auto& [key, value] : node.members) {
    if (std::find(keys.begin(), keys.end(), key.text) == keys.end()) {
      const std::string near = nearest(key.text, keys);
      return fault(document, key, fmt::format("unknown key '{}'", key.text), near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    }
    if (key.text == "package") row.package = value.text;
    if (key.text == "reason") row.reason = value.text;
    if (key.text == "ca-bundle") row.ca_bundle = value.text == "true";
    for (const YamlNode& item : value.items) {
      if (key.text == "scripts") scripts.push_back(item.text);
      if (key.text == "directories") row.directories.push_back(item.text);
    }
    if (key.text == "symlinks") {
      TRY_ASSIGN(row.symlinks, pairs(document, value));
    }
    if (key.text == "files") {
      TRY_ASSIGN(row.files, pairs(document, value));
    }
  }
  if (row.package.empty() || scripts.empty() || row.reason.empty()) return fault(document, node, "an effect needs 'package', 'scripts' and a 'reason'");
  for (std::string& script : scripts) {
    row.script = std::move(script);
    rows.push_back(row);
    row.directories.clear(), row.symlinks.clear(), row.files.clear();  // of the first script alone
    row.ca_bundle = false;
  }
  return {};
}

}  // namespace

const Declaration* Declarations::find(std::string_view package, std::string_view script) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Declaration& row) { return row.package == package && row.script == script; });
  return found == rows.end() ? nullptr : &*found;
}

Result<Declarations> read_declarations(host::Files& files, const host::Path& folder) {
  Declarations out;
  if (!files.exists(folder)) return out;
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".yaml")) continue;
    TRY_ASSIGN(std::string text, files.read(folder / name));
    TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), (folder / name).string()));
    if (document.root.type != YamlNode::Type::Sequence) return fault(document, document.root, "a list of effects is expected here");
    for (const YamlNode& row : document.root.items) TRY(read_row(document, row, out.rows));
  }
  return out;
}

Done apply_declaration(const Declaration& declaration, ScriptState& state) {
  state.world.effect = fmt::format("declared:{}.{}", declaration.package, declaration.script);
  for (const std::string& path : declaration.directories) TRY(state.world.make_directory(path, 0755, true));
  for (const auto& [path, content] : declaration.files) {
    const BytesView bytes = as_bytes(content);
    TRY(state.world.write(path, Bytes(bytes.begin(), bytes.end()), 0644));
  }
  for (const auto& [path, target] : declaration.symlinks) TRY(state.world.symlink(target, path, true));
  state.ca_bundle = state.ca_bundle || declaration.ca_bundle;
  return {};
}

}  // namespace ashlar::build
