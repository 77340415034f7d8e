// Images in Kubernetes manifests, in kustomizations and in patches of both kinds.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/chart_finder.h"

namespace ashlar::workload {
namespace {

class ManifestFinder : public ChartFinder {
 public:
  /// `patch`: the text is a part of a manifest, whatever its keys are.
  ManifestFinder(const YamlStream& stream, bool patch, const Beside* beside) : ChartFinder(stream, beside), patch_(patch) {}

 private:
  void look(const YamlNode& root) override {
    is_definition_ = false;
    const YamlNode* const kind = root.find("kind");
    if (root.type == YamlNode::Type::Sequence) return operations(root);
    if (patch_) return manifest(root, "", false);
    if (kind == nullptr || kind->text == "Kustomization" || kind->text == "Component") kustomization(root);
    if (root.find("apiVersion") == nullptr || kind == nullptr) return;
    is_definition_ = kind->text == "CustomResourceDefinition";
    manifest(root, "", false);
  }

  // Images of containers and of what is alike, wherever they stand, so that templates in resources of others are found, too.

  static bool holds_images(std::string_view key) {
    static constexpr std::array<std::string_view, 8> keys = {"containers", "initContainers", "ephemeralContainers", "volumes", "steps", "sidecars", "container", "script"};
    return std::ranges::find(keys, key) != keys.end();
  }

  /// `images`: it stands where an `image` is one.
  void manifest(const YamlNode& node, const std::string& where, bool images) {
    for (size_t at = 0; at < node.items.size(); ++at) manifest(node.items[at], fmt::format("{}[{}]", where, at), images);
    for (const auto& [key, value] : node.members) {
      const std::string here = where.empty() ? key.text : where + "." + key.text;
      const bool named = images && (key.text == "image" || key.text == "imageName");
      if (images && is_text(&value) && is_image(key.text, value.text)) image(here, value);
      else if (named && is_text(value.find("reference"))) literal(here + ".reference", *value.find("reference"));
      else if (images && names_image(key.text) && is_text(value.find("repository"))) note_open(of_parts(here, value, usual_parts), value, "who reads the manifest");
      else manifest(value, here, key.text != "rbd" && (images || holds_images(key.text) || (key.text == "spec" && !is_definition_)));
    }
  }
  void image(const std::string& where, const YamlNode& node) {
    if (node.text.find("$(") != std::string::npos) add_undecided(where, node, "a parameter decides on it");
    else literal(where, node);
  }
  /// Whether a text under this key is an image, where images stand.
  static bool is_image(std::string_view key, std::string_view text) { return key == "image" || key == "imageName" || (names_image(key) && is_address(text)); }

  // Kustomizations: what they put in the place of images, and what they take from elsewhere.

  void kustomization(const YamlNode& root) {
    const auto before = static_cast<std::ptrdiff_t>(out.size());
    if (const YamlNode* const images = root.find("images")) kustomized(*images);
    for (const char* const list : {"patches", "patchesJson6902"}) {
      each_of(root, list, [&](const std::string& where, const YamlNode& item) {
        if (is_text(item.find("patch"))) patch(where + ".patch", *item.find("patch"));
        if (is_text(item.find("path"))) patch_file(where + ".path", *item.find("path"));
      });
    }
    each_of(root, "patchesStrategicMerge", [&](const std::string& where, const YamlNode& item) {
      if (!is_text(&item)) return;
      if (item.text.find('\n') != std::string::npos || item.text.find(": ") != std::string::npos) patch(where, item);
      else patch_file(where, item);
    });
    for (const char* const list : {"resources", "bases", "components"}) {
      each_of(root, list, [&](const std::string& where, const YamlNode& item) {
        if (is_text(&item) && is_elsewhere(item.text)) add_undecided(where, item, "the manifests of that address are not here");
        else if (is_text(&item) && !is_checked(item.text)) add_undecided(where, item, "its manifests are not among what is checked: name them, too");
      });
    }
    each_of(root, "helmCharts", [&](const std::string& where, const YamlNode& item) {
      add_undecided(where, is_text(item.find("name")) ? *item.find("name") : item, "the manifests of that chart are not here");
      if (const YamlNode* const inlined = item.find("valuesInline")) values_of(*inlined, where + ".valuesInline");
    });
    each_of(root, "replacements", [&](const std::string& where, const YamlNode& item) { replaced(where, item); });
    std::stable_sort(out.begin() + before, out.end(), [](const ImageUse& a, const ImageUse& b) { return a.span.begin < b.span.begin; });  // as they stand
  }
  template <class Look>
  static void each_of(const YamlNode& root, const std::string& key, Look&& look) {
    const YamlNode* const list = root.find(key);
    for (size_t at = 0; list != nullptr && at < list->items.size(); ++at) look(fmt::format("{}[{}]", key, at), list->items[at]);
  }
  static bool is_elsewhere(std::string_view place) { return place.find("://") != std::string_view::npos || place.find("?ref=") != std::string_view::npos || place.starts_with("git@") || place.starts_with("github.com/"); }

