// Reading of root file systems that lie in folders.
#include <algorithm>
#include <atomic>
#include <optional>

#include <fmt/format.h>

#include "base/parallel.h"
#include "host/tree.h"
#include "inventory/inner/content.h"
#include "inventory/inner/paired_hashing.h"
#include "inventory/inner/reading_again.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint64_t small_limit = buffer_size;  ///< smaller files are read whole, others piece by piece
static_assert(small_limit < PairedHashing::whole_limit);

/// A node of a folder, and how reading it went.
struct Node {
  File file;
  std::optional<std::string> text;  ///< of a file that is kept
  Done done;
};

/// Files that are still to be read, for all threads.
class Turns {
 public:
  /// Of the regular files those of at least `from` bytes and less than `to`, in the order of their paths.
  Turns(std::vector<Node>& nodes, std::uint64_t from, std::uint64_t to = UINT64_MAX) : nodes_(nodes) {
    for (size_t member = 0; member < nodes.size(); ++member) {
      const TarEntry& entry = nodes[member].file.entry;
      if (entry.type == FileType::Regular && entry.size >= from && entry.size < to) order_.push_back(member);
    }
  }
  /// From now on the largest come first, so that no thread is left with one at the end.
  void sort() {
    std::ranges::stable_sort(order_, std::greater<>(), [&](size_t member) { return nodes_[member].file.entry.size; });
  }
  size_t size() const { return order_.size(); }
  Node* next() {
    const size_t turn = next_++;
    return turn < order_.size() ? &nodes_[order_[turn]] : nullptr;
  }

 private:
  std::vector<Node>& nodes_;
  std::vector<size_t> order_;
  std::atomic<size_t> next_ = 0;
};

/// What all threads share.
struct Work {
  host::Files& files;
  const host::Path& folder;
  const ReadOptions& options;
  TextRoom& texts;
};

Passing passing_of(Node& node, const Work& work, Onlooker* onlooker) {
  if (keeps_text(work.options, node.file.entry.path)) node.text.emplace();
  return {node.file, onlooker, node.text ? &*node.text : nullptr, work.texts};
}

/// Reads one file after the other; what is read is hashed by whoever has two lanes.
class Lane {
 public:
  Lane(const Work& work, Onlooker* onlooker) : work_(work), onlooker_(onlooker), hasher(wanted_of(work.options)) {}

  /// Whether there are bytes to be hashed: of the present file, else of the next that has some.
  bool fill(Turns& turns) {
    while (bytes.empty()) {
      if (!stream_ && !open(turns)) return false;
      if (!stream_) continue;
      auto count = stream_->read(buffer_);
      Done done = !count ? Done(std::unexpected(std::move(count).error())) : passing_->more(BytesView(buffer_).first(*count));
      if (done && *count != 0) {
        bytes = BytesView(buffer_).first(*count);
        continue;
      }
      stream_.reset();
      FileDigests digests = hasher.finish();
      if (done) {
        put(std::move(digests), node_->file);
        passing_->end();
      } else {
        node_->done = std::move(done);
      }
    }
    return true;
  }

 private:
  /// Begins the next file; false when there is none.
  bool open(Turns& turns) {
    node_ = turns.next();
    if (node_ == nullptr) return false;
    File& file = node_->file;
    auto open = work_.files.open(work_.folder / file.entry.path);
    if (!open) {
      node_->done = std::unexpected(std::move(open).error());
      return true;
    }
    stream_ = host::stream(std::move(*open));
    passing_.emplace(passing_of(*node_, work_, onlooker_));
    return true;
  }

  const Work& work_;
  Onlooker* onlooker_;
  Bytes buffer_ = Bytes(buffer_size);
  Node* node_ = nullptr;
  std::unique_ptr<Source> stream_;
  std::optional<Passing> passing_;

 public:
  FileHasher hasher;
  BytesView bytes;  ///< of the present file, not yet hashed
};

/// Reads and hashes two large files at a time, beside each other.
void read_large_files(Turns& turns, const Work& work, Onlooker* onlooker, Onlooker* other_onlooker) {
  Lane one(work, onlooker), other(work, other_onlooker);
  for (;;) {
    const bool first = one.fill(turns), second = other.fill(turns);
    if (!first && !second) return;
    const size_t count = first && second ? std::min(one.bytes.size(), other.bytes.size()) : std::max(one.bytes.size(), other.bytes.size());
    const auto take = [count](BytesView& from) {
      const BytesView front = from.first(std::min(from.size(), count));
      from = from.subspan(front.size());
      return front;
    };
    const BytesView bytes = take(one.bytes);
    FileHasher::update_both(one.hasher, bytes, other.hasher, take(other.bytes));
  }
}

