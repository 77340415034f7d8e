#include "build/inner/script_accounts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script_arguments.h"
#include "build/inner/script_text.h"
#include "build/inner/sysusers.h"

namespace ashlar::build {

using Words = Script::Words;

Result<int> add_account(Script& script, const Words& words) {
  const auto arguments = read_arguments(
      words, {"--home", "--shell", "--gecos", "--comment", "--uid", "--gid", "--ingroup", "-g", "-u", "-d", "-s", "-c", "--home-dir", "--groups", "-G", "-K", "-b"},
      {"--system", "--group", "--no-create-home", "--quiet", "--disabled-password", "--disabled-login", "--force-badname", "--allow-badname", "--allow-bad-names",
       "--allow-all-names", "-r", "-M", "-N", "-U", "-f", "--no-user-group", "--user-group", "--force", "-q", "--verbose", "--badname", "--badnames", "-m", "--create-home"});
  if (!arguments || arguments->rest.empty() || arguments->rest.size() > 2) return not_understood(script, words);
  AccountBook& book = script.state().accounts;
  const std::string& name = arguments->rest[0];
  auto first_of = [&](std::initializer_list<std::string> names) {
    for (const std::string& each : names) if (const std::string value = arguments->value(each); !value.empty()) return value;
    return std::string();
  };
  if (arguments->rest.size() == 2) return done(script, book.add_member(name, arguments->rest[1]));
  const bool by_adduser = words[0] == "adduser" || words[0] == "addgroup";
  std::optional<std::uint32_t> gid, uid;
  if (words[0] == "addgroup" || words[0] == "groupadd") {
    if (const std::string text = first_of({"--gid", "-g"}); !text.empty() && !(gid = book.gid_of(text))) return not_understood(script, words);
    return done(script, book.add_group(name, gid));
  }
  if (book.user(name) != nullptr) return by_adduser ? 0 : 9;
  if (const std::string text = first_of({"--uid", "-u"}); !text.empty() && !(uid = book.uid_of(text))) return not_understood(script, words);
  if (const std::string text = first_of({"--ingroup", "--gid", "-g"}); !text.empty() && !(gid = book.gid_of(text))) return not_understood(script, words);
  const bool own_group = arguments->has("--group") || (!by_adduser && !arguments->has("-N") && !arguments->has("--no-user-group"));
  if (!gid && !own_group) gid = by_adduser ? 65534 : 100;
  AccountBook::Wanted wanted{.name = name, .uid = uid, .gid = gid};
  wanted.description = first_of({"--gecos", "--comment", "-c"});
  if (const std::string home = first_of({"--home", "-d", "--home-dir"}); !home.empty()) wanted.home = home;
  if (const std::string shell = first_of({"--shell", "-s"}); !shell.empty()) wanted.shell = shell;
  TRY_ASSIGN(const int status, done(script, book.add_user(wanted)));
  const bool make_home = by_adduser ? !arguments->has("--no-create-home") : arguments->has("-m") || arguments->has("--create-home");
  World& world = script.state().world;
  if (status != 0 || !make_home || wanted.home == "/nonexistent" || world.find(wanted.home, true)) return status;
  TRY_ASSIGN(const int made, done(script, world.make_directory(wanted.home, 0755, true)));
  return made != 0 ? Result<int>(made) : done(script, world.set_owner(wanted.home, book.user(name)->uid, book.user(name)->gid, true));
}

Result<int> change_account(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-G", "--groups"}, {"-a", "--append"});
  if (!arguments || arguments->rest.size() != 1 || arguments->flags.empty()) return not_understood(script, words);
  return done(script, script.state().accounts.add_member(arguments->rest[0], arguments->value("-G", arguments->value("--groups"))));
}

Result<int> get_entry(Script& script, const Words& words) {
  if (words.size() < 3) return not_understood(script, words);
  const AccountBook& book = script.state().accounts;
  for (size_t at = 2; at < words.size(); ++at) {
    if (words[1] == "passwd") {
      const plan::User* user = book.user(words[at]);
      if (user == nullptr) return 2;
      script.print(fmt::format("{0}:x:{1}:{2}:{0}:{3}:{4}\n", user->name, user->uid, user->gid, user->home, user->shell));
    } else if (words[1] == "group") {
      const plan::Group* group = book.group(words[at]);
      if (group == nullptr) return 2;
      script.print(fmt::format("{}:x:{}:{}\n", group->name, group->gid, join(group->members, ",")));
    } else {
      return not_understood(script, words);
    }
  }
  return 0;
}

namespace {

/// Names of a user's groups, its own first.
std::vector<std::string> groups_of(const EffectAccounts& accounts, const plan::User& user) {
  std::vector<std::string> names;
  for (const plan::Group& group : accounts.groups)
    if (group.gid == user.gid) names.insert(names.begin(), group.name);
    else if (std::ranges::find(group.members, user.name) != group.members.end()) names.push_back(group.name);
  return names;
}

}  // namespace

Result<int> identify(Script& script, const Words& words) {
  const plan::User* user = script.state().accounts.user(words.back());
  if (words.size() > 3 || words.size() < 2) return not_understood(script, words);
  if (words.size() == 2 && words[1] == "-u") { script.print("0\n"); return 0; }
  if (user == nullptr) return 1;
  if (words[1] == "-u") script.print(fmt::format("{}\n", user->uid));
  else if (words[1] == "-g") script.print(fmt::format("{}\n", user->gid));
  else if (words[1] == "-Gn") script.print(join(groups_of(script.state().accounts.accounts, *user), " ") + "\n");
  else if (words.size() == 3) return not_understood(script, words);
  return 0;
}

Result<int> system_users(Script& script, const Words& words) {
  for (size_t at = 1; at < words.size(); ++at) {
    if (words[at].starts_with('-')) continue;
    const std::string path = words[at].starts_with('/') ? words[at] : "/usr/lib/sysusers.d/" + words[at];
    const auto text = script.state().world.read(path);
    if (!text) return script.unknown(fmt::format("'{}' is not in the image", path));
    TRY_ASSIGN(const int status, done(script, add_system_users(as_text(*text), script.state().accounts)));
    if (status != 0) return status;
  }
  return 0;
}

}  // namespace ashlar::build
