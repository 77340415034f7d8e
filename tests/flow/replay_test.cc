// `ashlar replay`: a small recorded history as text, JSON and HTML, each number recomputed by another program, and what the loop wrote down as a ledger.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

const std::string data = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/replay/";

std::string golden(const std::string& name, const std::string& got) {
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(data + name, std::ios::binary) << got;
  std::ifstream file(data + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ReplayFlow : public ::testing::Test {
 protected:
  Stage stage;
  void SetUp() override {
    for (const char* name : {"history.jsonl", "policy.yaml"}) std::filesystem::copy_file(data + name, stage.folder() / name);
  }
  Ran replay(Words more, const std::string& format = "text") const {
    Words words = {"replay", "--history", "history.jsonl", "--from", "2028-02-26", "--to", "2028-03-06", "--policy", "policy.yaml", "--format", format, "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.ashlar(words);
  }
};

TEST_F(ReplayFlow, a_history_has_golden_figures) {
  for (const auto& [format, name] : {std::pair("text", "report.txt"), std::pair("json", "report.json"), std::pair("html", "report.html")}) {
    const Ran ran = replay({}, format);
    EXPECT_EQ(ran.code, 0) << ran.told;
    EXPECT_EQ(ran.out, golden(name, ran.out)) << name;
  }
}

TEST_F(ReplayFlow, another_program_computes_the_same) {
  ASHLAR_NEED("python3");
  const Json ours = parse_json(replay({}, "json").out, "ours").value();
  const Ran other = stage.run({"python3", std::string(ASHLAR_SOURCE_DIR) + "/tests/flow/recompute_replay.py", "history.jsonl"});
  ASSERT_EQ(other.code, 0) << other.told;
  const Json theirs = parse_json(other.out, "theirs").value();
  ASSERT_EQ(ours["days"].size(), theirs["days"].size());
  for (size_t at = 0; at < ours["days"].size(); ++at) {
    for (const char* key : {"at", "loop", "none", "rebuilds", "stopped", "tickets"}) EXPECT_EQ(ours["days"][at][key], theirs["days"][at][key]) << theirs["days"][at]["at"] << " " << key;
  }
  size_t figures = 0;
  for (const Json& each : ours["severities"]["loop"]) {
    const Json& their = theirs["severities"][each["severity"].get<std::string>()];
    for (const char* key : {"mean_days", "p95_days", "within"}) {
      EXPECT_EQ(each[key].is_null(), their[key].is_null()) << each["severity"] << " " << key;
      if (each[key].is_null() || their[key].is_null()) continue;
      EXPECT_NEAR(each[key].get<double>(), their[key].get<double>(), 0.011) << each["severity"] << " " << key;
      ++figures;
    }
  }
  EXPECT_GE(figures, 6U) << "critical and medium were fixed";
}

TEST_F(ReplayFlow, what_the_loop_writes_down_is_a_ledger) {
  ASSERT_EQ(replay({"--ledger", "replayed.db"}).code, 0);
  const Json verified = stage.json({"audit", "verify", "--ledger", "replayed.db"});
  const Json ours = parse_json(replay({}, "json").out, "ours").value();
  EXPECT_EQ(verified["events"], ours["events"]);
  const Ran sla = stage.ashlar({"sla", "--ledger", "replayed.db", "--policy", "policy.yaml", "--now", "2028-03-06", "--format", "json", "--quiet"});
  EXPECT_EQ(parse_json(sla.out, "sla").value()["severities"], ours["severities"]["loop"]) << "the same clocks from the ledger alone";
  const Ran again = replay({"--ledger", "replayed.db"});
  EXPECT_EQ(again.code, 2) << "a replay is never written into what happened";
  EXPECT_NE(again.told.find("there is one already"), std::string::npos) << again.told;
}

TEST_F(ReplayFlow, html_needs_nothing_else_and_reads_without_eyes) {
  const std::string page = replay({}, "html").out;
  for (const char* outside : {"http://", "https://", "<script", "@import", "url(", "src="}) EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  const auto count = [&](std::string_view word) {
    size_t out = 0;
    for (size_t at = page.find(word); at != std::string::npos; at = page.find(word, at + 1)) ++out;
    return out;
  };
  EXPECT_EQ(count("<svg "), 4U);
  EXPECT_EQ(count("role=\"img\" aria-labelledby="), 4U);
  EXPECT_EQ(count("<caption>"), 3U) << "and a table beside";
}

TEST_F(ReplayFlow, a_packed_history_a_folder_and_wrong_calls) {
  std::filesystem::create_directory(stage.folder() / "folder");
  std::filesystem::copy_file(data + "history.jsonl", stage.folder() / "folder/history.jsonl");
  stage.write("broken.jsonl", "{\"at\":\"2028-01-01\",\"kind\":\"rumour\"}\n");
  stage.write("fleet.yaml", "images:\n  - {definition: a.yaml, to: 'docker://registry.example/a', cadence: 7d}\n");
  const struct { const char* summary; Words words; int code; const char* says; } rows[] = {
      {"a folder", {"--history", "folder", "--from", "2028-02-26", "--to", "2028-03-06"}, 0, "2 images"},
      {"a preset", {"--history", "folder", "--preset", "chainguard", "--from", "2028-02-26", "--to", "2028-03-06"}, 0, "SLA by 'chainguard'"},
      {"a fleet", {"--history", "folder", "--fleet", "fleet.yaml", "--from", "2028-02-26", "--to", "2028-03-06"}, 0, "2 images"},
      {"minutes of its own", {"--history", "folder", "--minutes", "ticket=1", "--from", "2028-02-26", "--to", "2028-03-06"}, 0, "1 minutes a ticket, 60 a stopped renewal"},
      {"twice a day", {"--history", "folder", "--every", "12h", "--from", "2028-02-26", "--to", "2028-03-06"}, 0, "a round every 12 h"},
      {"minutes that are none", {"--history", "folder", "--minutes", "tea=5", "--from", "2028-02-26", "--to", "2028-03-06"}, 2, "none of ticket, stopped, rebuild"},
      {"no such file", {"--history", "none", "--from", "2028-02-26", "--to", "2028-03-06"}, 2, "none"},
      {"a fact that is none", {"--history", "broken.jsonl", "--from", "2028-02-26", "--to", "2028-03-06"}, 2, "line 1: 'kind' is none"},
      {"a day that is none", {"--history", "folder", "--from", "2027-02-29", "--to", "2028-03-06"}, 2, "2027-02-29"},
      {"backwards", {"--history", "folder", "--from", "2028-03-06", "--to", "2028-02-26"}, 2, "there is no round"},
      {"before there was an image", {"--history", "folder", "--from", "2020-01-01", "--to", "2020-02-01"}, 2, "it has no image"},
  };
  for (const auto& row : rows) {
    Words words = {"replay"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << ran.told;
  }
}

TEST_F(ReplayFlow, a_history_is_recorded_of_locks_changelogs_and_a_tracker) {
  for (const char* tool : {"python3", "dpkg-deb", "sha256sum"}) ASHLAR_NEED(tool);
  stage.write("deb/DEBIAN/control", "Package: libdemo1\nVersion: 1.0-1+deb13u2\nArchitecture: amd64\nMaintainer: Some One <one@example.org>\nDescription: demo\n");
  stage.write("changelog", R"(demo (1.0-1+deb13u2) trixie-security; urgency=high

  * CVE-2026-0002

 -- Some One <one@example.org>  Sun, 01 Mar 2026 12:00:00 +0200

demo (1.1-1) unstable; urgency=medium

  * not of this release

 -- Some One <one@example.org>  Sun, 01 Feb 2026 12:00:00 +0000

demo (1.0-1+deb13u1) trixie; urgency=medium

  * CVE-2025-0001

 -- Some One <one@example.org>  Mon, 01 Sep 2025 12:00:00 +0000

demo (1.0-1) unstable; urgency=medium

  * first

 -- Some One <one@example.org>  Wed, 01 Jan 2025 12:00:00 +0000
)");
  stage.write("tracker.json", R"({"demo": {"CVE-2025-0001": {"releases": {"trixie": {"status": "resolved", "fixed_version": "1.0-1+deb13u1", "urgency": "not yet assigned"}}},
    "CVE-2026-0002": {"releases": {"trixie": {"status": "resolved", "fixed_version": "1.0-1+deb13u2", "urgency": "high**"}}},
    "CVE-2020-0003": {"releases": {"trixie": {"status": "open", "urgency": "unimportant"}}},
    "CVE-2020-0004": {"releases": {"bookworm": {"status": "open", "urgency": "low"}, "trixie": {"status": "undetermined"}}}},
    "other": {"CVE-2020-0005": {"releases": {"trixie": {"status": "open", "urgency": "low"}}}}})");
  stage.write("kev.json", R"({"vulnerabilities": [{"cveID": "CVE-2026-0002", "dateAdded": "2026-03-02", "dueDate": "2026-03-20"}, {"cveID": "CVE-2020-0005", "dateAdded": "2026-03-02", "dueDate": "2026-03-20"}]})");
  const Ran made = stage.run({"sh", "-ec", R"sh(mkdir -p deb/usr/share/doc/libdemo1 && gzip -9nc changelog > deb/usr/share/doc/libdemo1/changelog.Debian.gz && dpkg-deb --root-owner-group -b deb demo.deb >/dev/null
    sum=$(sha256sum demo.deb | cut -d' ' -f1) && mkdir -p "packages/$(echo "$sum" | cut -c1-2)" catalog/demo && cp demo.deb "packages/$(echo "$sum" | cut -c1-2)/$(echo "$sum" | cut -c3-)"
    printf '{"distribution": "debian-13", "archives": [], "platforms": {"linux/amd64": {"packages": [{"name": "libdemo1", "source": "demo", "source_version": "1.0-1+deb13u2", "sha256": "%s"}]}}}' "$sum" > catalog/demo/1.lock.json)sh"});
  ASSERT_EQ(made.code, 0) << made.told;
  const Ran recorded = stage.run({"python3", std::string(ASHLAR_SOURCE_DIR) + "/scripts/record_history.py", "--since", "2025-11-26", "--packages", "packages", "--tracker", "tracker.json", "--kev", "kev.json", "catalog/demo/1.lock.json"});
  ASSERT_EQ(recorded.code, 0) << recorded.told;
  EXPECT_EQ(recorded.out, R"({"at":"2025-09-01T12:00:00Z","kind":"advisory","id":"CVE-2025-0001","release":"trixie","source":"demo","fixed_in":"1.0-1+deb13u1","severity":"unrated"}
{"at":"2025-11-26T00:00:00Z","kind":"advisory","id":"CVE-2020-0003","release":"trixie","source":"demo","fixed_in":null,"severity":"negligible"}
{"at":"2025-11-26T00:00:00Z","kind":"image","name":"demo/1","release":"trixie","sources":{"demo":"1.0-1+deb13u1"}}
{"at":"2026-03-01T10:00:00Z","kind":"advisory","id":"CVE-2026-0002","release":"trixie","source":"demo","fixed_in":"1.0-1+deb13u2","severity":"high"}
{"at":"2026-03-01T10:00:00Z","kind":"version","release":"trixie","archive":"trixie-security","source":"demo","version":"1.0-1+deb13u2","security":true}
{"at":"2026-03-02T00:00:00Z","kind":"kev","id":"CVE-2026-0002","due":"2026-03-20"}
)");
  stage.write("recorded.jsonl", recorded.out);
  const Ran ran = stage.ashlar({"replay", "--history", "recorded.jsonl", "--from", "2025-11-26", "--to", "2026-03-05", "--format", "json", "--quiet"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  const Json answer = parse_json(ran.out, "answer").value();
  EXPECT_EQ(answer["days"].back()["loop"]["matters"], 0);
  EXPECT_EQ(answer["days"].back()["none"]["matters"], 1);
  EXPECT_EQ(answer["days"].back()["loop"]["named"], 3);
  EXPECT_EQ(answer["effort"]["rebuilds"], 1);
}

}  // namespace
}  // namespace ashlar::flow
