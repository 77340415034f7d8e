#include "workload/inner/entry_point.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "workload/inner/shell_line.h"
#include "workload/variables.h"

namespace ashlar::workload {
namespace {

constexpr int max_depth = 6;
constexpr std::string_view probe = "/usr/lib/ashlar/probe";

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The value of a word whose variables are all known; nothing where one is not.
std::optional<std::string> settled_value(const LineWord& word, const Variables& values, std::vector<std::string>& used) {
  std::map<std::string, Traced> known;
  const auto lookup = [&](const std::string& name) -> const Traced* {
    const auto found = values.find(name);
    if (found == values.end()) return nullptr;
    Traced value;
    value.add_loose(found->second);
    return &known.insert_or_assign(name, std::move(value)).first->second;
  };
  Traced text;
  text.add_loose(word.value);
  const Substituted done = substitute(text, Dialect::Compose, '\\', lookup);
  if (!done.good || !done.unknown.empty()) return std::nullopt;
  used.insert(used.end(), done.used.begin(), done.used.end());
  return done.text.text;
}

ExecForm no(std::string reason) {
  ExecForm out;
  out.from_shell = true;
  out.reason = std::move(reason);
  return out;
}

std::string why_not_single(const ShellLine& line) {
  if (!line.good) return "its quotes or groups are not understood";
  if (line.commands.empty()) return "it is empty";
  for (const LineCommand& each : line.commands) {
    if (each.before == "|") return "a pipe needs a shell";
    if (each.before == "&") return "a command in the background needs a shell";
    if (!each.before.empty()) return fmt::format("several commands ('{}') need a shell", each.before == "\n" ? "lines" : each.before);
    if (each.nested) return "control structures need a shell";
  }
  if (line.commands[0].odd) return "redirections need a shell";
  if (!line.commands[0].assignments.empty()) return "variables for one command need a shell; they can stand in ENV";
  return {};
}

/// A shell's line without the arguments that it hands on as they come, as words without a shell do by themselves: `app ${0} ${@}`, where the first of them is
/// the shell's `$0`, and `app "$@"`, where a word behind the line is that. Any other line stays as it is.
std::string_view without_arguments(std::string_view text, size_t words_behind) {
  const ShellLine line = read_shell_line(text);
  if (!line.single()) return text;
  const auto& words = line.commands[0].words;
  const auto is = [&](size_t from_end, std::string_view name) { return words.size() > from_end + 1 && (words[words.size() - 1 - from_end].value == fmt::format("${}", name) || words[words.size() - 1 - from_end].value == fmt::format("${{{}}}", name)); };
  const size_t taken = !is(0, "@") ? 0 : words_behind == 0 && is(1, "0") ? 2 : words_behind == 1 && !is(1, "0") ? 1 : 0;
  if (taken == 0 || words.size() <= taken || (words.size() == taken + 1 && words[0].value == "exec")) return text;
  return text.substr(0, words[words.size() - taken].begin);
}

/// Whether what comes next is one of Java's own options: before the program, and no option's value.
bool among_java_options(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 12> with_value = {"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules", "--add-exports", "--add-opens", "--add-reads", "--limit-modules", "--patch-module"};
  if (words.empty() || last_part(words.front()) != "java") return false;
  size_t at = 1;
  while (at < words.size() && words[at].starts_with('-') && words[at] != "-jar" && words[at] != "-m" && words[at] != "--module") at += std::ranges::find(with_value, words[at]) != with_value.end() ? 2 : 1;
  return at == words.size();
}

}  // namespace

ExecForm exec_form(std::string_view text, const Variables& values, int depth) {
  const ShellLine line = read_shell_line(text);
  if (!line.single()) return no(why_not_single(line));
  ExecForm out;
  out.from_shell = true;
  const auto& given = line.commands[0].words;
  for (size_t at = 0; at < given.size(); ++at) {
    const LineWord& word = given[at];
    if (at == 0 && word.value == "exec") continue;
    if (word.plain) {
      out.words.push_back(word.value);
      continue;
    }
    if (word.value == "$@" || word.value == "$*") return no("arguments of a start script ('$@') need a shell");
    if (!word.variables_only) return no(fmt::format("'{}' is expanded by a shell", visible(word.value.substr(0, 80))));
    const unsigned char first = static_cast<unsigned char>(word.value[word.value.starts_with("${") && word.value.size() > 2 ? 2 : 1]);
    const bool bare = text[word.begin] == '$' && (std::isalpha(first) != 0 || first == '_') && word.value.find_first_of(" -:+/.=", 1) == std::string::npos;
    if (bare && among_java_options(out.words) && out.java_options.empty()) {
      out.java_options = word.value.substr(1);
      std::erase_if(out.java_options, [](char c) { return c == '{' || c == '}'; });
      continue;
    }
    const auto value = settled_value(word, values, out.settled);
    if (!value) return no(fmt::format("'{}' has no value here", visible(word.value.substr(0, 80))));
    if (text[word.begin] != '$') out.words.push_back(*value);
    else for (const std::string_view part : words(*value)) out.words.emplace_back(part);
  }
  if (out.words.empty()) return no("it is empty");
  if (!is_shell(out.words.front())) return out;
  ExecForm inner = exec_form(out.words, values, depth + 1);
  inner.settled.insert(inner.settled.end(), out.settled.begin(), out.settled.end());
  return inner;
}

ExecForm exec_form(const std::vector<std::string>& given, const Variables& values, int depth) {
  ExecForm out;
  out.words = given;
  if (given.empty() || !is_shell(given.front())) return out;
  if (depth >= max_depth) return no("shells within shells");
  for (size_t at = 1; at < given.size(); ++at) {
    const std::string& word = given[at];
    if (word.starts_with("-") && word.size() > 1 && word[1] != '-' && word.ends_with('c') && at + 1 < given.size()) {
      const size_t behind = given.size() - at - 2;
      const std::string_view line = without_arguments(given[at + 1], behind);
      if (behind != 0 && line.size() == given[at + 1].size()) return no("arguments after a shell's line need a shell");
      return exec_form(line, values, depth + 1);
    }
    if (!word.starts_with("-")) return no(fmt::format("the script '{}' needs a shell", visible(word.substr(0, 80))));
  }
  return no("it starts a shell");
}

std::optional<std::string> npm_script(const std::vector<std::string>& given, std::vector<std::string>& rest) {
  if (given.size() < 2) return std::nullopt;
  const std::string_view program = last_part(given[0]);
  if (program != "npm" && program != "yarn" && program != "pnpm") return std::nullopt;
  size_t at = 1;
  const bool run = given[at] == "run" || given[at] == "run-script";
  if (run) ++at;
  if (at >= given.size() || given[at].starts_with("-")) return std::nullopt;
  if (!run && program == "npm" && given[at] != "start" && given[at] != "test") return std::nullopt;
  const std::string script = given[at++];
  if (at < given.size() && given[at] == "--") ++at;
  rest.assign(given.begin() + static_cast<std::ptrdiff_t>(at), given.end());
  return script;
}

std::optional<std::string> script_line(std::string_view package_json, std::string_view script) {
  const auto json = parse_json(package_json, "package.json");
  if (!json || !json->is_object()) return std::nullopt;
  const auto scripts = json->find("scripts");
  if (scripts == json->end() || !scripts->is_object()) return std::nullopt;
  const auto found = scripts->find(std::string(script));
  if (found == scripts->end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

namespace {

/// The URL that curl or wget asks for; false where they do more than that.
bool asked_url(const LineCommand& command, std::string& url) {
  constexpr std::array<std::string_view, 12> with_value = {"-o", "--output", "-O", "--output-document", "-m", "--max-time", "--connect-timeout", "--retry", "-T", "--timeout", "-t", "--tries"};
  const bool wget = last_part(command.program()) == "wget";
  for (size_t at = 1; at < command.words.size(); ++at) {
    const std::string& word = command.words[at].value;
    if (!word.starts_with("-")) {
      if (!url.empty()) return false;
      url = word;
    } else if (word == "-X" || word == "-d" || word == "-H" || word == "--header" || word == "--data" || word == "-u" || word.starts_with("--post") || word.starts_with("--header=")) {
      return false;
    } else if (std::ranges::find(with_value, word) != with_value.end() && !(word == "-O" && !wget)) {
      ++at;
    }
  }
  if (url.find("://") == std::string::npos) url = "http://" + url;
  return url.size() > 7;
}

HealthForm probed(std::string_view kind, std::string target) {
  HealthForm out;
  out.words = {std::string(probe), std::string(kind), std::move(target)};
  out.probe = true;
  return out;
}
HealthForm unasked(std::string reason) {
  HealthForm out;
  out.reason = std::move(reason);
  return out;
}

/// One command of a health check.
HealthForm asked(const LineCommand& command) {
  const std::string_view program = last_part(command.program());
  const auto& given = command.words;
  if (program == "curl" || program == "wget") {
    std::string url;
    if (!asked_url(command, url)) return unasked("it does more than ask for one address");
    if (!url.starts_with("http://")) return unasked("the probe speaks no TLS");
    if (url.find('$') != std::string::npos) return unasked("a variable in the address needs a shell");
    const std::string_view host = std::string_view(url).substr(7, url.find_first_of(":/?", 7) - 7);
    const bool number = !host.empty() && std::ranges::all_of(host, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
    if (host == "0.0.0.0") url.replace(7, host.size(), "127.0.0.1");
    else if (!number && host != "localhost" && !url.starts_with("http://[")) return unasked(fmt::format("the probe asks no name server for '{}'", visible(host.substr(0, 80))));
    return probed("http", url);
  }
  if (program == "nc" || program == "ncat" || program == "netcat") {
    std::vector<std::string> rest;
    for (size_t at = 1; at < given.size(); ++at) {
      if (given[at].value == "-w" && at + 1 < given.size()) ++at;
      else if (!given[at].value.starts_with("-")) rest.push_back(given[at].value);
    }
    if (rest.size() != 2) return unasked("it does more than connect");
    return probed("tcp", rest[0] + ":" + rest[1]);
  }
  if ((program == "pgrep" || program == "pidof") && given.size() >= 2 && !given.back().value.starts_with("-") && given.back().value.find_first_of("^$ |") == std::string::npos) return probed("process", std::string(last_part(given.back().value)));
  if ((program == "test" || program == "[") && given.size() >= 3 && (given[1].value == "-f" || given[1].value == "-e" || given[1].value == "-S")) return probed("file", given[2].value);
  return unasked({});
}

}  // namespace

HealthForm health_form(std::string_view text, bool shell, const std::vector<std::string>& exec, const Variables& values) {
  HealthForm out;
  if (!shell) {
    if (exec.empty()) return out.none = true, out;
    if (exec.front() == probe) return out.words = exec, out.probe = true, out;
    const bool wrapped = is_shell(exec.front()) && exec.size() == 3 && exec[1].starts_with("-") && exec[1].ends_with('c');
    if (!wrapped) {
      // No shell reads these words: they are what they are, quotes and dollars with them.
      LineCommand command;
      for (const std::string& each : exec) command.words.push_back({.value = each});
      out = asked(command);
      if (!out.probe && out.reason.empty()) out.words = exec;
      return out;
    }
    text = exec[2];
  }
  const ShellLine line = read_shell_line(text);
  if (!line.good || line.commands.empty()) return unasked("it is not understood");
  // `|| exit 1`, `|| false` and `|| kill 1` say what a failing command says anyway.
  const bool tail = line.commands.size() == 2 && line.commands[1].before == "||" && (line.commands[1].program() == "exit" || line.commands[1].program() == "false");
  if (line.commands.size() > 1 && !tail) return unasked("several commands need a shell");
  LineCommand command = line.commands[0];
  std::vector<std::string> used;
  for (LineWord& each : command.words) {
    if (each.plain) continue;
    // A `?` of an address is none of a pattern.
    if (each.value.find('$') == std::string::npos && each.value.find("://") != std::string::npos) continue;
    if (!each.variables_only) return unasked(fmt::format("'{}' is expanded by a shell", visible(each.value.substr(0, 80))));
    const auto value = settled_value(each, values, used);
    if (!value) return unasked(fmt::format("'{}' has no value here", visible(each.value.substr(0, 80))));
    each.value = *value;
  }
  out = asked(command);
  if (out.probe || !out.reason.empty()) return out;
  if (command.odd || command.nested || !command.assignments.empty()) return unasked("redirections need a shell");
  for (const LineWord& each : command.words) out.words.push_back(each.value);
  return out;
}

std::string json_array(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& each : words) out += (out.size() > 1 ? ", " : "") + to_compact(Json(each));
  // to_compact() may end a line.
  std::erase(out, '\n');
  return out + "]";
}

}  // namespace ashlar::workload
