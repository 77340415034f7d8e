// What apt is configured with: lists, stanzas and logins.
#include "deb/access.h"
#include "deb/mirrors.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  for (const auto& sources : {ashlar::deb::parse_source_list(text, "sources.list"), ashlar::deb::parse_source_stanzas(text, "x.sources")}) {
    if (!sources) continue;
    for (const auto& source : *sources) fuzz::must(!source.uris.empty() && !source.suites.empty(), "a source has addresses and suites");
  }
  (void)ashlar::deb::parse_logins(text, "auth.conf");
  return 0;
}
