#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "base/shell.h"
#include "base/text.h"
#include "cli/hints.h"

namespace ashlar::cli {
namespace {

void add_globals(CLI::App& app, Globals& globals, const std::vector<std::string>& formats) {
  app.add_option("--format", globals.format, fmt::format("how the answer is written: {}", join(formats, " or ")))->option_text("FORMAT")->group("General");
  app.add_option("--output", globals.output, "write the answer to FILE instead of standard output")->option_text("FILE")->group("General");
  app.add_option("--config", globals.config, "read this configuration file only")->option_text("FILE")->group("General");
  app.add_flag("--plain-http", globals.plain_http, "speak to registries without encryption (also: ASHLAR_PLAIN_HTTP=1); on loopback that is so by itself")->group("General");
  app.add_flag("-q,--quiet", globals.quiet, "no notes and no progress; alarms stay")->group("General");
  app.add_flag("-v,--verbose", globals.verbose, "say more")->group("General");
  app.add_flag("--no-color", globals.no_color, "no colours (also: NO_COLOR)")->group("General");
}

/// The visible options of a verb, positional ones first.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
}

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') out += "\\-";
    else if (c == '\\') out += "\\e";
    else out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string names_of(const CLI::Option& option) {
  std::string name = option.get_positional() ? option.get_name(true) : option.get_name(false, true);
  for (size_t at = name.find(','); at != std::string::npos; at = name.find(',', at + 2)) name.replace(at, 1, ", ");
  const std::string value = option.get_option_text();
  if (!option.get_positional() && !value.empty()) name += " " + value;
  return name;
}

const Verb* find_verb(std::string_view name) {
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

/// Options as a list of a man page.
std::string listed(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : options_of(app)) out += fmt::format(".TP\n.B {}\n{}\n", roff(names_of(*option)), roff(option->get_description()));
  return out;
}

/// An option takes the word behind it and no other, however often it may be given, so that `--key A REF` names an image; but one that may stand without a word takes all that follow.
void take_one_word_each(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) {
    if (!option->get_positional() && option->get_expected_min() > 0 && option->get_expected_max() > 1) option->allow_extra_args(false);
  }
  for (CLI::App* const each : app.get_subcommands([](const CLI::App*) { return true; })) take_one_word_each(*each);
}

}  // namespace

CommandLine::CommandLine() : CommandLine(std::string_view()) {}

CommandLine::CommandLine(std::string_view only) : app(std::make_unique<CLI::App>("Ashlar makes hardened container images and keeps them so.", "ashlar")), globals(std::make_unique<Globals>()) {
  app->set_version_flag("--version", "ashlar " ASHLAR_VERSION);
  app->require_subcommand(1);
  app->fallthrough(false);
  app->footer("`ashlar VERB --help` shows one verb. Exit codes: 0 done, 1 the answer is no, 2 wrong usage or input, 3 unknown, 4 something outside\n"
              "is unavailable, 5 damaged or forged data, 70 our own mistake.");
  for (const Verb& verb : verbs()) {
    CLI::App* sub = app->add_subcommand(std::string(verb.name), std::string(verb.summary));
    if (!only.empty() && verb.name != only) {
      actions.emplace_back(sub, Action());
      continue;
    }
    sub->footer(fmt::format("Example:\n  {}", verb.example));
    actions.emplace_back(sub, verb.declare(*sub));
    add_globals(*sub, *globals, verb.formats);
    take_one_word_each(*sub);
  }
}

CommandLine::~CommandLine() = default;

