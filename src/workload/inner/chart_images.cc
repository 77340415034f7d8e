#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/chart_finder.h"

namespace ashlar::workload {

void ChartFinder::look(const YamlNode& root) {
  if (const YamlNode* const list = root.find("dependencies"); list != nullptr && list->type == YamlNode::Type::Sequence) charts(*list);
  all_values_of(root, "");
}

/// What a chart is made of, by the file that describes it: what lies beside it has values of its own.
void ChartFinder::charts(const YamlNode& list) {
  for (size_t at = 0; at < list.items.size(); ++at) {
    const YamlNode *const name = list.items[at].find("name"), *const repository = list.items[at].find("repository");
    if (is_text(name) && is_text(repository) && !repository->text.starts_with("file://")) add_unseen(fmt::format("dependencies[{}]", at), *name, "the manifests of that chart are not here");
  }
}

void ChartFinder::all_values_of(const YamlNode& root, const std::string& where) {
  registry_of_all_.clear();
  if (const YamlNode* const global = root.find("global")) {
    const YamlNode* const image = global->find("image");
    for (const auto& [key, value] : {std::pair("global.imageRegistry", global->find("imageRegistry")), {"global.registry", global->find("registry")}, {"global.image.registry", image == nullptr ? nullptr : image->find("registry")}}) {
      if (is_text(value)) registry_of_all_ = value->text, registry_key_ = key;
    }
  }
  values_of(root, where);
}

void ChartFinder::values_of(const YamlNode& node, const std::string& where) {
  for (size_t at = 0; at < node.items.size(); ++at) values_of(node.items[at], fmt::format("{}[{}]", where, at));
  for (const auto& [key, value] : node.members) member(node, key, value, where.empty() ? key.text : where + "." + key.text);
}

void ChartFinder::member(const YamlNode& node, const YamlNode& key, const YamlNode& value, const std::string& here) {
  const bool versioned = value.find("tag") != nullptr || value.find("digest") != nullptr;
  if (is_text(value.find("repository")) && (names_image(key.text) || versioned)) return note_open(of_parts(here, value, usual_parts), value, "the chart");
  // The same with another word for the repository.
  for (const char* const name : {"image", "name"}) {
    if (!is_text(value.find(name)) || !names_image(key.text) || !(versioned || value.find("registry") != nullptr)) continue;
    return note_open(of_parts(here, value, {.registry = "registry", .repository = name, .tag = "tag"}), value, "the chart");
  }
  const bool whole = key.text == "image";
  if (!names_image(key.text) || !is_text(&value) || (!whole && value.text.find_first_of("/:@") == std::string::npos)) return values_of(value, here);
  const auto image = ImageName::parse(value.text);
  if (image && image->tag.empty() && image->digest.empty()) {
    // A name whose tag is a value of its own, beside it.
    for (const std::string& name : {key.text + "Tag", std::string(whole ? "tag" : "")}) {
      const YamlNode* const tag = name.empty() ? nullptr : node.find(name);
      if (tag == nullptr || (tag->type != YamlNode::Type::Scalar && tag->type != YamlNode::Type::Null)) continue;
      ImageUse& use = of_parts(here, node, {.registry = "", .repository = key.text, .tag = name});
      if (!is_text(tag) && use.image && use.image->digest.empty()) use.reason = "the chart decides on its tag";
      return;
    }
  }
  const size_t before = out.size();
  literal(here, value);
  if (out.size() > before) out.back().shared = true;  // templates may make more of it
}

void ChartFinder::note_open(ImageUse& use, const YamlNode& node, std::string_view by_whom) const {
  if (!use.image) return;
  const YamlNode* const registry = node.find("registry");
  if (use.image->tag.empty() && use.image->digest.empty()) use.reason = fmt::format("{} decides on its tag", by_whom);
  else if (!registry_of_all_.empty() && (registry == nullptr || registry->text != registry_of_all_)) use.reason = fmt::format("'{}' may take the place of its registry", registry_key_);
}

}  // namespace ashlar::workload
