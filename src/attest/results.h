#pragma once
// What was found out about an image: answers of proofs and run tests, and scans. Each as the predicate that others read.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/provenance.h"

namespace ashlar::attest {

/// The answer to one check (docs/formats/checks.md).
struct Answer {
  std::string id{}, title{};
  std::string result{};  ///< `passed`, `failed`, `not-applicable`, `excused`
  std::vector<std::string> evidence{};
};

/// An interpreter that the definition names, and why the image has it.
struct NamedInterpreter {
  std::string path{}, reason{};
  friend bool operator==(const NamedInterpreter&, const NamedInterpreter&) = default;
};

/// What the answers were taken with.
struct Measured {
  std::string platform{};
  Program program{};
  std::vector<Resource> held_against{};  ///< definition, lock, baseline; empty: the strict rules alone
  bool definition_claimed = false;       ///< only the image itself said which definition is its own
  std::vector<NamedInterpreter> interpreters{};  ///< of the definition
};

/// in-toto's test result v0.1: every answer by its id. What is excused has passed with a warning; what does not apply or could not be run stands in no
/// list, and a run test that could not be run makes the whole WARNED.
Json test_results(std::span<const Answer> answers, const Measured& measured);
/// The proofs on the image's bytes, with their evidence; run tests are none.
Json hardening(std::span<const Answer> answers, const Measured& measured);
/// The interpreters that excuse `no-shell` in such a predicate; none where that failed, or where only the image itself said which definition is its own.
std::vector<NamedInterpreter> interpreters_named(const Json& hardening);

/// Who scanned with what, and when.
struct ScanRun {
  std::string scanner{}, version{};
  std::string database{};  ///< its digest, or what stands for it
  Time database_created{};
  Time started{}, finished{};
};
/// cosign's predicate (specs/COSIGN_VULN_ATTESTATION_SPEC.md) around the scanner's own report.
Json vulnerability_scan(Json result, const ScanRun& run);

}  // namespace ashlar::attest
