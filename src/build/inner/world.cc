#include "build/inner/world.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/links.h"
#include "base/text.h"

namespace ashlar::build {
namespace {

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}
std::string name_of(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}
std::unexpected<Error> no(std::string_view verb, std::string_view path, std::string_view cause) {
  return cannot(Kind::Invalid, fmt::format("{} '{}'", verb, path), cause);
}
constexpr size_t longest = 4095;  // a path, as Linux takes it (PATH_MAX, without its NUL)
std::unexpected<Error> too_long(std::string_view verb, std::string_view path) {
  return no(verb, std::string(path.substr(0, 60)) + "...", fmt::format("the path is longer than {} bytes", longest));
}

}  // namespace

const TarEntry* World::entry(const std::string& path) const {
  if (const auto over = over_.find(path); over != over_.end()) return over->second.removed ? nullptr : &over->second.node.entry;
  const TreeNode* node = tree_->find(path);
  return node == nullptr ? nullptr : &node->entry;
}

std::optional<std::string> World::resolve(std::string_view path, bool follow) const {
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  return follow_links(path, follow, [&](const std::string& at) -> std::optional<std::string> {
    const TarEntry* here = entry(at);
    return here != nullptr && here->type == FileType::Symlink ? std::optional(here->link) : std::nullopt;
  });
}

std::optional<World::Node> World::find(std::string_view path, bool follow) const {
  const auto at = resolve(path, follow);
  if (!at) return std::nullopt;
  if (at->empty()) return Node{TarEntry{.path = "", .type = FileType::Directory, .mode = 0755}, nullptr};
  if (const auto over = over_.find(*at); over != over_.end()) return over->second.removed ? std::nullopt : std::optional(over->second.node);
  const TreeNode* node = tree_->find(*at);
  if (node == nullptr) return std::nullopt;
  return Node{node->entry, nullptr};
}

Result<Bytes> World::read(std::string_view path, std::uint64_t limit) const {
  const auto at = resolve(path, true);
  if (at) {
    if (const auto over = over_.find(*at); over != over_.end() && !over->second.removed && over->second.node.content) return *over->second.node.content;
    const TreeNode* node = entry(*at) == nullptr ? nullptr : tree_->find(*at);
    if (node != nullptr && (node->entry.type == FileType::Regular || node->entry.type == FileType::HardLink)) return tree_->content(*node, limit);
  }
  return cannot(Kind::NotFound, fmt::format("read '{}'", path), "the image has no such file");
}

std::set<std::string> World::paths() const {
  std::set<std::string> paths;
  tree_->each("", [&](const TreeNode& node) { paths.insert(paths.end(), node.entry.path); });
  for (const auto& [path, over] : over_) {
    if (over.removed) paths.erase(path);
    else paths.insert(path);
  }
  return paths;
}

std::set<std::string> World::list(std::string_view path) const {
  std::set<std::string> names;
  const auto at = resolve(path, true);
  if (!at) return names;
  const std::string prefix = at->empty() ? "" : *at + "/";
  tree_->each(*at, [&](const TreeNode& node) {
    std::string_view below = node.entry.path;
    if (!below.starts_with(prefix)) return;
    below.remove_prefix(prefix.size());
    if (!below.empty() && below.find('/') == std::string_view::npos) names.emplace(below);
  });
  for (const auto& [name, over] : over_) {
    if (!name.starts_with(prefix)) continue;
    const std::string below = name.substr(prefix.size());
    if (below.empty() || below.find('/') != std::string::npos) continue;
    if (over.removed) names.erase(below);
    else names.insert(below);
  }
  return names;
}

World::Over& World::touch(const std::string& path) {
  auto [found, fresh] = over_.try_emplace(path);
  Over& over = found->second;
  if (fresh) {
    if (const TreeNode* node = tree_->find(path)) over.node.entry = node->entry;
    over.node.entry.path = path;
  }
  over.effect = effect;
  return over;
}

Done World::afford(std::string_view verb, std::string_view path, std::uint64_t bytes) {
  constexpr std::uint64_t each = 256;  // of a node, about
  if (!counted) return {};
  if (bytes + each > most_bytes - made_) return no(verb, path, fmt::format("scripts make more than {} MiB of files", most_bytes >> 20));
  made_ += bytes + each;
  return {};
}

Result<std::string> World::place(std::string_view path) {
  std::string_view bare = path;
  while (bare.size() > 1 && bare.ends_with('/')) bare.remove_suffix(1);
  if (bare.size() > longest) return too_long("make", path);
  auto at = resolve(bare, false);
  if (!at || at->empty()) return no("make", path, "the path leads nowhere");
  if (at->find('\n') != std::string::npos) return no("make", path, "its name has more than one line");  // as no package may have
  const std::string parent = parent_of(*at);
  if (!parent.empty()) {
    const TarEntry* above = entry(parent);
    if (above == nullptr || above->type != FileType::Directory) return no("make", path, "its directory does not exist");
  }
  return *at;
}

