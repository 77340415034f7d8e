// The commands that are understood: what each would do to a freshly unpacked image in which nothing runs.
#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "build/inner/script.h"
#include "build/inner/script_text.h"
#include "build/inner/sysusers.h"
#include "deb/control.h"
#include "deb/version.h"

namespace ashlar::build {
namespace {

using Words = Script::Words;

/// Commands without an effect on an image's files, and why.
struct Idle { std::string_view name, reason; };
constexpr std::array idle_commands{
    Idle{"deb-systemd-helper", "services start when an image runs, by what it runs"}, Idle{"deb-systemd-invoke", "nothing runs in an image being made"},
    Idle{"systemctl", "nothing runs in an image being made"}, Idle{"invoke-rc.d", "nothing runs in an image being made"},
    Idle{"update-rc.d", "images have no runlevels"}, Idle{"service", "nothing runs in an image being made"},
    Idle{"dpkg-maintscript-helper", "a fresh installation has no old files"}, Idle{"ldconfig", "ld.so.cache is written once, at the end"},
    Idle{"py3compile", "byte code is made where a definition asks for it"}, Idle{"pypy3compile", "byte code is made where a definition asks for it"},
    Idle{"py3clean", "a fresh installation has no byte code"}, Idle{"pycompile", "byte code is made where a definition asks for it"},
    Idle{"update-menus", "menus are left out"}, Idle{"update-mime-database", "left to the trigger of shared-mime-info"},
    Idle{"systemd-tmpfiles", "volatile files are made at run time"}, Idle{"udevadm", "there are no devices"}, Idle{"dpkg-preconfigure", "nobody is asked"},
    Idle{"ucfr", "the registry of ucf is for upgrades"}, Idle{"ucfq", "the registry of ucf is for upgrades"}, Idle{"dpkg-trigger", "triggers are effects of their own"},
    Idle{"install-info", "info pages are left out"}, Idle{"mandb", "manuals are left out"}, Idle{"sync", "files are written at the end"},
    Idle{"restorecon", "there are no labels"}, Idle{"sysctl", "the kernel is the host's"}, Idle{"modprobe", "the kernel is the host's"},
    Idle{"update-initramfs", "there is no kernel in an image"}, Idle{"apparmor_parser", "the kernel is the host's"}, Idle{"newaliases", "there is no mail system"},
    Idle{"nscd", "nothing runs in an image being made"}, Idle{"killall", "nothing runs in an image being made"}, Idle{"pam-auth-update", "declared with libpam-runtime"},
};

/// Options taken off the front: flags seen, values of those that take one.
struct Arguments {
  std::set<std::string> flags;
  std::map<std::string, std::string> values;
  Words rest;
  bool has(std::string_view flag) const { return flags.contains(std::string(flag)); }
  std::string value(const std::string& name, const std::string& otherwise = {}) const {
    const auto found = values.find(name);
    return found == values.end() ? otherwise : found->second;
  }
};

/// `with_value` names options that take a value; `known` every other. Nothing for an option that is in neither.
std::optional<Arguments> read_arguments(const Words& words, const std::set<std::string>& with_value, const std::set<std::string>& known) {
  Arguments result;
  bool options = true;
  for (size_t at = 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (!options || word.size() < 2 || word[0] != '-') { result.rest.push_back(word); continue; }
    if (word == "--") { options = false; continue; }
    const size_t equals = word.find('=');
    if (word.starts_with("--")) {
      const std::string name = word.substr(0, equals);
      if (with_value.contains(name)) {
        if (equals == std::string::npos && at + 1 >= words.size()) return std::nullopt;
        result.values[name] = equals == std::string::npos ? words[++at] : word.substr(equals + 1);
      } else if (known.contains(name) && equals == std::string::npos) {
        result.flags.insert(name);
      } else {
        return std::nullopt;
      }
      continue;
    }
    for (size_t letter = 1; letter < word.size(); ++letter) {
      const std::string name = std::string("-") + word[letter];
      if (with_value.contains(name)) {
        if (letter + 1 < word.size()) result.values[name] = word.substr(letter + 1);
        else if (at + 1 < words.size()) result.values[name] = words[++at];
        else return std::nullopt;
        break;
      }
      if (!known.contains(name)) return std::nullopt;
      result.flags.insert(name);
    }
  }
  return result;
}

Result<int> done(Script& script, const Done& result) {
  if (!result) return script.unknown(result.error().message);
  return 0;
}
/// chmod(1)'s mode over an old one: octal, or clauses of `ugoa+-=rwxXst`.
std::optional<std::uint32_t> octal(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size() || value > 07777) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> new_mode(std::string_view text, std::uint32_t old, bool directory) {
  if (const auto absolute = octal(text)) return absolute;
  for (const auto clause : split(text, ',')) {
    size_t at = 0;
    std::uint32_t who = 0;
    for (; at < clause.size() && std::string_view("ugoa").find(clause[at]) != std::string_view::npos; ++at)
      who |= clause[at] == 'u' ? 04700U : clause[at] == 'g' ? 02070U : clause[at] == 'o' ? 01007U : 07777U;
    if (who == 0) who = 07777;
    if (at >= clause.size() || std::string_view("+-=").find(clause[at]) == std::string_view::npos) return std::nullopt;
    const char operation = clause[at++];
    std::uint32_t bits = 0;
    for (; at < clause.size(); ++at) {
      switch (clause[at]) {
        case 'r': bits |= 0444; break;
        case 'w': bits |= 0222; break;
        case 'x': bits |= 0111; break;
        case 'X': if (directory || (old & 0111) != 0) bits |= 0111; break;
        case 's': bits |= 06000; break;
        case 't': bits |= 01000; break;
        default: return std::nullopt;
      }
    }
    bits &= who;
    if (operation == '+') old |= bits;
    else if (operation == '-') old &= ~bits;
    else old = (old & ~(who & 0777U)) | bits;
  }
  return old;
}

/// `path` and, where asked, everything below it.
Words with_below(Script& script, const std::string& path, bool recursive) {
  Words paths{path};
  for (size_t at = 0; recursive && at < paths.size(); ++at) {
    const auto node = script.state().world.find(paths[at], false);
    if (!node || node->entry.type != FileType::Directory) continue;
    for (const std::string& name : script.state().world.list(paths[at])) paths.push_back(paths[at] + "/" + name);
  }
  return paths;
}

Result<int> make_directories(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-m", "--mode"}, {"-p", "--parents", "-v"});
  if (!arguments) return not_understood(script, words);
  const std::string mode = arguments->value("-m", arguments->value("--mode", "0755"));
  const auto bits = octal(mode);
  if (!bits) return not_understood(script, words);
  for (const std::string& path : arguments->rest) {
    if (!arguments->has("-p") && !arguments->has("--parents") && script.state().world.find(path, true)) return 1;
    TRY_ASSIGN(const int status, done(script, script.state().world.make_directory(path, *bits, arguments->has("-p") || arguments->has("--parents"))));
    if (status != 0) return status;
  }
  return 0;
}

Result<int> change_mode(Script& script, const Words& words) {
  std::vector<std::string> rest;
  bool recursive = false;
  for (size_t at = 1; at < words.size(); ++at) {
    if (words[at] == "-R" || words[at] == "--recursive") recursive = true;
    else if (words[at] == "-f" || words[at] == "-v" || words[at] == "-c") continue;
    else rest.push_back(words[at]);
  }
  if (rest.size() < 2) return not_understood(script, words);
  for (size_t at = 1; at < rest.size(); ++at) {
    if (!script.state().world.find(rest[at], true)) return 1;
    for (const std::string& path : with_below(script, rest[at], recursive)) {
      const auto node = script.state().world.find(path, true);
      if (!node || (recursive && node->entry.type == FileType::Symlink)) continue;
      const auto mode = new_mode(rest[0], node->entry.mode, node->entry.type == FileType::Directory);
      if (!mode) return not_understood(script, words);
      TRY_ASSIGN(const int status, done(script, script.state().world.set_mode(path, *mode)));
      if (status != 0) return status;
    }
  }
  return 0;
}

Result<int> change_owner(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"--from"}, {"-R", "--recursive", "-h", "--no-dereference", "-f", "-v", "-c", "-P"});
  if (!arguments || arguments->rest.size() < 2 || arguments->values.contains("--from")) return not_understood(script, words);
  std::optional<std::uint32_t> uid, gid;
  std::string owner = arguments->rest[0], group;
  if (words[0] == "chgrp") {
    group = std::move(owner);
    owner.clear();
  } else if (const size_t colon = owner.find_first_of(":."); colon != std::string::npos) {
    group = owner.substr(colon + 1);
    owner.resize(colon);
  }
  if (!owner.empty() && !(uid = script.state().accounts.uid_of(owner))) return 1;
  if (!group.empty() && !(gid = script.state().accounts.gid_of(group))) return 1;
  const bool recursive = arguments->has("-R") || arguments->has("--recursive");
  const bool follow = !recursive && !arguments->has("-h") && !arguments->has("--no-dereference");
  for (size_t at = 1; at < arguments->rest.size(); ++at) {
    if (!script.state().world.find(arguments->rest[at], follow)) return 1;
    for (const std::string& path : with_below(script, arguments->rest[at], recursive)) {
      TRY_ASSIGN(const int status, done(script, script.state().world.set_owner(path, uid, gid, follow)));
      if (status != 0) return status;
    }
  }
  return 0;
}

