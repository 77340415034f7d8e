#pragma once
// From a definition to its lock: the archives are read, the packages chosen, the choice written down.
#include <string>
#include <vector>

#include "pipeline/workshop.h"
#include "plan/definition.h"
#include "plan/lock.h"

namespace ashlar::pipeline {

struct LockOptions {
  std::vector<std::string> mirrors;      ///< `--mirror`, in the order of preference
  std::vector<std::string> platforms;    ///< empty: the definition's
  std::vector<std::string> enough;       ///< a lock which is there does with these platforms, too; empty: it must have all of `platforms`
  std::vector<std::string> accept_keys;  ///< fingerprints of third-party keys
  bool only_distribution = false;        ///< without the definition's own repositories
  bool offline = false;
  bool update_all = false;               ///< every package to what the archives have now
  std::vector<std::string> update;       ///< these packages and what they need
  bool security_only = false;            ///< what the security archives have newer
  bool check = false;                    ///< compare only, write nothing
  bool proposed = false;                 ///< what the archives propose, too: what may come into their suites
  host::Path path{};                     ///< the lock's file; empty: beside the definition
  std::string codec;                     ///< empty: the definition's, else gzip
};

struct LockOutcome {
  plan::Lock lock;
  host::Path path;
  bool written = false;                  ///< the file was made or changed
  std::vector<std::string> changes;      ///< against the lock that was there, a line each
  std::vector<std::string> notes;        ///< what a person may want to act on
  std::vector<std::string> details;      ///< what went as the definition asks: dependencies that exclusions dropped, ...
};

/// Makes or updates the lock beside the definition. With an up-to-date lock there and nothing to update, reads that and asks no archive.
Result<LockOutcome> lock(Workshop& workshop, const plan::Definition& definition, const LockOptions& options);

/// Lines that begin with a platform (`linux/amd64: jq 1.7 is new`), each text once with all its platforms (`linux/amd64, linux/arm64: jq 1.7 is new`).
std::vector<std::string> by_platforms(const std::vector<std::string>& lines);

/// Where the lock of a definition lies.
host::Path lock_file(const plan::Definition& definition, const LockOptions& options);

/// The lock that is there. NotFound when there is none, Conflict when the definition has changed since.
Result<plan::Lock> read_fitting_lock(Workshop& workshop, const plan::Definition& definition, const LockOptions& options);

}  // namespace ashlar::pipeline
