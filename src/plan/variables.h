#pragma once
// `${NAME}` in a definition's texts, and what depends on the platform that an image is for.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/definition.h"

namespace ashlar::plan {

/// What becomes of `${NAME}` where no variable has that name.
enum class Undefined {
  Refuse,       ///< a fault
  Keep,         ///< stays as it is: the text may be a shell's
  Environment,  ///< becomes empty, as in an image that sets nothing before; a name that is nearly one of ours is a fault all the same
};

/// A text with its variables replaced, or what was wrong with it.
struct Expansion {
  std::string text;
  std::string trouble, hint;  ///< empty trouble: all went well
  std::string culprit;        ///< the part of the text that was wrong
};

/// The variables of one definition. What they expand to is bounded, so that no chain of them can fill the memory.
class Variables {
 public:
  /// Values may name other variables, in any order.
  explicit Variables(std::map<std::string, std::string> values);

  /// Replaces `${NAME}` by the variable's value and `${NAME:^regex$}` by what the expression's first group catches in it.
  /// `${target.arch}` and `#{...}` stay: they wait for at_platform().
  Expansion expand(std::string_view text, Undefined undefined);

  /// Every variable expanded; those whose expansion fails keep their text.
  std::map<std::string, std::string> expanded();

 private:
  struct Value {
    std::string text;
    enum class State { Raw, Busy, Done, Failed } state = State::Raw;
    std::string trouble, hint;
  };
  bool replace(std::string_view inside, Undefined undefined, Expansion& into);
  const Value& value_of(Value& value, const std::string& name);

  std::map<std::string, Value, std::less<>> values_;
  size_t budget_;
  int depth_ = 0;
};

/// Whether a text says different things for different platforms.
bool depends_on_platform(std::string_view text);
/// `${target.arch}` as `amd64` and `#{ target.arch == "amd64" ? "x86_64" : "aarch64" }` as one of both; Invalid when an expression is none that we know.
Result<std::string> at_platform(std::string_view text, std::string_view platform);
/// Whether an `if:` holds: an expression like that in `#{...}`, with or without the braces.
Result<bool> holds_at(std::string_view condition, std::string_view platform);

}  // namespace ashlar::plan
