#include "build/inner/script_arguments.h"

#include <charconv>

namespace ashlar::build {

using Words = Script::Words;

std::optional<Arguments> read_arguments(const Words& words, const std::set<std::string>& with_value, const std::set<std::string>& known) {
  Arguments result;
  bool options = true;
  for (size_t at = 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (!options || word.size() < 2 || word[0] != '-') { result.rest.push_back(word); continue; }
    if (word == "--") { options = false; continue; }
    const size_t equals = word.find('=');
    if (word.starts_with("--")) {
      const std::string name = word.substr(0, equals);
      if (with_value.contains(name)) {
        if (equals == std::string::npos && at + 1 >= words.size()) return std::nullopt;
        result.values[name] = equals == std::string::npos ? words[++at] : word.substr(equals + 1);
      } else if (known.contains(name) && equals == std::string::npos) {
        result.flags.insert(name);
      } else {
        return std::nullopt;
      }
      continue;
    }
    for (size_t letter = 1; letter < word.size(); ++letter) {
      const std::string name = std::string("-") + word[letter];
      if (with_value.contains(name)) {
        if (letter + 1 < word.size()) result.values[name] = word.substr(letter + 1);
        else if (at + 1 < words.size()) result.values[name] = words[++at];
        else return std::nullopt;
        break;
      }
      if (!known.contains(name)) return std::nullopt;
      result.flags.insert(name);
    }
  }
  return result;
}

Result<int> done(Script& script, const Done& result) {
  if (!result) return script.unknown(result.error().message);
  return 0;
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.size() > (text.starts_with('-') ? 10 : 9)) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> octal(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size() || value > 07777) return std::nullopt;
  return value;
}

}  // namespace ashlar::build
