#pragma once
// For tests: whether a JSON Schema describes every key of a value, and which keys it cannot do without.
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace ashlar {

/// The schema that a `$ref` of the document names, or the schema itself.
inline const nlohmann::json& resolved(const nlohmann::json& schema, const nlohmann::json& document) {
  const auto ref = schema.find("$ref");
  return ref == schema.end() ? schema : document.at(nlohmann::json::json_pointer(ref->get<std::string>().substr(1)));
}

/// Keys of a value that its schema does not describe, by their paths.
inline void undescribed(const nlohmann::json& value, const nlohmann::json& schema_or_ref, const nlohmann::json& document, const std::string& path, std::set<std::string>& out) {
  using Value = nlohmann::json;
  const Value& schema = resolved(schema_or_ref, document);
  // Of several forms the one that describes most.
  if (schema.contains("oneOf") && !schema.contains("properties")) {
    std::set<std::string> best, each;
    for (size_t at = 0; at < schema["oneOf"].size(); ++at) {
      each.clear();
      undescribed(value, schema["oneOf"][at], document, path, each);
      if (at == 0 || each.size() < best.size()) best = each;
    }
    out.insert(best.begin(), best.end());
    return;
  }
  if (value.is_array()) {
    for (const Value& each : value) undescribed(each, schema.value("items", Value::object()), document, path + "[]", out);
    return;
  }
  if (!value.is_object() || schema.contains("additionalProperties")) return;
  for (const auto& [key, member] : value.items()) {
    if (!schema.contains("properties") || !schema["properties"].contains(key)) out.insert(path + "." + key);
    else undescribed(member, schema["properties"][key], document, path + "." + key, out);
  }
}

}  // namespace ashlar
