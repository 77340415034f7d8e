#include "pipeline/waiting.h"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/decisions.h"

namespace ashlar::pipeline {
namespace {

/// Whether a scan has met an answer that could wait.
bool was_answered(const scan::Finding& finding) {
  return std::ranges::any_of(finding.proof, [](const auto& each) { return each.kind == "statement" || each.kind == "decision"; });
}

bool acquits(const attest::VexStatement& statement) { return statement.status == attest::VexStatus::NotAffected || statement.status == attest::VexStatus::Fixed; }

Done statements_on(host::Machine& machine, const Held& held, const scan::Finding& finding, const WatchOptions& options, std::vector<WaitingAnswer>& out) {
  TRY_ASSIGN(const auto kept, read_statements(*machine.files, options.settings.statements));
  auto documents = kept;
  TRY(stand_behind(machine, options.trust, held, documents));
  for (size_t at = 0; at < documents.size(); ++at) {
    const auto& statements = documents[at].document.statements;
    for (size_t each = 0; each < statements.size(); ++each) {
      if (!acquits(statements[each]) || !scan::concerns(statements[each], finding, held.distribution, held.names)) continue;
      const scan::Backing backing = each < documents[at].backing.size() ? documents[at].backing[each] : scan::Backing();
      WaitingAnswer one{.path = documents[at].source, .statement = kept[at].document.statements[each], .status = std::string(attest::to_string(statements[each].status)), .backing = backing};
      one.reason = statements[each].justification + (statements[each].justification.empty() || statements[each].detail.empty() ? "" : ": ") + statements[each].detail;
      one.says = fmt::format("'{}' says {}: {}", documents[at].document.author, one.status, one.reason);
      one.lacks = scan::shortfall(options.rules.assessments, options.rules, backing, finding);
      if (backing.fallen.empty() && !one.lacks.empty()) out.push_back(std::move(one));
    }
  }
  return {};
}

Done decisions_of(host::Machine& machine, const DecisionsFile& file, const Held& held, const scan::Finding& finding, const WatchOptions& options, Time now, std::vector<WaitingAnswer>& out) {
  TRY_ASSIGN(auto decisions, read_decisions(*machine.files, std::vector{file}));
  TRY(stand_behind(machine, options.trust, now, decisions));
  std::vector<std::string> names = held.names.repositories;
  names.push_back(held.names.digest);
  for (const scan::Exception& each : decisions) {
    if (each.created > now || !scan::concerns(each, finding, names) || !scan::lapse(each, finding, now).empty()) continue;
    WaitingAnswer one{.path = file.path, .decision = each.id, .reason = each.reason, .until = each.expires.str(), .backing = each.backing, .runs = each.expires.seconds - each.created.seconds};
    one.says = fmt::format("'{}' lives with it until {} ({}): {}", each.owner, each.expires.date(), each.id, each.reason);
    one.lacks = scan::shortfall(options.rules.exceptions, options.rules, each.backing, finding, one.runs);
    if (!one.lacks.empty()) out.push_back(std::move(one));
  }
  return {};
}

}  // namespace

Result<std::vector<WaitingAnswer>> waiting_on(host::Machine& machine, const std::string& ref, const std::string& named, const scan::Report& report, const scan::Finding& finding, const WatchOptions& options, Time now) {
  std::vector<WaitingAnswer> out;
  if (options.rules.empty() || !was_answered(finding)) return out;
  TRY_ASSIGN(auto held, read_held(machine, ref, {.platform = report.platform, .also_named = {named}}));
  TRY(statements_on(machine, held, finding, options, out));
  for (const DecisionsFile& file : options.settings.exceptions) TRY(decisions_of(machine, file, held, finding, options, now, out));
  return out;
}

std::string lacks_with(const WaitingAnswer& answer, const scan::Backing& more, const scan::DecisionRules& rules, const scan::Finding& finding) {
  scan::Backing both = answer.backing;
  both.keys.insert(more.keys.begin(), more.keys.end());
  both.faults.insert(both.faults.end(), more.faults.begin(), more.faults.end());
  if (answer.statement) return scan::shortfall(rules.assessments, rules, both, finding);
  return scan::shortfall(rules.exceptions, rules, both, finding, answer.runs);
}

Done sign_answer(host::Machine& machine, const WaitingAnswer& answer, const trust::PrivateKey& key) {
  if (!answer.statement) {
    TRY(sign_decision(machine, answer.path, answer.decision, key));
    return {};
  }
  TRY_ASSIGN(const size_t count, sign_statements(machine, answer.path, [&](const attest::VexStatement& each) { return each == *answer.statement; }, key));
  if (count == 0) return cannot(Kind::NotFound, fmt::format("sign the statement on '{}'", answer.statement->vulnerability), fmt::format("it is not in '{}' any more as it was", answer.path.string()));
  return {};
}

}  // namespace ashlar::pipeline
