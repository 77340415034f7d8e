#include "base/inner/stitched.h"

#include <utility>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

namespace ashlar::stitched {
namespace {

/// FIPS 180-4, 4.2.2.
alignas(16) constexpr std::uint32_t k256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74,
    0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
    0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
    0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
    0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
/// RFC 1321, 3.4: the table T, and how far each round turns.
constexpr std::uint32_t k5[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122,
    0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6,
    0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60,
    0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039,
    0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int turns[16] = {7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};

// Nothing of the standard library is instantiated in here: the linker might give it, with these instructions, to everyone.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("sha,ssse3,sse4.1"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("sha,ssse3,sse4.1")
#endif

struct Registers {
  __m128i abef{}, cdgh{}, m[4]{};  ///< SHA-256: state, and the four words of each of the next groups
  __m128i abcd{}, e[2]{}, w[4]{};  ///< SHA-1, the same
  std::uint32_t v[4]{};            ///< MD5: a, b, c, d
};

[[gnu::always_inline]] inline __m128i load(const void* at) { return _mm_loadu_si128(static_cast<const __m128i*>(at)); }
[[gnu::always_inline]] inline void store(void* at, __m128i value) { _mm_storeu_si128(static_cast<__m128i*>(at), value); }

/// Four rounds of SHA-256 out of 16 groups.
template <int G>
[[gnu::always_inline]] inline void sha256_group(Registers& r, const std::uint8_t* block) {
  if constexpr (G < 4) r.m[G] = _mm_shuffle_epi8(load(block + 16 * G), _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL));
  __m128i sum = _mm_add_epi32(r.m[G % 4], load(k256 + 4 * G));
  r.cdgh = _mm_sha256rnds2_epu32(r.cdgh, r.abef, sum);
  if constexpr (G >= 3 && G <= 14) {
    r.m[(G + 1) % 4] = _mm_add_epi32(r.m[(G + 1) % 4], _mm_alignr_epi8(r.m[G % 4], r.m[(G + 3) % 4], 4));
    r.m[(G + 1) % 4] = _mm_sha256msg2_epu32(r.m[(G + 1) % 4], r.m[G % 4]);
  }
  sum = _mm_shuffle_epi32(sum, 0x0e);
  r.abef = _mm_sha256rnds2_epu32(r.abef, r.cdgh, sum);
  if constexpr (G >= 1 && G <= 12) r.m[(G + 3) % 4] = _mm_sha256msg1_epu32(r.m[(G + 3) % 4], r.m[G % 4]);
}

/// Four rounds of SHA-1 out of 20 groups.
template <int G>
[[gnu::always_inline]] inline void sha1_group(Registers& r, const std::uint8_t* block) {
  if constexpr (G < 4) r.w[G] = _mm_shuffle_epi8(load(block + 16 * G), _mm_set_epi64x(0x0001020304050607LL, 0x08090a0b0c0d0e0fLL));
  r.e[G % 2] = G == 0 ? _mm_add_epi32(r.e[0], r.w[0]) : _mm_sha1nexte_epu32(r.e[G % 2], r.w[G % 4]);
  r.e[(G + 1) % 2] = r.abcd;
  if constexpr (G >= 3 && G <= 18) r.w[(G + 1) % 4] = _mm_sha1msg2_epu32(r.w[(G + 1) % 4], r.w[G % 4]);
  r.abcd = _mm_sha1rnds4_epu32(r.abcd, r.e[G % 2], G / 5);
  if constexpr (G >= 1 && G <= 16) r.w[(G + 3) % 4] = _mm_sha1msg1_epu32(r.w[(G + 3) % 4], r.w[G % 4]);
  if constexpr (G >= 2 && G <= 17) r.w[(G + 2) % 4] = _mm_xor_si128(r.w[(G + 2) % 4], r.w[G % 4]);
}

/// One step of MD5 out of 64.
template <int I>
[[gnu::always_inline]] inline void md5_step(Registers& r, const std::uint8_t* block) {
  constexpr int round = I / 16, word = round == 0 ? I : round == 1 ? (5 * I + 1) % 16 : round == 2 ? (3 * I + 5) % 16 : 7 * I % 16;
  constexpr int turn = turns[round * 4 + I % 4];
  std::uint32_t &a = r.v[(64 - I) % 4], b = r.v[(65 - I) % 4], c = r.v[(66 - I) % 4], d = r.v[(67 - I) % 4], m;
  __builtin_memcpy(&m, block + 4 * word, 4);
  std::uint32_t sum = a + m + k5[I];
  if constexpr (round == 0) sum += d ^ (b & (c ^ d));
  else if constexpr (round == 1) { sum += c & ~d; sum += b & d; }
  else if constexpr (round == 2) sum += (c ^ d) ^ b;
  else sum += c ^ (b | ~d);
  a = (sum << turn | sum >> (32 - turn)) + b;
}

template <bool Sha1, bool Md5, int G>
[[gnu::always_inline]] inline void group(Registers& r, const std::uint8_t* block) {
  if constexpr (G < 16) sha256_group<G>(r, block);
  if constexpr (Md5 && G < 16) md5_step<4 * G>(r, block), md5_step<4 * G + 1>(r, block);
  if constexpr (Sha1) sha1_group<G>(r, block);
  if constexpr (Md5 && G < 16) md5_step<4 * G + 2>(r, block), md5_step<4 * G + 3>(r, block);
}

template <bool Sha1, bool Md5, int... G>
[[gnu::always_inline]] inline void block_of(Registers& r, const std::uint8_t* block, std::integer_sequence<int, G...>) {
  (group<Sha1, Md5, G>(r, block), ...);
}

/// From words to registers, and back.
template <bool Sha1, bool Md5>
[[gnu::always_inline]] inline void load_words(Registers& r, const Words& words) {
  const __m128i badc = _mm_shuffle_epi32(load(words.sha256), 0xb1), hgfe = _mm_shuffle_epi32(load(words.sha256 + 4), 0x1b);
  r.abef = _mm_alignr_epi8(badc, hgfe, 8);
  r.cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
  if constexpr (Sha1) {
    r.abcd = _mm_shuffle_epi32(load(words.sha1), 0x1b);
    r.e[0] = _mm_set_epi32(static_cast<int>(words.sha1[4]), 0, 0, 0);
  }
  if constexpr (Md5) __builtin_memcpy(r.v, words.md5, sizeof r.v);
}

template <bool Sha1, bool Md5>
[[gnu::always_inline]] inline void store_words(const Registers& r, Words& words) {
  const __m128i feba = _mm_shuffle_epi32(r.abef, 0x1b), dchg = _mm_shuffle_epi32(r.cdgh, 0xb1);
  store(words.sha256, _mm_blend_epi16(feba, dchg, 0xf0));
  store(words.sha256 + 4, _mm_alignr_epi8(dchg, feba, 8));
  if constexpr (Sha1) {
    store(words.sha1, _mm_shuffle_epi32(r.abcd, 0x1b));
    words.sha1[4] = static_cast<std::uint32_t>(_mm_extract_epi32(r.e[0], 3));
  }
  if constexpr (Md5) __builtin_memcpy(words.md5, r.v, sizeof r.v);
}

/// Adds the state before a block to that after its rounds.
template <bool Sha1>
[[gnu::always_inline]] inline void add_sha(Registers& r, const Registers& before) {
  r.abef = _mm_add_epi32(r.abef, before.abef);
  r.cdgh = _mm_add_epi32(r.cdgh, before.cdgh);
  if constexpr (Sha1) {
    r.abcd = _mm_add_epi32(r.abcd, before.abcd);
    r.e[0] = _mm_sha1nexte_epu32(r.e[0], before.e[0]);
  }
}

[[gnu::always_inline]] inline void add_md5(Registers& r, const Registers& before) {
  for (int each = 0; each < 4; ++each) r.v[each] += before.v[each];
}

template <bool Sha1, bool Md5>
void blocks(Words& words, const std::uint8_t* data, size_t count) {
  Registers r;
  load_words<Sha1, Md5>(r, words);
  for (; count != 0; --count, data += 64) {
    const Registers before = r;
    block_of<Sha1, Md5>(r, data, std::make_integer_sequence<int, Sha1 ? 20 : 16>());
    add_sha<Sha1>(r, before);
    if constexpr (Md5) add_md5(r, before);
  }
  store_words<Sha1, Md5>(r, words);
}

/// A group of the SHA of one file, with two steps of the MD5 of both: half of MD5's steps for all groups of a block.
template <bool Sha1, int Half, int G>
[[gnu::always_inline]] inline void both_group(Registers& sha, const std::uint8_t* block, Registers& one, const std::uint8_t* data, Registers& other, const std::uint8_t* other_data) {
  constexpr int step = 32 * Half + 2 * G;
  if constexpr (G < 16) sha256_group<G>(sha, block);
  if constexpr (G < 16) md5_step<step>(one, data), md5_step<step>(other, other_data);
  if constexpr (Sha1) sha1_group<G>(sha, block);
  if constexpr (G < 16) md5_step<step + 1>(one, data), md5_step<step + 1>(other, other_data);
}

template <bool Sha1, int Half, int... G>
[[gnu::always_inline]] inline void both_groups(Registers& sha, const std::uint8_t* block, Registers& one, const std::uint8_t* data, Registers& other, const std::uint8_t* other_data, std::integer_sequence<int, G...>) {
  const Registers before = sha;
  (both_group<Sha1, Half, G>(sha, block, one, data, other, other_data), ...);
  add_sha<Sha1>(sha, before);
}

/// The SHA of one after the other, the MD5 of both all the while.
template <bool Sha1>
void blocks_of_both(Words& words, const std::uint8_t* data, Words& other_words, const std::uint8_t* other_data, size_t count) {
  constexpr auto groups = std::make_integer_sequence<int, Sha1 ? 20 : 16>();
  Registers one, other;
  load_words<Sha1, true>(one, words);
  load_words<Sha1, true>(other, other_words);
  for (; count != 0; --count, data += 64, other_data += 64) {
    const Registers before = one, other_before = other;
    both_groups<Sha1, 0>(one, data, one, data, other, other_data, groups);
    both_groups<Sha1, 1>(other, other_data, one, data, other, other_data, groups);
    add_md5(one, before);
    add_md5(other, other_before);
  }
  store_words<Sha1, true>(one, words);
  store_words<Sha1, true>(other, other_words);
}

template <int... G>
[[gnu::always_inline]] inline void sha256_groups(Registers& one, const std::uint8_t* data, Registers& other, const std::uint8_t* other_data, std::integer_sequence<int, G...>) {
  const Registers before = one, other_before = other;
  ((sha256_group<G>(one, data), sha256_group<G>(other, other_data)), ...);
  add_sha<false>(one, before);
  add_sha<false>(other, other_before);
}

/// The SHA-256 of both beside each other.
void sha256_of_both(Words& words, const std::uint8_t* data, Words& other_words, const std::uint8_t* other_data, size_t count) {
  Registers one, other;
  load_words<false, false>(one, words);
  load_words<false, false>(other, other_words);
  for (; count != 0; --count, data += 64, other_data += 64) sha256_groups(one, data, other, other_data, std::make_integer_sequence<int, 16>());
  store_words<false, false>(one, words);
  store_words<false, false>(other, other_words);
}

}  // namespace
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

bool available() {
  static const bool able = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
  }();
  return able;
}

void take(Words& words, const std::uint8_t* data, size_t count, bool sha1, bool md5) {
  if (sha1) md5 ? blocks<true, true>(words, data, count) : blocks<true, false>(words, data, count);
  else md5 ? blocks<false, true>(words, data, count) : blocks<false, false>(words, data, count);
}

void take_both(Words& one, const std::uint8_t* data, Words& other, const std::uint8_t* other_data, size_t count, bool sha1, bool md5) {
  if (!md5) return sha256_of_both(one, data, other, other_data, count);
  sha1 ? blocks_of_both<true>(one, data, other, other_data, count) : blocks_of_both<false>(one, data, other, other_data, count);
}

}  // namespace ashlar::stitched

#else

namespace ashlar::stitched {

bool available() { return false; }
void take(Words&, const std::uint8_t*, size_t, bool, bool) {}
void take_both(Words&, const std::uint8_t*, Words&, const std::uint8_t*, size_t, bool, bool) {}

}  // namespace ashlar::stitched

#endif
