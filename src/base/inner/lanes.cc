#include "base/inner/lanes.h"

#include <utility>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/inner/hash_tables.h"

namespace ashlar::lanes {

void Md5::begin(size_t lane) {
  constexpr std::uint32_t first[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (size_t word = 0; word < 4; ++word) words[word][lane] = first[word];
}

void Sha1::begin(size_t lane) {
  constexpr std::uint32_t first[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (size_t word = 0; word < 5; ++word) words[word][lane] = first[word];
}

void Sha256::begin(size_t lane) {
  constexpr std::uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (size_t word = 0; word < 8; ++word) words[word][lane] = first[word];
}

#ifdef __x86_64__
namespace {

// As in stitched.cc, nothing of the standard library is instantiated in here.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw"))), apply_to = function)
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of GCC's own headers (its bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw")
#endif

using Wide = __m512i;

/// What _mm512_ternarylogic_epi32 makes of x, y and z: x ? y : z, the odd one of them, what most of them have, and y ^ (x | ~z).
constexpr int choose = 0xca, parity = 0x96, majority = 0xe8, last = 0x39;

/// Sixteen rows of sixteen words become sixteen columns.
[[gnu::always_inline]] inline void transpose(Wide (&rows)[16]) {
  Wide part[16];
  for (int at = 0; at < 16; at += 2) {
    part[at] = _mm512_unpacklo_epi32(rows[at], rows[at + 1]);
    part[at + 1] = _mm512_unpackhi_epi32(rows[at], rows[at + 1]);
  }
  for (int at = 0; at < 16; at += 4) {  // then each quarter of rows[at + word] has a word of four rows: that and every fourth after it
    rows[at] = _mm512_unpacklo_epi64(part[at], part[at + 2]);
    rows[at + 1] = _mm512_unpackhi_epi64(part[at], part[at + 2]);
    rows[at + 2] = _mm512_unpacklo_epi64(part[at + 1], part[at + 3]);
    rows[at + 3] = _mm512_unpackhi_epi64(part[at + 1], part[at + 3]);
  }
  constexpr int even = 0x88, odd = 0xdd;  // quarters
  for (int word = 0; word < 4; ++word) {
    const Wide a = _mm512_shuffle_i32x4(rows[word], rows[4 + word], even), b = _mm512_shuffle_i32x4(rows[8 + word], rows[12 + word], even);
    const Wide c = _mm512_shuffle_i32x4(rows[word], rows[4 + word], odd), d = _mm512_shuffle_i32x4(rows[8 + word], rows[12 + word], odd);
    part[word] = _mm512_shuffle_i32x4(a, b, even);
    part[4 + word] = _mm512_shuffle_i32x4(c, d, even);
    part[8 + word] = _mm512_shuffle_i32x4(a, b, odd);
    part[12 + word] = _mm512_shuffle_i32x4(c, d, odd);
  }
  for (int at = 0; at < 16; ++at) rows[at] = part[at];
}

[[gnu::always_inline]] inline Wide number(std::uint32_t value) { return _mm512_set1_epi32(static_cast<int>(value)); }

/// One step of MD5 out of 64.
template <int I>
[[gnu::always_inline]] inline void md5_step(Wide (&v)[4], const Wide (&m)[16]) {
  constexpr int round = I / 16, word = md5_word(I), turn = md5_turns[round * 4 + I % 4];
  Wide& a = v[(64 - I) % 4];
  const Wide b = v[(65 - I) % 4], c = v[(66 - I) % 4], d = v[(67 - I) % 4];
  Wide mixed;
  if constexpr (round == 0) mixed = _mm512_ternarylogic_epi32(b, c, d, choose);
  else if constexpr (round == 1) mixed = _mm512_ternarylogic_epi32(d, b, c, choose);
  else if constexpr (round == 2) mixed = _mm512_ternarylogic_epi32(b, c, d, parity);
  else mixed = _mm512_ternarylogic_epi32(b, c, d, last);
  const Wide sum = _mm512_add_epi32(_mm512_add_epi32(a, _mm512_add_epi32(m[word], number(md5_table[I]))), mixed);
  a = _mm512_add_epi32(_mm512_rol_epi32(sum, turn), b);
}

template <int... I>
[[gnu::always_inline]] inline void md5_steps(Wide (&v)[4], const Wide (&m)[16], std::integer_sequence<int, I...>) {
  (md5_step<I>(v, m), ...);
}

/// One step of SHA-1 out of 80, which replaces the word of the message that it takes by one for later.
template <int I>
[[gnu::always_inline]] inline void sha1_step(Wide (&v)[5], Wide (&w)[16]) {
  if constexpr (I >= 16) w[I % 16] = _mm512_rol_epi32(_mm512_xor_si512(_mm512_ternarylogic_epi32(w[(I + 13) % 16], w[(I + 8) % 16], w[(I + 2) % 16], parity), w[I % 16]), 1);
  constexpr std::uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  constexpr int functions[4] = {choose, parity, majority, parity};
  const Wide a = v[(80 - I) % 5], c = v[(82 - I) % 5], d = v[(83 - I) % 5];
  Wide &b = v[(81 - I) % 5], &e = v[(84 - I) % 5];
  const Wide mixed = _mm512_ternarylogic_epi32(b, c, d, functions[I / 20]);
  e = _mm512_add_epi32(_mm512_add_epi32(_mm512_add_epi32(e, _mm512_add_epi32(w[I % 16], number(constants[I / 20]))), mixed), _mm512_rol_epi32(a, 5));
  b = _mm512_rol_epi32(b, 30);
}

template <int... I>
[[gnu::always_inline]] inline void sha1_steps(Wide (&v)[5], Wide (&w)[16], std::integer_sequence<int, I...>) {
  (sha1_step<I>(v, w), ...);
}

template <int A, int B, int C>
[[gnu::always_inline]] inline Wide turned(Wide x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, A), _mm512_ror_epi32(x, B), _mm512_ror_epi32(x, C), parity);
}
template <int A, int B, int C>
[[gnu::always_inline]] inline Wide turned_and_moved(Wide x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, A), _mm512_ror_epi32(x, B), _mm512_srli_epi32(x, C), parity);
}

