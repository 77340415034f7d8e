#pragma once
// The lock beside a definition while a renewal with a newer one is on its way.
#include <filesystem>
#include <string>

#include "pipeline/catalog.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

/// The lock that was there before a renewal, which is put back when that does not come through.
class LockBefore {
 public:
  LockBefore(const Workshop& workshop, const host::Path& definition)
      : files_(*workshop.machine.files), lock_(lock_path(definition)), kept_(workshop.folders.state / "renewals" / (Digest::of(std::filesystem::absolute(lock_).string()).hex().substr(0, 16) + ".lock.json")) {}

  /// Puts the newer lock in its place. What was there before a renewal that was cut off stays the one to go back to, unless somebody has changed the lock since.
  Done replace(const std::string& before, const std::string& newer) {
    TRY(files_.make_folders(kept_.parent_path()));
    if (!files_.exists(kept_) || !is_ours()) TRY(files_.write(kept_, before));
    TRY(files_.write(ours_, Digest::of(newer).hex()));
    return files_.write(lock_, newer);
  }
  /// Goes back to it. Nothing where nothing was replaced, or the lock is not the one that a renewal wrote.
  Done restore() {
    if (!files_.exists(kept_)) return {};
    if (!is_ours()) return files_.remove(kept_);
    TRY_ASSIGN(const std::string before, files_.read(kept_));
    if (before.empty()) TRY(files_.remove(lock_));
    else TRY(files_.write(lock_, before));
    return files_.remove(kept_);
  }
  Done forget() { return files_.remove(kept_); }

 private:
  /// Whether the lock that lies there is the one that a renewal wrote last.
  bool is_ours() {
    const auto now = files_.read(lock_), written = files_.read(ours_);
    return now && written && Digest::of(*now).hex() == *written;
  }
  host::Files& files_;
  host::Path lock_, kept_, ours_ = host::Path(kept_).replace_extension(".ours");
};

}  // namespace ashlar::pipeline
