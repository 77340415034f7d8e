#include "policy/outcomes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "policy/inner/outcome_cells.h"
#include "policy/sla_forms.h"

namespace ashlar::policy {
namespace {

constexpr std::array<OutcomeSection, 7> sections = {OutcomeSection{"cves", "CVEs per image"}, {"scanners", "Scanner integration"}, {"noise", "Scanner noise"}, {"packages", "Package management"}, {"patching", "Time to patch"}, {"audit", "Compliance and audit"}, {"burden", "Operational burden"}};

/// `3 of 27 (11.1%), words`, or of a single image without a whole its words or number.
std::string text_of(const ImageFigure& figure) {
  if (!figure.whole || figure.whether) return figure.words.empty() ? number_text(*figure.part) : figure.words;
  return share_text(*figure.part, *figure.whole) + (figure.words.empty() ? "" : ": " + figure.words);
}

OutcomeImageFigures figures_of(const OutcomeImage& image, bool after) {
  OutcomeImageFigures out{.after = after, .ref = image.ref, .digest = image.digest, .platform = image.platform, .name = image.name, .verdict = "unknown", .causes = {}, .counts = {}};
  if (!image.scan.value) return out.causes = {image.scan.lacks}, out;
  out.verdict = to_string(image.scan.value->verdict);
  out.causes = image.scan.value->causes;
  out.counts = open_in(*image.scan.value);
  return out;
}

}  // namespace

std::string_view to_string(Basis basis) { return basis == Basis::Measured ? "measured" : basis == Basis::Model ? "model" : "none"; }

std::span<const OutcomeSection> outcome_sections() { return sections; }

std::string number_text(double value) { return std::floor(value) == value ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}", value); }
std::string share_text(double part, double whole) { return fmt::format("{} of {} ({:.1f}%)", number_text(part), number_text(whole), whole == 0 ? 100.0 : 100 * part / whole); }
std::string severity_word(Severity severity) { return std::string(severity == Severity::Unknown ? "unrated" : advisory::to_string(severity)); }

OutcomeCell no_evidence(std::string why) { return {.basis = Basis::None, .value = {}, .text = why.empty() ? "there is none" : std::move(why), .source = {}}; }
OutcomeCell measured(double value, std::string text, std::string source) { return {.basis = Basis::Measured, .value = value, .text = std::move(text), .source = std::move(source)}; }

OutcomeCell cell_of(const OutcomeSide& side, const Measure& measure) {
  if (side.images.empty()) return no_evidence(side.lacks);
  double part = 0, whole = 0;
  size_t seen = 0;
  bool share = false;
  std::string lacks, source;
  std::set<std::string> sources;
  ImageFigure last;
  for (const OutcomeImage& image : side.images) {
    ImageFigure figure = measure(image);
    if (!figure.part) {
      if (lacks.empty()) lacks = side.images.size() == 1 ? figure.lacks : fmt::format("{}: {}", image.ref, figure.lacks);
      continue;
    }
    ++seen;
    part += *figure.part;
    share = share || figure.whole.has_value();
    whole += figure.whole.value_or(0);
    if (sources.insert(figure.source).second) source += (source.empty() ? "" : "; ") + figure.source;
    last = std::move(figure);
  }
  if (seen == 0) return no_evidence(std::move(lacks));
  // Of nothing there is no share.
  if (share && whole == 0) return no_evidence(last.words.empty() ? "there is nothing to have a share of" : last.words);
  const double value = share ? part / whole : part / static_cast<double>(seen);
  std::string text;
  if (side.images.size() == 1) text = text_of(last);
  else if (share) text = share_text(part, whole);
  else text = fmt::format("{} an image ({} in {})", number_text(value), number_text(part), seen);
  if (seen < side.images.size()) text += fmt::format("; no evidence of {} of {} images, as {}", side.images.size() - seen, side.images.size(), lacks);
  return measured(value, std::move(text), std::move(source));
}

Outcomes outcomes(const OutcomeFacts& facts) {
  Outcomes out{.now = facts.now, .policy = facts.policy, .terms = terms(facts.rules), .model = facts.model};
  for (const OutcomeImage& each : facts.before.images) out.images.push_back(figures_of(each, false));
  for (const OutcomeImage& each : facts.after.images) out.images.push_back(figures_of(each, true));
  add_image_lines(facts, out.lines);
  add_ledger_lines(facts, out);
  std::ranges::stable_sort(out.lines, {}, [](const OutcomeLine& line) { return std::ranges::find(sections, line.section, &OutcomeSection::id); });
  return out;
}

}  // namespace ashlar::policy