/// Reads a file that was small when it was found; where it is another by now, as it is then.
Done read_small(Node& node, size_t member, const Work& work, Onlooker* onlooker, host::TreeReader& reader, PairedHashing& hashing) {
  const TarEntry& entry = node.file.entry;
  const std::span<std::uint8_t> room = hashing.room(buffer_size + 1);  // a byte more than the largest has: its end is seen with the same call
  if (reader.read(entry.path, entry.size, room)) {
    Passing passing = passing_of(node, work, onlooker);
    TRY(passing.more(room.first(entry.size)));
    passing.end();
    hashing.whole(member, entry.size);
    return {};
  }
  TRY_ASSIGN(auto file, work.files.open(work.folder / entry.path));
  const auto content = host::stream(std::move(file));
  Passing passing = passing_of(node, work, onlooker);
  FileHasher alone(wanted_of(work.options));
  for (;;) {
    TRY_ASSIGN(const size_t count, content->read(room));
    if (count == 0) break;
    TRY(passing.more(room.first(count)));
    alone.update(room.first(count));
  }
  passing.end();
  put(alone.finish(), node.file);
  return {};
}

void read_small_files(Turns& turns, std::vector<Node>& nodes, const Work& work, Onlooker* onlooker) {
  host::TreeReader reader(work.files, work.folder);
  PairedHashing::Rooms rooms;
  PairedHashing hashing(wanted_of(work.options), rooms, [&](size_t member, FileDigests digests) { put(std::move(digests), nodes[member].file); });
  while (Node* const node = turns.next()) node->done = read_small(*node, static_cast<size_t>(node - nodes.data()), work, onlooker, reader, hashing);
  hashing.finish();
}

}  // namespace

Result<Contents> read_folder(host::Files& files, const host::Path& folder, const ReadOptions& options) {
  const std::string what = fmt::format("read root file system '{}'", folder.string());
  auto entries = host::list_tree(folder, threads_for(SIZE_MAX, options.threads));
  if (!entries) return cannot(what, std::move(entries).error());
  std::vector<Node> nodes;
  for (size_t member = 0; member < entries->size(); ++member) nodes.push_back({File{.entry = std::move((*entries)[member]), .content = {}, .layer = 0, .bytes = {0, member}}, {}, {}});
  TextRoom texts;
  const Work work{files, folder, options, texts};
  Turns large(nodes, small_limit), small(nodes, 0, small_limit);
  large.sort();
  const size_t threads = threads_for(large.size() + small.size(), options.threads);
  std::vector<Onlooker*> onlookers;
  for (size_t each = 0; each < 2 * threads; ++each) onlookers.push_back(options.onlooker ? options.onlooker(0) : nullptr);
  in_parallel(threads, threads, [&](size_t index, size_t) {
    read_large_files(large, work, onlookers[2 * index], onlookers[2 * index + 1]);
    read_small_files(small, nodes, work, onlookers[2 * index]);
  });
  Contents contents;
  Renamed renamed;
  for (Node& node : nodes) {
    if (!node.done) return cannot(what, std::move(node.done).error());
    const std::string path = node.file.entry.path;
    if (node.file.entry.type == FileType::HardLink) {
      share(contents.files.at(node.file.entry.link), node.file);  // the list names it before
      renamed.add(path, node.file.bytes, node.file.entry.link);
    }
    if (node.text) contents.texts.emplace(path, std::move(*node.text));
    contents.files.emplace_hint(contents.files.end(), path, std::move(node.file));  // they come by path
  }
  for (auto& [layer, wanted] : renamed.wanted(contents, options, [&](size_t) { return onlookers.empty() ? nullptr : onlookers.front(); })) {
    for (auto& [member, again] : wanted) {
      auto file = files.open(folder / again.read_as);
      if (!file) return cannot(what, std::move(file).error());
      const auto content = host::stream(std::move(*file));
      if (Done done = show_again(*content, contents.files.at(again.read_as).entry, {layer, member}, again, contents, texts); !done) return cannot(what, std::move(done).error());
    }
  }
  TRY(take_packages(contents, options));
  return contents;
}

}  // namespace ashlar::inventory
