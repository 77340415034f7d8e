#pragma once
// debian/copyright of locked packages, from the packages that the cache holds.
#include <string>

#include "host/blobs.h"
#include "plan/lock.h"

namespace ashlar::pipeline {

class Copyrights {
 public:
  /// `files` and `locked` are borrowed.
  Copyrights(host::Files& files, const host::Path& cache, const plan::LockedPlatform& locked) : packages_(files, cache / "packages"), locked_(locked) {}
  /// usr/share/doc/NAME/copyright of the package as an image of the lock has it: a link, of the file or of its folder, leads to the other package of
  /// the lock that has the file. NotFound when the package is not in the cache or no file is there; nothing is fetched.
  Result<std::string> of(const plan::LockedPackage& package) const;

 private:
  host::Blobs packages_;
  const plan::LockedPlatform& locked_;
};

}  // namespace ashlar::pipeline
