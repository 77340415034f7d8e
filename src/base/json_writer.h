#pragma once
// JSON written as it comes, for texts too long to lie in memory as values first.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ashlar {

/// Writes one JSON value as to_pretty() would, byte for byte. The caller keeps the grammar: in an object a key before each value, in an array none.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return begin('{', '}'); }
  JsonWriter& begin_array() { return begin('[', ']'); }
  /// Ends the object or array that was begun last.
  JsonWriter& end();
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& null();
  JsonWriter& json(const Json& value);
  /// A key with its text.
  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).text(value); }
  /// A key with the array of texts.
  JsonWriter& member(std::string_view name, const std::vector<std::string>& values);
  /// The text, with a line end; the writer then starts anew.
  std::string take();

 private:
  struct Level { char close; bool empty; };

  JsonWriter& begin(char open, char close);
  void next();                         ///< what stands before a value or key: comma, line end, indentation
  void quoted(std::string_view text);

  std::string out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace ashlar
