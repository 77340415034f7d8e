#include "base/codec.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <lzma.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include <fmt/format.h>

namespace ashlar {
namespace {

constexpr size_t input_size = size_t{256} << 10;
constexpr size_t member_size = size_t{1} << 20;  // raw bytes of a gzip member that is decoded in one piece: as large as those that pack layers (build/inner/packer.h)
constexpr std::uint64_t memory_limit = std::uint64_t{96} << 20;
constexpr int zstd_window_log = 26;  // 64 MiB: the largest power of two that stays below the limit

constexpr size_t packed_limit = member_size + (size_t{64} << 10);  // of such a member, whatever is in it
constexpr size_t packed_usual = size_t{512} << 10;                 // most need less

/// Bytes behind the input that belong to us: ISA-L (2.30) reads a byte too many of a damaged stream.
constexpr size_t slack = 16;

/// The compressed bytes, a buffer at a time.
class Input {
 public:
  Input(std::unique_ptr<Source> from, size_t size) : from_(std::move(from)), size_(size), buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(size + slack)) {}

  BytesView rest() const { return rest_; }
  void take(size_t count) { rest_ = rest_.subspan(count); }
  /// Makes sure that rest() is not empty; false when there is no more.
  Result<bool> fill() {
    if (!rest_.empty()) return true;
    if (ended_) return false;
    TRY_ASSIGN(const size_t count, from_->read({buffer_.get(), std::min(size_, input_size)}));
    rest_ = BytesView(buffer_.get(), count);
    ended_ = count == 0;
    return !ended_;
  }
  /// Makes rest() at least `wanted` bytes, which the buffer has room for, or as long as what there is.
  Done fill_up(size_t wanted) {
    if (rest_.size() >= wanted || ended_) return {};
    std::memmove(buffer_.get(), rest_.data(), rest_.size());
    size_t size = rest_.size();
    while (size < size_ && !ended_) {
      TRY_ASSIGN(const size_t count, from_->read({buffer_.get() + size, size_ - size}));
      size += count;
      ended_ = count == 0;
    }
    rest_ = BytesView(buffer_.get(), size);
    return {};
  }

 private:
  std::unique_ptr<Source> from_;
  size_t size_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  BytesView rest_;
  bool ended_ = false;
};

/// What the three decoders share: an error, once met, is met again by every later read.
class Decoder : public Source {
 public:
  explicit Decoder(std::unique_ptr<Source> from, size_t buffer = input_size) : input_(std::move(from), buffer) {}

  Result<size_t> read(std::span<std::uint8_t> out) final {
    if (failed_) return std::unexpected(*failed_);
    size_t filled = 0;
    enough_ = false;
    while (filled < out.size() && !ended_ && !(enough_ && filled != 0)) {
      auto step = advance(out.subspan(filled));
      if (!step) {
        failed_ = std::move(step).error();
        if (filled == 0) return std::unexpected(*failed_);
        return filled;  // what came before the damage is good; the next read tells of it
      }
      filled += *step;
    }
    return filled;
  }

 protected:
  /// Decodes some bytes into `out`, which is not empty, and says how many (0: call again, or ended_ was set).
  virtual Result<size_t> advance(std::span<std::uint8_t> out) = 0;

  Input input_;
  bool ended_ = false;
  bool enough_ = false;  ///< this read had better end here, short of what there is room for

 private:
  std::optional<Error> failed_;
};

std::unexpected<Error> damaged(std::string_view name, std::string_view why) { return fail(Kind::Corrupt, fmt::format("the {} data {}", name, why)); }

/// Members of at most `member_size` raw bytes, decoded in one piece: more than twice as fast as piece by piece.
class WholeMembers {
 public:
  WholeMembers() : decompressor_(libdeflate_alloc_decompressor()) {
    if (decompressor_ == nullptr) throw std::bad_alloc();
  }
  WholeMembers(const WholeMembers&) = delete;
  WholeMembers& operator=(const WholeMembers&) = delete;
  ~WholeMembers() { libdeflate_free_decompressor(decompressor_); }

  /// Decodes the member that `packed` begins with and says how many bytes it takes; 0 when it is larger than a member, damaged or not all there.
  size_t decode(BytesView packed) {
    if (!raw_) raw_ = std::make_unique_for_overwrite<std::uint8_t[]>(member_size);
    size_t count = 0;
    const size_t taken = decode(packed, {raw_.get(), member_size}, count);
    if (taken != 0) ready_ = BytesView(raw_.get(), count);
    return taken;
  }
  /// The same into `out`, which has room for a member; `count` is how many bytes that were.
  size_t decode(BytesView packed, std::span<std::uint8_t> out, size_t& count) {
    size_t taken = 0;
    return libdeflate_gzip_decompress_ex(decompressor_, packed.data(), packed.size(), out.data(), member_size, &taken, &count) == LIBDEFLATE_SUCCESS ? taken : 0;
  }
  bool empty() const { return ready_.empty(); }
  size_t give(std::span<std::uint8_t> out) {
    const size_t count = std::min(out.size(), ready_.size());
    std::memcpy(out.data(), ready_.data(), count);
    ready_ = ready_.subspan(count);
    return count;
  }