Done World::make_directory(std::string_view path, std::uint32_t mode, bool parents) {
  if (path.size() > longest) return too_long("make directory", path);
  if (const auto there = find(path, true)) {
    if (parents && there->entry.type == FileType::Directory) return {};
    return no("make directory", path, "it exists");
  }
  const size_t end = path.find_last_not_of('/');
  for (size_t slash = path.find('/', 1); parents && slash < end && end != std::string_view::npos; slash = path.find('/', slash + 1))
    if (!find(path.substr(0, slash), true)) TRY(make_directory(path.substr(0, slash), 0755, false));
  TRY_ASSIGN(const std::string at, place(path));
  TRY(afford("make directory", path, at.size()));
  Over& over = touch(at);
  over.removed = false;
  over.node = {TarEntry{.path = at, .type = FileType::Directory, .mode = mode, .mtime = mtime_}, nullptr};
  return {};
}

Done World::write(std::string_view path, Bytes content, std::uint32_t mode) {
  const auto real = resolve(path, true);
  if (!real) return no("write", path, "the path leads nowhere");
  TRY_ASSIGN(const std::string at, place(*real));
  const TarEntry* old = entry(at);
  if (old != nullptr && old->type == FileType::Directory) return no("write", path, "it is a directory");
  TRY(afford("write", path, at.size() + content.size()));
  TarEntry made{.path = at, .mode = mode, .mtime = mtime_, .size = content.size()};
  if (old != nullptr) { made.mode = old->mode; made.uid = old->uid; made.gid = old->gid; }
  Over& over = touch(at);
  over.removed = false;
  over.node = {std::move(made), std::make_shared<const Bytes>(std::move(content))};
  return {};
}

Done World::symlink(std::string_view target, std::string_view path, bool replace) {
  std::string where(path);
  if (const auto there = find(path, true); there && there->entry.type == FileType::Directory) where += "/" + name_of(target);
  TRY_ASSIGN(const std::string at, place(where));
  if (const TarEntry* old = entry(at); old != nullptr && (!replace || old->type == FileType::Directory)) return no("link", path, "it exists");
  if (target.empty()) return no("link", path, "its target is empty");
  if (target.size() > longest || target.find('\0') != std::string_view::npos) return no("link", path, "its target is no path");
  TRY(afford("link", path, at.size() + target.size()));
  Over& over = touch(at);
  over.removed = false;
  over.node = {TarEntry{.path = at, .type = FileType::Symlink, .mode = 0777, .mtime = mtime_, .link = std::string(target)}, nullptr};
  return {};
}

Done World::copy(std::string_view from, std::string_view to, bool follow, bool keep) {
  const auto source = find(from, follow);
  if (!source) return no("copy", from, "it does not exist");
  std::string where(to);
  if (const auto there = find(to, true); there && there->entry.type == FileType::Directory) where += "/" + name_of(from);
  if (source->entry.type == FileType::Symlink) return symlink(source->entry.link, where, true);
  if (source->entry.type == FileType::Directory) return no("copy", from, "it is a directory");
  TRY_ASSIGN(Bytes content, read(from));
  TRY(write(where, std::move(content), source->entry.mode & 0777));
  if (!keep) return {};
  const auto at = resolve(where, true);
  Over& over = touch(*at);
  over.node.entry.mode = source->entry.mode;
  over.node.entry.uid = source->entry.uid;
  over.node.entry.gid = source->entry.gid;
  over.node.entry.mtime = source->entry.mtime;
  return {};
}

Done World::move(std::string_view from, std::string_view to) {
  TRY(copy(from, to, false, true));
  return remove(from, false);
}

Done World::remove(std::string_view path, bool recursive) {
  const auto at = resolve(path, false);
  if (!at || at->empty()) return no("remove", path, "the path leads nowhere");
  const TarEntry* here = entry(*at);
  if (here == nullptr) return {};
  if (here->type == FileType::Directory) {
    for (const std::string& name : list(*at)) {
      if (!recursive) return no("remove", path, "it is not empty");
      TRY(remove(*at + "/" + name, true));
    }
  }
  Over& over = touch(*at);
  over.removed = true;
  over.node.content.reset();
  return {};
}

Done World::set_mode(std::string_view path, std::uint32_t mode) {
  const auto at = resolve(path, true);
  if (!at || at->empty() || entry(*at) == nullptr) return no("change mode of", path, "it does not exist");
  touch(*at).node.entry.mode = mode & 07777;
  return {};
}

Done World::set_owner(std::string_view path, std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid, bool follow) {
  const auto at = resolve(path, follow);
  if (!at || at->empty() || entry(*at) == nullptr) return no("change owner of", path, "it does not exist");
  Over& over = touch(*at);
  if (uid) over.node.entry.uid = *uid;
  if (gid) over.node.entry.gid = *gid;
  return {};
}

Result<std::vector<Change>> World::changes() const {
  std::vector<Change> result;
  for (auto at = over_.rbegin(); at != over_.rend(); ++at)
    if (at->second.removed && tree_->find(at->first) != nullptr)
      result.push_back({.entry = TarEntry{.path = at->first}, .content = {}, .remove = true, .effect = at->second.effect});
  for (const auto& [path, over] : over_) {
    if (over.removed) continue;
    Change change{.entry = over.node.entry, .content = {}, .remove = false, .effect = over.effect};
    if (change.entry.type == FileType::HardLink) change.entry.type = FileType::Regular;
    if (change.entry.type == FileType::Regular) {
      TRY_ASSIGN(change.content, read(path));
      change.entry.size = change.content.size();
      change.entry.link.clear();
    }
    result.push_back(std::move(change));
  }
  return result;
}

}  // namespace ashlar::build
