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

}  // namespace ashlar
#endif
