#include "inventory/inner/landing.h"

#include <vector>

#include "base/text.h"

namespace ashlar::inventory {
namespace {

/// Whether a part of it is empty, `.` or `..`.
bool is_clean(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
    if (path.empty()) return false;
  }
  return true;
}

}  // namespace

std::string clean_path(std::string path) {
  if (path.starts_with("./")) path.erase(0, 2);  // as most archives have it
  if (path.ends_with('/')) path.pop_back();
  if (is_clean(path)) return path;
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") parts.push_back(part);
    else if (!parts.empty()) parts.pop_back();
  }
  std::string out;
  for (const std::string_view part : parts) (out += out.empty() ? "" : "/") += part;
  return out;
}

Result<std::string> Landing::of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return path;
  const std::string_view folder = std::string_view(path).substr(0, slash);
  if (folder == last_ || sound_.contains(folder)) return path;
  const auto leads = follow_links(folder, true, link_at_);
  if (!leads) return fail(Kind::Corrupt, "the links on the way to it loop");
  if (*leads != folder) return leads->empty() ? path.substr(slash + 1) : *leads + path.substr(slash);
  sound_.insert(*leads);
  last_ = *leads;
  return path;
}

Result<std::string> Landing::of_target(const std::string& link) {
  TRY_ASSIGN(std::string landed, of(clean_path(link)));
  if (link.find("..") != std::string::npos && follow_links(link, false, link_at_) != landed) return fail(Kind::Corrupt, "it climbs out of a folder that it entered through a symlink");
  return landed;
}

void Landing::put_symlink(const std::string& path) {
  const std::string prefix = path + "/";
  sound_.erase(path);
  for (auto at = sound_.lower_bound(prefix); at != sound_.end() && at->starts_with(prefix);) at = sound_.erase(at);
  if (last_ == path || last_.starts_with(prefix)) last_.clear();
}

}  // namespace ashlar::inventory
