// DebReader: judged members only, whatever the package says.
#include "deb/deb_file.h"
#include "fuzz.h"

namespace {

void check(const ashlar::TarEntry& entry) {
  const std::string around = "/" + entry.path + "/";
  fuzz::must(around.find("/../") == std::string::npos && around.find("/./") == std::string::npos, "a path has no dots");
  fuzz::must(entry.path.empty() || around.find("//") == std::string::npos, "a path has no empty names");
  fuzz::must(entry.path.find('\n') == std::string::npos, "a path is one line");
  using ashlar::FileType;
  fuzz::must(entry.type != FileType::CharDevice && entry.type != FileType::BlockDevice && entry.type != FileType::Fifo, "no devices");
  fuzz::must(!entry.path.empty() || entry.type == FileType::Directory, "the root is a directory");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t limit = 1 << 20;
  ashlar::deb::DebReader reader(std::make_unique<ashlar::MemorySource>(ashlar::BytesView(data, size)), "x");
  if (size % 4 == 0) {
    (void)reader.finish();
    return 0;
  }
  const auto control = reader.control();
  if (!control) return 0;
  fuzz::must(control->contains("control"), "a package has a control file");
  const auto files = reader.data(limit);
  if (!files) return 0;
  std::uint64_t content = 0;
  ashlar::Bytes buffer(5000);
  for (;;) {
    const auto entry = (*files)->next();
    if (!entry) return 0;
    if (!*entry) break;
    check(**entry);
    for (;;) {
      const auto count = (*files)->read(buffer);
      if (!count) return 0;
      if (*count == 0) break;
      content += *count;
    }
  }
  fuzz::must(content <= limit, "content stays below the limit");
  (void)reader.finish();
  return 0;
}
