#include "build/inner/guard.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "build/inner/pruning.h"
#include "plan/program_names.h"

namespace ashlar::build {
namespace {

std::string package_of(const Tree::Node& node) {
  constexpr std::string_view prefix = "package:";
  return node.owner.starts_with(prefix) ? node.owner.substr(prefix.size()) : std::string();
}

/// Whether a file that is none of the definition's own rules has set-id bits.
bool has_set_ids(const Tree::Node& node) {
  return node.entry.type != FileType::Directory && node.entry.type != FileType::Symlink && (node.entry.mode & 06000) != 0 && node.owner != "definition";
}

/// The file that links of programs lead to; the path itself where they lead nowhere.
std::string behind_links(const Tree& tree, const std::string& path) {
  std::string at = tree.resolve(path, true);
  return tree.node(at) == nullptr ? path : at;
}

/// Whether the definition names the path, itself or by a glob.
bool is_named(const std::set<std::string>& named, const std::string& path) {
  return named.contains(path) || std::ranges::any_of(named, [&](const std::string& each) { return each.find_first_of("*?[") != std::string::npos && matches_glob(each, path); });
}

/// What a runtime image must not hold, of one package or other origin.
struct Finding {
  std::string package, from;            ///< `package 'dash'`, or who else put it there
  std::string one, many, remedy;        ///< `is an interpreter`, `are interpreters`, what to do
  std::vector<std::string> paths;
};

/// Findings in the order of their first paths, those of one origin and kind together.
class Findings {
 public:
  void add(const std::string& path, Finding finding) {
    const auto same = std::find_if(list_.begin(), list_.end(), [&](const Finding& each) { return each.from == finding.from && each.one == finding.one; });
    Finding& into = same == list_.end() ? list_.emplace_back(std::move(finding)) : *same;
    into.paths.push_back(fmt::format("'/{}'", path));
  }
  bool empty() const { return list_.empty(); }
  /// One finding in the line of the error, several in a line each.
  std::string text() const {
    std::vector<std::string> lines;
    for (const Finding& each : list_)
      lines.push_back(fmt::format("{} of {} {}: {}", fmt::join(each.paths, ", "), each.from, each.paths.size() == 1 ? each.one : each.many, each.remedy));
    return lines.size() == 1 ? lines.front() : fmt::format("it holds what such an image must not\n  {}", fmt::join(lines, "\n  "));
  }

 private:
  std::vector<Finding> list_;
};

}  // namespace

Done take_off_set_ids(Tree& tree, const plan::Definition& definition, Progress& progress) {
  if (definition.variant != plan::Variant::Runtime || !definition.published) return {};
  std::vector<std::string> paths;
  for (const auto& [path, node] : tree.nodes()) {
    if (has_set_ids(node)) paths.push_back(path);
  }
  if (paths.empty()) return {};
  constexpr std::uint64_t largest_program = 64U << 20;
  for (const std::string& path : paths) {
    const Tree::Node& node = *tree.node(path);
    TRY_ASSIGN(Bytes content, tree.content(node, largest_program));
    TarEntry entry = node.entry;
    entry.type = FileType::Regular, entry.link.clear(), entry.size = content.size();
    entry.mode &= ~std::uint32_t{06000};
    TRY(tree.put(std::move(entry), std::move(content), node.owner));
  }
  progress.note(fmt::format("'{}' is a runtime image, in which no file gives its user other rights: the set-id bits of '/{}' are taken off", definition.image, fmt::join(paths, "', '/")));
  return {};
}

Done guard(const Tree& tree, const plan::Definition& definition, Progress& progress) {
  if (definition.variant != plan::Variant::Runtime) return {};
  std::set<std::string> named, asked;
  for (const plan::Interpreter& each : definition.interpreters) named.insert(merge_usr(each.path.starts_with('/') ? each.path.substr(1) : each.path, FileType::Regular));
  for (const plan::Wish& wish : definition.packages) {
    if (!wish.excluded) asked.insert(wish.name);
  }
  Findings faults;
  for (const auto& [path, node] : tree.nodes()) {
    if (node.entry.type == FileType::Directory) continue;
    const std::string package = package_of(node);
    const std::string from = package.empty() ? node.owner : fmt::format("package '{}'", package);
    if (has_set_ids(node))
      faults.add(path, {package, from, "has set-id bits", "have set-id bits", "slice it away, or give it a mode under 'paths'", {}});
    const std::string_view name = plan::program_name(path);
    if (name.empty() || is_named(named, path)) continue;
    const std::string file = behind_links(tree, path);
    const std::string owner = package_of(tree.nodes().at(file));
    if (is_named(named, file) || (definition.published && !owner.empty() && asked.contains(owner))) continue;
    if (plan::is_interpreter_name(name) && definition.published) progress.detail(fmt::format("'/{}' of {} is an interpreter that '{}' gives no reason for", path, from, definition.image));
    else if (plan::is_interpreter_name(name))
      faults.add(path, {package, from, "is an interpreter", "are interpreters", fmt::format("name it under 'interpreters' with a reason, or exclude the package with '!{}'", package.empty() ? owner : package), {}});
    else if (plan::is_package_manager_name(name)) faults.add(path, {package, from, "is a package manager", "are package managers", fmt::format("exclude the package with '!{}'", package), {}});
  }
  if (faults.empty()) return {};
  return cannot(Kind::Conflict, fmt::format("build '{}' as a runtime image", definition.image), faults.text());
}

namespace {

/// Whether one of the places where a runtime looks for the program has a file that somebody may execute.
bool can_start(const Tree& tree, const oci::Config& config, const std::string& program) {
  return std::ranges::any_of(oci::program_places(config, program), [&](const std::string& place) {
    const Tree::Node* const node = tree.node(tree.resolve(place.substr(1), true));
    return node != nullptr && (node->entry.type == FileType::Regular || node->entry.type == FileType::HardLink) && (node->entry.mode & 0111) != 0;
  });
}

}  // namespace

void note_what_cannot_start(const Tree& tree, const plan::Definition& definition, const oci::Config& config, Progress& progress) {
  const auto& words = config.entrypoint.empty() ? config.cmd : config.entrypoint;
  if (!words.empty() && !can_start(tree, config, words.front()))
    progress.note(fmt::format("'{}' starts '{}', which is not in the image or cannot be executed", definition.image, words.front()));
  if (config.health && config.health->test.size() > 1 && config.health->test.front() == "CMD" && !can_start(tree, config, config.health->test[1]))
    progress.note(fmt::format("the health check of '{}' starts '{}', which is not in the image or cannot be executed", definition.image, config.health->test[1]));
}

}  // namespace ashlar::build
