#pragma once
// What the ledger tells of one image, and which events bring it up to what was seen now.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.h"
#include "scan/report.h"

namespace ashlar::pipeline {

/// A finding as its events have left it.
struct KnownFinding {
  enum class State : unsigned char { Open, Assessed, Excepted, Closed } state = State::Open;
  Time first_seen{};                   ///< of this time: after it was opened again, that moment
  advisory::Severity severity = advisory::Severity::Unknown;
  bool exploited = false, fix_available = false, published = false;
  std::string fixed_in{};
  std::string version{};               ///< that the image had of it when it was seen; empty where nobody wrote that down
  size_t closed_after = 0;             ///< of how many promotions, where it is closed; 0: no image has it
  bool moved_back = false;             ///< it was closed, and the stable tags have moved back since to what may have it
};

/// The reason of a finding's end where nobody fixed it: it is not in what the tag went back to.
constexpr std::string_view not_in_what_is_back = "the image that its tag went back to does not have it";

/// By vulnerability and source package.
using FindingName = std::pair<std::string, std::string>;

struct ImageHistory {
  struct Publication {
    std::string digest{}, tag{}, lock{}, definition{};  ///< `lock`, `definition`: SHA-256 in hex; empty where the event does not say
    Time at{};
    double seconds = 0;                          ///< that making it took
  };
  std::optional<Publication> promoted{};  ///< last to the stable tags
  std::optional<Publication> canary{};    ///< last, where it was neither promoted nor replaced since
  std::set<std::string, std::less<>> stable{};  ///< tags that promotions have moved: what moves back under another is not what those get who follow the image
  std::map<std::string, size_t> promotions{};   ///< of each digest that was promoted, the number of its last promotion, from 1
  size_t promoted_times = 0;              ///< how many promotions there were
  std::set<std::string> promoted_before{};  ///< digests that stable tags pointed at, other than the last
  std::string moving{};                   ///< a digest of those that a renewal was about to promote again; empty: none, or what came of it is written down
  struct Stop { std::string inputs{}, why{}, judged{}, candidate{}; };  ///< `judged`: of the candidate, judged_digest() of then; `candidate`: where it was put aside
  std::optional<Stop> stopped{};          ///< the last renewal, where it was stopped
  std::set<std::string> ends_announced{};  ///< days; an empty one stands for all of them
  /// Whether its end on that day was announced.
  bool announced(Time end) const { return ends_announced.contains(end.date()) || ends_announced.contains({}); }
  /// What is promised of images by a signed statement, as promise_identity(), by their digests; an empty one: nothing any more.
  std::map<std::string, std::string> promises{};
  /// What a tag was moved back from, by lock and definition, and why: it is not published again by itself.
  std::map<std::pair<std::string, std::string>, std::string> left{};
  /// What was built and tested ahead of the archives since another lock was promoted; by lock.
  struct Trial { bool passed = false; std::string definition{}, inputs{}, why{}, digest{}, candidate{}, judged{}, breaking{}, packages{}; };  ///< `packages`: packages_identity() of its lock
  std::map<std::string, Trial> ahead{};
  std::map<FindingName, KnownFinding> findings{};
};

/// Reads the events of an image.
Result<ImageHistory> history_of(ledger::Ledger& ledger, const std::string& image);
/// The same of events in their order.
ImageHistory history_of(const std::vector<ledger::Entry>& entries);

/// What a promotion of this lock owes to looking ahead: `held` when this very lock had passed, or one with the very same packages (packages_identity()) that came through another archive; `differs` when something else was tried or it did not pass, `none` when
/// nothing was tried. Empty where nothing is patched: nothing was promoted before, or the same lock.
std::string ahead_of(const ImageHistory& history, const std::string& lock, const std::string& packages = {});

/// How often looking ahead held, over the promotions of a ledger that say so.
struct AheadCount {
  size_t held = 0, differs = 0, none = 0;
  friend bool operator==(const AheadCount&, const AheadCount&) = default;
};
AheadCount count_ahead(const std::vector<ledger::Entry>& entries);

/// A finding of one or more platforms of an image, the worst that any of them says.
struct SeenFinding {
  scan::Status status = scan::Status::Affected;
  advisory::Severity severity = advisory::Severity::Unknown;
  std::optional<Time> exploited{}, exploited_due{};  ///< since when, and until when the catalogue of such wants it fixed
  double likelihood = 0;
  std::string fixed_in{}, version{}, reason{}, decided_by{};  ///< `version`: of the source package
  std::optional<Time> published{}, decided_until{};  ///< `decided_by`, `decided_until`: as a scan's finding has them
  bool open() const { return status == scan::Status::Affected || status == scan::Status::UnderInvestigation; }
};

/// What scans of an image's platforms found; those that are fixed in it are left out.
std::map<FindingName, SeenFinding> seen_in(const std::vector<scan::Report>& platforms);

/// What is to be written down so that the history says what was seen of the image with this digest at `now`: first seen, opened again, rescored, assessed,
/// excepted, and closed for what is not found any more. `fixable`: findings whose fix the archives have, and since when. Nothing where nothing is new.
std::vector<ledger::Event> catch_up(const ImageHistory& history, const std::string& image, const std::string& digest, const std::map<FindingName, SeenFinding>& seen, const std::map<FindingName, Time>& fixable, Time now);

}  // namespace ashlar::pipeline
