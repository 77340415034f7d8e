// The lines of the outcome table that the ledger tells: how fast it was patched, what was kept of the agreement, and what people had to do.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/hands_on.h"
#include "policy/inner/open_days.h"
#include "policy/inner/outcome_cells.h"
#include "policy/sla_forms.h"

namespace ashlar::policy {
namespace {

using ledger::Entry;
using ledger::Kind;

/// What the ledger has of one column's images.
struct Told {
  std::vector<Entry> entries{};  ///< of its images, and of no image
  size_t own = 0;                ///< of its images
  SlaReport report{};
  std::string source{};
  std::optional<std::string> lacks{};  ///< why it tells nothing
};

Told told_of(const OutcomeFacts& facts, const OutcomeSide& side) {
  Told out;
  if (!facts.ledger.value) return out.lacks = facts.ledger.lacks, out;
  std::set<std::string> names;
  for (const OutcomeImage& each : side.images) {
    if (!each.name.empty()) names.insert(each.name);
  }
  if (names.empty()) return out.lacks = side.images.empty() ? side.lacks : "no name is known under which the ledger would have it", out;
  for (const Entry& each : facts.ledger.value->entries) {
    if (each.event.at > facts.now) continue;
    const bool own = names.contains(each.event.image);
    if (!own && !each.event.image.empty()) continue;
    out.own += own ? 1 : 0;
    out.entries.push_back(each);
  }
  if (out.own == 0) return out.lacks = fmt::format("the ledger has no event of '{}'", join(std::vector<std::string>(names.begin(), names.end()), "', '")), out;
  out.report = sla_report(clocks(out.entries, facts.rules, facts.now), facts.rules, facts.now);
  const bool replayed = std::ranges::any_of(out.entries, [](const Entry& each) { return each.event.by == "ashlar replay"; });
  out.source = fmt::format("{}; of it {} events{}", facts.ledger.source, out.entries.size(), replayed ? ", of a replay and not of what was done" : "");
  return out;
}

class LedgerLines {
 public:
  LedgerLines(const OutcomeFacts& facts, std::vector<OutcomeLine>& out) : facts_(facts), before_(told_of(facts, facts.before)), after_(told_of(facts, facts.after)), out_(out) {}

  void patching();
  void audit();
  void burden();
  const Told& after() const { return after_; }

 private:
  using Figure = std::function<OutcomeCell(const Told&)>;
  OutcomeCell cell(const Told& told, const Figure& figure) const { return told.lacks ? no_evidence(*told.lacks) : figure(told); }
  void add(std::string_view section, std::string_view id, std::string what, const Figure& figure, bool of_a_row = false) {
    OutcomeLine line{std::string(section), fmt::format("{}.{}", section, id), std::move(what), cell(before_, figure), cell(after_, figure)};
    line.idle = of_a_row && line.before.basis == Basis::None && line.after.basis == Basis::None;
    out_.push_back(std::move(line));
  }
  void add_work(std::string_view id, std::string what, const std::function<std::optional<double>(const HandsOn&, bool by_hand)>& figure, std::string_view lacks = {});

