#pragma once
// A feed's documents, fetched: conditional and resumed.
#include <nlohmann/json.hpp>
#include <string>

#include "advisory/description.h"
#include "base/json.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

/// Where a feed lies after it was fetched, and what it was fetched as.
struct Fetched {
  host::Path path{};      ///< the document, or a folder of them
  std::string source{};   ///< without user and password
  Json notes{};           ///< by address: `etag` and `last-modified`, for the next time
  bool changed = true;    ///< false: every address answers that it is what it was (`before`)
  Time dated{};           ///< of a file or folder when it was last written
  std::vector<host::Path> temporary{};  ///< to be removed when it was read
};

/// Fetches from `source`: a URL, a path, or `-` (what `input` gives), or where that is empty from every address of the description, into `folder`. What
/// was cut off is gone on with the next time. `before`: the notes of the last time, or null. Unavailable when an address does not answer well.
Result<Fetched> fetch_feed(Workshop& workshop, const advisory::FeedDescription& description, const std::string& source, const Json& before, const host::Path& folder, Source& input);

}  // namespace ashlar::pipeline
