#pragma once
// What can be said of a finished image, each thing as the predicate of a statement that is ready to be signed. Keys and registries are for the caller.
#include <optional>
#include <string>
#include <vector>

#include "attest/predicate.h"
#include "oci/image.h"
#include "pipeline/test.h"
#include "scan/report.h"

namespace ashlar::pipeline {

struct PredicateWish {
  std::string image{};                     ///< a reference, as inventory::open_target() takes it
  std::string platform{};                  ///< of an image for several; the first where it is empty
  std::vector<std::string> also_named{};   ///< repositories that statements may call it by, beside that of its reference
  host::Path definition{};                 ///< what it was made from; its lock and recorded effects lie beside it
  std::string builder{};                   ///< a URI: who built, as the caller answers for it
  std::string image_mirror{};              ///< as it was built with
  std::optional<Time> started{}, finished{};  ///< of the build; none: not said, and the same image gives the same bytes
  const Tested* tested = nullptr;          ///< null: nothing is said of tests
  const scan::Report* scanned = nullptr;   ///< null: nothing is said of vulnerabilities
};

struct Predicates {
  Digest image = Digest::from({});  ///< the manifest that they are on
  oci::Platform platform{};
  std::vector<attest::Predicate> list{};
};

/// Provenance, lock, SPDX and CycloneDX; test results and hardening proof where it was tested; the scan where it was scanned; OpenVEX where statements
/// that the configuration names mean something in the image. NotFound without a lock; Conflict when the lock does not fit the definition or names what
/// the image does not hold, and when tests or scan are of another image.
Result<Predicates> predicates_of(Workshop& workshop, const PredicateWish& wish);

/// What can be said of an image that was made from no definition here: test results, hardening proof and scan.
Result<std::vector<attest::Predicate>> results_of(Workshop& workshop, const Tested& tested, const scan::Report& scanned);

}  // namespace ashlar::pipeline
