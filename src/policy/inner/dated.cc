#include "policy/inner/dated.h"

#include <algorithm>

#include "attest/predicate.h"

namespace ashlar::policy {
namespace {

constexpr std::array table = {
    Dated{attest::provenance_uri, {"/runDetails/metadata/finishedOn", "/runDetails/metadata/startedOn"}}, Dated{attest::old_provenance_uri, {"/metadata/buildFinishedOn", "/metadata/buildStartedOn"}},
    Dated{attest::vulnerability_scan_uri, {"/metadata/scanFinishedOn", "/metadata/scanStartedOn"}}, Dated{attest::openvex_uri, {"/last_updated", "/timestamp"}},
    Dated{attest::spdx_uri, {"/creationInfo/created", "/created"}}, Dated{attest::cyclonedx_uri, {"/metadata/timestamp", "/timestamp"}}};

}  // namespace

const Dated* dated_of(std::string_view type) {
  const auto* const found = std::ranges::find(table, type, &Dated::type);
  return found == table.end() ? nullptr : found;
}

}  // namespace ashlar::policy
