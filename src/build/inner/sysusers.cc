#include "build/inner/sysusers.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::build {
namespace {

/// Words, of which some are quoted.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  std::string field;
  bool begun = false;
  char quote = '\0';
  for (const char c : line) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
      else field += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      begun = true;
    } else if (c == ' ' || c == '\t') {
      if (begun) fields.push_back(std::move(field));
      field.clear();
      begun = false;
    } else {
      field += c;
      begun = true;
    }
  }
  if (begun) fields.push_back(std::move(field));
  return fields;
}

Done add_user(const std::vector<std::string>& fields, AccountBook& book) {
  auto field = [&](size_t at) { return at < fields.size() && fields[at] != "-" ? fields[at] : std::string(); };
  AccountBook::Wanted wanted{.name = fields[1]};
  const auto [uid, group] = cut(fields.size() > 2 ? std::string_view(fields[2]) : std::string_view("-"), ':');
  if (uid.starts_with('/')) return cannot(Kind::Invalid, fmt::format("add user '{}'", wanted.name), "its number is that of a file");
  if (uid != "-" && !uid.empty()) wanted.uid = book.uid_of(uid);
  if (!group.empty() && group != "-") {
    wanted.gid = book.gid_of(group);
    if (!wanted.gid) return cannot(Kind::NotFound, fmt::format("add user '{}'", wanted.name), fmt::format("there is no group '{}'", group));
  } else if (const plan::Group* own = book.group(wanted.name)) {
    wanted.gid = own->gid;
  }
  wanted.description = field(3);
  wanted.home = field(4).empty() ? "/" : field(4);
  wanted.shell = field(5).empty() ? "/usr/sbin/nologin" : field(5);
  return book.add_user(wanted);
}

}  // namespace

Done add_system_users(std::string_view text, AccountBook& book) {
  for (const int pass : {0, 1}) {  // groups before users, as systemd-sysusers does
    for (const auto line : split(text, '\n')) {
      const auto fields = fields_of(trim(line));
      if (fields.empty() || fields[0].starts_with('#')) continue;
      if (fields.size() < 2 || line.find('%') != std::string_view::npos) return cannot(Kind::Invalid, fmt::format("add users of line '{}'", trim(line)), "it is not understood");
      const std::string& type = fields[0];
      if (type == "g") {
        if (pass == 0) TRY(book.add_group(fields[1], fields.size() > 2 && fields[2] != "-" ? book.gid_of(fields[2]) : std::nullopt));
      } else if (type == "u" || type == "u!") {
        if (pass == 1) TRY(add_user(fields, book));
      } else if (type == "m" && fields.size() > 2) {
        if (pass == 1) TRY(book.add_member(fields[1], fields[2]));
      } else if (type != "r") {
        return cannot(Kind::Invalid, fmt::format("add users of line '{}'", trim(line)), "it is not understood");
      }
    }
  }
  return {};
}

}  // namespace ashlar::build
