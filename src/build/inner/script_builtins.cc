// What the shell does itself (IEEE 1003.1, XCU 2.14), and how it sets variables. Where dash would end the script, following ends.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script.h"
#include "build/inner/script_arguments.h"

namespace ashlar::build {
namespace {

constexpr std::array<std::string_view, 16> special_names{":", ".", "break", "continue", "eval", "exec", "exit", "export", "local", "readonly", "return", "set", "shift", "times", "trap", "unset"};
constexpr std::array<std::string_view, 22> other_names{"[", "alias", "bg", "cd", "command", "echo", "false", "fg", "getopts", "hash", "jobs",
                                                       "kill", "printf", "pwd", "read", "test", "true", "type", "ulimit", "umask", "unalias", "wait"};

}  // namespace

bool Script::is_special(std::string_view name) { return std::ranges::find(special_names, name) != special_names.end(); }

bool Script::knows(const std::string& name) const { return functions_.contains(name) || is_special(name) || std::ranges::find(other_names, name) != other_names.end(); }

bool Script::is_variable(std::string_view name) {
  constexpr std::string_view digits = "0123456789", others = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  return !name.empty() && digits.find(name[0]) == std::string_view::npos &&
         std::ranges::all_of(name, [&](char c) { return digits.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos; });
}

Done Script::assign(const std::string& name, std::string value) {
  if (!is_variable(name)) return unknown(fmt::format("'{}' as a variable", name));
  if (readonly_.contains(name)) return unknown(fmt::format("'{}' is read only", name));
  if (name == "IFS" && value != " \t\n") return unknown("'IFS' with other characters");
  variables_[name] = std::move(value);
  return {};
}

/// The words of a simple command. What `export x=$y` and its like assign is not split, as in `x=$y`.
Result<Script::Words> Script::command_words(const ShellNode& node) {
  Words words;
  for (const ShellWord& word : node.words) {
    const bool declares = !words.empty() && (words[0] == "export" || words[0] == "local" || words[0] == "readonly");
    const ShellPart& first = word[0];
    const size_t equals = declares && !first.quoted && first.kind == ShellPart::Kind::Text ? first.text.find('=') : std::string::npos;
    if (equals != std::string::npos && is_variable(first.text.substr(0, equals))) {
      for (const ShellPart& part : word)
        if (!part.quoted && part.kind == ShellPart::Kind::Text && (part.text.find("=~") != std::string::npos || part.text.find(":~") != std::string::npos)) return unknown("'~'");
      TRY_ASSIGN(std::string text, expand_one(word));
      words.push_back(std::move(text));
      continue;
    }
    TRY_ASSIGN(Words more, expand(word));
    words.insert(words.end(), more.begin(), more.end());
  }
  return words;
}

Result<int> Script::leave(const Words& words) {  // exit, return, break, continue
  const std::string& name = words[0];
  if (name == "break" || name == "continue") {
    if (words.size() > 1 && words[1] != "1") return unknown(fmt::format("'{}' of several loops", name));
    if (loops_ > 0) flow_ = name == "break" ? Flow::Break : Flow::Continue;
    return 0;
  }
  const auto status = words.size() > 1 ? whole_number(words[1]) : std::optional(status_);
  if (!status || *status < 0) return unknown(fmt::format("'{}' with such a status", name));
  status_ = *status & 0xFF;
  if (name == "exit") exit_status_ = status_;
  flow_ = name == "exit" ? Flow::Exit : Flow::Return;
  return status_;
}

Result<int> Script::set_options(const Words& words) {
  for (size_t at = 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "--") { arguments_.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end()); return 0; }
    if (word.size() < 2 || (word[0] != '-' && word[0] != '+')) return unknown("'set' with arguments");
    const bool on = word[0] == '-';
    std::string letters = word.substr(1);
    if (letters.ends_with('o')) {
      const std::string option = at + 1 < words.size() ? words[++at] : "";
      letters.pop_back();
      if (option == "errexit") letters += 'e';
      else if (option == "nounset") letters += 'u';
      else if (option != "xtrace" && option != "verbose") return unknown(fmt::format("'set {} {}'", word, option));
    }
    for (const char letter : letters) {
      if (letter == 'e') errexit_ = on;
      else if (letter == 'u') nounset_ = on;
      else if (letter != 'x' && letter != 'v') return unknown(fmt::format("'set {}'", word));
    }
  }
  return words.size() > 1 ? Result<int>(0) : Result<int>(unknown("'set'"));
}

