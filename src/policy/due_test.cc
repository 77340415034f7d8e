#include "policy/due.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "base/text.h"

namespace ashlar::policy {
namespace {

constexpr std::int64_t day = 86400;
const Time now = *Time::parse("2026-11-27T12:00:00Z");
Time days(std::int64_t from_now) { return {now.seconds + from_now * day}; }

OpenFinding finding(const std::string& id, advisory::Severity severity, bool at_hand = true) {
  return {.vulnerability = id, .package = "expat", .severity = severity, .opened = days(-2), .fixed_in = at_hand ? "2.7.1-2" : "", .fix_at_hand = at_hand};
}

/// An image that is up to date.
ImageFacts current(const std::string& name) {
  ImageFacts out{.image = name, .definition = name + ".yaml"};
  out.published = "sha256:" + std::string(64, 'a');
  out.recorded = true;
  out.promoted = days(-3);
  out.cadence = 7 * day;
  out.seconds = 2;
  return out;
}

/// `rebuild one: reason`, a line each.
std::string told(const std::vector<Due>& due) {
  std::string out;
  for (const Due& each : due) out += std::string(to_string(each.action)) + " " + each.image + (each.held ? " (held)" : "") + ": " + each.reason + "\n";
  return out;
}

TEST(Due, says_why_and_nothing_else) {
  const struct {
    const char* summary;
    void (*change)(ImageFacts&);
    const char* expected;
  } rows[] = {
      {"nothing changed", [](ImageFacts&) {}, ""},
      {"never published", [](ImageFacts& f) { f.published.clear(), f.recorded = false, f.promoted.reset(); }, "rebuild one: it was never published\n"},
      {"published by somebody, and not by the loop", [](ImageFacts& f) { f.recorded = false; }, "rebuild one: the ledger does not know how what is published came to be\n"},
      {"a fix is at hand", [](ImageFacts& f) { f.findings = {finding("CVE-1", advisory::Severity::High)}; }, "rebuild one: 1 open finding can be fixed\n"},
      {"no fix is at hand", [](ImageFacts& f) { f.findings = {finding("CVE-1", advisory::Severity::High, false)}; }, "assess one: 1 open finding without a fix that could be taken needs an assessment\n"},
      {"what its publisher calls negligible needs nobody", [](ImageFacts& f) { f.findings = {finding("CVE-1", advisory::Severity::Negligible, false)}; }, ""},
      {"unless it is exploited", [](ImageFacts& f) {
         f.findings = {finding("CVE-1", advisory::Severity::Negligible, false)};
         f.findings[0].exploited = true;
       }, "assess one: 1 open finding without a fix that could be taken needs an assessment\n"},
      {"one of each", [](ImageFacts& f) { f.findings = {finding("CVE-1", advisory::Severity::Low), finding("CVE-2", advisory::Severity::High, false)}; },
       "rebuild one: 1 open finding can be fixed\nassess one: 1 open finding without a fix that could be taken needs an assessment\n"},
      {"ordinary updates wait for the cadence", [](ImageFacts& f) { f.newer = {"linux/amd64: jq 1 -> 2"}; }, ""},
      {"and come at once where there is none", [](ImageFacts& f) { f.newer = {"linux/amd64: jq 1 -> 2"}, f.cadence.reset(); }, "rebuild one: the archives have newer packages\n"},
      {"of a security archive, at once", [](ImageFacts& f) { f.newer = {"linux/amd64: jq 1 -> 2"}, f.newer_security = true; }, "rebuild one: a security archive has newer packages\n"},
      {"the cadence has passed", [](ImageFacts& f) { f.promoted = days(-7); }, "rebuild one: it is made again at the latest every 7 days, and was last on 2026-11-20\n"},
      {"a second before it", [](ImageFacts& f) { f.promoted = Time{days(-7).seconds + 1}; }, ""},
      {"another definition", [](ImageFacts& f) { f.definition_changed = f.lock_changed = true; }, "rebuild one: its definition has changed\n"},
      {"another lock", [](ImageFacts& f) { f.lock_changed = true; }, "rebuild one: its lock is not that of the published image\n"},
      {"stopped before", [](ImageFacts& f) { f.lock_changed = true, f.stopped = "proofs: 'elf-resolves' fails"; }, "rebuild one (held): its lock is not that of the published image\n"},
      {"what could not be judged", [](ImageFacts& f) { f.unknown = {"the database has no feed for it"}; }, "look one: what it holds could not be judged\n"},
      {"its end is near", [](ImageFacts& f) { f.end = days(30); }, "announce one: its support ends on 2026-12-27\n"},
      {"the end of what it is made of", [](ImageFacts& f) { f.end = days(30), f.ends = "'Debian:13', of which it is made,"; }, "announce one: support of 'Debian:13', of which it is made, ends on 2026-12-27\n"},
      {"its end has passed", [](ImageFacts& f) { f.end = days(-1); }, "announce one: its support ended on 2026-11-26\n"},
      {"and was announced", [](ImageFacts& f) { f.end = days(-1), f.end_announced = true; }, ""},
      {"another promise", [](ImageFacts& f) { f.promise = "supported until 2028-01-01"; }, "promise one: what is promised for it is another than what is said of what is published\n"},
      {"another promise, beside a renewal and an end", [](ImageFacts& f) { f.promise = "supported until 2028-01-01", f.lock_changed = true, f.end = days(30); },
       "rebuild one: its lock is not that of the published image\nannounce one: its support ends on 2026-12-27\npromise one: what is promised for it is another than what is said of what is published\n"},
      {"a canary soaks", [](ImageFacts& f) { f.canary = ImageFacts::Canary{.digest = "sha256:" + std::string(64, 'b'), .since = days(-1), .soak = 2 * day}, f.lock_changed = true; }, ""},
      {"a canary has soaked", [](ImageFacts& f) { f.canary = ImageFacts::Canary{.digest = "sha256:" + std::string(64, 'b'), .since = days(-2), .soak = 2 * day}; },
       "promote one: sha256:bbbbbbbbbbbb passed its gate on 2026-11-25T12:00:00Z and has soaked\n"},
      {"a canary that soaks does not hold up what a security archive has", [](ImageFacts& f) { f.canary = ImageFacts::Canary{.digest = "sha256:" + std::string(64, 'b'), .since = days(-1), .soak = 2 * day}, f.newer_security = true; },
       "rebuild one: a security archive has newer packages\n"},
      {"applications follow", [](ImageFacts& f) { f.lock_changed = true, f.built_on_it = {{.image = "shop"}}; }, "rebuild one: its lock is not that of the published image\nrebase shop: it is built on one\n"},
      {"one that lies on an older base", [](ImageFacts& f) { f.built_on_it = {{.image = "shop", .behind = true}, {.image = "other"}}; }, "rebase shop: it is built on one, and not on what is published now\n"},
      {"but not what is held", [](ImageFacts& f) { f.lock_changed = true, f.built_on_it = {{.image = "shop"}}, f.stopped = "x"; }, "rebuild one (held): its lock is not that of the published image\n"},
      {"an application that was stopped before", [](ImageFacts& f) { f.built_on_it = {{.image = "shop", .behind = true, .because = {}, .stopped = "x"}}; }, "rebase shop (held): it is built on one, and not on what is published now\n"},
      {"and is tried again when its base moves", [](ImageFacts& f) { f.lock_changed = true, f.built_on_it = {{.image = "shop", .behind = true, .because = {}, .stopped = "x"}}; }, "rebuild one: its lock is not that of the published image\nrebase shop: it is built on one\n"},
      {"of a base of others nothing is made", [](ImageFacts& f) { f.only_base = true, f.published.clear(), f.lock_changed = true, f.built_on_it = {{.image = "shop", .behind = true}, {.image = "other"}}; }, "rebase shop: it is built on one, and not on what is published now\n"},
      {"a tag that was moved by hand", [](ImageFacts& f) { f.by_hand = "tag '1' points elsewhere"; }, "rebuild one (held): its tag was moved by hand\n"},
      {"whatever else is due", [](ImageFacts& f) { f.by_hand = "tag '1' points elsewhere", f.newer_security = true; }, "rebuild one (held): a security archive has newer packages\n"},
      {"and whatever has soaked", [](ImageFacts& f) { f.by_hand = "tag '1' points elsewhere", f.canary = ImageFacts::Canary{.digest = "sha256:" + std::string(64, 'b'), .since = days(-2), .soak = 2 * day}; },
       "promote one (held): sha256:bbbbbbbbbbbb passed its gate on 2026-11-25T12:00:00Z and has soaked\n"},
  };
  for (const auto& row : rows) {
    ImageFacts facts = current("one");
    row.change(facts);
    EXPECT_EQ(told(due({facts}, now)), row.expected) << row.summary;
  }
}

TEST(ByUrgency, names_each_finding_once_what_comes_first_first) {
  std::vector<ImageFacts> images = {current("one"), current("two"), current("three")};
  const auto with = [](OpenFinding base, const std::function<void(OpenFinding&)>& change) { return change(base), base; };
  images[0].findings = {finding("CVE-1", advisory::Severity::Medium), finding("CVE-2", advisory::Severity::High), finding("CVE-3", advisory::Severity::High), finding("CVE-6", advisory::Severity::Low)};
  images[1].findings = {finding("CVE-3", advisory::Severity::High, false), with(finding("CVE-4", advisory::Severity::Low), [](OpenFinding& f) { f.exploited = true; })};
  images[2].findings = {with(finding("CVE-5", advisory::Severity::High), [](OpenFinding& f) { f.likelihood = 0.5; }), with(finding("CVE-6", advisory::Severity::Low), [](OpenFinding& f) { f.package = "other"; }),
                        with(finding("CVE-3", advisory::Severity::High), [](OpenFinding& f) { f.deadline = days(1), f.opened = days(-9); })};
  std::string out;
  const auto found = by_urgency(images);
  for (const OpenInImages& each : found) {
    out += each.finding.vulnerability + " " + each.finding.package + ":";
    for (const size_t at : each.images) out += " " + images[at].image;
    out += "\n";
  }
  EXPECT_EQ(out, "CVE-4 expat: two\nCVE-5 expat: three\nCVE-3 expat: one two three\nCVE-2 expat: one\nCVE-1 expat: one\nCVE-6 expat: one\nCVE-6 other: three\n");
  ASSERT_EQ(found.size(), 7U);
  EXPECT_EQ(in_words(found[2].finding), "CVE-3 in expat, high, fixed in 2.7.1-2, which the archives do not have, due 2026-11-28T12:00:00Z") << "the earliest deadline, and a fix only where all have it";
  EXPECT_EQ(found[2].finding.opened, days(-9));
  EXPECT_TRUE(by_urgency({}).empty());
}

TEST(Due, comes_in_the_order_of_weight) {
  std::vector<ImageFacts> images;
  const auto add = [&](const char* name, OpenFinding with) {
    images.push_back(current(name));
    images.back().findings = {std::move(with)};
  };
  OpenFinding exploited = finding("CVE-1", advisory::Severity::Low), likely = finding("CVE-2", advisory::Severity::High), common = finding("CVE-3", advisory::Severity::High), soon = finding("CVE-4", advisory::Severity::High), late = finding("CVE-5", advisory::Severity::High);
  exploited.exploited = true;
  likely.likelihood = 0.5;
  soon.deadline = days(1);
  late.deadline = days(2);
  add("exploited", exploited);
  add("critical", finding("CVE-6", advisory::Severity::Critical));
  add("likely", likely);
  add("common-a", common);
  add("common-b", common);
  add("soon", soon);
  add("late", late);
  add("sometime", finding("CVE-7", advisory::Severity::High));
  add("low", finding("CVE-8", advisory::Severity::Low));
  add("unrated", finding("CVE-9", advisory::Severity::Unknown));
  images.push_back(current("cadence"));
  images.back().promoted = days(-9);
  const auto expected = due(images, now);
  std::vector<std::string> names;
  for (const Due& each : expected) names.push_back(each.image);
  EXPECT_EQ(join(names, " "), "exploited critical likely common-a common-b soon late sometime unrated low cadence");
  std::minstd_rand random(3);
  for (int round = 0; round < 50; ++round) {
    std::ranges::shuffle(images, random);
    EXPECT_EQ(told(due(images, now)), told(expected)) << "the order in which images are named changes nothing";
  }
}

TEST(Due, a_finding_is_told_whole) {
  ImageFacts facts = current("one");
  OpenFinding with = finding("CVE-1", advisory::Severity::Critical);
  with.exploited = true;
  with.likelihood = 0.25;
  with.deadline = days(2);
  facts.findings = {finding("CVE-2", advisory::Severity::Low), with};
  facts.newer = {"linux/amd64: libexpat1 2.7.1-1 -> 2.7.1-2"};
  const auto all = due({facts}, now);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].because, (std::vector<std::string>{"CVE-1 in expat, critical, exploited, EPSS 0.250, fixed in 2.7.1-2, due 2026-11-29T12:00:00Z", "CVE-2 in expat, low, fixed in 2.7.1-2", "linux/amd64: libexpat1 2.7.1-1 -> 2.7.1-2"}));
  EXPECT_EQ(all[0].opened, days(-2));
  EXPECT_EQ(all[0].deadline, days(2));
}

TEST(CriticalPath, is_the_longest_chain) {
  const auto one = [](const char* image, double seconds, std::vector<std::string> after = {}) {
    Due out{.image = image, .action = after.empty() ? DueAction::Rebuild : DueAction::Rebase};
    out.seconds = seconds;
    out.after = std::move(after);
    return out;
  };
  const auto told_path = [](const std::vector<Due>& all) { return join(critical_path(all).images, " -> "); };
  EXPECT_EQ(told_path({}), "");
  EXPECT_EQ(told_path({one("a", 1), one("b", 2)}), "b");
  EXPECT_EQ(told_path({one("a", 3), one("b", 4), one("c", 2, {"a"}), one("d", 0.5, {"b"})}), "a -> c");
  EXPECT_EQ(told_path({one("a", 3, {"b"}), one("b", 4, {"a"})}).empty(), false) << "a circle has an end";
  Due held = one("slow", 100);
  held.held = true;
  EXPECT_EQ(told_path({held, one("a", 1)}), "a") << "what is not done takes no time";
}

}  // namespace
}  // namespace ashlar::policy
