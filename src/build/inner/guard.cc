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

}  // namespace

Done guard(const Tree& tree, const plan::Definition& definition) {
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
    const bool wanted = named.contains(path) || (!package.empty() && asked.contains(package));
    if (name.empty() || wanted) continue;
    if (any(name, interpreters)) faults.push_back(fmt::format("'/{}' of {} is an interpreter: name it under 'interpreters' with a reason, or exclude the package with '!{}'", path, from, package));
    else if (any(name, managers)) faults.push_back(fmt::format("'/{}' of {} is a package manager: exclude the package with '!{}'", path, from, package));
  }
  if (faults.empty()) return {};
  return cannot(Kind::Conflict, fmt::format("build '{}' as a runtime image", definition.image), fmt::format("{}", fmt::join(faults, "; ")));
}

}  // namespace ashlar::build
