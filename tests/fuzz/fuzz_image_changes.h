#pragma once
// What must hold of an image that scripts or their records changed, whatever they say.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "build/inner/small_tree.h"
#include "fuzz.h"

namespace fuzz {

inline const ashlar::build::trial::SmallTree& small_image() {
  static const ashlar::build::trial::SmallTree tree({{"bin -> usr/bin", ""}, {"etc/conf", "a=1\nb=two words\n"}, {"etc/link -> conf", ""}, {"etc/loop -> loop", ""}, {"etc/up -> ../../..", ""},
                                                     {"usr/bin/tool!", "x"}, {"usr/share/functions", "greet() { echo \"$1\"; }\n"}, {"usr/share/debconf/confmodule", ""},
                                                     {"usr/share/base-passwd/group.master", "root::0:\nadm::4:\n"}, {"usr/share/base-passwd/passwd.master", "list::38:38:Lists:/var/list:/bin/sh\n"},
                                                     {"usr/lib/sysusers.d/x.conf", "u x - \"X\" /var/x\n"}, {"var/lib/", ""}});
  return tree;
}

/// Every line of an account file has `count` fields, and none a name twice.
inline void check_accounts(const ashlar::build::World& world, const char* path, std::size_t count) {
  const auto content = world.read(path);
  if (!content) return;
  std::set<std::string, std::less<>> names;
  for (const auto line : ashlar::split(ashlar::as_text(*content), '\n')) {
    if (line.empty()) continue;
    must(static_cast<std::size_t>(std::count(line.begin(), line.end(), ':')) == count - 1, "an account has its fields");
    must(names.insert(std::string(ashlar::cut(line, ':').first)).second, "an account is there once");
  }
}

inline void check_changes(const ashlar::build::World& world) {
  const auto changes = world.changes();
  if (!changes) return;
  for (const auto& change : *changes) {
    const std::string around = "/" + change.entry.path + "/";
    must(!change.entry.path.empty() && around.find("//") == std::string::npos, "a change has a path");
    must(around.find("/../") == std::string::npos && around.find("/./") == std::string::npos, "no change leaves the image");
    must(change.entry.path.find('\0') == std::string::npos, "a path is text");
    using ashlar::FileType;
    must(change.remove || change.entry.type == FileType::Regular || change.entry.type == FileType::Directory || change.entry.type == FileType::Symlink, "no devices");
    must(change.entry.mode <= 07777, "a mode is one");
  }
}

}  // namespace fuzz
