// The configuration, and the users who run things.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/changes.h"

namespace ashlar::prove {
namespace {

using Variables = std::map<std::string, std::string>;

Variables variables(const oci::Config& config) {
  Variables out;
  for (const std::string& line : config.env) out.insert_or_assign(std::string(cut(line, '=').first), std::string(cut(line, '=').second));
  return out;
}

std::string words(const std::vector<std::string>& list) { return list.empty() ? "nothing" : fmt::format("'{}'", join(list, " ")); }

void compare_start(Changes& changes) {
  const oci::Config &before = changes.before.contents.config, &after = changes.after.contents.config;
  if (before.entrypoint != after.entrypoint) changes.add(Weight::Breaking, "entrypoint-changed", "entrypoint", fmt::format("the entrypoint is {}, not {}", words(after.entrypoint), words(before.entrypoint)));
  if (before.cmd != after.cmd) changes.add(Weight::Breaking, "command-changed", "cmd", fmt::format("the command is {}, not {}", words(after.cmd), words(before.cmd)));
  const auto folder = [](const oci::Config& config) { return config.working_dir.empty() ? std::string("/") : config.working_dir; };
  if (folder(before) != folder(after)) changes.add(Weight::Breaking, "working-directory-changed", folder(before), fmt::format("it begins in '{}', not in '{}'", folder(after), folder(before)));
  const auto signal = [](const oci::Config& config) { return config.stop_signal.empty() ? std::string("SIGTERM") : config.stop_signal; };
  if (signal(before) != signal(after)) changes.add(Weight::Notable, "stop-signal-changed", "stop-signal", fmt::format("it is stopped with {}, not with {}", signal(after), signal(before)));
  if (before.health && !after.health) changes.add(Weight::Breaking, "health-check-gone", "health", "it has no health check any more");
  else if (before.health && before.health->test != after.health->test) changes.add(Weight::Notable, "health-check-changed", "health", fmt::format("it is asked by {}, not by {}", words(after.health->test), words(before.health->test)));
}

void compare_environment(Changes& changes) {
  const Variables before = variables(changes.before.contents.config), after = variables(changes.after.contents.config);
  for (const auto& [name, value] : before) {
    const auto there = after.find(name);
    if (there == after.end()) changes.add(Weight::Breaking, "environment-gone", name, fmt::format("{} is not set any more; it was '{}'", name, value));
    else if (there->second != value) changes.add(Weight::Notable, "environment-changed", name, fmt::format("{} is '{}', not '{}'", name, there->second, value));
  }
  for (const auto& [name, value] : after) {
    if (!before.contains(name)) changes.add(Weight::Neutral, "environment-new", name, fmt::format("{} is set to '{}'", name, value));
  }
}

/// Of lists of names: which went, and which came.
void compare_names(Changes& changes, const std::vector<std::string>& before, const std::vector<std::string>& after, const char* noun, Weight gone, Weight fresh) {
  const auto lacks = [](const std::vector<std::string>& list, const std::string& name) { return std::ranges::find(list, name) == list.end(); };
  for (const std::string& name : before) {
    if (lacks(after, name)) changes.add(gone, fmt::format("{}-gone", noun), name, fmt::format("{} '{}' is not declared any more", noun, name));
  }
  for (const std::string& name : after) {
    if (lacks(before, name)) changes.add(fresh, fmt::format("{}-new", noun), name, fmt::format("{} '{}' is declared", noun, name));
  }
}

void compare_labels(Changes& changes) {
  const auto &before = changes.before.contents.config.labels, &after = changes.after.contents.config.labels;
  for (const auto& [name, value] : before) {
    const auto there = after.find(name);
    if (there == after.end()) changes.add(Weight::Notable, "label-gone", name, fmt::format("label '{}' is gone; it was '{}'", name, value));
    else if (there->second != value) changes.add(Weight::Neutral, "label-changed", name, fmt::format("label '{}' is '{}', not '{}'", name, there->second, value));
  }
}

/// Port as it is declared, with its protocol.
std::vector<std::string> ports(const oci::Config& config) {
  std::vector<std::string> out;
  for (const std::string& port : config.ports) out.push_back(port.find('/') == std::string::npos ? port + "/tcp" : port);
  return out;
}

std::string told(const Rights& rights) {
  if (!rights.who()) return "somebody who is not in it";
  return fmt::format("{}:{}", rights.who()->uid, rights.who()->gid);
}

/// Lines of passwd(5) or group(5) by name.
std::map<std::string, std::vector<std::string>> accounts(const std::string& text) {
  std::map<std::string, std::vector<std::string>> out;
  for (const std::string_view line : split(text, '\n')) {
    std::vector<std::string> fields;
    for (const std::string_view field : split(trim(line), ':')) fields.emplace_back(field);
    if (fields.size() >= 3) out.try_emplace(fields.front(), fields);
  }
  return out;
}

void compare_account_file(Changes& changes, const char* path, const char* noun) {
  const auto before = accounts(changes.before.text(path)), after = accounts(changes.after.text(path));
  const bool users = std::string_view(noun) == "user";
  std::vector<std::string> fresh;
  for (const auto& [name, fields] : before) {
    const auto there = after.find(name);
    if (there == after.end()) {
      changes.add(Weight::Breaking, fmt::format("{}-gone", noun), name, fmt::format("there is no {} '{}' any more; it had the number {}", noun, name, fields[2]));
      continue;
    }
    const auto& now = there->second;
    if (now[2] != fields[2]) changes.add(Weight::Breaking, fmt::format("{}-number-changed", noun), name, fmt::format("{} '{}' has the number {}, not {}", noun, name, now[2], fields[2]));
    if (!users || fields.size() < 7 || now.size() < 7) continue;
    if (now[3] != fields[3]) changes.add(Weight::Breaking, "user-group-changed", name, fmt::format("user '{}' is in group {}, not {}", name, now[3], fields[3]));
    if (now[5] != fields[5]) changes.add(Weight::Notable, "user-home-changed", name, fmt::format("user '{}' is at home in '{}', not in '{}'", name, now[5], fields[5]));
  }
  for (const auto& [name, fields] : after) {
    if (!before.contains(name)) fresh.push_back(fmt::format("'{}', number {}", name, fields[2]));
  }
  if (!fresh.empty()) changes.add(Weight::Neutral, fmt::format("{}-new", noun), slashed(path), fmt::format("{} {}{} came", fresh.size(), noun, fresh.size() == 1 ? "" : "s"), first_of(fresh));
  changes.told.insert(path);
}

}  // namespace

void compare_config(Changes& changes) {
  const oci::Config &before = changes.before.contents.config, &after = changes.after.contents.config;
  compare_start(changes);
  compare_environment(changes);
  compare_names(changes, ports(before), ports(after), "port", Weight::Breaking, Weight::Notable);
  compare_names(changes, before.volumes, after.volumes, "volume", Weight::Breaking, Weight::Notable);
  compare_labels(changes);
}

void compare_accounts(Changes& changes) {
  const Rights was = changes.before.rights(), is = changes.after.rights();
  const auto same = [](const std::optional<ImageUser>& a, const std::optional<ImageUser>& b) { return a && b && a->uid == b->uid && a->gid == b->gid; };
  const std::string &named = changes.before.contents.config.user, &names = changes.after.contents.config.user;
  if (!same(was.who(), is.who()) && (was.who() || is.who() || named != names)) changes.add(Weight::Breaking, "user-changed", named.empty() ? "root" : named, fmt::format("it runs as {} ('{}'), not as {} ('{}')", told(is), names, told(was), named));
  else if (named != names) changes.add(Weight::Notable, "user-renamed", named.empty() ? "root" : named, fmt::format("the configuration calls its user '{}', not '{}'; the numbers are the same", names, named));
  compare_account_file(changes, "etc/passwd", "user");
  compare_account_file(changes, "etc/group", "group");
}

}  // namespace ashlar::prove
