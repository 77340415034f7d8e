// Which reader a file has, and images of files of GitHub.
#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/chart_finder.h"

namespace ashlar::workload {
namespace {

class GitHubFinder : public YamlFinder {
 public:
  using YamlFinder::YamlFinder;

 private:
  void look(const YamlNode& root) override { github(root); }
  bool is_open(const std::string& name) const override { return name.empty(); }  // expressions are no variables of this kind

  // Images of jobs and their services, and of steps that are images.

  void github(const YamlNode& root) {
    constexpr std::string_view scheme = "docker://";
    const YamlNode* jobs = root.find("jobs");
    const auto step = [&](const std::string& where, const YamlNode* uses) {
      if (!is_text(uses)) return;
      if (uses->text.starts_with(scheme)) expression(where, *uses, scheme.size());
      else if (jobs != nullptr && uses->text.starts_with("./")) local(where, *uses, {"/action.yml", "/action.yaml"}, "the action");
    };
    const auto steps = [&](const std::string& where, const YamlNode* list) {
      if (list == nullptr) return;
      for (size_t at = 0; at < list->items.size(); ++at) step(fmt::format("{}[{}].uses", where, at), list->items[at].find("uses"));
    };
    if (const YamlNode* runs = root.find("runs")) {
      step("runs.image", runs->find("image"));
      steps("runs.steps", runs->find("steps"));
    }
    if (jobs == nullptr) return;
    for (const auto& [name, job] : jobs->members) {
      const std::string where = fmt::format("jobs.{}", name.text);
      // A job that is a workflow of its own: its containers and services are there.
      if (const YamlNode* uses = job.find("uses"); is_text(uses)) {
        if (uses->text.starts_with("./")) local(where + ".uses", *uses, {""}, "the workflow");
        else add_unseen(where + ".uses", *uses, "a workflow of another repository, which is not here");
      }
      if (const YamlNode* container = job.find("container")) {
        if (is_text(container)) expression(where + ".container", *container, 0);
        else if (is_text(container->find("image"))) expression(where + ".container.image", *container->find("image"), 0);
      }
      if (const YamlNode* services = job.find("services")) {
        if (is_text(services)) add_undecided(where + ".services", *services, "an expression decides on them");
        for (const auto& [service, value] : services->members) {
          if (is_text(&value)) add_undecided(fmt::format("{}.services.{}", where, service.text), value, "an expression decides on it");
          if (is_text(value.find("image"))) expression(fmt::format("{}.services.{}.image", where, service.text), *value.find("image"), 0);
        }
      }
      steps(where + ".steps", job.find("steps"));
    }
  }

  /// What a workflow takes from its own repository: paths begin at the repository's folder, two above the workflow's.
  void local(const std::string& where, const YamlNode& node, std::initializer_list<std::string_view> names, std::string_view what) {
    if (beside() == nullptr || !beside()->is_checked) return;
    const std::string place = "../../" + node.text.substr(2);
    if (std::ranges::none_of(names, [&](std::string_view name) { return beside()->is_checked(place + std::string(name), FileKind::GitHub); })) add_unseen(where, node, fmt::format("{} is not among what is checked: name it, too", what));
  }

  /// What `${{ }}` comes to nobody knows before it runs.
  void expression(const std::string& where, const YamlNode& node, size_t skipped) {
    const Traced whole = traced(node);
    const Traced written = whole.slice(skipped, whole.size());
    if (written.empty()) return;
    Substituted value{.text = written, .unknown = {}, .used = {}};
    if (const size_t begin = written.text.find("${{"); begin != std::string::npos) {
      const size_t end = written.text.find("}}", begin);
      value.unknown.emplace_back(trim(std::string_view(written.text).substr(begin + 3, end == std::string::npos ? end : end - begin - 3)));
    }
    add(where, node, written, std::move(value));
  }
};

/// A pipeline of Azure, or a template of one: its lists hold stages, jobs or steps by their own names.
bool is_azure(const YamlNode& root) {
  const auto holds = [&](const char* list, std::initializer_list<std::string_view> keys) {
    const YamlNode* const items = root.find(list);
    return items != nullptr && std::ranges::any_of(items->items, [&](const YamlNode& each) { return std::ranges::any_of(keys, [&](std::string_view key) { return each.find(key) != nullptr; }); });
  };
  if (holds("stages", {"stage"}) || holds("jobs", {"job", "deployment"})) return true;
  const bool of_pipeline = std::ranges::any_of(std::initializer_list<std::string_view>{"trigger", "pr", "pool", "parameters", "resources", "schedules"}, [&](std::string_view key) { return root.find(key) != nullptr; });
  return of_pipeline && holds("steps", {"task", "bash", "script", "pwsh", "powershell", "checkout", "template"});
}

}  // namespace

std::vector<ImageUse> yaml_images(FileKind kind, const YamlStream& stream, const Beside* beside) {
  switch (kind) {
    case FileKind::Compose: return compose_finder(stream, beside)->find();
    case FileKind::Azure: return azure_finder(stream, beside)->find();
    case FileKind::GitLab: return gitlab_finder(stream, beside)->find();
    case FileKind::GitHub: return GitHubFinder(stream, beside).find();
    case FileKind::HelmValues: return ChartFinder(stream, beside).find();
    default: return manifest_finder(stream, beside)->find();
  }
}

FileKind kind_of_yaml(std::string_view text) {
  if (text.size() > max_yaml_bytes) return FileKind::Unknown;
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  const bool operations = has("op") && has("path") && has("image");
  if (!has("apiVersion") && !has("services") && !has("jobs") && !has("steps") && !has("stages") && !operations) return FileKind::Unknown;
  FileKind other = FileKind::Unknown;  // manifests stand behind documents of whatever kind, and are what a cluster takes of the file
  for (const YamlPart& part : yaml_parts(text)) {
    const auto document = read_part(text, part, "file");
    if (!document) return FileKind::Unknown;
    const YamlNode& root = document->root;
    if (operations && root.type == YamlNode::Type::Sequence && !root.items.empty() && root.items[0].find("op") != nullptr && root.items[0].find("path") != nullptr) return FileKind::Kubernetes;
    if (root.find("apiVersion") != nullptr && root.find("kind") != nullptr) return FileKind::Kubernetes;
    if (other != FileKind::Unknown) continue;
    const YamlNode *const services = root.find("services"), *const jobs = root.find("jobs");
    if (services != nullptr && services->type == YamlNode::Type::Mapping) other = FileKind::Compose;
    else if (jobs != nullptr && jobs->type == YamlNode::Type::Mapping && root.find("on") != nullptr) other = FileKind::GitHub;
    else if (is_azure(root)) other = FileKind::Azure;
    if (other != FileKind::Unknown && !has("apiVersion")) return other;
  }
  return other;
}

}  // namespace ashlar::workload
