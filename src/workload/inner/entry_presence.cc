#include "workload/inner/entry_presence.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/libc.h"

namespace ashlar::workload {
namespace {

bool is_under(std::string_view path, std::string_view folder) { return folder == "/" || path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/')); }
std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Folders in every PATH.
bool holds_programs(std::string_view folder) {
  constexpr std::array<std::string_view, 7> folders = {"/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/"};
  return std::ranges::find(folders, folder) != folders.end();
}

class Presence {
 public:
  Presence(const Migration& work, const Assembly& assembly, const std::vector<Output>& outputs) : work_(work), assembly_(assembly), outputs_(outputs) {}

  /// By the image itself, a package, the build stage.
  bool built(const std::string& program, const std::string& path) const {
    const auto& own = assembly_.base->programs;
    if (std::ranges::find(own, last_part(program)) != own.end()) return true;
    const bool plain = program.find('/') == std::string::npos;
    if (!assembly_.packages.run.empty() && (plain || is_under(path, "/usr") || is_under(path, "/bin") || is_under(path, "/sbin") || is_under(path, "/opt"))) return true;
    if (!plain) return std::ranges::any_of(outputs_, [&](const Output& each) { return is_under(path, each.path); });
    if (std::ranges::any_of(outputs_, [&](const Output& each) { return last_part(each.path) == program || last_part(each.path) == "bin"; })) return true;
    return std::ranges::any_of(work_.runs, [](const auto& each) { return each.second.uses_pip || each.second.uses_gem || each.second.installs_globally || !each.second.project.empty(); }) || says_path();
  }

  /// By a COPY of the last stage or of those that it stands on; null: none.
  const Instruction* copied(const std::string& program, const std::string& path) const {
    const Instruction* found = nullptr;
    for (const size_t number : assembly_.numbers) {
      const Instruction& each = work_.file.instructions[number];
      if ((each.keyword != "COPY" && each.keyword != "ADD") || each.words.empty()) continue;
      const std::string& to = each.words.back().text;
      if (to.find('$') != std::string::npos) return &each;
      const auto moved = work_.brings.find(number);
      const std::string place = absolute(moved == work_.brings.end() ? to : moved->second, work_.places[number].folder);
      const bool plain = program.find('/') == std::string::npos;
      if (plain ? holds_programs(place) || last_part(place) == program : is_under(path, place)) found = &each;
    }
    return found;
  }

 private:
  bool says_path() const {
    return std::ranges::any_of(assembly_.numbers, [&](size_t number) {
      const Instruction& each = work_.file.instructions[number];
      return each.keyword == "ENV" && std::ranges::any_of(each.assignments, [](const Assignment& pair) { return pair.name.text == "PATH"; });
    });
  }

  const Migration& work_;
  const Assembly& assembly_;
  const std::vector<Output>& outputs_;
};

}  // namespace

void expect_program(Migration& work, const Assembly& assembly, const std::vector<Output>& outputs) {
  const std::string& program = assembly.program;
  if (program.empty() || program.find('$') != std::string::npos) return;
  const std::string path = absolute(program, work.places[assembly.program_at].folder);
  const Presence presence(work, assembly, outputs);
  const Instruction& entry = work.file.instructions[assembly.program_at];
  const Instruction* copy = presence.copied(program, path);
  if (copy == nullptr && !presence.built(program, path)) {
    work.breaks("files", entry.span, work.shown(assembly.program_at), fmt::format("nothing that comes into the image brings '{}'", visible(program)), "copy it into the last stage by name, or install the package that has it");
    return;
  }
  // What a build stage of the file makes is judged there.
  const bool from_outside = copy != nullptr && std::ranges::none_of(copy->flags, [&](const Flag& flag) { return flag.name == "from" && stage_of(work.file, flag.value.text, work.file.stages.size()) >= 0; });
  const MigratedStage& root = work.stages[static_cast<size_t>(work.stages.back().root)];
  if (!from_outside || !root.match.alpine || work.options.old != nullptr || std::ranges::find(assembly.base->programs, last_part(program)) != assembly.base->programs.end()) return;
  work.breaks("libc", entry.span, work.shown(assembly.program_at), fmt::format("'{}' was made elsewhere for Alpine: linked with musl, it does not start where glibc is", visible(program)), "see what `file` says of it: a static program starts anywhere; else build it for glibc (--old-image tells which it is)");
}

void expect_glibc(Migration& work) {
  for (size_t at = 0; at < work.stages.size(); ++at) {
    if (!work.stages[at].final_chain) continue;
    for (size_t number = work.file.stages[at].first + 1; number < work.file.stages[at].end; ++number) {
      const Instruction& each = work.file.instructions[number];
      const auto flag = std::ranges::find(each.flags, "from", &Flag::name);
      if (each.keyword != "COPY" || flag == each.flags.end()) continue;
      const int from = stage_of(work.file, flag->value.text, at);
      const MigratedStage* const source = from < 0 ? nullptr : &work.stages[static_cast<size_t>(from)];
      // What compilers of the file make is judged where they are.
      if (source != nullptr && (!source->stays || source->match.build_only)) continue;
      const std::string_view image = source != nullptr ? std::string_view(source->image) : std::string_view(flag->value.text);
      if (!is_musl(image)) continue;
      const auto program = std::find_if(each.words.begin(), each.words.end() - (each.words.empty() ? 0 : 1), [](const Traced& word) { return is_bound(word.text); });
      if (each.words.empty() || program == each.words.end() - 1) continue;
      work.breaks("libc", each.span, work.shown(number), fmt::format("'{}' comes from '{}', an image of Alpine: linked with musl, it does not start where glibc is", visible(program->text), visible(image)), "see what `file` says of it: a static program starts anywhere; else take it from an image of Debian, or install it");
    }
  }
}

}  // namespace ashlar::workload
