#pragma once
// The readers, one a format and a file; the table of them stands in feeds.cc.
#include "advisory/feeds.h"

namespace ashlar::advisory {

Done read_debian_tracker(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_debian_list(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_osv(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_secdb(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_wolfi_advisories(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_kev(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_epss(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_eol(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_support_ended(const Document& document, const FeedSettings& settings, Intake& intake);
Done read_support_limited(const Document& document, const FeedSettings& settings, Intake& intake);

}  // namespace ashlar::advisory
