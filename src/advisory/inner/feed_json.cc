#include "advisory/inner/feed_json.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ashlar::advisory {
namespace {

namespace dom = simdjson::dom;

/// Keeps nothing but the place of the first fault.
struct FaultFinder {
  size_t at = 0;
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(nlohmann::json::binary_t&) { return true; }
  bool start_object(std::size_t) { return true; }
  bool key(std::string&) { return true; }
  bool end_object() { return true; }
  bool start_array(std::size_t) { return true; }
  bool end_array() { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    at = position == 0 ? 0 : position - 1;
    return false;
  }
};

/// Two keys that are the same, or nothing.
std::optional<std::string_view> repeated_key(dom::object object) {
  constexpr size_t few = 24;
  if (object.size() > few) {
    std::set<std::string_view> seen;
    for (const auto field : object) {
      if (!seen.insert(field.key).second) return field.key;
    }
    return std::nullopt;
  }
  std::array<std::string_view, few> seen;
  size_t count = 0;
  for (const auto field : object) {
    const auto end = seen.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::find(seen.begin(), end, field.key) != end) return field.key;
    seen[count++] = field.key;
  }
  return std::nullopt;
}

}  // namespace

std::unexpected<Error> JsonRecord::fault(std::string_view cause) const {
  return refused(document_, offset_, id_.empty() ? std::string(cause) : fmt::format("record '{}': {}", shown(id_), cause));
}

Result<dom::object> JsonRecord::object(dom::element element, std::string_view what) const {
  dom::object out;
  if (element.get(out) != simdjson::SUCCESS) return fault(fmt::format("{} is no object", what));
  if (const auto key = repeated_key(out)) return fault(fmt::format("in {} the key '{}' stands twice", what, shown(*key)));
  return out;
}

Result<dom::array> JsonRecord::array(dom::element element, std::string_view what) const {
  dom::array out;
  if (element.get(out) != simdjson::SUCCESS) return fault(fmt::format("{} is no list", what));
  return out;
}

Result<std::string_view> JsonRecord::text(dom::element element, std::string_view what) const {
  std::string_view out;
  if (element.get(out) != simdjson::SUCCESS) return fault(fmt::format("{} is no text", what));
  return out;
}

std::optional<dom::element> JsonRecord::find(dom::object object, std::string_view key) const {
  dom::element out;
  if (object.at_key(key).get(out) != simdjson::SUCCESS || out.is_null()) return std::nullopt;
  return out;
}

Result<std::string_view> JsonRecord::required_text(dom::object object, std::string_view key) const {
  const auto found = find(object, key);
  if (!found) return fault(fmt::format("'{}' is missing", key));
  TRY_ASSIGN(const std::string_view out, text(*found, fmt::format("'{}'", key)));
  if (out.empty()) return fault(fmt::format("'{}' is empty", key));
  return out;
}

Result<std::string_view> JsonRecord::text_or_empty(dom::object object, std::string_view key) const {
  const auto found = find(object, key);
  if (!found) return std::string_view();
  std::string_view out;
  if (found->get(out) != simdjson::SUCCESS) return fault(fmt::format("'{}' is no text", key));
  return out;
}

Result<std::optional<Time>> JsonRecord::time(dom::object object, std::string_view key) const {
  TRY_ASSIGN(const std::string_view written, text_or_empty(object, key));
  if (written.empty()) return std::nullopt;
  const auto parsed = Time::parse(written);
  if (!parsed) return fault(fmt::format("'{}' is no time: '{}'", key, shown(written)));
  return *parsed;
}

Done JsonRecord::each(dom::object object, std::string_view key, const std::function<Done(dom::element)>& take) const {
  const auto found = find(object, key);
  if (!found) return {};
  TRY_ASSIGN(const dom::array list, array(*found, fmt::format("'{}'", key)));
  for (const dom::element element : list) TRY(take(element));
  return {};
}

Result<std::vector<std::string>> JsonRecord::texts(dom::object object, std::string_view key) const {
  std::vector<std::string> out;
  TRY(each(object, key, [&](dom::element element) -> Done {
    TRY_ASSIGN(const std::string_view one, text(element, fmt::format("an element of '{}'", key)));
    out.emplace_back(one);
    return {};
  }));
  return out;
}

Result<dom::element> parse_document(dom::parser& parser, const Document& document) {
  if (document.bytes.size() > max_document) return refused(document, "it is larger than 512 MiB");
  return parse_part(parser, document, as_text(document.bytes));
}

Result<dom::element> parse_part(dom::parser& parser, const Document& document, std::string_view json) {
  const auto offset = static_cast<size_t>(json.data() - as_text(document.bytes).data());
  if (parser.capacity() < json.size() || parser.max_depth() != max_json_depth) {
    if (parser.allocate(std::max<size_t>(json.size(), 4096), max_json_depth) != simdjson::SUCCESS) return refused(document, offset, "there is no memory to read it");
  }
  dom::element out;
  const auto error = parser.parse(json.data(), json.size(), false).get(out);
  if (error == simdjson::SUCCESS) return out;
  if (error == simdjson::DEPTH_ERROR) return refused(document, offset, fmt::format("it nests deeper than {}", max_json_depth));
  return refused(document, offset + json_fault(json).value_or(0), "it is no valid JSON here");
}

std::optional<size_t> json_fault(std::string_view text) {
  FaultFinder finder;
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &finder)) return std::nullopt;
  return std::min(finder.at, text.size());
}

}  // namespace ashlar::advisory
