#include "build/inner/packer.h"

#include <gtest/gtest.h>

#include <random>

#include "base/codec.h"
#include "build/encoder.h"

namespace ashlar::build {
namespace {

Bytes some(size_t size, unsigned seed, unsigned letters) {
  std::mt19937 random(seed);
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random() % letters);
  return out;
}

TEST(Packer, ReadsWhatItPackedAndSoDoTheLibrariesOfOthers) {
  for (const char* codec : {"gzip", "zstd"}) {
    const plan::Encoder with = encoder(codec);
    for (const size_t size : {size_t{0}, size_t{1}, size_t{511}, size_t{70000}, member_size}) {
      for (const unsigned letters : {1U, 4U, 256U}) {
        const Bytes raw = some(size, static_cast<unsigned>(size) + letters, letters);
        const auto packed = pack(raw, with);
        ASSERT_TRUE(packed) << codec << " " << size;
        EXPECT_EQ(*pack(raw, with), *packed) << "the same bytes each time";
        const auto back = unpack(*packed, raw.size(), with);
        ASSERT_TRUE(back) << codec << " " << size << ": " << back.error().message;
        EXPECT_EQ(*back, raw);
        const auto stream = decode(codec == std::string_view("gzip") ? Codec::Gzip : Codec::Zstd, std::make_unique<MemorySource>(*packed));
        const auto streamed = read_all(*stream, member_size);
        ASSERT_TRUE(streamed) << codec << " " << size << ": " << streamed.error().message;
        EXPECT_EQ(*streamed, raw);
      }
    }
  }
}

TEST(Packer, DamageIsSeen) {
  for (const char* codec : {"gzip", "zstd"}) {
    const plan::Encoder with = encoder(codec);
    const Bytes raw = some(3000, 7, 40);
    const Bytes packed = *pack(raw, with);
    EXPECT_FALSE(unpack(packed, raw.size() - 1, with)) << "larger than it should be";
    EXPECT_FALSE(unpack(packed, raw.size() + 1, with)) << "smaller than it should be";
    EXPECT_FALSE(unpack(BytesView(packed).first(packed.size() - 1), raw.size(), with));
    EXPECT_FALSE(unpack({}, raw.size(), with));
    for (size_t at = 20; at < packed.size(); at += 13) {
      Bytes changed = packed;
      changed[at] ^= 0x10;
      const auto back = unpack(changed, raw.size(), with);
      EXPECT_TRUE(!back || *back == raw) << codec << " " << at;
    }
  }
}

}  // namespace
}  // namespace ashlar::build
