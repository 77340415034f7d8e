// The program's door: the one place where errors become text and exit codes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/hints.h"
#include "cli/terminal.h"
#include "host/program.h"
#include "pipeline/policy_files.h"

namespace {

using namespace ashlar;
using cli::Exit;

Exit exit_of(Kind kind) {
  switch (kind) {
    case Kind::NotFound:
    case Kind::Invalid:
    case Kind::Conflict: return Exit::Wrong;
    case Kind::Unavailable: return Exit::Unavailable;
    case Kind::Corrupt:
    case Kind::Denied: return Exit::Damaged;
  }
  return Exit::Internal;
}

Exit complain(const Error& error) {
  std::fputs(fmt::format("error: {}\n", cli::shown(error.message, false)).c_str(), stderr);
  for (const Fault& fault : error.faults) std::fputs((cli::shown(to_string(fault), false) + "\n").c_str(), stderr);
  return exit_of(error.kind);
}

/// Words about a command line that CLI11 could not read, in our form.
Exit complain(const CLI::ParseError& error, const cli::CommandLine& line, int argc, char** argv) {
  if (error.get_exit_code() == 0) return static_cast<Exit>(line.app->exit(error));  // --help, --version
  std::vector<std::string_view> names;
  for (const cli::Verb& verb : cli::verbs()) names.push_back(verb.name);
  const std::string_view first = argc > 1 ? argv[1] : "";
  const bool known = std::find(names.begin(), names.end(), first) != names.end();
  if (!first.empty() && !first.starts_with('-') && !known) {
    const std::string near = cli::did_you_mean(first, names);
    std::fputs(fmt::format("error: there is no verb '{}'{}\n", visible(first), near.empty() ? "; `ashlar --help` lists them" : near).c_str(), stderr);
  } else {
    std::string cause = error.what();
    if (const size_t end = cause.find('\n'); end != std::string::npos) cause.resize(end);
    if (known) cause = cli::misreading(*line.app->get_subcommand(std::string(first)), cause);
    if (first.starts_with('-')) cause = fmt::format("'{}' is no option of ashlar itself; those of a verb follow its name", first);
    std::fputs(fmt::format("error: cannot read the command line: {}\n  `ashlar {}--help` shows what it takes\n", cause, known ? std::string(first) + " " : "").c_str(), stderr);
  }
  return Exit::Wrong;
}

/// Puts the answer where it goes: also what a verb has to say of what went well before something failed.
Done deliver(const std::string& text, const cli::Globals& globals, host::Machine& machine) {
  if (!globals.output.empty()) return machine.files->write(globals.output, text);
  // An answer longer than the buffer is written at once, and leaves nothing for fflush to fail at.
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) != 0) return cannot(Kind::Unavailable, "write the answer", "standard output does not take it");
  return {};
}

Result<Exit> run(cli::CommandLine& line, host::Machine& machine) {
  const cli::Globals& globals = *line.globals;
  const auto chosen = std::ranges::find_if(line.actions, [](const auto& each) { return each.first->parsed(); });
  if (chosen == line.actions.end()) return Exit::Wrong;
  const std::vector<std::string>& formats = cli::verbs()[static_cast<size_t>(chosen - line.actions.begin())].formats;
  const std::string format = globals.format.empty() ? formats.front() : globals.format;
  if (std::ranges::find(formats, format) == formats.end())
    return cannot(Kind::Invalid, fmt::format("write the answer as '{}'", format), fmt::format("the formats are {}", join(formats, " and ")));
  if (globals.plain_http) {
    machine.environment = [inner = std::move(machine.environment)](const std::string& name) { return name == "ASHLAR_PLAIN_HTTP" ? std::optional<std::string>("1") : inner(name); };
  }
  machine.environment = [inner = std::move(machine.environment), &machine](const std::string& name) {
    auto said = inner(name);
    return said || name != "ASHLAR_REGISTRIES" ? said : pipeline::registries_by_other_names(machine);
  };
  const bool error_terminal = host::is_terminal(host::Stream::Error);
  const auto progress = cli::terminal_progress(error_terminal && !globals.no_color, globals.quiet, globals.verbose);
  std::string text;
  cli::Context context{machine, *progress, format == "json", globals.verbose,
                       globals.output.empty() && host::is_terminal(host::Stream::Output) && !globals.no_color && !machine.environment("NO_COLOR"), globals.config, &text, format};
  Result<Exit> exit = chosen->second(context);
  if (!text.empty()) TRY(deliver(text, globals, machine));
  return exit;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    host::Machine machine = host::real_machine();
    std::vector<char*> words(argv, argv + argc);
    char asks[] = "--help";
    if (argc > 1 && std::string_view(argv[1]) == "help") words.erase(words.begin() + 1), words.push_back(asks);  // `ashlar help VERB`, as other tools are asked
    cli::CommandLine line(words.size() > 1 ? words[1] : "");
    try {
      line.app->parse(static_cast<int>(words.size()), words.data());
    } catch (const CLI::ParseError& error) {
      return static_cast<int>(complain(error, line, static_cast<int>(words.size()), words.data()));
    }
    const Result<Exit> exit = run(line, machine);
    return static_cast<int>(exit ? *exit : complain(exit.error()));
  } catch (const std::bad_alloc&) {
    std::fputs("error: cannot go on: out of memory\n", stderr);
    return static_cast<int>(Exit::Unavailable);
  } catch (const std::exception& error) {
    std::fputs(fmt::format("internal error: {}\n", error.what()).c_str(), stderr);
    return static_cast<int>(Exit::Internal);
  }
}
