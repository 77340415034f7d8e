// find(1) and ls(1) over the model of the image (IEEE 1003.1, XCU, find; GNU's -mindepth, -maxdepth, -empty, -delete).
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script_arguments.h"
#include "build/inner/script_files.h"
#include "build/inner/script_text.h"

namespace ashlar::build {

using Words = Script::Words;

namespace {

struct Test { std::string which, argument; bool inverted = false; };
struct Search {
  Words from;
  size_t least = 0, most = 1000;
  std::vector<Test> tests;  // all must hold
  bool remove = false, print = false, together = false;
  Words command;            // of -exec
  Words found;
};

std::optional<size_t> depth_of(const std::string& text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value <= 1000 ? std::optional(value) : std::nullopt;
}

std::optional<Search> read_search(const Words& words) {
  Search search;
  size_t at = 1;
  for (; at < words.size() && !words[at].starts_with('-') && words[at] != "!" && words[at] != "("; ++at) search.from.push_back(words[at]);
  if (search.from.empty()) return std::nullopt;
  bool inverted = false;
  for (; at < words.size(); ++at) {
    const std::string& word = words[at];
    const bool more = at + 1 < words.size();
    if (word == "!" || word == "-not") {
      inverted = !inverted;
      continue;
    }
    if ((word == "-maxdepth" || word == "-mindepth") && more && !inverted) {
      const auto depth = depth_of(words[++at]);
      if (!depth) return std::nullopt;
      (word == "-maxdepth" ? search.most : search.least) = *depth;
    } else if ((word == "-type" || word == "-name" || word == "-path") && more) {
      if (word == "-type" && words[at + 1] != "f" && words[at + 1] != "d" && words[at + 1] != "l") return std::nullopt;
      search.tests.push_back({word, words[++at], inverted});
      inverted = false;
    } else if (word == "-empty") {
      search.tests.push_back({word, {}, inverted});
      inverted = false;
    } else if (word == "-delete" && !inverted) {
      search.remove = true;
    } else if (word == "-print" && !inverted) {
      search.print = true;
    } else if (word == "-exec" && !inverted && search.command.empty()) {
      for (++at; at < words.size() && words[at] != ";" && words[at] != "+"; ++at) search.command.push_back(words[at]);
      if (at == words.size() || search.command.empty()) return std::nullopt;
      search.together = words[at] == "+";
      if (search.together && search.command.back() != "{}") return std::nullopt;
    } else if (word != "-xdev" && word != "-mount" && word != "-depth") {
      return std::nullopt;
    } else if (inverted) {
      return std::nullopt;
    }
    // What is done is done to what all tests hold for: those behind it would come too late.
    if ((search.remove || search.print || !search.command.empty()) && at + 1 != words.size()) return std::nullopt;
  }
  return inverted ? std::nullopt : std::optional(std::move(search));
}

bool holds(const World& world, const Search& search, const std::string& path, const TarEntry& entry) {
  std::string_view name = path;
  while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
  if (name.size() > 1) name.remove_prefix(name.rfind('/') + 1);
  const bool folder = entry.type == FileType::Directory, symlink = entry.type == FileType::Symlink;
  for (const Test& test : search.tests) {
    bool fits = false;
    if (test.which == "-name") fits = fits_pattern(test.argument, name);
    else if (test.which == "-path") fits = fits_pattern(test.argument, path);
    else if (test.which == "-empty") fits = folder ? world.list(path).empty() : !symlink && entry.type == FileType::Regular && entry.size == 0;
    else fits = test.argument == "d" ? folder : test.argument == "l" ? symlink : !folder && !symlink;
    if (fits == test.inverted) return false;
  }
  return true;
}

/// Children before their folder where that is removed, else after it.
bool walk(Script& script, Search& search, const std::string& path, size_t depth) {
  World& world = script.state().world;
  const auto node = world.find(path, false);
  if (!node || !script.afford(path.size() + sizeof path)) return false;
  const auto judge = [&] {
    if (depth >= search.least && holds(world, search, path, node->entry)) {
      if (search.remove) return bool(world.remove(path, false));
      search.found.push_back(path);
    }
    return true;
  };
  if (!search.remove && !judge()) return false;
  if (node->entry.type == FileType::Directory && depth < search.most)
    for (const std::string& name : world.list(path)) if (!walk(script, search, path.ends_with('/') ? path + name : path + "/" + name, depth + 1)) return false;
  return !search.remove || judge();
}

}  // namespace

Result<int> find_files(Script& script, const Words& words) {
  auto search = read_search(words);
  if (!search) return not_understood(script, words);
  for (const std::string& from : search->from) if (!walk(script, *search, from, 0)) return 1;
  if (search->remove) return 0;
  if (search->command.empty()) {
    for (const std::string& path : search->found) script.print(path + "\n");
    return 0;
  }
  std::vector<Words> commands;
  if (search->together && !search->found.empty()) {
    commands.push_back(search->command);
    commands.back().pop_back();
    commands.back().insert(commands.back().end(), search->found.begin(), search->found.end());
  }
  for (const std::string& path : search->found) {
    if (search->together) break;
    Words command = search->command;
    for (std::string& word : command) if (word == "{}") word = path;
    commands.push_back(std::move(command));
  }
  for (const Words& command : commands) {
    const auto status = run_command(script, command);
    if (!status) return not_understood(script, words);
    if (!*status) return *status;
    if (search->together && **status != 0) return 1;
  }
  return 0;
}

Result<int> list_files(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {}, {"-1", "-A", "-a", "-d"});
  if (!arguments || arguments->has("-a") || arguments->rest.size() > 1) return not_understood(script, words);
  const World& world = script.state().world;
  const std::string path = arguments->rest.empty() ? "/" : arguments->rest[0];
  const auto node = world.find(path, !arguments->has("-d"));
  if (!node) return 2;
  if (arguments->has("-d") || node->entry.type != FileType::Directory) {
    script.print(path + "\n");
    return 0;
  }
  for (const std::string& name : world.list(path)) if (!name.starts_with('.') || arguments->has("-A")) script.print(name + "\n");
  return 0;
}

}  // namespace ashlar::build
