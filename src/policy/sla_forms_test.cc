#include "policy/sla_forms.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ashlar::policy {
namespace {

constexpr std::int64_t day = Calendar::day;
const Time now = Time::parse("2028-03-01T12:00:00Z").value();

SlaRules rules() {
  SlaRules out = default_sla();
  out.environments["production"] = out.limits;
  out.environments["production"].by_severity[0] = Span{0, 1};
  return out;
}

Clock clock_of(std::string image, Severity severity, Clock::State state) {
  Clock out{.image = std::move(image), .vulnerability = "CVE-2028-1", .package = "zlib", .severity = severity, .state = state};
  out.start = Time{now.seconds - 4 * day};
  out.deadline = Time{now.seconds + 3 * day};
  out.limit = 7 * day;
  out.ran = 4 * day;
  out.events = {1, 2};
  return out;
}

TEST(SlaForms, TermsAreWords) {
  SlaRules all = rules();
  EXPECT_EQ(terms(all), "since a fix is available");
  all.starts = SlaRules::Start::Published;
  all.calendar.offset = -19'800;
  EXPECT_EQ(terms(all), "since it was published; on all days, -05:30");
  all.calendar.working_days = true;
  all.calendar.offset = 0;
  all.starts = SlaRules::Start::FirstSeen;
  EXPECT_EQ(terms(all), "since it was first seen; on working days, UTC");
  Clock clock = clock_of("a", Severity::Critical, Clock::State::Running);
  EXPECT_EQ(terms(clock, rules()), "7d since a fix is available");
  clock.exploited = true;
  EXPECT_EQ(terms(clock, rules()), "3d since a fix is available") << "the shorter one";
  clock.exploited = false;
  clock.environment = "production";
  EXPECT_EQ(terms(clock, rules()), "1mo since a fix is available");
  clock.severity = Severity::Negligible;
  EXPECT_EQ(terms(clock, rules()), "no limit");
}

TEST(SlaForms, ActionsAndLengths) {
  EXPECT_EQ(action(clock_of("a", Severity::High, Clock::State::Running)), "rebuild");
  EXPECT_EQ(action(clock_of("a", Severity::High, Clock::State::Waiting)), "wait for a fix");
  Clock there = clock_of("a", Severity::High, Clock::State::Breached);
  there.environment = "production";
  EXPECT_EQ(action(there), "deploy");
  const struct { std::int64_t seconds; const char* text; } rows[] = {{0, "0 h"}, {3600, "1 h"}, {2 * day - 1, "48 h"}, {2 * day, "2.0 d"}, {10 * day + day / 2, "10.5 d"}, {-3 * day, "-3.0 d"}};
  for (const auto& row : rows) EXPECT_EQ(days_text(row.seconds), row.text);
}

TEST(SlaForms, LimitsTakeTheShorter) {
  SlaLimits limits;
  EXPECT_FALSE(limits.of(Severity::Critical, true)) << "nothing was said";
  limits.kev = Span{3 * day, 0};
  EXPECT_EQ(limits.of(Severity::Low, true)->str(), "3d") << "what has no limit has one once it is exploited";
  EXPECT_FALSE(limits.of(Severity::Low, false));
  limits.by_severity[0] = Span{day, 0};
  EXPECT_EQ(limits.of(Severity::Critical, true)->str(), "1d") << "never longer than the severity's";
  limits.by_severity[1] = Span{0, 1};
  EXPECT_EQ(limits.of(Severity::High, true)->str(), "3d");
  EXPECT_EQ(limits.of(Severity::High, false)->str(), "1mo");
}

SlaReport report_of(std::vector<Clock> clocks) { return sla_report(std::move(clocks), rules(), now); }

TEST(SlaForms, JsonOfEveryState) {
  std::vector<Clock> clocks;
  for (const auto state : {Clock::State::Waiting, Clock::State::Running, Clock::State::Paused, Clock::State::Met, Clock::State::Breached, Clock::State::Stopped}) clocks.push_back(clock_of(std::string(to_string(state)), Severity::Critical, state));
  clocks[0].start.reset(), clocks[0].deadline.reset(), clocks[0].limit.reset();
  clocks[3].ended = now, clocks[3].fixed = true;
  clocks[4].breached = clocks[4].deadline = Time{now.seconds - day};
  clocks[5].ended = now;
  clocks[1].disregarded = clocks[2].disregarded = {{17, "'q' may not pause clocks"}};
  const Json json = to_json(report_of(clocks), {.policy = "p", .cadences = {}});
  ASSERT_EQ(json["clocks"].size(), 6U);
  for (const Json& each : json["clocks"]) EXPECT_EQ(each["image"], each["state"]);
  EXPECT_EQ(json["clocks"][0]["deadline"], nullptr);
  EXPECT_EQ(json["clocks"][0]["limit_seconds"], nullptr);
  EXPECT_EQ(json["clocks"][1]["limit_seconds"], 7 * day);
  EXPECT_EQ(json["clocks"][3]["fixed"], true);
  ASSERT_EQ(json["due"].size(), 2U) << "running and paused";
  EXPECT_EQ(json["due"][0]["deadline"], "2028-03-04T12:00:00Z");
  EXPECT_EQ(json["due"][0]["opened"], "2028-02-26T12:00:00Z") << "over the leap day";
  EXPECT_EQ(json["due"][0]["reason"], "critical: 7d since a fix is available");
  ASSERT_EQ(json["breaches"].size(), 1U);
  EXPECT_EQ(json["breaches"][0]["breached"], "2028-02-29T12:00:00Z");
  EXPECT_EQ(json["breaches"][0]["action"], "rebuild");
  EXPECT_EQ(json["mttp_days"]["critical"], 4.0);
  EXPECT_EQ(json["mttp_days"]["high"], nullptr) << "nothing is not zero";
  EXPECT_EQ(json["within"]["critical"], 0.5);
  EXPECT_EQ(json["severities"][0]["open"], 4);
  EXPECT_EQ(json["severities"][0]["overdue"], 1);
  EXPECT_EQ(json["severities"][0]["stopped"], 1);
  ASSERT_EQ(json["disregarded"].size(), 1U) << "once, however many clocks it was about";
  EXPECT_EQ(json["disregarded"][0]["event"], 17);
}

TEST(SlaForms, NothingIsAnAnswer) {
  const SlaReport empty = report_of({});
  const Json json = to_json(empty, {.policy = "p", .cadences = {}});
  for (const char* list : {"due", "breaches", "open_critical", "clocks", "disregarded", "support"}) EXPECT_TRUE(json[list].is_array() && json[list].empty()) << list;
  const std::string page = to_html(empty, {.policy = "p", .cadences = {}});
  EXPECT_NE(page.find("nothing overdue"), std::string::npos);
  EXPECT_NE(page.find("<h2>Breaches</h2><p>None.</p>"), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
}

TEST(SlaForms, HtmlIsWellFormed) {
  std::vector<Clock> clocks = {clock_of("a<b>&", Severity::Critical, Clock::State::Breached), clock_of("c", Severity::High, Clock::State::Met)};
  clocks[0].breached = Time{now.seconds - day};
  clocks[0].open = {{Time{now.seconds - 5 * day}, now, Severity::Critical}};
  clocks[1].ended = now, clocks[1].fixed = true;
  Cadence cadence{.support = {.image = "a<b>&", .rebuilt_at_latest = day}, .gaps = {{Time{now.seconds - 5 * day}, now, true}}};
  const std::string page = to_html(report_of(clocks), {.policy = "p<q>", .cadences = {cadence}});
  // Each element that is opened is closed in its turn, but for those of HTML that have no end.
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    if (page[at + 1] == '!') continue;
    const size_t end = page.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const bool closes = page[at + 1] == '/';
    const std::string name(page.substr(at + (closes ? 2 : 1), page.find_first_of(" >/", at + 2) - at - (closes ? 2 : 1)));
    if (closes) {
      ASSERT_FALSE(open.empty()) << name;
      ASSERT_EQ(open.back(), name) << page.substr(at > 200 ? at - 200 : 0, 300);
      open.pop_back();
    } else if (page[end - 1] != '/' && name != "meta") {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(page.find("a<b>"), std::string::npos);
  EXPECT_EQ(page.find("p<q>"), std::string::npos);
  EXPECT_NE(page.find("1 overdue"), std::string::npos);
  EXPECT_NE(page.find("not kept: 2028-02-25 to now, 5.0 d"), std::string::npos) << "the leap day lies between";
}

TEST(SlaReport, EnvironmentsDoNotCountTwice) {
  std::vector<Clock> clocks = {clock_of("a", Severity::High, Clock::State::Running), clock_of("a", Severity::High, Clock::State::Running)};
  clocks[1].environment = "production";
  const SlaReport report = report_of(clocks);
  EXPECT_EQ(report.figures[1].open, 1U);
  EXPECT_EQ(report.due.size(), 2U) << "but both are due";
  EXPECT_EQ(report.forecast.size(), 1U) << "the pace is that of publishing";
}

TEST(SlaReport, OpenCriticalsFollowTheirSeverity) {
  std::vector<Clock> clocks = {clock_of("a", Severity::High, Clock::State::Running), clock_of("b", Severity::Critical, Clock::State::Met)};
  const auto ago = [](std::int64_t days) { return Time{now.seconds - days * day}; };
  clocks[0].open = {{ago(5), ago(3), Severity::Medium}, {ago(3), ago(1), Severity::Critical}, {ago(1), now, Severity::High}};
  clocks[1].open = {{ago(4), ago(2), Severity::Critical}, {Time{now.seconds - 3600}, now, Severity::Critical}};
  std::string series;
  for (const auto& [number, count] : report_of(clocks).open_critical) series += Time{number * day}.date().substr(8) + ":" + std::to_string(count) + " ";
  EXPECT_EQ(series, "25:0 26:1 27:2 28:1 29:0 01:1 ") << "as each day ended, the leap day among them, and now";
}

}  // namespace
}  // namespace ashlar::policy
