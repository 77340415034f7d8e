// read_apt: sources that can be fetched from, and no password in an address for people.
#include "deb/apt_setup.h"
#include "fuzz.h"
#include "host/memory.h"
#include "base/progress.h"

namespace {

/// Between `://` and the next slash.
std::string_view authority(std::string_view url) {
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos) return {};
  const std::string_view after = url.substr(mark + 3);
  return after.substr(0, after.find('/'));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  ashlar::host::MemoryFiles files;
  for (const char* name : {"sources.list", "sources.list.d/x.sources", "auth.conf", "apt.conf", "mirrors"})
    (void)files.write(ashlar::host::Path("/etc/apt") / name, text, ashlar::host::Durability::Cache);
  ashlar::Silence progress;
  const auto setup = ashlar::deb::read_apt(files, progress);
  for (const auto& source : setup.sources) {
    fuzz::must(!source.uris.empty(), "a source has an address");
    for (const std::string& uri : source.uris) {
      fuzz::must(ashlar::deb::can_fetch(uri), "a source can be fetched from");
      fuzz::must(authority(ashlar::deb::public_url(uri)).find('@') == std::string_view::npos, "an address for people has no password");
      fuzz::must(authority(setup.access.request(uri).url).find('@') == std::string_view::npos, "a request's address has no password");
    }
  }
  return 0;
}
