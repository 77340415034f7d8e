// test(1) over the model of the image (IEEE 1003.1, XCU, test).
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "build/inner/script.h"

namespace ashlar::build {
namespace {

std::optional<long> number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<bool> of_file(Script& script, char which, const std::string& path) {
  if (path.empty()) return false;
  const bool of_link = which == 'L' || which == 'h';
  const auto node = script.state().world.find(path, !of_link);
  if (!node) return false;
  const TarEntry& entry = node->entry;
  switch (which) {
    case 'e': return true;
    case 'f': return entry.type == FileType::Regular || entry.type == FileType::HardLink;
    case 'd': return entry.type == FileType::Directory;
    case 'L':
    case 'h': return entry.type == FileType::Symlink;
    case 'x': return (entry.mode & 0111) != 0;
    case 'r':
    case 'w': return true;  // to root
    case 's': return entry.size > 0 || entry.type == FileType::HardLink;
    case 'p': case 'S': case 'b': case 'c': return false;
    default: return std::nullopt;
  }
}

std::optional<bool> binary(const std::string& a, const std::string& operation, const std::string& b, bool bash) {
  if (operation == "=" || (bash && operation == "==")) return a == b;
  if (operation == "!=") return a != b;
  const auto left = number(a), right = number(b);
  if (!left || !right) return std::nullopt;
  if (operation == "-eq") return *left == *right;
  if (operation == "-ne") return *left != *right;
  if (operation == "-lt") return *left < *right;
  if (operation == "-le") return *left <= *right;
  if (operation == "-gt") return *left > *right;
  if (operation == "-ge") return *left >= *right;
  return std::nullopt;
}

std::optional<bool> judge(Script& script, std::span<const std::string> words) {
  if (words.empty()) return false;
  if (words.size() == 1) return !words[0].empty();
  if (words.size() == 3) if (const auto answer = binary(words[0], words[1], words[2], script.bash())) return answer;
  if (words.size() >= 3) {  // -o binds weaker than -a
    for (const std::string_view joint : {"-o", "-a"}) {
      for (size_t at = 1; at + 1 < words.size(); ++at) {
        if (words[at] != joint) continue;
        const auto left = judge(script, words.first(at)), right = judge(script, words.subspan(at + 1));
        if (!left || !right) return std::nullopt;
        return joint == "-o" ? *left || *right : *left && *right;
      }
    }
  }
  if (words[0] == "!") {
    const auto rest = judge(script, words.subspan(1));
    return rest ? std::optional(!*rest) : std::nullopt;
  }
  if (words.size() != 2) return std::nullopt;
  if (words[0] == "-n") return !words[1].empty();
  if (words[0] == "-z") return words[1].empty();
  if (words[0] == "-t") return false;
  if (words[0].size() == 2 && words[0][0] == '-') return of_file(script, words[0][1], words[1]);
  return std::nullopt;
}

}  // namespace

Result<int> run_test(Script& script, std::span<const std::string> words) {
  constexpr size_t most = 64;  // words are judged by recursion
  const auto answer = words.size() > most ? std::nullopt : judge(script, words);
  if (!answer) {
    std::string text;
    for (const std::string& word : words.first(std::min(words.size(), most))) text += " " + word;
    return script.unknown(fmt::format("'test{}'", text));
  }
  return *answer ? 0 : 1;
}

}  // namespace ashlar::build
