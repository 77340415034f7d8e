#pragma once
// The arguments of a command in a maintainer script.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "build/inner/script.h"

namespace ashlar::build {

/// Options taken off the front: flags seen, values of those that take one.
struct Arguments {
  std::set<std::string> flags;
  std::map<std::string, std::string> values;
  Script::Words rest;  ///< what is no option
  bool has(std::string_view flag) const { return flags.contains(std::string(flag)); }
  std::string value(const std::string& name, const std::string& otherwise = {}) const {
    const auto found = values.find(name);
    return found == values.end() ? otherwise : found->second;
  }
};

/// `with_value` names options that take a value; `known` every other. Nothing for an option that is in neither.
std::optional<Arguments> read_arguments(const Script::Words& words, const std::set<std::string>& with_value, const std::set<std::string>& known);
/// The status of a command that changes the image: what cannot be done ends recognition.
Result<int> done(Script& script, const Done& result);
/// A whole number of at most nine digits, which may be negative.
std::optional<int> whole_number(std::string_view text);
/// A mode in octal, at most 07777.
std::optional<std::uint32_t> octal(std::string_view text);

}  // namespace ashlar::build