 private:
  libdeflate_decompressor* decompressor_;
  std::unique_ptr<std::uint8_t[]> raw_;
  BytesView ready_;  ///< of `raw_`, not yet given
};

/// Bytes of the header that a gzip member begins with (RFC 1952, 2.3): 0 when more of it must be seen, nothing when it is none.
std::optional<size_t> gzip_header_size(BytesView bytes) {
  constexpr unsigned sum = 2, extra = 4, name = 8, comment = 16, reserved = 0xe0;
  constexpr size_t fixed = 10;
  if (bytes.size() < fixed) return 0;
  const unsigned flags = bytes[3];
  if (bytes[0] != 0x1f || bytes[1] != 0x8b || bytes[2] != 8 || (flags & reserved) != 0) return std::nullopt;
  size_t at = fixed;
  if ((flags & extra) != 0) {
    if (bytes.size() < at + 2) return 0;
    at += 2 + bytes[at] + (size_t{bytes[at + 1]} << 8);
  }
  for (const unsigned text : {name, comment}) {
    if ((flags & text) == 0) continue;
    while (at < bytes.size() && bytes[at] != 0) ++at;
    ++at;
  }
  if ((flags & sum) != 0) at += 2;
  if (at > bytes.size()) return 0;
  if ((flags & sum) == 0) return at;
  const std::uint32_t own = libdeflate_crc32(0, bytes.data(), at - 2);
  return bytes[at - 2] == (own & 0xff) && bytes[at - 1] == (own >> 8 & 0xff) ? std::optional(at) : std::nullopt;
}

class GzipDecoder final : public Decoder {
 public:
  explicit GzipDecoder(std::unique_ptr<Source> from) : Decoder(std::move(from), packed_limit) {}

 private:
  Result<size_t> advance(std::span<std::uint8_t> out) override {
    if (!whole_.empty()) return whole_.give(out);
    if (!flushing_) {
      TRY_ASSIGN(const bool more, input_.fill());
      if (!more) {
        if (inside_ || members_ == 0) return damaged("gzip", "ends early");
        ended_ = true;
        return 0;
      }
    }
    if (!inside_) {
      if (members_ != 0 && input_.rest()[0] != 0x1f) return damaged("gzip", "is followed by bytes that are no further member");
      if (small_) {
        TRY_ASSIGN(const auto count, decode_whole(out));
        if (count) return *count;
        small_ = false;  // nor will the next ones be: what packs in small members does so throughout
      }
      TRY(begin_member());
    }
    return inflate_some(out);
  }

  /// The header is ours to read: the library loses its way in one that comes in pieces.
  Done begin_member() {
    std::optional<size_t> header = 0;
    for (const size_t wanted : {size_t{1}, packed_limit}) {
      TRY(input_.fill_up(wanted));
      header = gzip_header_size(input_.rest());
      if (header != size_t{0}) break;
    }
    if (!header || (*header == 0 && input_.rest().size() >= packed_limit)) return damage();
    if (*header == 0) return damaged("gzip", "ends early");
    input_.take(*header);
    if (!stream_) stream_ = std::make_unique<inflate_state>();
    isal_inflate_init(stream_.get());
    stream_->crc_flag = ISAL_GZIP_NO_HDR_VER;
    inside_ = flushing_ = true;
    return {};
  }

  std::unexpected<Error> damage() const { return damaged("gzip", members_ == 0 ? "is damaged" : "is damaged or followed by bytes that are no further member"); }

  /// Decodes the next member in one piece and gives what `out` takes of it; nothing when it cannot be.
  Result<std::optional<size_t>> decode_whole(std::span<std::uint8_t> out) {
    for (const size_t wanted : {packed_usual, packed_limit}) {
      TRY(input_.fill_up(wanted));
      enough_ = out.size() >= member_size;
      size_t count = 0;
      const size_t taken = enough_ ? whole_.decode(input_.rest(), out, count) : whole_.decode(input_.rest());
      input_.take(taken);
      if (taken != 0) {
        ++members_;
        return enough_ ? count : whole_.give(out);
      }
      enough_ = false;
      if (input_.rest().size() < wanted) break;  // there is no more
    }
    return std::nullopt;
  }

  Result<size_t> inflate_some(std::span<std::uint8_t> out) {
    const BytesView rest = input_.rest();
    const auto room = static_cast<std::uint32_t>(std::min(out.size(), largest_step));
    stream_->next_in = const_cast<std::uint8_t*>(rest.data());  // the library never writes to it
    stream_->avail_in = static_cast<std::uint32_t>(rest.size());
    stream_->next_out = out.data();
    stream_->avail_out = room;
    const int status = isal_inflate(stream_.get());
    // It has taken more than there was where its count went below zero.
    if (status < 0 || stream_->avail_in > rest.size() || stream_->avail_out > room) return damage();
    input_.take(rest.size() - stream_->avail_in);
    const size_t count = room - stream_->avail_out;
    flushing_ = count == room;
    if (stream_->block_state == ISAL_BLOCK_FINISH) {
      inside_ = flushing_ = false;
      ++members_;
    }
    return count;
  }

