#pragma once
// The image's users and groups while effects are being applied.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "build/effects.h"
#include "build/inner/world.h"

namespace ashlar::build {

class AccountBook {
 public:
  /// The definition's accounts, root, and where base-passwd is in, its master files (in that order of authority).
  static Result<AccountBook> open(const plan::Definition& definition, const World& world);

  const plan::User* user(std::string_view name) const;
  const plan::Group* group(std::string_view name) const;
  /// A number, a name of the book, or one of Debian's globally allocated names (Policy manual, 9.2.2).
  std::optional<std::uint32_t> uid_of(std::string_view text) const;
  std::optional<std::uint32_t> gid_of(std::string_view text) const;

  struct Wanted { std::string name, description{}, home = "/nonexistent", shell = "/usr/sbin/nologin"; std::optional<std::uint32_t> uid{}, gid{}; };
  /// Adds a user unless there is one of that name; without a number, the first free from 100 to 999 (adduser.conf(5)), with a group of its own unless `gid` is given.
  Done add_user(const Wanted& wanted);
  Done add_group(std::string_view name, std::optional<std::uint32_t> gid);
  Done add_member(std::string_view user, std::string_view group);

  /// Writes etc/passwd and etc/group, and for `-dev` (`full`) shadow, gshadow, subuid and subgid; makes homes that are not there.
  Done write(World& world, bool full) const;
  EffectAccounts accounts;
  std::map<std::string, std::string, std::less<>> descriptions;  ///< of users who have another than their name
  std::vector<std::string> definition_users;  ///< whose homes are made
};

}  // namespace ashlar::build
