#include "base/batch_hasher.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/inner/lanes.h"

namespace ashlar {
namespace {

using lanes::block_size;

constexpr size_t most_blocks = 32;  // at a time in each lane, so that all hashes read what is nearest to the processor

/// The words of a lane as bytes.
template <typename State>
auto bytes_of(const State& state, size_t lane, bool big_endian) {
  std::array<std::uint8_t, sizeof state.words / lanes::count> out;
  for (size_t at = 0; at < out.size(); ++at) out[at] = static_cast<std::uint8_t>(state.words[at / 4][lane] >> 8 * (big_endian ? 3 - at % 4 : at % 4));
  return out;
}

}  // namespace

/// Hashes files one after the other in each lane.
class BatchHasher::Lanes {
 public:
  Lanes(FileHasher::Wanted wanted, std::span<const Waiting> files, const Settle& settle) : wanted_(wanted), files_(files), settle_(settle) {
    for (size_t lane = 0; lane < lanes::count; ++lane) start(lane);
  }

  void run() {
    for (;;) {
      const Lane* shortest = nullptr;
      for (const Lane& each : lanes_) {
        if (each.file != nullptr && (shortest == nullptr || each.blocks < shortest->blocks)) shortest = &each;
      }
      if (shortest == nullptr) return;
      step(*shortest, std::min(shortest->blocks, most_blocks));
    }
  }

 private:
  struct Lane {
    const Waiting* file = nullptr;                      ///< null: nothing is left for it
    const std::uint8_t *md5 = nullptr, *sha = nullptr;  ///< what comes next; of the last blocks they differ
    size_t blocks = 0;                                  ///< of that
    bool ending = false;
    std::array<std::uint8_t, 2 * block_size> md5_end, sha_end;
  };

  void start(size_t lane) {
    Lane& own = lanes_[lane];
    own.file = next_ < files_.size() ? &files_[next_++] : nullptr;
    if (own.file == nullptr) return;
    md5_.begin(lane);
    sha1_.begin(lane);
    sha256_.begin(lane);
    own.md5 = own.sha = own.file->bytes.data();
    own.blocks = own.file->bytes.size() / block_size;
    own.ending = false;
    if (own.blocks == 0) end(own);
  }

  /// The last block, or the last two: a one bit, zeros, and the length in bits (RFC 1321, 3.1 and 3.2; FIPS 180-4, 5.1.1).
  static void end(Lane& own) {
    const BytesView bytes = own.file->bytes;
    const size_t inside = bytes.size() % block_size;
    const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
    own.ending = true;
    own.blocks = inside < block_size - 8 ? 1 : 2;
    own.md5_end.fill(0);
    std::ranges::copy(bytes.last(inside), own.md5_end.begin());
    own.md5_end[inside] = 0x80;
    own.sha_end = own.md5_end;
    const size_t at = own.blocks * block_size - 8;
    for (size_t byte = 0; byte < 8; ++byte) {
      own.md5_end[at + byte] = static_cast<std::uint8_t>(bits >> 8 * byte);
      own.sha_end[at + byte] = static_cast<std::uint8_t>(bits >> 8 * (7 - byte));
    }
    own.md5 = own.md5_end.data();
    own.sha = own.sha_end.data();
  }

  /// Takes so many blocks in each lane; one without a file does what `active` does.
  void step(const Lane& active, size_t blocks) {
    const std::uint8_t *md5[lanes::count], *sha[lanes::count];
    for (size_t lane = 0; lane < lanes::count; ++lane) {
      const Lane& from = lanes_[lane].file != nullptr ? lanes_[lane] : active;
      md5[lane] = from.md5;
      sha[lane] = from.sha;
    }
    lanes::take(sha256_, sha, blocks);
    if (wanted_.md5) lanes::take(md5_, md5, blocks);
    if (wanted_.sha1) lanes::take(sha1_, sha, blocks);
    for (size_t lane = 0; lane < lanes::count; ++lane) {
      Lane& own = lanes_[lane];
      if (own.file == nullptr) continue;
      own.md5 += blocks * block_size;
      own.sha += blocks * block_size;
      own.blocks -= blocks;
      if (own.blocks != 0) continue;
      if (!own.ending) {
        end(own);
        continue;
      }
      settle_(own.file->file, {Digest::from(bytes_of(sha256_, lane, true)), wanted_.sha1 ? to_hex(bytes_of(sha1_, lane, true)) : std::string(), wanted_.md5 ? to_hex(bytes_of(md5_, lane, false)) : std::string()});
      start(lane);
    }
  }

  FileHasher::Wanted wanted_;
  std::span<const Waiting> files_;
  const Settle& settle_;
  size_t next_ = 0;
  lanes::Md5 md5_{};
  lanes::Sha1 sha1_{};
  lanes::Sha256 sha256_{};
  std::array<Lane, lanes::count> lanes_;
};

BatchHasher::BatchHasher(FileHasher::Wanted wanted, Settle settle, FileHasher::Means means)
    : wanted_(wanted), settle_(std::move(settle)), lanes_(means == FileHasher::Means::Fastest && lanes::available()), one_(wanted, means), other_(wanted, means) {}

std::span<std::uint8_t> BatchHasher::room(size_t size) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(memory);
  if (size > memory - used_) finish();
  return {buffer_.get() + used_, size};
}

void BatchHasher::whole(size_t file, size_t size) {
  waiting_.push_back({file, BytesView(buffer_.get() + used_, size)});
  used_ = std::min(memory, used_ + (size + block_size - 1) / block_size * block_size);
}

size_t BatchHasher::apart() const {
  // A block costs 1 in lanes as long as all are busy, and 16 where one is alone; about 4 beside another file (FileHasher::update_both).
  size_t total = 0, before = 0, best = 0, least = SIZE_MAX;
  for (const Waiting& each : waiting_) total += each.bytes.size();
  for (size_t count = 0; count <= waiting_.size(); ++count) {
    const size_t longest = count == waiting_.size() ? 0 : waiting_[count].bytes.size();
    const size_t cost = 4 * before + std::max(lanes::count * longest, total - before);
    if (cost < least) least = cost, best = count;
    before += longest;
  }
  return best;
}

void BatchHasher::hash_pairs(std::span<const Waiting> files) {
  for (; files.size() >= 2; files = files.subspan(2)) {
    FileHasher::update_both(one_, files[0].bytes, other_, files[1].bytes);
    settle_(files[0].file, one_.finish());
    settle_(files[1].file, other_.finish());
  }
  if (files.empty()) return;
  one_.update(files[0].bytes);
  settle_(files[0].file, one_.finish());
}

void BatchHasher::finish() {
  std::ranges::stable_sort(waiting_, std::greater<>(), [](const Waiting& each) { return each.bytes.size(); });
  const size_t alone = lanes_ ? apart() : waiting_.size();
  const auto all = std::span<const Waiting>(waiting_);
  hash_pairs(all.first(alone));
  if (alone < all.size()) Lanes(wanted_, all.subspan(alone), settle_).run();
  waiting_.clear();
  used_ = 0;
}

}  // namespace ashlar
