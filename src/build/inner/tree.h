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
  Keep keep;  ///< that the frame was taken with
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
  Result<Bytes> content(const TreeNode& node, std::uint64_t limit = small) const override;
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
  /// What part `part` must do otherwise than its frame does, added to `keep`: leave out what the image does not take from it, and put content that a
  /// path left out shared with hard links in the place of the first of them. False when the frame fits as it is.
  bool adjust(size_t part, Keep& keep) const;
  /// `path` with every symlink on the way to its last part followed, as the image has them, and with `last` that, too; as it is where they loop.
  std::string resolve(std::string_view path, bool last = false) const;
  /// Paths of a part that lie below another package's symlink, to where the link leads: `Keep::moves` of the frame to take in its place.
  std::map<std::string, std::string> moves(size_t part) const;
  std::uint64_t content_size() const;
  bool has_package(std::string_view name) const;

 private:
  Tree(const std::vector<Part>& parts, const FrameStore& store, const plan::Encoder& encoder) : parts_(parts), store_(store), encoder_(encoder) {}
  Done add(size_t part, size_t index);
  void make_parents(std::string_view path);
  void add_merged_links();  ///< /bin and its like, in suites whose base-files ships none

  const std::vector<Part>& parts_;
  const FrameStore& store_;
  const plan::Encoder& encoder_;
  std::map<std::string, Node, std::less<>> nodes_;
  std::int64_t newest_ = 0;
};

}  // namespace ashlar::build
