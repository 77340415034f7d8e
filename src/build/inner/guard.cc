#include "build/inner/guard.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "build/inner/pruning.h"

namespace ashlar::build {
namespace {

/// Names of programs, `*` at the end for versions.
constexpr std::array<std::string_view, 27> interpreters = {"sh", "bash", "rbash", "dash", "ash", "zsh", "ksh*", "mksh*", "csh", "tcsh", "fish", "busybox*", "perl", "perl5*", "python", "python2*",
                                                           "python3*", "ruby*", "lua*", "node", "nodejs", "php*", "tclsh*", "awk", "mawk", "gawk", "original-awk"};
constexpr std::array<std::string_view, 12> managers = {"apt", "apt-get", "apt-cache", "dpkg", "dpkg-deb", "apk", "rpm", "dnf", "yum", "microdnf", "zypper", "pacman"};
constexpr std::array<std::string_view, 4> folders = {"usr/bin/", "usr/sbin/", "usr/local/bin/", "usr/local/sbin/"};

bool fits(std::string_view name, std::string_view pattern) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) && name.find('-') == std::string_view::npos : name == pattern;
}

template <size_t N>
bool any(std::string_view name, const std::array<std::string_view, N>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) { return fits(name, pattern); });
}

/// The program's name when the path is one that PATH finds, else empty.
std::string_view program_name(std::string_view path) {
  for (const std::string_view folder : folders) {
    if (path.starts_with(folder)) return path.substr(folder.size());
  }
  return {};
}

std::string package_of(const Tree::Node& node) {
  constexpr std::string_view prefix = "package:";
  return node.owner.starts_with(prefix) ? node.owner.substr(prefix.size()) : std::string();
}

/// The file that links of programs lead to; the path itself where it is no link, or one that leads nowhere.
std::string behind_links(const Tree& tree, const std::string& path) {
  std::string at = path;
  for (int hops = 0; hops < 8; ++hops) {
    const auto node = tree.nodes().find(at);
    if (node == tree.nodes().end()) return path;
    if (node->second.entry.type != FileType::Symlink) return at;
    const std::string& target = node->second.entry.link;
    if (target.starts_with('/')) at = merge_usr(target.substr(1), FileType::Regular);
    else if (target.find('/') == std::string::npos) at = at.substr(0, at.rfind('/') + 1) + target;
    else return path;
  }
  return path;
}

}  // namespace

Done guard(const Tree& tree, const plan::Definition& definition, Progress& progress) {
  if (definition.variant != plan::Variant::Runtime) return {};
  std::set<std::string> named, asked;
  for (const plan::Interpreter& each : definition.interpreters) named.insert(merge_usr(each.path.starts_with('/') ? each.path.substr(1) : each.path, FileType::Regular));
  for (const plan::Wish& wish : definition.packages) {
    if (!wish.excluded) asked.insert(wish.name);
  }
  std::vector<std::string> faults;
  for (const auto& [path, node] : tree.nodes()) {
    if (node.entry.type == FileType::Directory) continue;
    const std::string package = package_of(node);
    const std::string from = package.empty() ? node.owner : fmt::format("package '{}'", package);
    if (node.entry.type != FileType::Symlink && (node.entry.mode & 06000) != 0 && node.owner != "definition") faults.push_back(fmt::format("'/{}' of {} has set-id bits: slice it away, or give it a mode under 'paths'", path, from));
    const std::string_view name = program_name(path);
    if (name.empty() || named.contains(path)) continue;
    const std::string file = behind_links(tree, path);
    const std::string owner = package_of(tree.nodes().at(file));
    if (named.contains(file) || (!owner.empty() && asked.contains(owner))) continue;
    if (any(name, interpreters) && definition.published) progress.note(fmt::format("'/{}' of {} is an interpreter that '{}' gives no reason for", path, from, definition.image));
    else if (any(name, interpreters)) faults.push_back(fmt::format("'/{}' of {} is an interpreter: name it under 'interpreters' with a reason, or exclude the package with '!{}'", path, from, package.empty() ? owner : package));
    else if (any(name, managers)) faults.push_back(fmt::format("'/{}' of {} is a package manager: exclude the package with '!{}'", path, from, package));
  }
  if (faults.empty()) return {};
  return cannot(Kind::Conflict, fmt::format("build '{}' as a runtime image", definition.image), fmt::format("{}", fmt::join(faults, "; ")));
}

}  // namespace ashlar::build
