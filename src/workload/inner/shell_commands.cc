#include "workload/inner/shell_commands.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace ashlar::workload {
namespace {

constexpr std::array<std::string_view, 10> keywords = {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "}"};
constexpr std::array<std::string_view, 8> callers = {"sudo", "env", "exec", "time", "command", "nohup", "doas", "builtin"};
constexpr std::array<std::string_view, 8> shells = {"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "fish"};
constexpr std::array<std::string_view, 42> builtins = {".", ":", "alias", "bg", "break", "builtin", "case", "cd", "command", "continue", "coproc", "declare", "let", "popd", "pushd", "shopt", "time", "typeset", "eval", "exec", "exit", "export", "fg", "for", "getopts", "hash", "if", "jobs", "local", "read",
                                                       "readonly", "return", "set", "shift", "source", "times", "trap", "type", "ulimit", "umask", "unset", "wait"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

bool is_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0 || std::isdigit(static_cast<unsigned char>(word[0])) != 0) return false;
  return std::ranges::all_of(word.substr(0, equals), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<ShellCommand> split() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#' && !inside_) at_ = std::min(text_.find('\n', at_), text_.size());
      else if (c == '\\' && at_ + 1 < text_.size()) escaped();
      else if (c == '\'' || c == '"') quoted(c);
      else if ((c == '$' || c == '<' || c == '>') && text_.substr(at_ + 1, 1) == "(") nested();
      else if (c == '`') backquoted();
      else if (c == ' ' || c == '\t' || c == '\r') end_word(), ++at_;
      else if (c == '\n' || c == ';' || c == '|' || c == '(' || c == ')') separator(c);
      else if (c == '&' && !(at_ > 0 && (text_[at_ - 1] == '>' || text_[at_ - 1] == '<')) && text_.substr(at_ + 1, 1) != ">") separator(c);
      else add(c), ++at_;
    }
    end_command(false);
    return std::move(out_);
  }

 private:
  void begin_word() {
    if (!inside_) inside_ = true, word_ = {{}, at_, at_};
  }
  void add(char c) { begin_word(), word_.text += c, word_.end = at_ + 1; }
  void end_word() {
    if (inside_) command_.words.push_back(std::move(word_));
    inside_ = false;
  }
  void end_command(bool pipes) {
    end_word();
    strip();
    if (!command_.words.empty()) out_.push_back(std::move(command_));
    command_ = {};
    command_.piped = pipes;
  }
  void separator(char c) {
    const bool twice = text_.substr(at_ + 1, 1) == std::string_view(&c, 1);
    const bool both = c == '|' && text_.substr(at_ + 1, 1) == "&";
    end_command(c == '|' && !twice);
    at_ += twice || both ? 2 : 1;
  }
  void escaped() {
    if (text_[at_ + 1] == '\n') {  // the line goes on
      at_ += 2;
      return;
    }
    begin_word();
    word_.text += text_[at_ + 1];
    at_ += 2, word_.end = at_;
  }
  void quoted(char quote) {
    begin_word();
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      word_.text += text_[at_];
    }
    if (at_ < text_.size()) ++at_;
    word_.end = at_;
  }
  void nested() {
    begin_word();
    word_.text += text_[at_++];
    int depth = 0;
    do {
      depth += text_[at_] == '(' ? 1 : text_[at_] == ')' ? -1 : 0;
      word_.text += text_[at_++];
    } while (at_ < text_.size() && depth > 0);
    word_.end = at_;
  }
  void backquoted() {
    begin_word();
    do word_.text += text_[at_++]; while (at_ < text_.size() && text_[at_] != '`');
    if (at_ < text_.size()) word_.text += text_[at_++];
    word_.end = at_;
  }

  /// Takes what stands before the command itself.
  void strip() {
    auto& words = command_.words;
    std::size_t gone = 0;
    bool caller = false;
    for (; gone < words.size(); ++gone) {
      const std::string& word = words[gone].text;
      if (is_one_of(callers, word)) command_.sudo = command_.sudo || word == "sudo" || word == "doas", caller = true;
      else if (!is_one_of(keywords, word) && !is_assignment(word) && !(caller && word.starts_with('-'))) break;
    }
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(gone));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool inside_ = false;
  ShellWord word_;
  ShellCommand command_;
  std::vector<ShellCommand> out_;
};

}  // namespace

std::string_view ShellCommand::program() const {
  if (words.empty()) return {};
  const std::string_view name = words[0].text;
  return name.substr(name.rfind('/') + 1);
}

bool ShellCommand::has(std::string_view word) const { return std::ranges::find(words, word, &ShellWord::text) != words.end(); }

std::vector<ShellCommand> shell_commands(std::string_view text) { return Splitter(text).split(); }

bool is_shell(std::string_view program) { return is_one_of(shells, program.substr(program.rfind('/') + 1)); }

std::vector<std::string> plain_words(std::string_view text) {
  const auto good = [](unsigned char c) { return std::isalnum(c) != 0 || std::string_view(" \t_-./:=@%+,").find(static_cast<char>(c)) != std::string_view::npos; };
  std::vector<std::string> out;
  if (!std::ranges::all_of(text, good)) return out;
  for (const std::string_view word : words(text)) out.emplace_back(word);
  const bool script = !out.empty() && (out[0].ends_with(".sh") || out[0].ends_with(".bash"));  // it may name no interpreter itself
  if (!out.empty() && (script || is_assignment(out[0]) || is_one_of(builtins, out[0]) || is_one_of(keywords, out[0]))) out.clear();
  return out;
}

}  // namespace ashlar::workload
