#include "build/inner/script_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script_arguments.h"

namespace ashlar::build {

using Words = Script::Words;

std::unexpected<Error> not_understood(Script& script, const Words& words) { return script.unknown(fmt::format("'{}'", join(words, " ").substr(0, 200))); }

namespace {

/// The escapes of dash's `echo`, whose `\c` ends it all; nothing where what dash does is not known to us.
std::optional<std::string> unescape(std::string_view text, bool& ended) {
  static constexpr std::string_view letters = "abfnrtv\\", characters = "\a\b\f\n\r\t\v\\";
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) { result += text[at]; continue; }
    const char c = text[++at];
    if (const size_t letter = letters.find(c); letter != std::string_view::npos) { result += characters[letter]; continue; }
    if (c == 'c') { ended = true; return result; }
    if ((c >= '0' && c <= '9') || c == 'e') return std::nullopt;
    result += '\\';
    result += c;
  }
  return result;
}

/// What `%d` makes of a word.
std::optional<std::string> decimal(const Words& words, size_t at) {
  if (at >= words.size()) return "0";
  const std::string& word = words[at];
  const std::string digits = word.substr(word.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos || (digits[0] == '0' && word != "0")) return std::nullopt;
  return word;
}

/// The format once over `words` from `next` on; nothing where it is not understood.
std::optional<std::string> format_once(const std::string& format, const Words& words, size_t& next) {
  std::string text;
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '\\' && format[at] != '%') { text += format[at]; continue; }
    const bool escape = format[at] == '\\';
    if (++at == format.size()) return std::nullopt;
    const char c = format[at];
    if (escape && (c == 'n' || c == 't' || c == '\\')) text += c == 'n' ? '\n' : c == 't' ? '\t' : '\\';
    else if (!escape && c == '%') text += '%';
    else if (!escape && c == 's') { if (next < words.size()) text += words[next]; ++next; }
    else if (!escape && c == 'd') {
      const auto number = decimal(words, next++);
      if (!number) return std::nullopt;
      text += *number;
    } else return std::nullopt;
  }
  return text;
}

}  // namespace

Result<int> print_words(Script& script, const Words& words) {
  size_t at = 1;
  bool line_end = true, ended = false;
  if (words.size() > 1 && words[1] == "-n") { line_end = false; ++at; }
  const bool dash = !script.bash() && words[0] == "echo";
  const bool option = words.size() > at && words[at].size() > 1 && words[at][0] == '-' && words[at].find_first_not_of("neE", 1) == std::string::npos;
  std::string text = join(std::span(words).subspan(at), " ");
  if (!dash && option) {
    if (words[at] != "-e" || text.find('\\') != std::string::npos) return not_understood(script, words);
    text = join(std::span(words).subspan(at + 1), " ");
  } else if (dash) {
    auto plain = unescape(text, ended);
    if (!plain) return not_understood(script, words);
    text = std::move(*plain);
  }
  script.print(text);
  if (line_end && !ended) script.print("\n");
  return 0;
}

Result<int> print_format(Script& script, const Words& words) {
  if (words.size() < 2 || words[1].starts_with('-')) return not_understood(script, words);
  size_t next = 2;
  do {
    const size_t before = next;
    const auto text = format_once(words[1], words, next);
    if (!text) return not_understood(script, words);
    script.print(*text);
    if (next == before) break;
  } while (next < words.size() && script.afford(0));
  return 0;
}

Result<int> concatenate(Script& script, const Words& words) {
  if (words.size() == 1) {
    if (script.input() == nullptr) return not_understood(script, words);
    script.print(*script.input());
    return 0;
  }
  for (size_t at = 1; at < words.size(); ++at) {
    if (words[at].starts_with('-')) return not_understood(script, words);
    const auto content = script.state().world.read(words[at]);
    if (!content) return 1;
    script.print(as_text(*content));
  }
  return 0;
}

namespace {

/// `1`, `2-`, `-3`, `2-4`, `1,3`: the numbers of fields or characters, from 1. Nothing for what is no list.
std::optional<std::vector<bool>> read_list(std::string_view text, size_t count) {
  std::vector<bool> chosen(count + 1);
  for (const auto part : split(text, ',')) {
    const auto [left, right] = cut(part, '-');
    const bool range = part.find('-') != std::string_view::npos;
    const auto number = [&](std::string_view digits, size_t otherwise) -> std::optional<size_t> {
      if (digits.empty() && range) return otherwise;
      if (digits.empty() || digits.size() > 6 || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
      return std::stoul(std::string(digits));
    };
    const auto from = number(left, 1), to = range ? number(right, count) : from;
    if (!from || !to || *from == 0 || part == "-") return std::nullopt;
    for (size_t at = *from; at <= std::min(*to, count); ++at) chosen[at] = true;
  }
  return chosen;
}

}  // namespace

Result<int> cut_lines(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-d", "-f", "-c"}, {"-s"});
  if (!arguments || arguments->rest.size() > 1 || arguments->values.contains("-f") == arguments->values.contains("-c")) return not_understood(script, words);
  const bool fields = arguments->values.contains("-f");
  const std::string delimiter = arguments->value("-d", "\t"), places = arguments->value(fields ? "-f" : "-c");
  std::string text;
  if (!arguments->rest.empty()) {
    const auto content = script.state().world.read(arguments->rest[0]);
    if (!content) return 1;
    text = as_text(*content);
  } else if (script.input() != nullptr) {
    text = *script.input();
  } else {
    return not_understood(script, words);
  }
  if (delimiter.size() != 1 || !read_list(places, 1)) return not_understood(script, words);
  if (text.ends_with('\n')) text.pop_back();
  else if (text.empty()) return 0;
  for (const auto line : split(text, '\n')) {
    std::string out;
    if (fields) {
      const auto parts = split(line, delimiter[0]);
      if (parts.size() == 1 && arguments->has("-s")) continue;
      const auto chosen = read_list(places, parts.size());
      std::vector<std::string> kept;
      for (size_t at = 0; at < parts.size(); ++at) if ((*chosen)[at + 1] || parts.size() == 1) kept.emplace_back(parts[at]);
      out = join(kept, delimiter);
    } else {
      const auto chosen = read_list(places, line.size());
      for (size_t at = 0; at < line.size(); ++at) if ((*chosen)[at + 1]) out += line[at];
    }
    script.print(out + "\n");
  }
  return 0;
}

Result<int> name_part(Script& script, const Words& words) {
  if (words.size() < 2 || words.size() > 3 || words[1].starts_with('-') || (words[0] == "dirname" && words.size() > 2)) return not_understood(script, words);
  std::string path = words[1];
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const size_t slash = path.rfind('/');
  if (words[0] == "dirname") {
    path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  } else {
    if (slash != std::string::npos && path.size() > 1) path = path.substr(slash + 1);
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
