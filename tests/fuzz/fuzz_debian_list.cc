// Debian's lists of advisories.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::advisory::FeedSettings settings;
  settings.releases = {{"bullseye", "11"}, {"buster", "10"}};
  fuzz::read_twice("debian-list", fuzz::text(data, size), settings);
  return 0;
}
