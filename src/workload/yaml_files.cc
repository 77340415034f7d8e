// What YAML files tell of themselves and of other files.
#include "workload/images.h"
#include "workload/inner/yaml_stream.h"

namespace ashlar::workload {
namespace {

/// Whether each line that names an image leaves that to the chart's values: `image: {{ ... }}`, in quotes or not.
bool is_templated(std::string_view text) {
  constexpr std::string_view key = "image:";
  for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + key.size())) {
    size_t value = text.find_first_not_of(" \t", at + key.size());
    if (value != std::string_view::npos && (text[value] == '"' || text[value] == '\'')) ++value;
    if (value == std::string_view::npos || (!text.substr(value).starts_with("{{") && text[value] != '\n' && text[value] != '\r')) return false;
  }
  return true;
}

}  // namespace

Done can_read_yaml(std::string_view text, std::string_view path) {
  TRY(YamlStream::read(text, path));
  return {};
}

bool may_name_images(std::string_view text, std::string_view path) {
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (path.ends_with(".json")) return has("\"image\"") && has("\"apiVersion\"") && has("\"kind\"");
  if (!has("image:") || (!has("apiVersion:") && !has("services:"))) return false;
  const bool of_chart = path.starts_with("templates/") || path.find("/templates/") != std::string_view::npos;
  return !of_chart || !is_templated(text);
}

}  // namespace ashlar::workload
