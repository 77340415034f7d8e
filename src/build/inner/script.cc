#include "build/inner/script.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script_arguments.h"

namespace ashlar::build {
namespace {

constexpr int step_limit = 20'000;

std::string escape_pattern(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

std::unexpected<Error> Script::unknown(std::string_view what) const { return fail(Kind::Invalid, fmt::format("line {}: {}", line_, what)); }

std::unexpected<Error> Script::too_much() const { return unknown(fmt::format("it makes more than {} MiB of text", most_bytes >> 20)); }

/// A copy of the variables for a subshell to begin with.
Result<std::map<std::string, std::string>> Script::keep_variables() {
  for (const auto& [name, value] : variables_) if (!afford(name.size() + value.size())) return too_much();
  return variables_;
}

Done Script::run(std::string_view text, std::vector<std::string> arguments) {
  if (text.starts_with("#!")) {
    std::string_view interpreter = trim(text.substr(2, text.find('\n') - 2));
    const auto parts = words(interpreter);
    if (parts.size() > 1 && parts[1] == "-e") errexit_ = true;
    else if (parts.size() > 1) return fail(Kind::Invalid, fmt::format("line 1: interpreter '{}'", interpreter));
    interpreter = parts.empty() ? "" : parts[0];
    if (interpreter != "/bin/sh" && interpreter != "/bin/bash" && interpreter != "/bin/dash" && interpreter != "/usr/bin/bash" && interpreter != "/usr/bin/sh")
      return fail(Kind::Invalid, fmt::format("line 1: interpreter '{}'", interpreter));
  }
  TRY_ASSIGN(const ShellNode script, parse_shell(text));
  arguments_ = std::move(arguments);
  variables_ = {{"DPKG_MAINTSCRIPT_PACKAGE", origin_.package}, {"DPKG_MAINTSCRIPT_NAME", origin_.script}, {"DPKG_MAINTSCRIPT_ARCH", origin_.architecture},
                {"DPKG_ROOT", ""}, {"DPKG_ADMINDIR", "/var/lib/dpkg"}, {"DEBIAN_FRONTEND", "noninteractive"},
                {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  TRY_ASSIGN(const int status, execute(script, false));
  state_.world.umask = 022;
  if (status != 0) return unknown(fmt::format("it would end with status {}", status));
  return {};
}

Result<int> Script::include(std::string_view text, std::string_view path) {
  if (!afford(32 * text.size())) return too_much();  // what is read takes more than the text
  auto parsed = parse_shell(text);
  const int line = line_;
  auto status = parsed ? execute(*parsed, false) : Result<int>(std::unexpected(std::move(parsed).error()));
  if (!status) return fail(Kind::Invalid, fmt::format("line {}: '{}', {}", line, path, status.error().message));
  line_ = line;
  if (flow_ == Flow::Return) flow_ = Flow::On;
  return status;
}

Result<int> Script::execute(const ShellNode& node, bool tested) {
  if (++steps_ > step_limit) return unknown("it takes too many steps");
  if (++depth_ > 200) return unknown("it is nested too deeply");
  line_ = node.line > 0 ? node.line : line_;
  auto body = [&]() -> Result<int> {
    switch (node.kind) {
      case ShellNode::Kind::Simple: return simple(node, tested);
      case ShellNode::Kind::List: {
        if (node.children.empty()) return 0;
        for (const ShellNode& child : node.children) {
          TRY_ASSIGN(status_, execute(child, tested));
          if (flow_ != Flow::On) break;
        }
        return status_;
      }
      case ShellNode::Kind::And:
      case ShellNode::Kind::Or: {
        TRY_ASSIGN(const int left, execute(node.children[0], true));
        status_ = left;
        if (flow_ != Flow::On || (left == 0) != (node.kind == ShellNode::Kind::And)) return left;
        return execute(node.children[1], tested);
      }
      case ShellNode::Kind::Not: {
        TRY_ASSIGN(const int inner, execute(node.children[0], true));
        return inner == 0 ? 1 : 0;
      }
      case ShellNode::Kind::Pipe: return pipe(node);
      case ShellNode::Kind::If: {
        for (size_t at = 0; at + 1 < node.children.size(); at += 2) {
          TRY_ASSIGN(const int condition, execute(node.children[at], true));
          if (flow_ != Flow::On) return condition;
          if (condition == 0) return execute(node.children[at + 1], tested);
        }
        if (node.children.size() % 2 == 1) return execute(node.children.back(), tested);
        return 0;
      }
      case ShellNode::Kind::While:
      case ShellNode::Kind::Until:
      case ShellNode::Kind::For: return loop(node, tested);
      case ShellNode::Kind::Case: return choose(node, tested);
      case ShellNode::Kind::Subshell: {
        TRY_ASSIGN(auto kept, keep_variables());
        const bool errexit = errexit_;
        TRY_ASSIGN(const int status, execute(node.children[0], tested));
        variables_ = std::move(kept);
        errexit_ = errexit;
        if (flow_ == Flow::Exit) flow_ = Flow::On;
        return status;
      }
      case ShellNode::Kind::Function: functions_[node.name] = node.body; return 0;
    }
    return unknown("a command of an unknown kind");
  };
  auto status = node.kind == ShellNode::Kind::Simple || node.redirects.empty() ? body() : redirected(node, body);
  --depth_;
  if (status && spent_ > most_bytes) return too_much();
  if (status && *status != 0 && errexit_ && !tested && flow_ == Flow::On && node.kind != ShellNode::Kind::Not && node.kind != ShellNode::Kind::And &&
      node.kind != ShellNode::Kind::Or)
    return unknown(fmt::format("it would end with status {}", *status));
  return status;
}

Result<int> Script::loop(const ShellNode& node, bool tested) {
  int status = 0;
  auto ended = [&] {
    if (flow_ == Flow::Continue) flow_ = Flow::On;
    if (flow_ == Flow::Break) { flow_ = Flow::On; return true; }
    return flow_ != Flow::On;
  };
  if (node.kind == ShellNode::Kind::For) {
    Words values = node.over_arguments ? arguments_ : Words{};
    for (const ShellWord& word : node.words) {
      TRY_ASSIGN(Words more, expand(word));
      values.insert(values.end(), more.begin(), more.end());
    }
    for (const std::string& value : values) {
      variables_[node.name] = value;
      TRY_ASSIGN(status, execute(node.children[0], tested));
      if (ended()) break;
    }
    return status;
  }
  for (;;) {
    TRY_ASSIGN(const int condition, execute(node.children[0], true));
    if (flow_ != Flow::On || (condition == 0) == (node.kind == ShellNode::Kind::Until)) return status;
    TRY_ASSIGN(status, execute(node.children[1], tested));
    if (ended()) return status;
  }
}

Result<int> Script::choose(const ShellNode& node, bool tested) {
  TRY_ASSIGN(const std::string subject, expand_one(node.words[0]));
  for (size_t at = 0; at < node.children.size(); ++at) {
    for (const ShellWord& word : node.patterns[at]) {
      std::string pattern;
      for (const ShellPart& part : word) {
        TRY_ASSIGN(const std::string value, value_of(part));
        pattern += part.quoted ? escape_pattern(value) : value;
      }
      TRY_ASSIGN(const bool fitting, fits(pattern, subject));
      if (fitting) return execute(node.children[at], tested);
    }
  }
  return 0;
}

Result<int> Script::pipe(const ShellNode& node) {
  std::string* const out = out_;
  const std::string* const in = in_;
  std::string between;
  int status = 0;
  for (size_t at = 0; at < node.children.size(); ++at) {
    const std::string input = std::move(between);
    between.clear();
    TRY_ASSIGN(auto kept, keep_variables());
    if (at > 0) in_ = &input;
    out_ = at + 1 < node.children.size() ? &between : out;
    auto done = execute(node.children[at], true);
    out_ = out;
    in_ = in;
    variables_ = std::move(kept);
    if (flow_ != Flow::On) flow_ = Flow::On;
    if (!done) return done;
    status = *done;
  }
  return status;
}

Result<int> Script::redirected(const ShellNode& node, const std::function<Result<int>()>& action) {
  std::string* const out = out_;
  const std::string* const in = in_;
  std::string captured, given;
  std::string file;
  bool append = false, discard = false;
  for (const ShellRedirect& redirect : node.redirects) {
    if (redirect.operation == "<<") {
      TRY_ASSIGN(given, expand_one(*redirect.text));
      in_ = &given;
      continue;
    }
    TRY_ASSIGN(const std::string target, expand_one(redirect.target));
    if (redirect.operation == ">&" || redirect.operation == "<&") {
      if (redirect.descriptor == 1 && target == "2") discard = true;
    } else if (redirect.descriptor == 2) {
      if (target != "/dev/null") return unknown(fmt::format("its errors go to '{}'", target));
    } else if (redirect.operation == "<") {
      if (target != "/dev/null") {
        const auto content = state_.world.read(target);
        if (!content) return unknown(fmt::format("it reads '{}', which the image does not have", target));
        if (!afford(content->size())) return too_much();
        given = as_text(*content);
      }
      in_ = &given;
    } else if (target == "/dev/null") {
      discard = true;
      file.clear();
    } else {
      file = target;
      append = redirect.operation == ">>";
    }
  }
  if (discard || !file.empty()) out_ = &captured;
  auto status = action();
  out_ = out;
  in_ = in;
  if (status && !file.empty()) {
    if (append) {
      if (const auto before = state_.world.read(file)) {
        if (!afford(before->size())) return too_much();
        captured.insert(0, as_text(*before));
      }
    }
    if (auto done = state_.world.write(file, Bytes(captured.begin(), captured.end()), 0666 & ~state_.world.umask); !done) return unknown(done.error().message);
  }
  return status;
}

Result<int> Script::simple(const ShellNode& node, bool tested) {
  Words words;
  for (const ShellWord& word : node.words) {
    TRY_ASSIGN(Words more, expand(word));
    words.insert(words.end(), more.begin(), more.end());
  }
  std::map<std::string, std::optional<std::string>> kept;
  const int before = status_;
  status_ = 0;
  for (const auto& [name, word] : node.assignments) {
    TRY_ASSIGN(std::string value, expand_one(word));
    if (!words.empty()) kept[name] = variables_.contains(name) ? std::optional(variables_[name]) : std::nullopt;
    variables_[name] = std::move(value);
  }
  int status = status_;  // of the last $(...)
  if (!words.empty()) status_ = before;  // what `return` and `exit` without a number give
  if (!words.empty() || !node.redirects.empty()) {
    auto done = redirected(node, [&]() -> Result<int> { return words.empty() ? Result<int>(0) : call(words, tested); });
    if (!done) return done;
    status = *done;
  }
  for (const auto& [name, value] : kept) {
    if (value) variables_[name] = *value;
    else variables_.erase(name);
  }
  return status;
}

Result<int> Script::call(const Words& words, bool tested) {
  if (const auto function = functions_.find(words[0]); function != functions_.end()) {
    auto arguments = std::move(arguments_);
    arguments_.assign(words.begin() + 1, words.end());
    const std::shared_ptr<const ShellNode> body = function->second;
    locals_.emplace_back();
    auto status = execute(*body, tested);
    for (auto& [name, value] : locals_.back()) {
      if (value) variables_[name] = std::move(*value);
      else variables_.erase(name);
    }
    locals_.pop_back();
    arguments_ = std::move(arguments);
    if (flow_ == Flow::Return) { flow_ = Flow::On; if (status) status = status_; }
    return status;
  }
  bool known = true;
  auto status = builtin(words, known);
  if (known) return status;
  if (auto done = run_command(*this, words)) return *done;
  return unknown(fmt::format("'{}'", join(words, " ").substr(0, 200)));
}

Result<int> Script::builtin(const Words& words, bool& known) {
  const std::string& name = words[0];
  if (name == "exit" || name == "return") {
    const auto status = words.size() > 1 ? whole_number(words[1]) : std::optional(status_);
    if (!status || *status < 0) return unknown(fmt::format("'{}' with such a status", name));
    status_ = *status & 0xFF;
    flow_ = name == "exit" ? Flow::Exit : Flow::Return;
    return status_;
  }
  if (name == "break" || name == "continue") { flow_ = name == "break" ? Flow::Break : Flow::Continue; return 0; }
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
  if (name == "set") {
    for (size_t at = 1; at < words.size(); ++at) {
      if (words[at] == "--") { arguments_.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end()); return 0; }
      if (words[at].size() < 2 || (words[at][0] != '-' && words[at][0] != '+')) return unknown("'set' with arguments");
      if (words[at] == "-o" || words[at] == "+o") { ++at; continue; }
      if (words[at].find('e') != std::string::npos) errexit_ = words[at][0] == '-';
    }
    return 0;
  }
  if (name == "shift") {
    const auto count = words.size() > 1 ? whole_number(words[1]) : std::optional(1);
    if (!count || *count < 0) return unknown("'shift' by such a number");
    if (static_cast<size_t>(*count) > arguments_.size()) return 1;
    arguments_.erase(arguments_.begin(), arguments_.begin() + *count);
    return 0;
  }
  if (name == "local" || name == "export" || name == "readonly") {
    if (name == "local" && locals_.empty()) return unknown("'local' outside of a function");
    for (size_t at = 1; name == "local" && at < words.size(); ++at) {
      const std::string variable = words[at].substr(0, words[at].find('='));
      const auto old = variables_.find(variable);
      if (old != variables_.end() && !afford(old->second.size())) return too_much();
      locals_.back().try_emplace(variable, old == variables_.end() ? std::nullopt : std::optional(old->second));
    }
    for (size_t at = 1; at < words.size(); ++at)
      if (const size_t equals = words[at].find('='); equals != std::string::npos) variables_[words[at].substr(0, equals)] = words[at].substr(equals + 1);
    return 0;
  }
  if (name == "unset") {
    for (size_t at = 1; at < words.size(); ++at) { variables_.erase(words[at]); functions_.erase(words[at]); }
    return 0;
  }
  if (name == "trap") return 0;
  if (name == "umask") {
    const auto bits = words.size() == 2 ? octal(words[1]) : std::nullopt;
    if (!bits) return unknown("'umask' with such an argument");
    state_.world.umask = *bits & 0777;
    return 0;
  }
  known = false;
  return 0;
}

Result<std::string> Script::output_of(const ShellNode& node) {
  std::string* const out = out_;
  TRY_ASSIGN(auto kept, keep_variables());
  const bool errexit = errexit_;
  std::string captured;
  out_ = &captured;
  auto status = execute(node, true);
  out_ = out;
  variables_ = std::move(kept);
  errexit_ = errexit;
  if (flow_ == Flow::Exit) flow_ = Flow::On;
  if (!status) return std::unexpected(status.error());
  status_ = *status;
  while (captured.ends_with('\n')) captured.pop_back();
  return captured;
}

}  // namespace ashlar::build
