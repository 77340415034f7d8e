#include "workload/inner/shell_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace ashlar::workload {
namespace {

constexpr size_t max_commands = 2000, max_words = 4000;

bool is_blank_of_shell(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_operator(char c) { return std::string_view("&|;\n()<>").find(c) != std::string_view::npos; }

bool is_assignment(std::string_view word) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0 || std::isdigit(static_cast<unsigned char>(word[0])) != 0) return false;
  return std::ranges::all_of(word.substr(0, equals), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

class Reader {
 public:
  explicit Reader(std::string_view line) : line_(line) {}

  ShellLine read() {
    while (at_ < line_.size() && out_.good && out_.commands.size() < max_commands && words_ < max_words) step();
    finish();
    if (at_ < line_.size() || depth_ != 0) out_.good = false;
    return std::move(out_);
  }

 private:
  void step() {
    const char c = line_[at_];
    if (is_blank_of_shell(c)) ++at_;
    else if (c == '\\' && at_ + 1 < line_.size() && line_[at_ + 1] == '\n') at_ += 2;
    else if (c == '#' && (at_ == 0 || is_blank_of_shell(line_[at_ - 1]) || line_[at_ - 1] == '\n')) while (at_ < line_.size() && line_[at_] != '\n') ++at_;
    else if (c == '<' || c == '>') redirect();
    else if (c == '(' || c == ')') finish(), ++at_, depth_ += c == '(' ? 1 : -1;
    else if (is_operator(c)) connect();
    else take(word());
  }

  void connect() {
    finish();
    const std::string_view two = line_.substr(at_, 2);
    separator_ = at_;
    before_ = two == "&&" || two == "||" || two == ";;" ? std::string(two) : std::string(1, line_[at_]);
    at_ += before_.size();
  }

  void redirect() {
    const bool out = line_[at_] == '>';
    open();
    present_.odd = true;
    bool descriptor = false;
    for (; at_ < line_.size() && (line_[at_] == '<' || line_[at_] == '>' || line_[at_] == '&' || line_[at_] == '-'); ++at_) descriptor = descriptor || line_[at_] == '&';
    while (at_ < line_.size() && is_blank_of_shell(line_[at_])) ++at_;
    if (at_ >= line_.size() || is_operator(line_[at_])) return;
    LineWord target = word();
    present_.end = target.end;
    if (out && !descriptor) present_.targets.push_back(std::move(target));
  }

  void open() {
    if (std::exchange(begun_, true)) return;
    present_ = {};
    present_.begin = present_.end = at_;
    present_.before = std::exchange(before_, {});
    present_.separator = present_.before.empty() ? at_ : separator_;
  }

  /// A word of the shell's grammar changes the depth; others are the command's.
  void take(LineWord word) {
    static constexpr std::array<std::string_view, 6> opens = {"if", "for", "while", "until", "case", "{"}, closes = {"fi", "done", "esac", "}", "", ""};
    static constexpr std::array<std::string_view, 4> joins = {"then", "else", "elif", "do"};
    const std::string_view raw = line_.substr(word.begin, word.end - word.begin);
    if (!begun_ && std::ranges::find(opens, raw) != opens.end()) {
      ++depth_;
      if (raw != "for" && raw != "case") return;
    }
    if (!begun_ && std::ranges::find(joins, raw) != joins.end()) return;
    if (!begun_ && raw == "!") return;
    if (!begun_) {
      const size_t after = at_;
      at_ = word.begin;
      open();
      at_ = after;
    }
    if (present_.words.empty() && std::ranges::find(closes, raw) != closes.end() && depth_ > 0) present_.nested = true, --depth_;
    if (depth_ > 0) present_.nested = true;
    present_.end = word.end;
    const bool digits_before = at_ < line_.size() && (line_[at_] == '>' || line_[at_] == '<') && std::ranges::all_of(raw, [](unsigned char c) { return std::isdigit(c) != 0; });
    if (digits_before) return;
    ++words_;
    if (present_.words.empty() && is_assignment(raw)) present_.assignments.push_back(std::move(word));
    else present_.words.push_back(std::move(word));
  }

  void finish() {
    if (std::exchange(begun_, false)) out_.commands.push_back(std::move(present_));
    else if (!before_.empty() && before_ != "\n" && before_ != ";" && at_ >= line_.size()) out_.good = before_ == "&" ? out_.good : false;
    if (depth_ < 0) out_.good = false;
  }

  LineWord word() {
    LineWord out;
    out.begin = at_;
    while (at_ < line_.size() && out_.good) {
      const char c = line_[at_];
      if (is_blank_of_shell(c) || is_operator(c)) break;
      if (c == '\'') single_quoted(out);
      else if (c == '"') double_quoted(out);
      else if (c == '\\') escaped(out);
      else if (c == '$' || c == '`') expansion(out);
      else {
        if (c == '*' || c == '?' || c == '[' || (c == '~' && out.value.empty()) || c == '{') out.plain = out.variables_only = false;
        out.value += c, ++at_;
      }
    }
    out.end = at_;
    return out;
  }

  void escaped(LineWord& out) {
    ++at_;
    if (at_ < line_.size() && line_[at_] == '\n') ++at_;
    else if (at_ < line_.size()) out.value += line_[at_++];
  }
  void single_quoted(LineWord& out) {
    const size_t end = line_.find('\'', at_ + 1);
    if (end == std::string_view::npos) { out_.good = false; return; }
    // A dollar sign in it is itself; whoever expands variables later must not.
    if (line_.substr(at_, end - at_).find('$') != std::string_view::npos) out.variables_only = out.plain = false;
    out.value += line_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
  }
  void double_quoted(LineWord& out) {
    ++at_;
    while (at_ < line_.size() && line_[at_] != '"') {
      const char c = line_[at_];
      if (c == '\\' && at_ + 1 < line_.size() && std::string_view("\"\\$`\n").find(line_[at_ + 1]) != std::string_view::npos) {
        if (line_[at_ + 1] == '$') out.variables_only = out.plain = false;
        if (line_[at_ + 1] != '\n') out.value += line_[at_ + 1];
        at_ += 2;
      } else if (c == '$' || c == '`') {
        expansion(out);
      } else {
        out.value += c, ++at_;
      }
    }
    if (at_ == line_.size()) out_.good = false;
    else ++at_;
  }

  /// `$NAME`, `${...}`, `$(...)` or backquotes, as written.
  void expansion(LineWord& out) {
    out.plain = false;
    const size_t begin = at_;
    const char c = line_[at_++];
    if (c == '`') {
      out.variables_only = false;
      const size_t end = line_.find('`', at_);
      at_ = end == std::string_view::npos ? line_.size() : end + 1;
      out_.good = out_.good && end != std::string_view::npos;
    } else if (at_ < line_.size() && (line_[at_] == '{' || line_[at_] == '(')) {
      const char opens = line_[at_], closes = opens == '{' ? '}' : ')';
      if (opens == '(') out.variables_only = false;
      int depth = 0;
      do {
        depth += line_[at_] == opens ? 1 : line_[at_] == closes ? -1 : 0;
        ++at_;
      } while (at_ < line_.size() && depth > 0);
      if (depth > 0) out_.good = false;
    } else if (at_ < line_.size() && (std::isalnum(static_cast<unsigned char>(line_[at_])) != 0 || line_[at_] == '_')) {
      while (at_ < line_.size() && (std::isalnum(static_cast<unsigned char>(line_[at_])) != 0 || line_[at_] == '_')) ++at_;
    } else if (at_ < line_.size() && std::string_view("@*#?$!-").find(line_[at_]) != std::string_view::npos) {
      ++at_;
      out.variables_only = false;
    }
    out.value += line_.substr(begin, at_ - begin);
  }

  std::string_view line_;
  size_t at_ = 0, separator_ = 0, words_ = 0;
  int depth_ = 0;
  bool begun_ = false;
  std::string before_;
  LineCommand present_;
  ShellLine out_;
};

}  // namespace

const std::string& LineCommand::program() const {
  static const std::string none;
  return words.empty() ? none : words.front().value;
}

ShellLine read_shell_line(std::string_view line) { return Reader(line).read(); }

}  // namespace ashlar::workload
