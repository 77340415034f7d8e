#include "build/inner/rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "build/inner/pruning.h"

namespace ashlar::build {
namespace {

constexpr size_t max_file = size_t{1} << 30;

/// A path of the definition as the tree spells it: without slashes at its ends, links on the way followed (/var/run is /run).
std::string inside(const Tree& tree, std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return tree.resolve(merge_usr(path, FileType::Regular));
}

TarEntry entry_of(const plan::PathRule& rule, std::string path, FileType type, std::uint32_t mode, std::int64_t mtime) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = rule.mode.value_or(mode);
  entry.uid = rule.uid;
  entry.gid = rule.gid;
  entry.mtime = mtime;
  return entry;
}

Done put_file(Tree& tree, const plan::PathRule& rule, const std::string& path, std::string_view content) {
  const BytesView bytes = as_bytes(content);
  return tree.put(entry_of(rule, path, FileType::Regular, 0644, tree.newest()), Bytes(bytes.begin(), bytes.end()), "definition");
}

/// Where definitions take files from: nothing outside of its root is ever read, whatever links lie in it.
class Catalog {
 public:
  Catalog(host::Files& these, const host::Path& root) : files(these), root_(root) {}

  /// The file or folder behind `path`. Denied when that lies outside.
  Result<host::Path> find(const host::Path& path) const {
    TRY_ASSIGN(const host::Path root, files.canonical(root_));
    TRY_ASSIGN(host::Path found, files.canonical(path));
    const auto [end, rest] = std::mismatch(root.begin(), root.end(), found.begin(), found.end());
    if (end != root.end()) return cannot(Kind::Denied, fmt::format("read '{}'", path.string()), fmt::format("it leads out of the catalogue '{}'", root_.string()));
    return found;
  }
  Result<host::Path> find_source(const std::string& source) const { return find(root_ / source); }

  host::Files& files;

