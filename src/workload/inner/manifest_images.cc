// Images in Kubernetes manifests and in patches of both kinds.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "workload/inner/manifest_finder.h"

namespace ashlar::workload {
namespace {

bool holds_images(std::string_view key) {
  static constexpr std::array<std::string_view, 8> keys = {"containers", "initContainers", "ephemeralContainers", "volumes", "steps", "sidecars", "container", "script"};
  return std::ranges::find(keys, key) != keys.end();
}

/// Whether resources of that group say what others may run, and run nothing.
bool holds_rules(std::string_view version) {
  static constexpr std::array<std::string_view, 6> groups = {"kyverno.io/", "policies.kyverno.io/", "constraints.gatekeeper.sh/", "templates.gatekeeper.sh/", "policy.sigstore.dev/", "admissionregistration.k8s.io/"};
  return std::ranges::any_of(groups, [&](std::string_view each) { return version.starts_with(each); });
}

}  // namespace

void ManifestFinder::look(const YamlNode& root) {
  is_definition_ = is_rule_ = false;
  const YamlNode* const kind = root.find("kind");
  if (root.type == YamlNode::Type::Sequence) return operations(root);
  if (patch_) return manifest(root, "", false);
  if (kind == nullptr || kind->text == "Kustomization" || kind->text == "Component") kustomization(root);
  if (root.find("apiVersion") == nullptr || kind == nullptr || builtin(root) || fetched(root)) return;
  is_definition_ = kind->text == "CustomResourceDefinition";
  is_rule_ = holds_rules(root.find("apiVersion")->text);
  defaults_.clear();
  if (const YamlNode* const spec = root.find("spec"); spec != nullptr && spec->find("params") != nullptr) {
    for (const YamlNode& each : spec->find("params")->items) {
      if (is_text(each.find("name")) && (is_text(each.find("default")) || is_text(each.find("value")))) defaults_.insert(each.find("name")->text);
    }
  }
  manifest(root, "", false);
}

void ManifestFinder::manifest(const YamlNode& node, const std::string& where, bool images) {
  for (size_t at = 0; at < node.items.size(); ++at) manifest(node.items[at], fmt::format("{}[{}]", where, at), images);
  for (const auto& [key, value] : node.members) {
    const std::string here = where.empty() ? key.text : where + "." + key.text;
    const bool named = images && (key.text == "image" || key.text == "imageName");
    if (images && is_text(&value) && is_image(key.text, value.text)) image(here, value);
    else if (named && is_text(value.find("reference"))) literal(here + ".reference", *value.find("reference"));
    else if (images && names_image(key.text) && is_text(value.find("repository"))) note_open(of_parts(here, value, usual_parts), value, "who reads the manifest");
    else if (images && names_image(key.text) && is_text(value.find("name")) && (value.find("tag") != nullptr || value.find("digest") != nullptr)) note_open(of_parts(here, value, {.registry = "registry", .repository = "name", .tag = "tag"}), value, "who reads the manifest");
    else if (is_rule_ && key.text == "patchesJson6902" && is_text(&value)) inlined(here, value, true);
    else if ((key.text == "taskRef" || key.text == "pipelineRef") && is_text(value.find("resolver"))) add_unseen(here, *value.find("resolver"), "what it is resolved to is not here");
    else manifest(value, here, key.text != "rbd" && (images || holds_images(key.text) || (key.text == "spec" && !is_definition_)));
  }
}

bool ManifestFinder::is_image(std::string_view key, std::string_view text) { return key == "image" || key == "imageName" || (names_image(key) && is_address(text)); }

void ManifestFinder::image(const std::string& where, const YamlNode& node) {
  if (is_rule_ && !ImageName::parse(node.text)) return;
  if (node.text.find("$(") == std::string::npos) return literal(where, node);
  add_undecided(where, node, "a parameter decides on it");
  constexpr std::string_view before = "$(params.";
  if (!node.text.starts_with(before) || node.text.find(')') != node.text.size() - 1) return;
  const std::string name = node.text.substr(before.size(), node.text.size() - before.size() - 1);
  if (!defaults_.contains(name)) out.back().given = name;
}

void ManifestFinder::operations(const YamlNode& root) {
  for (size_t at = 0; at < root.items.size(); ++at) {
    const YamlNode& item = root.items[at];
    const YamlNode *const kind = item.find("op"), *const path = item.find("path"), *const value = item.find("value");
    if (!is_text(kind) || !is_text(path)) continue;
    const std::string where = fmt::format("[{}].value", at), last = path->text.substr(path->text.rfind('/') + 1);
    if (kind->text == "copy" || kind->text == "move") {
      if (names_image(last)) add_undecided(where, *path, "what stands elsewhere is put there");
    } else if (kind->text == "add" || kind->text == "replace") {
      if (is_text(value) && is_image(last, value->text)) literal(where, *value);
      else if (value != nullptr) manifest(*value, where, path->text.find("/spec") != std::string::npos || holds_images(last));
    }
  }
}

std::unique_ptr<YamlFinder> manifest_finder(const YamlStream& stream, const Beside* beside) { return std::make_unique<ManifestFinder>(stream, false, beside); }

}  // namespace ashlar::workload
