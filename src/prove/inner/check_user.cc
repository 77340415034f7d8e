// Who runs the image.
#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/scene.h"

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

}  // namespace

Check nonroot(const Scene& scene) {
  Check check = passing("nonroot", "whoever starts the image is not root in it");
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
  if (check.outcome != Outcome::Failed) return check;
  const bool wants_root = scene.definition() != nullptr && (scene.definition()->accounts.run_as == "root" || cut(scene.definition()->accounts.run_as, ':').first == "0");
  if (scene.is_dev() && (wants_root || scene.definition()->accounts.run_as.empty())) return not_applicable(check.id, check.title, "the definition makes a -dev image, which root runs");
  if (wants_root && check.evidence.size() == 1 && uid == 0) {
    check.outcome = Outcome::Excused;
    check.evidence.push_back("the definition says so (accounts.run-as)");
  }
  return check;
}

}  // namespace ashlar::prove
