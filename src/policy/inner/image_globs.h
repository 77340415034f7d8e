#pragma once
// Globs of images in the patterns of engines.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::policy {

/// The names that a glob means, with `**` among its parts as a part more and as none. `part` says a part in an engine's words. Of very many names not all.
std::vector<std::string> expanded(std::string_view glob, const std::function<std::string(std::string_view part)>& part);

}  // namespace ashlar::policy
