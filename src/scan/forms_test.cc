#include "scan/forms.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

using advisory::Severity;

Time day(std::string_view text) { return Time::parse(text).value(); }

constexpr std::string_view hostile = "<script>alert(\"1\")</script> & 'quoted'\nnext line, na\xC3\xAFve \xE2\x82\xAC";

Finding finding(std::string id, std::string name, Severity severity, Status status) {
  Finding out{.id = std::move(id), .component = {.type = "deb", .name = std::move(name), .version = "1.0-1", .architecture = "amd64", .path = "var/lib/dpkg/status"}, .space = "Debian:13", .owner = Owner::Base, .severity = severity,
              .severity_by = "tracker", .status = status, .agree = {"tracker"}};
  out.purl = "pkg:deb/debian/" + out.component.name + "@1.0-1?arch=amd64&distro=debian-13";
  out.proof = {{"file", "'var/lib/dpkg/status' in layer 0 was read as dpkg"}};
  return out;
}

/// One of everything that a report can hold.
Report report() {
  Report out{.ref = "oci:out/app", .digest = "sha256:1111", .platform = "linux/amd64", .now = day("2026-11-24"), .distribution = {.id = "debian", .version = "13", .space = "Debian:13", .reason = {}},
             .database = {Digest::of(std::string_view("db")), day("2026-11-23"), {{.name = "tracker", .format = "debian-tracker", .source = "tracker.json", .digest = Digest::of(std::string_view("feed")), .dated = day("2026-11-23"), .fetched = day("2026-11-23"), .records = 9, .spaces = {"Debian:13"}}}}};
  out.coverage = {.packages = 5, .judged = 4, .unknown = {{"odd", "1~~", "opt/odd", std::string(hostile)}}, .owned = 90, .excused = 1, .plain = 2, .dark = {{"opt/<b>", std::string(hostile), Owner::App, ""}, {"opt/tool", "a program", Owner::App, "'platform': ours"}}, .notes = {"a note"}};
  out.statements = {{.source = "vex.json", .author = "Team", .format = "openvex", .total = 2, .matched = 1}, {.source = "/x.vex.json of the image", .author = std::string(hostile), .format = "openvex", .total = 1, .distrust = "an image cannot acquit itself"}};
  out.base = "the history ends a base after layer 1", out.base_layers = 1, out.layers = 2;
  out.change = BaseChange{"oci:base/new", {"CVE-2026-1 libssl3t64"}, {"CVE-2026-2 zlib1g"}, {"CVE-2026-9 new"}};
  out.verdict = Verdict::Unknown;
  out.notes = {"feed 'kev' is 20 days old, at most 7 days are allowed", std::string(hostile)};
  out.coverage.support = {{"zlib", "limited: only for trusted content", false}};
  out.causes = {"feed 'tracker' is 40 days old", std::string(hostile)};
  Finding first = finding("CVE-2026-1", "libssl3t64", Severity::Critical, Status::Affected);
  first.component.source = "openssl", first.fixed_in = "1.0-2", first.aliases = {"DSA-1"}, first.published = day("2026-01-02");
  first.ratings = {{Severity::Critical, "nvd", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}};
  first.exploited = advisory::Exploited{"CVE-2026-1", day("2026-02-03"), day("2026-02-24"), true};
  first.likelihood = advisory::Likelihood{"CVE-2026-1", 0.93, 0.99};
  Finding second = finding("CVE-2026-2", "zlib1g", Severity::Medium, Status::Affected);
  second.reason = "open again: decision E-2 of 'platform' ended on 2026-11-01";
  second.support = "limited: only for trusted content", second.summary = hostile, second.no_fix = "ignored: Minor issue", second.owner = Owner::App;
  second.component.path = "opt/app.jar!lib/<i>.jar";
  Finding third = finding("CVE-2026-3", "bash", Severity::Low, Status::UnderInvestigation);
  third.reason = "'tracker' has not determined it";
  Finding fourth = finding("CVE-2026-4", "gzip", Severity::High, Status::NotAffected);
  fourth.reason = "'Team': " + std::string(hostile);
  Finding fifth = finding("CVE-2026-5", "tar", Severity::Negligible, Status::Excepted);
  fifth.reason = "'platform' until 2027-01-01: not reachable";
  Finding sixth = finding("CVE-2026-6", "perl", Severity::Unknown, Status::Fixed);
  sixth.reason = "'Team': patched";
  out.findings = {first, second, third, fourth, fifth, sixth};
  return out;
}

