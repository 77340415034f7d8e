// Gems: RubyGems keeps one specification of each that is installed, `specifications/NAME-VERSION[-PLATFORM].gemspec`. It is a program of Ruby, so that the
// file's name is what counts.
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr std::string_view suffix = ".gemspec";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Where the version begins: behind the first `-` that a digit follows and that is not within a name's number (`a-1.0`, `net-http-2.0-x86_64-linux`).
size_t version_at(std::string_view name) {
  for (size_t at = name.find('-'); at != std::string_view::npos; at = name.find('-', at + 1)) {
    if (at == 0 || at + 1 >= name.size() || !is_digit(name[at + 1])) continue;
    const std::string_view rest = name.substr(at + 1, name.find('-', at + 1) - at - 1);
    if (rest.find('.') != std::string_view::npos || name.find('-', at + 1) == std::string_view::npos) return at + 1;
  }
  return std::string_view::npos;
}

}  // namespace

bool wants_gem(std::string_view path, BytesView) {
  std::string_view folder = folder_of(path);
  if (name_of(folder) == "default") folder = folder_of(folder);
  return path.ends_with(suffix) && name_of(folder) == "specifications";
}

Told read_gem(std::string_view path, const host::ReadFile&) {
  std::string_view name = name_of(path);
  name.remove_suffix(suffix.size());
  const size_t at = version_at(name);
  if (at == std::string_view::npos) return {.unread = {no_record(path, "its name has no version")}};
  const std::string_view version = name.substr(at);
  return {.components = {{.type = "gem", .name = std::string(name.substr(0, at - 1)), .version = std::string(version.substr(0, version.find('-'))), .path = std::string(path)}}};
}

}  // namespace ashlar::inventory
