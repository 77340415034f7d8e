// `ashlar sla`: a history with a fixed clock, its figures as text, JSON and HTML, and the same figures recomputed by another program.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/ledger.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

constexpr const char* now = "2028-03-10T11:00:00Z";

/// When, kind, image (`-`: none), vulnerability (`-`: none), then members and facts. In the order of recording, which is not that of time.
constexpr std::string_view told = R"(
2028-02-20T10:00:00Z published - CVE-2028-0001 severity=critical
2028-02-22T09:00:00+01:00 fix-available - CVE-2028-0001 fixed-in=3.0.17-1~deb12u2
2028-02-22T12:00:00Z first-seen registry.example/a CVE-2028-0001 package=openssl severity=critical by=ashlar-scan
2028-02-23T12:00:00Z first-seen registry.example/b CVE-2028-0001 package=openssl severity=critical by=ashlar-scan
2028-02-28T22:30:00Z promoted registry.example/a - digest=sha256:a1 tag=1 fixes=CVE-2028-0001
2028-03-02T08:00:00Z deployed registry.example/a - digest=sha256:a1 environment=production by=ops@example.org
2028-03-03T09:00:00Z rolled-back registry.example/a - digest=sha256:a0 tag=1 reason=start-fails
2028-03-03T15:00:00Z promoted registry.example/a - digest=sha256:a2 tag=1 fixes=CVE-2028-0001
2028-02-01T06:00:00Z fix-available - CVE-2028-0002 fixed-in=1.3.1
2028-02-11T12:00:00Z first-seen registry.example/a CVE-2028-0002 package=zlib severity=medium
2028-02-29T12:00:00Z rescored - CVE-2028-0002 severity=critical
2028-03-09T08:00:00Z promoted registry.example/a - digest=sha256:a3 tag=1 fixes=CVE-2028-0002
2028-02-21T08:00:00Z fix-available - CVE-2028-0003
2028-02-21T12:00:00Z first-seen registry.example/b CVE-2028-0003 package=curl severity=high
2028-02-24T08:00:00Z paused registry.example/b CVE-2028-0003 by=lead@example.org reason=change-freeze
2028-02-25T08:00:00Z paused registry.example/b CVE-2028-0003 by=somebody@example.org reason=holiday
2028-03-06T08:00:00Z paused registry.example/b CVE-2028-0003 by=lead@example.org reason=vendor
2028-03-07T08:00:00Z resumed registry.example/b CVE-2028-0003 by=somebody@example.org
2028-02-21T08:00:00Z fix-available - CVE-2028-0004
2028-02-21T12:00:00Z first-seen registry.example/b CVE-2028-0004 package=tar severity=low
2028-02-20T08:00:00Z fix-available - CVE-2028-0005
2028-02-20T12:00:00Z first-seen registry.example/b CVE-2028-0005 package=perl severity=high
2028-02-22T12:00:00Z assessed registry.example/b CVE-2028-0005 status=not_affected reason=module-absent by=lead@example.org
2028-03-01T12:00:00Z reopened registry.example/b CVE-2028-0005 reason=module-present
2028-02-20T08:00:00Z fix-available - CVE-2028-0006
2028-02-20T12:00:00Z first-seen registry.example/a CVE-2028-0006 package=glibc severity=high
2028-02-21T12:00:00Z excepted registry.example/a CVE-2028-0006 until=2028-03-05T12:00:00Z reason=unreachable by=lead@example.org
2028-03-01T12:00:00Z first-seen registry.example/a CVE-2028-0007 package=glibc severity=high
2028-02-24T08:00:00Z fix-available - CVE-2028-0008
2028-02-24T12:00:00Z first-seen registry.example/b CVE-2028-0008 package=expat severity=medium kev=2028-02-24
2028-03-02T12:00:00Z promoted registry.example/b - digest=sha256:b1 tag=1 fixes=CVE-2028-0008
)";

std::vector<ledger::Event> events() {
  std::vector<ledger::Event> out;
  for (const std::string_view line : split(told, '\n')) {
    const auto parts = words(line);
    if (parts.empty()) continue;
    ledger::Event event{.kind = ledger::parse_kind(parts[1]).value(), .at = Time::parse(parts[0]).value(), .image = parts[2] == "-" ? "" : std::string(parts[2]), .vulnerability = parts[3] == "-" ? "" : std::string(parts[3]), .by = "ashlar renew"};
    for (const std::string_view part : std::span(parts).subspan(4)) {
      const auto [name, value] = cut(part, '=');
      if (name == "by") event.by = value;
      else if (name == "package") event.package = value;
      else if (name == "digest") event.digest = value;
      else if (name == "environment") event.environment = value;
      else event.facts[std::string(name)] = value;
    }
    out.push_back(event);
  }
  return out;
}

