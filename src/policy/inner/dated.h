#pragma once
// Where a predicate says when what it is about was done, and what makes a newer one.
#include <array>
#include <string_view>

namespace ashlar::policy {

struct Dated {
  std::string_view type;
  std::array<const char*, 2> places;  ///< JSON pointers, the best first
  const char* own;                    ///< in one of our own build type that has none of these: how old it is at least; null: no such place
  const char* renewal;                ///< what a person does who needs one of a later date
};
/// Of this type of predicate; null: it says none.
const Dated* dated_of(std::string_view type);

}  // namespace ashlar::policy
