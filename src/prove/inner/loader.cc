#include "prove/inner/loader.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::prove {
namespace {

constexpr std::string_view cache_magic = "glibc-ld.so.cache1.1";
constexpr std::string_view old_magic = "ld.so-1.7.0";

std::uint32_t number(std::string_view bytes, size_t at) {
  std::uint32_t value = 0;
  for (size_t byte = 4; byte-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + byte]);
  return value;
}

std::string text_at(std::string_view bytes, size_t at) {
  if (at >= bytes.size()) return {};
  const std::string_view rest = bytes.substr(at, 4096);
  const size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string() : std::string(rest.substr(0, end));
}

std::string triplet_of(std::uint16_t machine) {
  switch (machine) {
    case 62: return "x86_64-linux-gnu";
    case 183: return "aarch64-linux-gnu";
    case 3: return "i386-linux-gnu";
    case 40: return "arm-linux-gnueabihf";
    case 243: return "riscv64-linux-gnu";
    default: return {};
  }
}

/// ld.so(8), "Rpath token expansion".
std::string expand(std::string folder, const Loader::Object& object) {
  const std::string origin = "/" + std::string(parent_of(object.path));
  const std::pair<std::string_view, std::string> tokens[] = {{"${ORIGIN}", origin}, {"$ORIGIN", origin}, {"${LIB}", "lib/" + triplet_of(object.elf->machine)}, {"$LIB", "lib/" + triplet_of(object.elf->machine)}};
  for (const auto& [token, value] : tokens) {
    for (size_t at = folder.find(token); at != std::string::npos; at = folder.find(token, at + value.size())) folder.replace(at, token.size(), value);
  }
  return folder;
}

}  // namespace

std::multimap<std::string, std::string, std::less<>> read_loader_cache(std::string_view bytes) {
  std::multimap<std::string, std::string, std::less<>> out;
  // The format that old loaders read may stand before, aligned to 8.
  if (bytes.starts_with(old_magic) && bytes.size() > 16) {
    const size_t after = (16 + static_cast<size_t>(number(bytes, 12)) * 12 + 7) / 8 * 8;
    if (after >= bytes.size()) return out;
    bytes.remove_prefix(after);
  }
  if (!bytes.starts_with(cache_magic) || bytes.size() < 48) return out;
  const size_t count = number(bytes, 20);
  for (size_t at = 48, each = 0; each < count && at + 24 <= bytes.size(); ++each, at += 24) {
    // An entry of a hardware level is a faster copy: what only such levels have is not there for every machine.
    if (number(bytes, at + 20) != 0 || number(bytes, at + 16) != 0) continue;
    out.emplace(text_at(bytes, number(bytes, at + 4)), text_at(bytes, number(bytes, at + 8)));
  }
  return out;
}

Loader::Loader(const Scene& scene) : scene_(scene) {
  if (const std::string* const text = scene.root.text("etc/ld.so.cache")) cache_ = read_loader_cache(*text);
  for (const std::string& each : scene.contents.config.env) {
    if (each.starts_with("LD_LIBRARY_PATH=")) library_path_ = each.substr(16);
  }
  for (const Object& object : objects()) {
    const std::string name = object.elf->soname.empty() ? object.path.substr(object.path.rfind('/') + 1) : object.elf->soname;
    by_soname_[name].push_back(object.path);
  }
}

std::vector<Loader::Object> Loader::objects() const {
  std::vector<Object> out;
  for (const auto& [path, file] : scene_.contents.files) {
    if (file.entry.type != FileType::Regular && file.entry.type != FileType::HardLink) continue;
    const FileFacts* const facts = scene_.facts_of(file);
    if (facts != nullptr && facts->elf && (facts->elf->type == 2 || facts->elf->type == 3)) out.push_back({path, facts->elf.get()});
  }
  return out;
}

std::optional<Loader::Object> Loader::at(const std::string& path, const Elf& like) const {
  const auto real = scene_.root.resolve(path);
  if (!real || real->empty()) return std::nullopt;
  const FileFacts* const facts = scene_.facts_of(scene_.contents.files.at(*real));
  // The loader goes on where a file is for another machine.
  if (facts == nullptr || !facts->elf || facts->elf->machine != like.machine || facts->elf->wide != like.wide) return std::nullopt;
  return Object{*real, facts->elf.get()};
}

std::optional<Loader::Object> Loader::in_folders(const std::string& list, const std::string& name, const Object& object) const {
  if (list.empty()) return std::nullopt;
  for (const std::string_view folder : split(list, ':')) {
    // An empty part is the working folder, which is nobody's to promise.
    if (folder.empty()) continue;
    if (auto found = at(expand(std::string(folder), object) + "/" + name, *object.elf)) return found;
  }
  return std::nullopt;
}

