#include "prove/inner/needles.h"

#include <algorithm>

namespace ashlar::prove {
namespace {

/// How rare a byte is among programs and texts, roughly.
int rarity(char c) {
  if (c >= 'a' && c <= 'z') return std::string_view("etaoinsrhld").find(c) == std::string_view::npos ? 2 : 0;
  if (c >= 'A' && c <= 'Z') return 4;
  if (c >= '0' && c <= '9') return 3;
  if (c == ' ' || c == '\0' || c == '\n') return 1;
  return c == '-' ? 2 : 4;
}

/// Where the rarest window of a text begins.
size_t rarest(std::string_view text) {
  size_t best = 0;
  int most = -1;
  for (size_t at = 0; at + Needles::window <= text.size(); ++at) {
    int sum = 0;
    for (size_t each = 0; each < Needles::window; ++each) sum += rarity(text[at + each]);
    // A run of one byte, as of dashes, is in every ruled line.
    if (text.substr(at, Needles::window).find_first_not_of(text[at]) == std::string_view::npos) sum = 0;
    if (sum > most) most = sum, best = at;
  }
  return best;
}

}  // namespace

Needles::Needles(std::span<const std::string_view> texts) {
  skips_.fill(window - 1);
  heads_.fill(none);
  rows_.reserve(texts.size());
  for (const std::string_view text : texts) {
    const size_t offset = rarest(text);
    for (size_t at = 0; at + 1 < window; ++at) {
      const size_t pair = static_cast<unsigned char>(text[offset + at]) | static_cast<size_t>(static_cast<unsigned char>(text[offset + at + 1])) << 8;
      skips_[pair] = std::min(skips_[pair], static_cast<std::uint8_t>(window - 2 - at));
      if (at + 2 == window) {
        rows_.push_back({text, offset, heads_[pair]});
        heads_[pair] = static_cast<std::uint16_t>(rows_.size() - 1);
      }
    }
  }
}

}  // namespace ashlar::prove
