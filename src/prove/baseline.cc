#include "prove/baseline.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/control.h"
#include "deb/deb_file.h"

namespace ashlar::prove {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/elf-baseline/v1";

/// A letter a property, in this order: a capital where it is there, a small one where it is not, `-` where the file does not tell.
std::string letters(const Hardening& each) {
  const auto yes = [](char letter, bool there) { return there ? letter : static_cast<char>(std::tolower(letter)); };
  const auto answer = [&](char letter, Elf::Answer there) { return there == Elf::Answer::Unknown ? '-' : yes(letter, there == Elf::Answer::Yes); };
  return {yes('P', each.pie), each.relro == Elf::Relro::Full ? 'R' : each.relro == Elf::Relro::Partial ? 'p' : 'r', yes('X', each.nx), yes('T', each.no_text_relocations),
          answer('S', each.stack_protector), answer('F', each.fortify), yes('B', each.branch_tracking), yes('C', each.return_protection)};
}

std::optional<Hardening> from_letters(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  const auto answer = [](char letter, char yes) { return letter == '-' ? Elf::Answer::Unknown : letter == yes ? Elf::Answer::Yes : Elf::Answer::No; };
  Hardening out{text[0] == 'P', text[1] == 'R' ? Elf::Relro::Full : text[1] == 'p' ? Elf::Relro::Partial : Elf::Relro::None, text[2] == 'X', text[3] == 'T',
                answer(text[4], 'S'), answer(text[5], 'F'), text[6] == 'B', text[7] == 'C'};
  return letters(out) == text ? std::optional(out) : std::nullopt;
}

/// `usr/lib/libx.so.1.2.3` without the version after `.so`.
std::string_view without_version(std::string_view path) {
  const size_t at = path.rfind(".so.");
  return at == std::string_view::npos ? path : path.substr(0, at + 3);
}

}  // namespace

Hardening hardening_of(const Elf& elf) {
  return {!elf.program() || elf.position_independent, elf.relro, !elf.stack_executable && !elf.writable_code, !elf.text_relocations, elf.stack_protector, elf.fortified,
          elf.branch_tracking, elf.return_protection};
}

std::string to_string(const Hardening& each) {
  const auto answer = [](std::string_view what, Elf::Answer there) { return there == Elf::Answer::Yes ? std::string(what) : there == Elf::Answer::No ? fmt::format("no {}", what) : fmt::format("{} not told", what); };
  std::string out = each.pie ? "pie" : "no pie";
  out += each.relro == Elf::Relro::Full ? ", full relro" : each.relro == Elf::Relro::Partial ? ", partial relro" : ", no relro";
  out += each.nx ? ", nx" : ", no nx";
  if (!each.no_text_relocations) out += ", text relocations";
  out += ", " + answer("stack protector", each.stack_protector) + ", " + answer("fortify", each.fortify);
  if (each.branch_tracking) out += ", branch tracking";
  if (each.return_protection) out += ", return protection";
  return out;
}

std::string worse(const Hardening& image, const Hardening& recorded) {
  std::vector<std::string> out;
  if (recorded.pie && !image.pie) out.emplace_back("pie");
  if (image.relro < recorded.relro) out.emplace_back(recorded.relro == Elf::Relro::Full ? "full relro" : "relro");
  if (recorded.nx && !image.nx) out.emplace_back("nx");
  if (recorded.no_text_relocations && !image.no_text_relocations) out.emplace_back("code without relocations");
  const auto lost = [](Elf::Answer now, Elf::Answer before) { return before == Elf::Answer::Yes && now != Elf::Answer::Yes; };
  if (lost(image.stack_protector, recorded.stack_protector)) out.emplace_back("the stack protector");
  if (lost(image.fortify, recorded.fortify)) out.emplace_back("fortify");
  if (recorded.branch_tracking && !image.branch_tracking) out.emplace_back("branch tracking");
  if (recorded.return_protection && !image.return_protection) out.emplace_back("return protection");
  return join(out, ", ");
}

