#include "inventory/inner/shipped.h"

#include "base/text.h"

namespace ashlar::inventory {
namespace {

constexpr int max_links = 40;  // as Linux follows at most

/// `a/b/../c` without its dots; nothing when it leaves the root.
std::optional<std::string> normal(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.emplace_back(part);
    } else {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
    }
  }
  return join(parts, "/");
}

std::string_view parent_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// The package that a file `NAME[:ARCH].md5sums` or `.list` of dpkg's folders speaks of, or empty.
std::string_view package_of(std::string_view path, std::string_view suffix) {
  constexpr std::string_view classic = "var/lib/dpkg/info/", parts = "var/lib/dpkg/status.d/";
  if (!path.ends_with(suffix)) return {};
  if (path.starts_with(classic)) path.remove_prefix(classic.size());
  else if (path.starts_with(parts)) path.remove_prefix(parts.size());
  else return {};
  return cut(path.substr(0, path.size() - suffix.size()), ':').first;
}

}  // namespace

std::string PathResolver::folder(const std::string& path, int depth) {
  if (path.empty() || depth > max_links) return path;
  if (const auto known = known_.find(path); known != known_.end()) return known->second;
  const std::string above = folder(std::string(parent_of(path)), depth + 1);
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  std::string here = above.empty() ? name : above + "/" + name;
  const auto found = files_.find(here);
  if (found != files_.end() && found->second.entry.type == FileType::Symlink) {
    const std::string& link = found->second.entry.link;
    const auto leads = normal(link.starts_with('/') ? link : above + "/" + link);
    if (leads) here = folder(*leads, depth + 1);
  }
  known_[path] = here;
  return here;
}

std::string PathResolver::resolve(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::string(path);
  return folder(std::string(path.substr(0, slash)), 0) + std::string(path.substr(slash));
}

Shipped read_shipped(const Contents& contents, PathResolver& resolver) {
  Shipped out;
  for (const InstalledPackage& package : contents.packages) {
    Shipped::Lists& lists = out.packages[package.name];
    for (const auto& [path, md5] : package.conffiles) lists.sums[resolver.resolve(path)] = md5;
  }
  for (const auto& [file, text] : contents.texts) {
    const auto lists = [&](std::string_view suffix) {
      const std::string_view name = package_of(file, suffix);
      const auto found = name.empty() ? out.packages.end() : out.packages.find(name);
      return found == out.packages.end() ? nullptr : &found->second;
    };
    if (Shipped::Lists* const of = lists(".md5sums"); of != nullptr) {
      for (const std::string_view line : split(text, '\n')) {
        const size_t gap = line.find("  ");
        if (gap == 32) of->sums.emplace(resolver.resolve(line.substr(gap + 2)), line.substr(0, gap));
      }
    }
    if (Shipped::Lists* const of = lists(".list"); of != nullptr) {
      if (!of->paths) of->paths.emplace();
      for (const std::string_view line : split(text, '\n')) {
        if (line.size() > 1 && line != "/.") of->paths->insert(resolver.resolve(line.substr(1)));
      }
    }
  }
  for (const auto& [name, lists] : out.packages) {
    for (const auto& [path, md5] : lists.sums) out.by_path.emplace(path, name);
  }
  for (const auto& [name, lists] : out.packages) {
    if (lists.paths) {
      for (const std::string& path : *lists.paths) out.by_path.emplace(path, name);
    }
  }
  return out;
}

}  // namespace ashlar::inventory
