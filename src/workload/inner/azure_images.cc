// Images of files of Azure Pipelines: containers that the pipeline names, of jobs, their services, and steps.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/yaml_finder.h"

namespace ashlar::workload {
namespace {

/// The word that begins where a value is put in: `$(x)`, `${{ x }}`, `$[ x ]`; empty: there is none.
std::string_view put_in(std::string_view text) {
  for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>("${{", "}}"), {"$[", "]"}, {"$(", ")"}}) {
    const size_t begin = text.find(open);
    if (begin == std::string_view::npos) continue;
    const size_t end = text.find(close, begin);
    return trim(text.substr(begin + open.size(), end == std::string_view::npos ? end : end - begin - open.size()));
  }
  return {};
}

class AzureFinder : public YamlFinder {
 public:
  using YamlFinder::YamlFinder;

 private:
  void look(const YamlNode& root) override {
    names_.clear(), set_.clear();
    variables(root);
    if (const YamlNode* const resources = root.find("resources")) {
      if (const YamlNode* const containers = resources->find("containers")) {
        for (size_t at = 0; at < containers->items.size(); ++at) container(fmt::format("resources.containers[{}]", at), containers->items[at]);
      }
    }
    part("", root);
  }
  bool is_open(const std::string& name) const override { return name.empty(); }  // what is put in is no variable of this kind

  /// Names that the pipeline itself gives a value, wherever it does.
  void variables(const YamlNode& node) {
    for (const YamlNode& each : node.items) variables(each);
    for (const auto& [key, value] : node.members) {
      if (key.text == "variables") {
        for (const auto& [name, unused] : value.members) set_.insert(name.text);
        for (const YamlNode& each : value.items) {
          if (const YamlNode* const name = each.find("name")) set_.insert(name->text);
        }
      }
      variables(value);
    }
  }

  /// One that the pipeline names for its jobs.
  void container(const std::string& where, const YamlNode& node) {
    if (const YamlNode* const name = node.find("container"); is_text(name)) names_.insert(name->text);
    if (is_text(node.find("image"))) image(where + ".image", *node.find("image"));
    else if (is_text(node.find("repository"))) add_undecided(where + ".repository", *node.find("repository"), "a connection of the service decides on the registry that it is of");
  }

  /// A pipeline, a stage, a job or a step: whatever may have others below it.
  void part(const std::string& where, const YamlNode& node) {
    const std::string before = where.empty() ? where : where + ".";
    for (const char* const key : {"template", "extends"}) {
      const YamlNode* const value = node.find(key);
      const YamlNode* const named = value == nullptr || value->type != YamlNode::Type::Mapping ? value : value->find("template");
      if (is_text(named)) included(before + key, *named);
    }
    if (const YamlNode* const used = node.find("container")) uses(before + "container", *used);
    if (const YamlNode* const services = node.find("services")) {
      for (const auto& [name, value] : services->members) uses(fmt::format("{}services.{}", before, name.text), value);
    }
    if (const YamlNode* const target = node.find("target"); target != nullptr && target->find("container") != nullptr) uses(before + "target.container", *target->find("container"));
    below(before, node);
  }
  /// Lists of parts, and what strategies of deployments, `${{ if }}` and `${{ each }}` hold.
  void below(const std::string& before, const YamlNode& node) {
    for (const auto& [key, value] : node.members) {
      const bool list = key.text == "stages" || key.text == "jobs" || key.text == "steps";
      if (list) parts(before + key.text, value);
      else if (key.text.starts_with("${{")) parts(before + key.text, value), part(before + key.text, value);
      else if (is_strategy(key.text)) below(before + key.text + ".", value);
    }
  }
  void parts(const std::string& where, const YamlNode& list) {
    for (size_t at = 0; at < list.items.size(); ++at) part(fmt::format("{}[{}]", where, at), list.items[at]);
  }
  static bool is_strategy(std::string_view key) {
    return key == "strategy" || key == "runOnce" || key == "rolling" || key == "canary" || key == "preDeploy" || key == "deploy" || key == "routeTraffic" || key == "postRouteTraffic" || key == "on" || key == "success" || key == "failure";
  }

  /// A text is the name of one of the pipeline's containers, or the image itself.
  void uses(const std::string& where, const YamlNode& node) {
    if (is_text(&node) && !names_.contains(node.text) && node.text != "host") image(where, node);
    else if (is_text(node.find("image"))) image(where + ".image", *node.find("image"));
    else if (is_text(node.find("alias")) && !names_.contains(node.find("alias")->text)) image(where + ".alias", *node.find("alias"));
  }

  void image(const std::string& where, const YamlNode& node) {
    const Traced written = traced(node);
    Substituted value{.text = written, .unknown = {}, .used = {}};
    const std::string name(put_in(written.text));
    if (!name.empty()) value.unknown.push_back(name);
    const size_t before = out.size();
    add(where, node, written, std::move(value));
    if (out.size() > before && written.text == fmt::format("$({})", name) && !set_.contains(name)) out.back().given = name;
  }

  /// Templates may name any image.
  void included(const std::string& where, const YamlNode& node) {
    if (node.text.find('@') != std::string::npos || node.text.find('$') != std::string::npos) return add_unseen(where, node, fmt::format("'{}' is a template of another repository or of a variable's choice, and not here", visible(node.text.substr(0, 200))));
    if (beside() != nullptr && beside()->is_checked && !is_there(node.text)) add_unseen(where, node, fmt::format("the template '{}' is not among what is checked", visible(node.text.substr(0, 200))));
  }

  /// Paths that begin with a slash are of the repository's folder, which lies somewhere above.
  bool is_there(const std::string& path) const {
    if (!path.starts_with('/')) return beside()->is_checked(path, FileKind::Azure);
    std::string from = path.substr(1);
    for (int above = 0; above <= max_above; ++above, from = "../" + from) {
      if (beside()->is_checked(from, FileKind::Azure)) return true;
    }
    return false;
  }

  static constexpr int max_above = 16;  // folders
  std::set<std::string> names_{}, set_{};  ///< containers that the pipeline names; variables that it gives a value
};

}  // namespace

std::unique_ptr<YamlFinder> azure_finder(const YamlStream& stream, const Beside* beside) { return std::make_unique<AzureFinder>(stream, beside); }

}  // namespace ashlar::workload
