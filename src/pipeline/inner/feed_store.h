#pragma once
// The folder of advisory databases.
#include <optional>
#include <string>
#include <vector>

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
  /// The newest that is not newer than `moment`; empty when there is none.
  Result<host::Path> newest_until(Time moment) const;

 private:
  host::Files& files_;
  host::Path folder_;
};

}  // namespace ashlar::pipeline
