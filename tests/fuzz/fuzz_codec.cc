// decode: every codec over the same bytes; large and small reads give the same.
#include "base/codec.h"
#include "fuzz.h"

namespace {

constexpr std::size_t most = 256 << 10;

struct Outcome {
  ashlar::Bytes bytes;
  bool failed = false;
};

Outcome unpack(ashlar::Codec codec, ashlar::BytesView packed, std::size_t step) {
  const auto source = ashlar::decode(codec, std::make_unique<ashlar::MemorySource>(packed));
  Outcome outcome;
  ashlar::Bytes buffer(step);
  while (outcome.bytes.size() < most) {
    const auto count = source->read(buffer);
    if (!count) {
      outcome.failed = true;
      fuzz::must(count.error().kind == ashlar::Kind::Corrupt, "damage is Corrupt");
      break;
    }
    if (*count == 0) break;
    outcome.bytes.insert(outcome.bytes.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*count));
  }
  return outcome;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ashlar::BytesView packed(data, size);
  for (const auto codec : {ashlar::Codec::Gzip, ashlar::Codec::Xz, ashlar::Codec::Zstd}) {
    if (ashlar::codec_of_magic(packed) != codec && size > 16) continue;
    const Outcome large = unpack(codec, packed, 64 << 10), small = unpack(codec, packed, 61);
    if (large.bytes.size() >= most || small.bytes.size() >= most) continue;
    fuzz::must(large.failed == small.failed, "the size of reads does not decide");
    if (!large.failed) fuzz::must(large.bytes == small.bytes, "the size of reads changes no bytes");
  }
  return 0;
}
