// Which hardened image the last stage stands on.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

/// Whether the last stage runs what Go built without C, and installs nothing that has a library.
bool only_static(const Migration& work) {
  const bool without_c = std::ranges::any_of(work.file.instructions, [](const Instruction& each) { return each.rest.text.find("CGO_ENABLED=0") != std::string::npos; });
  if (!without_c) return false;
  for (const auto& [number, run] : work.runs) {
    if (number < work.file.stages[static_cast<size_t>(work.stages.back().root)].first) continue;
    for (size_t at = 0; at < run.commands.size(); ++at) {
      for (const size_t index : run.commands[at].role == Role::Install ? run.commands[at].names : std::vector<size_t>()) {
        const auto kind = work.options.packages->find(run.commands[at].packager, run.line.commands[at].words[index].value).kind;
        if (kind != PackageUse::Kind::Base && kind != PackageUse::Kind::Debug) return false;
      }
    }
  }
  return true;
}

/// Whether what is published for .NET has its runtime in it.
bool brings_runtime(const Migration& work) {
  constexpr std::array<std::string_view, 4> ways = {"--self-contained", "--sc", "PublishAot=true", "SelfContained=true"};
  constexpr std::array<std::string_view, 3> not_so = {"--no-self-contained", "--self-contained false", "--self-contained=false"};
  const auto says = [](const Instruction& each, const auto& list) { return std::ranges::any_of(list, [&](std::string_view part) { return each.rest.text.find(part) != std::string::npos; }); };
  return std::ranges::any_of(work.file.instructions, [&](const Instruction& each) { return each.keyword == "RUN" && says(each, ways) && !says(each, not_so); });
}

}  // namespace

const HardenedBase* choose_final_base(Migration& work) {
  const size_t last = work.file.stages.size() - 1;
  const MigratedStage& view = work.stages[last];
  const HardenedBases& bases = *work.options.bases;
  std::vector<std::string> starts;
  std::string started;
  for (int at = static_cast<int>(last); at >= 0; at = work.stages[static_cast<size_t>(at)].parent) {
    const Stage& read = work.file.stages[static_cast<size_t>(at)];
    for (size_t number = read.first; number < read.end; ++number) {
      const Instruction& each = work.file.instructions[number];
      if (each.keyword != "CMD" && each.keyword != "ENTRYPOINT") continue;
      for (const Traced& word : each.words) started += " " + word.text;
    }
  }
  for (const std::string_view each : words(started)) starts.emplace_back(each.substr(each.rfind('/') + 1));
  const auto starts_with = [&](std::string_view program) { return std::ranges::find(starts, program) != starts.end(); };
  if (!view.match.why.empty() && view.base != nullptr && (starts_with("dotnet") || !brings_runtime(work))) {
    work.refuse("base", work.file.instructions[work.file.stages[last].first].span, view.image, view.match.why, "dotnet publish --self-contained, and start the program that it makes");
    return nullptr;
  }
  if (view.scratch) return bases.find("static");
  const bool compiler = view.match.build_only || view.base->runtime.empty();
  if (started.empty() && (view.match.distribution || compiler)) work.breaks("shell", work.file.instructions[work.file.stages[last].first].span, view.image, "nothing says what it starts: the usual image starts a shell, which the hardened one has not", "name the program, as in CMD [\"/app/server\"]; what is built upon this image stands on a -dev image");
  if (compiler && only_static(work)) return bases.find("static");
  if (!view.match.distribution) return view.base->runtime.empty() ? bases.find("base") : view.base;
  // What is started decides, then what is installed.
  for (const HardenedBase& each : bases.all()) {
    if (!each.runtime.empty() && std::ranges::any_of(each.programs, starts_with)) return &each;
  }
  for (const auto& [number, run] : work.runs) {
    if (number < work.file.stages[static_cast<size_t>(view.root)].first) continue;
    for (size_t at = 0; at < run.commands.size(); ++at) {
      if (run.commands[at].role != Role::Install) continue;
      for (const size_t index : run.commands[at].names) {
        for (const std::string& name : work.options.packages->find(run.commands[at].packager, run.line.commands[at].words[index].value).names) {
          const HardenedBase* found = bases.for_package(name);
          if (found != nullptr && !found->runtime.empty() && (found->family == "python" || found->family == "node" || found->family == "java" || found->family == "ruby" || found->family.starts_with("php") || found->family == "nginx" || found->family == "httpd")) return found;
        }
      }
    }
  }
  return bases.find(only_static(work) ? "static" : "base");
}

}  // namespace ashlar::workload
