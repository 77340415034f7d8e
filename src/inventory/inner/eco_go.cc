// Go: the build information that the linker leaves in every program (src/debug/buildinfo and runtime/debug.ParseBuildInfo of Go), also in stripped ones.
// No version is ever guessed from other texts of a program.
#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "base/elf.h"
#include "base/text.h"
#include "inventory/inner/elf_file.h"
#include "inventory/inner/go_functions.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr std::string_view magic = "\xff Go buildinf:";
constexpr std::uint64_t max_info = 16 << 20, max_search = 64 << 20;
constexpr size_t max_modules = 50'000, max_symbols = 200'000;

struct BuildInfo {
  std::string version;  ///< of Go
  std::string modules;  ///< lines
};

std::optional<std::uint64_t> find_in(const ElfFile& elf, std::uint64_t offset, std::uint64_t size) {
  constexpr std::uint64_t step = 1 << 20;
  size = std::min({size, max_search, elf.file().size() - std::min(offset, elf.file().size())});
  for (std::uint64_t at = (16 - offset % 16) % 16; at < size; at += step) {  // aligned to 16 bytes, so that it lies within one step
    const auto piece = read_range(elf.file(), offset + at, std::min(step, size - at));
    if (!piece) return std::nullopt;
    for (size_t found = as_text(*piece).find(magic); found != std::string_view::npos; found = as_text(*piece).find(magic, found + 1)) {
      if (found % 16 == 0) return offset + at + found;
    }
  }
  return std::nullopt;
}

/// Where its 32 bytes of head stand.
std::optional<std::uint64_t> find_info(const ElfFile& elf) {
  if (const auto* const section = elf.section(".go.buildinfo"); section != nullptr) {
    if (const auto found = find_in(elf, section->offset, section->size)) return found;
  }
  const bool go = elf.section(".gopclntab") != nullptr || elf.section(".note.go.buildid") != nullptr;
  if (!elf.sections().empty() && !go) return std::nullopt;
  for (const auto& segment : elf.segments()) {
    if (segment.type != ElfFile::load || (segment.flags & ElfFile::writable) == 0) continue;
    if (const auto found = find_in(elf, segment.offset, segment.size)) return found;
  }
  return std::nullopt;
}

/// Since Go 1.18: a length as varint, and the text.
std::optional<std::string> inline_text(const ElfFile& elf, std::uint64_t& at) {
  const auto head = read_range(elf.file(), at, std::min<std::uint64_t>(10, elf.file().size() - std::min(at, elf.file().size())));
  if (!head) return std::nullopt;
  std::uint64_t size = 0;
  for (size_t byte = 0; byte < head->size(); ++byte) {
    size |= std::uint64_t{(*head)[byte] & 0x7fU} << 7 * byte;
    if (((*head)[byte] & 0x80) != 0) continue;
    const auto text = read_range(elf.file(), at + byte + 1, size, max_info);
    if (!text) return std::nullopt;
    at += byte + 1 + size;
    return std::string(as_text(*text));
  }
  return std::nullopt;
}

/// Before: the address of a string, which is the address and the length of its text.
std::optional<std::string> pointed_text(const ElfFile& elf, std::uint64_t address, size_t word, bool big) {
  const auto number = [&](BytesView bytes, size_t at) {
    std::uint64_t value = 0;
    for (size_t byte = 0; byte < word && at + byte < bytes.size(); ++byte) value = value << 8 | bytes[at + (big ? byte : word - 1 - byte)];
    return value;
  };
  const auto head = elf.at(address, 2 * word);
  if (!head || head->size() < 2 * word) return std::nullopt;
  const std::uint64_t size = number(*head, word);
  if (size > max_info) return std::nullopt;
  const auto text = elf.at(number(*head, 0), size);
  if (!text || text->size() < size) return std::nullopt;
  return std::string(as_text(*text));
}

Result<BuildInfo> read_info(const ElfFile& elf, std::uint64_t at) {
  TRY_ASSIGN(const Bytes head, read_range(elf.file(), at, 32));
  std::optional<std::string> version, modules;
  if ((head[15] & 2) != 0) {
    std::uint64_t place = at + 32;
    version = inline_text(elf, place);
    if (version) modules = inline_text(elf, place);
  } else if (const size_t word = head[14]; word == 4 || word == 8) {
    const bool big = (head[15] & 1) != 0;
    const auto pointer = [&](size_t from) {
      std::uint64_t value = 0;
      for (size_t byte = 0; byte < word; ++byte) value = value << 8 | head[from + (big ? byte : word - 1 - byte)];
      return value;
    };
    version = pointed_text(elf, pointer(16), word, big);
    modules = pointed_text(elf, pointer(16 + word), word, big);
  }
  if (!version || version->empty() || !is_utf8(*version)) return fail(Kind::Corrupt, "its build information is damaged");
  BuildInfo out{std::move(*version), {}};
  // Two marks of 16 bytes stand around it.
  if (modules && modules->size() >= 33 && (*modules)[modules->size() - 17] == '\n') out.modules = modules->substr(16, modules->size() - 32);
  return out;
}

/// A module that is linked in, and below which import path its packages are found.
struct Module {
  Component component;
  std::string import_path;
};

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '`') && value.back() == value.front()) value = value.substr(1, value.size() - 2);
  return std::string(value);
}

Module module_of(std::string_view path, const std::vector<std::string_view>& fields, bool main) {
  const std::string_view version = fields.size() > 2 ? fields[2] : std::string_view();
  Module out{{.type = "golang", .name = std::string(fields[1]), .version = std::string(version), .path = std::string(path)}, std::string(fields[1])};
  if (version.empty() || version == "(devel)") out.component.version.clear(), out.component.remark = main ? "main module without a version" : "module without a version";
  return out;
}