/// One step of SHA-256 out of 64, which makes the word of the message that the sixteenth after it takes.
template <int I>
[[gnu::always_inline]] inline void sha256_step(Wide (&v)[8], Wide (&w)[16]) {
  const Wide a = v[(64 - I) % 8], b = v[(65 - I) % 8], c = v[(66 - I) % 8], e = v[(68 - I) % 8], f = v[(69 - I) % 8], g = v[(70 - I) % 8];
  Wide &d = v[(67 - I) % 8], &h = v[(71 - I) % 8];
  const Wide message = _mm512_add_epi32(h, _mm512_add_epi32(w[I % 16], number(sha256_table[I])));
  const Wide one = _mm512_add_epi32(_mm512_add_epi32(message, _mm512_ternarylogic_epi32(e, f, g, choose)), turned<6, 11, 25>(e));
  d = _mm512_add_epi32(d, one);
  h = _mm512_add_epi32(_mm512_add_epi32(one, turned<2, 13, 22>(a)), _mm512_ternarylogic_epi32(a, b, c, majority));
  if constexpr (I < 48) {
    const Wide sum = _mm512_add_epi32(_mm512_add_epi32(w[I % 16], w[(I + 9) % 16]), turned_and_moved<7, 18, 3>(w[(I + 1) % 16]));
    w[I % 16] = _mm512_add_epi32(sum, turned_and_moved<17, 19, 10>(w[(I + 14) % 16]));
  }
}

template <int... I>
[[gnu::always_inline]] inline void sha256_steps(Wide (&v)[8], Wide (&w)[16], std::integer_sequence<int, I...>) {
  (sha256_step<I>(v, w), ...);
}

/// The blocks of all lanes word by word, from the order of bytes that SHA has.
[[gnu::always_inline]] inline void load_swapped(Wide (&w)[16], const std::uint8_t* const (&data)[count], size_t at) {
  const Wide swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL));
  for (size_t lane = 0; lane < count; ++lane) w[lane] = _mm512_shuffle_epi8(_mm512_loadu_si512(data[lane] + at), swap);
  transpose(w);
}

void md5_blocks(Md5& state, const std::uint8_t* const (&data)[count], size_t blocks) {
  Wide v[4];
  for (int word = 0; word < 4; ++word) v[word] = _mm512_load_si512(state.words[word]);
  for (size_t at = 0; at < blocks * block_size; at += block_size) {
    Wide m[16];
    for (size_t lane = 0; lane < count; ++lane) m[lane] = _mm512_loadu_si512(data[lane] + at);
    transpose(m);
    const Wide before[4] = {v[0], v[1], v[2], v[3]};
    md5_steps(v, m, std::make_integer_sequence<int, 64>());
    for (int word = 0; word < 4; ++word) v[word] = _mm512_add_epi32(v[word], before[word]);
  }
  for (int word = 0; word < 4; ++word) _mm512_store_si512(state.words[word], v[word]);
}

void sha1_blocks(Sha1& state, const std::uint8_t* const (&data)[count], size_t blocks) {
  Wide v[5];
  for (int word = 0; word < 5; ++word) v[word] = _mm512_load_si512(state.words[word]);
  for (size_t at = 0; at < blocks * block_size; at += block_size) {
    Wide w[16];
    load_swapped(w, data, at);
    const Wide before[5] = {v[0], v[1], v[2], v[3], v[4]};
    sha1_steps(v, w, std::make_integer_sequence<int, 80>());
    for (int word = 0; word < 5; ++word) v[word] = _mm512_add_epi32(v[word], before[word]);
  }
  for (int word = 0; word < 5; ++word) _mm512_store_si512(state.words[word], v[word]);
}

void sha256_blocks(Sha256& state, const std::uint8_t* const (&data)[count], size_t blocks) {
  Wide v[8];
  for (int word = 0; word < 8; ++word) v[word] = _mm512_load_si512(state.words[word]);
  for (size_t at = 0; at < blocks * block_size; at += block_size) {
    Wide w[16];
    load_swapped(w, data, at);
    const Wide before[8] = {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]};
    sha256_steps(v, w, std::make_integer_sequence<int, 64>());
    for (int word = 0; word < 8; ++word) v[word] = _mm512_add_epi32(v[word], before[word]);
  }
  for (int word = 0; word < 8; ++word) _mm512_store_si512(state.words[word], v[word]);
}

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#pragma GCC diagnostic pop
#endif

}  // namespace

bool available() {
  static const bool able = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  return able;
}

void take(Md5& state, const std::uint8_t* const (&data)[count], size_t blocks) { md5_blocks(state, data, blocks); }
void take(Sha1& state, const std::uint8_t* const (&data)[count], size_t blocks) { sha1_blocks(state, data, blocks); }
void take(Sha256& state, const std::uint8_t* const (&data)[count], size_t blocks) { sha256_blocks(state, data, blocks); }

#else

bool available() { return false; }
void take(Md5&, const std::uint8_t* const (&)[count], size_t) {}
void take(Sha1&, const std::uint8_t* const (&)[count], size_t) {}
void take(Sha256&, const std::uint8_t* const (&)[count], size_t) {}

#endif

}  // namespace ashlar::lanes
