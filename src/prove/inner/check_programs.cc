// Checks on what programs are: shells, languages, package managers.
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "plan/program_names.h"
#include "prove/inner/marks.h"
#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Interpreters that the definition keeps, by the files behind their paths.
class Named {
 public:
  explicit Named(const Scene& scene) {
    if (scene.definition() == nullptr) return;
    for (const plan::Interpreter& each : scene.definition()->interpreters) {
      const auto real = scene.root.resolve(each.path);
      if (!real) continue;
      const auto file = scene.contents.files.find(*real);
      if (file != scene.contents.files.end()) by_place_[file->second.bytes].push_back(&each);
    }
  }
  /// The entry for this file whose name fits the family; a name alone (`family` empty) needs none to fit.
  const plan::Interpreter* find(const inventory::File& file, std::string_view family) const {
    const auto found = by_place_.find(file.bytes);
    if (found == by_place_.end()) return nullptr;
    for (const plan::Interpreter* each : found->second) {
      if (family.empty() || fits_family(family, base_name(each->path))) return each;
    }
    return nullptr;
  }
  bool knows(const inventory::File& file) const { return by_place_.contains(file.bytes); }

 private:
  std::map<inventory::Place, std::vector<const plan::Interpreter*>> by_place_;
};

bool is_regular(const inventory::File& file) { return file.entry.type == FileType::Regular || file.entry.type == FileType::HardLink; }

/// By the bytes: what no name can hide.
void judge_bytes(const Scene& scene, const Named& named, Trait::Kind kind, Check& check, std::vector<std::string>& excused) {
  for (const auto& [path, file] : scene.contents.files) {
    const FileFacts* const facts = is_regular(file) ? scene.facts_of(file) : nullptr;
    if (facts == nullptr) continue;
    for (const Trait& trait : facts->traits) {
      if (trait.kind != kind && !(kind == Trait::Kind::Interpreter && trait.kind == Trait::Kind::Hidden)) continue;
      const std::string where = shown(path) + trait.inside;
      const plan::Interpreter* const reason = trait.inside.empty() ? named.find(file, trait.family) : nullptr;
      if (reason != nullptr) excused.push_back(fmt::format("{} is {}; the definition names {}: {}", where, trait.why, reason->path, reason->reason));
      else if (trait.inside.empty() && named.knows(file)) against(check, fmt::format("{} is {}: the definition names it, but as another interpreter", where, trait.why));
      else against(check, fmt::format("{} is {}", where, trait.why));
    }
  }
}

/// By the name: scripts and links, and programs of families that the bytes do not tell.
void judge_names(const Scene& scene, const Named& named, bool (*is_name)(std::string_view), std::string_view what, Check& check, std::vector<std::string>& excused) {
  for (const auto& [path, file] : scene.contents.files) {
    if (file.entry.type == FileType::Directory) continue;
    const std::string_view name = plan::program_name(path);
    if (name.empty() || !is_name(name)) continue;
    const inventory::File* const real = scene.root.file(path);
    const plan::Interpreter* const reason = real == nullptr ? nullptr : named.find(*real, {});
    const bool known = real != nullptr && scene.facts_of(*real) != nullptr && !scene.facts_of(*real)->traits.empty();
    if (reason != nullptr && !known) excused.push_back(fmt::format("{} has the name of {}; the definition names {}: {}", shown(path), what, reason->path, reason->reason));
    else if (reason == nullptr && !known) against(check, fmt::format("{} has the name of {}", shown(path), what));
    else if (reason == nullptr) against(check, fmt::format("{} leads to {}", shown(path), shown(real->entry.path)));
  }
}

void close(const Scene& scene, Check& check, std::vector<std::string> excused, std::string_view nothing) {
  if (check.outcome == Outcome::Failed && scene.is_dev()) {
    check.outcome = Outcome::NotApplicable;
    check.evidence.insert(check.evidence.begin(), "the definition makes a -dev image, which has them on purpose");
  } else if (check.outcome == Outcome::Passed && !excused.empty()) {
    check.outcome = Outcome::Excused;
  }
  check.evidence.insert(check.evidence.end(), excused.begin(), excused.end());
  if (check.evidence.empty()) {
    const auto elves = std::count_if(scene.facts.begin(), scene.facts.end(), [](const auto& each) { return each.second.elf != nullptr; });
    check.evidence.push_back(fmt::format("{} paths, {} ELF files among them: {}", scene.contents.files.size(), elves, nothing));
  }
}

}  // namespace

Check no_shell(const Scene& scene) {
  Check check = passing("no-shell", "no shell or other interpreter but those that the definition names");
  const Named named(scene);
  std::vector<std::string> excused;
  judge_bytes(scene, named, Trait::Kind::Interpreter, check, excused);
  judge_names(scene, named, plan::is_interpreter_name, "an interpreter", check, excused);
  for (const auto& [path, file] : scene.contents.files) {
    const FileFacts* const facts = is_regular(file) ? scene.facts_of(file) : nullptr;
    if (facts == nullptr) continue;
    for (const std::string& each : facts->unjudged) against(check, fmt::format("{} was not looked into: {}", shown(path), each));
  }
  close(scene, check, std::move(excused), "none is an interpreter");
  return check;
}

Check no_package_manager(const Scene& scene) {
  Check check = passing("no-package-manager", "no program that installs packages");
  const Named named(scene);
  std::vector<std::string> excused;
  judge_bytes(scene, named, Trait::Kind::PackageManager, check, excused);
  judge_names(scene, named, plan::is_package_manager_name, "a package manager", check, excused);
  close(scene, check, std::move(excused), "none installs packages");
  return check;
}

}  // namespace ashlar::prove
