#include "build/inner/ld_cache.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::build {
namespace {

/// What ldconfig notes of libraries of an architecture: kind of C library and ABI; and its folders' name.
struct Abi {
  std::string_view architecture, triplet;
  std::int32_t flags;
};
constexpr std::array<Abi, 6> abis = {{{"amd64", "x86_64-linux-gnu", 0x0303}, {"arm64", "aarch64-linux-gnu", 0x0a03}, {"i386", "i386-linux-gnu", 0x0003}, {"armhf", "arm-linux-gnueabihf", 0x0903},
                                      {"riscv64", "riscv64-linux-gnu", 0x1003}, {"ppc64el", "powerpc64le-linux-gnu", 0x0503}}};

/// The order of the loader's search: runs of digits compare as numbers.
int compare(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  while (i < a.size()) {
    const char x = a[i], y = j < b.size() ? b[j] : '\0';
    if (digit(x)) {
      if (!digit(y)) return 1;
      std::uint64_t m = 0, n = 0;
      while (i < a.size() && digit(a[i])) m = m * 10 + static_cast<std::uint64_t>(a[i++] - '0');
      while (j < b.size() && digit(b[j])) n = n * 10 + static_cast<std::uint64_t>(b[j++] - '0');
      if (m != n) return m < n ? -1 : 1;
    } else if (digit(y)) {
      return -1;
    } else if (x != y) {
      return static_cast<unsigned char>(x) < static_cast<unsigned char>(y) ? -1 : 1;
    } else {
      ++i, ++j;
    }
  }
  return j < b.size() ? -1 : 0;
}

void put(Bytes& out, std::uint64_t value, size_t width) {
  for (size_t at = 0; at < width; ++at) out.push_back(static_cast<std::uint8_t>(value >> (8 * at)));
}

/// Folders that the configuration names, in its order, then the loader's own.
Result<std::vector<std::string>> folders_of(const World& world, std::string_view triplet) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view path) {
    const auto resolved = world.resolve(path, true);
    if (resolved && std::find(out.begin(), out.end(), *resolved) == out.end()) out.push_back(*resolved);
  };
  for (const std::string& name : world.list("etc/ld.so.conf.d")) {
    if (!name.ends_with(".conf")) continue;
    TRY_ASSIGN(const Bytes text, world.read("etc/ld.so.conf.d/" + name));
    for (std::string_view line : split(as_text(text), '\n')) {
      line = trim(line.substr(0, line.find('#')));
      if (line.starts_with('/')) add(line.substr(1));
    }
  }
  for (const std::string& path : {fmt::format("usr/lib/{}", triplet), std::string("usr/lib")}) add(path);
  return out;
}

}  // namespace

Done write_ld_cache(World& world, const std::string& architecture) {
  const auto abi = std::find_if(abis.begin(), abis.end(), [&](const Abi& each) { return each.architecture == architecture; });
  if (abi == abis.end() || !world.find(fmt::format("usr/lib/{}/libc.so.6", abi->triplet), true)) return {};
  TRY_ASSIGN(const auto folders, folders_of(world, abi->triplet));
  struct Library {
    std::string name, path;
    size_t folder;
  };
  std::vector<Library> libraries;
  for (size_t at = 0; at < folders.size(); ++at) {
    for (const std::string& name : world.list(folders[at])) {
      if (name.find(".so") == std::string::npos) continue;
      const auto resolved = world.resolve(folders[at] + "/" + name, true);
      const TreeNode* const node = resolved ? world.tree().find(*resolved) : nullptr;
      if (node != nullptr && node->elf && (node->soname == name || (node->soname.empty() && node->entry.path == folders[at] + "/" + name))) libraries.push_back({name, "/" + folders[at] + "/" + name, at});
    }
  }
  std::stable_sort(libraries.begin(), libraries.end(), [](const Library& a, const Library& b) {
    const int order = compare(a.name, b.name);
    return order != 0 ? order > 0 : a.folder < b.folder;
  });
  constexpr size_t header_size = 48, entry_size = 24;
  const size_t strings_at = header_size + entry_size * libraries.size();
  Bytes strings, entries;
  for (const Library& library : libraries) {
    put(entries, static_cast<std::uint32_t>(abi->flags), 4);
    const size_t value = strings_at + strings.size(), key = value + library.path.size() - library.name.size();
    put(entries, key, 4);
    put(entries, value, 4);
    put(entries, 0, 4);
    put(entries, 0, 8);
    const BytesView text = as_bytes(library.path);
    strings.insert(strings.end(), text.begin(), text.end());
    strings.push_back(0);
  }
  Bytes out;
  const BytesView magic = as_bytes("glibc-ld.so.cache1.1");
  out.insert(out.end(), magic.begin(), magic.end());
  put(out, libraries.size(), 4);
  put(out, strings.size(), 4);
  put(out, 2, 1);   // little-endian
  put(out, 0, 19);  // padding, no extensions
  out.insert(out.end(), entries.begin(), entries.end());
  out.insert(out.end(), strings.begin(), strings.end());
  return world.write("etc/ld.so.cache", std::move(out), 0644);
}

}  // namespace ashlar::build
