// TarReader: what is read and written again by append_tar_header reads as the same.
#include <tuple>

#include "base/tar.h"
#include "fuzz.h"

namespace {

bool same(const ashlar::TarEntry& a, const ashlar::TarEntry& b) {
  const auto all = [](const ashlar::TarEntry& e) { return std::tie(e.path, e.type, e.mode, e.uid, e.gid, e.mtime, e.size, e.link, e.device_major, e.device_minor, e.xattrs); };
  return all(a) == all(b);
}

void check(const ashlar::TarEntry& entry) {
  fuzz::must(!entry.path.empty() && entry.path.find('\0') == std::string::npos, "a member has a name");
  ashlar::Bytes header;
  append_tar_header(header, entry);
  fuzz::must(header.size() % 512 == 0, "headers are whole blocks");
  ashlar::MemorySource source(header);
  ashlar::TarReader reader(source);
  const auto again = reader.next();
  std::size_t xattrs = 0;
  for (const auto& [name, value] : entry.xattrs) xattrs += name.size() * 3 + value.size() + 64;
  if (xattrs + entry.path.size() + entry.link.size() > (1 << 20) - 1024) return;  // the copy may be over a limit that the original, in pieces, was not
  fuzz::must(again.has_value() && again->has_value(), "a header that was written can be read");
  fuzz::must(same(entry, **again), "a header reads as it was written");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::MemorySource source({data, size});
  ashlar::TarReader reader(source);
  ashlar::Bytes buffer(1 + size % 20'000);
  for (std::size_t members = 0;; ++members) {
    fuzz::must(members <= size / 512, "a member takes a block");
    const auto entry = reader.next();
    if (!entry || !*entry) {
      if (entry) (void)reader.finish();
      return 0;
    }
    check(**entry);
    if (size % 3 == 0) continue;
    std::uint64_t content = 0;
    for (;;) {
      const auto count = reader.read(buffer);
      if (!count) return 0;
      if (*count == 0) break;
      content += *count;
    }
    fuzz::must(content == (*entry)->size, "content has the size that was said");
  }
}
