#include "inventory/inner/readers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace ashlar::inventory {

std::string unread(std::string_view path, std::string_view cause) { return fmt::format("cannot read '{}': {}", path, cause); }

Unread no_record(std::string_view path, std::string_view cause) { return {std::string(path), std::string(cause)}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

Result<std::string> read_text(const host::ReadFile& file, std::uint64_t limit) {
  TRY_ASSIGN(const Bytes bytes, read_range(file, 0, file.size(), limit));
  return std::string(as_text(bytes));
}

std::string joined_path(std::string_view folder, std::string_view relative) {
  std::vector<std::string_view> parts;
  if (relative.starts_with('/')) folder = {};
  for (const std::string_view side : {folder, relative}) {
    for (const std::string_view part : split(side, '/')) {
      if (part.empty() || part == ".") continue;
      if (part != "..") parts.push_back(part);
      else if (parts.empty()) return {};
      else parts.pop_back();
    }
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

}  // namespace ashlar::inventory
