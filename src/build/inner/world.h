#pragma once
// The image's files with effects laid over them.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "build/effects.h"

namespace ashlar::build {

/// Paths are absolute or relative to the root, as scripts write them; `..` is followed by name. Directories on the way are followed through
/// symlinks, so that `/bin/x` is `usr/bin/x` on a merged /usr.
class World {
 public:
  World(const TreeView& tree, std::int64_t mtime) : tree_(&tree), mtime_(mtime) {}  // tree: borrowed

  struct Node { TarEntry entry; std::shared_ptr<const Bytes> content; };  ///< content: of files that effects made; shared by the copies of a world
  /// What is at `path`; with `follow`, behind symlinks. Nothing for a path that is not there or loops.
  std::optional<Node> find(std::string_view path, bool follow) const;
  /// The path with every symlink on the way resolved, also the last when `follow`; whether something is there or not.
  std::optional<std::string> resolve(std::string_view path, bool follow) const;
  Result<Bytes> read(std::string_view path, std::uint64_t limit = TreeView::small) const;
  /// Every path there is, in order.
  std::set<std::string> paths() const;
  /// Names directly in a directory, sorted.
  std::set<std::string> list(std::string_view path) const;

  /// What scripts make of files, folders and links: bytes of content, paths, and some for each. More is refused.
  static constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;
  bool counted = true;            ///< whether what is made now counts: what was recorded does not
  std::uint32_t umask = 022;      ///< of the script being followed
  std::string effect = "script";  ///< named in the changes made from now on
  Done make_directory(std::string_view path, std::uint32_t mode, bool parents);
  Done write(std::string_view path, Bytes content, std::uint32_t mode);
  Done symlink(std::string_view target, std::string_view path, bool replace);
  Done copy(std::string_view from, std::string_view to, bool follow, bool keep);
  Done move(std::string_view from, std::string_view to);
  Done remove(std::string_view path, bool recursive);
  Done set_mode(std::string_view path, std::uint32_t mode);
  Done set_owner(std::string_view path, std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid, bool follow);

  void set_time(std::string_view path, std::int64_t mtime) { if (const auto at = resolve(path, true)) touch(*at).node.entry.mtime = mtime; }

  /// What differs from the tree: removals first, deepest first, then the rest in the order of paths.
  Result<std::vector<Change>> changes() const;
  const TreeView& tree() const { return *tree_; }

 private:
  struct Over { bool removed = false; Node node; std::string effect; };
  const TarEntry* entry(const std::string& path) const;
  Over& touch(const std::string& path);
  /// Room for `bytes` more, of what may be made.
  Done afford(std::string_view verb, std::string_view path, std::uint64_t bytes);
  Result<std::string> place(std::string_view path);  ///< resolved for making; its parent must be a directory

  const TreeView* tree_;
  std::int64_t mtime_;
  std::map<std::string, Over> over_;
  std::uint64_t made_ = 0;  // of `most_bytes`, at the most that there was
};

}  // namespace ashlar::build
