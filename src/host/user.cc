#include "host/user.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

namespace ashlar::host {

std::string user_name(const Machine& machine) {
  for (const char* name : {"USER", "LOGNAME"}) {
    if (auto said = machine.environment(name); said && !said->empty()) return *said;
  }
  std::array<char, 16384> space{};
  passwd account{};
  passwd* found = nullptr;
  const bool known = getpwuid_r(geteuid(), &account, space.data(), space.size(), &found) == 0 && found != nullptr && *found->pw_name != '\0';
  return known ? std::string(found->pw_name) : fmt::format("uid {}", geteuid());
}

}  // namespace ashlar::host
