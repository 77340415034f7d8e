// Programs, libraries and what they need of each other.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/changes.h"

namespace ashlar::prove {
namespace {

/// Folders of PATH, each once, as the image resolves them.
std::vector<std::string> path_folders(const Surface::Seen& seen) {
  std::vector<std::string> out;
  const std::string path = oci::variable(seen.contents.config, "PATH").value_or(std::string(oci::default_path));
  for (const std::string_view folder : split(path, ':')) {
    const auto real = seen.root.resolve(folder);
    if (real && seen.root.is_folder(*real) && std::ranges::find(out, *real) == out.end()) out.push_back(*real);
  }
  return out;
}

/// What `path` starts, where that is a file with a bit for it.
const inventory::File* program_at(const Surface::Seen& seen, std::string_view path) {
  const inventory::File* const file = seen.root.file(path);
  return file != nullptr && file->content && (file->entry.mode & 0111) != 0 ? file : nullptr;
}

/// Programs on PATH by their names, the first of each.
std::map<std::string, std::string> programs_on_path(const Surface::Seen& seen) {
  std::map<std::string, std::string> out;
  for (const std::string& folder : path_folders(seen)) {
    const std::string front = folder.empty() ? "" : folder + "/";
    for (auto at = seen.contents.files.lower_bound(front); at != seen.contents.files.end() && at->first.starts_with(front); ++at) {
      const std::string name = at->first.substr(front.size());
      if (!name.empty() && name.find('/') == std::string::npos && program_at(seen, at->first) != nullptr) out.try_emplace(name, at->first);
    }
  }
  return out;
}

/// Libraries that programs find by their names without folders of their own: path by name.
std::map<std::string, Loader::Object> public_libraries(const Surface::Seen& seen) {
  std::map<std::string, Loader::Object> out;
  for (const auto& object : seen.loader->objects()) {
    if (object.elf->soname.empty() || out.contains(object.elf->soname)) continue;
    if (auto found = seen.loader->library(object.elf->soname, *object.elf)) out.emplace(object.elf->soname, *found);
  }
  return out;
}

/// Names that a library's authors keep for themselves (glibc's GLIBC_PRIVATE and its like).
bool is_private(std::string_view name) {
  const size_t at = name.find('@');
  const std::string_view version = at == std::string_view::npos ? std::string_view() : name.substr(at + 1);
  return version.ends_with("_PRIVATE") || version.ends_with("_INTERNAL") || version.starts_with("PRIVATE");
}

/// `libx.so.1` of `libx.so.1.2`: what names of libraries have in common whose interface changed.
std::string_view stem_of(std::string_view soname) { return soname.substr(0, soname.find(".so")); }

void compare_exports(Changes& changes, const std::string& soname, const Loader::Object& before, const Loader::Object& after) {
  const auto& files = changes.before.contents.files;
  if (files.at(before.path).content == changes.after.contents.files.at(after.path).content) return;
  const ElfSymbols* const had = changes.before.symbols_of(before.path);
  const ElfSymbols* const has = changes.after.symbols_of(after.path);
  if (had == nullptr || has == nullptr) return;
  std::vector<std::string> gone, hidden;
  for (const std::string& each : had->gives) {
    if (!std::ranges::binary_search(has->gives, each)) (is_private(each) ? hidden : gone).push_back(each);
  }
  size_t fresh = 0;
  for (const std::string& each : has->gives) fresh += std::ranges::binary_search(had->gives, each) ? 0 : 1;
  if (!gone.empty()) changes.add(Weight::Breaking, "export-gone", soname, fmt::format("'{}' lacks {} that it gave", soname, gone.size() == 1 ? "a name" : fmt::format("{} names", gone.size())), first_of(gone));
  if (!hidden.empty()) changes.add(Weight::Neutral, "private-export-gone", soname, fmt::format("'{}' lacks {} names that it keeps for its own family", soname, hidden.size()), first_of(hidden));
  if (fresh != 0) changes.add(Weight::Neutral, "export-new", soname, fmt::format("'{}' gives {} more", soname, fresh == 1 ? "a name" : fmt::format("{} names", fresh)));
}

}  // namespace

std::set<std::string> unresolved(const Surface::Seen& seen) {
  std::set<std::string> out, taken;
  std::vector<std::string> notes;
  const auto objects = seen.loader->objects();
  for (const auto& object : objects) {
    if (object.elf->program()) std::ranges::move(seen.loader->missing_for_program(object, taken), std::inserter(out, out.end()));
  }
  for (const auto& object : objects) {
    if (!object.elf->program() && !taken.contains(object.path)) std::ranges::move(seen.loader->missing_for_library(object, taken, notes), std::inserter(out, out.end()));
  }
  return out;
}

void compare_programs(Changes& changes) {
  const auto before = programs_on_path(changes.before), after = programs_on_path(changes.after);
  for (const auto& [name, path] : before) {
    const auto there = after.find(name);
    if (there == after.end()) {
      const inventory::File* const unfit = changes.after.root.file(path);
      changes.told.insert(path);
      if (unfit != nullptr && unfit->content) changes.add(Weight::Breaking, "program-not-executable", slashed(path), fmt::format("'{}' cannot be started any more", slashed(path)), {fmt::format("its mode is {:04o}", unfit->entry.mode)});
      else changes.add(Weight::Breaking, "program-gone", slashed(path), fmt::format("'{}' is not on PATH any more", name), {fmt::format("it was '{}'", slashed(path))});
      continue;
    }
    if (program_at(changes.after, path) != nullptr) continue;
    changes.told.insert(path);
    changes.add(Weight::Breaking, "program-moved", slashed(path), fmt::format("'{}' is '{}' now: whoever calls it by its path does not find it", name, slashed(there->second)));
  }
  std::vector<std::string> fresh;
  for (const auto& [name, path] : after) {
    if (!before.contains(name)) fresh.push_back(slashed(path));
  }
  if (!fresh.empty()) changes.add(Weight::Neutral, "program-new", "PATH", fresh.size() == 1 ? "a program is on PATH that was not" : fmt::format("{} programs are on PATH that were not", fresh.size()), first_of(fresh));
}

void compare_libraries(Changes& changes) {
  const auto before = public_libraries(changes.before), after = public_libraries(changes.after);
  for (const auto& [soname, library] : before) {
    const auto there = after.find(soname);
    if (there == after.end()) {
      changes.told.insert(library.path);
      changes.told.insert(fmt::format("{}/{}", parent_of(library.path), soname));
      std::vector<std::string> evidence = {fmt::format("it was '{}'", slashed(library.path))};
      for (const auto& [name, other] : after) {
        if (!before.contains(name) && stem_of(name) == stem_of(soname)) evidence.push_back(fmt::format("'{}' is there now: another interface", name));
      }
      changes.add(Weight::Breaking, "library-gone", soname, fmt::format("nothing is found under the name '{}' any more", soname), std::move(evidence));
      continue;
    }
    compare_exports(changes, soname, library, there->second);
    if (changes.after.root.file(library.path) != nullptr) continue;
    const bool same_folder = parent_of(library.path) == parent_of(there->second.path);
    changes.told.insert(library.path);
    if (!same_folder) changes.add(Weight::Notable, "library-moved", soname, fmt::format("'{}' is '{}' now", slashed(library.path), slashed(there->second.path)));
  }
}

void compare_resolution(Changes& changes) {
  const auto before = unresolved(changes.before);
  for (const std::string& line : unresolved(changes.after)) {
    if (before.contains(line)) continue;
    const size_t end = line.find('\'', 1);
    changes.add(Weight::Breaking, "needed-unresolved", line.substr(1, end - 1), line);  // as shown() begins it
  }
}

}  // namespace ashlar::prove
