#include "base/elf_symbols.h"

#include <algorithm>
#include <map>

#include "base/inner/elf_bytes.h"

namespace ashlar {
namespace {

constexpr std::uint64_t dt_hash = 4, dt_strtab = 5, dt_symtab = 6, dt_strsz = 10, dt_gnu_hash = 0x6ffffef5, dt_versym = 0x6ffffff0, dt_verdef = 0x6ffffffc, dt_verdefnum = 0x6ffffffd,
                        dt_verneed = 0x6ffffffe, dt_verneednum = 0x6fffffff;
constexpr std::uint16_t shn_undef = 0, shn_abs = 0xfff1, hidden_version = 0x8000;
constexpr unsigned stb_local = 0, stb_weak = 2, stt_section = 3, stt_file = 4, stv_internal = 1, stv_hidden = 2;
constexpr size_t max_symbols = 1'000'000, max_versions = 65536, max_characters = 64 << 20;

struct Version { std::string name, library; };

class SymbolReader {
 public:
  explicit SymbolReader(BytesView file) : bytes_(file) {}

  Done read(ElfSymbols& out) {
    TRY(bytes_.open());
    TRY_ASSIGN(const auto section, bytes_.dynamic_section());
    if (!section) return {};
    for (const auto& [tag, value] : *section) dynamic_.try_emplace(tag, value);
    if (!dynamic_.contains(dt_symtab) || !dynamic_.contains(dt_strtab)) return {};
    TRY_ASSIGN(names_, place(dt_strtab, "names"));
    TRY_ASSIGN(const std::uint64_t symbols, place(dt_symtab, "symbols"));
    names_size_ = std::min<std::uint64_t>(dynamic_[dt_strsz], bytes_.file().size() - names_);
    TRY(read_given_versions(out));
    TRY(read_taken_versions());
    TRY_ASSIGN(const std::uint64_t count, count_symbols());
    TRY(read_symbols(symbols, count, out));
    for (auto* list : {&out.gives, &out.versions}) {
      std::ranges::sort(*list);
      list->erase(std::ranges::unique(*list).begin(), list->end());
    }
    std::ranges::sort(out.takes);
    out.takes.erase(std::ranges::unique(out.takes).begin(), out.takes.end());
    return {};
  }

 private:
  Result<std::uint64_t> place(std::uint64_t tag, std::string_view what) {
    const auto at = bytes_.place_of(dynamic_[tag]);
    if (!at || *at >= bytes_.file().size()) return damaged_elf("its table of " + std::string(what) + " lies outside of it");
    return *at;
  }
  Result<std::string> name(std::uint64_t at) const {
    if (at >= names_size_) return damaged_elf("a name lies outside of its table");
    return bytes_.text(names_ + at, names_size_ - at);
  }

  /// Verdef and its first Verdaux, which is the version's name; the one with the flag VER_FLG_BASE names the file.
  Done read_given_versions(ElfSymbols& out) {
    if (!dynamic_.contains(dt_verdef)) return {};
    TRY_ASSIGN(std::uint64_t at, place(dt_verdef, "versions"));
    for (size_t left = std::min<std::uint64_t>(dynamic_[dt_verdefnum], max_versions); left > 0; --left) {
      const std::uint64_t flags = bytes_.number(at + 2, 2), index = bytes_.number(at + 4, 2), aux = bytes_.number(at + 12, 4), next = bytes_.number(at + 16, 4);
      if (!bytes_.holds(at, 20) || !bytes_.holds(at + aux, 8)) return damaged_elf("its table of versions lies outside of it");
      TRY_ASSIGN(std::string version, name(bytes_.number(at + aux, 4)));
      if ((flags & 1) == 0) {
        out.versions.push_back(version);
        versions_[static_cast<std::uint16_t>(index)] = {std::move(version), {}};
      }
      if (next == 0) break;
      at += next;
    }
    return {};
  }