Result<int> link(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {}, {"-s", "-f", "-n", "-v", "-T", "--symbolic", "--force"});
  if (!arguments || arguments->rest.empty() || arguments->rest.size() > 2) return not_understood(script, words);
  if (!arguments->has("-s") && !arguments->has("--symbolic")) return not_understood(script, words);
  World& world = script.state().world;
  const std::string& target = arguments->rest[0];
  std::string path = arguments->rest.size() > 1 ? arguments->rest[1] : target.substr(target.rfind('/') + 1);
  const bool force = arguments->has("-f") || arguments->has("--force");
  const auto there = world.find(path, false);
  if (there && there->entry.type == FileType::Symlink && (arguments->has("-n") || arguments->has("-T"))) {
    if (!force) return 1;
    TRY_ASSIGN(const int status, done(script, world.remove(path, false)));
    if (status != 0) return status;
  }
  if (there && !force && there->entry.type != FileType::Directory) return 1;
  return done(script, world.symlink(target, path, force));
}

Result<int> remove(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {}, {"-r", "-R", "-f", "-v", "-d", "--force", "--recursive", "--ignore-fail-on-non-empty", "-p"});
  if (!arguments) return not_understood(script, words);
  const bool directory = words[0] == "rmdir";
  for (const std::string& path : arguments->rest) {
    const auto node = script.state().world.find(path, false);
    if (!node) {
      if (directory || (!arguments->has("-f") && !arguments->has("--force"))) return 1;
      continue;
    }
    const bool recursive = !directory && (arguments->has("-r") || arguments->has("-R") || arguments->has("--recursive"));
    const bool is_directory = node->entry.type == FileType::Directory;
    if (directory != is_directory && !recursive) return 1;
    if (directory && !script.state().world.list(path).empty()) {
      if (arguments->has("--ignore-fail-on-non-empty")) continue;
      return 1;
    }
    TRY_ASSIGN(const int status, done(script, script.state().world.remove(path, recursive)));
    if (status != 0) return status;
  }
  return 0;
}

