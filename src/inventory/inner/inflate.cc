#include "inventory/inner/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

namespace ashlar::inventory {

Result<Bytes> inflate(BytesView packed, Wrap wrap, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, wrap == Wrap::Zlib ? 15 : -15) != Z_OK) return fail(Kind::Unavailable, "there is no memory to unpack it");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> close(&stream, inflateEnd);
  if (packed.size() > UINT32_MAX) return fail(Kind::Corrupt, "it is packed in more than 4 GiB");
  stream.next_in = const_cast<Bytef*>(packed.data());  // zlib never writes to it
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytes out;
  for (;;) {
    const size_t before = out.size();
    const size_t step = std::min(limit + 1 - before, std::clamp<size_t>(before, 16 << 10, 8 << 20));
    out.resize(before + step);
    stream.next_out = out.data() + before;
    stream.avail_out = static_cast<uInt>(step);
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > limit) return fail(Kind::Corrupt, fmt::format("it unpacks to more than {} bytes", limit));
    if (status == Z_STREAM_END) return out;
    if (status != Z_OK || out.size() == before) return fail(Kind::Corrupt, "its packed bytes are damaged or cut off");
  }
}

struct FrontInflater::State {
  z_stream stream{};
  bool ready = false;
};

FrontInflater::FrontInflater() : state_(std::make_unique<State>()) {}
FrontInflater::~FrontInflater() {
  if (state_->ready) inflateEnd(&state_->stream);
}

std::string FrontInflater::front(BytesView packed) {
  z_stream& stream = state_->stream;
  if (!state_->ready) state_->ready = inflateInit2(&stream, -15) == Z_OK;
  else inflateReset(&stream);
  if (!state_->ready) return {};
  std::string out(4, '\0');
  stream.next_in = const_cast<Bytef*>(packed.data());  // zlib never writes to it
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  (void)::inflate(&stream, Z_SYNC_FLUSH);  // it ends when there is no room
  out.resize(out.size() - stream.avail_out);
  return out;
}

}  // namespace ashlar::inventory
