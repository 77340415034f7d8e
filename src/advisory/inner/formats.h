#pragma once
// The readers, one a format and a file; the table of them stands in feeds.cc.
#include "advisory/feeds.h"

namespace ashlar::advisory {

Done read_debian_tracker(const Document& document, const FeedSettings& settings, Intake& intake);

}  // namespace ashlar::advisory
