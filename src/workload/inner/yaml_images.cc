// Images in compose files, Kubernetes manifests, values of Helm charts and files of CI services.
#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <tuple>

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
      values_.clear(), given_.clear(), strong_.clear(), own_.clear(), extended_.clear();
      const YamlNode& root = document.root;
      if (kind == FileKind::Compose) compose(root);
      else if (kind == FileKind::HelmValues) values(root, "");
      else if (kind == FileKind::GitHub) github(root);
      else if (kind == FileKind::GitLab) gitlab(root);
      else manifests(root);
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
    if (extent && !seen_.insert({extent->first, extent->second, use.text.text}).second) return;
    out_.push_back(std::move(use));
  }
  /// A text that no place in the file has as it comes out.
  void add_loose(const std::string& where, const YamlNode& node, Substituted value) {
    Traced written;
    written.add_loose(value.text.text);
    ImageUse use = make_use(where, written, std::move(value), lines_);
    use.span = stream_.place(*document_, node);
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
      if (const YamlNode* volumes = service.find("volumes")) {
        for (size_t at = 0; at < volumes->items.size(); ++at) volume(fmt::format("{}.volumes[{}].source", where, at), volumes->items[at]);
      }
      const YamlNode* build = service.find("build");
      if (build == nullptr) continue;
      if (const YamlNode* text = build->find("dockerfile_inline"); is_text(text)) inline_file(where + ".build.dockerfile_inline", *text, build->find("args"));
      const YamlNode* contexts = build->find("additional_contexts");
      if (contexts == nullptr) continue;
      for (const auto& [key, value] : contexts->members) context(fmt::format("{}.build.additional_contexts.{}", where, key.text), value, 0);
      for (const YamlNode& item : contexts->items) {
        const std::string_view key = cut(item.text, '=').first;
        context(fmt::format("{}.build.additional_contexts.{}", where, key), item, key.size() + 1);
      }
    }
  }

  void context(const std::string& where, const YamlNode& node, size_t skipped) {
    constexpr std::string_view scheme = "docker-image://";
    const std::string_view text = std::string_view(node.text).substr(std::min(skipped, node.text.size()));
    if (text.starts_with(scheme)) return variable(where, node, skipped + scheme.size());
    // A variable may bring the scheme along.
    if (text.find(scheme) != std::string_view::npos || text.starts_with('$')) {
      Substituted value = substituted(traced(node).slice(skipped, node.text.size()));
      if (!value.unknown.empty() || !value.good || value.text.text.starts_with(scheme)) {
        if (value.text.text.starts_with(scheme)) value.text = value.text.slice(scheme.size(), value.text.size());
        add_loose(where, node, std::move(value));
      }
    }
  }

  void volume(const std::string& where, const YamlNode& item) {
    const YamlNode* type = item.find("type");
    const YamlNode* source = item.find("source");
    if (!is_text(type) || !is_text(source)) return;
    Traced written;
    written.add_loose(type->text);
    const Substituted kind = substituted(written);
    if (kind.text.text == "image" || !kind.unknown.empty() || !kind.good) variable(where, *source, 0);
  }

  /// A Dockerfile within the file, in which compose has put its variables first.
  void inline_file(const std::string& where, const YamlNode& node, const YamlNode* args) {
    Traced written;
    written.add_loose(node.text);
    Substituted whole = substituted(written);
    if (!whole.good || !whole.unknown.empty()) return add_loose(where, node, std::move(whole));
    const auto file = parse_dockerfile(whole.text.text, where);
    if (!file) return add_loose(where, node, std::move(whole));  // which is no reference
    for (ImageUse& each : images_of(*file, whole.text.text)) {
      if (each.where == "syntax") continue;
      Substituted value{.text = {}, .unknown = std::move(each.unknown), .used = std::move(each.variables)};
      value.text.add_loose(each.text.text);
      for (const std::string& name : value.used) {
        if (args != nullptr && gives(*args, name)) value.unknown.push_back(name);
      }
      add_loose(fmt::format("{} {}", where, each.where), node, std::move(value));
    }
  }
  static bool gives(const YamlNode& args, const std::string& name) {
    return args.find(name) != nullptr || std::ranges::any_of(args.items, [&](const YamlNode& each) { return cut(each.text, '=').first == name; });
  }

  Substituted substituted(const Traced& written) const {
    Substituted out = substitute(written, Dialect::Compose, 0, [this](const std::string& name) -> const Traced* {
      const auto found = values_.find(name);
      return found == values_.end() ? nullptr : &found->second;
    });
    for (const std::string& name : out.used) {
      if (is_open(name) && std::ranges::find(out.unknown, name) == out.unknown.end()) out.unknown.push_back(name);
    }
    return out;
  }

  void variable(const std::string& where, const YamlNode& node, size_t skipped) {
    const Traced whole = traced(node);
    const Traced written = whole.slice(skipped, whole.size());
    add(where, node, written, substituted(written));
  }

  // Kubernetes: images of containers and of what is alike, wherever they stand, so that templates in resources of others are found, too.

  void manifests(const YamlNode& root) {
    const YamlNode* const kind = root.find("kind");
    if (const YamlNode* images = root.find("images"); images != nullptr && (kind == nullptr || kind->text == "Kustomization" || kind->text == "Component")) kustomized(*images);
    if (root.find("apiVersion") == nullptr || kind == nullptr) return;
    is_definition_ = kind->text == "CustomResourceDefinition";
    manifest(root, "", false);
  }

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
      if (named && is_text(&value)) literal(here, value);
      else if (images && names_image(key.text) && is_text(&value) && is_address(value.text)) literal(here, value);
      else if (named && is_text(value.find("reference"))) literal(here + ".reference", *value.find("reference"));
      else if (images && names_image(key.text) && is_text(value.find("repository"))) of_parts(here, value, helm_parts);
      else manifest(value, here, key.text != "rbd" && (images || holds_images(key.text) || (key.text == "spec" && !is_definition_)));
    }
  }
  static bool is_address(std::string_view text) { return text.find_first_of("/:@") != std::string_view::npos && text.find("://") == std::string_view::npos && text.find(' ') == std::string_view::npos; }

  /// What a kustomization puts in the place of images: of what it does not say, the manifests decide.
  void kustomized(const YamlNode& images) {
    for (size_t at = 0; at < images.items.size(); ++at) {
      const YamlNode& item = images.items[at];
      const bool renamed = is_text(item.find("newName")), versioned = is_text(item.find("newTag")) || is_text(item.find("digest"));
      if (!is_text(item.find(renamed ? "newName" : "name")) || (!renamed && !versioned)) continue;
      of_parts(fmt::format("images[{}]", at), item, {.registry = "", .repository = renamed ? "newName" : "name", .tag = "newTag"});
      if (!versioned) out_.back().image.reset(), out_.back().unknown.emplace_back("newTag");
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
      const bool whole = key.text == "image";
      if (is_text(value.find("repository")) && (names_image(key.text) || value.find("tag") != nullptr || value.find("digest") != nullptr)) of_parts(here, value, helm_parts);
      else if (names_image(key.text) && is_text(&value) && (whole || value.text.find_first_of("/:@") != std::string_view::npos)) literal(here, value);
      else values(value, here);
    }
  }

  /// The keys of what an image is made of; besides them `digest`.
  struct Parts { const char *registry, *repository, *tag; };
  static constexpr Parts helm_parts{.registry = "registry", .repository = "repository", .tag = "tag"};

  void of_parts(const std::string& where, const YamlNode& node, const Parts& keys) {
    Traced text;
    const YamlNode* tag = node.find(keys.tag);
    const auto part = [&](const char* key, std::string_view before, std::string_view after) {
      const YamlNode* value = node.find(key);
      if (!is_text(value)) return;
      text.add_loose(before);
      text.add(traced(*value));
      text.add_loose(after);
    };
    part(keys.registry, "", "/");
    part(keys.repository, "", "");
    part(keys.tag, ":", "");
    part("digest", "@", "");
    const YamlNode& repository = *node.find(keys.repository);
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
    gather(root, false);
    const auto global = values_;
    alone_ = false;
    gitlab_job("", root);
    for (const auto& [name, job] : root.members) {
      if (job.type != YamlNode::Type::Mapping || name.text == "variables" || name.text == "image" || name.text == "services") continue;
      const auto own = variables_of(job, {});
      values_ = own, values_.insert(global.begin(), global.end());
      own_.clear();
      for (const auto& [each, value] : own) own_.insert(each);
      if (const YamlNode* variables = job.find("variables")) for (const auto& [each, value] : variables->members) if (!own.contains(each.text)) values_.erase(each.text);
      // What others extend stands for their values, too.
      const bool stands_for_others = name.text == "default" || name.text.starts_with('.') || extended_.contains(name.text);
      if (stands_for_others) own_.clear();
      alone_ = !stands_for_others && job.find("extends") == nullptr;
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
  /// Every value that a variable is given anywhere: rules, matrices, jobs and what they extend have their say when a pipeline is made. `strong`: it outranks a job's own.
  void gather(const YamlNode& node, bool strong) {
    const auto take = [&](const std::string& name, const std::string& value, bool outranks) {
      given_[name].insert(value);
      if (outranks) strong_[name].insert(value);
    };
    const auto all = [&](const YamlNode& variables, bool outranks) {
      for (const auto& [name, value] : variables.members) {
        if (value.type == YamlNode::Type::Scalar || value.type == YamlNode::Type::Null) take(name.text, value.text, outranks);
        for (const YamlNode& each : value.items) take(name.text, each.text, outranks);
        if (const YamlNode* text = value.find("value")) take(name.text, text->text, outranks);
        if (const YamlNode* options = value.find("options")) for (const YamlNode& each : options->items) take(name.text, each.text, outranks);
      }
    };
    for (const YamlNode& each : node.items) gather(each, strong);
    for (const auto& [key, value] : node.members) {
      if (key.text == "variables") all(value, strong);
      if (key.text == "matrix") for (const YamlNode& each : value.items) all(each, true);
      if (key.text == "extends") {
        extended_.insert(value.text);
        for (const YamlNode& each : value.items) extended_.insert(each.text);
      }
      gather(value, strong || key.text == "rules");
    }
  }
  /// Whether it may have another value than the one at hand.
  bool is_open(const std::string& name) const {
    const auto present = values_.find(name);
    if (present == values_.end()) return given_.contains(name);
    const auto& all = alone_ || own_.contains(name) ? strong_ : given_;
    const auto given = all.find(name);
    return given != all.end() && std::ranges::any_of(given->second, [&](const std::string& each) { return each != present->second.text; });
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
  std::map<std::string, std::set<std::string>> given_, strong_;  ///< all values of each, wherever they stand; those that outrank a job's own
  bool is_definition_ = false;  ///< the present document describes resources and is none that runs something
  std::set<std::string> own_, extended_;  ///< variables that the present job gives itself; jobs that others extend
  bool alone_ = false;  ///< the present job extends nothing, and nothing extends it
  std::set<std::tuple<size_t, size_t, std::string>> seen_;
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
