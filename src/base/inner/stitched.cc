#include "base/inner/stitched.h"

#include <utility>

#include "base/inner/hash_tables.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

namespace ashlar::stitched {
namespace {

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
  __m128i sum = _mm_add_epi32(r.m[G % 4], load(sha256_table + 4 * G));
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
  constexpr int round = I / 16, word = md5_word(I), turn = md5_turns[round * 4 + I % 4];
  std::uint32_t &a = r.v[(64 - I) % 4], b = r.v[(65 - I) % 4], c = r.v[(66 - I) % 4], d = r.v[(67 - I) % 4], m;
  __builtin_memcpy(&m, block + 4 * word, 4);
  std::uint32_t sum = a + m + md5_table[I];
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

void take_both(Words& one, const std::uint8_t* data, Words& other, const std::uint8_t* other_data, size_t count, bool sha1) {
  sha1 ? blocks_of_both<true>(one, data, other, other_data, count) : blocks_of_both<false>(one, data, other, other_data, count);
}

}  // namespace ashlar::stitched

#else

namespace ashlar::stitched {

bool available() { return false; }
void take(Words&, const std::uint8_t*, size_t, bool, bool) {}
void take_both(Words&, const std::uint8_t*, Words&, const std::uint8_t*, size_t, bool) {}

}  // namespace ashlar::stitched

#endif
