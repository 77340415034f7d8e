#include "scan/exceptions.h"

#include <gtest/gtest.h>

#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ashlar::scan {
namespace {

Time day(std::string_view text) { return Time::parse(text).value(); }

Exception decision() {
  return {.id = "E-1", .vulnerability = "CVE-2026-1", .package = "openssl", .image = "team/app", .owner = "platform", .reason = "not reachable from outside", .created = day("2026-01-01"),
          .expires = day("2026-06-01"), .severity = advisory::Severity::High};
}

Report with_finding() {
  Report report{.database = {Digest::of(std::string_view()), {}, {}}};
  report.findings.push_back({.id = "CVE-2026-1", .aliases = {"GHSA-x"}, .component = {.name = "libssl3t64", .source = "openssl"}, .severity = advisory::Severity::High});
  return report;
}

TEST(Exceptions, HoldForATimeAndAScope) {
  struct Row { std::string_view summary; std::function<void(Exception&, Finding&)> change; std::string_view status, reason; };
  const Row rows[] = {
      {"as it was decided", [](Exception&, Finding&) {}, "excepted", "'platform' until 2026-06-01: not reachable from outside"},
      {"by an alias", [](Exception& e, Finding&) { e.vulnerability = "GHSA-x"; }, "excepted", "'platform' until 2026-06-01: not reachable from outside"},
      {"by the binary's name", [](Exception& e, Finding&) { e.package = "libssl3t64"; }, "excepted", "'platform' until 2026-06-01: not reachable from outside"},
      {"in another spelling of its ecosystem", [](Exception& e, Finding& f) { e.package = "Flask.Admin", f.component.type = "pypi", f.component.name = "flask-admin"; }, "excepted", "'platform' until 2026-06-01: not reachable from outside"},
      {"another vulnerability", [](Exception& e, Finding&) { e.vulnerability = "CVE-2026-2"; }, "affected", ""},
      {"another package", [](Exception& e, Finding&) { e.package = "zlib"; }, "affected", ""},
      {"another image", [](Exception& e, Finding&) { e.image = "team/other"; }, "affected", ""},
      {"any image", [](Exception& e, Finding&) { e.image.clear(); }, "excepted", "'platform' until 2026-06-01: not reachable from outside"},
      {"it has ended", [](Exception& e, Finding&) { e.expires = day("2026-02-01"); }, "affected", "open again: decision E-1 of 'platform' ended on 2026-02-01"},
      {"it was revoked", [](Exception& e, Finding&) { e.revoked = day("2026-02-01"); }, "affected", "open again: decision E-1 of 'platform' was revoked on 2026-02-01"},
      {"it is not made yet", [](Exception& e, Finding&) { e.created = day("2026-04-01"); }, "affected", ""},
      {"a heavier severity", [](Exception&, Finding& f) { f.severity = advisory::Severity::Critical; }, "affected", "open again: decision E-1 of 'platform' was made when the severity was high, it is critical now"},
      {"a lighter severity", [](Exception&, Finding& f) { f.severity = advisory::Severity::Low; }, "excepted", "'platform' until 2026-06-01: not reachable from outside"},
      {"exploited since", [](Exception&, Finding& f) { f.exploited = advisory::Exploited{"CVE-2026-1", day("2026-02-03"), {}, false}; }, "affected", "open again: decision E-1 of 'platform' was made before it was known to be exploited (2026-02-03)"},
      {"known to be exploited then, too", [](Exception& e, Finding& f) { e.exploited = true, f.exploited = advisory::Exploited{}; }, "excepted", "'platform' until 2026-06-01: not reachable from outside"},
      {"a fix since", [](Exception&, Finding& f) { f.fixed_in = "3.5.2"; }, "affected", "open again: decision E-1 of 'platform' was made when there was no fix, 3.5.2 is one"},
      {"not affected anyway", [](Exception&, Finding& f) { f.status = Status::NotAffected; }, "not_affected", ""},
  };
  for (const Row& row : rows) {
    Report report = with_finding();
    Exception exception = decision();
    row.change(exception, report.findings[0]);
    apply(std::vector{exception}, day("2026-03-01"), {"team/app", "sha256:00"}, report);
    EXPECT_EQ(to_string(report.findings[0].status), row.status) << row.summary;
    EXPECT_EQ(report.findings[0].reason, row.reason) << row.summary;
  }
}

/// An advisory of a distribution may have several vulnerabilities.
TEST(Exceptions, OfOneVulnerabilityAreNoneOfAnother) {
  struct Row { std::string_view summary; std::vector<std::string> decided; std::string_view status; };
  const Row rows[] = {
      {"one of two", {"CVE-2026-1"}, "affected"},
      {"both", {"CVE-2026-1", "CVE-2026-2"}, "excepted"},
      {"the advisory itself", {"DSA-1-1"}, "excepted"},
      {"one, and another name", {"CVE-2026-1", "GHSA-x"}, "affected"},
  };
  for (const Row& row : rows) {
    Report report = with_finding();
    report.findings[0].id = "DSA-1-1", report.findings[0].aliases = {"CVE-2026-1", "CVE-2026-2", "GHSA-x"};
    std::vector<Exception> all;
    for (const std::string& each : row.decided) all.push_back(decision()), all.back().vulnerability = each, all.back().expires.seconds += static_cast<std::int64_t>(all.size());
    apply(all, day("2026-03-01"), {"team/app"}, report);
    EXPECT_EQ(to_string(report.findings[0].status), row.status) << row.summary;
    EXPECT_EQ(report.findings[0].decided_until.has_value(), row.status == "excepted") << row.summary;
    EXPECT_EQ(report.findings[0].proof.back().text.starts_with("DSA-1-1 has 2 vulnerabilities, and nobody has decided on all of them"), row.status == "affected") << row.summary;
  }
}

TEST(Exceptions, AreReadAsTheyAreWritten) {
  Exception second = decision();
  second.id = "E-2", second.package.clear(), second.image.clear(), second.exploited = true, second.fixed_in = "2", second.revoked = day("2026-03-03");
  const std::vector<Exception> all = {decision(), second};
  EXPECT_EQ(read_exceptions(to_pretty(to_json(all)), "exceptions.json").value(), all);
}

TEST(Exceptions, WhatIsNoDecisionIsRefused) {
  struct Row { std::string_view summary; std::function<void(Json&)> spoil; std::string_view cause; };
  const Row rows[] = {
      {"no owner", [](Json& e) { e.erase("owner"); }, "decision 1: 'owner' is missing or not a string"},
      {"an empty reason", [](Json& e) { e["reason"] = "  "; }, "decision 1: 'reason' is empty: a decision has an owner and a reason"},
      {"no end", [](Json& e) { e.erase("expires"); }, "decision 1: 'expires' is missing or not a string"},
      {"an end that is no date", [](Json& e) { e["expires"] = "never"; }, "decision 1: 'expires' is no date: 'never'"},
      {"an end before its beginning", [](Json& e) { e["expires"] = "2025-01-01"; }, "decision 1: it ends before it was made"},
      {"a word for exploited", [](Json& e) { e["exploited"] = "yes"; }, "decision 1: 'exploited' is neither true nor false"},
  };
  for (const Row& row : rows) {
    Json all = to_json(std::vector{decision()});
    row.spoil(all["exceptions"][0]);
    EXPECT_EQ(read_exceptions(to_pretty(all), "x.json").error().message, fmt::format("cannot read exceptions of 'x.json': {}", row.cause)) << row.summary;
  }
  EXPECT_EQ(read_exceptions("{}", "x.json").error().message, "cannot read exceptions of 'x.json': it has no list 'exceptions'");
  EXPECT_EQ(read_exceptions(to_pretty(to_json(std::vector{decision(), decision()})), "x.json").error().message, "cannot read exceptions of 'x.json': decision 2: 'E-1' is there twice");
}

}  // namespace
}  // namespace ashlar::scan
