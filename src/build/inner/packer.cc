#include "build/inner/packer.h"

#include <libdeflate.h>
#include <zstd.h>

#include <new>

#include <fmt/format.h>

namespace ashlar::build {
namespace {

struct Free {
  void operator()(libdeflate_compressor* it) const { libdeflate_free_compressor(it); }
  void operator()(libdeflate_decompressor* it) const { libdeflate_free_decompressor(it); }
  void operator()(ZSTD_CCtx* it) const { ZSTD_freeCCtx(it); }
};

/// A thread's compressor, kept while its level stays.
libdeflate_compressor* compressor(int level) {
  thread_local std::unique_ptr<libdeflate_compressor, Free> kept;
  thread_local int kept_level = -1;
  if (kept_level != level) {
    kept.reset(libdeflate_alloc_compressor(level));
    kept_level = level;
  }
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

libdeflate_decompressor* decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, Free> kept(libdeflate_alloc_decompressor());
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

}  // namespace

Result<Bytes> pack(BytesView raw, const plan::Encoder& encoder) {
  Bytes out;
  size_t size = 0;
  if (encoder.codec == "zstd") {
    thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
    out.resize(ZSTD_compressBound(raw.size()));
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, encoder.level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    size = ZSTD_compress2(context.get(), out.data(), out.size(), raw.data(), raw.size());
    if (ZSTD_isError(size) != 0U) return cannot(Kind::Unavailable, "compress a layer", ZSTD_getErrorName(size));
  } else {
    libdeflate_compressor* const with = compressor(encoder.level);
    out.resize(libdeflate_gzip_compress_bound(with, raw.size()));
    size = libdeflate_gzip_compress(with, raw.data(), raw.size(), out.data(), out.size());
    if (size == 0) return cannot(Kind::Unavailable, "compress a layer", "libdeflate does not take the data");
  }
  out.resize(size);
  return out;
}

Result<Bytes> unpack(BytesView packed, size_t raw_size, const plan::Encoder& encoder) {
  Bytes out(raw_size);
  bool good = false;
  if (encoder.codec == "zstd") {
    good = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()) == raw_size;
  } else {
    size_t size = 0;
    good = libdeflate_gzip_decompress(decompressor(), packed.data(), packed.size(), out.data(), out.size(), &size) == LIBDEFLATE_SUCCESS && size == raw_size;
  }
  if (!good) return fail(Kind::Corrupt, "a compressed member is damaged");
  return out;
}

}  // namespace ashlar::build
