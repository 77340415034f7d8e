#include "workload/inner/started_script.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/context_files.h"

namespace ashlar::workload {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// What frameworks generate into an application's own `bin`.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> generated = {{{"bin/rails", "ruby"}, {"bin/rake", "ruby"}, {"bin/puma", "ruby"}, {"bin/jobs", "ruby"}, {"bin/thrust", "ruby"}, {"bin/console", "php"}, {"artisan", "php"}, {"bin/www", "node"}}};
/// Commands of a build that make a start script of the shell's, in a folder `bin`.
constexpr std::array<std::string_view, 7> makers = {"mix release", "rebar3 as prod release", "rebar3 release", "installDist", "sbt stage", "universal:stage", "appassembler:assemble"};

/// `node --x` of `#!/usr/bin/env -S node --x`; empty: it is no script.
std::vector<std::string> first_line(std::string_view text) {
  std::vector<std::string> out;
  if (!text.starts_with("#!")) return out;
  for (const std::string_view word : words(text.substr(2, std::min<size_t>(text.find('\n'), 256) - 2))) out.emplace_back(word);
  if (out.size() > 1 && last_part(out[0]) == "env") out.erase(out.begin(), out.begin() + (out[1] == "-S" ? 2 : 1));
  else if (!out.empty() && !out[0].starts_with("/usr/local/")) return is_shell(out[0]) ? std::vector<std::string>{out[0]} : std::vector<std::string>();  // it is found where it says
  if (!out.empty()) out[0] = last_part(out[0]);
  return out;
}

/// Whether a stage made just this file: what lies beside the Dockerfile by its name is another.
bool is_made(const Migration& work, const std::string& program) {
  for (size_t number = 0; number < work.file.instructions.size(); ++number) {
    const Instruction& each = work.file.instructions[number];
    if (each.keyword != "COPY" || each.words.size() < 2 || std::ranges::find(each.flags, "from", &Flag::name) == each.flags.end()) continue;
    const std::string to = absolute(each.words.back().text, work.places[number].folder);
    if (to == program || std::any_of(each.words.begin(), each.words.end() - 1, [&](const Traced& source) { return fmt::format("{}/{}", to == "/" ? "" : to, last_part(source.text)) == program; })) return true;
  }
  return false;
}

}  // namespace

std::optional<StartedScript> started_script(Migration& work, size_t number, const std::string& program) {
  if (program.find('/') == std::string::npos) return std::nullopt;
  const std::string folder = work.places[number].folder == "/" ? "/" : work.places[number].folder + "/";
  const std::string own = program.starts_with(folder) ? program.substr(folder.size()) : program;
  const auto text = is_made(work, absolute(program, work.places[number].folder)) ? std::nullopt : context_file(work, own);
  if (text) {
    std::vector<std::string> line = first_line(*text);
    if (line.empty()) return StartedScript{{}, {}, true};
    if (is_shell(line[0])) return StartedScript{{}, fmt::format("the script '{}' needs a shell", visible(program))};
    return StartedScript{std::move(line), {}};
  }
  for (const std::string_view maker : makers) {
    const bool made = program.find("bin/") != std::string::npos && !program.starts_with("/usr/") && std::ranges::any_of(work.file.instructions, [&](const Instruction& each) { return each.keyword == "RUN" && each.rest.text.find(maker) != std::string::npos; });
    if (made) return StartedScript{{}, fmt::format("'{}' is a script of the shell, as '{}' makes it", visible(program), maker)};
  }
  for (const auto& [name, interpreter] : generated) {
    const bool fits = own == name || own == fmt::format("./{}", name) || program.ends_with(fmt::format("/{}", name));
    if (fits && !program.starts_with("/usr/")) return StartedScript{{std::string(interpreter)}, {}};
  }
  return std::nullopt;
}

}  // namespace ashlar::workload
