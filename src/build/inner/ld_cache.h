#pragma once
// etc/ld.so.cache, as ldconfig of glibc writes it (glibc, elf/cache.c: the format `glibc-ld.so.cache1.1`).
#include <string>
#include <string_view>
#include <vector>

#include "build/inner/world.h"

namespace ashlar::build {

struct LdEntry { std::string name, path; std::uint32_t flags = 0; std::string hwcap; };

/// The libraries that ldconfig would list: in the directories of etc/ld.so.conf and its includes, then in the system's own, with their glibc-hwcaps.
Result<std::vector<LdEntry>> ld_entries(const World& world, std::string_view architecture);
/// The bytes of the cache, little endian.
Bytes ld_cache(std::vector<LdEntry> entries);
/// Whether the image has the dynamic loader of glibc.
bool has_loader(const World& world, std::string_view architecture);

}  // namespace ashlar::build
