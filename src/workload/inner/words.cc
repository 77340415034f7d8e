#include "workload/inner/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"

namespace ashlar::workload {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r'; }
bool is_space(char c) { return is_blank(c) || c == '\n'; }

namespace {

// White_Space of Unicode beyond ASCII.
constexpr std::array<std::string_view, 19> wide_spaces = {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
                                                          "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

/// The same for the character that ends at `end`.
size_t space_before(std::string_view text, size_t end) {
  for (size_t length = 1; length <= 3 && length <= end; ++length) {
    if (space_at(text, end - length) == length) return length;
  }
  return 0;
}

}  // namespace

size_t space_at(std::string_view text, size_t at) {
  if (at >= text.size()) return 0;
  if (static_cast<unsigned char>(text[at]) < 0x80) return is_space(text[at]) ? 1 : 0;
  const auto found = std::ranges::find_if(wide_spaces, [&](std::string_view each) { return text.substr(at, each.size()) == each; });
  return found == wide_spaces.end() ? 0 : found->size();
}

std::string_view left_trimmed(std::string_view text) {
  while (const size_t space = space_at(text, 0)) text.remove_prefix(space);
  return text;
}

Traced trimmed(const Traced& text) {
  size_t begin = text.size() - left_trimmed(text.text).size(), end = text.size();
  while (const size_t space = end > begin ? space_before(text.text, end) : 0) end -= space;
  return text.slice(begin, end);
}

std::vector<Traced> split_blanks(const Traced& text) {
  std::vector<Traced> out;
  if (text.empty()) return out;
  size_t begin = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && !is_blank(text.text[at])) continue;
    out.push_back(text.slice(begin, at));
    while (at < text.size() && is_blank(text.text[at])) ++at;
    begin = at;
    if (at == text.size() && at > 0 && is_blank(text.text[at - 1])) out.emplace_back();
  }
  return out;
}

std::vector<Traced> quoted_words(const Traced& text, char escape) {
  std::vector<Traced> out;
  Traced word;
  bool inside = false, blank_counts = false;
  char quote = 0;
  const auto take = [&](size_t at) { word.add(text.text[at], text.from[at]); };
  const auto finish = [&] {
    if (blank_counts || !word.empty()) out.push_back(std::exchange(word, {}));
    word = {}, blank_counts = false;
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text.text[at];
    if (const size_t space = quote == 0 ? space_at(text.text, at) : 0; space > 0) {
      if (inside) finish();
      inside = false, at += space - 1;
      continue;
    }
    inside = true;
    if (quote == 0 && (c == '\'' || c == '"')) quote = c, blank_counts = true;
    else if (quote == c) quote = 0;
    if (c == escape && quote != '\'') {
      if (at + 1 == text.size()) break;  // at the end it is nothing
      take(at++);
    }
    take(at);
  }
  if (inside) finish();
  return out;
}

namespace {

Flag flag_of(const Traced& word, const Span& span) {
  Flag out;
  const size_t equals = word.text.find('=');
  out.name = word.text.substr(2, equals == std::string::npos ? equals : equals - 2);
  out.has_value = equals != std::string::npos;
  if (out.has_value) out.value = word.slice(equals + 1, word.size());
  out.span = span;
  return out;
}

}  // namespace

Traced take_flags(const Traced& text, char escape, std::vector<Flag>& flags) {
  size_t at = 0;
  for (;;) {
    while (at < text.size() && is_space(text.text[at])) ++at;
    if (at + 1 >= text.size() || text.text[at] != '-' || text.text[at + 1] != '-') return text.slice(at, text.size());
    const size_t begin = at;
    Traced word;
    char quote = 0;
    for (; at < text.size() && (quote != 0 || !is_space(text.text[at])); ++at) {
      const char c = text.text[at];
      if (c == quote && quote != 0) { quote = 0; continue; }
      if (quote == 0 && (c == '\'' || c == '"')) { quote = c; continue; }
      if (c == escape) {
        if (at + 1 == text.size()) continue;
        ++at;
      }
      word.add(text.text[at], text.from[at]);
    }
    if (word.text == "--") return text.slice(at, text.size());
    const auto extent = text.slice(begin, at).extent();
    flags.push_back(flag_of(word, {extent ? extent->first : 0, extent ? extent->second : 0, 0, 0}));
  }
}

namespace {

/// A reader of JSON that keeps the places of strings. Values that are no strings are skipped.
class JsonArray {
 public:
  explicit JsonArray(const Traced& text) : text_(text) {}