Result<int> copy_or_move(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {}, {"-p", "-a", "-f", "-d", "-P", "-v", "-n", "-T", "-L", "--preserve"});
  if (!arguments || arguments->rest.size() != 2) return not_understood(script, words);
  World& world = script.state().world;
  if (!world.find(arguments->rest[0], false)) return 1;
  if (words[0] == "mv") return done(script, world.move(arguments->rest[0], arguments->rest[1]));
  if (arguments->has("-n") && world.find(arguments->rest[1], true)) return 0;
  const bool follow = !arguments->has("-d") && !arguments->has("-P") && !arguments->has("-a");
  return done(script, world.copy(arguments->rest[0], arguments->rest[1], follow, arguments->has("-p") || arguments->has("-a") || arguments->has("--preserve")));
}

Result<int> touch(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-r", "--reference", "-d", "-t"}, {"-c", "-h", "-m", "-a", "--no-dereference", "-f"});
  if (!arguments) return not_understood(script, words);
  for (const std::string& path : arguments->rest) {
    if (script.state().world.find(path, true) || arguments->has("-c") || arguments->has("-h")) continue;
    TRY_ASSIGN(const int status, done(script, script.state().world.write(path, {}, 0644)));
    if (status != 0) return status;
  }
  return 0;
}

Result<int> install(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-m", "-o", "-g", "--mode", "--owner", "--group"}, {"-d", "-D", "-p", "-v", "--directory", "-T"});
  if (!arguments) return not_understood(script, words);
  World& world = script.state().world;
  const auto mode = octal(arguments->value("-m", arguments->value("--mode", "0755")));
  const auto uid = script.state().accounts.uid_of(arguments->value("-o", arguments->value("--owner", "root")));
  const auto gid = script.state().accounts.gid_of(arguments->value("-g", arguments->value("--group", "root")));
  if (!mode || !uid || !gid) return not_understood(script, words);
  auto finish = [&](const std::string& path) -> Result<int> {
    TRY_ASSIGN(const int status, done(script, world.set_mode(path, *mode)));
    if (status != 0) return status;
    return done(script, world.set_owner(path, uid, gid, true));
  };
  if (arguments->has("-d") || arguments->has("--directory")) {
    for (const std::string& path : arguments->rest) {
      TRY_ASSIGN(int status, done(script, world.make_directory(path, *mode, true)));
      if (status == 0) { TRY_ASSIGN(status, finish(path)); }
      if (status != 0) return status;
    }
    return 0;
  }
  if (arguments->rest.size() != 2) return not_understood(script, words);
  std::string to = arguments->rest[1];
  if (const auto there = world.find(to, true); there && there->entry.type == FileType::Directory) to += "/" + arguments->rest[0].substr(arguments->rest[0].rfind('/') + 1);
  TRY_ASSIGN(const int status, done(script, world.copy(arguments->rest[0], to, true, arguments->has("-p"))));
  return status != 0 ? Result<int>(status) : finish(to);
}

