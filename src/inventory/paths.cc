#include "inventory/paths.h"

#include "base/links.h"

namespace ashlar::inventory {

std::string PathResolver::follow(std::string_view path) {
  if (const auto known = known_.find(path); known != known_.end()) return known->second;
  const auto leads = follow_links(path, true, [&](const std::string& at) -> std::optional<std::string> {
    const auto found = files_.find(at);
    return found != files_.end() && found->second.entry.type == FileType::Symlink ? std::optional(found->second.entry.link) : std::nullopt;
  });
  return known_.emplace(path, leads.value_or(std::string(path))).first->second;
}

std::string PathResolver::resolve(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::string(path);
  const std::string_view folder = path.substr(0, slash);
  if (folder != last_folder_) last_leads_ = follow(folder), last_folder_ = folder;
  if (last_leads_.empty()) return std::string(path.substr(slash + 1));
  std::string out;
  out.reserve(last_leads_.size() + path.size() - slash);
  return out.append(last_leads_).append(path.substr(slash));
}

}  // namespace ashlar::inventory
