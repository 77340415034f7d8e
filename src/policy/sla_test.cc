#include "policy/sla.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "policy/policy.h"
#include "policy/sla_forms.h"

namespace ashlar::policy {
namespace {

Time at(std::string_view text) { return Time::parse(text).value(); }

/// Events, a line each: when, kind, image, vulnerability (`-`: none), then members and facts as `name=value`.
std::vector<ledger::Entry> history(std::string_view text) {
  std::vector<ledger::Entry> out;
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = words(line);
    if (parts.empty()) continue;
    ledger::Entry entry{.number = out.size() + 1};
    ledger::Event& event = entry.event;
    event.at = at(parts[0]);
    event.kind = ledger::parse_kind(parts[1]).value();
    if (parts.size() > 2 && parts[2] != "-") event.image = parts[2];
    if (parts.size() > 3 && parts[3] != "-") event.vulnerability = parts[3];
    for (size_t place = 4; place < parts.size(); ++place) {
      const auto [name, value] = cut(parts[place], '=');
      if (name == "by") event.by = value;
      else if (name == "digest") event.digest = value;
      else if (name == "env") event.environment = value;
      else if (name == "package") event.package = value;
      else event.facts[std::string(name)] = value;
    }
    out.push_back(entry);
  }
  return out;
}

SlaRules rules_of(const std::string& section) {
  const auto policy = read_policy("sla: " + section + "\n", "policy.yaml");
  EXPECT_TRUE(policy) << section << (policy ? "" : policy.error().faults.at(0).message);
  return policy->sla.value();
}

std::string short_time(const std::optional<Time>& time) {
  if (!time) return "-";
  const std::string text = time->str();
  return text.substr(11) == "00:00:00Z" ? text.substr(0, 10) : text.substr(0, 16);
}
/// `running 2026-01-01>2026-01-08 ran 2.0d events 1 2`
std::string words_of(const Clock& clock) {
  std::string out = fmt::format("{}{} {}>{}", clock.environment.empty() ? "" : clock.environment + ": ", to_string(clock.state), short_time(clock.start), short_time(clock.deadline));
  if (clock.ended) out += fmt::format(" {} {}", clock.fixed ? "fixed" : "ended", short_time(clock.ended));
  out += fmt::format(" ran {:.2f}d", static_cast<double>(clock.ran) / 86400);
  if (clock.reopened > 0) out += fmt::format(" reopened {}", clock.reopened);
  out += fmt::format(" events {}", fmt::join(clock.events, " "));
  for (const Disregarded& each : clock.disregarded) out += fmt::format(" not {}", each.number);
  return out;
}

struct Row {
  const char *summary, *rules, *events, *now, *says;
};

constexpr const char* plain = "{starts: fix-available, limits: {critical: 7d, high: 14d, medium: 30d, low: none}, kev: {limit: 3d}}";

const Row rows[] = {
    {"seen, no fix yet", plain, "2026-01-01 first-seen a CVE-1 severity=critical", "2026-02-01", "waiting -> - ran 0.00d events 1"},
    {"running", plain, "2026-01-01 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1", "2026-01-04", "running 2026-01-02>2026-01-09 ran 2.00d events 1 2"},
    {"a fix from before it was seen", plain, "2026-01-05 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1", "2026-01-06", "running 2026-01-02>2026-01-09 ran 4.00d events 2 1"},
    {"fixed in time", plain, "2026-01-01 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-05 promoted a CVE-1", "2026-02-01", "met 2026-01-02>2026-01-09 fixed 2026-01-05 ran 3.00d events 1 2 3"},
    {"fixed at the very second", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-09 promoted a CVE-1", "2026-02-01", "met 2026-01-02>2026-01-09 fixed 2026-01-09 ran 7.00d events 1 2 3"},
    {"a second later", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-09T00:00:01Z promoted a CVE-1", "2026-02-01", "breached 2026-01-02>2026-01-09 fixed 2026-01-09T00:00 ran 7.00d events 1 2 3"},
    {"late and open", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1", "2026-01-12", "breached 2026-01-02>2026-01-09 ran 10.00d events 1 2"},
    {"what comes later does not count", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-05 promoted a CVE-1", "2026-01-04", "running 2026-01-02>2026-01-09 ran 2.00d events 1 2"},
    {"no limit", plain, "2026-01-02 first-seen a CVE-1 severity=low\n2026-01-02 fix-available - CVE-1", "2027-01-02", "running 2026-01-02>- ran 365.00d events 1 2"},
    {"nobody has rated it: as high", plain, "2026-01-02 first-seen a CVE-1\n2026-01-02 fix-available - CVE-1", "2026-01-03", "running 2026-01-02>2026-01-16 ran 1.00d events 1 2"},
    {"rated by the advisory alone", plain, "2026-01-01 published - CVE-1 severity=critical\n2026-01-02 first-seen a CVE-1\n2026-01-02 fix-available - CVE-1", "2026-01-03", "running 2026-01-02>2026-01-09 ran 1.00d events 2 3"},
    {"rated otherwise in the image", plain, "2026-01-01 published - CVE-1 severity=critical\n2026-01-02 first-seen a CVE-1 severity=medium\n2026-01-02 fix-available - CVE-1", "2026-01-03", "running 2026-01-02>2026-02-01 ran 1.00d events 2 3"},
    {"exploited from the start", plain, "2026-01-02 first-seen a CVE-1 severity=medium kev=2025-12-01\n2026-01-02 fix-available - CVE-1", "2026-01-03", "running 2026-01-02>2026-01-05 ran 1.00d events 1 2"},
    {"the fix is of another image", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available b CVE-1", "2026-01-03", "waiting -> - ran 0.00d events 1"},
    {"of another package", plain, "2026-01-02 first-seen a CVE-1 severity=critical package=x\n2026-01-02 fix-available - CVE-1 package=y", "2026-01-03", "waiting -> - ran 0.00d events 1"},
    {"promoted without a word of it", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 promoted a - digest=d", "2026-01-04", "running 2026-01-02>2026-01-09 ran 2.00d events 1 2"},
    {"promoted with it in a list", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 promoted a - digest=d fixes=CVE-1", "2026-01-04", "met 2026-01-02>2026-01-09 fixed 2026-01-03 ran 1.00d events 1 2 3"},
    {"a number that begins like it", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 promoted a - fixes=CVE-11", "2026-01-04", "running 2026-01-02>2026-01-09 ran 2.00d events 1 2"},
    {"closed", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 closed a CVE-1", "2026-01-04", "met 2026-01-02>2026-01-09 fixed 2026-01-03 ran 1.00d events 1 2 3"},
    {"closed before there was a fix", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-03 closed a CVE-1\n2026-01-05 fix-available - CVE-1", "2026-03-01", "met 2026-01-05>2026-01-12 fixed 2026-01-03 ran 0.00d events 1 2 3"},
    {"by the advisory's date", "{starts: published, limits: {high: 14d}}", "2026-01-01 published - CVE-1 severity=high\n2026-01-05 first-seen a CVE-1", "2026-01-06", "running 2026-01-01>2026-01-15 ran 5.00d events 1 2"},
    {"an advisory without a date", "{starts: published, limits: {high: 14d}}", "2026-01-05 first-seen a CVE-1 severity=high", "2026-01-06", "running 2026-01-05>2026-01-19 ran 1.00d events 1"},
    {"by when it was seen", "{starts: first-seen, limits: {high: 14d}}", "2026-01-01 published - CVE-1 severity=high\n2026-01-05 first-seen a CVE-1", "2026-01-06", "running 2026-01-05>2026-01-19 ran 1.00d events 2"},
    {"a month into a leap year's February", "{starts: first-seen, limits: {critical: 1mo}}", "2028-01-31 first-seen a CVE-1 severity=critical", "2028-02-29", "running 2028-01-31>2028-02-29 ran 29.00d events 1"},
    // Rescoring.
    {"heavier: the shorter limit from then on", plain, "2026-01-02 first-seen a CVE-1 severity=medium\n2026-01-02 fix-available - CVE-1\n2026-01-12 rescored - CVE-1 severity=critical", "2026-01-13", "running 2026-01-02>2026-01-19 ran 11.00d events 1 2 3"},
    {"heavier near the end: never later than before", plain, "2026-01-02 first-seen a CVE-1 severity=medium\n2026-01-02 fix-available - CVE-1\n2026-01-30 rescored - CVE-1 severity=critical", "2026-01-30", "running 2026-01-02>2026-02-01 ran 28.00d events 1 2 3"},
    {"lighter: from the start", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-05 rescored - CVE-1 severity=medium", "2026-01-12", "running 2026-01-02>2026-02-01 ran 10.00d events 1 2 3"},
    {"lighter once it was late: it stays late", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-10 rescored - CVE-1 severity=medium", "2026-01-12", "breached 2026-01-02>2026-01-09 ran 10.00d events 1 2 3"},
    {"exploited now", plain, "2026-01-02 first-seen a CVE-1 severity=medium\n2026-01-02 fix-available - CVE-1\n2026-01-12 rescored - CVE-1 kev=2026-01-12", "2026-01-13", "running 2026-01-02>2026-01-15 ran 11.00d events 1 2 3"},
    {"the same again is nothing", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-05 rescored - CVE-1 severity=critical", "2026-01-06", "running 2026-01-02>2026-01-09 ran 4.00d events 1 2"},
    {"before the clock starts", plain, "2026-01-01 first-seen a CVE-1 severity=medium\n2026-01-02 rescored - CVE-1 severity=critical\n2026-01-03 fix-available - CVE-1", "2026-01-04", "running 2026-01-03>2026-01-10 ran 1.00d events 1 2 3"},
    {"by the other rule it may be late at once", "{starts: first-seen, limits: {critical: 7d, medium: 30d}, rescored: from-start}", "2026-01-02 first-seen a CVE-1 severity=medium\n2026-01-12 rescored - CVE-1 severity=critical", "2026-01-13", "breached 2026-01-02>2026-01-12 ran 11.00d events 1 2"},
    {"the catalogue's own date", "{starts: first-seen, limits: {critical: 30d}, kev: {due-date: true}}", "2026-01-02 first-seen a CVE-1 severity=critical kev=2026-01-01 kev-due=2026-01-10", "2026-01-09", "running 2026-01-02>2026-01-11 ran 7.00d events 1"},
    {"the catalogue's own date, passed in a pause", "{starts: first-seen, limits: {critical: 30d}, kev: {due-date: true}, pauses: {by: [p]}}", "2026-01-02 first-seen a CVE-1 severity=critical kev=2026-01-01 kev-due=2026-01-10\n2026-01-03 paused a CVE-1 by=p reason=freeze", "2026-01-12", "breached 2026-01-02>2026-01-11 ran 1.00d events 1 2"},
    // Pauses.
    {"paused and resumed", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p]}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-04 paused a CVE-1 by=p reason=x\n2026-01-09 resumed a CVE-1 by=q", "2026-01-10", "running 2026-01-02>2026-01-14 ran 3.00d events 1 2 3"},
    {"paused now", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p]}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-04 paused a CVE-1 by=p reason=x", "2026-01-10", "paused 2026-01-02>2026-01-15 ran 2.00d events 1 2"},
    {"paused for at most two days", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p], at-most: 2d}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-04 paused a CVE-1 by=p reason=x", "2026-01-10", "running 2026-01-02>2026-01-11 ran 6.00d events 1 2"},
    {"paused until a day", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: ['*'], at-most: 20d}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-04 paused a CVE-1 by=p reason=x until=2026-01-05", "2026-01-10", "running 2026-01-02>2026-01-10 ran 7.00d events 1 2"},
    {"paused by somebody else", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p]}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-04 paused a CVE-1 by=q reason=x", "2026-01-10", "breached 2026-01-02>2026-01-09 ran 8.00d events 1 not 2"},
    {"paused without a reason", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p]}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-04 paused a CVE-1 by=p", "2026-01-05", "running 2026-01-02>2026-01-09 ran 3.00d events 1 not 2"},
    {"paused too often", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p], at-most: 2d, in-all: 3d}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-03 paused a CVE-1 by=p reason=x\n2026-01-06 paused a CVE-1 by=p reason=x\n2026-01-08 paused a CVE-1 by=p reason=x", "2026-01-10", "running 2026-01-02>2026-01-12 ran 5.00d events 1 2 3 not 4"},
    {"the whole image", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p]}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-04 paused a - by=p reason=x\n2026-01-05 paused b - by=p reason=x\n2026-01-06 resumed a -", "2026-01-07", "running 2026-01-02>2026-01-11 ran 3.00d events 1 2 4"},
    {"everything, before it was seen", "{starts: first-seen, limits: {critical: 7d}, pauses: {by: [p]}}", "2026-01-01 paused - - by=p reason=freeze\n2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-06 resumed - -", "2026-01-07", "running 2026-01-02>2026-01-13 ran 1.00d events 1 2 3"},
    // Assessments, exceptions, openings.
    {"not affected", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 assessed a CVE-1 status=not_affected", "2026-02-01", "stopped 2026-01-02>2026-01-09 ended 2026-01-03 ran 1.00d events 1 2 3"},
    {"not affected, where only a fix counts", "{starts: first-seen, limits: {critical: 7d}, stops: []}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-03 assessed a CVE-1 status=not_affected", "2026-01-05", "running 2026-01-02>2026-01-09 ran 3.00d events 1 not 2"},
    {"affected after all", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 assessed a CVE-1 status=not_affected\n2026-01-20 assessed a CVE-1 status=affected", "2026-01-21", "running 2026-01-02>2026-01-26 ran 2.00d reopened 1 events 1 2 3 4"},
    {"excepted, which the policy does not have", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 excepted a CVE-1 until=2026-02-01", "2026-01-05", "running 2026-01-02>2026-01-09 ran 3.00d events 1 2 not 3"},
    {"excepted until a day", "{starts: first-seen, limits: {critical: 7d}, stops: [exception]}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-03 excepted a CVE-1 until=2026-02-01", "2026-02-02", "running 2026-01-02>2026-02-07 ran 2.00d reopened 1 events 1 2"},
    {"fixed while it was excepted", "{starts: first-seen, limits: {critical: 7d}, stops: [exception]}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-03 excepted a CVE-1 until=2026-02-01\n2026-01-20 closed a CVE-1", "2026-03-02", "met 2026-01-02>2026-01-26 fixed 2026-01-20 ran 1.00d events 1 2 3"},
    {"opened again, and on it goes", "{starts: first-seen, limits: {critical: 7d}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-05 closed a CVE-1\n2026-01-10 reopened a CVE-1", "2026-01-11", "running 2026-01-02>2026-01-14 ran 4.00d reopened 1 events 1 2 3"},
    {"opened again, from the beginning", "{starts: first-seen, limits: {critical: 7d}, reopened: restarts}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-15 closed a CVE-1\n2026-01-20 reopened a CVE-1", "2026-01-21", "running 2026-01-20>2026-01-27 ran 1.00d reopened 1 events 1 2 3"},
    {"it came back", "{starts: first-seen, limits: {critical: 7d}}", "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-05 closed a CVE-1\n2026-01-10 first-seen a CVE-1", "2026-01-11", "running 2026-01-02>2026-01-14 ran 4.00d reopened 1 events 1 2 3"},
    {"heavier while it was closed", "{starts: first-seen, limits: {critical: 7d, low: 90d}}", "2026-01-01 first-seen a CVE-1 severity=low\n2026-01-11 closed a CVE-1\n2026-01-12 rescored - CVE-1 severity=critical\n2026-01-20 reopened a CVE-1", "2026-01-21", "running 2026-01-01>2026-01-27 ran 11.00d reopened 1 events 1 2 3 4"},
    {"the tag moved back", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 promoted a - digest=new fixes=CVE-1\n2026-01-05 rolled-back a - digest=old", "2026-01-06", "running 2026-01-02>2026-01-11 ran 2.00d reopened 1 events 1 2 3 4"},
    {"the tag moved back to one that is fixed, too", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 promoted a - digest=new fixes=CVE-1\n2026-01-04 promoted a - digest=newer\n2026-01-05 rolled-back a - digest=new", "2026-01-06", "met 2026-01-02>2026-01-09 fixed 2026-01-03 ran 1.00d events 1 2 3"},
    {"the tag moved back to one that was published after it was closed", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 closed a CVE-1 digest=d1\n2026-01-04 promoted a - digest=d2\n2026-01-05 promoted a - digest=d3\n2026-01-06 rolled-back a - digest=d2", "2026-01-07", "met 2026-01-02>2026-01-09 fixed 2026-01-03 ran 1.00d events 1 2 3"},
    {"the tag moved back to the one on which it was closed", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 closed a CVE-1 digest=d1\n2026-01-04 promoted a - digest=d2\n2026-01-06 rolled-back a - digest=d1", "2026-01-07", "met 2026-01-02>2026-01-09 fixed 2026-01-03 ran 1.00d events 1 2 3"},
    {"taken back by its publisher: no image has it", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 closed a CVE-1 digest=d1 reason=withdrawn\n2026-01-06 rolled-back a - digest=d0", "2026-01-07", "met 2026-01-02>2026-01-09 fixed 2026-01-03 ran 1.00d events 1 2 3"},
    {"a canary's tag moved back", plain, "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 promoted a - digest=new tag=1 fixes=CVE-1\n2026-01-05 rolled-back a - digest=old tag=next", "2026-01-06", "met 2026-01-02>2026-01-09 fixed 2026-01-03 ran 1.00d events 1 2 3"},
};

TEST(SlaClocks, RunAsAgreed) {
  for (const Row& row : rows) {
    const auto found = clocks(history(row.events), rules_of(row.rules), at(row.now));
    ASSERT_EQ(found.size(), 1U) << row.summary;
    std::string says = row.says;
    if (const size_t gap = says.find("-> -"); gap != std::string::npos) says.replace(gap, 4, "->-");
    EXPECT_EQ(trim(words_of(found[0])), trim(says)) << row.summary;
  }
}

TEST(SlaClocks, EveryEnvironmentHasItsOwn) {
  const auto rules = rules_of("{starts: fix-available, limits: {critical: 7d}, environments: {production: {limits: {critical: 10d}}, test: {}}}");
  const auto events = history(
      "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-03 deployed a - digest=old env=production\n2026-01-05 promoted a - digest=new fixes=CVE-1\n"
      "2026-01-07 promoted a - digest=newer\n2026-01-09 deployed a - digest=newer env=production\n2026-01-11 deployed a - digest=old env=production");
  const auto words_at = [&](const char* now) {
    std::vector<std::string> out;
    for (const Clock& each : clocks(events, rules, at(now))) out.push_back(words_of(each));
    return out;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words_at("2026-01-10"), (Words{"met 2026-01-02>2026-01-09 fixed 2026-01-05 ran 3.00d events 1 2 4", "production: met 2026-01-02>2026-01-12 fixed 2026-01-09 ran 7.00d events 1 2 4 6", "test: breached 2026-01-02>2026-01-09 ran 8.00d events 1 2 4"}));
  EXPECT_EQ(words_at("2026-01-12")[1], "production: running 2026-01-02>2026-01-14 ran 8.00d reopened 1 events 1 2 4 6 7") << "what has it was deployed again";
}

/// A renewal closes what is gone with its promotion: that is no deployment.
TEST(SlaClocks, WhatIsClosedWithAPublicationRunsOnWhereItIsDeployed) {
  const auto rules = rules_of("{starts: fix-available, limits: {critical: 7d}, environments: {production: {limits: {critical: 10d}}}}");
  const std::string seen = "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n", runs = seen + "2026-01-03 deployed a - digest=old env=production\n";
  const std::string gone = "2026-01-05 promoted a - digest=new tag=1 fixes=CVE-1\n2026-01-05 closed a CVE-1 digest=new\n";
  const struct { const char* summary; std::string events; const char* says; } table[] = {
      {"what is deployed there has it", runs + gone, "production: running 2026-01-02>2026-01-12 ran 8.00d events 1 2 4 5"},
      {"it is deployed there", runs + gone + "2026-01-09 deployed a - digest=new env=production\n", "production: met 2026-01-02>2026-01-12 fixed 2026-01-09 ran 7.00d events 1 2 4 5 6"},
      {"or one that was published later", runs + gone + "2026-01-07 promoted a - digest=newer tag=1\n2026-01-09 deployed a - digest=newer env=production\n", "production: met 2026-01-02>2026-01-12 fixed 2026-01-09 ran 7.00d events 1 2 4 5 7"},
      {"it is deployed somewhere else", runs + gone + "2026-01-09 deployed a - digest=new env=test\n", "production: running 2026-01-02>2026-01-12 ran 8.00d events 1 2 4 5"},
      {"what is deployed there does not have it either", runs + "2026-01-05 closed a CVE-1 digest=old\n", "production: met 2026-01-02>2026-01-12 fixed 2026-01-05 ran 3.00d events 1 2 4"},
      {"its publisher took it back", runs + "2026-01-05 closed a CVE-1 digest=new reason=withdrawn\n", "production: met 2026-01-02>2026-01-12 fixed 2026-01-05 ran 3.00d events 1 2 4"},
      {"nobody ever said what is deployed there", seen + gone, "production: met 2026-01-02>2026-01-12 fixed 2026-01-05 ran 3.00d events 1 2 3 4"},
  };
  for (const auto& row : table) {
    const auto found = clocks(history(row.events), rules, at("2026-01-10"));
    ASSERT_EQ(found.size(), 2U) << row.summary;
    EXPECT_EQ(found[0].state, Clock::State::Met) << row.summary;
    EXPECT_EQ(words_of(found[1]), row.says) << row.summary;
  }
}

/// A tag that goes back takes no deployment with it.
TEST(SlaClocks, WhatIsFoundInAnImageFromBeforeIsNotWhereANewerOneRuns) {
  const auto rules = rules_of("{starts: fix-available, limits: {critical: 7d}, environments: {production: {limits: {critical: 20d}}}}");
  const std::string fixed = "2026-01-02 first-seen a CVE-1 severity=critical\n2026-01-02 fix-available - CVE-1\n2026-01-05 promoted a - digest=new tag=1 fixes=CVE-1\n2026-01-05 closed a CVE-1 digest=new\n2026-01-06 deployed a - digest=new env=production\n";
  const std::string back = fixed + "2026-01-07 rolled-back a - digest=old tag=1\n2026-01-07 reopened a CVE-1 digest=old\n";
  const struct { const char* summary; std::string events; const char *published, *production; } table[] = {
      {"the tag went back, and what runs did not", back, "running", "met"},
      {"it is taken back there, too", back + "2026-01-08 deployed a - digest=old env=production\n", "running", "running"},
      {"the fix was none: what runs has it", fixed + "2026-01-07 reopened a CVE-1 digest=new\n", "running", "running"},
      {"nor was it in what came later", fixed + "2026-01-07 promoted a - digest=newer tag=1\n2026-01-08 reopened a CVE-1 digest=newer\n", "running", "running"},
      {"nobody says in what it is found", fixed + "2026-01-07 reopened a CVE-1\n", "running", "running"},
  };
  for (const auto& row : table) {
    const auto found = clocks(history(row.events), rules, at("2026-01-09"));
    ASSERT_EQ(found.size(), 2U) << row.summary;
    EXPECT_EQ(to_string(found[0].state), row.published) << row.summary;
    EXPECT_EQ(to_string(found[1].state), row.production) << row.summary;
  }
}

TEST(SlaClocks, SaysWhoAnswersForWhatIsNotFixed) {
  const std::string seen = "2026-01-01 first-seen a CVE-1 severity=critical\n", excepted = seen + "2026-01-03 excepted a CVE-1 decided-by=platform until=2026-02-01\n";
  const auto said = [](const std::string& events, std::string_view now, const char* stops) {
    const auto found = clocks(history(events), rules_of(fmt::format("{{starts: first-seen, limits: {{critical: 7d}}, stops: [{}]}}", stops)), at(now));
    const Json json = to_json(sla_report(found, default_sla(), at(now)), {})["clocks"][0];
    return json.value("decided_by", "nobody") + " " + json.value("decided_until", "for ever").substr(0, 10);
  };
  const struct { const char* summary; std::string events; const char *now, *stops, *says; } answers[] = {
      {"nobody decided", seen, "2026-01-04", "exception", "nobody for ever"},
      {"whose decision the loop found", excepted, "2026-01-04", "exception", "platform 2026-02-01"},
      {"whether it stops the clock or not", excepted, "2026-01-04", "not-affected", "platform 2026-02-01"},
      {"it has ended", excepted, "2026-02-01", "exception", "nobody for ever"},
      {"it has ended, and had stopped nothing", excepted, "2026-02-02", "not-affected", "nobody for ever"},
      {"a person who wrote it down", seen + "2026-01-03 excepted a CVE-1 by=somebody until=2026-02-01\n", "2026-01-04", "exception", "somebody 2026-02-01"},
      {"a statement", seen + "2026-01-03 assessed a CVE-1 status=not_affected decided-by=team\n", "2026-01-04", "not-affected", "team for ever"},
      {"that fell", seen + "2026-01-03 assessed a CVE-1 status=not_affected decided-by=team\n2026-01-04 reopened a CVE-1\n", "2026-01-05", "not-affected", "nobody for ever"},
      {"and what was fixed in the end", excepted + "2026-01-05 closed a CVE-1\n", "2026-01-06", "exception", "nobody for ever"},
  };
  for (const auto& row : answers) EXPECT_EQ(said(row.events, row.now, row.stops), row.says) << row.summary;
}

TEST(SlaClocks, WorkingDaysZonesAndLeapDays) {
  const auto rules = rules_of("{starts: first-seen, limits: {critical: 3d}, calendar: {days: working, zone: '+01:00', holidays: [{date: 2028-03-01, name: a holiday}]}}");
  // Monday 28 February, 23:30 in Berlin is 22:30 UTC. Three working days: Tuesday the leap day, Thursday (Wednesday is a holiday), and Friday's first 23.5 hours.
  const auto found = clocks(history("2028-02-28T22:30:00Z first-seen a CVE-1 severity=critical"), rules, at("2028-03-04"));
  EXPECT_EQ(words_of(found.at(0)), "breached 2028-02-28T22:30>2028-03-03T22:30 ran 3.02d events 1");
}

TEST(SlaClocks, WhatWasSeenIsWhatHasAClock) {
  const auto rules = rules_of("{starts: first-seen, limits: {critical: 7d}}");
  const auto found = [&](const char* text) {
    std::string out;
    for (const Clock& each : clocks(history(text), rules, at("2026-02-01"))) out += each.image + " " + each.vulnerability + " " + each.package + " " + std::string(to_string(each.state)) + "; ";
    return out;
  };
  EXPECT_EQ(found("2026-01-01 published - CVE-1"), "") << "an advisory about nothing of ours";
  EXPECT_EQ(found("2026-01-01 first-seen a CVE-1 package=x\n2026-01-01 first-seen a CVE-1 package=y\n2026-01-02 closed a CVE-1 package=x"), "a CVE-1 x met; a CVE-1 y running; ") << "two packages, two findings";
  EXPECT_EQ(found("2026-01-01 first-seen a CVE-1 package=x\n2026-01-02 closed a CVE-1\n2026-01-03 reopened a CVE-1"), "a CVE-1 x running; ") << "an event without a package is about all of them";
  EXPECT_EQ(found("2026-01-03 reopened a CVE-1 package=x"), "a CVE-1 x running; ") << "what came back was there";
  EXPECT_EQ(found("2026-01-01 first-seen a CVE-1\n2026-01-03 reopened a CVE-1 package=x"), "a CVE-1  running; a CVE-1 x running; ");
  EXPECT_EQ(found("2026-01-01 first-seen a -"), "") << "no finding";
}

/// Whatever the order in which events of different moments were recorded, the clocks are the same but for the numbers.
TEST(SlaClocks, TheOrderOfRecordingDoesNotCount) {
  std::mt19937 random(11);
  const auto rules = rules_of("{starts: fix-available, limits: {critical: 7d, high: 14d, medium: 30d}, kev: {limit: 3d}, environments: {production: {}}, stops: [not-affected, exception], pauses: {by: [p], at-most: 3d, in-all: 6d}, calendar: {days: working, zone: '+05:30'}}");
  const std::array severity = {"critical", "high", "medium", "low"};
  const std::array status = {"not_affected", "affected", "fixed"};
  for (int round = 0; round < 400; ++round) {
    std::vector<ledger::Entry> events;
    std::set<std::int64_t> moments;
    for (int count = 0; count < 30; ++count) {
      ledger::Event event{.kind = static_cast<ledger::Kind>(random() % 16), .at = {1'830'000'000 + static_cast<std::int64_t>(random() % 6'000'000)}};
      if (!moments.insert(event.at.seconds).second) continue;
      if (random() % 3 != 0) event.image = random() % 2 == 0 ? "a" : "b";
      if (random() % 4 != 0) event.vulnerability = random() % 2 == 0 ? "CVE-1" : "CVE-2";
      event.by = random() % 3 == 0 ? "q" : "p";
      event.digest = random() % 2 == 0 ? "d1" : "d2";
      if (event.kind == ledger::Kind::Deployed) event.environment = "production";
      event.facts = {{"severity", severity[random() % 4]}, {"status", status[random() % 3]}};
      if (random() % 4 != 0) event.facts["reason"] = "x";
      if (random() % 3 == 0) event.facts["until"] = Time{event.at.seconds + static_cast<std::int64_t>(random() % 1'000'000)}.str();
      if (random() % 5 == 0) event.facts["fixes"] = "CVE-1";
      if (random() % 6 == 0) event.facts["kev"] = "2028-01-01";
      events.push_back({.number = events.size() + 1, .event = event});
    }
    const Time now{1'830'000'000 + static_cast<std::int64_t>(random() % 7'000'000)};
    const auto as_recorded = clocks(events, rules, now);
    auto shuffled = events;
    std::ranges::shuffle(shuffled, random);
    for (size_t place = 0; place < shuffled.size(); ++place) shuffled[place].number = place + 1;
    const auto otherwise = clocks(shuffled, rules, now);
    ASSERT_EQ(as_recorded.size(), otherwise.size());
    for (size_t place = 0; place < as_recorded.size(); ++place) {
      Clock one = as_recorded[place], other = otherwise[place];
      ASSERT_EQ(one.events.size(), other.events.size());
      for (size_t number = 0; number < one.events.size(); ++number) ASSERT_EQ(events[one.events[number] - 1].event, shuffled[other.events[number] - 1].event);
      one.events.clear(), other.events.clear();
      ASSERT_EQ(words_of(one).substr(0, words_of(one).find(" not ")), words_of(other).substr(0, words_of(other).find(" not ")));
      ASSERT_EQ(one.open, other.open);
      ASSERT_EQ(one.disregarded.size(), other.disregarded.size());
      ASSERT_GE(one.ran, 0);
      ASSERT_EQ(one.breached.has_value(), one.state == Clock::State::Breached);
    }
  }
}

TEST(SlaReport, FiguresOfAHistory) {
  std::string text;
  // Twenty highs, the n-th fixed after n days; one still open, seen lately; two criticals.
  for (int n = 1; n <= 20; ++n) text += fmt::format("2026-01-01 first-seen a CVE-{0} severity=high\n{1} closed a CVE-{0}\n", n, Time{at("2026-01-01").seconds + n * 86400}.date());
  text += "2026-01-20 first-seen a CVE-90 severity=high\n2026-01-10 first-seen a CVE-91 severity=critical\n2026-01-12 first-seen b CVE-91 severity=critical\n2026-01-14 closed b CVE-91\n2026-01-01 first-seen a CVE-92 severity=low\n2026-01-02 assessed a CVE-92 status=not_affected\n";
  const auto rules = rules_of("{starts: first-seen, limits: {critical: 7d, high: 14d}, pace: 10d}");
  const auto report = sla_report(clocks(history(text), rules, at("2026-01-21T12:00:00Z")), rules, at("2026-01-21T12:00:00Z"));
  const SlaFigures& high = report.figures[1];
  EXPECT_EQ(high.open, 1U);
  EXPECT_EQ(high.fixed_in_time, 14U);
  EXPECT_EQ(high.fixed_late, 6U);
  EXPECT_DOUBLE_EQ(high.mean_days.value(), 10.5);
  EXPECT_DOUBLE_EQ(high.p95_days.value(), 19) << "the 19th of 20 by nearest rank";
  EXPECT_DOUBLE_EQ(high.within.value(), 14.0 / 20);
  EXPECT_DOUBLE_EQ(high.pace, 1.0) << "of the last ten days, from noon on the 11th, those of the 12th to the 21st";
  EXPECT_EQ(report.figures[0].overdue, 1U);
  EXPECT_DOUBLE_EQ(report.figures[0].within.value(), 0.5);
  EXPECT_EQ(report.figures[3].stopped, 1U);
  EXPECT_FALSE(report.figures[3].within) << "without a limit there is none";
  EXPECT_EQ(report.due.size(), 1U);
  EXPECT_EQ(report.breaches.size(), 7U);
  EXPECT_EQ(report.clocks[report.breaches[0]].vulnerability, "CVE-91") << "what is open comes first";
  EXPECT_TRUE(report.forecast.empty()) << "one a day, and 13 days left";
  ASSERT_EQ(report.open_critical.size(), 21U);
  std::string series;
  for (const auto& [day, count] : report.open_critical) series += fmt::format("{}", count);
  EXPECT_EQ(series, "000000000112211111111" + std::string()) << "from the 1st to the 21st";
}

TEST(SlaReport, TheForecastTakesThemInTheOrderOfTheirDeadlines) {
  // Two fixes in ten days: one each five days. Three open ones, due in 4, 9 and 30 days; and a medium, of which none was fixed.
  const auto rules = rules_of("{starts: first-seen, limits: {high: 30d, medium: 60d}, pace: 10d}");
  const Time now = at("2026-03-01");
  const auto seen = [&](const char* id, int days_left, const char* severity, int limit) { return fmt::format("{} first-seen a {} severity={}\n", Time{now.seconds + (days_left - limit) * 86400}.str(), id, severity); };
  std::string text = seen("CVE-1", 4, "high", 30) + seen("CVE-2", 9, "high", 30) + seen("CVE-3", 30, "high", 30) + seen("CVE-4", 50, "medium", 60);
  text += "2026-02-10 first-seen a CVE-8 severity=high\n2026-02-25 closed a CVE-8\n2026-02-10 first-seen a CVE-9 severity=high\n2026-02-26 closed a CVE-9\n";
  const auto report = sla_report(clocks(history(text), rules, now), rules, now);
  ASSERT_EQ(report.forecast.size(), 3U);
  const auto name = [&](size_t place) { return report.clocks[report.forecast[place].clock].vulnerability + " " + short_time(report.forecast[place].expected); };
  EXPECT_EQ(name(0), "CVE-1 2026-03-06") << "5 days are more than 4";
  EXPECT_EQ(name(1), "CVE-2 2026-03-11") << "10 are more than 9; the third comes after 15, in time";
  EXPECT_EQ(name(2), "CVE-4 -") << "nothing says that it will be";
}

/// Whatever its kind: a pause, a statement or a deployment may be about what nobody has seen.
TEST(Clocks, are_of_what_was_seen_and_of_nothing_else) {
  for (int kind = 0; kind <= static_cast<int>(ledger::Kind::Noted); ++kind) {
    const std::string_view word = to_string(static_cast<ledger::Kind>(kind));
    const bool sees = word == "first-seen" || word == "reopened";
    for (const std::string_view package : {"", " package=expat", " package=another"}) {
      const std::string event = fmt::format("2026-01-03 {} a CVE-1{} severity=high reason=freeze by=lead", word, package);
      EXPECT_EQ(clocks(history(event), rules_of(plain), at("2026-01-05")).size(), sees ? 1U : 0U) << event;
      const auto beside = clocks(history("2026-01-01 first-seen a CVE-1 package=expat severity=high\n" + event), rules_of(plain), at("2026-01-05"));
      EXPECT_EQ(beside.size(), (word == "first-seen" && package != " package=expat") || (word == "reopened" && package == " package=another") ? 2U : 1U) << event;
    }
  }
}

}  // namespace
}  // namespace ashlar::policy
