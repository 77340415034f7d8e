#include "policy/gate.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/shell.h"
#include "base/text.h"
#include "policy/inner/named.h"

namespace ashlar::policy {
namespace {

using Answer = GateReason::Answer;

bool is_run_test(const Checked& check) { return check.id.starts_with("run:"); }

/// Whether a run test passed on another platform of the same definition.
bool ran_elsewhere(const std::vector<Candidate>& platforms, const std::string& id) {
  return std::ranges::any_of(platforms, [&](const Candidate& each) {
    return std::ranges::any_of(each.checks, [&](const Checked& check) { return check.id == id && check.answer == Checked::Answer::Held; });
  });
}

std::string why(const Checked& check) {
  if (check.evidence.empty()) return {};
  return ": " + check.evidence.front() + (check.evidence.size() > 1 ? fmt::format(" and {} more", check.evidence.size() - 1) : std::string());
}

/// What of the checks of one kind speaks against the candidate.
void ask_checks(const std::vector<Candidate>& platforms, const Candidate& candidate, bool run_tests, std::vector<GateReason>& out) {
  const std::string rule = run_tests ? "run-tests" : "proofs";
  size_t held = 0, elsewhere = 0;
  bool against = false;
  for (const Checked& check : candidate.checks) {
    if (is_run_test(check) != run_tests) continue;
    const bool failed = check.answer == Checked::Answer::Failed;
    if (check.answer == Checked::Answer::Held) ++held;
    else if (!failed && ran_elsewhere(platforms, check.id)) ++elsewhere;
    else against = true;
    if (failed) out.push_back({Answer::Stops, rule, fmt::format("{}: '{}' fails{}", candidate.platform, check.id, why(check)), fmt::format("mend it; `ashlar test` on the candidate shows all that '{}' found", check.id)});
    else if (check.answer == Checked::Answer::NotRun && !ran_elsewhere(platforms, check.id))
      out.push_back({Answer::Unknown, rule, fmt::format("{}: '{}' was not run{}", candidate.platform, check.id, why(check)), "mend what stands in the way here, or run it on a machine that can run the platform; `run-tests: false` in the policy's section 'gate' goes without them"});
  }
  if (against) return;
  out.push_back({Answer::Holds, rule, fmt::format("{}: {} hold{}", candidate.platform, held, elsewhere == 0 ? "" : fmt::format(", {} passed on another platform and cannot be run for this one here", elsewhere))});
}

void ask_coverage(const Candidate& candidate, std::vector<GateReason>& out) {
  if (candidate.report->verdict != scan::Verdict::Unknown) {
    out.push_back({Answer::Holds, "coverage", fmt::format("{}: all {} packages were judged", candidate.platform, candidate.report->coverage.packages)});
    return;
  }
  for (const std::string& cause : candidate.report->causes) out.push_back({Answer::Unknown, "coverage", fmt::format("{}: {}", candidate.platform, cause), "give the scan what it lacks: `ashlar feed update`, or statements and excuses where nothing else tells"});
}

bool means(const AcceptedChange& accepted, const Noticed& change) {
  if (!accepted.id.empty() && accepted.id != change.id) return false;
  const std::string_view subject = accepted.subject;
  if (subject.ends_with('*')) return change.subject.starts_with(subject.substr(0, subject.size() - 1));
  return subject.empty() || subject == change.subject;
}

void ask_behaviour(const Candidate& candidate, const GateRules& rules, std::vector<GateReason>& out) {
  if (candidate.behaviour == nullptr) {
    out.push_back({Answer::Holds, "behaviour", fmt::format("{}: nothing was published before", candidate.platform)});
    return;
  }
  std::vector<std::string> breaking, reasons;
  size_t accepted = 0;
  for (const Noticed& each : *candidate.behaviour) {
    if (!each.breaking) continue;
    const auto excuse = std::ranges::find_if(rules.accept, [&](const AcceptedChange& rule) { return means(rule, each); });
    if (excuse == rules.accept.end()) {
      breaking.push_back(fmt::format("{} ({})", each.what, each.id));
      continue;
    }
    ++accepted;
    if (std::ranges::find(reasons, excuse->reason) == reasons.end()) reasons.push_back(excuse->reason);
  }
  if (!breaking.empty()) {
    out.push_back({Answer::Stops, "behaviour", fmt::format("{}: {} for whoever uses what is published: {}", candidate.platform, breaking.size() == 1 ? "1 change breaks something" : fmt::format("{} changes break something", breaking.size()), named(breaking)),
                   "see `ashlar diff` of both; mend it, or publish it under another tag, or accept the change with its reason in the policy's `gate.behaviour.accept`"});
    return;
  }
  std::string what = fmt::format("{}: nothing breaks for whoever uses what is published", candidate.platform);
  if (accepted != 0) what += fmt::format(", but for {} that {} accepted: {}", accepted == 1 ? "1 change" : fmt::format("{} changes", accepted), accepted == 1 ? "is" : "are", named(reasons));
  out.push_back({Answer::Holds, "behaviour", what});
}

/// What accepts findings for a time: of many the first ones, and what lists all. Feeds name packages of distributions by their source, and so does a decision
/// that is to know what is known.
std::string decisions_on(const scan::Report& report, const std::vector<std::string>& stopped_by) {
  std::vector<std::string> out;
  for (const scan::Finding& each : report.findings) {
    if (std::ranges::find(stopped_by, each.id + " " + each.component.name) == stopped_by.end()) continue;
    // What is decided already and waits for another signature is signed, not decided again.
    const auto waits = std::ranges::find_if(each.proof, [](const scan::Step& step) { return step.kind == "decision" && step.text.starts_with("`ashlar except sign "); });
    std::string line = waits != each.proof.end() ? waits->text : fmt::format("`ashlar except add {} --package {} --owner NAME --reason TEXT --expires 90d`", shell_word(each.id), shell_word(each.component.source.empty() ? each.component.name : each.component.source));
    if (std::ranges::find(out, line) == out.end()) out.push_back(std::move(line));
  }
  constexpr size_t most = 2;  // each is a long line
  if (out.empty()) return "`ashlar except add`";
  if (out.size() <= most) return named(out);
  const std::string first = join(std::span(out).first(most), ", ");
  return fmt::format("{} and {} more, which are those of `ashlar scan CANDIDATE --verbose`", first, out.size() - most);
}

/// The fixes of what stops, by package and version. The gate does not see the archives: whether they have them already is said as a condition.
std::string fixes_of(const scan::Report& report, const std::vector<std::string>& stopped_by) {
  std::vector<std::string> out;
  for (const scan::Finding& each : report.findings) {
    if (each.fixed_in.empty() || std::ranges::find(stopped_by, each.id + " " + each.component.name) == stopped_by.end()) continue;
    std::string fix = fmt::format("{} {}", each.component.source.empty() ? each.component.name : each.component.source, each.fixed_in);
    if (std::ranges::find(out, fix) == out.end()) out.push_back(std::move(fix));
  }
  if (out.empty()) return "no fix is known yet: ";
  return fmt::format("take the fix ({}) with `ashlar lock --update`, once the archives have it (`ashlar renew --plan` says whether they do), ", named(out));
}

void ask_findings(const Candidate& candidate, const GateRules& rules, std::vector<GateReason>& out) {
  const auto& gate = candidate.report->gate;
  if (!candidate.report->database.digest) {
    out.push_back({Answer::Unknown, "stop-on", fmt::format("{}: there is no database of advisories to find anything by", candidate.platform), "fill it with `ashlar feed update`"});
    return;
  }
  if (!gate) {
    out.push_back({Answer::Unknown, "stop-on", fmt::format("{}: the findings were not asked", candidate.platform), "scan it again"});
    return;
  }
  for (const std::string& each : gate->untold) out.push_back({Answer::Unknown, "stop-on", fmt::format("{}: {}", candidate.platform, each), "add the feed that answers it: `ashlar feed list` names those there are"});
  if (!gate->stopped_by.empty()) {
    out.push_back({Answer::Stops, "stop-on", fmt::format("{}: {} open: {}", candidate.platform, gate->stopped_by.size() == 1 ? "1 finding is" : fmt::format("{} findings are", gate->stopped_by.size()), named(gate->stopped_by)),
                   fmt::format("{}state that it does not affect the image with `ashlar vex add`, or accept it for a time with {}", fixes_of(*candidate.report, gate->stopped_by), decisions_on(*candidate.report, gate->stopped_by))});
  } else if (gate->untold.empty()) {
    std::vector<std::string> texts;
    for (const scan::GateRule& each : rules.stop_on) texts.push_back(each.text);
    out.push_back({Answer::Holds, "stop-on", fmt::format("{}: no open finding is {}", candidate.platform, join(texts, " or "))});
  }
}

}  // namespace

GateRules default_gate() {
  GateRules out;
  for (const char* text : {"fixable", "critical"}) out.stop_on.push_back(scan::parse_gate_rule(text).value());
  return out;
}

GateVerdict ask(const GateRules& rules, const std::vector<Candidate>& platforms) {
  GateVerdict out;
  for (const Candidate& candidate : platforms) {
    if (rules.proofs) ask_checks(platforms, candidate, false, out.reasons);
    if (rules.run_tests) ask_checks(platforms, candidate, true, out.reasons);
    if (rules.behaviour) ask_behaviour(candidate, rules, out.reasons);
    if (candidate.report == nullptr) {
      if (rules.coverage || !rules.stop_on.empty()) out.reasons.push_back({Answer::Unknown, "coverage", fmt::format("{}: it was not scanned", candidate.platform), "fill the database with `ashlar feed update`"});
      continue;
    }
    if (rules.coverage) ask_coverage(candidate, out.reasons);
    if (!rules.stop_on.empty()) ask_findings(candidate, rules, out.reasons);
  }
  out.unknown = platforms.empty() || std::ranges::any_of(out.reasons, [](const GateReason& each) { return each.answer == Answer::Unknown; });
  out.passed = !out.unknown && std::ranges::none_of(out.reasons, [](const GateReason& each) { return each.answer == Answer::Stops; });
  return out;
}

}  // namespace ashlar::policy
