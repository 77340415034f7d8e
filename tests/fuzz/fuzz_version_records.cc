// Changelogs, the image's own list and dpkg's log, as claims of versions; and the scripts that apk keeps.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char* path : {"usr/share/doc/a/changelog.Debian.gz", "usr/share/ashlar/packages.json", "var/log/dpkg.log"}) fuzz::read_as("version-records", path, data, size);
  fuzz::read_as("apk", "lib/apk/db/scripts.tar", data, size);
  return 0;
}
