#include "prove/inner/root.h"

#include <vector>

#include "base/text.h"

namespace ashlar::prove {

std::string_view parent_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::optional<std::string> Root::resolve(std::string_view path) const {
  std::vector<std::string> left;  // parts still to walk, the next one last
  const auto push = [&left](std::string_view text) {
    const auto parts = split(text, '/');
    for (size_t at = parts.size(); at-- > 0;) left.emplace_back(parts[at]);
  };
  push(path);
  std::string at;
  for (int links = 0; !left.empty();) {
    const std::string part = std::move(left.back());
    left.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      at = std::string(parent_of(at));
      continue;
    }
    const std::string next = at.empty() ? part : at + "/" + part;
    const auto found = contents_.files.find(next);
    if (found == contents_.files.end()) return std::nullopt;
    const TarEntry& entry = found->second.entry;
    if (entry.type == FileType::Symlink) {
      if (++links > 40) return std::nullopt;
      if (entry.link.starts_with('/')) at.clear();
      push(entry.link);
      continue;
    }
    if (entry.type != FileType::Directory && !left.empty()) return std::nullopt;
    at = next;
  }
  return at;
}

const inventory::File* Root::file(std::string_view path) const {
  const auto real = resolve(path);
  if (!real) return nullptr;
  const auto found = contents_.files.find(*real);
  return found == contents_.files.end() ? nullptr : &found->second;
}

bool Root::is_folder(std::string_view path) const {
  const auto real = resolve(path);
  if (!real) return false;
  if (real->empty()) return true;
  return contents_.files.at(*real).entry.type == FileType::Directory;
}

const std::string* Root::text(std::string_view path) const {
  const auto real = resolve(path);
  if (!real) return nullptr;
  const auto found = contents_.texts.find(*real);
  return found == contents_.texts.end() ? nullptr : &found->second;
}

}  // namespace ashlar::prove
