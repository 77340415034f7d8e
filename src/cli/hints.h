#pragma once
// What was probably meant by a word that a verb does not know: the one place where all verbs have it from.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace ashlar::cli {

/// `; did you mean '--key'?`, or nothing where no candidate is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// Invalid: the verb has no such action; names those there are.
std::unexpected<Error> no_action(std::string_view verb, std::string_view word, std::span<const std::string_view> actions);

/// The row of a verb's table of actions that has this name; null: Invalid as no_action() says.
template <class Row, size_t count>
Result<const Row*> action_of(std::string_view verb, const std::array<Row, count>& actions, std::string_view word) {
  const auto found = std::ranges::find(actions, word, &Row::name);
  if (found != actions.end()) return &*found;
  std::vector<std::string_view> names;
  for (const Row& each : actions) names.push_back(each.name);
  return no_action(verb, word, names);
}

/// Why the words of a verb could not be read: the first option among them that it does not have, with the one that was probably meant, else `cause`. An option that is misspelt leaves its word
/// to the arguments and itself missing, and of that CLI11 complains first.
std::string misreading(const CLI::App& verb, std::string_view cause);

/// The long names of a verb's options, with those of its own actions, each once: `--key`.
std::vector<std::string> long_names(const CLI::App& verb);

}  // namespace ashlar::cli
