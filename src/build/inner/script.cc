#include "build/inner/script.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script_arguments.h"

namespace ashlar::build {
namespace {

constexpr int step_limit = 20'000;

}  // namespace

std::unexpected<Error> Script::unknown(std::string_view what) const { return fail(Kind::Invalid, fmt::format("line {}: {}", line_, what)); }

std::unexpected<Error> Script::too_much() const { return unknown(fmt::format("it makes more than {} MiB of text", most_bytes >> 20)); }

Result<int> Script::apart(const std::function<Result<int>()>& action) {
  for (const auto& [name, value] : variables_) if (!afford(name.size() + value.size())) return too_much();
  for (const std::string& each : arguments_) if (!afford(each.size())) return too_much();
  const auto variables = variables_;
  const auto functions = functions_;
  const auto locals = locals_;
  const auto arguments = arguments_;
  const auto readonly = readonly_;
  const bool errexit = errexit_, nounset = nounset_;
  const auto umask = state_.world.umask;
  ++shells_;
  auto status = action();
  --shells_;
  variables_ = variables;
  functions_ = functions;
  locals_ = locals;
  arguments_ = arguments;
  readonly_ = readonly;
  errexit_ = errexit;
  nounset_ = nounset;
  state_.world.umask = umask;
  if (status && flow_ == Flow::Exit) status = exit_status_;
  flow_ = Flow::On;
  return status;
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
    bash_ = interpreter.ends_with("bash");
  }
  TRY_ASSIGN(const ShellNode script, parse_shell(text));
  arguments_ = std::move(arguments);
  variables_ = {{"DPKG_MAINTSCRIPT_PACKAGE", origin_.package}, {"DPKG_MAINTSCRIPT_NAME", origin_.script}, {"DPKG_MAINTSCRIPT_ARCH", origin_.architecture},
                {"DPKG_ROOT", ""}, {"IFS", " \t\n"}, {"DPKG_ADMINDIR", "/var/lib/dpkg"}, {"DEBIAN_FRONTEND", "noninteractive"},
                {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  TRY_ASSIGN(int status, execute(script, false));
  if (flow_ == Flow::Exit) status = exit_status_;
  if (!trap_.empty()) {
    TRY_ASSIGN(const ShellNode last, parse_shell(trap_));
    flow_ = Flow::On;
    status_ = status;
    TRY(execute(last, false));
    if (flow_ == Flow::Exit) status = exit_status_;
  }
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
      case ShellNode::Kind::Pipe: return pipe(node, tested);
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
      case ShellNode::Kind::Subshell: return apart([&] { return execute(node.children[0], tested); });
      case ShellNode::Kind::Function: functions_[node.name] = node.body; return 0;
    }
    return unknown("a command of an unknown kind");
  };
  auto status = node.kind == ShellNode::Kind::Simple || node.redirects.empty() ? body() : redirected(node, body);
  --depth_;
  if (status && spent_ > most_bytes) return too_much();
  const bool ends = node.kind == ShellNode::Kind::Simple || node.kind == ShellNode::Kind::Subshell || node.kind == ShellNode::Kind::Pipe;  // under `set -e`
  if (status && *status != 0 && errexit_ && !tested && flow_ == Flow::On && ends) {
    if (shells_ > 0) {  // a subshell ends there; who began it sees the status
      flow_ = Flow::Exit;
      exit_status_ = *status;
      return status;
    }
    return unknown(fmt::format("it would end with status {}", *status));
  }
  return status;
}

Result<int> Script::loop(const ShellNode& node, bool tested) {
  int status = 0;
  struct Within { int& loops; ~Within() { --loops; } } within{++loops_};
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
      TRY(assign(node.name, value));
      TRY_ASSIGN(status, execute(node.children[0], tested));
      if (ended()) break;
    }
    return status;
  }
  for (;;) {
    TRY_ASSIGN(const int condition, execute(node.children[0], true));
    if (flow_ != Flow::On) {
      if (ended()) return flow_ == Flow::On ? status : condition;
      continue;
    }
    if ((condition == 0) == (node.kind == ShellNode::Kind::Until)) return status;
    TRY_ASSIGN(status, execute(node.children[1], tested));
    if (ended()) return status;
  }
}

Result<int> Script::choose(const ShellNode& node, bool tested) {
  TRY_ASSIGN(const std::string subject, expand_one(node.words[0]));
  for (size_t at = 0; at < node.children.size(); ++at) {
    for (const ShellWord& word : node.patterns[at]) {
      TRY_ASSIGN(const std::string pattern, pattern_of(word));
      TRY_ASSIGN(const bool fitting, fits(pattern, subject));
      if (fitting) return execute(node.children[at], tested);
    }
  }
  return 0;
}

