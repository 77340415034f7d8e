#include "base/file_hasher.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "base/inner/stitched.h"
#include "base/old_hash.h"

namespace ashlar {
namespace {

using stitched::block_size;

/// The words of a state as bytes, in the order that `order` says.
template <size_t Count>
std::array<std::uint8_t, 4 * Count> bytes_of(const std::uint32_t (&words)[Count], std::endian order) {
  std::array<std::uint8_t, 4 * Count> out{};
  for (size_t at = 0; at < out.size(); ++at) {
    const size_t within = order == std::endian::big ? 3 - at % 4 : at % 4;
    out[at] = static_cast<std::uint8_t>(words[at / 4] >> (8 * within));
  }
  return out;
}

/// By our own instructions.
struct Stitched {
  FileHasher::Wanted wanted;
  stitched::Words words{};
  std::array<std::uint8_t, block_size> held{};  ///< of the present block, which is not whole
  std::uint64_t size = 0;                       ///< of all so far

  void take(BytesView bytes) { stitched::take(words, bytes.data(), bytes.size() / block_size, wanted.sha1, wanted.md5); }

  /// Bytes until the present block is whole.
  size_t open() const { return (block_size - static_cast<size_t>(size % block_size)) % block_size; }

  void update(BytesView bytes) {
    const auto inside = static_cast<size_t>(size % block_size);
    size += bytes.size();
    if (inside != 0) {
      const size_t count = std::min(bytes.size(), block_size - inside);
      std::copy_n(bytes.begin(), count, held.begin() + static_cast<std::ptrdiff_t>(inside));
      bytes = bytes.subspan(count);
      if (inside + count < block_size) return;
      take(held);
    }
    const size_t whole = bytes.size() / block_size * block_size;
    if (whole != 0) take(bytes.first(whole));
    std::ranges::copy(bytes.subspan(whole), held.begin());
  }

  /// The last block, or the last two: a one bit, zeros, and the length in bits (FIPS 180-4, 5.1.1; RFC 1321, 3.1 and 3.2, in the other byte order).
  stitched::Words closed(std::endian order) const {
    std::array<std::uint8_t, 2 * block_size> end{};
    const auto inside = static_cast<size_t>(size % block_size);
    std::copy_n(held.begin(), inside, end.begin());
    end[inside] = 0x80;
    const size_t whole = inside < block_size - 8 ? block_size : 2 * block_size;
    for (size_t at = 0; at < 8; ++at) end[whole - 8 + at] = static_cast<std::uint8_t>(size * 8 >> (8 * (order == std::endian::big ? 7 - at : at)));
    stitched::Words out = words;
    stitched::take(out, end.data(), whole / block_size, wanted.sha1 && order == std::endian::big, wanted.md5 && order == std::endian::little);
    return out;
  }

  FileDigests finish() {
    const stitched::Words sha = closed(std::endian::big);
    FileDigests out{Digest::from(bytes_of(sha.sha256, std::endian::big)), {}, {}};
    if (wanted.sha1) out.sha1 = to_hex(bytes_of(sha.sha1, std::endian::big));
    if (wanted.md5) out.md5 = to_hex(bytes_of(closed(std::endian::little).md5, std::endian::little));
    *this = Stitched{wanted};
    return out;
  }
};

/// By OpenSSL.
struct Library {
  Hasher sha256{};
  std::optional<OldHasher> sha1{}, md5{};

  explicit Library(FileHasher::Wanted wanted) {
    if (wanted.sha1) sha1.emplace(OldHash::Sha1);
    if (wanted.md5) md5.emplace(OldHash::Md5);
  }
  void update(BytesView bytes) {
    sha256.update(bytes);
    if (sha1) sha1->update(bytes);
    if (md5) md5->update(bytes);
  }
  FileDigests finish() { return {sha256.finish(), sha1 ? sha1->finish() : std::string(), md5 ? md5->finish() : std::string()}; }
};

}  // namespace

struct FileHasher::State {
  std::optional<Stitched> stitched{};
  std::optional<Library> library{};
};

FileHasher::FileHasher(Wanted wanted, Means means) : state_(std::make_unique<State>()) {
  if (means == Means::Fastest && stitched::available()) state_->stitched.emplace(Stitched{wanted});
  else state_->library.emplace(wanted);
}
FileHasher::~FileHasher() = default;
FileHasher::FileHasher(FileHasher&&) noexcept = default;

void FileHasher::update(BytesView bytes) { state_->stitched ? state_->stitched->update(bytes) : state_->library->update(bytes); }

void FileHasher::update_both(FileHasher& one, BytesView bytes, FileHasher& other, BytesView other_bytes) {
  auto &first = one.state_->stitched, &second = other.state_->stitched;
  if (first && second && first->wanted.md5 == second->wanted.md5 && first->wanted.sha1 == second->wanted.sha1 && (first->wanted.md5 || !first->wanted.sha1)) {
    const auto begin = [](FileHasher& hasher, Stitched& state, BytesView& rest) {
      const BytesView front = rest.first(std::min(state.open(), rest.size()));
      hasher.update(front);
      rest = rest.subspan(front.size());
      return state.open() == 0 ? rest.size() / block_size : 0;
    };
    const size_t count = std::min(begin(one, *first, bytes), begin(other, *second, other_bytes));
    stitched::take_both(first->words, bytes.data(), second->words, other_bytes.data(), count, first->wanted.sha1, first->wanted.md5);
    for (Stitched* const each : {&*first, &*second}) each->size += count * block_size;
    bytes = bytes.subspan(count * block_size);
    other_bytes = other_bytes.subspan(count * block_size);
  }
  one.update(bytes);
  other.update(other_bytes);
}

FileDigests FileHasher::finish() { return state_->stitched ? state_->stitched->finish() : state_->library->finish(); }

}  // namespace ashlar
