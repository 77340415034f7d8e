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

 private:
  void look(const YamlNode& root) override {
    open_.clear(), unread_ = false;
    environment();
    const YamlNode* services = root.find("services");
    if (services == nullptr) return;
    for (const auto& [name, service] : services->members) {
      const std::string where = fmt::format("services.{}", name.text);
      if (const YamlNode* image = service.find("image"); is_text(image)) variable(where + ".image", *image, 0);
      if (const YamlNode* volumes = service.find("volumes")) {
        for (size_t at = 0; at < volumes->items.size(); ++at) volume(fmt::format("{}.volumes[{}].source", where, at), volumes->items[at]);
      }
      if (const YamlNode* build = service.find("build")) build_of(where + ".build", *build);
    }
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
    else if (beside() != nullptr && beside()->read) file_of(where, build, given);
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
    const auto text_of = [&](const YamlNode* node, const char* usual) -> std::optional<std::string> {
      if (!is_text(node)) return usual;
      Substituted made = substituted(traced(*node));
      if (!made.good || !made.unknown.empty()) {
        add_undecided(where, *node, fmt::format("the variable '{}' decides on what is built", made.unknown.empty() ? node->text : join(made.unknown, "', '")));
        return std::nullopt;
      }
      return std::move(made.text.text);
    };
    const auto folder = text_of(simple ? &build : build.find("context"), ".");
    if (!folder) return;
    if (is_address_of_context(*folder)) return add_undecided(where, build, fmt::format("it is built of '{}', which is not here", visible(folder->substr(0, 200))));
    const YamlNode* const named = simple ? nullptr : build.find("dockerfile");
    const auto file = text_of(named, "Dockerfile");
    if (!file) return;
    const std::string path = file->starts_with('/') || *folder == "." ? *file : fmt::format("{}/{}", *folder, *file);
    const auto text = beside()->read(path);
    if (!text) return add_undecided(where, build, fmt::format("'{}', which it is built by, is not at hand", visible(path.substr(0, 200))));
    if (given.empty()) return;
    const auto read = parse_dockerfile(*text, path);
    if (!read) return add_undecided(where, build, fmt::format("'{}', which it is built by, cannot be read", visible(path.substr(0, 200))));
    const auto usual = images_of(*read, *text);
    for (ImageUse& each : images_of(*read, *text, given)) {
      if (holds(usual, each)) continue;
      const auto used = std::ranges::find_if(each.variables, [&](const std::string& name) { return given.contains(name); });
      const YamlNode& place = place_of(build, used == each.variables.end() ? std::string() : *used);
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
  bool unread_ = false;           ///< there is an `.env` that cannot be read
};

}  // namespace

std::unique_ptr<YamlFinder> compose_finder(const YamlStream& stream, const Beside* beside) { return std::make_unique<ComposeFinder>(stream, beside); }

}  // namespace ashlar::workload
