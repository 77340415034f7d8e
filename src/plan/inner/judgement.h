#pragma once
// What libsolv says where the marking ends in a conflict: whether any set fits, and if not, why, in words.
#include <span>
#include <string>
#include <vector>

#include "plan/inner/marking.h"

namespace ashlar::plan {

struct Judgement {
  bool possible = false;
  std::vector<Place> chosen;  ///< a set that fits, with the marking's packages favoured
  std::string explanation;    ///< why none fits
};

/// Judges the wishes over the candidates that are in reach of them.
Judgement judge(const Stock& stock, const Candidates& candidates, std::span<const Name> wishes, const Marking& marking);

}  // namespace ashlar::plan