  /// Whether a file, or the kustomization of a folder, is judged by itself. Where nobody knows, nothing is said.
  bool is_checked(const std::string& place) const {
    if (beside() == nullptr || !beside()->is_checked) return true;
    return std::ranges::any_of(std::array{"", "/kustomization.yaml", "/kustomization.yml"}, [&](const char* more) { return beside()->is_checked(place + more, FileKind::Kubernetes); });
  }
  /// One that has no image at all decides on none.
  void patch_file(const std::string& where, const YamlNode& node) {
    if (is_checked(node.text)) return;
    const auto text = beside()->read ? beside()->read(node.text) : std::nullopt;
    if (!text || text->find("image") != std::string::npos) add_undecided(where, node, "the patch is not among what is checked: name it, too");
  }

  /// What a kustomization puts in the place of images: of what it does not say, the manifests decide.
  void kustomized(const YamlNode& images) {
    for (size_t at = 0; at < images.items.size(); ++at) {
      const YamlNode& item = images.items[at];
      const bool renamed = is_text(item.find("newName")), versioned = is_text(item.find("newTag")) || is_text(item.find("digest"));
      if (!is_text(item.find(renamed ? "newName" : "name")) || (!renamed && !versioned)) continue;
      ImageUse& use = of_parts(fmt::format("images[{}]", at), item, {.registry = "", .repository = renamed ? "newName" : "name", .tag = "newTag"});
      if (!versioned) use.image.reset(), use.unknown.emplace_back("newTag");
    }
  }

  /// Images that stand elsewhere and are copied to where one is.
  void replaced(const std::string& where, const YamlNode& item) {
    const YamlNode* const targets = item.find("targets");
    if (targets == nullptr) return;
    for (const YamlNode& target : targets->items) {
      const YamlNode* const paths = target.find("fieldPaths");
      if (paths == nullptr) continue;
      for (const YamlNode& path : paths->items) {
        if (names_image(path.text)) add_undecided(where, path, "what stands elsewhere is put there");
      }
    }
  }

  /// A patch within a kustomization: a part of a manifest, or operations. No byte of the file is known to be one of it.
  void patch(const std::string& where, const YamlNode& node) {
    const auto inner = YamlStream::read(node.text, where);
    if (!inner) return add_undecided(where, node, "the patch cannot be read");
    for (ImageUse& each : ManifestFinder(*inner, true, nullptr).find()) {
      ImageUse& use = add_loose(fmt::format("{} {}", where, each.where), node, {.text = each.text, .unknown = std::move(each.unknown), .used = {}});
      Traced loose;
      loose.add_loose(each.text.text);
      use.text = std::move(loose);
      use.reason = std::move(each.reason);
    }
  }

  // JSON Patch (RFC 6902).

  void operations(const YamlNode& root) {
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

  bool patch_;
  bool is_definition_ = false;  ///< the present document describes resources and is none that runs something
};

}  // namespace

std::unique_ptr<YamlFinder> manifest_finder(const YamlStream& stream, const Beside* beside) { return std::make_unique<ManifestFinder>(stream, false, beside); }

}  // namespace ashlar::workload