Result<int> alternatives(Script& script, const Words& words) {
  Alternatives::Choice choice;
  std::string link, name;
  bool install = false;
  for (size_t at = 1; at < words.size(); ++at) {
    const auto rest = words.size() - at - 1;
    if (words[at] == "--install" && rest >= 4) {
      install = true;
      link = words[at + 1];
      name = words[at + 2];
      choice.path = words[at + 3];
      choice.priority = std::atoi(words[at + 4].c_str());
      at += 4;
    } else if (words[at] == "--slave" && rest >= 3) {
      choice.slaves.push_back({words[at + 1], words[at + 2], words[at + 3]});
      at += 3;
    } else if (words[at] == "--remove" && rest >= 2) {
      script.state().alternatives.remove(words[at + 1], words[at + 2]);
      at += 2;
    } else if (words[at] == "--remove-all" && rest >= 1) {
      ++at;
    } else if (words[at] != "--quiet" && words[at] != "--force") {
      return not_understood(script, words);
    }
  }
  for (const auto& slave : choice.slaves) if (!slave.link.starts_with('/') || slave.name.find('/') != std::string::npos) return not_understood(script, words);
  if (install && (!link.starts_with('/') || name.empty() || name.find('/') != std::string::npos || !choice.path.starts_with('/'))) return not_understood(script, words);
  if (install) script.state().alternatives.install(link, name, std::move(choice));
  return 0;
}

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

Result<int> identify(Script& script, const Words& words) {
  const plan::User* user = script.state().accounts.user(words.back());
  if (words.size() > 3 || words.size() < 2) return not_understood(script, words);
  if (words.size() == 2 && words[1] == "-u") { script.print("0\n"); return 0; }
  if (user == nullptr) return 1;
  if (words[1] == "-u") script.print(fmt::format("{}\n", user->uid));
  else if (words[1] == "-g") script.print(fmt::format("{}\n", user->gid));
  else if (words.size() == 3) return not_understood(script, words);
  return 0;
}

Result<int> compare_versions(Script& script, const std::string& a, const std::string& operation, const std::string& b) {
  std::weak_ordering order = std::weak_ordering::equivalent;
  std::string_view how = operation;
  const bool newest = how.ends_with("-nl");  // an empty version is later than any, else earlier
  if (newest) how.remove_suffix(3);
  if (a.empty() || b.empty()) {
    if (a.empty() != b.empty()) order = a.empty() == newest ? std::weak_ordering::greater : std::weak_ordering::less;
  } else {
    const auto first = deb::Version::parse(a), second = deb::Version::parse(b);
    if (!first || !second) return script.unknown(fmt::format("versions '{}' and '{}'", a, b));
    order = *first <=> *second;
  }
  if (how == "lt" || how == "<<") return order < 0 ? 0 : 1;
  if (how == "le" || how == "<=" || how == "<") return order <= 0 ? 0 : 1;
  if (how == "eq" || how == "=") return order == 0 ? 0 : 1;
  if (how == "ne") return order != 0 ? 0 : 1;
  if (how == "ge" || how == ">=" || how == ">") return order >= 0 ? 0 : 1;
  if (how == "gt" || how == ">>") return order > 0 ? 0 : 1;
  return script.unknown(fmt::format("comparison '{}'", operation));
}

Result<int> dpkg(Script& script, const Words& words) {
  if (words.size() == 5 && words[1] == "--compare-versions") return compare_versions(script, words[2], words[3], words[4]);
  if (words.size() == 2 && words[1] == "--print-architecture") { script.print(script.origin().architecture + "\n"); return 0; }
  return not_understood(script, words);
}

