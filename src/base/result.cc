#include "base/result.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar {

std::string to_string(const Fault& fault) {
  std::string out = fmt::format("{}:{}:{}: {}", fault.path, fault.line, fault.column, fault.message);
  if (!fault.excerpt.empty() || fault.column > 0) {
    // A tab stays a tab before the caret, so that the caret stands below its character at any tab width.
    std::string lead;
    int seen = 1;
    for (size_t at = 0; at < fault.excerpt.size() && seen < fault.column; ++at) {
      const auto byte = static_cast<unsigned char>(fault.excerpt[at]);
      if ((byte & 0xC0) == 0x80) continue;
      lead += byte == '\t' ? '\t' : ' ';
      ++seen;
    }
    out += fmt::format("\n  {}\n  {}^", fault.excerpt, lead);
  }
  if (!fault.hint.empty()) out += fmt::format("\n  hint: {}", fault.hint);
  return out;
}

std::unexpected<Error> fail(Kind kind, std::string message) { return std::unexpected(Error{kind, std::move(message), {}}); }

std::unexpected<Error> cannot(Kind kind, std::string_view what, std::string_view cause) {
  return fail(kind, fmt::format("cannot {}: {}", what, cause));
}

std::unexpected<Error> cannot(std::string_view what, Error cause) {
  cause.message = fmt::format("cannot {}: {}", what, cause.message);
  return std::unexpected(std::move(cause));
}

}  // namespace ashlar
