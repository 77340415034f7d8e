#pragma once
// JSON values that keep the order of their keys, so that what we write is the same bytes every time.
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar {

using Json = nlohmann::ordered_json;

/// Reads JSON (RFC 8259) that must not nest deeper than 200, repeat a key or be larger than 512 MiB; `path` names it in errors. Never throws.
Result<Json> parse_json(std::string_view text, std::string_view path);
/// One line; invalid UTF-8 becomes U+FFFD.
std::string to_compact(const Json& json);
/// Indented by two spaces, with a line end at the end.
std::string to_pretty(const Json& json);

/// A required member of a certain type, or an Error of kind Corrupt that names the key. `json` must be an object.
Result<std::string> get_string(const Json& json, std::string_view key);
Result<std::int64_t> get_integer(const Json& json, std::string_view key);
/// An optional string, empty when it is absent.
Result<std::string> get_string_or_empty(const Json& json, std::string_view key);

}  // namespace ashlar
