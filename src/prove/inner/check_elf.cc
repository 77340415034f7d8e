// Checks on ELF files: whether they can be loaded, and how they are hardened.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/loader.h"
#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

std::string_view debian_of(std::uint16_t machine) {
  switch (machine) {
    case 62: return "amd64";
    case 183: return "arm64";
    case 3: return "i386";
    case 40: return "armhf";
    case 243: return "riscv64";
    default: return {};
  }
}

/// What a file has to have of which no baseline tells. Stack protector, fortify and CET are not asked: code may need none of them.
constexpr Hardening strict{true, Elf::Relro::Full, true, true, Elf::Answer::Unknown, Elf::Answer::Unknown, false, false};
/// How to build what `lacks` names, for people: `-fPIE -pie, -Wl,-z,relro,-z,now`.
std::string flags_for(std::string_view lacks) {
  constexpr std::pair<std::string_view, std::string_view> flags[] = {
      {"pie", "-fPIE -pie"}, {"full relro", "-Wl,-z,relro,-z,now"}, {"relro", "-Wl,-z,relro"}, {"nx", "-Wl,-z,noexecstack"}, {"code without relocations", "-fPIC -Wl,-z,text"},
      {"the stack protector", "-fstack-protector-strong"}, {"fortify", "-O2 -D_FORTIFY_SOURCE=2"}, {"branch tracking", "-fcf-protection (arm64: -mbranch-protection=standard)"},
      {"return protection", "-fcf-protection (arm64: -mbranch-protection=standard)"}};
  std::string out;
  for (const std::string_view each : split(lacks, ',')) {
    const auto found = std::ranges::find(flags, trim(each), [](const auto& row) { return row.first; });
    if (found != std::end(flags) && out.find(found->second) == std::string::npos) out += (out.empty() ? "" : " ") + std::string(found->second);
  }
  return out;
}
/// All that is looked for.
constexpr Hardening everything{true, Elf::Relro::Full, true, true, Elf::Answer::Yes, Elf::Answer::Yes, true, true};

}  // namespace

Check elf_resolves(const Scene& scene) {
  Check check = passing("elf-resolves", "every program finds its loader and its libraries in the image");
  const Loader loader(scene);
  const auto objects = loader.objects();
  std::set<std::string> taken;
  size_t programs = 0;
  std::vector<std::string> notes, waiting;
  for (const auto& object : objects) {
    if (!object.elf->program()) continue;
    ++programs;
    for (std::string& each : loader.missing_for_program(object, taken)) against(check, std::move(each));
  }
  for (const auto& object : objects) {
    if (object.elf->program() || taken.contains(object.path)) continue;
    // Where packages can still be installed, a plug-in may wait for what its package merely recommends.
    const bool excused = scene.is_dev() && !scene.verified_owner(object.path).empty();
    for (std::string& each : loader.missing_for_library(object, taken, notes)) {
      if (excused) waiting.push_back(fmt::format("{}; {} ships it so", each, scene.verified_owner(object.path)));
      else against(check, std::move(each));
    }
  }
  if (check.outcome == Outcome::Passed && !waiting.empty()) check.outcome = Outcome::Excused;
  check.evidence.insert(check.evidence.end(), waiting.begin(), waiting.end());
  for (const auto& [path, file] : scene.contents.files) {
    const FileFacts* const facts = file.entry.type == FileType::Regular ? scene.facts_of(file) : nullptr;
    if (facts != nullptr && !facts->elf_fault.empty()) against(check, fmt::format("{} begins as an ELF file: {}", shown(path), facts->elf_fault));
  }
  check.evidence.insert(check.evidence.end(), notes.begin(), notes.end());
  check.evidence.push_back(fmt::format("{} programs and {} libraries were followed", programs, objects.size() - programs));
  return check;
}

Check elf_hardening(const Scene& scene) {
  Check check = passing("elf-hardening", "no program is hardened less than the distribution builds it");
  std::map<std::string, size_t> table;  // by what the files lack
  std::vector<std::string> rows;
  size_t beyond = 0, files = 0;
  const Loader loader(scene);
  for (const auto& object : loader.objects()) {
    const inventory::File& file = scene.contents.files.at(object.path);
    if (file.entry.type == FileType::HardLink) continue;  // the same bytes, judged under their first name
    ++files;
    const Hardening has = hardening_of(*object.elf);
    const Baseline* const baseline = scene.yardstick.baseline;
    const Baseline::Row* const row = baseline == nullptr ? nullptr : baseline->find(debian_of(object.elf->machine), object.path);
    const std::string lacks = worse(has, row == nullptr ? strict : row->hardening);
    if (row == nullptr) ++beyond;
    if (!lacks.empty() && row != nullptr) against(check, fmt::format("{} lacks {}, which package '{}' builds it with: take the package's own file, or build this one with {}", shown(object.path), lacks, row->package, flags_for(lacks)));
    else if (!lacks.empty()) against(check, fmt::format("{} lacks {}, and the baseline does not know it: build it with {}", shown(object.path), lacks, flags_for(lacks)));
    rows.push_back(fmt::format("{}: {}", shown(object.path), to_string(has)));
    if (lacks.empty()) ++table[worse(has, everything)];
  }
  for (const auto& [what, count] : table)
    check.evidence.push_back(fmt::format("{} of {} files hold and lack {}", count, files, what.empty() ? "nothing that is looked for" : what + ", or do not tell of it"));
  if (beyond != 0) check.evidence.push_back(fmt::format("{} of {} files are not in the baseline and were held to pie, full relro, nx and no text relocations", beyond, files));
  check.evidence.insert(check.evidence.end(), rows.begin(), rows.end());
  if (files == 0) return not_applicable(check.id, check.title, "the image holds no ELF file");
  return check;
}

}  // namespace ashlar::prove
