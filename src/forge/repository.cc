#include "forge/repository.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "forge/inner/api.h"
#include "forge/inner/forge.h"

namespace ashlar::forge {

bool is_repository_path(std::string_view text) {
  if (text.empty() || text.size() > 4096 || !is_utf8(text) || text.find('\0') != std::string_view::npos || text.find('\\') != std::string_view::npos) return false;
  return std::ranges::none_of(split(text, '/'), [](std::string_view part) { return part.empty() || part == "." || part == ".." || part == ".git"; });
}

bool is_branch(std::string_view text) {
  const bool signs = std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c != 0x7f && std::string_view("~^:?*[\\").find(static_cast<char>(c)) == std::string_view::npos; });
  const bool parts = std::ranges::none_of(split(text, '/'), [](std::string_view part) { return part.empty() || part.starts_with('.') || part.ends_with('.') || part.ends_with(".lock"); });
  return signs && parts && text.size() <= 250 && is_utf8(text) && text.find("..") == std::string_view::npos && text.find("@{") == std::string_view::npos && !text.starts_with('-');
}

Result<std::vector<RepositoryFile>> read_files(const Target& target, const RepositoryWish& wish, host::Http& http, host::Clock& clock) {
  Api api(http, clock, target, headers_of(target));
  const auto forge = forge_of(api);
  if (!forge) return cannot(Kind::Invalid, fmt::format("read files of '{}'", target.settings.name), "it is a webhook");
  std::vector<RepositoryFile> out;
  for (const std::string& path : wish.paths) {
    auto bytes = forge->file(wish.project, wish.branch, path);
    if (!bytes) return cannot(fmt::format("read file '{}' of '{}'", path, wish.project.empty() ? target.settings.project : wish.project), std::move(bytes).error());
    out.push_back({path, std::move(*bytes)});
  }
  return out;
}

}  // namespace ashlar::forge
