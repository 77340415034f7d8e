#include "base/shell.h"

namespace ashlar {

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._+:/@%,=";
  return !text.empty() && text.find_first_not_of(plain) == std::string_view::npos ? std::string(text) : shell_quoted(text);
}

}  // namespace ashlar
