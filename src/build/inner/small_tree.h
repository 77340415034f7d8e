#pragma once
// For this room's tests: an image's files, written down by hand, and a maintainer script followed over them.
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "build/inner/script.h"

namespace ashlar::build::trial {

/// `etc/x` = a file with that content; `bin -> usr/bin` a symlink; `usr/` a folder; `usr/bin/x!` a program.
class SmallTree final : public TreeView {
 public:
  using Files = std::vector<std::pair<std::string, std::string>>;
  explicit SmallTree(const Files& files) {
    for (const auto& [name, content] : files) {
      TarEntry entry{.path = name, .type = FileType::Regular, .mode = 0644, .mtime = 1700000000};
      if (const size_t arrow = name.find(" -> "); arrow != std::string::npos) entry = {.path = name.substr(0, arrow), .type = FileType::Symlink, .mode = 0777, .link = name.substr(arrow + 4)};
      else if (name.ends_with('/')) entry = {.path = name.substr(0, name.size() - 1), .type = FileType::Directory, .mode = 0755};
      else if (name.ends_with('!')) entry = {.path = name.substr(0, name.size() - 1), .type = FileType::Regular, .mode = 0755};
      for (size_t slash = entry.path.find('/'); slash != std::string::npos; slash = entry.path.find('/', slash + 1)) {
        const std::string parent = entry.path.substr(0, slash);
        nodes_.try_emplace(parent, TreeNode{.entry = {.path = parent, .type = FileType::Directory, .mode = 0755}, .owner = "parent", .soname = {}});
      }
      entry.size = content.size();
      contents_[entry.path] = Bytes(content.begin(), content.end());
      nodes_.insert_or_assign(entry.path, TreeNode{.entry = entry, .owner = "package:other", .soname = {}});
    }
  }
  const TreeNode* find(std::string_view path) const override {
    const auto found = nodes_.find(std::string(path));
    return found == nodes_.end() ? nullptr : &found->second;
  }
  Result<Bytes> content(const TreeNode& node, std::uint64_t) const override { return contents_.at(node.entry.path); }
  void each(std::string_view below, const std::function<void(const TreeNode&)>& visit) const override {
    const std::string prefix = below.empty() ? "" : std::string(below) + "/";
    for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix); ++at) visit(at->second);
  }

 private:
  std::map<std::string, TreeNode> nodes_;
  std::map<std::string, Bytes> contents_;
};

/// What a script did, one thing a line: `etc/x 644 0:0 "content"`, `etc/ 755 0:0`, `bin/sh -> dash`, `gone etc/y`; or `error: ...`.
struct Followed { std::string told; std::optional<ScriptState> state; };

inline std::string tell(const World& world) {
  const auto changes = world.changes();
  if (!changes) return "error: " + changes.error().message;
  std::string told;
  for (const Change& change : *changes) {
    const TarEntry& entry = change.entry;
    char mode[16];
    std::snprintf(mode, sizeof mode, "%o", entry.mode);
    const std::string owner = " " + std::string(mode) + " " + std::to_string(entry.uid) + ":" + std::to_string(entry.gid);
    if (change.remove) told += "gone " + entry.path;
    else if (entry.type == FileType::Symlink) told += entry.path + " -> " + entry.link;
    else if (entry.type == FileType::Directory) told += entry.path + "/" + owner;
    else told += entry.path + owner + " \"" + std::string(as_text(change.content)) + "\"";
    told += "\n";
  }
  return told;
}

inline Followed follow(const SmallTree& tree, std::string_view text, bool full = true, std::string script = "postinst", std::string templates = {}) {
  plan::Definition definition;
  definition.variant = full ? plan::Variant::Dev : plan::Variant::Runtime;
  World world(tree, 1700000000);
  auto book = AccountBook::open(definition, world);
  if (!book) return {"error: " + book.error().message, {}};
  ScriptState state{.world = std::move(world), .accounts = std::move(*book), .alternatives = {}, .full = full};
  const ScriptOrigin origin{"stone", "1.0", "amd64", script, std::move(templates)};
  Script followed(state, origin);
  const Done done = followed.run(text, script == "preinst" ? std::vector<std::string>{"install"} : std::vector<std::string>{"configure", ""});
  if (!done) return {"error: " + done.error().message, {}};
  return {tell(state.world), std::move(state)};
}

}  // namespace ashlar::build::trial
