#include "attest/predicate.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/shape.h"
#include "attest/inner/vex_forms.h"
#include "base/text.h"
#include "inventory/delta.h"
#include "plan/lock.h"

namespace ashlar::attest {
namespace {

constexpr std::array types = {
    PredicateType{"slsaprovenance1", provenance_uri, "provenance.schema.json"},
    PredicateType{"slsaprovenance", old_provenance_uri, ""},
    PredicateType{"slsaprovenance02", old_provenance_uri, ""},
    PredicateType{"spdxjson", spdx_uri, "spdx.schema.json"},
    PredicateType{"spdx", spdx_uri, ""},
    PredicateType{"cyclonedx", cyclonedx_uri, "cyclonedx.schema.json"},
    PredicateType{"openvex", openvex_uri, "openvex.schema.json"},
    PredicateType{"vuln", vulnerability_scan_uri, "vulnerability-scan.schema.json"},
    PredicateType{"link", "https://in-toto.io/Link/v1", ""},
    PredicateType{"custom", "https://cosign.sigstore.dev/attestation/v1", ""},
    PredicateType{"test-result", test_result_uri, "test-result.schema.json"},
    PredicateType{"lock", lock_uri, "lock.schema.json"},
    PredicateType{"hardening", hardening_uri, "hardening.schema.json"},
    PredicateType{"changes", changes_uri, "changes.schema.json"}, PredicateType{"support", support_uri, "support.schema.json"},
};

/// Whose predicate is a document with a version of its own, which some write behind the URI.
constexpr std::array<std::string_view, 3> documents = {spdx_uri, cyclonedx_uri, openvex_uri};

constexpr std::array provenance_1 = {
    Member{"buildDefinition"}, Member{"buildDefinition/buildType", Is::Uri}, Member{"buildDefinition/externalParameters"}, Member{"buildDefinition/internalParameters", Is::Object, false},
    Member{"buildDefinition/resolvedDependencies[]", Is::Resource, false}, Member{"runDetails"}, Member{"runDetails/builder"}, Member{"runDetails/builder/id", Is::Uri},
    Member{"runDetails/builder/version", Is::Object, false}, Member{"runDetails/builder/builderDependencies[]", Is::Resource, false}, Member{"runDetails/metadata", Is::Object, false},
    Member{"runDetails/metadata/invocationId", Is::Text, false}, Member{"runDetails/metadata/startedOn", Is::Time, false}, Member{"runDetails/metadata/finishedOn", Is::Time, false},
    Member{"runDetails/byproducts[]", Is::Resource, false}};

constexpr std::array provenance_02 = {
    Member{"builder"}, Member{"builder/id", Is::Text}, Member{"buildType", Is::Uri}, Member{"invocation", Is::Object, false}, Member{"metadata", Is::Object, false},
    Member{"metadata/buildStartedOn", Is::Time, false}, Member{"metadata/buildFinishedOn", Is::Time, false}, Member{"materials[]", Is::Object, false},
    Member{"materials[]/uri", Is::Text, false},
    Member{"materials[]/digest", Is::Digests, false}};

constexpr std::array spdx_2 = {
    Member{"spdxVersion", Is::Word, true, "SPDX-2.2|SPDX-2.3"}, Member{"SPDXID", Is::Filled}, Member{"dataLicense", Is::Filled},
    Member{"name", Is::Filled}, Member{"documentNamespace", Is::Uri},
    Member{"creationInfo"}, Member{"creationInfo/created", Is::Time}, Member{"creationInfo/creators[]", Is::Filled},
    Member{"packages[]", Is::Object, false}, Member{"packages[]/SPDXID", Is::Filled},
    Member{"packages[]/name", Is::Filled}, Member{"packages[]/downloadLocation", Is::Filled}, Member{"files[]", Is::Object, false},
    Member{"files[]/fileName", Is::Filled}, Member{"relationships[]", Is::Object, false},
    Member{"relationships[]/spdxElementId", Is::Filled}, Member{"relationships[]/relatedSpdxElement", Is::Filled}, Member{"relationships[]/relationshipType", Is::Filled}};
constexpr std::array spdx_3 = {Member{"@context", Is::Uri}, Member{"@graph[]"}};

constexpr std::array cyclonedx = {
    Member{"bomFormat", Is::Word, true, "CycloneDX"}, Member{"specVersion", Is::Filled}, Member{"serialNumber", Is::Uri, false},
    Member{"metadata", Is::Object, false}, Member{"metadata/timestamp", Is::Time, false},
    Member{"components[]", Is::Object, false}, Member{"components[]/type", Is::Filled}, Member{"components[]/name", Is::Filled}, Member{"vulnerabilities[]", Is::Object, false}};

constexpr std::array openvex = {
    Member{"@context", Is::Uri}, Member{"@id", Is::Filled}, Member{"author", Is::Filled}, Member{"timestamp", Is::Time}, Member{"statements[]"},
    Member{"statements[]/vulnerability", Is::Object},
    Member{"statements[]/vulnerability/name", Is::Filled},
    Member{"statements[]/status", Is::Word, true, "not_affected|affected|fixed|under_investigation"},
    Member{"statements[]/products[]", Is::Object, false}};

constexpr std::array vulnerability_scan = {
    Member{"invocation", Is::Object, false}, Member{"scanner"}, Member{"scanner/uri", Is::Filled}, Member{"scanner/version", Is::Text, false},
    Member{"scanner/db", Is::Object, false}, Member{"scanner/db/uri", Is::Text, false},
    Member{"scanner/db/version", Is::Text, false}, Member{"metadata"}, Member{"metadata/scanStartedOn", Is::Time}, Member{"metadata/scanFinishedOn", Is::Time}};

constexpr std::array test_result = {
    Member{"result", Is::Word, true, "PASSED|WARNED|FAILED"}, Member{"configuration[]", Is::Resource}, Member{"url", Is::Text, false},
    Member{"passedTests[]", Is::Filled, false}, Member{"warnedTests[]", Is::Filled, false},
    Member{"failedTests[]", Is::Filled, false}};

constexpr std::array hardening = {
    Member{"passed", Is::Flag}, Member{"platform", Is::Filled}, Member{"program", Is::Resource}, Member{"policy"},
    Member{"policy/held_against[]", Is::Resource}, Member{"policy/definition_claimed", Is::Flag},
    Member{"policy/interpreters[]", Is::Object, false}, Member{"policy/interpreters[]/path", Is::Filled}, Member{"policy/interpreters[]/reason", Is::Text}, Member{"checks[]"},
    Member{"checks[]/id", Is::Filled}, Member{"checks[]/title", Is::Text},
    Member{"checks[]/result", Is::Word, true, "passed|failed|not-applicable|excused"}, Member{"checks[]/evidence[]", Is::Text}};

constexpr std::array changes_shape = {
    Member{"before", Is::Resource}, Member{"after", Is::Resource}, Member{"platform", Is::Filled}, Member{"packages[]"}, Member{"files[]"}, Member{"config[]"}, Member{"config[]/name", Is::Filled},
    Member{"vulnerabilities", Is::Object, false}, Member{"vulnerabilities/database", Is::Resource}, Member{"vulnerabilities/fixed[]"}, Member{"vulnerabilities/fixed[]/id", Is::Filled}, Member{"vulnerabilities/new[]"},
    Member{"vulnerabilities/new[]/id", Is::Filled}, Member{"behaviour"}, Member{"behaviour/breaks", Is::Flag}, Member{"behaviour/changes[]"},
    Member{"behaviour/changes[]/weight", Is::Word, true, "breaking|notable|neutral"}, Member{"behaviour/changes[]/id", Is::Filled}, Member{"behaviour/changes[]/subject", Is::Filled}, Member{"behaviour/changes[]/what", Is::Filled},
    Member{"behaviour/changes[]/evidence[]", Is::Text}};

constexpr std::array support_shape = {Member{"image", Is::Filled}, Member{"from", Is::Time, false}, Member{"until", Is::Time, false}, Member{"promised", Is::Time, false}, Member{"published", Is::Time, false}, Member{"sla", Is::Filled, false}};

std::string fault_of_spdx(const Json& predicate) {
  if (predicate.is_string()) return predicate.get_ref<const std::string&>().starts_with("SPDXVersion:") ? "" : "it is a text, and no SPDX document in tag-value form";
  return predicate.is_object() && predicate.contains("@graph") ? fault_of(predicate, spdx_3) : fault_of(predicate, spdx_2);
}

std::string fault_of_openvex(const Json& predicate) {
  if (std::string fault = fault_of(predicate, openvex); !fault.empty()) return fault;
  if (!predicate["@context"].get_ref<const std::string&>().starts_with(openvex_uri)) return "'@context' is not OpenVEX's";
  const auto read = read_openvex(predicate);
  return read ? std::string() : read.error().message;
}

std::string fault_of_scan(const Json& predicate) {
  if (std::string fault = fault_of(predicate, vulnerability_scan); !fault.empty()) return fault;
  const auto result = predicate["scanner"].find("result");
  return result == predicate["scanner"].end() || !result->is_structured() ? "it has no 'scanner.result'" : "";
}

std::string fault_of_changes(const Json& predicate) {
  if (std::string fault = fault_of(predicate, changes_shape); !fault.empty()) return fault;
  const auto read = inventory::read_delta(predicate);
  return read ? std::string() : read.error().message;
}

std::string fault_of_lock(const Json& predicate) {
  const auto read = plan::read_lock(to_compact(predicate), "predicate");
  return read ? std::string() : read.error().message;
}

template <const auto& shape>
std::string fault_by(const Json& predicate) { return fault_of(predicate, shape); }

struct Check { std::string_view uri; std::string (*fault)(const Json& predicate); };

constexpr std::array checks = {
    Check{provenance_uri, fault_by<provenance_1>}, Check{old_provenance_uri, fault_by<provenance_02>}, Check{spdx_uri, fault_of_spdx}, Check{cyclonedx_uri, fault_by<cyclonedx>},
    Check{openvex_uri, fault_of_openvex}, Check{vulnerability_scan_uri, fault_of_scan}, Check{test_result_uri, fault_by<test_result>},
    Check{lock_uri, fault_of_lock}, Check{hardening_uri, fault_by<hardening>}, Check{changes_uri, fault_of_changes}, Check{support_uri, fault_by<support_shape>}};

}  // namespace

std::span<const PredicateType> predicate_types() { return types; }

Result<std::string> predicate_uri(std::string_view name_or_uri) {
  const auto* const row = std::ranges::find(types, name_or_uri, &PredicateType::name);
  if (row != types.end()) return std::string(row->uri);
  if (is_uri(name_or_uri)) return std::string(name_or_uri);
  std::vector<std::string_view> names;
  for (const PredicateType& each : types) names.push_back(each.name);
  const std::string close = nearest(name_or_uri, names);
  return cannot(Kind::Invalid, fmt::format("take '{}' as a predicate type", name_or_uri),
                close.empty() ? fmt::format("it is no URI and none of {}", fmt::join(names, ", ")) : fmt::format("it is no URI; did you mean '{}'?", close));
}

const PredicateType* find_predicate_type(std::string_view uri) {
  for (const std::string_view document : documents) {
    if (uri.starts_with(document) && uri.substr(document.size()).starts_with('/')) uri = document;
  }
  const auto* const row = std::ranges::find(types, uri, &PredicateType::uri);
  return row == types.end() ? nullptr : row;
}

Done check_predicate(std::string_view uri, const Json& predicate) {
  const PredicateType* const type = find_predicate_type(uri);
  const auto* const check = std::ranges::find(checks, type == nullptr ? uri : type->uri, &Check::uri);
  const std::string fault = check != checks.end() ? check->fault(predicate) : predicate.is_object() ? "" : "it is no object";
  if (fault.empty()) return {};
  return cannot(Kind::Invalid, fmt::format("take the predicate as '{}'", type == nullptr ? uri : type->name), fault);
}

}  // namespace ashlar::attest
