#pragma once
// Who stands behind a statement or a decision, and what is asked of them before it counts (docs/formats/policy-decisions.md).
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "scan/gate.h"

namespace ashlar::scan {

/// What a record bears beside its words.
struct Backing {
  std::set<std::string> keys{};         ///< names of keys, or identities of certificates, whose signatures are good now
  std::vector<std::string> faults{};    ///< of each other signature: why it does not count
  std::string fallen{};                 ///< of a statement that rests on the contents of an image: what there speaks against it now; empty: nothing
  friend bool operator==(const Backing&, const Backing&) = default;
};

/// Asked of every statement or decision on a finding that it is about.
struct DecisionRule {
  std::optional<GateRule> when{};         ///< findings that meet this; none: all
  size_t people = 0;                      ///< so many different ones have signed it
  std::set<std::string> by{};             ///< these alone count; empty: everybody whose key is trusted
  std::optional<std::int64_t> at_most{};  ///< seconds from when it was made until its end; of decisions alone
};

struct DecisionRules {
  std::vector<DecisionRule> exceptions{}, assessments{};
  std::map<std::string, std::string> person_of{};  ///< key's name to person; a key that is not there is a person of its own name
  bool empty() const { return exceptions.empty() && assessments.empty(); }
};

/// The people whose keys these are, each once.
std::set<std::string> people_of(const Backing& backing, const DecisionRules& rules);

/// Why a record with this backing does not count for a finding; empty: it meets every rule that is about the finding. `runs`: seconds that a decision runs.
std::string shortfall(std::span<const DecisionRule> asked, const DecisionRules& rules, const Backing& backing, const Finding& finding, std::optional<std::int64_t> runs = std::nullopt);

}  // namespace ashlar::scan
