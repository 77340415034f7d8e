#pragma once
// JSON of feeds by simdjson: fast, checked to the last byte, and each fault with its place.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "advisory/inner/feed_text.h"

namespace ashlar::advisory {

/// Nothing that a publisher writes nests deeper.
constexpr size_t max_json_depth = 48;

/// A record of a JSON feed: names itself in what is wrong with it. Texts that it returns live as long as the parser's document.
class JsonRecord {
 public:
  JsonRecord(const Document& document, size_t offset, std::string id = {}) : document_(document), offset_(offset), id_(std::move(id)) {}
  void call(std::string_view id) { id_ = id; }
  const std::string& id() const { return id_; }
  size_t offset() const { return offset_; }

  /// The record, its place and what is wrong with it.
  std::unexpected<Error> fault(std::string_view cause) const;

  /// An object without a repeated key.
  Result<simdjson::dom::object> object(simdjson::dom::element element, std::string_view what) const;
  Result<simdjson::dom::array> array(simdjson::dom::element element, std::string_view what) const;
  Result<std::string_view> text(simdjson::dom::element element, std::string_view what) const;

  /// Members of an object. `null` counts as absent.
  std::optional<simdjson::dom::element> find(simdjson::dom::object object, std::string_view key) const;
  Result<std::string_view> required_text(simdjson::dom::object object, std::string_view key) const;
  Result<std::string_view> text_or_empty(simdjson::dom::object object, std::string_view key) const;
  Result<std::optional<Time>> time(simdjson::dom::object object, std::string_view key) const;
  /// Calls `take` for every element of an optional list, as long as it is done.
  Done each(simdjson::dom::object object, std::string_view key, const std::function<Done(simdjson::dom::element)>& take) const;
  /// The texts of an optional list.
  Result<std::vector<std::string>> texts(simdjson::dom::object object, std::string_view key) const;

 private:
  const Document& document_;
  size_t offset_;
  std::string id_;
};

/// A whole document; `parser` owns what is returned.
Result<simdjson::dom::element> parse_document(simdjson::dom::parser& parser, const Document& document);
/// A value that stands at `json` within the document.
Result<simdjson::dom::element> parse_part(simdjson::dom::parser& parser, const Document& document, std::string_view json);

/// The first byte at which a text is no JSON (its size where it ends too early), or nothing.
std::optional<size_t> json_fault(std::string_view text);

}  // namespace ashlar::advisory
