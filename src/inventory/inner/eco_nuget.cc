// .NET: the packages that a program depends on, `NAME.deps.json` beside it (`libraries`: `NAME/VERSION` with a type).
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {

bool wants_nuget(std::string_view path, BytesView) { return path.ends_with(".deps.json"); }

Told read_nuget(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file);
  if (!text) return {.unread = {no_record(path, text.error().message)}};
  const auto json = parse_json(*text, path);
  if (!json) return {.unread = {no_record(path, json.error().message)}};
  const auto list = json->is_object() ? json->find("libraries") : Json::const_iterator();
  if (!json->is_object() || list == json->end() || !list->is_object()) return {.unread = {no_record(path, "it has no libraries")}};
  Told told;
  for (const auto& [key, entry] : list->items()) {
    const auto type = entry.is_object() ? get_string(entry, "type") : Result<std::string>("");
    if (!type || *type != "package") continue;  // a project of the program's own, or a reference
    const auto [name, version] = cut(key, '/');
    if (name.empty() || version.empty()) told.unread.push_back(no_record(path, "a package of it has no name and version"));
    else told.components.push_back({.type = "nuget", .name = std::string(name), .version = std::string(version), .path = std::string(path)});
  }
  return told;
}

}  // namespace ashlar::inventory