  /// Verneed, a library each, with a Vernaux for each version of it.
  Done read_taken_versions() {
    if (!dynamic_.contains(dt_verneed)) return {};
    TRY_ASSIGN(std::uint64_t at, place(dt_verneed, "versions"));
    size_t left = max_versions;
    for (size_t libraries = std::min<std::uint64_t>(dynamic_[dt_verneednum], max_versions); libraries > 0; --libraries) {
      if (!bytes_.holds(at, 16)) return damaged_elf("its table of versions lies outside of it");
      TRY_ASSIGN(const std::string library, name(bytes_.number(at + 4, 4)));
      std::uint64_t each = at + bytes_.number(at + 8, 4);
      for (size_t count = bytes_.number(at + 2, 2); count > 0 && left > 0; --count, --left) {
        if (!bytes_.holds(each, 16)) return damaged_elf("its table of versions lies outside of it");
        TRY_ASSIGN(std::string version, name(bytes_.number(each + 8, 4)));
        versions_[static_cast<std::uint16_t>(bytes_.number(each + 6, 2) & ~hidden_version)] = {std::move(version), library};
        const std::uint64_t next = bytes_.number(each + 12, 4);
        if (next == 0) break;
        each += next;
      }
      const std::uint64_t next = bytes_.number(at + 12, 4);
      if (next == 0) break;
      at += next;
    }
    return {};
  }

  /// By the table that the loader looks names up in: nothing else in the dynamic section tells how many there are.
  Result<std::uint64_t> count_symbols() {
    if (dynamic_.contains(dt_hash)) {
      TRY_ASSIGN(const std::uint64_t at, place(dt_hash, "hashes"));
      return bytes_.number(at + 4, 4);
    }
    if (!dynamic_.contains(dt_gnu_hash)) return 0;
    TRY_ASSIGN(const std::uint64_t at, place(dt_gnu_hash, "hashes"));
    const std::uint64_t buckets = bytes_.number(at, 4), first = bytes_.number(at + 4, 4), words = bytes_.number(at + 8, 4);
    const std::uint64_t table = at + 16 + words * bytes_.word(), chains = table + 4 * buckets;
    if (!bytes_.holds(table, 4 * buckets)) return damaged_elf("its table of hashes lies outside of it");
    std::uint64_t last = 0;
    for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) last = std::max(last, bytes_.number(table + 4 * bucket, 4));
    if (last < first) return first;  // it gives nothing
    while (last < max_symbols && bytes_.holds(chains + 4 * (last - first), 4) && (bytes_.number(chains + 4 * (last - first), 4) & 1) == 0) ++last;
    return last + 1;
  }

  Done read_symbols(std::uint64_t table, std::uint64_t count, ElfSymbols& out) {
    const bool wide = bytes_.wide();
    const std::uint64_t size = wide ? 24 : 16;
    count = std::min<std::uint64_t>(count, max_symbols);
    if (!bytes_.holds(table, count * size)) return damaged_elf("its table of symbols lies outside of it");
    std::optional<std::uint64_t> indexes;
    if (dynamic_.contains(dt_versym)) {
      TRY_ASSIGN(indexes, place(dt_versym, "versions"));
    }
    size_t characters = 0;  // names may lie within each other
    for (std::uint64_t each = 1; each < count; ++each) {
      const std::uint64_t at = table + each * size;
      const auto info = static_cast<unsigned>(bytes_.number(at + (wide ? 4 : 12), 1)), bind = info >> 4, kind = info & 15, sight = static_cast<unsigned>(bytes_.number(at + (wide ? 5 : 13), 1)) & 3;
      if (bind == stb_local || kind == stt_section || kind == stt_file) continue;
      const auto section = bytes_.number(at + (wide ? 6 : 14), 2);
      TRY_ASSIGN(std::string symbol, name(bytes_.number(at, 4)));
      if (symbol.empty()) continue;
      if ((characters += symbol.size()) > max_characters) return damaged_elf("its names are longer than 64 MiB");
      const auto index = static_cast<std::uint16_t>(indexes ? bytes_.number(*indexes + 2 * each, 2) & ~hidden_version : 1);
      const auto version = versions_.find(index);
      if (section == shn_undef) {
        if (version == versions_.end()) out.takes.push_back({std::move(symbol), {}, {}, bind == stb_weak});
        else out.takes.push_back({std::move(symbol), version->second.name, version->second.library, bind == stb_weak});
        continue;
      }
      if (sight == stv_hidden || sight == stv_internal || (indexes && index == 0)) continue;
      if (version == versions_.end()) out.gives.push_back(std::move(symbol));
      else if (section != shn_abs || symbol != version->second.name) out.gives.push_back(symbol + "@" + version->second.name);  // else the mark of the version itself
    }
    return {};
  }

  ElfBytes bytes_;
  std::map<std::uint64_t, std::uint64_t> dynamic_;
  std::uint64_t names_ = 0, names_size_ = 0;
  std::map<std::uint16_t, Version> versions_;  // by index
};

}  // namespace

Result<ElfSymbols> read_elf_symbols(BytesView file) {
  ElfSymbols out;
  SymbolReader reader(file);
  TRY(reader.read(out));
  return out;
}

}  // namespace ashlar