 private:
  const host::Path& root_;
};

/// A folder of the catalogue with everything in it.
Done put_folder(Tree& tree, const plan::PathRule& rule, const std::string& path, const Catalog& catalog, const host::Path& source, int depth) {
  if (depth > 32) return cannot(Kind::Invalid, fmt::format("copy folder '{}'", source.string()), "it nests deeper than 32");
  TRY(tree.put(entry_of(rule, path, FileType::Directory, 0755, tree.newest()), {}, "definition"));
  TRY_ASSIGN(const auto names, catalog.files.list(source));
  for (const std::string& name : names) {
    TRY_ASSIGN(const host::Path found, catalog.find(source / name));
    TRY_ASSIGN(const auto stat, catalog.files.stat(found));
    if (stat.type == host::NodeType::Directory) {
      TRY(put_folder(tree, rule, path + "/" + name, catalog, found, depth + 1));
    } else {
      TRY_ASSIGN(const std::string content, catalog.files.read(found));
      TRY(put_file(tree, rule, path + "/" + name, content));
    }
  }
  return {};
}

/// Owner and mode of what is there already, below it too when the rule is recursive.
Done change(Tree& tree, const plan::PathRule& rule, const std::string& path) {
  std::vector<TreeNode> nodes;
  if (const TreeNode* node = tree.find(path)) nodes.push_back(*node);
  if (rule.recursive) tree.each(path, [&](const TreeNode& node) { nodes.push_back(node); });
  for (TreeNode& node : nodes) {
    TarEntry entry = node.entry;
    entry.uid = rule.uid;
    entry.gid = rule.gid;
    if (rule.mode && (entry.path == path || entry.type == FileType::Directory)) entry.mode = *rule.mode;
    else if (entry.type != FileType::Directory) entry.mode &= ~06000U;  // as chown(2) does: another owner's rights were not meant
    if (entry.type == FileType::Directory) {
      Tree::Node* const folder = tree.edit(entry.path);
      folder->entry = entry;
      folder->part = -1;
      folder->owner = "definition";
      continue;
    }
    Bytes content;
    if (entry.type == FileType::Regular || entry.type == FileType::HardLink) {
      TRY_ASSIGN(content, tree.content(node));
      entry.type = FileType::Regular;
    }
    TRY(tree.put(std::move(entry), std::move(content), "definition"));
  }
  return {};
}

Done apply(Tree& tree, const plan::PathRule& rule, const Catalog& catalog) {
  const std::string path = inside(tree, rule.path);
  switch (rule.type) {
    case plan::PathType::Delete:
      tree.remove(path);  // nothing there is no fault: documentation and caches are left out of every image
      return {};
    case plan::PathType::EmptyFile: return put_file(tree, rule, path, "");
    case plan::PathType::Symlink: {
      TarEntry entry = entry_of(rule, path, FileType::Symlink, 0777, tree.newest());
      entry.mode = 0777;
      entry.link = rule.source;
      return tree.put(std::move(entry), {}, "definition");
    }
    case plan::PathType::Directory: {
      if (!rule.source.empty() && !rule.source.starts_with('/')) {
        TRY_ASSIGN(const host::Path source, catalog.find_source(rule.source));
        return put_folder(tree, rule, path, catalog, source, 0);
      }
      if (path.empty()) return {};
      const TreeNode* const there = tree.find(path);
      if (there != nullptr && there->entry.type == FileType::Directory) return change(tree, rule, path);
      return tree.put(entry_of(rule, path, FileType::Directory, 0755, tree.newest()), {}, "definition");
    }
    case plan::PathType::File: {
      if (rule.content) return put_file(tree, rule, path, *rule.content);
      if (rule.source.empty()) return tree.find(path) != nullptr ? change(tree, rule, path) : put_file(tree, rule, path, "");
      if (rule.source.starts_with('/')) {
        const TreeNode* const source = tree.find(inside(tree, rule.source));
        if (source == nullptr) return fail(Kind::NotFound, fmt::format("its source '{}' is not in the image", rule.source));
        TRY_ASSIGN(Bytes content, tree.content(*source));
        return tree.put(entry_of(rule, path, FileType::Regular, source->entry.mode, tree.newest()), std::move(content), "definition");
      }
      TRY_ASSIGN(const host::Path source, catalog.find_source(rule.source));
      TRY_ASSIGN(const auto stat, catalog.files.stat(source));
      if (stat.type == host::NodeType::Directory) return put_folder(tree, rule, path, catalog, source, 0);
      TRY_ASSIGN(const std::string content, catalog.files.read(source));
      return put_file(tree, rule, path, content);
    }
  }
  return {};
}

bool for_platform(const std::vector<std::string>& platforms, const std::string& platform) {
  return platforms.empty() || std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
}

}  // namespace

Done add_downloads(Tree& tree, const plan::Definition& definition, const plan::LockedPlatform& locked, const host::Blobs& blobs) {
  for (const plan::LockedFile& file : locked.files) {
    const std::string what = fmt::format("place file '{}'", file.path);
    const auto wanted = std::find_if(definition.files.begin(), definition.files.end(), [&](const plan::Download& each) { return each.path == file.path && each.url == file.url; });
    if (wanted == definition.files.end()) return cannot(Kind::Conflict, what, "the definition has no such file; lock it again");
    TRY_ASSIGN(const Digest digest, Digest::parse_hex(file.sha256));
    auto open = blobs.open(digest);
    if (!open) return cannot(what, std::move(open).error());
    const auto source = host::stream(std::move(*open));
    TRY_ASSIGN(Bytes content, read_all(*source, max_file));
    if (Digest::of(content) != digest) return cannot(Kind::Corrupt, what, "its bytes in the cache have another digest");
    TarEntry entry;
    entry.path = inside(tree, file.path);
    entry.mode = wanted->mode.value_or(0644);
    entry.uid = wanted->uid.value_or(0);
    entry.gid = wanted->gid.value_or(0);
    entry.mtime = tree.newest();
    TRY(tree.put(std::move(entry), std::move(content), "definition"));
  }
  return {};
}

Done apply_paths(Tree& tree, const plan::Definition& definition, const std::string& platform, host::Files& files, const host::Path& root) {
  const Catalog catalog(files, root);
  for (const plan::PathRule& rule : definition.paths) {
    if (!for_platform(rule.platforms, platform)) continue;
    if (auto done = apply(tree, rule, catalog); !done)
      return plan::cannot_at(definition, rule.at, done.error().kind, fmt::format("apply path '{}'", rule.path), done.error().message);
  }
  return {};
}

}  // namespace ashlar::build