  const OutcomeFacts& facts_;
  Told before_, after_;
  std::vector<OutcomeLine>& out_;
};

std::string counted(size_t count, std::string_view one) { return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s"); }

void LedgerLines::patching() {
  constexpr std::string_view section = "patching";
  add(section, "reach", "how far the evidence reaches", [this](const Told& told) {
    // Advisories and fixes are dated by who published them, before anybody looked.
    Time first = facts_.now;
    for (const Entry& each : told.entries) {
      if (each.event.kind != Kind::Published && each.event.kind != Kind::FixAvailable) first = std::min(first, each.event.at);
    }
    const auto seconds = facts_.now.seconds - first.seconds;
    return measured(static_cast<double>(seconds) / static_cast<double>(Calendar::day), fmt::format("{} since {}: {}, {}", days_text(seconds), first.date(), counted(told.entries.size(), "event"), counted(told.report.clocks.size(), "clock")), told.source);
  });
  for (size_t at = 0; at < severities.size(); ++at) {
    const std::string name = severity_word(severities.at(at));
    const auto days = [at, name](const std::optional<double> SlaFigures::*member) {
      return [at, name, member](const Told& told) {
        const SlaFigures& figures = told.report.figures.at(at);
        const std::optional<double>& value = figures.*member;
        if (!value) return no_evidence(fmt::format("nothing {} was fixed", name));
        return measured(*value, fmt::format("{:.1f} d, of {} fixed", *value, figures.fixed_in_time + figures.fixed_late), told.source);
      };
    };
    add(section, name + ".mean", name + ": mean time to patch", days(&SlaFigures::mean_days), true);
    add(section, name + ".p95", name + ": 95% patched within", days(&SlaFigures::p95_days), true);
  }
  add(section, "waiting", "open without a fix to take, by the ledger", [](const Told& told) {
    const auto count = static_cast<size_t>(std::ranges::count_if(told.report.clocks, [](const Clock& each) { return each.environment.empty() && each.is_open() && each.state == Clock::State::Waiting; }));
    return measured(static_cast<double>(count), fmt::format("{}", count), told.source);
  });
}

void LedgerLines::audit() {
  constexpr std::string_view section = "audit";
  add(section, "ledger", "events that are sealed by a checkpoint", [this](const Told& told) {
    const OutcomeLedger& all = *facts_.ledger.value;
    const auto sealed = static_cast<double>(all.sealed), count = static_cast<double>(all.entries.size());
    return measured(count == 0 ? 0 : sealed / count, share_text(sealed, count) + ": the chain of all of them holds", told.source);
  });
  add(section, "flow", "publications whose tests are on record", [](const Told& told) {
    std::set<std::pair<std::string, std::string>> tested;
    size_t published = 0, shown = 0;
    for (const Entry& each : told.entries) {
      const auto result = each.event.facts.find("result");
      if (each.event.kind == Kind::Tested && result != each.event.facts.end() && result->second == "passed") tested.emplace(each.event.image, each.event.digest);
    }
    for (const Entry& each : told.entries) {
      if (each.event.kind != Kind::Promoted || !each.event.vulnerability.empty()) continue;
      ++published;
      shown += tested.contains({each.event.image, each.event.digest}) ? 1 : 0;
    }
    if (published == 0) return no_evidence("the ledger has no publication");
    return measured(static_cast<double>(shown) / static_cast<double>(published), share_text(static_cast<double>(shown), static_cast<double>(published)), told.source);
  });
  add(section, "ahead", "patches that had passed ahead of the archives", [](const Told& told) {
    std::map<std::string, size_t> counts;
    for (const Entry& each : told.entries) {
      const auto said = each.event.facts.find("ahead");
      if (each.event.kind == Kind::Promoted && said != each.event.facts.end()) ++counts[said->second];
    }
    const size_t held = counts["held"], all = held + counts["differs"] + counts["none"];
    if (all == 0) return no_evidence("no publication says whether one had looked ahead");
    return measured(static_cast<double>(held) / static_cast<double>(all), share_text(static_cast<double>(held), static_cast<double>(all)), told.source);
  });
  add(section, "sla", fmt::format("fixed in time, of those with a limit (by '{}')", facts_.policy), [](const Told& told) {
    double in_time = 0, late = 0;
    for (const Clock& each : told.report.clocks) {
      if (!each.environment.empty()) continue;
      if (each.breached) ++late;
      else if (each.fixed && each.limit) ++in_time;
    }
    if (in_time + late == 0) return no_evidence("no limit has ended");
    return measured(in_time / (in_time + late), share_text(in_time, in_time + late), told.source);
  });
  add(section, "overdue", "overdue now", [](const Told& told) {
    size_t out = 0;
    for (const SlaFigures& each : told.report.figures) out += each.overdue;
    return measured(static_cast<double>(out), fmt::format("{}", out), told.source);
  });
}

/// Both columns are of the ledger of the images that are renewed: what was done, and the same by hand, by the model.
void LedgerLines::add_work(std::string_view id, std::string what, const std::function<std::optional<double>(const HandsOn&, bool by_hand)>& figure, std::string_view lacks) {
  const auto cell = [&](bool by_hand) {
    if (after_.lacks) return no_evidence(*after_.lacks);
    const auto value = figure(hands_on(after_.entries), by_hand);
    if (!value) return no_evidence(std::string(lacks));
    OutcomeCell out = measured(*value, number_text(*value) + (by_hand ? " by hand, by the model" : ""), after_.source);
    if (by_hand) out.basis = Basis::Model, out.source += "; the model of work by hand";
    return out;
  };
  out_.push_back({"burden", fmt::format("burden.{}", id), std::move(what), cell(true), cell(false)});
}

void LedgerLines::burden() {
  const auto number = [](size_t value) { return std::optional(static_cast<double>(value)); };
  add_work("patches", "patches published", [&](const HandsOn& work, bool) { return number(work.patches); });
  add_work("answers", "findings that a person answered (statement or decision)", [&](const HandsOn& work, bool) { return number(work.answers); });
  add_work("waiting", "findings that had no fix to take, and no answer yet", [&](const HandsOn& work, bool) { return number(work.waiting); });
  add_work("stopped", "renewals that were stopped, for a person to mend", [&](const HandsOn& work, bool) { return number(work.stopped); });
  add_work("other", "pauses, tags moved back, announced ends", [&](const HandsOn& work, bool) { return number(work.other); });
  add_work("steps", "hands-on steps", [&](const HandsOn& work, bool by_hand) { return number(work.steps() + (by_hand ? steps_by_hand * work.patches : 0)); });
  add_work("per-patch", "hands-on steps a patch", [&](const HandsOn& work, bool by_hand) -> std::optional<double> {
    if (work.patches == 0) return std::nullopt;
    return static_cast<double>(work.steps() + (by_hand ? steps_by_hand * work.patches : 0)) / static_cast<double>(work.patches);
  }, "the ledger has no patch");
  // What was counted is measured; that it takes so long is not.
  add_work("hours", "hands-on hours", [&](const HandsOn& work, bool by_hand) { return std::optional(work.hours(facts_.model, by_hand)); });
  if (out_.back().after.basis == Basis::Measured) out_.back().after.basis = Basis::Model, out_.back().after.text += " by the model", out_.back().after.source += "; the model of work by hand";
}

}  // namespace

void add_ledger_lines(const OutcomeFacts& facts, Outcomes& out) {
  LedgerLines lines(facts, out.lines);
  lines.patching();
  lines.audit();
  lines.burden();
  if (!lines.after().lacks) out.open_by_day = open_by_day(lines.after().report.clocks, facts.rules.calendar, facts.now, 366, std::nullopt);
}

}  // namespace ashlar::policy
