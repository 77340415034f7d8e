#pragma once
// What a feed is and where its publisher has it: `feeds/<name>.yaml` (docs/formats/feed.md). The public addresses of publishers stand in these alone.
#include <string>
#include <string_view>
#include <vector>

#include "advisory/feeds.h"

namespace ashlar::advisory {

struct FeedDescription {
  std::string name{};     ///< of the file, without `.yaml`: `debian-tracker`
  std::string summary{};
  std::string format{};   ///< one of formats()
  std::vector<std::string> urls{};  ///< of a document or an archive with documents each; https, and all of them are the feed
  std::int64_t max_age = 0;  ///< seconds after its date when a scan says that it is stale
  FeedSettings settings{};   ///< without `not_after`
  std::string licence{}, attribution{};  ///< SPDX expression, and the words that the publisher wants to be named with
};

/// Reads one; `path` gives the name. Every fault is in Error::faults.
Result<FeedDescription> read_description(std::string text, std::string path);

}  // namespace ashlar::advisory
