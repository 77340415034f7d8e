#include "build/inner/accounts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::build {
namespace {

struct Static { std::string_view name; std::uint32_t id; };
constexpr std::array<Static, 39> global_groups{{
    {"root", 0}, {"daemon", 1}, {"bin", 2}, {"sys", 3}, {"adm", 4}, {"tty", 5}, {"disk", 6}, {"lp", 7}, {"mail", 8}, {"news", 9}, {"uucp", 10}, {"man", 12}, {"proxy", 13},
    {"kmem", 15}, {"dialout", 20}, {"fax", 21}, {"voice", 22}, {"cdrom", 24}, {"floppy", 25}, {"tape", 26}, {"sudo", 27}, {"audio", 29}, {"dip", 30}, {"www-data", 33},
    {"backup", 34}, {"operator", 37}, {"list", 38}, {"irc", 39}, {"src", 40}, {"shadow", 42}, {"utmp", 43}, {"video", 44}, {"sasl", 45}, {"plugdev", 46}, {"staff", 50},
    {"games", 60}, {"users", 100}, {"nogroup", 65534}, {"sync", 65534}}};
constexpr std::array<Static, 18> global_users{{{"root", 0}, {"daemon", 1}, {"bin", 2}, {"sys", 3}, {"sync", 4}, {"games", 5}, {"man", 6}, {"lp", 7}, {"mail", 8}, {"news", 9},
                                               {"uucp", 10}, {"proxy", 13}, {"www-data", 33}, {"backup", 34}, {"list", 38}, {"irc", 39}, {"_apt", 42}, {"nobody", 65534}}};

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_account_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && name[0] != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

void read_master(const World& world, AccountBook& book) {
  if (const auto text = world.read("usr/share/base-passwd/passwd.master")) {
    for (const auto line : split(as_text(*text), '\n')) {
      const auto fields = split(line, ':');
      if (fields.size() != 7 || book.user(fields[0]) != nullptr) continue;
      const auto uid = number(fields[2]), gid = number(fields[3]);
      if (!uid || !gid) continue;
      book.accounts.users.push_back({std::string(fields[0]), *uid, *gid, std::string(fields[5]), std::string(fields[6])});
      book.descriptions[std::string(fields[0])] = std::string(fields[4]);
    }
  }
  if (const auto text = world.read("usr/share/base-passwd/group.master")) {
    for (const auto line : split(as_text(*text), '\n')) {
      const auto fields = split(line, ':');
      if (fields.size() != 4 || book.group(fields[0]) != nullptr) continue;
      if (const auto gid = number(fields[2])) book.accounts.groups.push_back({std::string(fields[0]), *gid, {}});
    }
  }
}

template <class List>
bool taken(const List& list, std::uint32_t id) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) {
    if constexpr (requires { each.uid; }) return each.uid == id;
    else return each.gid == id;
  });
}

}  // namespace

const plan::User* AccountBook::user(std::string_view name) const {
  const auto found = std::find_if(accounts.users.begin(), accounts.users.end(), [&](const plan::User& user) { return user.name == name; });
  return found == accounts.users.end() ? nullptr : &*found;
}
const plan::Group* AccountBook::group(std::string_view name) const {
  const auto found = std::find_if(accounts.groups.begin(), accounts.groups.end(), [&](const plan::Group& group) { return group.name == name; });
  return found == accounts.groups.end() ? nullptr : &*found;
}

std::optional<std::uint32_t> AccountBook::uid_of(std::string_view text) const {
  if (const plan::User* found = user(text)) return found->uid;
  for (const Static& each : global_users) if (each.name == text) return each.id;
  return number(text);
}
std::optional<std::uint32_t> AccountBook::gid_of(std::string_view text) const {
  if (const plan::Group* found = group(text)) return found->gid;
  for (const Static& each : global_groups) if (each.name == text) return each.id;
  return number(text);
}

Result<AccountBook> AccountBook::open(const plan::Definition& definition, const World& world) {
  AccountBook book;
  book.accounts.users = definition.accounts.users;
  book.accounts.groups = definition.accounts.groups;
  for (plan::User& user : book.accounts.users) {
    if (user.home.empty()) user.home = "/nonexistent";
    if (user.shell.empty()) user.shell = "/usr/sbin/nologin";
    book.definition_users.push_back(user.name);
  }
  const bool root = definition.accounts.root || definition.accounts.run_as == "root" || definition.accounts.run_as == "0";
  if ((root || definition.variant != plan::Variant::Runtime) && book.user("root") == nullptr) {
    const bool shell = world.find("/bin/bash", true).has_value();
    book.accounts.users.push_back({"root", 0, 0, "/root", shell ? "/bin/bash" : "/usr/sbin/nologin"});
  }
  if (book.group("root") == nullptr) book.accounts.groups.push_back({"root", 0, {}});
  if (definition.variant != plan::Variant::Runtime) read_master(world, book);
  for (const plan::User& user : book.accounts.users)
    if (!is_account_name(user.name)) return cannot(Kind::Invalid, fmt::format("add user '{}'", user.name), "that is no name for an account");
  return book;
}

