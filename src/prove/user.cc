#include "prove/user.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::prove {
namespace {

std::optional<std::uint32_t> number_of(std::string_view text) {
  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const std::uint64_t value = std::stoull(std::string(text));
  return value < 4294967295 ? std::optional(static_cast<std::uint32_t>(value)) : std::nullopt;
}

/// The lines of a file such as /etc/passwd, as their fields, those with fewer than `least` left out.
std::vector<std::vector<std::string_view>> rows_of(std::string_view text, size_t least) {
  std::vector<std::vector<std::string_view>> rows;
  for (const std::string_view line : split(text, '\n')) {
    auto fields = split(line, ':');
    if (fields.size() >= least) rows.push_back(std::move(fields));
  }
  return rows;
}

}  // namespace

Result<ImageUser> image_user(const std::string& user, const std::string& passwd, const std::string& group) {
  const std::string what = fmt::format("run as user '{}'", user);
  const auto [name, group_name] = cut(user, ':');
  ImageUser who;
  std::string login(name);
  bool known = false;
  const auto number = number_of(name.empty() ? std::string_view("0") : name);
  for (const auto& row : rows_of(passwd, 4)) {
    if (known || (number ? number_of(row[2]) != number : row[0] != name)) continue;
    known = true;
    login = std::string(row[0]);
    who.uid = number_of(row[2]).value_or(0);
    who.gid = number_of(row[3]).value_or(0);
  }
  if (!known && !number) return cannot(Kind::Invalid, what, "the image's /etc/passwd has no such user");
  if (!known) who.uid = *number;
  const bool named = user.find(':') != std::string::npos;
  const auto group_number = number_of(group_name);
  bool found = !named || group_number.has_value();
  if (group_number) who.gid = *group_number;
  for (const auto& row : rows_of(group, 4)) {
    const auto gid = number_of(row[2]);
    if (!gid) continue;
    if (named && !group_number && row[0] == group_name) who.gid = *gid, found = true;
    const auto members = split(row[3], ',');
    if (!named && known && std::ranges::find(members, login) != members.end()) who.groups.push_back(*gid);
  }
  if (!found) return cannot(Kind::Invalid, what, "the image's /etc/group has no such group");
  return who;
}

}  // namespace ashlar::prove
