#include "build/inner/ld_cache.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "build/inner/script.h"

namespace ashlar::build {
namespace {

struct Machine { std::string_view architecture, triplet, loader; std::uint32_t flags; };
// FLAG_ELF_LIBC6 (3) and the ABI of sysdeps/generic/ldconfig.h.
constexpr Machine machines[] = {
    {"amd64", "x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2", 0x0303},
    {"arm64", "aarch64-linux-gnu", "/lib/ld-linux-aarch64.so.1", 0x0a03},
};
const Machine* machine_of(std::string_view architecture) {
  for (const Machine& each : machines) if (each.architecture == architecture) return &each;
  return nullptr;
}

Done read_configuration(const World& world, const std::string& path, int depth, std::vector<std::string>& folders) {
  const auto text = world.read(path);
  if (!text || depth > 8) return {};
  for (auto line : split(as_text(*text), '\n')) {
    line = trim(line.substr(0, line.find('#')));
    const auto parts = words(line);
    if (parts.empty() || parts[0] == "hwcap") continue;
    if (parts[0] != "include") { folders.emplace_back(line.substr(0, line.find_first_of("= \t"))); continue; }
    for (size_t at = 1; at < parts.size(); ++at) {
      std::string pattern(parts[at]);
      if (!pattern.starts_with('/')) pattern = path.substr(0, path.rfind('/') + 1) + pattern;
      const size_t slash = pattern.rfind('/');
      for (const std::string& name : world.list(pattern.substr(0, slash)))
        if (fits_pattern(pattern.substr(slash + 1), name)) TRY(read_configuration(world, pattern.substr(0, slash + 1) + name, depth + 1, folders));
    }
  }
  return {};
}

bool is_library_name(std::string_view name) {
  return (name.starts_with("lib") || name.starts_with("ld-")) && name.find(".so") != std::string_view::npos && !name.ends_with(".py");
}

/// The name under which ldconfig lists a file, or empty when it does not.
std::string listed_name(const World& world, const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  const auto here = world.find(path, false);
  const auto real = world.resolve(path, true);
  if (!here || !real || here->entry.type == FileType::Directory) return {};
  const TreeNode* node = world.tree().find(*real);
  if (node == nullptr || !node->elf) return {};
  const std::string real_name = real->substr(real->rfind('/') + 1);
  const std::string soname = node->soname.empty() ? real_name : node->soname;
  if (here->entry.type != FileType::Symlink) return soname;
  // A link under the library's own name, or the compiler's `.so`, is listed as itself.
  const bool link = name == soname || (name.ends_with(".so") && soname.starts_with(name));
  return link ? name : soname;
}

void add_folder(const World& world, const std::string& folder, const std::string& hwcap, std::uint32_t flags, std::vector<LdEntry>& entries) {
  std::set<std::string> seen;
  for (const std::string& name : world.list(folder)) {
    if (!is_library_name(name)) continue;
    const std::string listed = listed_name(world, folder, name);
    if (listed.empty() || !seen.insert(listed).second) continue;
    if (hwcap.empty() && !world.find(folder + "/" + listed, true)) continue;  // of hardware levels the file itself is listed
    entries.push_back({listed, folder + "/" + (hwcap.empty() ? listed : name), flags, hwcap});
  }
}

/// _dl_cache_libcmp: numbers within names compare by value.
int compare_names(std::string_view a, std::string_view b) {
  auto digit = [](std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
  while (!a.empty()) {
    if (digit(a)) {
      if (!digit(b)) return 1;
      std::uint64_t left = 0, right = 0;
      for (; digit(a); a.remove_prefix(1)) left = left * 10 + static_cast<std::uint64_t>(a[0] - '0');
      for (; digit(b); b.remove_prefix(1)) right = right * 10 + static_cast<std::uint64_t>(b[0] - '0');
      if (left != right) return left < right ? -1 : 1;
    } else if (digit(b)) {
      return -1;
    } else if (b.empty() || a[0] != b[0]) {
      return static_cast<unsigned char>(a[0]) < (b.empty() ? 0 : static_cast<unsigned char>(b[0])) ? -1 : 1;
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return b.empty() ? 0 : -1;
}

void put32(Bytes& out, std::uint32_t value) { for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift)); }
void put64(Bytes& out, std::uint64_t value) { put32(out, static_cast<std::uint32_t>(value)); put32(out, static_cast<std::uint32_t>(value >> 32)); }

}  // namespace

bool has_loader(const World& world, std::string_view architecture) {
  const Machine* machine = machine_of(architecture);
  return machine != nullptr && world.find(machine->loader, true).has_value();
}

Result<std::vector<LdEntry>> ld_entries(const World& world, std::string_view architecture) {
  std::vector<LdEntry> entries;
  const Machine* machine = machine_of(architecture);
  if (machine == nullptr) return entries;
  std::vector<std::string> folders;
  TRY(read_configuration(world, "/etc/ld.so.conf", 0, folders));
  const std::string triplet(machine->triplet);
  for (const std::string& folder : {"/lib/" + triplet, "/usr/lib/" + triplet, std::string("/lib"), std::string("/usr/lib")}) folders.push_back(folder);
  std::set<std::string> seen;
  for (std::string folder : folders) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    const auto real = world.resolve(folder, true);
    if (!real || !world.find(folder, true) || !seen.insert(*real).second) continue;
    for (const std::string& level : world.list(folder + "/glibc-hwcaps"))
      add_folder(world, folder + "/glibc-hwcaps/" + level, level, machine->flags, entries);
    add_folder(world, folder, "", machine->flags, entries);
  }
  return entries;
}

Bytes ld_cache(std::vector<LdEntry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const LdEntry& a, const LdEntry& b) {
    const int order = compare_names(a.name, b.name);
    if (order != 0) return order > 0;
    if (a.flags != b.flags) return a.flags > b.flags;
    if (a.hwcap.empty() != b.hwcap.empty()) return !a.hwcap.empty();
    return a.hwcap < b.hwcap;
  });
  std::set<std::string> levels;
  for (const LdEntry& entry : entries) if (!entry.hwcap.empty()) levels.insert(entry.hwcap);
  constexpr size_t header = 48, entry_size = 24;
  std::string strings;
  std::map<std::string, std::uint32_t> known;
  auto text_at = [&](const std::string& text) {
    const auto [found, fresh] = known.emplace(text, static_cast<std::uint32_t>(header + entry_size * entries.size() + strings.size()));
    if (fresh) strings += text + '\0';
    return found->second;
  };
  Bytes table;
  for (const LdEntry& entry : entries) {
    const auto path = text_at(entry.path), name = text_at(entry.name);
    put32(table, entry.flags);
    put32(table, name);
    put32(table, path);
    put32(table, 0);
    const auto level = static_cast<std::uint64_t>(std::distance(levels.begin(), levels.find(entry.hwcap)));
    put64(table, entry.hwcap.empty() ? 0 : (std::uint64_t{1} << 62 | level));  // DL_CACHE_HWCAP_EXTENSION
  }
  std::vector<std::uint32_t> level_at;
  for (const std::string& level : levels) level_at.push_back(text_at(level));
  while ((header + table.size() + strings.size()) % 4 != 0) strings += '\0';

  Bytes out;
  for (const char c : std::string_view("glibc-ld.so.cache1.1")) out.push_back(static_cast<std::uint8_t>(c));
  put32(out, static_cast<std::uint32_t>(entries.size()));
  put32(out, static_cast<std::uint32_t>(strings.size()));
  put32(out, 2);  // little endian
  const auto extension = static_cast<std::uint32_t>(header + table.size() + strings.size());
  put32(out, levels.empty() ? 0 : extension);
  for (int unused = 0; unused < 3; ++unused) put32(out, 0);
  out.insert(out.end(), table.begin(), table.end());
  out.insert(out.end(), strings.begin(), strings.end());
  if (levels.empty()) return out;
  put32(out, static_cast<std::uint32_t>(-358342284));  // cache_extension_magic
  put32(out, 1);
  put32(out, 1);  // cache_extension_tag_glibc_hwcaps
  put32(out, 0);
  put32(out, extension + 24);
  put32(out, static_cast<std::uint32_t>(4 * level_at.size()));
  for (const std::uint32_t at : level_at) put32(out, at);
  return out;
}

}  // namespace ashlar::build
