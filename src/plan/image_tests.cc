#include "plan/image_tests.h"

namespace ashlar::plan {

std::optional<std::vector<std::string>> split_command(const std::string& line) {
  std::vector<std::string> words;
  bool inside = false;  // a word was begun, even an empty one as ''
  char quote = 0;
  for (size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    const bool last = at + 1 == line.size();
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'') {
      if (last) return std::nullopt;
      const char next = line[at + 1];
      if (quote == '"' && next != '"' && next != '\\') words.back() += c;  // the next character comes in its turn
      else words.back() += line[++at];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return std::nullopt;
  return words;
}

}  // namespace ashlar::plan