Done AccountBook::add_group(std::string_view name, std::optional<std::uint32_t> gid) {
  if (group(name) != nullptr) return {};
  if (!is_account_name(name)) return cannot(Kind::Invalid, fmt::format("add group '{}'", name), "that is no name for a group");
  for (const Static& each : global_groups) if (!gid && each.name == name) gid = each.id;
  for (std::uint32_t id = 101; !gid && id < 1000; ++id) if (!taken(accounts.groups, id)) gid = id;
  if (!gid) return cannot(Kind::Conflict, fmt::format("add group '{}'", name), "no number from 101 to 999 is free");
  accounts.groups.push_back({std::string(name), *gid, {}});
  return {};
}

Done AccountBook::add_user(const Wanted& wanted) {
  if (user(wanted.name) != nullptr) return {};
  if (!is_account_name(wanted.name)) return cannot(Kind::Invalid, fmt::format("add user '{}'", wanted.name), "that is no name for an account");
  auto uid = wanted.uid;
  for (const Static& each : global_users) if (!uid && each.name == wanted.name) uid = each.id;
  for (std::uint32_t id = 100; !uid && id < 1000; ++id) if (!taken(accounts.users, id)) uid = id;
  if (!uid) return cannot(Kind::Conflict, fmt::format("add user '{}'", wanted.name), "no number from 100 to 999 is free");
  for (const auto& [what, text] : {std::pair("description", &wanted.description), std::pair("home", &wanted.home), std::pair("shell", &wanted.shell)}) {
    if (text->find_first_of(":\n") != std::string::npos) return cannot(Kind::Invalid, fmt::format("add user '{}'", wanted.name), fmt::format("its {} has a colon or a line's end", what));
  }
  auto gid = wanted.gid;
  if (!gid) {
    TRY(add_group(wanted.name, taken(accounts.groups, *uid) ? std::nullopt : uid));
    gid = group(wanted.name)->gid;
  }
  accounts.users.push_back({wanted.name, *uid, *gid, wanted.home, wanted.shell});
  if (!wanted.description.empty()) descriptions[wanted.name] = wanted.description;
  return {};
}

Done AccountBook::add_member(std::string_view user, std::string_view name) {
  if (!is_account_name(user)) return cannot(Kind::Invalid, fmt::format("add user '{}' to group '{}'", user, name), "that is no name for an account");
  for (plan::Group& group : accounts.groups) {
    if (group.name != name) continue;
    if (std::find(group.members.begin(), group.members.end(), user) == group.members.end()) group.members.emplace_back(user);
    return {};
  }
  return cannot(Kind::NotFound, fmt::format("add user '{}' to group '{}'", user, name), "there is no such group");
}

Done AccountBook::write(World& world, bool full) const {
  auto users = accounts.users;
  auto groups = accounts.groups;
  std::stable_sort(users.begin(), users.end(), [](const auto& a, const auto& b) { return a.uid < b.uid; });
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.gid < b.gid; });
  std::string passwd, group, shadow, gshadow;
  for (const plan::User& user : users) {
    const auto described = descriptions.find(user.name);
    passwd += fmt::format("{}:x:{}:{}:{}:{}:{}\n", user.name, user.uid, user.gid, described == descriptions.end() ? user.name : described->second, user.home, user.shell);
    shadow += fmt::format("{}:*:19000:0:99999:7:::\n", user.name);
  }
  for (const plan::Group& each : groups) {
    const std::string members = join(each.members, ",");
    group += fmt::format("{}:x:{}:{}\n", each.name, each.gid, members);
    gshadow += fmt::format("{}:*::{}\n", each.name, members);
  }
  world.effect = "accounts";
  auto put = [&](std::string_view path, const std::string& text, std::uint32_t mode) { return world.write(path, Bytes(text.begin(), text.end()), mode); };
  TRY(world.make_directory("etc", 0755, true));
  TRY(put("etc/passwd", passwd, 0644));
  TRY(put("etc/group", group, 0644));
  if (full) {
    TRY(put("etc/shadow", shadow, 0640));
    TRY(put("etc/gshadow", gshadow, 0640));
    TRY(world.set_owner("etc/shadow", 0, 42, false));
    TRY(world.set_owner("etc/gshadow", 0, 42, false));
    TRY(put("etc/subuid", "", 0644));
    TRY(put("etc/subgid", "", 0644));
  }
  for (const std::string& name : definition_users) {
    const plan::User* user = this->user(name);
    if (user == nullptr || user->home == "/" || user->home == "/nonexistent" || !user->home.starts_with('/') || world.find(user->home, true)) continue;
    TRY(world.make_directory(user->home, user->uid == 0 ? 0700 : 0755, true));
    TRY(world.set_owner(user->home, user->uid, user->gid, true));
  }
  return {};
}

}  // namespace ashlar::build
