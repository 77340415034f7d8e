// Who runs the image.
#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/scene.h"
#include "prove/user.h"

namespace ashlar::prove {
namespace {

/// A number as container runtimes read it (Go's strconv.Atoi): a sign and leading zeros are fine.
std::optional<std::int64_t> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

/// The user with this name in etc/passwd, the first one as runtimes take it. A number that is none counts as 0 there, and so it does here.
std::optional<std::int64_t> uid_of(std::string_view passwd, std::string_view name) {
  for (const std::string_view line : split(passwd, '\n')) {
    const auto fields = split(trim(line), ':');
    if (fields.size() >= 3 && fields[0] == name) return number(fields[2]).value_or(0);
  }
  return std::nullopt;
}

std::string name_of(std::string_view passwd, std::int64_t uid) {
  for (const std::string_view line : split(passwd, '\n')) {
    const auto fields = split(trim(line), ':');
    if (fields.size() >= 3 && number(fields[2]) == uid) return fmt::format(" ('{}' in '/etc/passwd')", fields[0]);
  }
  return ", who has no entry in '/etc/passwd'";
}

/// Root's group owns what root alone may read or write; whoever is no root shall not be in it. As runtimes find groups (user.h).
void judge_groups(const Scene& scene, std::string_view passwd, std::int64_t uid, Check& check) {
  const std::string& user = scene.contents.config.user;
  if (uid == 0) return;  // that is said already, and root needs no group
  const std::string* const group = scene.root.text("etc/group");
  const auto who = image_user(user, std::string(passwd), group == nullptr ? std::string() : *group);
  if (!who) {
    // A user who lacks is told above.
    if (who.error().message.find("group") != std::string::npos) against(check, fmt::format("the configuration's user '{}' names a group that is not in '/etc/group': the image does not start", user));
    return;
  }
  const bool known = user.find(':') != std::string::npos || name_of(passwd, uid).starts_with(" (");
  if (who->gid == 0) against(check, fmt::format("the configuration's user '{}' is in root's group{}", user, known ? "" : ": without an entry in '/etc/passwd' its group is 0"));
  if (std::ranges::find(who->groups, 0U) != who->groups.end()) against(check, fmt::format("'/etc/group' has the configuration's user '{}' in root's group", user));
}

/// Whether the definition says that its user has root's group: `run-as: "65532:0"`, or a user with `gid: 0`.
bool wants_group(const plan::Definition& definition) {
  const auto [name, group] = cut(definition.accounts.run_as, ':');
  if (group == "0" || group == "root") return true;
  return std::ranges::any_of(definition.accounts.users, [&](const plan::User& each) { return each.gid == 0 && group.empty() && (each.name == name || std::to_string(each.uid) == name); });
}

/// What the definition says on purpose. `other`: there is more against it than root's group.
Check excuse(const Scene& scene, Check check, std::int64_t uid, bool other) {
  const plan::Definition* const definition = scene.definition();
  if (definition == nullptr) return check;
  const std::string_view run_as = cut(definition->accounts.run_as, ':').first;
  const bool wants_root = run_as == "root" || run_as == "0";
  if (scene.is_dev() && (wants_root || run_as.empty())) return not_applicable(check.id, check.title, "the definition makes a -dev image, which root runs");
  if ((wants_root && check.evidence.size() == 1 && uid == 0) || (!other && wants_group(*definition))) {
    check.outcome = Outcome::Excused;
    check.evidence.push_back("the definition says so (accounts.run-as)");
  }
  return check;
}

}  // namespace

Check nonroot(const Scene& scene) {
  Check check = passing("nonroot", "whoever starts the image is not root in it, nor in root's group");
  const std::string& user = scene.contents.config.user;
  const std::string_view name = cut(user, ':').first;
  const std::string* const text = scene.root.text("etc/passwd");
  const std::string_view passwd = text == nullptr ? std::string_view() : *text;
  const auto direct = number(name);
  const auto uid = direct ? direct : uid_of(passwd, name);
  if (name.empty()) against(check, "the configuration names no user: that is root");
  else if (!uid) against(check, fmt::format("the configuration's user '{}' is not in '/etc/passwd': the image does not start", name));
  else if (*uid == 0) against(check, direct ? fmt::format("the configuration's user '{}' is root", user) : fmt::format("the configuration's user '{}' has the number 0 in '/etc/passwd': that is root", name));
  else if (*uid < 0 || *uid > 0x7fffffff) against(check, fmt::format("the configuration's user '{}' has a number that no user can have", user));
  else check.evidence.push_back(fmt::format("user '{}' is number {}{}", user, *uid, direct ? name_of(passwd, *uid) : ""));
  // A second root is a way back to the first.
  for (const std::string_view line : split(passwd, '\n')) {
    const auto fields = split(trim(line), ':');
    if (fields.size() >= 3 && fields[0] != "root" && number(fields[2]).value_or(0) == 0) against(check, fmt::format("'{}' in '/etc/passwd' has the number 0, too", fields[0]));
  }
  const bool other = check.outcome == Outcome::Failed;
  judge_groups(scene, passwd, uid.value_or(0), check);
  if (check.outcome != Outcome::Failed) return check;
  return excuse(scene, std::move(check), uid.value_or(-1), other);
}

}  // namespace ashlar::prove
