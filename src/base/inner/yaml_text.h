#pragma once
// The text of a YAML file, seen as lines and characters; what no YAML text may have in it.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

inline bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// A text for people: control characters and invalid bytes, which could confuse a terminal, become U+FFFD.
std::string shown(std::string_view text);
/// The line around byte `at`, as shown, without its end; cut where it is very long, between characters.
std::string excerpt_at(std::string_view text, size_t at);

/// Walks a text forward and knows line and column of where it is; linear over all calls when places come in order.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  void go_to(size_t at) {
    at = std::min(at, text_.size());
    if (at < line_start_) *this = Cursor(text_);
    while (at_ > at) {
      --at_;
      if (!is_continuation(text_[at_])) --column_;
    }
    for (; at_ < at; ++at_) {
      const char byte = text_[at_];
      if (byte == '\n' || (byte == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] != '\n'))) {
        ++line_;
        column_ = 1;
        line_start_ = at_ + 1;
      } else if (!is_continuation(byte)) {
        ++column_;
      }
    }
  }
  int line() const { return line_; }
  int column() const { return column_; }
  size_t line_start() const { return line_start_; }

 private:
  std::string_view text_;
  size_t at_ = 0, line_start_ = 0;
  int line_ = 1, column_ = 1;
};

/// Where a YAML text has something that no YAML text may have (YAML 1.2.2, section 5.1), and what.
struct Unfit {
  size_t at;
  std::string message;
};

/// What a single-quoted scalar says (YAML 1.2.2, section 7.3.2): `raw` is what stands between its quotes.
std::string single_quoted(std::string_view raw);
/// A character that is not allowed, or bytes that are none.
std::optional<Unfit> find_unfit(std::string_view text);
/// Lines that libfyaml takes quadratic time over, and directives, of which only `%YAML 1.x` means anything to us.
std::optional<Unfit> find_unfit_line(std::string_view text);

}  // namespace ashlar
