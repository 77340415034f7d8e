#pragma once
// The folder of advisory databases.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

class FeedStore {
 public:
  explicit FeedStore(const Workshop& workshop) : files_(*workshop.machine.files), folder_(workshop.folders.state / "advisories") {}

  const host::Path& folder() const { return folder_; }
  /// Held while the present database changes.
  Result<std::unique_ptr<host::FileLock>> lock() const;
  /// Empty when there is none.
  host::Path current() const;
  /// The name under which a database is kept: its moment, then its digest, so that names sort by age.
  host::Path path_for(Time created, const Digest& digest) const;
  /// The moment in the name of one.
  static Result<Time> moment_of(const host::Path& database);
  Done make_current(const host::Path& database) const;
  /// When feeds were last answered to be what they are (`checks.json`). What does not read is none.
  std::vector<advisory::FeedCheck> checks() const;
  /// Adds these, each in the place of an older one of its feed.
  Done keep_checks(const std::vector<advisory::FeedCheck>& checks) const;
  /// Opens a database, of whichever place, whose bytes are those that were compiled (advisory::check_content()). They are looked at once, and again where
  /// `anew`, or where the file is another than it was then (`sound.json`). Corrupt where they are not.
  Result<std::unique_ptr<advisory::Database>> open(const host::Path& path, bool anew = false) const;
  /// Removes databases that no `--as-of` of the last `kept_days` days asks for.
  Done prune(Time now) const;
  static constexpr std::int64_t kept_days = 30;
  /// The newest that is not newer than `moment`; empty when there is none.
  Result<host::Path> newest_until(Time moment) const;

 private:
  host::Files& files_;
  host::Path folder_;
};

}  // namespace ashlar::pipeline
