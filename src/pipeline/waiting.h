#pragma once
// Answers on findings that are kept and do not count, for fewer people stand behind them than a policy asks: they wait for another one.
#include <optional>
#include <string>
#include <vector>

#include "pipeline/watch.h"

namespace ashlar::pipeline {

struct WaitingAnswer {
  host::Path path{};                                ///< where it is kept
  std::optional<attest::VexStatement> statement{};  ///< as it is there; none: it is a decision
  std::string decision{};                           ///< its number
  std::string says{};                               ///< in words: `'alice' says not_affected: vulnerable_code_not_present: nobody calls it`
  std::string status{}, reason{}, until{};          ///< as the ledger has them: `status` of a statement, `until` of a decision
  std::string lacks{};                              ///< `is signed by 1 of the 2 people that the policy asks for (alice)`
  scan::Backing backing{};
  std::int64_t runs = 0;                            ///< seconds, of a decision
  bool is(const WaitingAnswer& other) const { return path == other.path && statement == other.statement && decision == other.decision; }
};

/// Those on a finding of one platform of an image, which is also known as `named`: in the documents and decisions of the settings. One whose proof has fallen, or that does not hold
/// for another reason, does not wait.
Result<std::vector<WaitingAnswer>> waiting_on(host::Machine& machine, const std::string& ref, const std::string& named, const scan::Report& report, const scan::Finding& finding, const WatchOptions& options, Time now);

/// What it would lack with one more signature; empty: it would count.
std::string lacks_with(const WaitingAnswer& answer, const scan::Backing& more, const scan::DecisionRules& rules, const scan::Finding& finding);

/// Adds a signature to it, where it is kept. NotFound where it is not there any more as it was.
Done sign_answer(host::Machine& machine, const WaitingAnswer& answer, const trust::PrivateKey& key);

}  // namespace ashlar::pipeline
