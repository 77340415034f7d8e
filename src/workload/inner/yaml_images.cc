// Images in compose files, Kubernetes manifests, values of Helm charts and files of CI services.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/uses.h"
#include "workload/inner/yaml_stream.h"

namespace ashlar::workload {
namespace {

class Finder {
 public:
  explicit Finder(const YamlStream& stream) : stream_(stream), lines_(stream.lines()) {}

  std::vector<ImageUse> find(FileKind kind) {
    for (const YamlStream::Document& document : stream_.documents()) {
      document_ = &document;
      const YamlNode& root = document.root;
      if (kind == FileKind::Compose) compose(root);
      else if (kind == FileKind::HelmValues) values(root, "");
      else if (kind == FileKind::GitHub) github(root);
      else if (kind == FileKind::GitLab) gitlab(root);
      else if (root.find("apiVersion") != nullptr && root.find("kind") != nullptr) manifest(root, "");
    }
    return std::move(out_);
  }

 private:
  Traced traced(const YamlNode& node) const { return stream_.traced(*document_, node); }

  void add(const std::string& where, const YamlNode& node, const Traced& written, Substituted value) {
    ImageUse use = make_use(where, written, std::move(value), lines_);
    if (use.span.line == 0) use.span = stream_.place(*document_, node);
    // An alias is another look at the same bytes.
    const auto extent = use.text.extent();
    if (extent && !seen_.insert({extent->first, extent->second}).second) return;
    out_.push_back(std::move(use));
  }

  static bool is_text(const YamlNode* node) { return node != nullptr && node->type == YamlNode::Type::Scalar && !node->text.empty(); }

  // Compose: services.*.image, and images that builds are given.

  void compose(const YamlNode& root) {
    const YamlNode* services = root.find("services");
    if (services == nullptr) return;
    for (const auto& [name, service] : services->members) {
      const std::string where = fmt::format("services.{}", name.text);
      if (const YamlNode* image = service.find("image"); is_text(image)) variable(where + ".image", *image, 0);
      const YamlNode* build = service.find("build");
      const YamlNode* contexts = build == nullptr ? nullptr : build->find("additional_contexts");
      if (contexts == nullptr) continue;
      constexpr std::string_view scheme = "docker-image://";
      for (const auto& [key, value] : contexts->members) {
        if (value.text.starts_with(scheme)) variable(fmt::format("{}.build.additional_contexts.{}", where, key.text), value, scheme.size());
      }
      for (const YamlNode& item : contexts->items) {
        const auto [key, value] = cut(item.text, '=');
        if (value.starts_with(scheme)) variable(fmt::format("{}.build.additional_contexts.{}", where, key), item, key.size() + 1 + scheme.size());
      }
    }
  }

  void variable(const std::string& where, const YamlNode& node, size_t skipped) {
    const Traced whole = traced(node);
    const Traced written = whole.slice(skipped, whole.size());
    add(where, node, written, substitute(written, Dialect::Compose, 0, [this](const std::string& name) -> const Traced* {
      const auto found = values_.find(name);
      return found == values_.end() ? nullptr : &found->second;
    }));
  }

  // Kubernetes: containers wherever they stand, so that templates in resources of others are found, too.

  void manifest(const YamlNode& node, const std::string& where) {
    for (size_t at = 0; at < node.items.size(); ++at) manifest(node.items[at], fmt::format("{}[{}]", where, at));
    for (const auto& [key, value] : node.members) {
      const std::string here = where.empty() ? key.text : where + "." + key.text;
      const bool containers = key.text == "containers" || key.text == "initContainers" || key.text == "ephemeralContainers";
      for (size_t at = 0; at < value.items.size(); ++at) {
        const YamlNode& item = value.items[at];
        if (const YamlNode* image = item.find("image"); containers && is_text(image)) literal(fmt::format("{}[{}].image", here, at), *image);
        if (const YamlNode* image = item.find("image"); key.text == "volumes" && image != nullptr && is_text(image->find("reference"))) literal(fmt::format("{}[{}].image.reference", here, at), *image->find("reference"));
      }
      manifest(value, here);
    }
  }

  void literal(const std::string& where, const YamlNode& node) {
    const Traced written = traced(node);
    add(where, node, written, {.text = written, .unknown = {}, .used = {}});
  }

  // Helm: `image: {registry, repository, tag, digest}`, and texts under keys that are or end in `image`.

  static bool names_image(std::string_view key) { return key.size() >= 5 && std::ranges::equal(key.substr(key.size() - 5), std::string_view("image"), [](unsigned char a, char b) { return std::tolower(a) == b; }); }

  void values(const YamlNode& node, const std::string& where) {
    for (size_t at = 0; at < node.items.size(); ++at) values(node.items[at], fmt::format("{}[{}]", where, at));
    for (const auto& [key, value] : node.members) {
      const std::string here = where.empty() ? key.text : where + "." + key.text;
      const bool parted = value.type == YamlNode::Type::Mapping && is_text(value.find("repository")) && (value.find("tag") != nullptr || value.find("digest") != nullptr);
      if (parted) of_parts(here, value);
      else if (names_image(key.text) && is_text(&value) && (value.text.find_first_of("/:@") != std::string::npos)) literal(here, value);
      else values(value, here);
    }
  }

