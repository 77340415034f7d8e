#include "workload/inner/health_words.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/shell_commands.h"

namespace ashlar::workload {
namespace {

constexpr std::array<std::string_view, 16> tools = {"curl", "wget", "nc", "ncat", "netcat", "grep", "pgrep", "pidof", "ps", "ss", "netstat", "test", "[", "cat", "timeout", "dig"};

}  // namespace

std::optional<std::string> health_needs(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  const std::string name = words[0].substr(words[0].rfind('/') + 1);
  if (is_shell(name) || name.ends_with(".sh") || std::ranges::find(tools, name) != tools.end()) return name;
  return std::nullopt;
}

std::string health_remedy(std::string_view command) {
  constexpr std::string_view form = "our health probe (`health` of the base's definition): [\"/usr/lib/ashlar/probe\", {}]";
  if (const std::size_t at = command.find("http://"); at != std::string_view::npos) {
    const std::string_view url = command.substr(at, command.find_first_of(" \t\"'|;&>)", at) - at);
    return fmt::format(fmt::runtime(form), fmt::format("\"http\", \"{}\"", visible(url.substr(0, 200))));
  }
  if (command.find("https://") != std::string_view::npos) return "the program's own check: our health probe speaks no TLS";
  const auto commands = shell_commands(command);
  for (const ShellCommand& each : commands) {
    const auto& words = each.words;
    if (each.program() == "nc" || each.program() == "ncat" || each.program() == "netcat") {
      const auto plain = [&](std::size_t back) { return words.size() > back + 1 ? words[words.size() - 1 - back].text : std::string(); };
      if (!plain(1).empty() && !plain(0).empty() && std::ranges::all_of(plain(0), [](unsigned char c) { return std::isdigit(c) != 0; })) return fmt::format(fmt::runtime(form), fmt::format("\"tcp\", \"{}:{}\"", visible(plain(1)), plain(0)));
    }
    if ((each.program() == "pgrep" || each.program() == "pidof") && words.size() > 1) return fmt::format(fmt::runtime(form), fmt::format("\"process\", \"{}\"", visible(words.back().text.substr(0, 80))));
    if ((each.program() == "test" || each.program() == "[") && words.size() > 2) return fmt::format(fmt::runtime(form), fmt::format("\"file\", \"{}\"", visible(words[2].text.substr(0, 200))));
  }
  return "the program itself in exec form, or our health probe (`health` of the base's definition)";
}

std::string_view without_exit(std::string_view command) {
  command = trim(command);
  if (!command.ends_with("exit 1")) return command;
  const std::string_view before = trim(command.substr(0, command.size() - 6));
  return before.ends_with("||") ? trim(before.substr(0, before.size() - 2)) : command;
}

bool names_variable(std::string_view word) {
  for (std::size_t at = word.find('$'); at != std::string_view::npos; at = word.find('$', at + 1)) {
    const std::string_view next = word.substr(at + 1, 1);
    if (!next.empty() && (next[0] == '{' || next[0] == '_' || std::isalpha(static_cast<unsigned char>(next[0])) != 0)) return true;
  }
  return false;
}

}  // namespace ashlar::workload
