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
};

/// Holds every platform against what those use now who follow the tag (`former`, by digest).
Done hold_against(Workshop& workshop, advisory::Database& database, const oci::ImageRef& former, const Digest& digest, const std::string& candidate, const MakeOptions& options, std::vector<CandidatePlatform>& platforms);

/// Looks into `platform`.
policy::Candidate for_gate(const CandidatePlatform& platform, const std::string& name);

/// Keeps a candidate that is not published, with its lock, by digest in `candidates/<kind>` of the cache; where it lies.
Result<std::string> put_aside(Workshop& workshop, const Made& made, const plan::Lock& lock, std::string_view kind);

}  // namespace ashlar::pipeline
