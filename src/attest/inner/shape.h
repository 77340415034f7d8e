#pragma once
// What a predicate must have, and where: a table that one function reads.
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace ashlar::attest {

enum class Is : unsigned char { Object, Text, Filled, Word, Uri, Time, Flag, Resource, Digests };

/// `at`: keys with `/` between them; `[]` behind one: each element of that list. A member whose parent is absent is not asked for: its parent has a row.
struct Member {
  std::string_view at;
  Is is = Is::Object;
  bool required = true;
  std::string_view words{};  ///< of Word, with `|` between them
};

/// RFC 3986, section 3: a scheme and something behind it, without white space.
bool is_uri(std::string_view text);

/// The first member that is not as its row says: `it has no 'runDetails.builder.id'`, `'subject[3]' is no object`. Empty: none.
std::string fault_of(const Json& value, std::span<const Member> shape);

}  // namespace ashlar::attest