Result<int> Script::pipe(const ShellNode& node, bool tested) {
  std::string* const out = out_;
  const std::string* const in = in_;
  std::string between;
  int status = 0;
  for (size_t at = 0; at < node.children.size(); ++at) {
    const std::string input = std::move(between);
    between.clear();
    if (at > 0) in_ = &input;
    out_ = at + 1 < node.children.size() ? &between : out;
    auto done = apart([&] { return execute(node.children[at], tested); });
    out_ = out;
    in_ = in;
    if (!done) return done;
    status = *done;
  }
  return status;
}

Result<int> Script::redirected(const ShellNode& node, const std::function<Result<int>()>& action) {
  std::string* const out = out_;
  std::string* const err = err_;
  std::string *sink = out_, *errors = err_;
  const std::string* const in = in_;
  std::string captured, given;
  std::string file;
  bool append = false;
  for (const ShellRedirect& redirect : node.redirects) {
    const bool reads = redirect.operation == "<" || redirect.operation == "<<";
    const auto refuse = [&] { return unknown(fmt::format("the redirection '{}{}'", redirect.descriptor, redirect.operation)); };
    if (redirect.descriptor != 2 && redirect.descriptor != (reads ? 0 : 1)) return refuse();
    if (reads && redirect.descriptor != 0) return refuse();
    if (redirect.operation == "<<") {
      TRY_ASSIGN(given, expand_one(*redirect.text));
      in_ = &given;
      continue;
    }
    TRY_ASSIGN(const std::string target, expand_one(redirect.target));
    if (redirect.operation == ">&" || redirect.operation == "<&") {
      if (redirect.descriptor == 1 && target == "1") continue;
      if (redirect.descriptor == 2 && target == "1") errors = sink;
      else if (redirect.descriptor == 1 && target == "2" && file.empty()) sink = errors;
      else if (redirect.descriptor != 2 || (target != "-" && target != "2")) return refuse();
    } else if (redirect.descriptor == 2) {
      if (target != "/dev/null") return unknown(fmt::format("its errors go to '{}'", target));
      errors = nullptr;
    } else if (redirect.operation == "<") {
      if (target != "/dev/null") {
        const auto content = state_.world.read(target);
        if (!content) return unknown(fmt::format("it reads '{}', which the image does not have", target));
        if (!afford(content->size())) return too_much();
        given = as_text(*content);
      }
      in_ = &given;
    } else if (!file.empty()) {
      return refuse();  // two files, of which one stays empty
    } else if (target == "/dev/null") {
      sink = nullptr;
    } else {
      file = target;
      sink = &captured;
      append = redirect.operation == ">>";
    }
  }
  out_ = sink;
  err_ = errors;
  auto status = action();
  out_ = out;
  err_ = err;
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
  substituted_ = 0;
  TRY_ASSIGN(const Words words, command_words(node));
  const bool stays = words.empty() || (!bash_ && is_special(words[0]));
  std::map<std::string, std::optional<std::string>> kept;
  for (const auto& [name, word] : node.assignments) {
    TRY_ASSIGN(std::string value, expand_one(word));
    if (!stays) kept.try_emplace(name, variables_.contains(name) ? std::optional(variables_[name]) : std::nullopt);
    TRY(assign(name, std::move(value)));
  }
  int status = substituted_;
  if (!words.empty() || !node.redirects.empty()) {
    auto done = redirected(node, [&]() -> Result<int> { return words.empty() ? Result<int>(status) : call(words, tested); });
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
  if (const auto function = functions_.find(words[0]); function != functions_.end() && !is_special(words[0])) {
    auto arguments = std::move(arguments_);
    arguments_.assign(words.begin() + 1, words.end());
    const std::shared_ptr<const ShellNode> body = function->second;
    locals_.emplace_back();
    const int loops = loops_;
    if (!bash_) loops_ = 0;
    auto status = execute(*body, tested);
    loops_ = loops;
    for (auto& [name, value] : locals_.back()) {
      readonly_.erase(name);
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

Result<std::string> Script::output_of(const ShellNode& node) {
  std::string* const out = out_;
  std::string captured;
  out_ = &captured;
  const int before = status_;
  auto status = apart([&] {
    if (bash_) errexit_ = false;
    return execute(node, false);
  });
  out_ = out;
  status_ = before;
  if (!status) return std::unexpected(status.error());
  substituted_ = *status;
  while (captured.ends_with('\n')) captured.pop_back();
  return captured;
}

}  // namespace ashlar::build