Result<int> divert(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"--divert", "--package"}, {"--quiet", "--remove", "--rename", "--no-rename", "--truename", "--listpackage", "--list", "--add", "--local"});
  if (!arguments || arguments->rest.size() > 1) return not_understood(script, words);
  if (arguments->has("--remove") || arguments->has("--list") || arguments->has("--listpackage")) return 0;  // a fresh installation has none
  if (arguments->has("--truename") && arguments->rest.size() == 1) { script.print(arguments->rest[0] + "\n"); return 0; }
  return not_understood(script, words);
}

Result<int> override_owner(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {}, {"--list", "--add", "--update", "--quiet", "--force", "--remove", "--force-statoverride-add", "--force-statoverride-remove"});
  if (!arguments) return not_understood(script, words);
  if (arguments->has("--list")) return 1;
  if (arguments->has("--remove")) return 0;
  if (!arguments->has("--add") || arguments->rest.size() != 4) return not_understood(script, words);
  const auto uid = script.state().accounts.uid_of(arguments->rest[0]), gid = script.state().accounts.gid_of(arguments->rest[1]);
  const auto mode = octal(arguments->rest[2]);
  if (!uid || !gid || !mode) return not_understood(script, words);
  const std::string& path = arguments->rest[3];
  if (!arguments->has("--update") || !script.state().world.find(path, true)) return 0;
  TRY_ASSIGN(const int status, done(script, script.state().world.set_owner(path, uid, gid, true)));
  return status != 0 ? Result<int>(status) : done(script, script.state().world.set_mode(path, *mode));
}

