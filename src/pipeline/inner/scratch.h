#pragma once
// A folder for what is made on the way.
#include <random>

#include <fmt/format.h>

#include "host/files.h"

namespace ashlar::pipeline {

/// A folder of our own in another one, so that both lie on one file system; it goes when this does, with all that is in it.
class Scratch {
 public:
  Scratch(host::Files& files, const host::Path& in) : files_(files), path_(fresh(files, in)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { (void)files_.remove_tree(path_); }
  const host::Path& path() const { return path_; }

 private:
  static host::Path fresh(host::Files& files, const host::Path& folder) {
    std::random_device device;
    for (;;) {
      host::Path path = folder / fmt::format(".ashlar-{:08x}{:08x}", device(), device());
      if (!files.exists(path)) return path;
    }
  }
  host::Files& files_;
  host::Path path_;
};

}  // namespace ashlar::pipeline
