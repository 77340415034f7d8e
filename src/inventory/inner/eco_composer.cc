// PHP: what Composer has installed, `vendor/composer/installed.json` (version 2: an object with `packages`; version 1: a list of them).
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {

bool wants_composer(std::string_view path, BytesView) { return path == "vendor/composer/installed.json" || path.ends_with("/vendor/composer/installed.json"); }

Told read_composer(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file);
  if (!text) return {.unread = {no_record(path, text.error().message)}};
  const auto json = parse_json(*text, path);
  if (!json) return {.unread = {no_record(path, json.error().message)}};
  const Json* list = &*json;
  if (json->is_object() && json->contains("packages")) list = &(*json)["packages"];
  if (!list->is_array()) return {.unread = {no_record(path, "it has no list of packages")}};
  Told told;
  for (const Json& each : *list) {
    const auto name = each.is_object() ? get_string(each, "name") : Result<std::string>("");
    if (!name || name->empty()) {
      told.unread.push_back(no_record(path, "a package of it has no name"));
      continue;
    }
    Component component{.type = "composer", .name = *name, .version = get_string(each, "version").value_or(""), .path = std::string(path)};
    if (component.version.empty()) component.remark = "it has no version";
    told.components.push_back(std::move(component));
  }
  return told;
}

}  // namespace ashlar::inventory
