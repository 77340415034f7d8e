#include "inventory/inner/judge.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::inventory {
namespace {

/// Where an effect may put regular files. Folders and links it may make anywhere: they hold no bytes.
struct Effect {
  std::string_view name;
  std::array<std::string_view, 8> globs;
};
constexpr std::array<Effect, 12> effects = {{
    {"accounts", {"etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid", "etc/*-", "etc/.pwd.lock"}},
    {"alternatives", {"var/lib/dpkg/alternatives/*"}},
    {"apt-sources", {"etc/apt/sources.list.d/*"}},
    {"ca-bundle", {"etc/ssl/certs/**", "etc/ca-certificates.conf", "usr/local/share/ca-certificates/**"}},
    {"certificates", {"usr/local/share/ca-certificates/*.crt"}},
    {"health", {"usr/lib/ashlar/probe"}},
    {"ld-cache", {"etc/ld.so.cache"}},
    {"merged-usr", {}},
    {"owners", {"usr/share/ashlar/image.json"}},
    {"package-database", {"var/lib/dpkg/**", "usr/share/ashlar/packages.json"}},
    {"timezone", {"etc/timezone"}},
    {"volumes", {}},
}};

bool fits(const auto& globs, std::string_view path) {
  return std::ranges::any_of(globs, [&](const auto& glob) { return !glob.empty() && matches_glob(glob, path); });
}

/// A program, whoever may start it.
bool is_elf(const File& file) { return file.front == "\x7f" "ELF"; }

bool has_bytes(const File& file) { return file.entry.type == FileType::Regular || file.entry.type == FileType::HardLink; }

Owned unowned(std::string owner, std::string reason) { return {std::move(owner), Standing::Unowned, std::move(reason)}; }

std::string_view kind_of(FileType type) { return type == FileType::Directory ? "a folder" : type == FileType::Symlink ? "a link" : "a file"; }

}  // namespace

std::string misfit(const KnownPath& known, const File& file) {
  const FileType type = file.entry.type == FileType::HardLink ? FileType::Regular : file.entry.type;
  if (type != known.type) return fmt::format("it is {}, not {}", type == FileType::Regular || type == FileType::Directory || type == FileType::Symlink ? kind_of(type) : "a device, pipe or socket", kind_of(known.type));
  if (type == FileType::Symlink && file.entry.link != known.link) return fmt::format("it leads to '{}', not to '{}'", file.entry.link, known.link);
  if (type == FileType::Regular && known.content && file.content != known.content) return fmt::format("its SHA-256 is {}, not {}", file.content ? file.content->hex() : "none", known.content->hex());
  return {};
}

Judge::Judge(const Contents& contents, const Shipped& shipped, const Known* known, PathResolver& resolver) : contents_(contents), shipped_(shipped), known_(known) {
  if (known == nullptr) return;
  const auto spelled = [&](const KnownPaths& from, KnownPaths& to) {
    for (const auto& [path, each] : from) {
      std::string here = resolver.resolve(path);
      // Of a folder of the package and a link in its place (/lib) what lies behind the link counts, which has the same name.
      if (each.type == FileType::Directory) here = resolver.follow(here);
      to.emplace(std::move(here), each);
    }
  };
  for (const auto& [name, package] : known->packages) {
    spelled(package.paths, packages_[name]);
    for (const auto& [path, each] : package.paths) {
      if (each.content) contents_of_[name].insert(*each.content);
    }
  }
  if (!known->declared) return;
  for (const auto& [path, each] : known->declared->paths) paths_.insert_or_assign(resolver.resolve(path), each);
  for (const std::string& path : known->declared->kept) kept_.insert(resolver.resolve(path));
  for (const auto& [path, from] : known->declared->copies) copies_.emplace(resolver.resolve(path), resolver.follow(resolver.resolve(from)));
}

Owned Judge::judge(const std::string& path, const File& file, const std::string& owner) const {
  const auto [kind, name] = cut(owner, ':');
  if (kind == "package") return of_package(path, file, owner, name);
  if (owner == "definition") return of_definition(path, file, owner);
  if (kind == "effect") return of_effect(path, file, owner, name);
  if (owner == "parent") return file.entry.type == FileType::Directory ? Owned{owner, Standing::Parent, {}} : unowned(owner, "it is no folder");
  return unowned(owner, owner.empty() ? "nobody claims it" : fmt::format("there is no owner '{}'", owner));
}

Owned Judge::judge(const std::string& path, const File& file) const {
  const auto package = shipped_.by_path.find(path);
  if (package != shipped_.by_path.end()) return of_package(path, file, "package:" + package->second, package->second);
  if (path.starts_with("var/lib/dpkg/")) return {"effect:package-database", Standing::Made, {}};
  return unowned({}, "no package lists it");
}

Owned Judge::of_package(const std::string& path, const File& file, const std::string& owner, std::string_view name) const {
  if (!shipped_.packages.contains(name)) return unowned(owner, fmt::format("no package '{}' is installed", name));
  if (const auto package = packages_.find(name); package != packages_.end()) {
    const auto real = package->second.find(path);
    if (real == package->second.end()) return unowned(owner, fmt::format("package '{}' does not have it", name));
    std::string why = misfit(real->second, file);
    return why.empty() ? Owned{owner, Standing::Verified, {}} : Owned{owner, Standing::Altered, fmt::format("{}, as package '{}' has it", why, name)};
  }
  return as_listed(path, file, owner, name);
}

