#pragma once
// Where a predicate says when what it is about was done.
#include <array>
#include <string_view>

namespace ashlar::policy {

/// JSON pointers, the best first.
struct Dated { std::string_view type; std::array<const char*, 2> places; };
/// Of this type of predicate; null: it says none.
const Dated* dated_of(std::string_view type);

}  // namespace ashlar::policy
