#pragma once
// Regular expressions as grep(1) has them, as far as maintainer scripts use them.
#include <optional>
#include <string_view>

namespace ashlar::build {

struct ExpressionOptions {
  bool extended = false;  ///< `grep -E`: `+` and `?` count too
  bool whole = false;     ///< `grep -x`: the whole line must fit
  bool word = false;      ///< `grep -w`: what fits must stand as a word
};

/// Whether some part of `line` fits a regular expression (POSIX.1-2017, chapter 9) of characters, `.`, `[...]` with ranges and classes by name, `*`, `^`
/// and `$`. Nothing for expressions with groups, alternatives, counts or references, for ones over 200 characters
/// and for lines over 1024.
std::optional<bool> fits_expression(std::string_view expression, std::string_view line, const ExpressionOptions& options);

}  // namespace ashlar::build
