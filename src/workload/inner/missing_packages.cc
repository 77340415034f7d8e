// What RUNs start, usual images bring and -dev images lack.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "workload/inner/context_files.h"
#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

/// What RUN `number` installs as it is rewritten: the words of its commands that install.
std::string installed_by(const Migration& work, size_t number) {
  const auto found = work.runs.find(number);
  if (found == work.runs.end() || work.dropped.contains(number)) return {};
  const RunLine& run = found->second;
  std::string out;
  for (size_t at = 0; at < run.commands.size(); ++at) {
    if (run.commands[at].role != Role::Install && run.commands[at].role != Role::Extension) continue;
    const auto extent = run.text.slice(run.line.commands[at].begin, run.line.commands[at].end).extent();
    if (!extent) continue;
    const bool gone = std::ranges::any_of(work.edits, [&](const Migration::Edit& each) { return each.bytes.empty() && each.begin <= extent->first && each.end >= extent->second; });
    if (!gone) out += " " + work.edited(extent->first, extent->second);
  }
  return out;
}

struct Brought {
  std::string_view program, packages;
};
/// `gcc` alone comes without the headers of C.
constexpr std::array<Brought, 34> brought = {{{"curl", "curl"}, {"wget", "wget"}, {"git", "git"}, {"unzip", "unzip"}, {"zip", "zip"}, {"xz", "xz-utils"}, {"bzip2", "bzip2"}, {"gpg", "gnupg"}, {"jq", "jq"}, {"gcc", "gcc libc6-dev"}, {"cc", "gcc libc6-dev"}, {"g++", "g++"}, {"c++", "g++"}, {"make", "make"}, {"cmake", "cmake"}, {"patch", "patch"}, {"file", "file"},
  {"python3", "python3"}, {"rsync", "rsync"}, {"setcap", "libcap2-bin"}, {"go", "golang-go"}, {"localedef", "locales"}, {"locale-gen", "locales"}, {"envsubst", "gettext-base"}, {"java", "default-jre-headless"}, {"pkg-config", "pkg-config"}, {"autoconf", "autoconf"}, {"autoreconf", "autoconf automake libtool"}, {"automake", "automake"}, {"ninja", "ninja-build"}, {"meson", "meson"}, {"svn", "subversion"}, {"hg", "mercurial"}, {"ssh", "openssh-client"}}};

}  // namespace

std::vector<std::string> missing_packages(Migration& work, size_t stage) {
  const MigratedStage& view = work.stages[stage];
  std::vector<std::string> out;
  if (view.base == nullptr) return out;
  std::string installed = " " + join(view.match.toolchain, " ");
  std::set<std::string, std::less<>> before;  // programs that the stages below it start: they have them
  for (int at = view.parent; at >= 0; at = work.stages[static_cast<size_t>(at)].parent) {
    const Stage& read = work.file.stages[static_cast<size_t>(at)];
    for (size_t number = read.first; number < read.end; ++number) {
      installed += installed_by(work, number);
      if (const auto run = work.runs.find(number); run != work.runs.end()) before.insert(run->second.programs.begin(), run->second.programs.end());
    }
  }
  for (size_t number = work.file.stages[stage].first; number < work.file.stages[stage].end; ++number) {
    const auto run = work.runs.find(number);
    if (run == work.runs.end()) continue;
    installed += installed_by(work, number);
    const auto had = words(installed);
    const auto has = [&](std::string_view word) { return std::ranges::find(had, word) != had.end(); };
    for (const auto& [program, packages] : brought) {
      if (!run->second.programs.contains(std::string(program)) || before.contains(program)) continue;
      const auto& own = view.base->dev_programs;
      if (std::ranges::find(own, program) != own.end() || std::ranges::find(work.options.bases->dev_programs(), program) != work.options.bases->dev_programs().end()) continue;
      if (program == "java" && (!view.match.toolchain.empty() || has("default-jdk-headless"))) continue;
      auto names = words(packages);
      // A usual image with compilers: what is built with make or cmake there has them.
      if (view.match.full && (program == "make" || program == "cmake") && std::ranges::find(own, "gcc") == own.end()) names.insert(names.end(), {"gcc", "libc6-dev", "g++"});
      if (has(names.front()) || (has("build-essential") && (names.front() == "gcc" || names.front() == "g++" || names.front() == "make"))) continue;
      for (const std::string_view package : names) {
        if (!has(package) && std::ranges::find(out, package) == out.end()) out.emplace_back(package);
      }
    }
  }
  // What pip compiles, where no wheel is to be had.
  const auto had = words(installed);
  const auto has = [&](std::string_view word) { return std::ranges::find(had, word) != had.end(); };
  const bool essential = has("build-essential");
  for (const std::string& each : pip_requirements(work, stage).names) {
    const auto* sources = work.options.packages->sources_of_pip(each);
    for (const std::string& package : sources == nullptr ? std::vector<std::string>() : *sources) {
      const bool there = has(package) || (essential && (package == "gcc" || package == "libc6-dev")) || (package == "libc6-dev" && has("g++"));
      if (!there && std::ranges::find(out, package) == out.end()) out.push_back(package);
    }
  }
  return out;
}

}  // namespace ashlar::workload
