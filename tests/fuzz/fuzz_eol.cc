// End-of-life dates.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::advisory::FeedSettings settings;
  settings.space = "Debian";
  fuzz::read_twice("eol", fuzz::text(data, size), settings);
  return 0;
}
