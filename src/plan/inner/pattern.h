#pragma once
// Regular expressions that take linear time in the text, whatever the pattern: the part of RE2's syntax that definitions use.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::plan {

/// Literals, `.`, `[...]`, `\d \w \s` and their opposites, `( )`, `(?: )`, `|`, `* + ? {m,n}` and their lazy forms, `^`, `$`. Leftmost-first, as Perl.
class Pattern {
 public:
  /// Invalid when the text is no pattern of this kind, is longer than 512 bytes, or repeats more than 1000 times.
  static Result<Pattern> parse(std::string_view text);
  /// What the first group caught in the leftmost match (the whole match when there is no group), or nothing without a match.
  std::optional<std::string> capture(std::string_view text) const;

 private:
  friend class PatternCompiler;
  enum class Op : std::uint8_t { Any, Byte, Set, Split, Jump, Save, Begin, End, Match };
  struct Step {
    Op op;
    std::uint8_t byte = 0;
    std::uint32_t x = 0, y = 0;  ///< Split: preferred and other target; Jump: target; Set: place in sets_; Save: slot
  };
  struct Thread;
  void add(std::vector<Thread>& threads, std::vector<std::uint32_t>& seen, std::uint32_t mark, Thread thread, size_t at, size_t size) const;
  bool fits(const Step& step, std::uint8_t byte) const;

  std::vector<Step> steps_;
  std::vector<std::vector<bool>> sets_;
  bool groups_ = false;
};

}  // namespace ashlar::plan
