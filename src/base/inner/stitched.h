#pragma once
// SHA-256 (FIPS 180-4), with SHA-1 (FIPS 180-4) and MD5 (RFC 1321) of the same blocks, their instructions interleaved.
#include <cstddef>
#include <cstdint>

namespace ashlar::stitched {

constexpr size_t block_size = 64;

struct Words {
  std::uint32_t sha256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::uint32_t sha1[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::uint32_t md5[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
};

/// Whether this processor can: x86-64 with its SHA extensions.
bool available();
/// Takes `count` whole blocks; only where available(). Words of hashes that are not wanted stay as they are.
void take(Words& words, const std::uint8_t* data, size_t count, bool sha1, bool md5);
/// Takes `count` whole blocks of each of two files. Where MD5 is wanted: that of two is made in little more time than that of one, for each of its steps
/// waits for the one before. So is SHA-256 where it is all that is wanted; SHA-1 only with MD5.
void take_both(Words& one, const std::uint8_t* data, Words& other, const std::uint8_t* other_data, size_t count, bool sha1, bool md5);

}  // namespace ashlar::stitched
