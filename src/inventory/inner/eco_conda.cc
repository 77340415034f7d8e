// Conda: a record of each package that is installed, `conda-meta/NAME-VERSION-BUILD.json`, libraries and programs of C among them.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {

bool wants_conda(std::string_view path, BytesView) { return path.ends_with(".json") && name_of(folder_of(path)) == "conda-meta"; }

Told read_conda(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file);
  const auto json = text ? parse_json(*text, path) : std::unexpected(text.error());
  if (!json) return {.unread = {no_record(path, json.error().message)}};
  Component out{.type = "conda", .name = json->is_object() ? get_string(*json, "name").value_or("") : "", .path = std::string(path)};
  if (out.name.empty()) return {.unread = {no_record(path, "it names no package")}};
  out.version = get_string(*json, "version").value_or("");
  if (out.version.empty()) out.remark = "it has no version";
  return {.components = {std::move(out)}};
}

}  // namespace ashlar::inventory
