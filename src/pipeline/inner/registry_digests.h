#pragma once
// What tags point at, as their registries say: each asked once, and a registry that does not answer not again.
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "host/machine.h"

namespace ashlar::pipeline {

/// Safe to use from several threads.
class RegistryDigests {
 public:
  explicit RegistryDigests(host::Machine& machine) : machine_(machine) {}
  /// The digest of what lies there now, of the index where there is one; empty: nobody told.
  std::string of(const std::string& repository, const std::string& tag);
  /// Why some could not be told, a line each, sorted.
  std::vector<std::string> notes() const;

 private:
  host::Machine& machine_;
  mutable std::mutex mutex_;                    ///< of what follows; held while a registry is asked
  std::map<std::string, std::string> known_;    ///< by `repository:tag`
  std::set<std::string> silent_;                ///< hosts
  std::set<std::string> notes_;
};

}  // namespace ashlar::pipeline
