#pragma once
// One verdict on a finished image, for CI and clusters: what it stands on, what is signed of it, what its bytes show and what is known against it, judged by a policy.
#include <memory>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "pipeline/scan.h"
#include "pipeline/selection.h"
#include "pipeline/workshop.h"
#include "policy/finished.h"

namespace ashlar::pipeline {

struct CheckImageOptions {
  std::string platform{};           ///< that platform alone; empty: each that the image has
  std::string name{};               ///< judged as the image of this repository, for what was carried elsewhere; empty: where it lies
  std::string environment{};        ///< one of the policy's
  std::string base{};               ///< a reference of which its base may be; its layers tell
  host::Path selection{};           ///< in the place of the policy's
  host::Path ledger{};              ///< of what was published, and of clocks; where there is none nothing of both is known
  TrustSettings trust{};            ///< whom to believe beside those whom the policy names
  ScanOptions scan{};               ///< statements, settings and trust; the rest of it is set by the check
  bool again = false;               ///< take nothing that is kept of an earlier look
  bool unsigned_yet = false;        ///< who signed it is left to the check of what is published: a pipeline asks before it signs
};

struct CheckedPlatform {
  policy::FinishedImage image{};    ///< without its report
  policy::Judgement judgement{};
  std::vector<std::string> notes{}; ///< what whoever reads the verdict should know, and which makes it no other; a line each
};

struct CheckTimings {
  double base = 0, signatures = 0, test = 0, scan = 0, total = 0;  ///< seconds
};

struct CheckedImage {
  std::string ref{}, digest{};      ///< as it was asked for; of the index or the manifest that was judged
  policy::Answer answer = policy::Answer::Unknown;  ///< the heaviest of its platforms'
  std::vector<CheckedPlatform> platforms{};
  std::vector<std::string> notes{};
  CheckTimings timings{};
  std::shared_ptr<const policy::Selection> selection{};  ///< that facts point into; shared, for this value may be copied
};

/// Gathers what the policy asks of the image, and judges it. What the policy does not ask is not looked at. A tag is resolved once: what is judged has one digest.
/// Invalid where the policy has no such environment or asks nothing; Denied or Corrupt where the selection is not to be believed.
Result<CheckedImage> check_image(Workshop& workshop, advisory::Database& database, const std::string& ref, const policy::Policy& policy, const CheckImageOptions& options);

}  // namespace ashlar::pipeline
