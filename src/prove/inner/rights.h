#pragma once
// What the image's user may do with a file, as the kernel judges by its mode.
#include <algorithm>
#include <optional>
#include <string>

#include "base/tar.h"
#include "prove/user.h"

namespace ashlar::prove {

class Rights {
 public:
  static constexpr unsigned read = 4, write = 2, execute = 1;

  /// A user who is not in the image is judged as anybody.
  Rights(const std::string& user, const std::string& passwd, const std::string& group) {
    if (auto found = image_user(user, passwd, group)) who_ = std::move(*found);
  }
  bool may(const TarEntry& entry, unsigned what) const {
    if (!who_) return (entry.mode & what) == what;
    if (who_->uid == 0) return what != execute || (entry.mode & 0111) != 0;
    if (who_->uid == entry.uid) return (entry.mode >> 6 & what) == what;
    const bool in_group = who_->gid == entry.gid || std::ranges::find(who_->groups, entry.gid) != who_->groups.end();
    return ((in_group ? entry.mode >> 3 : entry.mode) & what) == what;
  }
  const std::optional<ImageUser>& who() const { return who_; }

 private:
  std::optional<ImageUser> who_;
};

}  // namespace ashlar::prove
