// Where Go and Rust put the programs that they install: as their own images have it.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

struct Home {
  std::string_view image, program, folder, variable;
  std::array<std::string_view, 2> settings;  ///< whoever sets one of these says himself where
};
constexpr std::array<Home, 2> homes = {{{"golang", "go", "/go", "GOPATH", {"GOPATH", "GOBIN"}}, {"rust", "cargo", "/usr/local/cargo", "CARGO_HOME", {"CARGO_HOME", "CARGO_INSTALL_ROOT"}}}};

const Home* home_of(const Migration& work, size_t stage) {
  const std::string& name = work.stages[stage].name.name;
  const std::string_view last = std::string_view(name).substr(name.rfind('/') + 1);
  const auto found = std::ranges::find(homes, last, &Home::image);
  if (found == homes.end()) return nullptr;
  for (size_t number = work.file.stages[stage].first; number < work.file.stages[stage].end; ++number) {
    for (const Assignment& pair : work.file.instructions[number].assignments) {
      if (pair.name.text == found->settings[0] || pair.name.text == found->settings[1]) return nullptr;
    }
  }
  return &*found;
}

/// Whether a RUN of the stage installs a program where nothing but the home says.
bool installs(const Migration& work, size_t stage, const Home& home) {
  for (size_t number = work.file.stages[stage].first; number < work.file.stages[stage].end; ++number) {
    const auto run = work.runs.find(number);
    if (run == work.runs.end()) continue;
    for (const LineCommand& command : run->second.line.commands) {
      const bool named = command.program() == home.program && command.words.size() > 1;
      // Before 1.17, `go get` installed what it was given by name.
      const bool gets = named && work.stages[stage].stays && command.words[1].value == "get" && command.words.size() > 2 && std::ranges::none_of(command.words, [](const LineWord& each) { return each.value == "-d" || each.value.find("...") != std::string::npos; });
      const bool install = gets || (named && command.words[1].value == "install");
      const auto says = [](const LineWord& each) { return each.value.starts_with("--root"); };
      const bool elsewhere = std::ranges::any_of(command.words, says) || std::ranges::any_of(command.assignments, [](const LineWord& each) { return each.value.starts_with("GOBIN="); });
      if (install && !elsewhere) return true;
    }
  }
  return false;
}

}  // namespace

std::string compiler_home(const Migration& work, size_t stage) {
  const Home* home = home_of(work, stage);
  if (home == nullptr) return {};
  const std::string programs = fmt::format("{}/bin", home->folder);
  if (!installs(work, stage, *home) && work.text.find(programs) == std::string_view::npos) return {};
  return fmt::format("{}={} PATH=\"{}:$PATH\"", home->variable, home->folder, programs);
}

std::string installed_programs(const Migration& work, size_t stage) {
  const Home* home = home_of(work, stage);
  return home != nullptr && installs(work, stage, *home) ? fmt::format("{}/bin", home->folder) : std::string();
}

std::string brought_programs(const Migration& work, size_t stage, const std::string& started) {
  const std::string folder = installed_programs(work, stage);
  const bool alone = !folder.empty() && work.stages[stage].stays && home_of(work, stage)->program == "cargo" && started.starts_with(folder + "/");
  return alone ? started : folder;
}

}  // namespace ashlar::workload
