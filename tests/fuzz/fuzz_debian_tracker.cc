// Debian's tracker.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::advisory::FeedSettings settings;
  settings.releases = {{"bookworm", "12"}, {"trixie", "13"}};
  fuzz::read_twice("debian-tracker", fuzz::text(data, size), settings);
  return 0;
}
