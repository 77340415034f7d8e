#pragma once
// Small things done to text, in one way.
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

/// Without white space (space, tab, line ends) at both ends.
std::string_view trim(std::string_view text);
/// The parts between separators; an empty text has one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The words between runs of white space.
std::vector<std::string_view> words(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
/// Cuts `text` at the first `separator`: before and after, or the whole and nothing.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator);
/// The candidate that `name` was probably meant to be (edit distance, a swap of neighbours counting one, at most a third of its length), or empty.
std::string nearest(std::string_view name, std::span<const std::string_view> candidates);
/// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
/// Whether `path` fits `pattern`: `?` and `*` within a segment, `**` over any number of segments, `[...]` sets.
bool matches_glob(std::string_view pattern, std::string_view path);
/// Two runs of decimal digits, of any length, as the numbers that they write; an empty run is 0.
std::weak_ordering compare_numbers(std::string_view a, std::string_view b);
/// 20123456 as `20.1 MB` (powers of 1000).
std::string human_size(std::uint64_t bytes);

}  // namespace ashlar
