#include "base/links.h"

#include <vector>

#include "base/text.h"

namespace ashlar {
namespace {

constexpr int most_links = 40;     // as Linux follows
constexpr size_t longest = 4095;   // of a path, as Linux takes it (PATH_MAX, without its NUL)

}  // namespace

std::optional<std::string> follow_links(std::string_view path, bool last, const LinkAt& link_at) {
  if (path.size() > longest) return std::nullopt;
  std::vector<std::string> left;  // parts still to walk, the next one last
  const auto push = [&left](std::string_view text) {
    const auto parts = split(text, '/');
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      if (!part->empty() && *part != ".") left.emplace_back(*part);
    }
  };
  push(path);
  std::string at;
  for (int links = 0; !left.empty();) {
    const std::string part = std::move(left.back());
    left.pop_back();
    if (part == "..") {
      const size_t slash = at.rfind('/');
      at.resize(slash == std::string::npos ? 0 : slash);
      continue;
    }
    std::string next = at.empty() ? part : at + "/" + part;
    const auto target = left.empty() && !last ? std::nullopt : link_at(next);
    if (!target) {
      at = std::move(next);
      continue;
    }
    if (++links > most_links || target->size() > longest) return std::nullopt;
    if (target->starts_with('/')) at.clear();
    push(*target);
  }
  return at;
}

}  // namespace ashlar
