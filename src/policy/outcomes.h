#pragma once
// Before and after: what images and a ledger come to in one table (docs/formats/outcomes.md). Facts that were gathered go in, the table comes out; what is not there
// gives no figure.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/scanner_view.h"
#include "policy/sla.h"
#include "scan/report.h"

namespace ashlar::policy {

/// Something that was looked at, or why it is not there.
template <class T>
struct Evidence {
  std::optional<T> value{};
  std::string source{};                 ///< what it was read from, with digests
  std::string lacks = "nobody looked";  ///< where there is no value
};

/// Distribution packages of an image, held against a lock.
struct LockedShare {
  size_t packages = 0, locked = 0;      ///< `locked`: the lock names the same version, its SHA-256, and the archive's signed Release file
  std::vector<std::string> archives{};  ///< they come from: `debian trixie of 2026-11-21`
};

/// `ashlar test` without running: identifiers of checks.
struct ProofAnswers {
  std::vector<std::string> passed{}, failed{}, excused{};
  size_t not_applicable = 0;
};

/// A content that is attached to an image.
struct AttachedContent {
  std::string type;    ///< name of its predicate, its URI where nobody here knows it, or `signature`
  std::string layout;  ///< as pipeline::Signature has it
  bool verified = false;
  std::string told;    ///< whose it is, or why it does not count
};

/// What another scanner said when it was run on the same image.
struct PeerAnswer {
  std::string version{}, recognised{};  ///< the distribution that it saw: `debian 13`; empty: none
  std::set<std::pair<std::string, std::string>> pairs{};  ///< vulnerability and package
};

struct OutcomeImage {
  std::string ref{}, digest{}, platform{};
  std::string name{};                            ///< in the ledger; empty: none
  Evidence<scan::Report> scan{};
  Evidence<ScannerView> view{};
  Evidence<std::vector<AttachedContent>> attached{};
  Evidence<LockedShare> locked{};
  Evidence<ProofAnswers> proofs{};
  std::map<std::string, Evidence<PeerAnswer>> peers{};  ///< by program, where they were asked for
};

struct OutcomeSide {
  std::vector<OutcomeImage> images{};
  std::string lacks{};                           ///< why there is none
};

/// A ledger whose chain was computed anew and holds.
struct OutcomeLedger {
  std::vector<ledger::Entry> entries{};          ///< all of it
  std::uint64_t sealed = 0;                      ///< events up to the newest checkpoint that counts
};

/// The model of work by hand: assumed, not measured. The same three lengths as `ashlar replay` takes.
struct WorkModel {
  double ticket = 15, stopped = 60, rebuild = 45;  ///< minutes
};
inline constexpr size_t steps_by_hand = 4;         ///< of one patch: see that it is due, rebuild, test, publish

struct OutcomeFacts {
  Time now{};
  std::string policy{};                          ///< name of the agreement
  SlaRules rules{};
  WorkModel model{};
  OutcomeSide before{}, after{};
  Evidence<OutcomeLedger> ledger{};
};

/// Measured; by the model from what was measured; or there is no evidence, and the text says why.
enum class Basis : unsigned char { Measured, Model, None };
std::string_view to_string(Basis basis);  ///< `measured`, `model`, `none`

struct OutcomeCell {
  Basis basis = Basis::None;
  std::optional<double> value{};  ///< of several images their mean, or the share of all of them
  std::string text{}, source{};
  friend bool operator==(const OutcomeCell&, const OutcomeCell&) = default;
};

struct OutcomeLine {
  std::string section, id, what;  ///< `cves`, `cves.base.critical`, `critical, of the base`
  OutcomeCell before{}, after{};
  bool idle = false;              ///< one of a row of its kind, with nothing in either column: forms for people leave it out
};

/// Open findings of one image by owner (base, app) and severity.
struct OutcomeCounts {
  std::array<std::array<size_t, severities.size()>, 2> open{};
};

struct OutcomeImageFigures {
  bool after = false;
  std::string ref, digest, platform, name, verdict;  ///< `unknown` where there is no scan
  std::vector<std::string> causes;                   ///< of unknown
  std::optional<OutcomeCounts> counts;               ///< none: no scan
};

struct Outcomes {
  Time now{};
  std::string policy{}, terms{};
  WorkModel model{};
  std::vector<OutcomeImageFigures> images{};
  std::vector<OutcomeLine> lines{};
  std::vector<std::pair<std::int64_t, size_t>> open_by_day{};  ///< day since 1970-01-01 and open findings of the images of `after` when it ended (`now`, for the last), by the ledger; at most 366 days
};

/// The sections in their order: identifier and title.
struct OutcomeSection { std::string_view id, title; };
std::span<const OutcomeSection> outcome_sections();

Outcomes outcomes(const OutcomeFacts& facts);

}  // namespace ashlar::policy
