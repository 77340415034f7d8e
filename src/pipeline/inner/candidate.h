#pragma once
// What is known of a candidate, platform by platform, when the gate is asked.
#include <optional>
#include <string>
#include <vector>

#include "pipeline/make.h"
#include "pipeline/test.h"

namespace ashlar::pipeline {

/// One platform's image.
struct CandidatePlatform {
  std::string name;
  Tested tested;
  scan::Report report;
  std::optional<Notes> notes{};                             ///< against what is published
  std::optional<std::vector<policy::Noticed>> noticed{};    ///< likewise; none: nothing was published for it
  double test_seconds = 0, scan_seconds = 0;                ///< of wall time, that both took
};

/// Holds every platform against what those use now who follow the tag (`former`, by digest).
Done hold_against(Workshop& workshop, advisory::Database& database, const oci::ImageRef& former, const Digest& digest, const std::string& candidate, const MakeOptions& options, std::vector<CandidatePlatform>& platforms);

/// Looks into `platform`.
policy::Candidate for_gate(const CandidatePlatform& platform, const std::string& name);

/// A candidate before the gate: tested, and scanned by the gate's rules.
Result<CandidatePlatform> examine_platform(Workshop& workshop, advisory::Database& database, const std::string& candidate, const TestOptions& tests, ScanOptions how, const policy::Policy& policy);

/// A layout below `candidates` of the cache, for whatever has that name.
host::Path candidate_folder(const Workshop& workshop, const std::string& name);

/// Keeps a candidate that is not published by digest in `candidates/<kind>` of the cache, with its lock where it has one; where it lies.
Result<std::string> put_aside(Workshop& workshop, const std::string& candidate, const Digest& digest, const plan::Lock* lock, std::string_view kind);

/// A digest of what scans of a candidate's platforms say that a gate goes by: the same whatever else their database knows.
std::string judged_digest(const std::vector<scan::Report>& reports);
/// The same of one that was put aside, as its place is named, by what the database says now; empty where it is not there any more.
Result<std::string> judged_now(Workshop& workshop, advisory::Database& database, const std::string& candidate, ScanOptions how);

}  // namespace ashlar::pipeline