  static constexpr size_t largest_step = size_t{1} << 30;  // the library counts in 32 bits
  std::unique_ptr<inflate_state> stream_;                  ///< made when there is a member that is not decoded in one piece
  WholeMembers whole_;
  std::uint64_t members_ = 0;  ///< finished ones
  bool inside_ = false;
  bool flushing_ = false;      ///< there may be output without further input
  bool small_ = true;          ///< so far every member was decoded in one piece
};

class XzDecoder final : public Decoder {
 public:
  explicit XzDecoder(std::unique_ptr<Source> from) : Decoder(std::move(from)) {
    if (lzma_stream_decoder(&stream_, memory_limit, LZMA_CONCATENATED) != LZMA_OK) throw std::bad_alloc();
  }
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  ~XzDecoder() override { lzma_end(&stream_); }

 private:
  Result<size_t> advance(std::span<std::uint8_t> out) override {
    TRY_ASSIGN(const bool more, input_.fill());
    const BytesView rest = input_.rest();
    stream_.next_in = rest.data();
    stream_.avail_in = rest.size();
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const lzma_ret status = lzma_code(&stream_, more ? LZMA_RUN : LZMA_FINISH);
    input_.take(rest.size() - stream_.avail_in);
    const size_t count = out.size() - stream_.avail_out;
    switch (status) {
      case LZMA_OK: return count;
      case LZMA_STREAM_END: ended_ = true; return count;
      case LZMA_MEMLIMIT_ERROR: return damaged("xz", "asks for more than 96 MiB of memory");
      case LZMA_BUF_ERROR: return damaged("xz", "ends early");
      case LZMA_FORMAT_ERROR: return damaged("xz", "does not begin as xz does");
      case LZMA_OPTIONS_ERROR: return damaged("xz", "uses options that are not known");
      case LZMA_MEM_ERROR: throw std::bad_alloc();
      default: return damaged("xz", "is damaged or followed by bytes that are no further stream");
    }
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(std::unique_ptr<Source> from) : Decoder(std::move(from)), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, zstd_window_log);
  }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

 private:
  Result<size_t> advance(std::span<std::uint8_t> out) override {
    if (!flushing_) {
      TRY_ASSIGN(const bool more, input_.fill());
      if (!more) {
        if (inside_ || frames_ == 0) return damaged("zstd", "ends early");
        ended_ = true;
        return 0;
      }
    }
    ZSTD_inBuffer in{input_.rest().data(), input_.rest().size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const size_t status = ZSTD_decompressStream(context_, &to, &in);
    if (ZSTD_isError(status) != 0) {
      if (ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge) return damaged("zstd", "asks for a window of more than 64 MiB");
      return damaged("zstd", frames_ == 0 ? "is damaged" : "is damaged or followed by bytes that are no further frame");
    }
    input_.take(in.pos);
    inside_ = status != 0;
    if (!inside_) ++frames_;
    flushing_ = inside_ && to.pos == to.size;  // it may hold more than `out` took, with no input left
    return to.pos;
  }

  ZSTD_DCtx* context_;
  std::uint64_t frames_ = 0;  ///< finished ones
  bool inside_ = false;
  bool flushing_ = false;
};

struct Magic {
  Codec codec;
  std::string_view suffix;
  std::string_view front;
};
constexpr std::array<Magic, 3> magics = {{
    {Codec::Gzip, "gz", std::string_view("\x1f\x8b", 2)},
    {Codec::Xz, "xz", std::string_view("\xfd\x37\x7a\x58\x5a\x00", 6)},
    {Codec::Zstd, "zst", std::string_view("\x28\xb5\x2f\xfd", 4)},
}};

}  // namespace

std::optional<Codec> codec_of_suffix(std::string_view suffix) {
  if (suffix.empty()) return Codec::None;
  for (const Magic& magic : magics) {
    if (magic.suffix == suffix) return magic.codec;
  }
  return std::nullopt;
}

Codec codec_of_magic(BytesView front) {
  for (const Magic& magic : magics) {
    if (as_text(front).starts_with(magic.front)) return magic.codec;
  }
  return Codec::None;
}

std::unique_ptr<Source> decode(Codec codec, std::unique_ptr<Source> from) {
  switch (codec) {
    case Codec::Gzip: return std::make_unique<GzipDecoder>(std::move(from));
    case Codec::Xz: return std::make_unique<XzDecoder>(std::move(from));
    case Codec::Zstd: return std::make_unique<ZstdDecoder>(std::move(from));
    case Codec::None: break;
  }
  return from;
}

}  // namespace ashlar
