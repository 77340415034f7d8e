#pragma once
// Small things done to text, in one way.
#include <compare>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

/// Without white space (space, tab, line ends) at both ends.
std::string_view trim(std::string_view text);
/// The parts between separators; an empty text has one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The parts that split() lists, one after the other and without the list: for (const std::string_view line : Parts(text, '\n')).
class Parts {
 public:
  class Iterator {
   public:
    Iterator(std::string_view rest, char separator) : rest_(rest), separator_(separator), end_(rest.find(separator)), more_(true) {}
    std::string_view operator*() const { return rest_.substr(0, end_); }
    Iterator& operator++() {
      more_ = end_ != std::string_view::npos;
      if (!more_) return *this;
      rest_.remove_prefix(end_ + 1);
      end_ = rest_.find(separator_);
      return *this;
    }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) { return !at.more_; }

   private:
    std::string_view rest_;
    char separator_;
    size_t end_;
    bool more_;
  };
  Parts(std::string_view text, char separator) : text_(text), separator_(separator) {}
  Iterator begin() const { return {text_, separator_}; }
  static std::default_sentinel_t end() { return {}; }

 private:
  std::string_view text_;
  char separator_;
};
/// The words between runs of white space.
std::vector<std::string_view> words(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
/// Cuts `text` at the first `separator`: before and after, or the whole and nothing.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator);
/// The candidate that `name` was probably meant to be (edit distance, a swap of neighbours counting one, at most a third of its length), or empty.
std::string nearest(std::string_view name, std::span<const std::string_view> candidates);
/// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
/// A text of others as one line that only shows itself: line ends and tabs are blanks, other control characters and bytes that are no UTF-8 `\x1b`. Whoever
/// names a file or package must not move the cursor of who reads of it.
std::string visible(std::string_view text);
/// Whether `path` fits `pattern`: `?` and `*` within a segment, `**` over any number of segments, `[...]` sets.
bool matches_glob(std::string_view pattern, std::string_view path);
/// Two runs of decimal digits, of any length, as the numbers that they write; an empty run is 0.
std::weak_ordering compare_numbers(std::string_view a, std::string_view b);
/// 20123456 as `20.1 MB` (powers of 1000).
std::string human_size(std::uint64_t bytes);

}  // namespace ashlar
