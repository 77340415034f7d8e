// Files and folders: which went, which moved, and who may do what with those that stayed.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/changes.h"

namespace ashlar::prove {
namespace {

using inventory::File;

bool below(std::string_view path, std::string_view folder) { return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'); }

template <size_t Size>
bool below_any(std::string_view path, const std::array<std::string_view, Size>& folders) {
  return std::ranges::any_of(folders, [&](std::string_view each) { return below(path, each); });
}

/// What managers of packages and caches keep for themselves, and what is compared by what it says: accounts, roots of trust, zones.
bool is_bookkeeping(std::string_view path) {
  constexpr std::array<std::string_view, 17> folders = {"var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "lib/apk/db", "usr/lib/apk/db", "var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/ashlar", "etc/ssl/certs", "etc/pki/ca-trust",
                                                        "usr/share/ca-certificates", "usr/share/zoneinfo", "usr/lib/os-release", "etc/passwd", "etc/group", "etc/shadow"};
  constexpr std::array<std::string_view, 7> names = {"etc/ld.so.cache", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow", "etc/debian_version", "etc/os-release"};
  return below_any(path, folders) || below_any(path, names) || path.find("/__pycache__") != std::string_view::npos || path.ends_with(".pyc");
}

bool is_documentation(std::string_view path) {
  constexpr std::array<std::string_view, 8> folders = {"usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/lintian", "usr/share/bug", "usr/share/locale", "usr/share/common-licenses", "usr/share/doc-base"};
  return below_any(path, folders);
}

/// The path with each number in it as `#`: what a new version renames has the same.
std::string without_versions(std::string_view path) {
  std::string out;
  for (size_t at = 0; at < path.size();) {
    const auto digit = [&](size_t place) { return place < path.size() && path[place] >= '0' && path[place] <= '9'; };
    if (!digit(at)) {
      out += path[at++];
      continue;
    }
    out += '#';
    while (digit(at) || (at < path.size() && path[at] == '.' && digit(at + 1))) ++at;
  }
  return out;
}

bool is_link(const File& file) { return file.entry.type == FileType::Symlink; }
bool is_folder(const File& file) { return file.entry.type == FileType::Directory; }

/// Paths of folders that lie in nothing, though something lies in them.
std::set<std::string> missing_parents(const Surface::Seen& seen) {
  std::set<std::string> out;
  for (const auto& [path, file] : seen.contents.files) {
    for (std::string_view parent = parent_of(path); !parent.empty(); parent = parent_of(parent)) {
      if (seen.contents.files.contains(std::string(parent))) break;
      out.emplace(parent);
    }
  }
  return out;
}

/// Why it matters that the folder is there; empty where it was nobody's to write to.
std::string use_of(const Surface::Seen& seen, const std::string& path, const File& folder, const Rights& rights) {
  const oci::Config& config = seen.contents.config;
  if (config.working_dir == slashed(path)) return "it begins there";
  if (std::ranges::find(config.volumes, slashed(path)) != config.volumes.end()) return "it is a volume";
  if (rights.who() && rights.who()->uid != 0 && rights.may(folder.entry, Rights::write)) return "its user could write to it";
  if (folder.entry.uid != 0) return fmt::format("user {} had it", folder.entry.uid);
  return (folder.entry.mode & 0002) != 0 ? "anybody could write to it" : "";
}

std::string owner_and_mode(const TarEntry& entry) { return fmt::format("{}:{}, {:04o}", entry.uid, entry.gid, entry.mode); }

/// Rights that the image's user had and has not, in words.
std::string lost(const Rights& was, const Rights& is, const TarEntry& before, const TarEntry& after) {
  std::vector<std::string> out;
  for (const auto& [right, word] : {std::pair{Rights::read, "read"}, {Rights::write, "write"}, {Rights::execute, before.type == FileType::Directory ? "enter" : "start"}}) {
    if (was.may(before, right) && !is.may(after, right)) out.emplace_back(word);
  }
  return join(out, " and ");
}

/// Paths that `after` has and `before` has not, by what a comparison needs.
struct Fresh {
  explicit Fresh(const Changes& changes) {
    for (const auto& [path, file] : changes.after.contents.files) {
      if (changes.before.contents.files.contains(path)) continue;
      shapes.insert(without_versions(path));
      if (file.content && file.entry.size != 0) by_content.try_emplace(*file.content, path);
    }
  }
  std::set<std::string> shapes;
  std::map<Digest, std::string> by_content;
};

void tell_gone(Changes& changes, const std::string& path, const File& file, const Fresh& fresh) {
  const std::string_view owner = changes.before.owner(path);
  std::vector<std::string> evidence;
  if (!owner.empty()) evidence.push_back(fmt::format("it was of {}", owner));
  const auto there = file.content && !is_link(file) ? fresh.by_content.find(*file.content) : fresh.by_content.end();
  const bool configuration = below(path, "etc");
  if (there != fresh.by_content.end()) changes.add(Weight::Breaking, "file-moved", slashed(path), fmt::format("'{}' is '{}' now", slashed(path), slashed(there->second)), std::move(evidence));
  else if (configuration) changes.add(Weight::Breaking, "configuration-gone", slashed(path), fmt::format("'{}' is gone", slashed(path)), std::move(evidence));
  else changes.add(Weight::Breaking, "file-gone", slashed(path), fmt::format("'{}' is gone", slashed(path)), std::move(evidence));
}

void compare_folders(Changes& changes) {
  const auto was = missing_parents(changes.before);
  for (const std::string& path : missing_parents(changes.after)) {
    if (!was.contains(path)) changes.add(Weight::Breaking, "parent-directory-lost", slashed(path), fmt::format("'{}' is no entry of its own any more, though files lie in it: some runtimes refuse such an image", slashed(path)));
  }
  const Rights rights = changes.before.rights();
  for (const auto& [path, folder] : changes.before.contents.files) {
    if (!is_folder(folder) || changes.told.contains(path) || changes.after.contents.files.contains(path) || changes.after.root.is_folder(path) || is_bookkeeping(path)) continue;
    const auto inside = changes.after.contents.files.lower_bound(path + "/");
    if (inside != changes.after.contents.files.end() && inside->first.starts_with(path + "/")) continue;  // a lost parent
    if (const std::string use = use_of(changes.before, path, folder, rights); !use.empty()) changes.add(Weight::Breaking, "folder-gone", slashed(path), fmt::format("the folder '{}' is gone; {}", slashed(path), use));
  }
}

void compare_configuration(Changes& changes) {
  for (const auto& [path, file] : changes.before.contents.files) {
    if (!below(path, "etc") || is_bookkeeping(path) || is_folder(file)) continue;
    const auto now = changes.after.contents.files.find(path);
    if (now == changes.after.contents.files.end()) continue;
    if (file.content != now->second.content || file.entry.link != now->second.entry.link) changes.add(Weight::Notable, "configuration-changed", slashed(path), fmt::format("'{}' says something else", slashed(path)));
  }
}

}  // namespace

void compare_rights(Changes& changes) {
  const Rights was = changes.before.rights(), is = changes.after.rights();
  std::vector<std::string> quiet;
  for (const auto& [path, file] : changes.before.contents.files) {
    const auto now = changes.after.contents.files.find(path);
    if (now == changes.after.contents.files.end() || is_link(file) || is_link(now->second)) continue;
    const TarEntry &before = file.entry, &after = now->second.entry;
    if (is_folder(file) != is_folder(now->second)) {
      changes.add(Weight::Breaking, "kind-changed", slashed(path), fmt::format("'{}' is {} now", slashed(path), is_folder(file) ? "no folder any more" : "a folder"));
      continue;
    }
    const bool owner = before.uid != after.uid || before.gid != after.gid;
    if (!owner && before.mode == after.mode) continue;
    const std::string id = owner ? "owner-changed" : "mode-changed", what = fmt::format("'{}' is {}, not {}", slashed(path), owner_and_mode(after), owner_and_mode(before));
    const std::string lacks = lost(was, is, before, after);
    const bool others = owner && before.uid != 0 && before.uid != after.uid;
    if (!lacks.empty()) changes.add(Weight::Breaking, id, slashed(path), what, {fmt::format("the image's user could {} it, and cannot", lacks)});
    else if (others) changes.add(Weight::Breaking, id, slashed(path), what, {fmt::format("user {} had it, and has not", before.uid)});
    else if (owner || ((before.mode ^ after.mode) & 07022) != 0) changes.add(Weight::Notable, id, slashed(path), what);  // set-id and sticky bits, and who may write
    else quiet.push_back(what);
  }
  if (!quiet.empty()) changes.add(Weight::Neutral, "mode-changed", "/", fmt::format("{} other modes differ, and take nothing from the image's user", quiet.size()), first_of(quiet));
}

void compare_files(Changes& changes) {
  compare_folders(changes);
  compare_configuration(changes);
  const Fresh fresh(changes);
  std::vector<std::string> documents, renamed;
  for (const auto& [path, file] : changes.before.contents.files) {
    if (is_folder(file) || changes.told.contains(path) || is_bookkeeping(path) || changes.after.contents.files.contains(path) || changes.after.root.file(path) != nullptr) continue;
    if (is_documentation(path)) documents.push_back(slashed(path));
    else if (fresh.shapes.contains(without_versions(path))) renamed.push_back(slashed(path));
    else if (is_link(file) && changes.before.root.file(path) == nullptr && !changes.before.root.is_folder(path)) continue;  // it led nowhere
    else tell_gone(changes, path, file, fresh);
  }
  if (!documents.empty()) changes.add(Weight::Neutral, "documentation-gone", "/usr/share", fmt::format("{} files of documentation are gone", documents.size()), first_of(documents));
  if (!renamed.empty()) changes.add(Weight::Neutral, "file-renamed", "/", fmt::format("{} files have another version in their names", renamed.size()), first_of(renamed));
}

}  // namespace ashlar::prove
