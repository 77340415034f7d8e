// Checks on what programs are: shells, languages, package managers.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/program_names.h"
#include "prove/inner/marks.h"
#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Interpreters that the definition keeps, by the files behind their paths. A path may be a glob; then it is each file's own name that must fit. Behind a
/// `!` stands a glob over the members of an archive.
class Named {
 public:
  explicit Named(const Scene& scene) {
    const Vouched* const vouched = scene.yardstick.vouched;
    if (vouched == nullptr && scene.definition() == nullptr) return;
    if (vouched != nullptr) layers_ = vouched->layers;
    for (const plan::Interpreter& each : vouched != nullptr ? vouched->interpreters : scene.definition()->interpreters) {
      std::string path = each.path.substr(each.path.starts_with('/') ? 1 : 0);
      if (const size_t mark = path.find('!'); mark != std::string::npos) {
        members_.push_back({&each, path.substr(0, mark), path.substr(mark + 1)});
        continue;
      }
      if (path.find_first_of("*?[") != std::string::npos) {
        for (const auto& [at, file] : scene.contents.files) {
          if (file.content && covers(file) && matches_glob(path, at)) by_place_[file.bytes].push_back({&each, base_name(at)});
        }
        continue;
      }
      const auto folder = scene.root.resolve(parent_of(path));
      if (folder) paths_.insert((folder->empty() ? "" : *folder + "/") + std::string(base_name(path)));
      const auto real = scene.root.resolve(each.path);
      if (!real) continue;
      const auto file = scene.contents.files.find(*real);
      if (file != scene.contents.files.end() && covers(file->second)) by_place_[file->second.bytes].push_back({&each, base_name(each.path)});
    }
  }
  /// The entry for this file whose name fits the family; a name alone (`family` empty) needs none to fit.
  const plan::Interpreter* find(const inventory::File& file, std::string_view family) const {
    const auto found = by_place_.find(file.bytes);
    if (found == by_place_.end()) return nullptr;
    for (const auto& [entry, name] : found->second) {
      if (family.empty() || fits_family(family, name)) return entry;
    }
    return nullptr;
  }
  /// The entry for a member (`!bin/java`) of the archive at `path`.
  const plan::Interpreter* find_member(std::string_view path, const inventory::File& file, std::string_view inside, std::string_view family) const {
    if (!covers(file)) return nullptr;
    const auto found = std::ranges::find_if(members_, [&](const Member& each) { return matches_glob(each.archive, path) && matches_glob(each.member, inside.substr(1)) && fits_family(family, base_name(inside)); });
    return found == members_.end() ? nullptr : found->interpreter;
  }
  /// Whether whoever names them has seen these bytes.
  bool covers(const inventory::File& file) const { return file.bytes.layer < layers_; }
  bool knows(const inventory::File& file) const { return by_place_.contains(file.bytes); }
  /// Whether the definition names this very path, link or not.
  bool names(const std::string& path) const { return paths_.contains(path); }

 private:
  struct Entry { const plan::Interpreter* interpreter; std::string_view name; };
  struct Member { const plan::Interpreter* interpreter; std::string archive, member; };
  std::map<inventory::Place, std::vector<Entry>> by_place_;
  std::vector<Member> members_;
  std::set<std::string> paths_;
  size_t layers_ = std::numeric_limits<size_t>::max();
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
      const plan::Interpreter* const reason = trait.inside.empty() ? named.find(file, trait.family) : named.find_member(path, file, trait.inside, trait.family);
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
    const FileFacts* const facts = real == nullptr ? nullptr : scene.facts_of(*real);
    const bool known = facts != nullptr && !facts->traits.empty();
    const bool fits = known && std::ranges::any_of(facts->traits, [&](const Trait& each) { return fits_family(each.family, name); });
    if (reason != nullptr && !known) excused.push_back(fmt::format("{} has the name of {}; the definition names {}: {}", shown(path), what, reason->path, reason->reason));
    else if (reason == nullptr && !known) against(check, fmt::format("{} has the name of {}", shown(path), what));
    else if (reason == nullptr) against(check, fmt::format("{} leads to {}", shown(path), shown(real->entry.path)));
    else if (!fits && named.names(path)) excused.push_back(fmt::format("{} leads to {}, which is {}; the definition names both", shown(path), shown(real->entry.path), facts->traits.front().why));
    else if (!fits) against(check, fmt::format("{} leads to {}, which is {} and not what that name says", shown(path), shown(real->entry.path), facts->traits.front().why));
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
    const std::string_view owner = facts->unjudged.empty() ? std::string_view() : scene.verified_owner(path);
    for (const std::string& each : facts->unjudged) {
      if (!owner.empty()) excused.push_back(fmt::format("{} was not looked into: {}; the file of {} has the same bytes", shown(path), each, owner));
      else against(check, fmt::format("{} was not looked into: {}", shown(path), each));
    }
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
