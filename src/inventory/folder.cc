// Reading of root file systems that lie in folders.
#include <algorithm>
#include <atomic>
#include <optional>

#include <fmt/format.h>

#include "base/parallel.h"
#include "host/tree.h"
#include "inventory/inner/content.h"
#include "inventory/inner/reading_again.h"

namespace ashlar::inventory {
namespace {

/// A node of a folder, and how reading it went.
struct Node {
  File file;
  std::optional<std::string> text;  ///< of a file that is kept
  Done done;
};

/// The files that are still to be read, for all threads: those that are largest first, so that no thread is left with one at the end.
class Turns {
 public:
  explicit Turns(std::vector<Node>& nodes) : nodes_(nodes) {
    for (size_t member = 0; member < nodes.size(); ++member) {
      if (nodes[member].file.entry.type == FileType::Regular) order_.push_back(member);
    }
    std::ranges::stable_sort(order_, std::greater<>(), [&](size_t member) { return nodes[member].file.entry.size; });
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

/// Reads one file after the other; what is read is hashed by whoever has two lanes.
class Lane {
 public:
  Lane(host::Files& files, const host::Path& folder, const ReadOptions& options, Onlooker* onlooker, TextRoom& texts) : files_(files), folder_(folder), options_(options), onlooker_(onlooker), texts_(texts), hasher(wanted_of(options)) {}

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
    auto open = files_.open(folder_ / file.entry.path);
    if (!open) {
      node_->done = std::unexpected(std::move(open).error());
      return true;
    }
    stream_ = host::stream(std::move(*open));
    if (keeps_text(options_, file.entry.path)) node_->text.emplace();
    passing_.emplace(file, onlooker_, node_->text ? &*node_->text : nullptr, texts_);
    return true;
  }

  host::Files& files_;
  const host::Path& folder_;
  const ReadOptions& options_;
  Onlooker* onlooker_;
  TextRoom& texts_;
  Bytes buffer_ = Bytes(buffer_size);
  Node* node_ = nullptr;
  std::unique_ptr<Source> stream_;
  std::optional<Passing> passing_;

 public:
  FileHasher hasher;
  BytesView bytes;  ///< of the present file, not yet hashed
};

/// Reads and hashes two files at a time.
void read_files(Turns& turns, Lane& one, Lane& other) {
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

}  // namespace

Result<Contents> read_folder(host::Files& files, const host::Path& folder, const ReadOptions& options) {
  const std::string what = fmt::format("read root file system '{}'", folder.string());
  auto entries = host::list_tree(folder);
  if (!entries) return cannot(what, std::move(entries).error());
  std::vector<Node> nodes;
  for (size_t member = 0; member < entries->size(); ++member) nodes.push_back({File{.entry = std::move((*entries)[member]), .content = {}, .layer = 0, .bytes = {0, member}}, {}, {}});
  Turns turns(nodes);
  const size_t threads = threads_for(turns.size(), options.threads);
  std::vector<Lane> lanes;
  std::vector<Onlooker*> onlookers;
  TextRoom texts;
  for (size_t lane = 0; lane < 2 * threads; ++lane) lanes.emplace_back(files, folder, options, onlookers.emplace_back(options.onlooker ? options.onlooker(0) : nullptr), texts);
  in_parallel(threads, threads, [&](size_t index, size_t) { read_files(turns, lanes[2 * index], lanes[2 * index + 1]); });
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
    contents.files.emplace(path, std::move(node.file));
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
