#pragma once
// What is due: which published images must be made again or looked at, why, and in which order.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "advisory/record.h"
#include "base/time.h"

namespace ashlar::policy {

/// A finding in a published image that nobody has assessed.
struct OpenFinding {
  std::string vulnerability, package;      ///< source package
  advisory::Severity severity = advisory::Severity::Unknown;
  bool exploited = false;
  double likelihood = 0;                   ///< EPSS, 0..1
  Time opened{};                           ///< first seen in this image
  std::optional<Time> deadline{};          ///< of its clock
  std::string fixed_in{};                  ///< as the advisory has it; empty: there is no fix
  bool fix_at_hand = false;                ///< a renewal takes a version that is no older
};

/// Whether a person must look at it where no renewal mends it: whatever its publisher calls negligible needs nobody, unless it is exploited.
bool needs_person(const OpenFinding& finding);

/// What is known of an image of the fleet.
struct ImageFacts {
  std::string image;                       ///< repository
  std::string definition;                  ///< path, for words
  std::string published{};                 ///< digest under its moving tag; empty: it never was
  bool recorded = false;                   ///< the ledger has how that image came to be
  bool definition_changed = false;         ///< since
  bool lock_changed = false;               ///< since: what is published is not what the lock says
  std::vector<std::string> newer{};        ///< what a renewal would take, a line each
  bool newer_security = false;             ///< some of it is of a security archive
  std::vector<OpenFinding> findings{};
  std::optional<Time> promoted{};          ///< last
  std::optional<std::int64_t> cadence{};   ///< seconds
  std::optional<Time> end{};               ///< of its life or of its support, what comes first
  std::string ends{};                      ///< whose support that is, where it is not its own: `'Debian:13', of which it is made,`
  bool end_announced = false;
  std::string promise{};                   ///< what is promised for it, in words, where what is published says otherwise; empty: it does not
  struct Canary { std::string digest; Time since{}; std::int64_t soak = 0; };
  std::optional<Canary> canary{};          ///< an image that passed its gate and waits
  std::string stopped{};                   ///< why the same renewal was stopped before; empty: it was not
  std::string by_hand{};                   ///< which of its tags somebody moved by hand, and who lets go of it; empty: none. Nothing is moved over that
  std::vector<std::string> unknown{};      ///< what could not be told of it, a line each
  struct Application {
    std::string image;
    bool behind = false;                   ///< it lies on another one than what is published now
    std::vector<std::string> because{};    ///< how that is known, a line each
    std::string stopped{};                 ///< why the same was stopped before; empty: it was not
  };
  std::vector<Application> built_on_it{};  ///< images of others
  bool only_base = false;                  ///< nothing is made of it here, now: it is somebody else's, or was not asked for; what is built on it follows it
  double seconds = 0;                      ///< that making it took last time; 0: not known
};

/// A finding that is open in one or more images.
struct OpenInImages {
  OpenFinding finding{};               ///< the worst that any of them says: the earliest deadline, at hand where all of them have the fix at hand
  std::vector<size_t> images{};        ///< indexes of ImageFacts, in their order
};
/// What is open in any of the images, each vulnerability of a package once, what comes first first: exploited, severity, likelihood, how many images have it,
/// deadline, name.
std::vector<OpenInImages> by_urgency(const std::vector<ImageFacts>& images);
/// `CVE-2026-1 in openssl, critical, exploited, EPSS 0.913, no fix yet, due 2026-12-01T00:00:00Z`
std::string in_words(const OpenFinding& finding);

enum class DueAction : unsigned char { Rebuild, Promote, Assess, Announce, Rebase, Look, Promise };
std::string_view to_string(DueAction action);  ///< `rebuild`, `promote`, `assess`, `announce`, `rebase`, `look`, `promise`

/// One thing to do with one image.
struct Due {
  std::string image{};
  DueAction action = DueAction::Look;
  std::string reason{};                    ///< one line
  std::vector<std::string> because{};      ///< what it rests on, a line each
  std::vector<OpenFinding> findings{};     ///< that it is about, the weightiest first
  Time opened{};                           ///< since when it is due
  std::optional<Time> deadline{};          ///< the earliest of its findings, or of its cadence
  bool held = false;                       ///< it was tried and stopped, and nothing has changed since: it is not done again
  std::vector<std::string> after{};        ///< images that must be done before
  double seconds = 0;                      ///< that it will take, as last time; 0: not known
};

/// What is due, what comes first first: exploited, severity (unrated counts as just below high), likelihood, how many images have the finding, deadline, name. An image with nothing due is
/// not among them.
std::vector<Due> due(const std::vector<ImageFacts>& images, Time now);

/// The chain of things to do, each after the one before, that takes longest; and its seconds.
struct CriticalPath { std::vector<std::string> images; double seconds = 0; };
CriticalPath critical_path(const std::vector<Due>& due);

}  // namespace ashlar::policy
