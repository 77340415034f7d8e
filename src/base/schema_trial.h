#pragma once
// For tests: a JSON Schema of schemas/, and whether it takes a value. Where there is no valijson there is no class: ASHLAR_WITH_VALIJSON is said by CMake, for
// a compiler cache does not see that a header has come.
#ifdef ASHLAR_WITH_VALIJSON
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "base/yaml.h"

namespace ashlar {

class SchemaTrial {
 public:
  using Value = nlohmann::json;

  /// Of the file at `path`.
  explicit SchemaTrial(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    text_ = Value::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text_), schema_);
  }

  bool takes(const Value& value, std::string* why = nullptr) const {
    valijson::ValidationResults results;
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    const bool good = validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(value), &results);
    valijson::ValidationResults::Error error;
    while (why != nullptr && results.popError(error)) *why += error.description + "\n";
    return good;
  }
  const Value& text() const { return text_; }

 private:
  Value text_;
  valijson::Schema schema_;
};

/// As YAML's core schema reads it: what tests here write without quotes.
inline nlohmann::json value_of(const YamlNode& node) {
  if (node.type == YamlNode::Type::Null) return nullptr;
  if (node.type == YamlNode::Type::Scalar && node.plain && (node.text == "true" || node.text == "false")) return node.text == "true";
  if (node.type == YamlNode::Type::Scalar && node.plain && !node.text.empty() && node.text.find_first_not_of("0123456789") == std::string::npos) return std::stoi(node.text);
  if (node.type == YamlNode::Type::Scalar) return node.text;
  nlohmann::json out = node.type == YamlNode::Type::Sequence ? nlohmann::json::array() : nlohmann::json::object();
  for (const YamlNode& each : node.items) out.push_back(value_of(each));
  for (const auto& [key, value] : node.members) out[key.text] = value_of(value);
  return out;
}

}  // namespace ashlar
#endif