std::string man_page(const CommandLine& line, std::string_view verb_name) {
  const Verb* verb = find_verb(verb_name);
  const std::string title = verb == nullptr ? "ashlar" : fmt::format("ashlar-{}", verb->name);
  std::string upper = title;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string out = fmt::format(".TH {} 1 \"\" \"ashlar {}\" \"Ashlar\"\n.SH NAME\n{} \\- {}\n", roff(upper), ASHLAR_VERSION, roff(title),
                                roff(verb == nullptr ? "makes hardened container images and keeps them so" : verb->summary));
  if (verb == nullptr) {
    out += ".SH SYNOPSIS\n.B ashlar\n.I VERB\n[options]\n.SH VERBS\n";
    for (const Verb& each : verbs()) out += fmt::format(".TP\n.B {}\n{}; see\n.BR ashlar\\-{} (1)\n", roff(each.name), roff(each.summary), roff(each.name));
    out += ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] : {std::pair{"0", "done, and the answer is yes"}, {"1", "done, and the answer is no"}, {"2", "wrong usage or invalid input"},
                                        {"3", "the answer is unknown"}, {"4", "something outside is unavailable"}, {"5", "damaged or forged data"}, {"70", "a mistake of ours"}}) {
      out += fmt::format(".TP\n.B {}\n{}\n", code, meaning);
    }
    return out;
  }
  out += fmt::format(".SH SYNOPSIS\n.B ashlar {}\n", roff(verb->name));
  const CLI::App* app = line.app->get_subcommand(std::string(verb->name));
  if (!app->get_subcommands([](const CLI::App*) { return true; }).empty()) out += ".I ACTION\n";
  for (const CLI::Option* option : options_of(*app)) {
    if (option->get_positional()) out += fmt::format(".I {}\n", roff(names_of(*option)));
  }
  out += "[options]\n.SH OPTIONS\n";
  out += listed(*app);
  for (const CLI::App* each : app->get_subcommands([](const CLI::App*) { return true; })) out += fmt::format(".SS ashlar {} {}\n{}\n{}", roff(verb->name), roff(each->get_name()), roff(each->get_description()), listed(*each));
  out += fmt::format(".SH EXAMPLE\n.nf\n{}\n.fi\n.SH SEE ALSO\n.BR ashlar (1)\n", roff(verb->example));
  return out;
}

Result<std::string> completions(const CommandLine& line, std::string_view shell) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) names.emplace_back(verb.name);
  std::string out;
  if (shell == "bash") {
    out = "_ashlar() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n";
    out += fmt::format("  if [ \"$COMP_CWORD\" = 1 ]; then COMPREPLY=($(compgen -W '{}' -- \"$word\")); return; fi\n  case $word in -*) ;; *) COMPREPLY=(); return ;; esac\n  case ${{COMP_WORDS[1]}} in\n", join(names, " "));
    for (const Verb& verb : verbs())
      out += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n", verb.name, join(long_names(*line.app->get_subcommand(std::string(verb.name))), " "));
    out += "  esac\n}\ncomplete -o default -F _ashlar ashlar\n";
  } else if (shell == "zsh") {
    out = "#compdef ashlar\n_ashlar() {\n  if (( CURRENT == 2 )); then\n    local -a verbs=(\n";
    for (const Verb& verb : verbs()) out += fmt::format("      {}\n", shell_quoted(fmt::format("{}:{}", verb.name, verb.summary)));
    out += "    )\n    _describe verb verbs\n    return\n  fi\n  case $words[2] in\n";
    for (const Verb& verb : verbs())
      out += fmt::format("    {}) compadd -- {} ;;\n", verb.name, join(long_names(*line.app->get_subcommand(std::string(verb.name))), " "));
    out += "  esac\n  _files\n}\n_ashlar \"$@\"\n";
  } else if (shell == "fish") {
    for (const Verb& verb : verbs()) {
      out += fmt::format("complete -c ashlar -n __fish_use_subcommand -f -a {} -d {}\n", verb.name, shell_quoted(verb.summary));
      for (const std::string& name : long_names(*line.app->get_subcommand(std::string(verb.name))))
        out += fmt::format("complete -c ashlar -n '__fish_seen_subcommand_from {}' -l {}\n", verb.name, name.substr(2));
    }
  } else {
    return cannot(Kind::Invalid, fmt::format("write completions for '{}'", shell), "the shells are bash, zsh and fish");
  }
  return out;
}

}  // namespace ashlar::cli
