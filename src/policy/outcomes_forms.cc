#include "policy/outcomes_forms.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "policy/inner/outcome_cells.h"

namespace ashlar::policy {
namespace {

double rounded(double value) { return std::round(value * 10'000) / 10'000; }

Json to_json(const OutcomeCell& cell) {
  return {{"basis", to_string(cell.basis)}, {"value", cell.value ? Json(rounded(*cell.value)) : Json(nullptr)}, {"text", cell.text}, {"source", cell.source}};
}

Json to_json(const OutcomeImageFigures& image) {
  Json open = nullptr;
  if (image.counts) {
    open = Json::object();
    for (size_t owner = 0; owner < 2; ++owner) {
      Json counts = Json::object();
      for (size_t at = 0; at < severities.size(); ++at) counts[severity_word(severities.at(at))] = image.counts->open.at(owner).at(at);
      open[owner == 0 ? "base" : "app"] = std::move(counts);
    }
  }
  return {{"column", image.after ? "after" : "before"}, {"ref", image.ref}, {"digest", image.digest}, {"platform", image.platform}, {"ledger_name", image.name}, {"verdict", image.verdict}, {"causes", image.causes}, {"open", std::move(open)}};
}

std::string cell_text(const OutcomeCell& cell, std::vector<std::string>& sources) {
  const bool none = cell.basis == Basis::None;
  const std::string source = none ? "no evidence: " + cell.text : cell.source;
  auto place = std::ranges::find(sources, source);
  if (place == sources.end()) place = sources.insert(sources.end(), source);
  return fmt::format("{} [{}]", none ? "no evidence" : cell.text, place - sources.begin() + 1);
}

}  // namespace

OutcomeTable table_of(const Outcomes& outcomes) {
  OutcomeTable out;
  for (const OutcomeSection& section : outcome_sections()) {
    auto& rows = out.sections.emplace_back(OutcomeTable::Section{std::string(section.title), {}}).rows;
    for (const OutcomeLine& line : outcomes.lines) {
      if (line.section != section.id || line.idle) continue;
      std::string before = cell_text(line.before, out.sources), after = cell_text(line.after, out.sources);
      rows.push_back({line.what, std::move(before), std::move(after)});
    }
  }
  return out;
}

std::vector<std::string> terms_of(const Outcomes& outcomes) {
  return {"A CVE is a vulnerability in a source package; scanners count pairs of a vulnerability and a package. Open: no statement or decision is on it.",
          fmt::format("Time to patch by '{}': {}.", outcomes.policy, outcomes.terms),
          fmt::format("Work by hand is a model, not measured: a patch takes {} steps (see that it is due, rebuild, test, publish) and {:g} minutes; an answer {:g} minutes, a stopped renewal {:g}.", steps_by_hand, outcomes.model.rebuild, outcomes.model.ticket, outcomes.model.stopped)};
}

Json to_json(const Outcomes& outcomes) {
  Json images = Json::array(), lines = Json::array(), days = Json::array();
  for (const OutcomeImageFigures& each : outcomes.images) images.push_back(to_json(each));
  for (const OutcomeLine& each : outcomes.lines) lines.push_back({{"section", each.section}, {"id", each.id}, {"what", each.what}, {"before", to_json(each.before)}, {"after", to_json(each.after)}});
  for (const auto& [day, open] : outcomes.open_by_day) days.push_back({{"date", Time{day * Calendar::day}.date()}, {"open", open}});
  return {{"schema", "https://ashlar.dev/outcomes/v1"}, {"now", outcomes.now.str()}, {"policy", outcomes.policy}, {"terms", terms_of(outcomes)},
          {"model", {{"steps_by_hand", steps_by_hand}, {"ticket_minutes", outcomes.model.ticket}, {"stopped_minutes", outcomes.model.stopped}, {"rebuild_minutes", outcomes.model.rebuild}}},
          {"images", std::move(images)}, {"lines", std::move(lines)}, {"open_by_day", std::move(days)}};
}

}  // namespace ashlar::policy
