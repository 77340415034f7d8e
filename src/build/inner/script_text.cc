#include "build/inner/script_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::build {

using Words = Script::Words;

std::unexpected<Error> not_understood(Script& script, const Words& words) { return script.unknown(fmt::format("'{}'", join(words, " ").substr(0, 200))); }

Result<int> print_words(Script& script, const Words& words) {
  size_t at = 1;
  bool line_end = true;
  if (words.size() > 1 && words[1] == "-n") { line_end = false; ++at; }
  if (words.size() > at && words[at] == "-e") ++at;
  script.print(join(std::span(words).subspan(at), " "));
  if (line_end) script.print("\n");
  return 0;
}

Result<int> print_format(Script& script, const Words& words) {
  if (words.size() < 2) return not_understood(script, words);
  size_t next = 2;
  std::string text;
  do {
    const size_t before = next;
    const std::string& format = words[1];
    for (size_t at = 0; at < format.size(); ++at) {
      if (format[at] == '\\' && at + 1 < format.size()) {
        const char c = format[++at];
        if (c == 'n') text += '\n';
        else if (c == 't') text += '\t';
        else if (c == '\\') text += '\\';
        else return not_understood(script, words);
      } else if (format[at] == '%' && at + 1 < format.size()) {
        const char c = format[++at];
        if (c == '%') text += '%';
        else if (c == 's' || c == 'd') text += next < words.size() ? words[next++] : std::string();
        else return not_understood(script, words);
      } else {
        text += format[at];
      }
    }
    if (next == before) break;
  } while (next < words.size());
  script.print(text);
  return 0;
}

Result<int> concatenate(Script& script, const Words& words) {
  if (words.size() == 1) {
    if (script.input() == nullptr) return not_understood(script, words);
    script.print(*script.input());
    return 0;
  }
  for (size_t at = 1; at < words.size(); ++at) {
    const auto content = script.state().world.read(words[at]);
    if (!content) return 1;
    script.print(as_text(*content));
  }
  return 0;
}

Result<int> name_part(Script& script, const Words& words) {
  if (words.size() < 2 || words.size() > 3) return not_understood(script, words);
  std::string path = words[1];
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const size_t slash = path.rfind('/');
  if (words[0] == "dirname") {
    path = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  } else {
    if (slash != std::string::npos) path = path.substr(slash + 1);
    if (words.size() == 3 && path.size() > words[2].size() && path.ends_with(words[2])) path.resize(path.size() - words[2].size());
  }
  script.print(path + "\n");
  return 0;
}

Result<int> read_link(Script& script, const Words& words) {
  if (words.size() == 3 && (words[1] == "-f" || words[1] == "-e")) {
    const auto path = script.state().world.resolve(words[2], true);
    if (!path) return 1;
    script.print("/" + *path + "\n");
    return 0;
  }
  if (words.size() != 2) return not_understood(script, words);
  const auto node = script.state().world.find(words[1], false);
  if (!node || node->entry.type != FileType::Symlink) return 1;
  script.print(node->entry.link + "\n");
  return 0;
}

}  // namespace ashlar::build