Result<int> find_program(Script& script, const Words& words, size_t first) {
  static constexpr std::array<std::string_view, 6> folders{"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};
  for (size_t at = first; at < words.size(); ++at) {
    if (words[at].starts_with('-')) continue;
    bool found = false;
    for (const std::string_view folder : folders) {
      const std::string path = words[at].find('/') == std::string::npos ? std::string(folder) + words[at] : words[at];
      const auto node = script.state().world.find(path, true);
      if (!node || node->entry.type == FileType::Directory || (node->entry.mode & 0111) == 0) continue;
      script.print(path + "\n");
      found = true;
      break;
    }
    if (!found) return 1;
  }
  return 0;
}

Result<int> copy_configuration(Script& script, const Words& words) {  // ucf
  const auto arguments = read_arguments(words, {"--src-dir", "--state-dir", "--sum-file"}, {"--three-way", "--debconf-ok", "--debug", "-n", "--purge", "--verbose", "-p"});
  if (!arguments || arguments->rest.size() != 2 || arguments->has("--purge")) return not_understood(script, words);
  if (script.state().world.find(arguments->rest[1], true)) return 0;
  return done(script, script.state().world.copy(arguments->rest[0], arguments->rest[1], true, true));
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

/// debconf(7) when nobody is asked: the default of the template, or what the script has set.
Result<int> ask(Script& script, const Words& words) {
  if (!script.debconf) return not_understood(script, words);
  script.variables()["RET"].clear();
  if (words[0] == "db_set" && words.size() >= 3) script.answers[words[1]] = words[2];
  if (words[0] == "db_input") return 30;
  if (words[0] == "db_metaget") return not_understood(script, words);
  if (words[0] != "db_get") return 0;
  if (words.size() != 2) return not_understood(script, words);
  if (const auto found = script.answers.find(words[1]); found != script.answers.end()) { script.variables()["RET"] = found->second; return 0; }
  deb::StanzaReader reader(script.origin().templates, "templates");
  deb::Stanza stanza;
  for (auto more = reader.next(stanza); more && *more; more = reader.next(stanza)) {
    if (trim(stanza.get("Template")) != words[1]) continue;
    script.variables()["RET"] = std::string(trim(stanza.get("Default")));
    return 0;
  }
  return script.unknown(fmt::format("the package has no template '{}'", words[1]));
}

Result<int> source(Script& script, const Words& words) {
  if (words.size() == 2 && words[1] == "/usr/share/debconf/confmodule") { script.debconf = true; return 0; }
  return not_understood(script, words);
}

Result<int> update_certificates(Script& script, const Words&) {
  script.state().ca_bundle = true;
  return 0;
}

Result<int> search(Script& script, const Words& words) {  // grep, for fixed words in what it is given
  const auto arguments = read_arguments(words, {}, {"-q", "-s", "-F", "-x", "-E", "-e", "-i"});
  if (!arguments || arguments->rest.empty() || arguments->rest.size() > 2 || !arguments->has("-q") || arguments->has("-i")) return not_understood(script, words);
  std::string_view pattern = arguments->rest[0];
  const bool front = pattern.starts_with('^') && !arguments->has("-F");
  if (front) pattern.remove_prefix(1);
  const bool back = pattern.ends_with('$') && !pattern.ends_with("\\$") && !arguments->has("-F");
  if (back) pattern.remove_suffix(1);
  if (!arguments->has("-F") && pattern.find_first_of("*[]\\^$+?(){}|") != std::string_view::npos) return not_understood(script, words);
  std::string text;
  if (arguments->rest.size() == 2) {
    const auto content = script.state().world.read(arguments->rest[1]);
    if (!content) return 2;
    text = as_text(*content);
  } else if (script.input() != nullptr) {
    text = *script.input();
  } else {
    return not_understood(script, words);
  }
  for (const auto line : split(text, '\n')) {
    const size_t found = line.find(pattern);
    if (found == std::string_view::npos) continue;
    const bool whole = arguments->has("-x");
    if ((front || whole) && !line.starts_with(pattern)) continue;
    if ((back || whole) && !line.ends_with(pattern)) continue;
    if (whole && line != pattern) continue;
    return 0;
  }
  return 1;
}

Result<int> state_of(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-c", "--format"}, {"-L"});
  if (!arguments || arguments->rest.size() != 1) return not_understood(script, words);
  const auto node = script.state().world.find(arguments->rest[0], arguments->has("-L"));
  if (!node) return 1;
  const std::string format = arguments->value("-c", arguments->value("--format"));
  if (format == "%a") script.print(fmt::format("{:o}\n", node->entry.mode));
  else if (format == "%u") script.print(fmt::format("{}\n", node->entry.uid));
  else if (format == "%g") script.print(fmt::format("{}\n", node->entry.gid));
  else return not_understood(script, words);
  return 0;
}

Result<int> program_lookup(Script& script, const Words& words) {
  if (words[0] == "command" && (words.size() < 3 || words[1] != "-v")) return not_understood(script, words);
  return find_program(script, words, words[0] == "command" ? 2 : 1);
}

Result<int> vendor(Script& script, const Words& words) {
  if (words.size() == 3 && words[1] == "--derives-from") return words[2] == "Debian" ? 0 : 1;
  if (words.size() == 3 && words[1] == "--is") return words[2] == "Debian" ? 0 : 1;
  return not_understood(script, words);
}

struct Row { std::string_view name; Result<int> (*run)(Script&, const Words&); };
constexpr std::array rows{
    Row{"mkdir", make_directories}, Row{"chmod", change_mode}, Row{"chown", change_owner}, Row{"chgrp", change_owner}, Row{"ln", link}, Row{"rm", remove}, Row{"rmdir", remove},
    Row{"cp", copy_or_move}, Row{"mv", copy_or_move}, Row{"touch", touch}, Row{"install", install}, Row{"update-alternatives", alternatives}, Row{"adduser", add_account},
    Row{"addgroup", add_account}, Row{"useradd", add_account}, Row{"groupadd", add_account}, Row{"usermod", change_account}, Row{"getent", get_entry}, Row{"id", identify},
    Row{"dpkg", dpkg}, Row{"dpkg-divert", divert}, Row{"dpkg-statoverride", override_owner}, Row{"dpkg-vendor", vendor}, Row{"echo", print_words}, Row{"printf", print_format},
    Row{"cat", concatenate}, Row{"ucf", copy_configuration}, Row{"systemd-sysusers", system_users}, Row{".", source}, Row{"grep", search}, Row{"basename", name_part},
    Row{"dirname", name_part}, Row{"readlink", read_link}, Row{"stat", state_of}, Row{"command", program_lookup}, Row{"which", program_lookup},
    Row{"update-ca-certificates", update_certificates},
};

}  // namespace

std::optional<Result<int>> run_command(Script& script, const Words& words) {
  std::string_view name = words[0];
  for (const std::string_view folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) if (name.starts_with(folder)) { name.remove_prefix(folder.size()); break; }
  for (const Row& row : rows) if (row.name == name) return row.run(script, words);
  for (const Idle& idle : idle_commands) if (idle.name == name) return 0;
  if (name.starts_with("db_")) return ask(script, words);
  return std::nullopt;
}

}  // namespace ashlar::build