void replace(Module& module, const std::vector<std::string_view>& fields) {
  const std::string_view with = fields[1], version = fields.size() > 2 ? fields[2] : std::string_view();
  Component& component = module.component;
  if (version.empty() || version == "(devel)" || with.starts_with('.') || with.starts_with('/')) {  // a folder
    component.remark = fmt::format("replaced by folder '{}'; {} was asked for", with, component.version);
    component.version.clear();
    return;
  }
  component.remark = with == component.name ? fmt::format("replaces {}", component.version) : fmt::format("replaces {} {}", component.name, component.version);
  component.name = with;
  component.version = version;
}

Component standard_library(std::string_view path, std::string_view version) {
  const std::string_view first = version.substr(0, version.find(' '));
  Component out{.type = "golang", .name = "stdlib", .path = std::string(path)};
  const bool release = first.starts_with("go1") || first.starts_with("go2");
  if (release) out.version = first.substr(2);
  if (!release || first.size() != version.size()) out.remark = fmt::format("made by '{}'", version.substr(0, 200));
  return out;
}

std::vector<Module> modules_of(std::string_view path, const BuildInfo& info, std::string& main_package, Told& told) {
  std::vector<Module> out;
  out.push_back({standard_library(path, info.version), {}});
  std::string revision, modified;
  std::optional<size_t> main;
  for (const std::string_view line : Parts(info.modules, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() < 2) continue;
    if ((fields[0] == "mod" || fields[0] == "dep" || fields[0] == "=>") && fields[1].empty()) {
      told.unread.push_back(no_record(path, "a module of it has no name"));
      continue;
    }
    if (fields[0] == "path") main_package = fields[1];
    if (fields[0] == "mod") main = out.size();
    if (fields[0] == "mod" || fields[0] == "dep") out.push_back(module_of(path, fields, fields[0] == "mod"));
    if (fields[0] == "=>" && out.size() > 1) replace(out.back(), fields);
    const auto [key, value] = cut(fields[1], '=');
    if (fields[0] == "build" && key == "vcs.revision") revision = unquoted(value);
    if (fields[0] == "build" && key == "vcs.modified") modified = unquoted(value);
    if (out.size() <= max_modules) continue;
    told.unread.push_back(no_record(path, fmt::format("it names more than {} modules", max_modules)));
    break;
  }
  if (main && out[*main].component.version.empty() && !revision.empty())
    out[*main].component.remark += fmt::format("; built from revision {}{}", revision.substr(0, 64), modified == "true" ? ", modified" : "");
  return out;
}

/// Whose functions: of the module with the longest import path that holds the package; of Go itself where the path begins with no host name. The first package
/// that is of none: what is built without modules names none, and is full of others' packages all the same. Empty: there is no such package.
std::string add_symbols(const std::vector<std::string>& names, std::string_view main_package, std::vector<Module>& modules) {
  std::string strange;
  std::unordered_map<std::string, size_t> by_path, by_package;
  for (size_t at = 1; at < modules.size(); ++at) by_path.emplace(modules[at].import_path, at);
  const auto owner = [&](const std::string& package) {
    for (std::string_view path = package; !path.empty(); path = folder_of(path)) {
      if (const auto found = by_path.find(std::string(path)); found != by_path.end()) return found->second;
    }
    const bool host_name = cut(package, '/').first.find('.') != std::string_view::npos;
    if (host_name && (strange.empty() || package < strange)) strange = package;
    return host_name || package == "command-line-arguments" ? modules.size() : size_t{0};
  };
  for (const std::string& name : names) {
    auto [package, function] = go_symbol(name);
    if (package.empty()) continue;
    if (package == "main" && !main_package.empty()) package = main_package;
    auto found = by_package.find(package);
    if (found == by_package.end()) found = by_package.emplace(package, owner(package)).first;
    if (found->second == modules.size()) continue;
    package += '.';
    modules[found->second].component.symbols.push_back(std::move(package += function));
  }
  for (Module& each : modules) {
    auto& symbols = each.component.symbols;
    std::ranges::sort(symbols);
    symbols.erase(std::ranges::unique(symbols).begin(), symbols.end());
    symbols.shrink_to_fit();
  }
  return strange;
}

}  // namespace

bool wants_go(std::string_view, BytesView front) { return is_elf(front); }

Told read_go(std::string_view path, const host::ReadFile& file) {
  Told told;
  const auto elf = ElfFile::open(file);
  if (!elf) return told;  // whether a damaged program is anybody's is said by those who look at owners
  const auto at = find_info(*elf);
  if (!at) {
    if (elf->section(".gopclntab") != nullptr) told.unread.push_back(no_record(path, "it is a Go program without build information"));
    return told;
  }
  const auto info = read_info(*elf, *at);
  if (!info) return {.unread = {no_record(path, info.error().message)}};
  std::string main_package;
  std::vector<Module> modules = modules_of(path, *info, main_package, told);
  auto names = go_functions(*elf);
  if (!names) told.notes.push_back(unread(path, names.error().message));
  else if (names->size() > max_symbols) told.notes.push_back(unread(path, fmt::format("it has more than {} functions, so that none is listed", max_symbols)));
  else if (const std::string strange = add_symbols(*names, main_package, modules); !strange.empty()) told.unread.push_back(no_record(path, fmt::format("it holds packages of no module that it names, '{}' first", strange)));
  if (modules.size() == 1 && (!names || names->empty() || names->size() > max_symbols)) told.unread.push_back(no_record(path, "it names no module, and does not tell whose packages it holds"));
  for (Module& each : modules) told.components.push_back(std::move(each.component));
  return told;
}

}  // namespace ashlar::inventory
