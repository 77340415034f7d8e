#include "policy/inner/image_globs.h"

#include "base/text.h"

namespace ashlar::policy {

std::vector<std::string> expanded(std::string_view glob, const std::function<std::string(std::string_view part)>& part) {
  constexpr size_t most = 64;
  std::vector<std::string> names{""};
  const auto segments = split(glob, '/');
  for (size_t at = 0; at < segments.size(); ++at) {
    const bool many = segments[at] == "**";
    const std::string own = part(segments[at]);
    std::vector<std::string> longer;
    for (const std::string& name : names) {
      if (many && at > 0) longer.push_back(name);  // `**` is no part at all, too
      longer.push_back(at == 0 || name.empty() ? own : name + "/" + own);
    }
    if (many && at == 0 && segments.size() > 1) longer.push_back("");
    names = std::move(longer);
    if (names.size() > most) break;
  }
  return names;
}

}  // namespace ashlar::policy
