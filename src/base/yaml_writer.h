#pragma once
// JSON values written as YAML, as people write it: block style, keys in their order.
#include <string>

#include "base/json.h"

namespace ashlar {

/// One document without its `---`, with a line end at the end, which parse_yaml() and readers of YAML 1.1 read as the same value: a text that either of them could take
/// for something else (`no`, `1e3`, `~`, `2026-01-01`, `{{ x }}`) stands in quotes, one of several lines as a block where a block can hold it. Bytes that are no UTF-8
/// become U+FFFD.
std::string to_yaml(const Json& json);

}  // namespace ashlar
