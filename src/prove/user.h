#pragma once
// Who runs in an image, as container runtimes find out.
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace ashlar::prove {

/// Who runs in the image, by its config's User and its own /etc/passwd and /etc/group.
struct ImageUser {
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups;
};
/// `passwd` and `group`: the image's files. Invalid when it names a user or group that is not there.
Result<ImageUser> image_user(const std::string& user, const std::string& passwd, const std::string& group);

}  // namespace ashlar::prove
