// Images of compose files: of services, of volumes that are images, and of builds with what they are given.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/dotenv.h"
#include "workload/inner/yaml_finder.h"

namespace ashlar::workload {
namespace {

class ComposeFinder : public YamlFinder {
 public:
  using YamlFinder::YamlFinder;
  /// Of what was found: the Dockerfiles that are built, from the file's folder on.
  std::vector<std::string> take_built() { return std::move(built_); }

 private:
  void look(const YamlNode& root) override {
    open_.clear(), unread_ = false;
    environment();
    if (const YamlNode* const included = root.find("include")) include("include", *included);
    if (const YamlNode* services = root.find("services")) {
      for (const auto& [name, each] : services->members) service(fmt::format("services.{}", name.text), each);
      return;
    }
    // The first version of the format has no such key: services stand at the top.
    for (const auto& [name, each] : root.members) {
      if (is_text(each.find("image")) || each.find("build") != nullptr) service(name.text, each);
    }
  }

  void service(const std::string& where, const YamlNode& service) {
    if (const YamlNode* image = service.find("image"); is_text(image)) variable(where + ".image", *image, 0);
    if (const YamlNode* volumes = service.find("volumes")) {
      for (size_t at = 0; at < volumes->items.size(); ++at) volume(fmt::format("{}.volumes[{}].source", where, at), volumes->items[at]);
    }
    for (const char* const hook : {"pre_start", "post_start", "pre_stop"}) {
      const YamlNode* const steps = service.find(hook);
      for (size_t at = 0; steps != nullptr && at < steps->items.size(); ++at) {
        if (const YamlNode* const image = steps->items[at].find("image"); is_text(image)) variable(fmt::format("{}.{}[{}].image", where, hook, at), *image, 0);
      }
    }
    if (const YamlNode* extended = service.find("extends"); extended != nullptr && is_text(extended->find("file"))) other_file(where + ".extends.file", *extended->find("file"), true);
    if (const YamlNode* build = service.find("build")) build_of(where + ".build", *build);
  }

  /// Values of `.env`, which compose reads beside its file.
  void environment() {
    if (beside() == nullptr || !beside()->read) return;
    const auto text = beside()->read(".env");
    if (!text) return;
    const auto known = read_environment_file(*text);
    unread_ = !known;
    for (const auto& [name, value] : known ? *known : EnvironmentFile()) {
      if (value) values[name].add_loose(*value);
      else open_.insert(name);
    }
  }
  bool is_open(const std::string& name) const override { return unread_ || open_.contains(name); }

