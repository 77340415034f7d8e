#include "cli/hints.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::cli {
namespace {

/// `a, b and c`
std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (size_t at = 0; at < words.size(); ++at) out += fmt::format("{}{}", at == 0 ? "" : at + 1 == words.size() ? " and " : ", ", words[at]);
  return out;
}

/// Long names of a verb's own options and of those of some of its actions, each once.
std::vector<std::string> names_of(const CLI::App& verb, const std::vector<const CLI::App*>& actions) {
  std::vector<std::string> names;
  const auto take = [&](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options([](const CLI::Option* each) { return !each->get_group().empty(); })) {
      for (const std::string& name : option->get_lnames()) {
        if (std::ranges::find(names, "--" + name) == names.end()) names.push_back("--" + name);
      }
    }
  };
  take(verb);
  for (const CLI::App* each : actions) take(*each);
  return names;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near);
}

std::unexpected<Error> no_action(std::string_view verb, std::string_view word, std::span<const std::string_view> actions) {
  return cannot(Kind::Invalid, fmt::format("{} '{}'", verb, word), fmt::format("the actions are {}{}", listed(actions), did_you_mean(word, actions)));
}

std::vector<std::string> long_names(const CLI::App& verb) { return names_of(verb, verb.get_subcommands([](const CLI::App*) { return true; })); }

std::string misreading(const CLI::App& verb, std::string_view cause) {
  const auto parsed = verb.get_subcommands();
  const std::vector<const CLI::App*> chosen(parsed.begin(), parsed.end());
  const std::vector<std::string> names = chosen.empty() ? long_names(verb) : names_of(verb, chosen);
  for (const std::string& each : verb.remaining(true)) {
    const std::string_view word = cut(each, '=').first;
    if (word.size() < 2 || word[0] != '-' || word == "--") continue;
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    return fmt::format("there is no option '{}'{}", visible(word), did_you_mean(word, candidates));
  }
  return std::string(cause);
}

}  // namespace ashlar::cli