std::string write(std::string_view name) {
  for (const Form& form : forms()) {
    if (form.name == name) return form.write(std::vector{report()}, {});
  }
  ADD_FAILURE() << "no form " << name;
  return {};
}

TEST(Forms, AreTheSameBytesAsBefore) {
  const std::filesystem::path folder = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/scan";
  for (const Form& form : forms()) {
    SCOPED_TRACE(form.name);
    const std::string_view end = form.name == "table" ? "report.txt" : form.name == "html" ? "report.html" : form.name == "sarif" ? "report.sarif.json" : form.name == "cyclonedx-json" ? "report.cdx.json" : "";
    const auto golden = folder / (end.empty() ? "report." + std::string(form.name) : std::string(end));
    const std::string got = form.write(std::vector{report()}, {});
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::filesystem::create_directories(folder), std::ofstream(golden, std::ios::binary) << got;
    std::ifstream file(golden, std::ios::binary);
    ASSERT_TRUE(file) << golden;
    EXPECT_EQ(got, std::string(std::istreambuf_iterator<char>(file), {}));
    EXPECT_TRUE(is_utf8(got));
    EXPECT_FALSE(form.write({}, {}).empty() && form.name != "table") << "of no report";
    EXPECT_FALSE(form.write(std::vector{report(), report()}, {}).empty()) << "of two";
  }
}

TEST(Forms, WhatWasNotJudgedIsInEveryOne) {
  for (const Form& form : forms()) EXPECT_NE(write(form.name).find("40 days old"), std::string::npos) << form.name << " hides why the verdict is unknown";
}

TEST(Forms, WhatAReaderMustKnowIsInEveryOne) {
  for (const Form& form : forms()) {
    const std::string text = write(form.name);
    EXPECT_TRUE(text.find("feed 'kev' is 20 days old") != std::string::npos || text.find("feed &#39;kev&#39; is 20 days old") != std::string::npos) << form.name;
  }
}

TEST(Forms, AReportWithoutADatabaseNamesNone) {
  Report bare = report();
  bare.database = {};
  bare.causes = {"there is no database"};
  for (const Form& form : forms()) {
    const std::string text = form.write(std::vector{bare}, {});
    EXPECT_NE(text.find("there is no database"), std::string::npos) << form.name;
    const bool json = form.name != "table" && form.name != "html";
    EXPECT_TRUE(!json || parse_json(text, form.name)) << form.name;
  }
  const Json json = parse_json(forms()[1].write(std::vector{bare}, {}), "json").value();
  ASSERT_EQ(forms()[1].name, "json");
  EXPECT_EQ(json["database"], (Json{{"digest", nullptr}, {"created", nullptr}, {"feeds", Json::array()}}));
}