std::optional<Loader::Object> Loader::find(const std::string& name, const Chain& chain) const {
  const Object& object = *chain.object;
  if (name.find('/') != std::string::npos) return at(expand(name, object), *object.elf);
  if (object.elf->runpath.empty()) {
    for (const Chain* each = &chain; each != nullptr; each = each->loader) {
      if (!each->object->elf->runpath.empty()) continue;
      if (auto found = in_folders(each->object->elf->rpath, name, *each->object)) return found;
    }
  }
  if (auto found = in_folders(library_path_, name, object)) return found;
  if (auto found = in_folders(object.elf->runpath, name, object)) return found;
  const auto [begin, end] = cache_.equal_range(name);
  for (auto each = begin; each != end; ++each) {
    if (auto found = at(each->second, *object.elf)) return found;
  }
  if (object.elf->no_default_folders) return std::nullopt;
  const std::string triplet = triplet_of(object.elf->machine);
  for (const std::string& folder : {"/lib/" + triplet, "/usr/lib/" + triplet, std::string(object.elf->wide ? "/lib64" : "/lib"), std::string(object.elf->wide ? "/usr/lib64" : "/usr/lib"), std::string("/lib"), std::string("/usr/lib")}) {
    if (auto found = at(folder + "/" + name, *object.elf)) return found;
  }
  return std::nullopt;
}

/// A program and all that is loaded for it, breadth first.
struct Loader::Walk {
  struct Missing { const Object* by; std::string name; };
  std::deque<Object> objects;
  std::vector<Missing> missing;
};

Loader::Walk Loader::walk(const Object& object) const {
  Walk out;
  out.objects = {object};
  std::deque<Chain> chains = {{&out.objects.front(), nullptr}};
  std::set<std::string> loaded;  // names that are satisfied
  for (size_t next = 0; next < chains.size(); ++next) {
    const Chain& chain = chains[next];
    for (const std::string& name : chain.object->elf->needed) {
      if (!loaded.insert(name).second) continue;
      const auto found = find(name, chain);
      if (!found) {
        out.missing.push_back({chain.object, name});
        continue;
      }
      if (!found->elf->soname.empty()) loaded.insert(found->elf->soname);
      out.objects.push_back(*found);
      chains.push_back({&out.objects.back(), &chain});
    }
  }
  return out;
}

std::vector<Loader::Object> Loader::scope_of(const Object& object) const {
  const Walk found = walk(object);
  return {found.objects.begin(), found.objects.end()};
}

std::optional<Loader::Object> Loader::library(const std::string& name, const Elf& like) const {
  Elf plain;
  plain.machine = like.machine, plain.wide = like.wide;
  const Object nobody{{}, &plain};
  return find(name, {&nobody, nullptr});
}

std::vector<std::string> Loader::missing_for_program(const Object& program, std::set<std::string>& taken) const {
  std::vector<std::string> out;
  if (!program.elf->interpreter.empty() && !at(program.elf->interpreter, *program.elf))
    out.push_back(fmt::format("{} needs the loader '{}', which the image lacks", shown(program.path), program.elf->interpreter));
  const Walk found = walk(program);
  for (const auto& [by, name] : found.missing) {
    out.push_back(by == &found.objects.front() ? fmt::format("{} needs '{}', which is not found", shown(program.path), name)
                                               : fmt::format("{} needs '{}' by {}, which is not found", shown(program.path), name, shown(by->path)));
  }
  for (size_t each = 1; each < found.objects.size(); ++each) taken.insert(found.objects[each].path);
  return out;
}

std::vector<std::string> Loader::missing_for_library(const Object& library, const std::set<std::string>& loaded, std::vector<std::string>& notes) const {
  std::vector<std::string> out;
  const Chain chain{&library, nullptr};
  for (const std::string& name : library.elf->needed) {
    if (find(name, chain)) continue;
    const auto same = by_soname_.find(name);
    const auto fits = [&](const std::string& path) { return at(path, *library.elf).has_value(); };
    if (same == by_soname_.end() || std::none_of(same->second.begin(), same->second.end(), fits)) {
      out.push_back(fmt::format("{} needs '{}', which the image lacks", shown(library.path), name));
      continue;
    }
    const std::string& path = *std::find_if(same->second.begin(), same->second.end(), fits);
    // Of a private library that stands apart: whoever loads this one has to have loaded that one. A tree of their own, as of a Java runtime.
    const std::string_view folder = parent_of(library.path), other = parent_of(path);
    const bool beside = folder == other || std::string_view(folder).starts_with(std::string(other) + "/") || std::string_view(other).starts_with(std::string(folder) + "/");
    if (loaded.contains(path) || beside) notes.push_back(fmt::format("{} takes '{}' from {}, which whoever loads it has loaded before", shown(library.path), name, shown(path)));
    else out.push_back(fmt::format("{} needs '{}', which is not found: {} is in no folder that is searched", shown(library.path), name, shown(path)));
  }
  return out;
}

}  // namespace ashlar::prove