  JsonForm read(std::vector<Traced>& words) {
    blanks();
    if (!is('[')) return JsonForm::None;
    // What a JSON text is, is said in one place; here only the strings are found again.
    const auto json = parse_json(text_.text, "array");
    if (!json || !json->is_array()) return JsonForm::None;
    if (!std::ranges::all_of(*json, [](const Json& each) { return each.is_string(); })) return JsonForm::Mixed;
    for (const Json& each : *json) words.push_back(next(each.get_ref<const std::string&>()));
    return JsonForm::Strings;
  }

 private:
  bool is(char c) const { return at_ < text_.size() && text_.text[at_] == c; }
  void blanks() { while (at_ < text_.size() && is_space(text_.text[at_])) ++at_; }

  /// The next string of the array, whose value is known.
  Traced next(const std::string& value) {
    while (!is('"')) ++at_;
    const size_t begin = ++at_;
    while (!is('"')) at_ += is('\\') ? 2 : 1;
    const Traced raw = text_.slice(begin, at_++);
    if (raw.text == value) return raw;
    Traced out;
    out.add_loose(value);
    return out;
  }

  const Traced& text_;
  size_t at_ = 0;
};

}  // namespace

JsonForm json_words(const Traced& text, std::vector<Traced>& words) { return JsonArray(text).read(words); }

namespace {

/// The text in quotes from `at` on, with them; false where it does not end.
bool skip_quoted(std::string_view text, size_t& at, std::string& out) {
  const char quote = text[at];
  out += text[at++];
  while (at < text.size() && text[at] != quote) {
    if (quote == '"' && text[at] == '\\' && at + 1 < text.size() && std::string_view("\"$\\").find(text[at + 1]) != std::string_view::npos) out += text[at++];
    out += text[at++];
  }
  if (at == text.size()) return false;
  out += text[at++];
  return true;
}

/// The words of a shell's line, with quotes and escapes; `<<` and the white space after it begin none. Nothing where a quote does not end.
std::vector<std::string> shell_words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\'' || c == '"') {
      if (!skip_quoted(text, at, word)) return {};
    } else if (c == '\\') {
      word += text[at++];
      if (at < text.size()) word += text[at++];
    } else if (c == '<' && at + 1 < text.size() && text[at + 1] == '<') {
      word += "<<", at += 2;
      while (at < text.size() && is_space(text[at])) word += text[at++];
    } else if (c == '$' && at + 1 < text.size() && text[at + 1] == '{') {
      const size_t end = text.find('}', at);
      if (end == std::string_view::npos) return {};
      word += text.substr(at, end + 1 - at), at = end + 1;
    } else if (is_space(c)) {
      if (!word.empty()) out.push_back(std::exchange(word, {}));
      ++at;
    } else {
      word += c, ++at;
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

/// `12<<-"NAME"`.
std::optional<Heredoc> heredoc_of(std::string_view word) {
  size_t at = 0;
  while (at < word.size() && std::isdigit(static_cast<unsigned char>(word[at])) != 0) ++at;
  Heredoc out;
  for (const char digit : word.substr(0, std::min<size_t>(at, 9))) out.descriptor = out.descriptor * 10 + static_cast<unsigned>(digit - '0');
  if (word.substr(at, 2) != "<<") return std::nullopt;
  at += 2;
  if (word.substr(at, 1) == "-") out.strips = true, ++at;
  while (at < word.size() && is_space(word[at])) ++at;
  const std::string_view name = word.substr(at);
  if (name.empty() || name.find('<') != std::string_view::npos) return std::nullopt;
  for (size_t each = 0; each < name.size();) {
    const char c = name[each];
    if (c == '\'' || c == '"') {
      std::string quoted;
      if (!skip_quoted(name, each, quoted)) return std::nullopt;
      out.expands = false;
      quoted = quoted.substr(1, quoted.size() - 2);
      if (c == '"') std::erase(quoted, '\\');
      out.name += quoted;
    } else if (is_space(c)) {
      return std::nullopt;
    } else {
      if (c == '\\' && ++each == name.size()) break;
      out.name += name[each++];
    }
  }
  return out.name.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace

std::vector<Heredoc> heredocs_of(std::string_view line) {
  std::vector<Heredoc> out;
  if (line.find("<<") == std::string_view::npos) return out;
  for (const std::string& word : shell_words(line)) {
    if (auto found = heredoc_of(word)) out.push_back(std::move(*found));
  }
  return out;
}

}  // namespace ashlar::workload
