#include "build/inner/script_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script_arguments.h"
#include "build/inner/script_text.h"

namespace ashlar::build {

using Words = Script::Words;

namespace {

/// chmod(1)'s mode over an old one: octal, or clauses of `ugoa+-=rwxXst`.
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

}  // namespace

Result<int> make_directories(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-m", "--mode"}, {"-p", "--parents", "-v", "-Z"});
  if (!arguments) return not_understood(script, words);
  const std::string mode = arguments->value("-m", arguments->value("--mode", fmt::format("{:o}", 0777 & ~script.state().world.umask)));
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
  const auto arguments = read_arguments(words, {}, {"-s", "-f", "-n", "-v", "-T", "-r", "--symbolic", "--force", "--relative"});
  if (!arguments || arguments->rest.empty() || arguments->rest.size() > 2) return not_understood(script, words);
  if (!arguments->has("-s") && !arguments->has("--symbolic")) return not_understood(script, words);
  World& world = script.state().world;
  std::string target = arguments->rest[0];
  std::string path = arguments->rest.size() > 1 ? arguments->rest[1] : target.substr(target.rfind('/') + 1);
  const bool force = arguments->has("-f") || arguments->has("--force");
  const auto there = world.find(path, false);
  if (arguments->has("-r") || arguments->has("--relative")) {
    const auto to = world.resolve(target, true), from = world.resolve(path, false);
    if (!to || !from || (there && there->entry.type == FileType::Directory)) return not_understood(script, words);
    target = std::filesystem::path(*to).lexically_relative(std::filesystem::path(*from).parent_path()).string();
  }
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
  const auto arguments = read_arguments(words, {}, {"-p", "-a", "-f", "-d", "-P", "-v", "-n", "-T", "-L", "-Z", "--preserve"});
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
    TRY_ASSIGN(const int status, done(script, script.state().world.write(path, {}, 0666 & ~script.state().world.umask)));
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
  const bool empty = arguments->rest[0] == "/dev/null";  // as dh_apparmor makes files for people to fill
  TRY_ASSIGN(const int status, done(script, empty ? world.write(to, {}, *mode) : world.copy(arguments->rest[0], to, true, arguments->has("-p"))));
  return status != 0 ? Result<int>(status) : finish(to);
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

}  // namespace ashlar::build
