#pragma once
// Results and the one error of the house.
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ashlar {

enum class Kind { NotFound, Invalid, Corrupt, Denied, Unavailable, Conflict };

/// A fault at a place in a text that a person wrote. Lines and columns count from 1; columns count characters (UTF-8 code points).
struct Fault {
  std::string path;
  int line = 0;
  int column = 0;
  std::string message;
  std::string hint;     ///< what to do, or empty
  std::string excerpt;  ///< the line's text, without its end
};

/// `path:line:column: message`, the line, a caret below it, the hint.
std::string to_string(const Fault& fault);

/// Why something could not be done. The message reads `cannot <verb> <object>: <cause>`, lower case, no full stop, names in single quotes.
/// `faults` says more where the cause lies in a text: printed instead of the message's last part by `cli`.
struct Error {
  Kind kind = Kind::Invalid;
  std::string message;
  std::vector<Fault> faults;
};

template <class T>
using Result = std::expected<T, Error>;
using Done = Result<void>;

/// An error with exactly this message.
[[nodiscard]] std::unexpected<Error> fail(Kind kind, std::string message);
/// `cannot <what>: <cause>`; `what` is a verb and its object.
[[nodiscard]] std::unexpected<Error> cannot(Kind kind, std::string_view what, std::string_view cause);
/// `cannot <what>: <message of cause>`, the kind and faults kept: context added on the way up.
[[nodiscard]] std::unexpected<Error> cannot(std::string_view what, Error cause);

}  // namespace ashlar

#define ASHLAR_JOIN_(a, b) a##b
#define ASHLAR_JOIN(a, b) ASHLAR_JOIN_(a, b)
#define ASHLAR_TRY_ASSIGN_(temporary, target, ...)                                 \
  auto temporary = (__VA_ARGS__);                                                  \
  if (!temporary) return std::unexpected<::ashlar::Error>(std::move(temporary).error()); \
  target = std::move(*temporary)
#define ASHLAR_TRY_(result, ...)                                                                               \
  do {                                                                                                         \
    if (auto result = (__VA_ARGS__); !result) return std::unexpected<::ashlar::Error>(std::move(result).error()); \
  } while (false)
/// `TRY(done())`: returns the error of a Result, or goes on.
#define TRY(...) ASHLAR_TRY_(ASHLAR_JOIN(try_done_, __COUNTER__), __VA_ARGS__)
/// `TRY_ASSIGN(auto x, make())`: the value of a Result, or returns its error.
#define TRY_ASSIGN(target, ...) ASHLAR_TRY_ASSIGN_(ASHLAR_JOIN(try_value_, __COUNTER__), target, __VA_ARGS__)
