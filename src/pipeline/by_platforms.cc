#include <algorithm>

#include "pipeline/lock.h"

namespace ashlar::pipeline {

std::vector<std::string> by_platforms(const std::vector<std::string>& lines) {
  struct Group { std::string platforms, text; };
  std::vector<Group> groups;
  for (const std::string& line : lines) {
    const size_t colon = line.starts_with("linux/") ? line.find(": ") : std::string::npos;
    Group one = colon == std::string::npos ? Group{{}, line} : Group{line.substr(0, colon), line.substr(colon)};
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& each) { return each.text == one.text; });
    if (same == groups.end()) groups.push_back(std::move(one));
    else if (!one.platforms.empty()) same->platforms += ", " + one.platforms;
  }
  std::vector<std::string> out;
  for (const Group& group : groups) out.push_back(group.platforms + group.text);
  return out;
}

}  // namespace ashlar::pipeline
