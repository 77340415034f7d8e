// Images of kustomizations, and of the transformers and generators that they name.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/manifest_finder.h"

namespace ashlar::workload {
namespace {

constexpr std::array<std::string_view, 4> file_names = {"", "/kustomization.yaml", "/kustomization.yml", "/Kustomization"};

template <class Look>
void each_of(const YamlNode& root, const std::string& key, Look&& look) {
  const YamlNode* const list = root.find(key);
  for (size_t at = 0; list != nullptr && at < list->items.size(); ++at) look(fmt::format("{}[{}]", key, at), list->items[at]);
}

bool is_elsewhere(std::string_view place) { return place.find("://") != std::string_view::npos || place.find("?ref=") != std::string_view::npos || place.starts_with("git@") || place.starts_with("github.com/"); }

/// Whether an item of a list is a text of YAML and no path.
bool is_inlined(const YamlNode& item) { return item.text.find('\n') != std::string::npos || item.text.find(": ") != std::string::npos; }

/// What was found beside the file, which must live as long.
Result<YamlStream> read_text(const std::optional<std::string>& text, const std::string& where) {
  if (!text) return cannot(Kind::NotFound, fmt::format("read '{}'", where), "it is not at hand");
  return YamlStream::read(*text, where);
}

}  // namespace

void ManifestFinder::kustomization(const YamlNode& root) {
  const auto before = static_cast<std::ptrdiff_t>(out.size());
  each_of(root, "images", [&](const std::string& where, const YamlNode& item) { kustomized(where, item); });
  patches(root);
  for (const char* const list : {"resources", "bases", "components"}) each_of(root, list, [&](const std::string& where, const YamlNode& item) { part(where, item, "its manifests are"); });
  for (const char* const list : {"transformers", "generators"}) each_of(root, list, [&](const std::string& where, const YamlNode& item) { part(where, item, "it is"); });
  each_of(root, "configurations", [&](const std::string& where, const YamlNode& item) { configuration(where, item); });
  each_of(root, "helmCharts", [&](const std::string& where, const YamlNode& item) { chart(where, item); });
  each_of(root, "replacements", [&](const std::string& where, const YamlNode& item) { replacement(where, item); });
  std::stable_sort(out.begin() + before, out.end(), [](const ImageUse& a, const ImageUse& b) { return a.span.begin < b.span.begin; });  // as they stand
}

bool ManifestFinder::builtin(const YamlNode& root) {
  if (root.find("apiVersion")->text != "builtin") return false;
  const std::string& kind = root.find("kind")->text;
  if (kind == "ImageTagTransformer") {
    if (const YamlNode* const image = root.find("imageTag")) kustomized("imageTag", *image);
  } else if (kind == "HelmChartInflationGenerator") {
    chart("", root);
  } else if (kind == "PatchTransformer" || kind == "PatchJson6902Transformer" || kind == "PatchStrategicMergeTransformer") {
    for (const char* const key : {"patch", "jsonOp", "patches"}) {
      if (const YamlNode* const text = root.find(key); is_text(text)) inlined(key, *text, true);
    }
    if (const YamlNode* const path = root.find("path"); is_text(path)) patch_file("path", *path);
    each_of(root, "paths", [&](const std::string& where, const YamlNode& item) { if (is_text(&item)) patch_file(where, item); });
  } else if (kind == "ReplacementTransformer") {
    each_of(root, "replacements", [&](const std::string& where, const YamlNode& item) { replacement(where, item); });
  } else {
    return false;
  }
  return true;
}

/// A file, a folder with a kustomization, an address or a text within the file.
void ManifestFinder::part(const std::string& where, const YamlNode& item, std::string_view what) {
  if (!is_text(&item)) return;
  if (is_inlined(item)) return inlined(where, item, false);
  if (is_elsewhere(item.text)) return add_unseen(where, item, "the manifests of that address are not here");
  if (!is_checked(item.text)) add_unseen(where, item, fmt::format("{} not among what is checked: name them, too", what));
}

/// Whether a file, or the kustomization of a folder, is judged by itself. Where nobody knows, nothing is said.
bool ManifestFinder::is_checked(const std::string& place, FileKind kind) const {
  if (beside() == nullptr || !beside()->is_checked) return true;
  if (kind != FileKind::Kubernetes) return beside()->is_checked(place, kind);
  return std::ranges::any_of(file_names, [&](std::string_view more) { return beside()->is_checked(fmt::format("{}{}", place, more), kind); });
}

std::optional<std::string> ManifestFinder::text_of(const YamlNode& node) const { return beside() != nullptr && beside()->read ? beside()->read(node.text) : std::nullopt; }

void ManifestFinder::patches(const YamlNode& root, const std::string& before) {
  for (const char* const list : {"patches", "patchesJson6902"}) {
    each_of(root, list, [&](const std::string& at, const YamlNode& item) {
      const std::string where = before + at;
      if (is_text(item.find("patch"))) inlined(where + ".patch", *item.find("patch"), true);
      if (is_text(item.find("path"))) patch_file(where + ".path", *item.find("path"));
    });
  }
  each_of(root, "patchesStrategicMerge", [&](const std::string& at, const YamlNode& item) {
    const std::string where = before + at;
    if (!is_text(&item)) return;
    if (is_inlined(item)) inlined(where, item, true);
    else patch_file(where, item);
  });
}

/// One that has no image at all decides on none.
void ManifestFinder::patch_file(const std::string& where, const YamlNode& node) {
  if (is_checked(node.text)) return;
  const auto text = text_of(node);
  if (!text || text->find("image") != std::string::npos) add_unseen(where, node, "the patch is not among what is checked: name it, too");
}

void ManifestFinder::inlined(const std::string& where, const YamlNode& node, bool is_patch) {
  const auto inner = YamlStream::read(node.text, where);
  if (!inner) return add_undecided(where, node, is_patch ? "the patch cannot be read" : "what stands there cannot be read");
  add_brought(where, node, ManifestFinder(*inner, is_patch, nullptr).find());
}

/// What stands in the place of an image: of what it does not say, the manifests decide.
void ManifestFinder::kustomized(const std::string& where, const YamlNode& item) {
  const bool renamed = is_text(item.find("newName")), versioned = is_text(item.find("newTag")) || is_text(item.find("digest"));
  if (!is_text(item.find(renamed ? "newName" : "name")) || (!renamed && !versioned)) return;
  ImageUse& use = of_parts(where, item, {.registry = "", .repository = renamed ? "newName" : "name", .tag = "newTag"});
  if (!versioned) use.image.reset(), use.unknown.emplace_back("newTag");
}

/// Fields that hold images by its word, and that are looked for in no manifest.
void ManifestFinder::configuration(const std::string& where, const YamlNode& node) {
  if (!is_text(&node) || beside() == nullptr || !beside()->read) return;
  const auto text = text_of(node);
  const auto read = read_text(text, where);
  if (!read) return add_unseen(where, node, "the configuration is not at hand, which may say of more fields that they are images");
  for (const YamlStream::Document& document : read->documents()) {
    each_of(document.root, "images", [&](const std::string&, const YamlNode& field) {
      const YamlNode* const path = field.find("path");
      if (!is_text(path)) return;
      const std::string last = path->text.substr(path->text.rfind('/') + 1);
      if (!names_image(last)) add_unseen(where, node, fmt::format("'{}' holds an image by it, which is looked for in no manifest", visible(path->text.substr(0, 200))));
    });
  }
}

void ManifestFinder::chart(const std::string& where, const YamlNode& item) {
  const auto below = [&](const char* key) { return where.empty() ? std::string(key) : fmt::format("{}.{}", where, key); };
  add_unseen(where.empty() ? "name" : where, is_text(item.find("name")) ? *item.find("name") : item, "the manifests of that chart are not here");
  if (const YamlNode* const inlined = item.find("valuesInline")) values_of(*inlined, below("valuesInline"));
  if (const YamlNode* const file = item.find("valuesFile"); is_text(file)) values_file(below("valuesFile"), *file);
  each_of(item, "additionalValuesFiles", [&](const std::string& each, const YamlNode& file) { if (is_text(&file)) values_file(below(each.c_str()), file); });
}

/// Values of whatever name, which nobody takes for such by themselves.
void ManifestFinder::values_file(const std::string& where, const YamlNode& node) {
  if (is_checked(node.text, FileKind::HelmValues)) return;
  const auto text = text_of(node);
  const auto read = read_text(text, where);
  if (!read) return add_unseen(where, node, "the values are not at hand");
  add_brought(where, node, ChartFinder(*read, nullptr).find());
}

/// Images that stand elsewhere and are copied to where one is.
void ManifestFinder::replacement(const std::string& where, const YamlNode& item) {
  replaced(item, [&](const YamlNode& path) { add_undecided(where, path, "what stands elsewhere is put there"); });
  const YamlNode* const file = item.find("path");
  if (!is_text(file) || beside() == nullptr || !beside()->read) return;
  const auto text = text_of(*file);
  const auto read = read_text(text, where);
  if (!read) return add_unseen(where + ".path", *file, "the replacements are not at hand");
  bool found = false;
  for (const YamlStream::Document& document : read->documents()) {
    replaced(document.root, [&](const YamlNode&) { found = true; });
    for (const YamlNode& each : document.root.items) replaced(each, [&](const YamlNode&) { found = true; });
  }
  if (found) add_undecided(where + ".path", *file, "what stands elsewhere is put where an image is");
}

void ManifestFinder::replaced(const YamlNode& item, const std::function<void(const YamlNode& path)>& found) const {
  const YamlNode* const targets = item.find("targets");
  if (targets == nullptr) return;
  for (const YamlNode& target : targets->items) {
    const YamlNode* const paths = target.find("fieldPaths");
    if (paths == nullptr) continue;
    for (const YamlNode& path : paths->items) {
      if (names_image(path.text)) found(path);
    }
  }
}

}  // namespace ashlar::workload
