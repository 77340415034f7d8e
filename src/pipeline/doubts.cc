#include "pipeline/doubts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::pipeline {
namespace {

/// Of a path without a leading slash; empty: nothing speaks against it.
std::string doubt_of(std::string_view glob, const Held& held) {
  const size_t slash = glob.rfind('/');
  const std::string_view folder = glob.substr(0, slash == std::string_view::npos ? 0 : slash + 1), name = glob.substr(folder.size());
  if (folder.find_first_of("*?[") != std::string_view::npos) return {};
  std::vector<std::string_view> beside;
  for (auto at = std::ranges::lower_bound(held.paths, folder); at != held.paths.end() && at->starts_with(folder); ++at) {
    if (const std::string_view rest = std::string_view(*at).substr(folder.size()); rest.find('/') == std::string_view::npos) beside.push_back(rest);
  }
  if (beside.empty() && !folder.empty()) return fmt::format("'/{}' is not in the image, and neither is its folder: is the path right?", glob);
  const std::string near = name.find_first_of("*?[") == std::string_view::npos ? nearest(name, beside) : std::string();
  return near.empty() ? std::string() : fmt::format("'/{}' is not in the image, but '/{}{}' is: is the path right?", glob, folder, near);
}

}  // namespace

std::vector<std::string> doubts_of(const std::vector<std::string>& paths, const Held& held) {
  std::vector<std::string> out;
  for (const std::string& glob : paths) {
    if (std::string doubt = doubt_of(std::string_view(glob).substr(glob.starts_with('/') ? 1 : 0), held); !doubt.empty()) out.push_back(std::move(doubt));
  }
  return out;
}

}  // namespace ashlar::pipeline
