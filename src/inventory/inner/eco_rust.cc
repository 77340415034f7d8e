// Rust: the list of crates that cargo-auditable puts into a program (its PARSING.md: section `.dep-v0`, JSON packed with zlib).
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/elf.h"
#include "base/json.h"
#include "inventory/inner/elf_file.h"
#include "inventory/inner/inflate.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_list = 8 << 20;  // as cargo-auditable's own reader

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<std::vector<Component>> crates_of(std::string_view path, const Json& json) {
  const auto packages = json.is_object() ? json.find("packages") : json.end();
  if (!json.is_object() || packages == json.end() || !packages->is_array()) return fail(Kind::Corrupt, "its list of crates has no packages");
  std::vector<Component> out;
  for (const Json& each : *packages) {
    if (!each.is_object()) return fail(Kind::Corrupt, "its list of crates is damaged");
    if (text_of(each, "kind") == "build") continue;  // ran when it was built, and is not in it
    Component crate{.type = "cargo", .name = text_of(each, "name"), .version = text_of(each, "version"), .path = std::string(path)};
    if (crate.name.empty()) return fail(Kind::Corrupt, "its list of crates is damaged");
    const std::string source = text_of(each, "source");
    if (crate.version.empty()) crate.remark = "without a version";
    else if (const auto root = each.find("root"); root != each.end() && root->is_boolean() && root->get<bool>()) crate.remark = "the program's own crate";
    else if (!source.empty() && source != "crates.io") crate.remark = fmt::format("its source is '{}', not crates.io", source);
    out.push_back(std::move(crate));
  }
  return out;
}

/// `rustc version 1.95.0 (...)` among the marks of compilers.
std::string compiler_of(const ElfFile& elf) {
  const auto* const section = elf.section(".comment");
  if (section == nullptr) return {};
  const auto bytes = elf.read(*section, 1 << 20);
  if (!bytes) return {};
  const std::string_view text = as_text(*bytes);
  const size_t at = text.find("rustc version ");
  if (at == std::string_view::npos) return {};
  return std::string(text.substr(at, std::min<size_t>(text.find_first_of(std::string_view("(\0", 2), at), at + 80) - at));
}

}  // namespace

bool wants_rust(std::string_view, BytesView front) { return is_elf(front); }

Told read_rust(std::string_view path, const host::ReadFile& file) {
  const auto elf = ElfFile::open(file);
  if (!elf) return {};
  const auto* const section = elf->section(".dep-v0");
  if (section == nullptr) {
    std::string compiler = compiler_of(*elf);
    while (compiler.ends_with(' ')) compiler.pop_back();
    return compiler.empty() ? Told{} : Told{.notes = {fmt::format("'{}' is made by {}, and lists no crates", path, compiler)}};
  }
  const auto read = [&]() -> Result<std::vector<Component>> {
    TRY_ASSIGN(const Bytes packed, elf->read(*section, max_list));
    TRY_ASSIGN(const Bytes list, inflate(packed, Wrap::Zlib, max_list));
    TRY_ASSIGN(const Json json, parse_json(as_text(list), ".dep-v0"));
    return crates_of(path, json);
  };
  auto crates = read();
  if (!crates) return {.unread = {no_record(path, crates.error().message)}};
  return {.components = std::move(*crates)};
}

}  // namespace ashlar::inventory
