#include "prove/rebase.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/changes.h"

namespace ashlar::prove {
namespace {

using inventory::File;

bool is_folder(const File& file) { return file.entry.type == FileType::Directory; }

/// Whether two bases' files, or a base's and an application's, are one and the same to whoever looks.
bool same(const File& a, const File& b) {
  const TarEntry &x = a.entry, &y = b.entry;
  const auto kind = [](FileType type) { return type == FileType::HardLink ? FileType::Regular : type; };
  return kind(x.type) == kind(y.type) && a.content == b.content && (x.type != FileType::Symlink || x.link == y.link) && (x.type == FileType::Symlink || (x.mode == y.mode && x.uid == y.uid && x.gid == y.gid)) && x.xattrs == y.xattrs;
}

class Judge {
 public:
  explicit Judge(const Rebasing& it) : old_base_(it.old_base.seen()), image_(it.image.seen()), new_base_(it.new_base.seen()), rebased_(it.rebased.seen()), layers_(it.layers) {}

  RebaseAnswer judge() {
    judge_old_base();
    judge_own_files();
    judge_new_base();
    judge_users();
    judge_links();
    judge_start();
    judge_loading();
    judge_symbols();
    std::ranges::sort(out_.refusals, {}, [](const Refusal& each) { return std::tie(each.id, each.subject, each.what); });
    return std::move(out_);
  }

 private:
  void refuse(const char* id, std::string_view path, std::string what) { out_.refusals.push_back({id, slashed(path), std::move(what)}); }
  bool own(const File& file) const { return file.layer >= layers_; }

  static const File* find(const Surface::Seen& seen, const std::string& path) {
    const auto found = seen.contents.files.find(path);
    return found == seen.contents.files.end() ? nullptr : &found->second;
  }

  /// Nothing of the old base is hidden.
  void judge_old_base() {
    for (const auto& [path, file] : old_base_.contents.files) {
      if (find(image_, path) == nullptr) refuse("base-file-removed", path, fmt::format("the application's layers take away {}, which is the base's", shown(path)));
    }
  }

  /// What the application's layers bring lies beside both bases, or is the same in them.
  void judge_own_files() {
    size_t folders = 0;
    for (const auto& [path, file] : image_.contents.files) {
      if (!own(file)) continue;
      const File* const was = find(old_base_, path);
      const File* const is = find(new_base_, path);
      if (file.content && file.bytes.layer < layers_) refuse("base-file-linked", path, fmt::format("{} is a hard link to a file of the base", shown(path)));
      if (was == nullptr && is == nullptr) continue;
      const bool as_before = was != nullptr && same(*was, file), as_after = is != nullptr && same(*is, file);
      if (was != nullptr && !as_before) refuse("base-file-changed", path, fmt::format("the application's layers change {}, which is the base's", shown(path)));
      else if (is != nullptr && !as_after && was == nullptr) refuse("new-base-file-hidden", path, fmt::format("the new base has {}, too, and the application's would hide it", shown(path)));
      else if (is != nullptr && !as_after) refuse("new-base-file-hidden", path, fmt::format("the application's layers repeat {} as the old base has it, and would hide what the new one has", shown(path)));
      else if (is == nullptr) refuse("base-file-repeated", path, fmt::format("the application's layers repeat {} of the old base, and the new one has it no more", shown(path)));
      else if (is_folder(file)) ++folders;
      else out_.harmless.push_back(fmt::format("{} is in both bases with the same bytes, owner and mode", shown(path)));
    }
    if (folders != 0) out_.harmless.push_back(fmt::format("{} of the application {} in both bases with the same owner and mode", folders == 1 ? "1 folder" : fmt::format("{} folders", folders), folders == 1 ? "is" : "are"));
  }

  /// Nothing of the new base is hidden, and what the application's files lie in is what it was.
  void judge_new_base() {
    for (const auto& [path, file] : new_base_.contents.files) {
      if (find(rebased_, path) == nullptr) refuse("new-base-file-removed", path, fmt::format("the application's layers would take away {}, which is the new base's", shown(path)));
    }
    std::set<std::string, std::less<>> seen;
    for (const auto& [path, file] : image_.contents.files) {
      if (!own(file)) continue;
      for (std::string_view parent = parent_of(path); !parent.empty() && seen.emplace(parent).second; parent = parent_of(parent)) {
        const File* const was = find(old_base_, std::string(parent));
        const File* const is = find(new_base_, std::string(parent));
        if (was == nullptr) continue;
        if (is == nullptr && find(rebased_, std::string(parent)) == nullptr) refuse("folder-gone", parent, fmt::format("the application has files below {}, which the new base lacks", shown(parent)));
        else if (is != nullptr && (was->entry.type != is->entry.type || was->entry.link != is->entry.link)) refuse("folder-changed", parent, fmt::format("{} is another kind of thing in the new base, and the application has files below it", shown(parent)));
      }
    }
  }

  static std::map<std::string, std::string> names(const Surface::Seen& seen, const char* path) {
    std::map<std::string, std::string> out;  // by number, the first
    const std::string text = seen.text(path);
    for (const std::string_view line : split(text, '\n')) {
      const auto fields = split(trim(line), ':');
      if (fields.size() >= 3) out.try_emplace(std::string(fields[2]), std::string(fields[0]));
    }
    return out;
  }