std::string golden(const std::string& name, const std::string& got) {
  const std::string path = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/sla/" + name;
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << got;
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SlaFlow : public ::testing::Test {
 protected:
  Stage stage;
  const std::string policy = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/sla/policy.yaml";

  void SetUp() override {
    std::filesystem::copy_file(policy, stage.folder() / "policy.yaml");
    auto ledger = ledger::Ledger::open(stage.folder() / "home/data/ashlar/ledger.db").value();
    const auto all = events();
    ASSERT_TRUE(ledger.append(all, Time::parse("2028-03-10T10:00:00Z").value()));
  }
  Ran sla(Words more, const std::string& format = "text") const {
    Words words = {"sla", "--policy", "policy.yaml", "--now", now, "--cadence", "registry.example/a=3d", "--cadence", "registry.example/b=30d", "--format", format, "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.ashlar(words);
  }
};

TEST_F(SlaFlow, a_history_has_golden_figures) {
  for (const auto& [format, name] : {std::pair("text", "report.txt"), std::pair("json", "report.json"), std::pair("html", "report.html")}) {
    const Ran ran = sla({}, format);
    EXPECT_EQ(ran.code, 1) << "something is overdue" << ran.told;
    EXPECT_EQ(ran.out, golden(name, ran.out)) << name;
  }
}

TEST_F(SlaFlow, another_program_computes_the_same) {
  ASHLAR_NEED("python3");
  const Ran log = stage.ashlar({"audit", "log", "--format", "jsonl"});
  ASSERT_EQ(log.code, 0) << log.told;
  stage.write("log.jsonl", log.out);
  const Json ours = parse_json(sla({}, "json").out, "ours").value(), verified = stage.json({"audit", "verify"});
  const Ran other = stage.run({"sh", "-c", fmt::format("python3 {} {} <log.jsonl", shell_word(std::string(ASHLAR_SOURCE_DIR) + "/tests/flow/recompute_sla.py"), now)});
  ASSERT_EQ(other.code, 0) << other.told;
  const Json theirs = parse_json(other.out, "theirs").value();
  EXPECT_EQ(theirs["chain"], verified["chain"]) << "the chain, from the exported events alone";
  Json clocks = Json::array();
  for (const Json& each : ours["clocks"]) {
    if (each.contains("environment")) continue;
    clocks.push_back({{"image", each["image"]}, {"cve", each["cve"]}, {"severity", each["severity"]}, {"ran_seconds", each["ran_seconds"]}, {"breached", each["breached"]}, {"open", each["ended"].is_null()}});
  }
  ASSERT_EQ(clocks.size(), theirs["clocks"].size());
  for (size_t at = 0; at < clocks.size(); ++at) EXPECT_EQ(clocks[at], theirs["clocks"][at]);
  for (const char* severity : {"critical", "high", "medium", "low"}) {
    EXPECT_EQ(ours["mttp_days"][severity], theirs["mttp_days"][severity]) << severity;
    EXPECT_EQ(ours["within"][severity], theirs["within"][severity]) << severity;
  }
  // One that was changed on the way is found by the script as well.
  stage.write("log.jsonl", log.out.substr(0, 200) + "x" + log.out.substr(201));
  EXPECT_NE(stage.run({"sh", "-c", fmt::format("python3 {} {} <log.jsonl", shell_word(std::string(ASHLAR_SOURCE_DIR) + "/tests/flow/recompute_sla.py"), now)}).code, 0);
}

TEST_F(SlaFlow, json_has_what_scripts_read) {
  const Json answer = parse_json(sla({}, "json").out, "answer").value();
  EXPECT_EQ(answer["schema"], "https://ashlar.dev/sla/v1");
  EXPECT_EQ(misfit(answer, Json::parse(R"({"now": "", "policy": "", "source": "", "terms": "", "due": [{"image": "", "reason": "", "cve": "", "opened": "", "deadline": "", "action": "", "package": "", "severity": "", "kev": true, "state": ""}],
    "breaches": [{"image": "", "cve": "", "deadline": "", "breached": ""}], "mttp_days": {"critical": null, "high": null, "medium": null, "low": null}, "p95_days": {}, "within": {}, "severities": [{"severity": "", "open": 0}],
    "forecast": {"method": "", "days": 0, "late": []}, "open_critical": [{"date": "", "open": 0}], "disregarded": [{"event": 0, "why": ""}], "support": [{"image": "", "kept": true, "gaps": []}], "clocks": [{"state": "", "events": [0]}]})")), "");
  EXPECT_EQ(answer["disregarded"].size(), 1U) << "the pause that nobody granted";
  EXPECT_EQ(answer["disregarded"][0]["event"], 16);
}

TEST_F(SlaFlow, html_needs_nothing_else_and_reads_without_eyes) {
  const std::string page = sla({}, "html").out;
  for (const char* outside : {"http://", "https://", "<script", "@import", "url(", "src="}) EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  const auto count = [&](std::string_view word) {
    size_t out = 0;
    for (size_t at = page.find(word); at != std::string::npos; at = page.find(word, at + 1)) ++out;
    return out;
  };
  EXPECT_EQ(count("<svg "), 3U);
  EXPECT_EQ(count("role=\"img\" aria-labelledby="), 3U) << "each chart has a name and a description";
  EXPECT_EQ(count("<title id="), 3U);
  EXPECT_EQ(count("<desc id="), 3U);
  EXPECT_GE(count("<caption>"), 3U) << "and a table";
  EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
  // Names of others stay text.
  auto ledger = ledger::Ledger::open(stage.folder() / "home/data/ashlar/ledger.db").value();
  const ledger::Event hostile{.kind = ledger::Kind::FirstSeen, .at = Time::parse("2028-03-01").value(), .image = "<script>alert(1)</script>", .vulnerability = "CVE\x1b[2J", .package = "\"><img>"};
  ASSERT_TRUE(ledger.append({&hostile, 1}, hostile.at));
  EXPECT_EQ(sla({}, "html").out.find("<script"), std::string::npos);
  EXPECT_EQ(sla({}).out.find('\x1b'), std::string::npos);
}

/// What the charts draw, read back from their coordinates.
TEST_F(SlaFlow, charts_draw_what_the_json_says) {
  const std::string page = sla({}, "html").out;
  const Json report = parse_json(sla({}, "json").out, "report").value();
  const auto part = [](const std::string& text, std::string_view from, std::string_view to) {
    const size_t begin = text.find(from);
    return begin == std::string::npos ? std::string() : text.substr(begin + from.size(), text.find(to, begin + from.size()) - begin - from.size());
  };
  // Two points a day: where it begins and where it ends, at the height of that day's count.
  const std::string chart = part(page, "aria-labelledby=\"open-critical-title", "</svg>");
  const Json& days = report["open_critical"];
  size_t most = 1;
  for (const Json& each : days) most = std::max(most, each["open"].get<size_t>());
  ASSERT_GT(most, 1U) << "a flat line shows nothing";
  EXPECT_NE(chart.find(fmt::format("y=\"24\">{}</text>", most)), std::string::npos) << "what the top of the axis stands for";
  const std::string line = part(chart, "<polyline class=\"line\" points=\"", "\"");
  const auto points = words(line);
  ASSERT_EQ(points.size(), 2 * days.size());
  for (size_t at = 0; at < points.size(); ++at) {
    const double x = std::stod(std::string(cut(points[at], ',').first)), y = std::stod(std::string(cut(points[at], ',').second));
    EXPECT_NEAR((150 - y) * static_cast<double>(most) / 130, days[at / 2]["open"].get<double>(), 0.01) << days[at / 2];
    EXPECT_NEAR((x - 30) * static_cast<double>(days.size()) / 440, static_cast<double>((at + 1) / 2), 0.01) << at;
  }
  EXPECT_NE(chart.find(">" + days.front()["date"].get<std::string>() + "<"), std::string::npos);
  EXPECT_NE(chart.find(">" + days.back()["date"].get<std::string>() + "<"), std::string::npos);
  // Bars, each as long as its figure is of the largest.
  const auto bars = [&](const std::string& id) {
    std::vector<double> out;
    std::string rest = part(page, "aria-labelledby=\"" + id + "-title", "</svg>");
    for (size_t at = rest.find("<rect "); at != std::string::npos; at = rest.find("<rect ", at + 1)) out.push_back(std::stod(part(rest.substr(at), "width=\"", "\"")));
    return out;
  };
  const auto check = [&](const std::string& id, const std::vector<double>& values, double round) {
    const auto drawn = bars(id);
    ASSERT_EQ(drawn.size(), values.size()) << id;
    const double largest = *std::ranges::max_element(values);
    for (size_t at = 0; at < values.size(); ++at) EXPECT_NEAR(drawn[at] / 280 * largest, values[at], round) << id << " " << at;
  };
  std::vector<double> shares, times;
  for (const char* severity : {"critical", "high", "medium", "low"}) {
    if (report["within"][severity].is_number()) shares.push_back(report["within"][severity]);
    if (report["mttp_days"][severity].is_number()) times.push_back(report["mttp_days"][severity]), times.push_back(report["p95_days"][severity]);
  }
  check("within", shares, 0.01);
  check("time-to-patch", times, 0.1);
}

TEST_F(SlaFlow, exit_codes_and_wrong_calls) {
  struct { const char* summary; Words words; int code; const char* says; } const rows[] = {
      {"before anything was late", {"sla", "--policy", "policy.yaml", "--now", "2028-02-25"}, 0, "Nothing is overdue"},
      {"an image without anything late", {"sla", "--preset", "bellsoft", "--now", now}, 0, "Nothing is overdue"},
      {"the default", {"sla", "--now", now}, 1, "by 'default'"},
      {"a preset", {"sla", "--preset", "chainguard", "--now", now}, 1, "by 'chainguard'"},
      {"a cadence that is not kept now", {"sla", "--preset", "bellsoft", "--now", now, "--cadence", "registry.example/b=2d"}, 1, "not from"},
      {"a preset that is none", {"sla", "--preset", "nobody"}, 2, "the presets are bellsoft, chainguard, default"},
      {"a preset with a way out", {"sla", "--preset", "../default"}, 2, "the presets are"},
      {"both", {"sla", "--preset", "chainguard", "--policy", "policy.yaml"}, 2, "both a policy and a preset"},
      {"a policy without the section", {"sla", "--policy", "gate.yaml"}, 2, "it has no section 'sla'"},
      {"no such file", {"sla", "--policy", "none.yaml"}, 2, "none.yaml"},
      {"no such ledger", {"sla", "--ledger", "none.db"}, 2, "nothing was recorded yet"},
      {"a time that is none", {"sla", "--now", "tomorrow"}, 2, "tomorrow"},
      {"a cadence that is none", {"sla", "--cadence", "registry.example/a"}, 2, "it is not of the form 'REPO=7d'"},
      {"a form that is none", {"sla", "--format", "sarif"}, 2, "the formats are text and json and html"},
  };
  stage.write("gate.yaml", "gate: {}\n");
  for (const auto& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << ran.told;
  }
  const Json one = parse_json(sla({"--image", "registry.example/b"}, "json").out, "answer").value();
  for (const Json& each : one["clocks"]) EXPECT_EQ(each["image"], "registry.example/b");
  EXPECT_EQ(one["support"].size(), 1U);
}

TEST_F(SlaFlow, each_image_of_a_fleet_is_measured_by_what_was_agreed_for_it) {
  stage.write("fleet.yaml", "policy: policy.yaml\nimages:\n  - {definition: a.yaml, to: 'docker://registry.example/a', cadence: 3d}\n  - {definition: b.yaml, to: 'docker://registry.example/b', sla: pci-dss}\n");
  const Words words = {"sla", "--fleet", "fleet.yaml", "--now", now};
  const auto measured = [&](Words more) {
    more.insert(more.end(), {"--format", "json", "--quiet"});
    return parse_json(stage.ashlar(more).out, "report").value();
  };
  const Json mixed = measured(words), all = measured({"sla", "--fleet", "fleet.yaml", "--policy", "policy.yaml", "--now", now}), pci = measured({"sla", "--preset", "pci-dss", "--now", now});
  ASSERT_EQ(mixed.value("agreements", Json::array()).size(), 1U) << mixed;
  EXPECT_EQ(mixed["agreements"][0]["image"], "registry.example/b");
  EXPECT_EQ(mixed["agreements"][0]["policy"], "pci-dss");
  EXPECT_EQ(mixed["agreements"][0]["source"], pci["source"]);
  EXPECT_FALSE(all.contains("agreements"));
  const auto of = [](const Json& report, const char* image) {
    Json out = Json::array();
    for (const Json& each : report["clocks"]) {
      if (each["image"] == image) out.push_back(each);
    }
    return out;
  };
  EXPECT_EQ(of(mixed, "registry.example/a"), of(all, "registry.example/a"));
  EXPECT_EQ(of(mixed, "registry.example/b"), of(pci, "registry.example/b"));
  EXPECT_NE(of(mixed, "registry.example/b"), of(all, "registry.example/b"));
  EXPECT_NE(stage.ashlar(words).out.find("registry.example/b by 'pci-dss': "), std::string::npos);
  Words page = words;
  page.insert(page.end(), {"--format", "html"});
  EXPECT_NE(stage.ashlar(page).out.find("registry.example/b, by <code>pci-dss</code>: "), std::string::npos);
}

TEST_F(SlaFlow, presets_validate) {
  EXPECT_EQ(stage.ashlar({"validate", std::string(ASHLAR_SOURCE_DIR) + "/policies/sla"}).code, 0);
  stage.write("policies/sla/broken.yaml", "sla: {starts: never}\n");
  const Ran ran = stage.ashlar({"validate", "policies/sla/broken.yaml"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE((ran.out + ran.err).find("'never' is none of"), std::string::npos) << ran.told;
}

}  // namespace
}  // namespace ashlar::flow