Owned Judge::as_listed(const std::string& path, const File& file, const std::string& owner, std::string_view name) const {
  const Shipped::Lists& lists = shipped_.packages.find(name)->second;
  const bool listed = lists.paths && lists.paths->contains(path);
  if (!has_bytes(file)) {
    if (lists.sums.contains(path)) return {owner, Standing::Altered, "the package ships a file here"};
    if (file.entry.type != FileType::Directory && file.entry.type != FileType::Symlink) return unowned(owner, "packages ship no devices, pipes or sockets");
    if (!lists.paths) return {owner, Standing::Claimed, "no list of the package is in the image"};
    return listed ? Owned{owner, Standing::Listed, {}} : unowned(owner, fmt::format("package '{}' does not list it", name));
  }
  const auto sum = lists.sums.find(path);
  if (sum == lists.sums.end()) return unowned(owner, fmt::format("package '{}' lists no digest for it", name));
  if (sum->second == file.md5) return {owner, Standing::Listed, {}};
  return {owner, Standing::Altered, fmt::format("its MD5 is {}, and package '{}' ships {}", file.md5, name, sum->second)};
}

Owned Judge::of_definition(const std::string& path, const File& file, const std::string& owner) const {
  if (declared() == nullptr) {
    // One that a definition gave another owner or mode has its package's bytes.
    if (const auto package = shipped_.by_path.find(path); package != shipped_.by_path.end() && has_bytes(file)) {
      if (Owned listed = as_listed(path, file, owner, package->second); listed.standing == Standing::Listed) return listed;
    }
    return {owner, Standing::Claimed, "no definition is at hand"};
  }
  if (const auto exact = paths_.find(path); exact != paths_.end()) {
    std::string why = misfit(exact->second, file);
    if (!why.empty()) return unowned(owner, fmt::format("{}, as the definition says", why));
    const bool known = exact->second.type != FileType::Regular || exact->second.content;
    return known ? Owned{owner, Standing::Declared, {}} : Owned{owner, Standing::Claimed, "nothing at hand says which bytes the definition means"};
  }
  if (const auto copy = copies_.find(path); copy != copies_.end()) {
    for (const auto& [name, package] : packages_) {
      const auto real = package.find(copy->second);
      if (real == package.end() || real->second.type != FileType::Regular) continue;
      std::string why = misfit(real->second, file);
      return why.empty() ? Owned{owner, Standing::Declared, {}} : unowned(owner, fmt::format("{}, as package '{}' has '/{}'", why, name, copy->second));
    }
    const auto source = contents_.files.find(copy->second);
    if (source != contents_.files.end() && source->second.content != file.content) return unowned(owner, fmt::format("it is no copy of '/{}'", copy->second));
    return {owner, Standing::Claimed, fmt::format("nothing at hand says what '/{}' holds", copy->second)};
  }
  for (size_t end = path.size(); end != std::string::npos && end != 0; end = path.rfind('/', end - 1)) {
    if (kept_.contains(std::string_view(path).substr(0, end))) return as_kept(path, file, owner);
  }
  return unowned(owner, "the definition does not declare it");
}

Owned Judge::as_kept(const std::string& path, const File& file, const std::string& owner) const {
  for (const auto& [name, package] : packages_) {
    const auto real = package.find(path);
    if (real == package.end()) continue;
    std::string why = misfit(real->second, file);
    if (why.empty()) return {owner, Standing::Declared, {}};
    if (has_bytes(file)) return unowned(owner, fmt::format("{}, as package '{}' has it: the definition sets no more than its owner and mode", why, name));
  }
  if (!has_bytes(file) || file.entry.size == 0) return {owner, Standing::Declared, {}};
  return {owner, Standing::Claimed, "the definition sets its owner and mode, and nothing at hand says what it holds"};
}

Owned Judge::of_effect(const std::string& path, const File& file, const std::string& owner, std::string_view name) const {
  constexpr std::string_view of_scripts = "script:";
  const bool bytes = has_bytes(file);
  const bool probe = name == "health" && path == "usr/lib/ashlar/probe";
  if (bytes && is_elf(file) && !probe) return unowned(owner, "no effect makes programs");
  if (bytes && probe && declared() != nullptr && std::ranges::find(declared()->probes, *file.content) == declared()->probes.end()) return unowned(owner, "it is not the probe that ashlar makes");
  if (name.starts_with(of_scripts)) return of_script(path, file, owner, name.substr(of_scripts.size()));
  const auto effect = std::ranges::find(effects, name, &Effect::name);
  if (effect == effects.end()) return unowned(owner, fmt::format("there is no effect '{}'", name));
  if (bytes && !fits(effect->globs, path)) return unowned(owner, fmt::format("effect '{}' makes no such file", name));
  return {owner, Standing::Made, {}};
}

Owned Judge::of_script(const std::string& path, const File& file, const std::string& owner, std::string_view script) const {
  const std::string_view package = script.substr(0, script.rfind('.'));
  if (!shipped_.packages.contains(package)) return unowned(owner, fmt::format("no package '{}' is installed", package));
  if (const auto own = contents_of_.find(package); own != contents_of_.end() && file.content && own->second.contains(*file.content)) return {owner, Standing::Made, {}};  // it put one of its package's files there
  const auto recorded = known_ == nullptr ? std::map<std::string, KnownPaths, std::less<>>::const_iterator{} : known_->scripts.find(script);
  if (known_ == nullptr || recorded == known_->scripts.end())
    return has_bytes(file) ? Owned{owner, Standing::Claimed, fmt::format("nothing at hand records what script '{}' makes", script)} : Owned{owner, Standing::Made, {}};
  const auto made = recorded->second.find(path);
  if (made == recorded->second.end()) return has_bytes(file) ? unowned(owner, fmt::format("script '{}' makes no such file, as it was recorded", script)) : Owned{owner, Standing::Made, {}};
  std::string why = misfit(made->second, file);
  return why.empty() ? Owned{owner, Standing::Made, {}} : unowned(owner, fmt::format("{}, as script '{}' was recorded to make it", why, script));
}

}  // namespace ashlar::inventory
