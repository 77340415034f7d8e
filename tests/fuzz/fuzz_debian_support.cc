// The lists of debian-security-support.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::advisory::FeedSettings settings;
  settings.space = "Debian:13";
  fuzz::read_twice("debian-support-ended", fuzz::text(data, size), settings);
  fuzz::read_twice("debian-support-limited", fuzz::text(data, size), settings);
  return 0;
}
