#include "prove/inner/root.h"

#include "base/links.h"

namespace ashlar::prove {

std::string_view parent_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::optional<std::string> Root::resolve(std::string_view path) const {
  bool absent = false;
  std::string last_file;  // what is no folder ends the way
  const auto leads = follow_links(path, true, [&](const std::string& at) -> std::optional<std::string> {
    const auto found = contents_.files.find(at);
    if (found == contents_.files.end()) {
      absent = true;
      return std::nullopt;
    }
    const TarEntry& entry = found->second.entry;
    if (entry.type == FileType::Symlink) return entry.link;
    if (entry.type != FileType::Directory) last_file = at;
    return std::nullopt;
  });
  return absent || (!last_file.empty() && leads != last_file) ? std::nullopt : leads;
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
