#include "base/markdown.h"

#include "base/text.h"

namespace ashlar::markdown {

std::string code(std::string_view text) {
  std::string out;
  for (const char c : visible(text)) {
    if (c == '`') out += '\'';
    else if (c == '|') out += "\\|";
    else out += c;
  }
  return out.empty() ? out : "`" + out + "`";
}

std::string prose(std::string_view text) {
  constexpr std::string_view marks = "\\`*_[]<>|~&!";
  std::string out;
  for (const char c : visible(text)) {
    if (marks.find(c) != std::string_view::npos) out += '\\';
    out += c;
    if (c == '@' || c == '#') out += "<!-- -->";  // forges look for names and numbers behind these, in words alone
  }
  return out;
}

}  // namespace ashlar::markdown
