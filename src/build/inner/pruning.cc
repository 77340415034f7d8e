#include "build/inner/pruning.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ashlar::build {
namespace {

constexpr std::array<std::string_view, 13> pruned_folders = {
    "usr/share/man/", "var/cache/", "usr/share/info/", "usr/share/lintian/", "usr/share/linda/", "usr/share/locale/", "usr/share/doc-base/", "usr/share/bug/",
    "usr/share/groff/", "usr/share/help/", "usr/share/gtk-doc/", "usr/share/omf/", "usr/share/reportbug/"};
constexpr std::array<std::string_view, 8> merged = {"bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32", "libn32"};

constexpr std::array<std::string_view, 22> beside_runtime = {
    "etc/init.d/**", "etc/rc*.d/**", "usr/lib/systemd/system/**", "usr/lib/systemd/user/**",                             // init systems
    "etc/cron.*/**", "etc/logrotate.d/**", "etc/ufw/**", "etc/apport/**", "usr/share/apport/**",                          // housekeeping
    "etc/bash_completion.d/**", "usr/share/bash-completion/**", "usr/share/fish/**", "usr/share/zsh/**", "usr/share/menu/**", "etc/update-motd.d/**",
    "usr/share/base-files/**", "usr/share/vim/**", "usr/share/emacs/**", "usr/share/nano/**",                              // logins and editors
    "usr/share/gdb/**", "usr/share/gcc/**", "usr/lib/debug/**"};                                                          // debuggers

bool any_matches(const std::vector<std::string>& globs, std::string_view path) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return matches_glob(glob, path); });
}

}  // namespace

bool is_pruned(std::string_view path) {
  constexpr std::string_view doc = "usr/share/doc/";
  if (path.starts_with(doc)) {  // what lies there directly is a folder, or a link to another package's: where its licence is found
    const size_t slash = path.find('/', doc.size());
    return slash != std::string_view::npos && path.substr(slash) != "/copyright";
  }
  if (path.ends_with(".pyc") || path.find("/__pycache__/") != std::string_view::npos) return true;
  return std::any_of(pruned_folders.begin(), pruned_folders.end(), [&](std::string_view folder) { return path.starts_with(folder); });
}

std::span<const std::string_view> runtime_leaves_out() { return beside_runtime; }

Keep keep_of(const plan::Definition& definition, const std::string& package) {
  Keep keep;
  for (const plan::Slice& slice : definition.slices) {
    if (slice.package != package) continue;
    const auto add = [](const std::vector<std::string>& from, std::vector<std::string>& to) {
      for (const std::string& glob : from) to.push_back(glob.starts_with('/') ? glob.substr(1) : glob);
    };
    add(slice.include, keep.include);
    add(slice.exclude, keep.exclude);
  }
  if (definition.variant == plan::Variant::Runtime && keep.include.empty()) keep.exclude.insert(keep.exclude.end(), runtime_leaves_out().begin(), runtime_leaves_out().end());
  return keep;
}

std::string merge_usr(std::string_view path, FileType type) {
  const size_t slash = path.find('/');
  const std::string_view first = path.substr(0, slash);
  if (std::find(merged.begin(), merged.end(), first) == merged.end()) return std::string(path);
  if (slash == std::string_view::npos && type == FileType::Symlink) return std::string(path);  // the link itself, of base-files
  return "usr/" + std::string(path);
}

bool keeps_folder(std::string_view path, const Keep& keep) {
  const std::string inside = std::string(path) + "/x";
  if (path.starts_with("usr/share/doc/")) return path.find('/', std::string_view("usr/share/doc/").size()) == std::string_view::npos;
  const bool pruned = is_pruned(inside) && !path.starts_with("var/cache");  // daemons look for their folder there, if without files
  const std::string folder = std::string(path) + "/";
  const auto also = keep.also.lower_bound(folder);
  const bool included = keep.include.empty() || any_matches(keep.include, inside) || (also != keep.also.end() && also->starts_with(folder));
  return !pruned && included && !any_matches(keep.exclude, inside);
}

bool Keep::leaves(std::string_view path) const { return is_pruned(path) || drop.contains(std::string(path)) || any_matches(exclude, path); }

bool Keep::takes(std::string_view path) const {
  return !leaves(path) && (include.empty() || any_matches(include, path) || path.starts_with("usr/share/doc/") || also.contains(std::string(path)));
}

}  // namespace ashlar::build
