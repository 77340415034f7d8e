#pragma once
// What changed from one image to the next, as a predicate on the next: `https://ashlar.dev/attestation/changes/v1` (docs/formats/statements.md).
#include <optional>
#include <string>
#include <vector>

#include "attest/provenance.h"
#include "inventory/delta.h"
#include "inventory/difference.h"

namespace ashlar::attest {

/// A finding that only one of both images has.
struct FindingSaid {
  std::string id{}, package{}, version{}, severity{};
  std::string fixed_in{};  ///< the first version without it; empty: there is none
};

struct ChangesSaid {
  Digest before, after;              ///< manifests of one platform
  std::string platform{};
  inventory::Delta delta{};
  std::vector<inventory::Difference::Changed> config{};
  struct Vulnerabilities {
    Digest database;                 ///< that both were held against
    std::vector<FindingSaid> fixed{}, fresh{};
  };
  std::optional<Vulnerabilities> vulnerabilities{};  ///< none: nobody looked
};

/// `behaviour`: as docs/formats/behaviour.md has it. The same values give the same JSON; no moment stands in it.
Json changes(const ChangesSaid& said, const Json& behaviour);

}  // namespace ashlar::attest
