#pragma once
// A folder for what is made on the way.
#include <memory>
#include <string>

#include "host/files.h"

namespace ashlar::pipeline {

/// A folder `.ashlar-NAME` of our own in another one, so that both lie on one file system; it goes when this does, with all that is in it. What a run
/// left that was killed is removed by the next of the same name; who wants a name that another holds waits.
class Scratch {
 public:
  static Result<Scratch> open(host::Files& files, const host::Path& in, const std::string& name) {
    const host::Path path = in / (".ashlar-" + name);
    TRY_ASSIGN(auto lock, files.lock(path.string() + ".lock"));
    Scratch scratch(files, path, std::move(lock));
    TRY(files.remove_tree(path));
    return scratch;
  }
  Scratch(Scratch&&) = default;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    if (lock_ == nullptr) return;  // moved from
    (void)files_.remove_tree(path_);
    (void)files_.remove(path_.string() + ".lock");  // while it is held: nobody else can hold it
  }
  const host::Path& path() const { return path_; }

 private:
  Scratch(host::Files& files, host::Path path, std::unique_ptr<host::FileLock> lock) : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}
  host::Files& files_;
  host::Path path_;
  std::unique_ptr<host::FileLock> lock_;
};

}  // namespace ashlar::pipeline