Result<int> Script::declare(const Words& words) {  // local, export, readonly
  const bool local = words[0] == "local";
  if (local && locals_.empty()) return unknown("'local' outside of a function");
  if (words.size() == 1 && !local) return unknown(fmt::format("'{}'", words[0]));
  const bool fixed = words[0] == "readonly" || (bash_ && local && words.size() > 1 && words[1] == "-r");
  for (size_t at = fixed && local ? 2 : 1; at < words.size(); ++at) {
    const size_t equals = words[at].find('=');
    const std::string variable = words[at].substr(0, equals);
    if (!is_variable(variable)) return unknown(fmt::format("'{} {}'", words[0], words[at].substr(0, 100)));
    if (local && readonly_.contains(variable)) return unknown(fmt::format("'{}' is read only", variable));
    if (local) {
      const auto old = variables_.find(variable);
      if (old != variables_.end() && !afford(old->second.size())) return too_much();
      locals_.back().try_emplace(variable, old == variables_.end() ? std::nullopt : std::optional(old->second));
    }
    if (equals != std::string::npos) TRY(assign(variable, words[at].substr(equals + 1)));
    if (fixed) readonly_.insert(variable);
  }
  return 0;
}

Result<int> Script::forget(const Words& words) {  // unset
  const bool functions = words.size() > 1 && words[1] == "-f";
  const size_t first = functions || (words.size() > 1 && words[1] == "-v") ? 2 : 1;
  for (size_t at = first; at < words.size(); ++at) {
    if (readonly_.contains(words[at]) || !is_variable(words[at])) return unknown(fmt::format("'unset {}'", words[at]));
    if (functions) functions_.erase(words[at]);
    else if (variables_.erase(words[at]) == 0 && bash_ && first == 1) functions_.erase(words[at]);
  }
  return 0;
}

/// Only what runs at the end matters: no signal comes.
Result<int> Script::set_trap(const Words& words) {
  if (words.size() < 3) return unknown(fmt::format("'{}'", join(words, " ")));
  for (size_t at = 2; at < words.size(); ++at) {
    if (words[at] != "EXIT" && words[at] != "0") continue;
    if (shells_ > 0) return unknown("'trap' in a subshell");
    trap_ = words[1] == "-" ? "" : words[1];
  }
  return 0;
}

Result<int> Script::builtin(const Words& words, bool& known) {
  const std::string& name = words[0];
  if (name == "exit" || name == "return" || name == "break" || name == "continue") return leave(words);
  if (name == ":" || name == "true") return 0;
  if (name == "false") return 1;
  if (name == "[" || name == "test") {
    std::span<const std::string> rest(words.begin() + 1, words.end());
    if (name == "[") {
      if (rest.empty() || rest.back() != "]") return unknown("'[' has no ']'");
      rest = rest.first(rest.size() - 1);
    }
    return run_test(*this, rest);
  }
  if (name == "set") return set_options(words);
  if (name == "shift") {
    const auto count = words.size() > 1 ? whole_number(words[1]) : std::optional(1);
    if (!count || *count < 0) return unknown("'shift' by such a number");
    if (static_cast<size_t>(*count) > arguments_.size()) return unknown("'shift' by more than there is");
    arguments_.erase(arguments_.begin(), arguments_.begin() + *count);
    return 0;
  }
  if (name == "local" || name == "export" || name == "readonly") return declare(words);
  if (name == "unset") return forget(words);
  if (name == "trap") return set_trap(words);
  if (name == "umask") {
    const auto bits = words.size() == 2 ? octal(words[1]) : std::nullopt;
    if (!bits) return unknown("'umask' with such an argument");
    state_.world.umask = *bits & 0777;
    return 0;
  }
  known = false;
  return 0;
}

}  // namespace ashlar::build
