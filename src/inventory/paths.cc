#include "inventory/paths.h"

#include <optional>
#include <vector>

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

}  // namespace ashlar::inventory
