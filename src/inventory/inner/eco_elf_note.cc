// ELF files that say of which package they are (systemd's ELF_PACKAGE_METADATA: a note of owner `FDO` and type 0xcafe1a7e with JSON), and programs
// that are packed so that nothing in them can be read.
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/elf.h"
#include "base/json.h"
#include "inventory/inner/elf_file.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint32_t package_note = 0xcafe1a7e;
constexpr std::uint64_t packer_head = 1024;

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Component> component_of(std::string_view path, std::string_view text) {
  TRY_ASSIGN(const Json json, parse_json(text.substr(0, text.find('\0')), ".note.package"));
  if (!json.is_object()) return fail(Kind::Corrupt, "its package note is no object");
  Component out{.type = text_of(json, "type"), .name = text_of(json, "name"), .version = text_of(json, "version"), .architecture = text_of(json, "architecture"), .path = std::string(path)};
  if (out.name.empty()) return fail(Kind::Corrupt, "its package note names no package");
  const std::string os = text_of(json, "os"), release = text_of(json, "osVersion");
  if (out.type != "deb" && out.type != "rpm" && out.type != "apk") out.type = "generic";
  if (!os.empty()) out.distribution = release.empty() ? os : os + "-" + release;
  if (out.version.empty()) out.remark = "its note has no version";
  return out;
}

}  // namespace

bool wants_elf_note(std::string_view, BytesView front) { return is_elf(front); }

Told read_elf_note(std::string_view path, const host::ReadFile& file) {
  const auto elf = ElfFile::open(file);
  if (!elf) return {};
  Told told;
  for (const auto& note : elf->notes()) {
    if (note.owner != "FDO" || note.type != package_note) continue;
    auto component = component_of(path, as_text(note.content));
    if (component) told.components.push_back(std::move(*component));
    else told.notes.push_back(unread(path, component.error().message));
    return told;  // a file is of one package
  }
  const auto head = read_range(file, 0, std::min(file.size(), packer_head));
  if (elf->sections().empty() && head && as_text(*head).find("UPX!") != std::string_view::npos) told.notes.push_back(unread(path, "it is packed by UPX"));
  return told;
}

/// One component a package, however many of its files say so.
void settle_elf_note(Told& told, const Contents&) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, size_t> known;
  std::vector<Component> out;
  for (Component& each : told.components) {
    const auto [at, fresh] = known.emplace(std::tuple(each.type, each.name, each.version, each.architecture), out.size());
    if (fresh) out.push_back(std::move(each));
    else out[at->second].files.push_back(std::move(each.path));
  }
  told.components = std::move(out);
}

}  // namespace ashlar::inventory
