#pragma once
// What scanned images hold, kept small: who has which package at which version, so that a new advisory is answered for without reading an image again
// (docs/formats/inventories.md).
#include <string>
#include <string_view>
#include <vector>

#include "advisory/database.h"
#include "host/sqlite.h"
#include "scan/scan.h"

namespace ashlar::scan {

/// An image as it is remembered.
struct Remembered {
  std::string digest{}, ref{}, platform{}, distribution{};  ///< `ref` by which it was scanned last; `distribution` as a space, or empty
  Time scanned{};                                          ///< last, to the day
  std::vector<std::string> doubts{};                       ///< why not all that it holds is known; none: it is
};

/// A package in an image that an advisory is about.
struct Hit {
  Place place;
  Judgement judgement;  ///< `Affected`, `Undetermined` or `CannotSay`
};

struct Exposure {
  Remembered image;
  std::vector<Hit> hits;  ///< by package and version, then advisory and feed
};

struct Answer {
  std::uint64_t images = 0;         ///< that are remembered
  std::vector<Exposure> exposed{};  ///< those that have something affected, or something of which that cannot be said; by reference, then digest
  std::vector<Remembered> doubtful{};  ///< in the same order: the advisory may be about what is not known of them
};

/// A database of its own, which several processes may use at once.
class Inventories {
 public:
  /// Made where it lacks. Invalid when it is of another version of the program, Corrupt when it is none.
  static Result<Inventories> open(const host::Path& path);

  /// Remembers what an image holds, in the place of what was remembered of the same digest. Nothing is written where that is the same and not a day old.
  /// `made_by`: changes whenever the program may find other things. Nothing of a target that is not taken.
  Done keep(const Subject& subject, const Report& report, Time now, std::string_view made_by);
  /// Whether it is an image: root file systems have no digest, and a document's is no image's.
  static bool takes(const Subject& subject) { return !subject.digest.empty() && subject.contents != nullptr; }
  /// Forgets images of this digest or reference; how many that were.
  Result<std::uint64_t> forget(std::string_view digest_or_ref);
  /// What an advisory, by its identifier or an alias, is about among all images. Statements and decisions do not count here.
  Result<Answer> ask(advisory::Database& database, const std::string& id);

 private:
  explicit Inventories(host::Sqlite database) : database_(std::move(database)) {}
  Done write(std::int64_t image, const Subject& subject, const Report& report);
  host::Sqlite database_;
};

}  // namespace ashlar::scan
