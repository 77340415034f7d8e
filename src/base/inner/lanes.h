#pragma once
// MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of sixteen things at a time, one in each lane of a wide register: a step of one waits for the one before,
// and none for a step of another.
#include <cstddef>
#include <cstdint>

namespace ashlar::lanes {

constexpr size_t count = 16, block_size = 64;

/// The states of all lanes, word by word.
struct Md5 {
  alignas(64) std::uint32_t words[4][count];
  /// Makes a lane begin anew.
  void begin(size_t lane);
};
struct Sha1 {
  alignas(64) std::uint32_t words[5][count];
  void begin(size_t lane);
};
struct Sha256 {
  alignas(64) std::uint32_t words[8][count];
  void begin(size_t lane);
};

/// Whether this processor can: x86-64 with AVX-512.
bool available();
/// Takes `blocks` whole blocks in each lane; only where available(). Also of a lane that nobody cares about there must be that much to read.
void take(Md5& state, const std::uint8_t* const (&data)[count], size_t blocks);
void take(Sha1& state, const std::uint8_t* const (&data)[count], size_t blocks);
void take(Sha256& state, const std::uint8_t* const (&data)[count], size_t blocks);

}  // namespace ashlar::lanes
