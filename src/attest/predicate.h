#pragma once
// The types of predicates that we know (docs/formats/statements.md), and whether a value has the form that its type asks for.
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace ashlar::attest {

inline constexpr std::string_view provenance_uri = "https://slsa.dev/provenance/v1";
inline constexpr std::string_view old_provenance_uri = "https://slsa.dev/provenance/v0.2";
inline constexpr std::string_view spdx_uri = "https://spdx.dev/Document";
inline constexpr std::string_view cyclonedx_uri = "https://cyclonedx.org/bom";
inline constexpr std::string_view openvex_uri = "https://openvex.dev/ns";
inline constexpr std::string_view vulnerability_scan_uri = "https://cosign.sigstore.dev/attestation/vuln/v1";
inline constexpr std::string_view test_result_uri = "https://in-toto.io/attestation/test-result/v0.1";
inline constexpr std::string_view lock_uri = "https://ashlar.dev/attestation/lock/v1";
inline constexpr std::string_view hardening_uri = "https://ashlar.dev/attestation/hardening/v1";
inline constexpr std::string_view support_uri = "https://ashlar.dev/attestation/support/v1";
inline constexpr std::string_view changes_uri = "https://ashlar.dev/attestation/changes/v1";

struct PredicateType {
  std::string_view name;    ///< as `--type` takes it; cosign's own word where it has one
  std::string_view uri;     ///< several names may mean one
  std::string_view schema;  ///< file of schemas/; empty for types that we read and do not write
};

std::span<const PredicateType> predicate_types();
/// The URI that a name stands for, or the URI itself: those that we do not know are taken, too. Invalid when it is neither.
Result<std::string> predicate_uri(std::string_view name_or_uri);
/// The row of a URI, or of an older form of it; null when nobody here knows it. The types of documents are also those with a version behind
/// (`https://spdx.dev/Document/v2.3`), as some publishers write them.
const PredicateType* find_predicate_type(std::string_view uri);

/// Whether a predicate has what its type requires, each where it belongs and of the right kind; the error names the first place that has not. What is said
/// is not judged. Of a type that nobody here knows, it is an object.
Done check_predicate(std::string_view uri, const Json& predicate);

/// One that is finished, with its type.
struct Predicate {
  std::string uri{};
  std::string text{};  ///< JSON
};

}  // namespace ashlar::attest