TEST(Forms, WhatOthersWroteMovesNoCursor) {
  struct { std::string_view summary, text, shown; } const rows[] = {
      {"words", "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80", "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"line ends", "a\r\nb\tc", "a  b c"},
      {"an escape sequence", "\x1b[2Ja\x07", "\\x1b[2Ja\\x07"},
      {"the same in one character", "\xC2\x9B" "2J", "\\xc2\\x9b2J"},
      {"deleted", "a\x7f", "a\\x7f"},
      {"no UTF-8", "a\xff\xC3", "a\\xff\\xc3"},
      {"cut within a character", "\xE2\x82", "\\xe2\\x82"},
  };
  for (const auto& row : rows) EXPECT_EQ(visible(row.text), row.shown) << row.summary;
  Report hostile_names = report();
  const std::string evil = "\x1b[2J\xff";
  for (Finding& each : hostile_names.findings) each.component.name = each.component.version = each.reason = each.no_fix = each.support = each.id = evil;
  hostile_names.ref = hostile_names.distribution.space = evil;
  hostile_names.causes = hostile_names.notes = hostile_names.coverage.notes = {evil};
  hostile_names.statements[0].author = hostile_names.statements[0].source = evil;
  hostile_names.statements[0].notes = {evil};
  for (const Form& form : forms()) {
    for (const bool everything : {false, true}) {
      const std::string text = form.write(std::vector{hostile_names}, {.everything = everything});
      EXPECT_EQ(text.find('\x1b'), std::string::npos) << form.name;
      EXPECT_TRUE(is_utf8(text)) << form.name;
    }
  }
}

TEST(Forms, ThePageHoldsNoScriptAndFetchesNothing) {
  const std::string page = write("html");
  for (const char* word : {"<script", "javascript:", "src=", "href=", "@import", "url(", "<b>\n", "<i>.jar"}) EXPECT_EQ(page.find(word), std::string::npos) << word;
  EXPECT_NE(page.find("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;quoted&#39;"), std::string::npos);
}

TEST(Forms, TheTableSaysWhyAGateIsNotAnswered) {
  Report asked = report();
  asked.gate = GateAnswer{.rules = {"kev", "epss=0.1"}, .untold = {"rule `kev` cannot be answered: the database has no fresh feed", "rule `epss=0.1` cannot be answered"}};
  const std::string text = forms()[0].write(std::vector{asked}, {});
  EXPECT_NE(text.find("gate        kev or epss=0.1: rule `kev` cannot be answered: the database has no fresh feed (and 1 more)\n"), std::string::npos) << text;
  asked.gate->untold.pop_back();
  const std::string one = forms()[0].write(std::vector{asked}, {});
  EXPECT_NE(one.find("gate        kev or epss=0.1: rule `kev` cannot be answered: the database has no fresh feed\n"), std::string::npos) << one;
}

TEST(Forms, WhatNobodyHasRatedIsNoMereNoteWhereThereIsAFix) {
  struct { std::string_view summary; Severity severity; std::string fixed_in; std::string_view level, score; } const rows[] = {
      {"not rated, with a fix", Severity::Unknown, "2.0", "warning", "5.5"}, {"not rated, without one", Severity::Unknown, "", "note", "0.0"},
      {"low, with a fix", Severity::Low, "2.0", "note", "2.0"},              {"high", Severity::High, "", "error", "8.0"},
  };
  const auto form = std::ranges::find(forms(), "sarif", &Form::name);
  for (const auto& row : rows) {
    Report one = report();
    one.findings = {finding("CVE-2026-7", "bash", row.severity, Status::Affected)};
    one.findings[0].fixed_in = row.fixed_in;
    const Json run = parse_json(form->write(std::vector{one}, {}), "sarif").value()["runs"][0];
    EXPECT_EQ(run["results"][0]["level"], row.level) << row.summary;
    EXPECT_EQ(run["tool"]["driver"]["rules"][0]["properties"]["security-severity"], row.score) << row.summary;
    EXPECT_EQ(run["tool"]["driver"]["rules"][0]["properties"]["tags"][2], advisory::to_string(row.severity)) << row.summary << ": what was rated stands there, too";
  }
}

TEST(Forms, AnsweredFindingsAreNoMatchesForOtherTools) {
  const Json grype = parse_json(write("grype-json"), "grype").value(), trivy = parse_json(write("trivy-json"), "trivy").value();
  EXPECT_EQ(grype["matches"].size(), 3U);
  EXPECT_EQ(grype["ignoredMatches"].size(), 3U);
  EXPECT_EQ(grype["matches"][0]["artifact"]["upstreams"][0]["name"], "openssl");
  EXPECT_EQ(grype["matches"][0]["vulnerability"]["cvss"][0]["metrics"]["baseScore"], 9.8);
  EXPECT_EQ(grype["matches"][0]["vulnerability"]["fix"]["state"], "fixed");
  ASSERT_EQ(trivy["Results"].size(), 1U);
  EXPECT_EQ(trivy["Results"][0]["Vulnerabilities"].size(), 3U);
  EXPECT_EQ(trivy["Results"][0]["ExperimentalModifiedFindings"].size(), 3U);
  EXPECT_EQ(trivy["Results"][0]["Vulnerabilities"][0]["CVSS"]["nvd"]["V3Score"], 9.8);
}

}  // namespace
}  // namespace ashlar::scan