  void include(const std::string& where, const YamlNode& node) {
    for (size_t at = 0; at < node.items.size(); ++at) include(fmt::format("{}[{}]", where, at), node.items[at]);
    if (is_text(&node)) other_file(where, node, false);
    const YamlNode* const path = node.find("path");
    if (path == nullptr) return;
    if (node.find("env_file") != nullptr || node.find("project_directory") != nullptr) return undecided(where, *path, "what it includes gets variables and a folder of its own: check what `docker compose config` makes of it");
    include(where + ".path", *path);
  }
  /// A compose file that has a part in this one. By itself it is judged with the `.env` of its own folder, and here with that of this one.
  /// `extends`: a service of this file is made of it.
  void other_file(const std::string& where, const YamlNode& node, bool extends) {
    const Substituted made = substituted(traced(node));
    if (!made.good || !made.unknown.empty()) return undecided(where, node, "a variable decides on what is included");
    if (beside() == nullptr || !beside()->is_checked) return;
    const std::string& path = made.text.text;
    if (!beside()->is_checked(path, FileKind::Compose)) {
      std::string reason = fmt::format("'{}' is not among what is checked: name it, too", visible(path.substr(0, 200)));
      return extends ? undecided(where, node, std::move(reason)) : add_unseen(where, node, std::move(reason));
    }
    const auto text = beside()->read ? beside()->read(path) : std::nullopt;
    if (path.find('/') != std::string::npos && (!text || text->find('$') != std::string::npos)) undecided(where, node, fmt::format("'{}' has variables, which get their values here: check what `docker compose config` makes of it", visible(path.substr(0, 200))));
  }
  void undecided(const std::string& where, const YamlNode& node, std::string reason) {
    if (beside() != nullptr && beside()->is_checked) add_undecided(where, node, std::move(reason));
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

  void build_of(const std::string& where, const YamlNode& build) {
    const BuildArguments given = arguments(build.find("args"));
    if (const YamlNode* text = build.find("dockerfile_inline"); is_text(text)) inline_file(where + ".dockerfile_inline", *text, given);
    else file_of(where, build, given);
    const YamlNode* contexts = build.find("additional_contexts");
    if (contexts == nullptr) return;
    for (const auto& [key, value] : contexts->members) context(fmt::format("{}.additional_contexts.{}", where, key.text), value, 0);
    for (const YamlNode& item : contexts->items) {
      const std::string_view key = cut(item.text, '=').first;
      context(fmt::format("{}.additional_contexts.{}", where, key), item, key.size() + 1);
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

  /// What a build is given in the place of defaults. One without a value has that of the machine that builds.
  BuildArguments arguments(const YamlNode* args) const {
    BuildArguments given;
    if (args == nullptr) return given;
    const auto take = [&](const std::string& name, const YamlNode* value, std::string_view text) {
      if (value == nullptr) {
        const auto own = values.find(name);
        given[name] = own != values.end() && !is_open(name) ? std::optional(own->second.text) : std::nullopt;
        return;
      }
      Traced written;
      written.add_loose(text);
      const Substituted made = substituted(written);
      given[name] = made.good && made.unknown.empty() ? std::optional(made.text.text) : std::nullopt;
    };
    for (const auto& [key, value] : args->members) take(key.text, value.type == YamlNode::Type::Null ? nullptr : &value, value.text);
    for (const YamlNode& item : args->items) {
      const auto [name, value] = cut(item.text, '=');
      take(std::string(name), item.text.find('=') == std::string::npos ? nullptr : &item, value);
    }
    return given;
  }
  /// Where an argument of a build stands.
  static const YamlNode& place_of(const YamlNode& build, const std::string& name) {
    const YamlNode* const args = build.find("args");
    if (args == nullptr) return build;
    if (const YamlNode* const value = args->find(name)) return *value;
    const auto item = std::ranges::find_if(args->items, [&](const YamlNode& each) { return cut(each.text, '=').first == name; });
    return item == args->items.end() ? *args : *item;
  }

  /// The Dockerfile that a build takes: what its arguments decide is judged here, all else where the file is.
  void file_of(const std::string& where, const YamlNode& build, const BuildArguments& given) {
    const bool simple = build.type == YamlNode::Type::Scalar;
    if (!simple && build.type != YamlNode::Type::Mapping) return;
    const bool is_at_hand = beside() != nullptr && beside()->read;
    const auto text_of = [&](const YamlNode* node, const char* usual) -> std::optional<std::string> {
      if (!is_text(node)) return usual;
      Substituted made = substituted(traced(*node));
      if (!made.good || !made.unknown.empty()) {
        if (is_at_hand) add_undecided(where, *node, fmt::format("the variable '{}' decides on what is built", made.unknown.empty() ? node->text : join(made.unknown, "', '")));
        return std::nullopt;
      }
      return made.text.empty() ? usual : std::move(made.text.text);
    };
    const auto folder = text_of(simple ? &build : build.find("context"), ".");
    if (!folder) return;
    if (is_address_of_context(*folder)) {
      if (is_at_hand) add_undecided(where, build, fmt::format("it is built of '{}', which is not here", visible(folder->substr(0, 200))));
      return;
    }
    const YamlNode* const named = simple ? nullptr : build.find("dockerfile");
    const auto file = text_of(named, "Dockerfile");
    if (!file) return;
    const std::string path = file->starts_with('/') || *folder == "." ? *file : fmt::format("{}/{}", *folder, *file);
    built_.push_back(path);
    if (!is_at_hand) return;
    const auto text = beside()->read(path);
    if (!text) return add_undecided(where, build, fmt::format("'{}', which it is built by, is not at hand", visible(path.substr(0, 200))));
    if (beside()->is_checked && !beside()->is_checked(path, FileKind::Dockerfile)) add_undecided(where, named != nullptr ? *named : build, fmt::format("'{}', which it is built by, is not among what is checked: name it, too", visible(path.substr(0, 200))));
    if (given.empty()) return;
    const auto read = parse_dockerfile(*text, path);
    if (!read) return add_undecided(where, build, fmt::format("'{}', which it is built by, cannot be read", visible(path.substr(0, 200))));
    const auto usual = images_of(*read, *text);
    for (ImageUse& each : images_of(*read, *text, given)) {
      if (holds(usual, each)) continue;
      const auto used = std::ranges::find_if(each.variables, [&](const std::string& name) { return given.contains(name); });
      const std::string variable = used == each.variables.end() ? std::string() : *used;
      const YamlNode& place = place_of(build, variable);
      Substituted value{.text = {}, .unknown = std::move(each.unknown), .used = std::move(each.variables)};
      value.text.add_loose(each.text.text);
      add_loose(fmt::format("{} {}:{} {}", where, path, each.span.line, each.where), place, std::move(value));
    }
    const auto bare = scratch_of(*read, *text);
    for (const ImageUse& each : scratch_of(*read, *text, given)) {
      if (!holds(bare, each)) add_undecided(fmt::format("{} {}:{} FROM", where, path, each.span.line), place_of(build, {}), "what it is given leaves it without a base");
    }
  }
  static bool holds(const std::vector<ImageUse>& uses, const ImageUse& use) {
    return std::ranges::any_of(uses, [&](const ImageUse& each) { return each.span == use.span && each.text.text == use.text.text && each.unknown == use.unknown; });
  }
  static bool is_address_of_context(std::string_view folder) { return folder.find("://") != std::string_view::npos || folder.starts_with("git@") || folder.starts_with("github.com/"); }

  /// A Dockerfile within the file, in which compose has put its variables first.
  void inline_file(const std::string& where, const YamlNode& node, const BuildArguments& given) {
    Traced written;
    written.add_loose(node.text);
    Substituted whole = substituted(written);
    if (!whole.good || !whole.unknown.empty()) { add_loose(where, node, std::move(whole)); return; }
    const auto file = parse_dockerfile(whole.text.text, where);
    if (!file) { add_loose(where, node, std::move(whole)); return; }  // which is no reference
    for (ImageUse& each : images_of(*file, whole.text.text, given)) {
      if (each.where == "syntax") continue;
      Substituted value{.text = {}, .unknown = std::move(each.unknown), .used = std::move(each.variables)};
      value.text.add_loose(each.text.text);
      add_loose(fmt::format("{} {}", where, each.where), node, std::move(value));
    }
  }

  std::set<std::string> open_{};  ///< variables that have a value which nobody here knows
  std::vector<std::string> built_{};
  bool unread_ = false;           ///< there is an `.env` that cannot be read
};

}  // namespace

std::vector<std::string> build_files(std::string_view text, std::string_view path, const Beside* beside) {
  const auto stream = YamlStream::read(text, path);
  if (!stream) return {};
  ComposeFinder finder(*stream, beside);
  (void)finder.find();
  return finder.take_built();
}

std::unique_ptr<YamlFinder> compose_finder(const YamlStream& stream, const Beside* beside) { return std::make_unique<ComposeFinder>(stream, beside); }

}  // namespace ashlar::workload
