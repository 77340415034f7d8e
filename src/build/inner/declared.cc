#include "build/inner/declared.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "base/yaml.h"

namespace ashlar::build {
namespace {

constexpr std::array<std::string_view, 2> script_names{"preinst", "postinst"};
constexpr std::array<std::string_view, 5> row_keys{"script", "variant", "sha256", "why", "do"};

std::unexpected<Error> faulty(const YamlDocument& document, const YamlNode& node, std::string message, std::string hint = {}) {
  Error error{Kind::Invalid, fmt::format("cannot read effects '{}': {}", document.path, message), {}};
  error.faults.push_back(document.fault_at(node, std::move(message), std::move(hint)));
  return std::unexpected(std::move(error));
}

Done read_digests(const YamlDocument& document, const YamlNode& list, std::set<std::string>& digests) {
  if (list.type != YamlNode::Type::Sequence || list.items.empty()) return faulty(document, list, "'sha256' must be a list of digests");
  for (const YamlNode& item : list.items) {
    if (item.type != YamlNode::Type::Scalar || !Digest::parse_hex(item.text)) return faulty(document, item, "a digest must be 64 lower-case hexadecimal digits");
    if (!digests.insert(item.text).second) return faulty(document, item, "the digest is there twice");
  }
  return {};
}

Result<std::pair<std::string, Declaration>> read_row(const YamlDocument& document, const YamlNode& row) {
  std::string script;
  Declaration declaration;
  if (row.type != YamlNode::Type::Mapping) return faulty(document, row, "an effect must be a mapping");
  for (const auto& [key, value] : row.members) {
    if (std::find(row_keys.begin(), row_keys.end(), key.text) == row_keys.end()) {
      const std::string near = nearest(key.text, row_keys);
      return faulty(document, key, fmt::format("unknown key '{}'", key.text), near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    }
    if (key.text == "sha256") {
      TRY(read_digests(document, value, declaration.written_for));
      continue;
    }
    if (value.type != YamlNode::Type::Scalar) return faulty(document, value, fmt::format("'{}' must be text", key.text));
    if (key.text == "script") script = value.text;
    if (key.text == "variant") declaration.variant = value.text;
    if (key.text == "why") declaration.why = value.text;
    if (key.text == "do") declaration.steps = value.text == "nothing" ? std::string() : value.text;
  }
  if (std::find(script_names.begin(), script_names.end(), script) == script_names.end()) return faulty(document, row, "'script' must be preinst or postinst");
  if (!declaration.variant.empty() && declaration.variant != "runtime" && declaration.variant != "dev") return faulty(document, row, "'variant' must be runtime or dev");
  if (trim(declaration.why).empty()) return faulty(document, row, "'why' is missing");
  if (row.find("do") == nullptr) return faulty(document, row, "'do' is missing", "write `do: nothing` where nothing is to be done");
  return std::pair(script, declaration);
}

}  // namespace

Result<DeclaredEffects> DeclaredEffects::read(host::Files& files, const host::Path& folder) {
  DeclaredEffects effects;
  if (folder.empty() || !files.exists(folder)) return effects;
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".yaml")) continue;
    TRY_ASSIGN(std::string text, files.read(folder / name));
    TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), (folder / name).string()));
    if (document.root.type != YamlNode::Type::Mapping) return faulty(document, document.root, "a file of effects must be a mapping of packages");
    for (const auto& [package, rows] : document.root.members) {
      if (rows.type != YamlNode::Type::Sequence) return faulty(document, rows, fmt::format("'{}' must be a list of scripts", package.text));
      for (const YamlNode& row : rows.items) {
        TRY_ASSIGN(const auto read, read_row(document, row));
        auto& known = effects.by_script_[package.text + "/" + read.first];
        for (const Declaration& other : known)
          if (other.variant == read.second.variant) return faulty(document, row, fmt::format("{} of '{}' is declared twice", read.first, package.text));
        known.push_back(read.second);
      }
    }
  }
  return effects;
}

const Declaration* DeclaredEffects::find(std::string_view package, std::string_view script, std::string_view variant) const {
  const auto found = by_script_.find(fmt::format("{}/{}", package, script));
  if (found == by_script_.end()) return nullptr;
  const Declaration* general = nullptr;
  for (const Declaration& each : found->second) {
    if (each.variant == variant) return &each;
    if (each.variant.empty()) general = &each;
  }
  return general;
}

}  // namespace ashlar::build