const Baseline::Row* Baseline::find(std::string_view architecture, std::string_view path) const {
  const auto table = files.find(architecture);
  if (table == files.end()) return nullptr;
  if (const auto exact = table->second.find(path); exact != table->second.end()) return &exact->second;
  constexpr std::string_view merged = "usr/";
  if (path.starts_with(merged)) {
    if (const auto before = table->second.find(path.substr(merged.size())); before != table->second.end()) return &before->second;
  }
  const std::string_view stem = without_version(path);
  if (stem == path) return nullptr;
  for (auto each = table->second.lower_bound(stem); each != table->second.end() && each->first.starts_with(stem); ++each) {
    if (without_version(each->first) == stem) return &each->second;
  }
  return nullptr;
}

Done record_package(std::unique_ptr<Source> deb, const std::string& what, Baseline& baseline) {
  deb::DebReader reader(std::move(deb), what);
  TRY_ASSIGN(const auto control, reader.control());
  const auto text = control.find("control");
  deb::StanzaReader stanzas(text == control.end() ? std::string_view() : std::string_view(text->second), what);
  deb::Stanza stanza;
  TRY_ASSIGN(const bool there, stanzas.next(stanza));
  if (!there) return cannot(Kind::Corrupt, fmt::format("read '{}'", what), "its control file is empty");
  const std::string package(stanza.get("Package")), architecture(stanza.get("Architecture"));
  TRY_ASSIGN(deb::DataReader* const data, reader.data());
  for (;;) {
    TRY_ASSIGN(const auto entry, data->next());
    if (!entry) return {};
    if (entry->type != FileType::Regular || entry->size < 52) continue;
    Bytes bytes(4);
    TRY(read_exactly(*data, bytes));
    if (!is_elf(bytes)) continue;
    TRY_ASSIGN(const Bytes rest, read_all(*data, std::size_t{1} << 30));
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    const auto elf = read_elf(bytes);
    if (elf && (elf->type == 2 || elf->type == 3)) baseline.files[architecture].insert_or_assign(entry->path, Baseline::Row{package, hardening_of(*elf)});
  }
}

Result<Baseline> read_baseline(std::string_view text, std::string_view path) {
  TRY_ASSIGN(const Json json, parse_json(text, path));
  const std::string what = fmt::format("read '{}'", path);
  if (!json.is_object() || json.value("schema", std::string()) != schema) return cannot(Kind::Corrupt, what, fmt::format("it is no record of '{}'", schema));
  Baseline out;
  TRY_ASSIGN(out.distribution, get_string(json, "distribution"));
  const auto tables = json.find("architectures");
  if (tables == json.end() || !tables->is_object()) return cannot(Kind::Corrupt, what, "it has no 'architectures'");
  for (const auto& [architecture, packages] : tables->items()) {
    if (!packages.is_object()) return cannot(Kind::Corrupt, what, fmt::format("'{}' is no object", architecture));
    auto& rows = out.files[architecture];
    for (const auto& [package, groups] : packages.items()) {
      if (!groups.is_object()) return cannot(Kind::Corrupt, what, fmt::format("'{}' is no object", package));
      for (const auto& [code, list] : groups.items()) {
        const auto hardening = from_letters(code);
        if (!hardening || !list.is_array()) return cannot(Kind::Corrupt, what, fmt::format("'{}' of '{}' is no hardening with its files", code, package));
        for (const Json& each : list) {
          if (!each.is_string()) return cannot(Kind::Corrupt, what, fmt::format("a path of '{}' is no text", package));
          rows.insert_or_assign(each.get<std::string>(), Baseline::Row{package, *hardening});
        }
      }
    }
  }
  return out;
}

std::string to_text(const Baseline& baseline) {
  Json tables = Json::object();
  for (const auto& [architecture, rows] : baseline.files) {
    std::map<std::string, std::map<std::string, std::vector<std::string>>> packages;
    for (const auto& [path, row] : rows) packages[row.package][letters(row.hardening)].push_back(path);
    Json table = Json::object();
    for (const auto& [package, groups] : packages) table[package] = groups;
    tables[architecture] = std::move(table);
  }
  return to_pretty(Json{{"schema", schema}, {"distribution", baseline.distribution}, {"architectures", std::move(tables)}});
}

}  // namespace ashlar::prove
