#include "inventory/inner/shipped.h"

#include "base/text.h"

namespace ashlar::inventory {
namespace {

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
      for (const std::string_view line : Parts(text, '\n')) {
        const size_t gap = line.find("  ");
        if (gap == 32) of->sums.emplace(resolver.resolve(line.substr(gap + 2)), line.substr(0, gap));
      }
    }
    if (Shipped::Lists* const of = lists(".list"); of != nullptr) {
      if (!of->paths) of->paths.emplace();
      for (const std::string_view line : Parts(text, '\n')) {
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
