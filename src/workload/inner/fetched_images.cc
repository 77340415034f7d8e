// Images of resources by which a cluster fetches what it runs: Argo CD's applications, Flux's releases and kustomizations, charts of k3s.
#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/manifest_finder.h"

namespace ashlar::workload {
namespace {

constexpr const char* chart_elsewhere = "the manifests of that chart are not here";
constexpr const char* source_elsewhere = "the manifests of that source are not here";

/// A value below others; null: there is none.
const YamlNode* below(const YamlNode& node, std::initializer_list<std::string_view> keys) {
  const YamlNode* out = &node;
  for (const std::string_view key : keys) {
    if (out != nullptr) out = out->find(key);
  }
  return out;
}

}  // namespace

bool ManifestFinder::fetched(const YamlNode& root) {
  const std::string_view group = cut(root.find("apiVersion")->text, '/').first;
  const std::string& kind = root.find("kind")->text;
  const YamlNode* const spec = root.find("spec");
  const bool argo = group == "argoproj.io" && (kind == "Application" || kind == "ApplicationSet");
  const bool flux = (group == "helm.toolkit.fluxcd.io" && kind == "HelmRelease") || (group == "kustomize.toolkit.fluxcd.io" && kind == "Kustomization");
  const bool k3s = group == "helm.cattle.io" && (kind == "HelmChart" || kind == "HelmChartConfig");
  if (!argo && !flux && !k3s) return false;
  if (spec == nullptr) return true;
  if (kind == "Application") application(*spec, "spec");
  else if (argo) application(below(*spec, {"template", "spec"}) == nullptr ? *spec : *below(*spec, {"template", "spec"}), "spec.template.spec");
  else if (k3s) chart_of_k3s(*spec);
  else if (kind == "HelmRelease") release(*spec);
  else {
    const YamlNode *const path = spec->find("path"), *const name = below(*spec, {"sourceRef", "name"});
    if (is_text(path) || is_text(name)) add_unseen("spec.path", is_text(path) ? *path : *name, source_elsewhere);
    put_in_place(*spec, "spec.");
  }
  return true;
}

void ManifestFinder::application(const YamlNode& spec, const std::string& where) {
  if (const YamlNode* const one = spec.find("source")) source(*one, where + ".source");
  const YamlNode* const several = spec.find("sources");
  for (size_t at = 0; several != nullptr && at < several->items.size(); ++at) source(several->items[at], fmt::format("{}.sources[{}]", where, at));
}

/// One that has neither chart nor path holds values for others.
void ManifestFinder::source(const YamlNode& node, const std::string& where) {
  const YamlNode *const chart = node.find("chart"), *const path = node.find("path");
  if (is_text(chart)) add_unseen(where + ".chart", *chart, chart_elsewhere);
  else if (is_text(path)) add_unseen(where + ".path", *path, source_elsewhere);
  if (const YamlNode* const helm = node.find("helm")) {
    if (const YamlNode* const text = helm->find("values"); is_text(text)) values_text(where + ".helm.values", *text);
    if (const YamlNode* const object = helm->find("valuesObject")) all_values_of(*object, where + ".helm.valuesObject");
    std::map<std::string, const YamlNode*> given;
    const YamlNode* const list = helm->find("parameters");
    for (size_t at = 0; list != nullptr && at < list->items.size(); ++at) {
      const YamlNode *const name = list->items[at].find("name"), *const value = list->items[at].find("value");
      if (is_text(name) && is_text(value)) given[name->text] = value;
    }
    parameters(where + ".helm.parameters", given);
  }
  const YamlNode* const images = below(node, {"kustomize", "images"});
  for (size_t at = 0; images != nullptr && at < images->items.size(); ++at) {
    // `name=other:tag`, or the name as it is, with a tag.
    const YamlNode& item = images->items[at];
    if (!is_text(&item)) continue;
    const size_t sign = item.text.find('='), before = out.size();
    variable(fmt::format("{}.kustomize.images[{}]", where, at), item, sign == std::string::npos ? 0 : sign + 1);
    if (out.size() > before) out.back().shared = true;  // a tag and a digest together are not for every version of it
  }
  if (const YamlNode* const kustomize = node.find("kustomize")) patches(*kustomize, where + ".kustomize.");
}

void ManifestFinder::release(const YamlNode& spec) {
  const YamlNode *const chart = below(spec, {"chart", "spec", "chart"}), *const named = below(spec, {"chartRef", "name"});
  if (is_text(chart) || is_text(named)) add_unseen("spec.chart", is_text(chart) ? *chart : *named, chart_elsewhere);
  if (const YamlNode* const given = spec.find("values")) all_values_of(*given, "spec.values");
  const YamlNode* const after = spec.find("postRenderers");
  for (size_t at = 0; after != nullptr && at < after->items.size(); ++at) {
    if (const YamlNode* const kustomize = after->items[at].find("kustomize")) put_in_place(*kustomize, fmt::format("spec.postRenderers[{}].kustomize.", at));
  }
}

void ManifestFinder::chart_of_k3s(const YamlNode& spec) {
  if (const YamlNode* const chart = spec.find("chart"); is_text(chart)) add_unseen("spec.chart", *chart, chart_elsewhere);
  if (const YamlNode* const image = spec.find("jobImage"); is_text(image)) literal("spec.jobImage", *image);
  if (const YamlNode* const text = spec.find("valuesContent"); is_text(text)) values_text("spec.valuesContent", *text);
  std::map<std::string, const YamlNode*> given;
  if (const YamlNode* const set = spec.find("set")) {
    for (const auto& [name, value] : set->members) {
      if (is_text(&value)) given[name.text] = &value;
    }
  }
  parameters("spec.set", given);
}

void ManifestFinder::put_in_place(const YamlNode& node, const std::string& where) {
  const YamlNode* const images = node.find("images");
  for (size_t at = 0; images != nullptr && at < images->items.size(); ++at) kustomized(fmt::format("{}images[{}]", where, at), images->items[at]);
  patches(node, where);
}

void ManifestFinder::values_text(const std::string& where, const YamlNode& node) {
  const auto inner = YamlStream::read(node.text, where);
  if (!inner) return add_undecided(where, node, "the values cannot be read");
  add_brought(where, node, ChartFinder(*inner, nullptr).find());
}

/// Whole references, and those in parts, as far as they are given.
void ManifestFinder::parameters(const std::string& where, const std::map<std::string, const YamlNode*>& given) {
  const auto part = [&](const std::string& key) -> std::string {
    const auto found = given.find(key);
    return found == given.end() ? std::string() : found->second->text;
  };
  for (const auto& [name, value] : given) {
    const std::string here = fmt::format("{}.{}", where, name), last = name.substr(name.rfind('.') + 1);
    if (names_image(last) && is_address(value->text)) literal(here, *value);
    if (last != "repository") continue;
    const std::string before = name.substr(0, name.size() - last.size()), registry = part(before + "registry"), tag = part(before + "tag"), digest = part(before + "digest");
    Substituted whole;
    whole.text.add_loose(fmt::format("{}{}{}{}{}{}{}", registry, registry.empty() ? "" : "/", value->text, tag.empty() ? "" : ":", tag, digest.empty() ? "" : "@", digest));
    ImageUse& use = add_loose(here, *value, std::move(whole));
    if (use.image && tag.empty() && digest.empty()) use.reason = "the chart decides on its tag";
  }
}

}  // namespace ashlar::workload
