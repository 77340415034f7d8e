#pragma once
// The image's files while it is put together: packages first, then what effects and the definition lay over them.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "build/effects.h"
#include "build/frame.h"

namespace ashlar::build {

/// A package of the image, unpacked.
struct Part {
  const plan::LockedPackage* package = nullptr;
  Frame frame;
};

class Tree final : public TreeView {
 public:
  struct Node : TreeNode {
    int part = -1;          ///< place in the parts; -1: made here
    size_t index = 0;       ///< place among the frame's entries
    bool script = false;
    Bytes content;          ///< of regular files made here
  };

  /// `parts` and `store` are borrowed. Conflict when two packages ship one path and neither replaces the other.
  static Result<Tree> merge(const std::vector<Part>& parts, const FrameStore& store, const plan::Encoder& encoder);

  const TreeNode* find(std::string_view path) const override;
  Result<Bytes> content(const TreeNode& node) const override;
  void each(std::string_view below, const std::function<void(const TreeNode&)>& visit) const override;

  const std::map<std::string, Node, std::less<>>& nodes() const { return nodes_; }
  const Node* node(std::string_view path) const;
  /// Adds or replaces; parents that lack are made (0755, root, with the time of the newest file).
  Done put(TarEntry entry, Bytes content, std::string owner);
  /// Removes a path and all below it; false when there was none.
  bool remove(std::string_view path);
  /// Changes owner or mode in place.
  Node* edit(std::string_view path);
  /// The newest time of any package's file, in seconds.
  std::int64_t newest() const { return newest_; }
  /// Paths that part `part` ships and the image does not take from it any more.
  std::set<std::string> dropped(size_t part) const;
  std::uint64_t content_size() const;

 private:
  Tree(const std::vector<Part>& parts, const FrameStore& store, const plan::Encoder& encoder) : parts_(parts), store_(store), encoder_(encoder) {}
  Done add(size_t part, size_t index);
  void make_parents(std::string_view path);

  const std::vector<Part>& parts_;
  const FrameStore& store_;
  const plan::Encoder& encoder_;
  std::map<std::string, Node, std::less<>> nodes_;
  std::int64_t newest_ = 0;
};

}  // namespace ashlar::build
