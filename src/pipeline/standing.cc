#include "pipeline/standing.h"

#include <fmt/format.h>

#include "base/shell.h"
#include "pipeline/decisions.h"

namespace ashlar::pipeline {

std::string lacks_of(const scan::Exception& decision, const scan::DecisionRules& rules, Time now) {
  if (decision.revoked || decision.expires <= now) return {};
  scan::Finding known{.id = decision.vulnerability};
  known.severity = decision.severity, known.fixed_in = decision.fixed_in;
  if (decision.exploited) known.exploited.emplace();
  return scan::shortfall(rules.exceptions, rules, decision.backing, known, decision.expires.seconds - decision.created.seconds);
}

std::string sign_it(const scan::Exception& decision) { return fmt::format("`ashlar except sign {} --key KEY`", shell_word(decision.id)); }

Result<std::vector<std::string>> waiting_decisions(host::Machine& machine, const std::vector<DecisionsFile>& files, const TrustSettings& trust, const scan::DecisionRules& rules, Time now) {
  std::vector<std::string> out;
  if (rules.exceptions.empty()) return out;
  TRY_ASSIGN(auto all, read_decisions(*machine.files, files));
  TRY(stand_behind(machine, trust, now, all));
  for (const scan::Exception& each : all) {
    const std::string lacks = lacks_of(each, rules, now);
    if (!lacks.empty()) out.push_back(fmt::format("{} on {}{} waits and does not count: it {}; {}", each.id, each.vulnerability, each.package.empty() ? "" : fmt::format(" in '{}'", each.package), lacks, sign_it(each)));
  }
  return out;
}

}  // namespace ashlar::pipeline
