#pragma once
// The events of an OSV range as intervals (OSV schema, "Evaluation").
#include <string>
#include <vector>

#include "advisory/record.h"

namespace ashlar::advisory {

struct OsvEvent {
  enum class Type : unsigned char { Introduced, Fixed, LastAffected, Limit };
  Type type = Type::Introduced;
  std::string version{};
};

struct OsvIntervals {
  std::vector<Interval> intervals{};
  bool repeated = false;  ///< a version is introduced twice: pairs were meant, and each was taken as it stands
  bool ordered = true;  ///< false: a version is none of the grammar, and the events were taken in the order in which they stand
};

/// Events in any order; `introduced` of `0` is the first version, a `limit` of `*` none.
OsvIntervals intervals_of(Grammar grammar, std::vector<OsvEvent> events);

}  // namespace ashlar::advisory
