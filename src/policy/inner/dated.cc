#include "policy/inner/dated.h"

#include <algorithm>

#include "attest/predicate.h"

namespace ashlar::policy {
namespace {

constexpr const char* anew = "build it anew, or take a newer image";
constexpr std::array table = {
    Dated{attest::provenance_uri, {"/runDetails/metadata/finishedOn", "/runDetails/metadata/startedOn"}, "/buildDefinition/internalParameters/as_of", "build it anew, or take a newer image; one that `ashlar make` makes is as old as its lock: `ashlar lock --update` first"},
    Dated{attest::old_provenance_uri, {"/metadata/buildFinishedOn", "/metadata/buildStartedOn"}, nullptr, anew},
    Dated{attest::vulnerability_scan_uri,
          {"/metadata/scanFinishedOn", "/metadata/scanStartedOn"},
          nullptr,
          "scan it anew and attach that: `ashlar scan IMAGE --format cosign-vuln --output scan.json`, then `ashlar attest IMAGE --type vuln --predicate scan.json --key KEY`"},
    Dated{attest::openvex_uri,
          {"/last_updated", "/timestamp"},
          nullptr,
          "say it anew and attach that: `ashlar vex add` with the same words gives it today's date, `ashlar vex export IMAGE --output vex.image.json` writes what is of the image, "
          "then `ashlar attest IMAGE --type openvex --predicate vex.image.json --key KEY`"},
    Dated{attest::spdx_uri, {"/creationInfo/created", "/created"}, nullptr, anew},
    Dated{attest::cyclonedx_uri, {"/metadata/timestamp", "/timestamp"}, nullptr, anew}};

}  // namespace

const Dated* dated_of(std::string_view type) {
  const auto* const found = std::ranges::find(table, type, &Dated::type);
  return found == table.end() ? nullptr : found;
}

}  // namespace ashlar::policy