  void of_parts(const std::string& where, const YamlNode& node) {
    Traced text;
    const YamlNode* tag = node.find("tag");
    const auto part = [&](const char* key, std::string_view before, std::string_view after) {
      const YamlNode* value = node.find(key);
      if (!is_text(value)) return;
      text.add_loose(before);
      text.add(traced(*value));
      text.add_loose(after);
    };
    part("registry", "", "/");
    part("repository", "", "");
    part("tag", ":", "");
    part("digest", "@", "");
    const YamlNode& repository = *node.find("repository");
    Traced written;
    written.add_loose(text.text);
    ImageUse use = make_use(where, written, {.text = text, .unknown = {}, .used = {}}, lines_);
    use.span = stream_.place(*document_, repository);
    use.parts = true;
    use.plain = tag != nullptr && tag->plain;
    out_.push_back(std::move(use));
  }

  // GitHub: images of jobs and their services, and of steps that are images.

  void github(const YamlNode& root) {
    constexpr std::string_view scheme = "docker://";
    const auto step = [&](const std::string& where, const YamlNode* uses) {
      if (is_text(uses) && uses->text.starts_with(scheme)) expression(where, *uses, scheme.size());
    };
    const auto steps = [&](const std::string& where, const YamlNode* list) {
      if (list == nullptr) return;
      for (size_t at = 0; at < list->items.size(); ++at) step(fmt::format("{}[{}].uses", where, at), list->items[at].find("uses"));
    };
    if (const YamlNode* runs = root.find("runs")) {
      step("runs.image", runs->find("image"));
      steps("runs.steps", runs->find("steps"));
    }
    const YamlNode* jobs = root.find("jobs");
    if (jobs == nullptr) return;
    for (const auto& [name, job] : jobs->members) {
      const std::string where = fmt::format("jobs.{}", name.text);
      if (const YamlNode* container = job.find("container")) {
        if (is_text(container)) expression(where + ".container", *container, 0);
        else if (is_text(container->find("image"))) expression(where + ".container.image", *container->find("image"), 0);
      }
      if (const YamlNode* services = job.find("services")) {
        for (const auto& [service, value] : services->members) {
          if (is_text(value.find("image"))) expression(fmt::format("{}.services.{}.image", where, service.text), *value.find("image"), 0);
        }
      }
      steps(where + ".steps", job.find("steps"));
    }
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

  // GitLab: images and services, of all jobs and of each; values of `variables` are defaults.

  void gitlab(const YamlNode& root) {
    values_ = variables_of(root, {});
    const auto global = values_;
    gitlab_job("", root);
    for (const auto& [name, job] : root.members) {
      if (job.type != YamlNode::Type::Mapping || name.text == "variables" || name.text == "image" || name.text == "services") continue;
      values_ = variables_of(job, global);
      gitlab_job(name.text + ".", job);
    }
  }
  void gitlab_job(const std::string& before, const YamlNode& job) {
    const auto one = [&](const std::string& where, const YamlNode& value) {
      if (is_text(&value)) variable(before + where, value, 0);
      else if (is_text(value.find("name"))) variable(before + where + ".name", *value.find("name"), 0);
    };
    if (const YamlNode* image = job.find("image")) one("image", *image);
    const YamlNode* services = job.find("services");
    if (services == nullptr) return;
    for (size_t at = 0; at < services->items.size(); ++at) one(fmt::format("services[{}]", at), services->items[at]);
  }
  std::map<std::string, Traced> variables_of(const YamlNode& of, std::map<std::string, Traced> out) const {
    const YamlNode* variables = of.find("variables");
    if (variables == nullptr) return out;
    for (const auto& [name, value] : variables->members) {
      const YamlNode* text = value.type == YamlNode::Type::Mapping ? value.find("value") : &value;
      // One that other variables make is left to them.
      if (is_text(text) && text->text.find('$') == std::string::npos) out[name.text] = traced(*text);
    }
    return out;
  }

  const YamlStream& stream_;
  const Lines& lines_;
  const YamlStream::Document* document_ = nullptr;
  std::map<std::string, Traced> values_;  ///< of variables, by default
  std::set<std::pair<size_t, size_t>> seen_;
  std::vector<ImageUse> out_;
};

}  // namespace

std::vector<ImageUse> yaml_images(FileKind kind, const YamlStream& stream) { return Finder(stream).find(kind); }

FileKind kind_of_yaml(std::string_view text) {
  if (text.size() > max_yaml_bytes) return FileKind::Unknown;
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (!has("apiVersion") && !has("services") && !has("jobs")) return FileKind::Unknown;
  for (const YamlPart& part : yaml_parts(text)) {
    const auto document = read_part(text, part, "file");
    if (!document) return FileKind::Unknown;
    const YamlNode& root = document->root;
    if (root.find("apiVersion") != nullptr && root.find("kind") != nullptr) return FileKind::Kubernetes;
    if (const YamlNode* services = root.find("services"); services != nullptr && services->type == YamlNode::Type::Mapping) return FileKind::Compose;
    if (const YamlNode* jobs = root.find("jobs"); jobs != nullptr && jobs->type == YamlNode::Type::Mapping && root.find("on") != nullptr) return FileKind::GitHub;
  }
  return FileKind::Unknown;
}

}  // namespace ashlar::workload
