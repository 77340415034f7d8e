#pragma once
// Whether a version can be the distribution's: what feeds know as the newest of each release speaks against one that is far beyond.
#include "advisory/database.h"
#include "scan/judge.h"

namespace ashlar::scan {

struct Newer {
  std::string cause{};  ///< why the version cannot be the release's; empty: it may be
  std::string known{};  ///< the newest that a feed knows, where the installed one is newer
  std::string feed{};
};

/// Holds a source package's version against the newest that feeds know of it in its space. No release takes up a version with a higher epoch, or one whose
/// first number is more than twice the known one's and one, and one that is the newest of another release, to the letter, is a package of that one; a smaller
/// step may be an update that the feed has not heard of.
Result<Newer> hold_against_newest(const Place& place, advisory::Database& database);

}  // namespace ashlar::scan