  void judge_owners(const char* path, const char* noun, const std::set<std::uint32_t>& numbers) {
    const auto was = names(image_, path), is = names(rebased_, path);
    for (const std::uint32_t number : numbers) {
      const auto old = was.find(std::to_string(number));
      if (old == was.end()) continue;  // nobody's name before
      const auto now = is.find(old->first);
      if (now == is.end() || now->second != old->second) out_.refusals.push_back({std::string(noun) + "-changed", old->second, fmt::format("files of the application belong to {} '{}', number {}, which in the new base is {}", noun, old->second, number, now == is.end() ? std::string("nobody") : fmt::format("'{}'", now->second))});
    }
  }

  void judge_users() {
    std::set<std::uint32_t> users, groups;
    for (const auto& [path, file] : image_.contents.files) {
      if (own(file)) users.insert(file.entry.uid), groups.insert(file.entry.gid);
    }
    judge_owners("etc/passwd", "user", users);
    judge_owners("etc/group", "group", groups);
    const auto was = image_.rights().who(), is = rebased_.rights().who();
    const bool differs = was.has_value() != is.has_value() || (was && (was->uid != is->uid || was->gid != is->gid));
    if (differs) out_.refusals.push_back({"user-changed", image_.contents.config.user, fmt::format("it runs as '{}', who is {} in the new base", image_.contents.config.user, is ? fmt::format("{}:{}", is->uid, is->gid) : std::string("nobody"))});
  }

  void judge_links() {
    for (const auto& [path, file] : image_.contents.files) {
      if (!own(file) || file.entry.type != FileType::Symlink) continue;
      if (image_.root.resolve(path) && !rebased_.root.resolve(path)) refuse("link-broken", path, fmt::format("{} leads to '{}', which the new base lacks", shown(path), file.entry.link));
    }
  }

  static const File* started(const Surface::Seen& seen) {
    const oci::Config& config = seen.contents.config;
    const auto& words = config.entrypoint.empty() ? config.cmd : config.entrypoint;
    if (words.empty()) return nullptr;
    for (const std::string& place : oci::program_places(config, words.front())) {
      const File* const file = seen.root.file(place);
      if (file != nullptr && file->content && seen.rights().may(file->entry, Rights::execute)) return file;
    }
    return nullptr;
  }

  void judge_start() {
    if (started(image_) != nullptr && started(rebased_) == nullptr) out_.refusals.push_back({"program-gone", "entrypoint", "what it starts is not there, or cannot be started, on the new base"});
  }

  void judge_loading() {
    const auto was = unresolved(image_);
    for (const std::string& line : unresolved(rebased_)) {
      if (!was.contains(line)) out_.refusals.push_back({"needed-unresolved", line.substr(1, line.find('\'', 1) - 1), line});
    }
  }

  /// Who might give a name to an object: first what is loaded with it, then, to what others load, whatever is in the image.
  static bool gives(const Surface::Seen& seen, const Loader::Object& object, const ElfSymbols::Taken& taken) {
    const ElfSymbols* const symbols = seen.symbols_of(object.path);
    if (symbols == nullptr) return false;
    const auto has = [&](const std::string& name) { return std::ranges::binary_search(symbols->gives, name); };
    if (!taken.version.empty()) return has(taken.name + "@" + taken.version) || (symbols->versions.empty() && has(taken.name));
    const auto at = std::ranges::lower_bound(symbols->gives, taken.name);
    return at != symbols->gives.end() && (*at == taken.name || has(taken.name) || std::ranges::any_of(at, symbols->gives.end(), [&](const std::string& each) { return each.starts_with(taken.name + "@"); }));
  }

  static bool is_given(const Surface::Seen& seen, const std::vector<Loader::Object>& scope, const std::vector<Loader::Object>& all, bool program, const ElfSymbols::Taken& taken) {
    const auto any = [&](const std::vector<Loader::Object>& list) { return std::ranges::any_of(list, [&](const auto& each) { return gives(seen, each, taken); }); };
    return any(scope) || (!program && any(all));
  }

  void judge_symbols() {
    const auto before = image_.loader->objects(), after = rebased_.loader->objects();
    for (const auto& object : before) {
      if (!own(image_.contents.files.at(object.path))) continue;
      const auto there = std::ranges::find(after, object.path, &Loader::Object::path);
      const ElfSymbols* const symbols = image_.symbols_of(object.path);
      if (there == after.end() || symbols == nullptr) continue;
      const bool program = object.elf->program();
      const auto was = image_.loader->scope_of(object), is = rebased_.loader->scope_of(*there);
      for (const auto& taken : symbols->takes) {
        if (taken.weak || is_given(rebased_, is, after, program, taken) || !is_given(image_, was, before, program, taken)) continue;
        const std::string name = taken.version.empty() ? taken.name : taken.name + "@" + taken.version;
        refuse("symbol-gone", object.path, fmt::format("{} needs '{}'{}, which nothing in the new base gives", shown(object.path), name, taken.library.empty() ? "" : fmt::format(" of '{}'", taken.library)));
      }
    }
  }

  const Surface::Seen &old_base_, &image_, &new_base_, &rebased_;
  size_t layers_;
  RebaseAnswer out_;
};

}  // namespace

RebaseAnswer may_rebase(const Rebasing& rebasing) { return Judge(rebasing).judge(); }

}  // namespace ashlar::prove
