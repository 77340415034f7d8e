#pragma once
// One component before the database: what every feed says of it.
#include "advisory/database.h"
#include "scan/finding.h"
#include "scan/identity.h"

namespace ashlar::scan {

enum class Depth : unsigned char {
  Findings,    ///< without those that come out as not affected
  Everything,
};

/// The judgements on what stands at `place`, one for each advisory of each feed that names it, ordered by advisory, then feed.
/// `symbols` are those that the component links in, sorted, where that is known: an advisory that names functions
/// of packages of which nothing is there does not affect it; where their package is there and they are not, that is undetermined.
Result<std::vector<Judgement>> judge(advisory::Database& database, const Place& place, const std::vector<std::string>& symbols, Depth depth);
/// The same by these of what feeds say of the package.
Result<std::vector<Judgement>> judge_by(advisory::Database& database, std::vector<advisory::Match> matches, const Place& place, const std::vector<std::string>& symbols, Depth depth);

/// Whether any feed speaks for a space.
bool is_covered(const advisory::Database& database, std::string_view space);

}  // namespace ashlar::scan
