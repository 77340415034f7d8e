// `ashlar outcomes`: an image as it was and one that was hardened, made here with a small database and a ledger; each figure recomputed by another program, and no figure
// without its evidence.
#include <cmath>
#include <filesystem>

#include "base/text.h"
#include "ledger/ledger.h"
#include "sample_root.h"

namespace ashlar::flow {
namespace {

constexpr const char* image = "registry.example/hardened/tool";

/// Records of three source packages: one fixed, one open, one that does not matter, one that a statement answers.
constexpr const char* tracker = R"({
 "openssl": {"CVE-2026-0001": {"releases": {"trixie": {"status": "resolved", "fixed_version": "3.1", "urgency": "high", "repositories": {"trixie": "3.1"}}}},
             "CVE-2026-0002": {"releases": {"trixie": {"status": "open", "urgency": "medium", "repositories": {"trixie": "3.1"}}}}},
 "tar": {"CVE-2026-0003": {"releases": {"trixie": {"status": "open", "urgency": "unimportant", "repositories": {"trixie": "1.3"}}}},
         "CVE-2026-0005": {"releases": {"trixie": {"status": "resolved", "fixed_version": "1.2", "urgency": "low", "repositories": {"trixie": "1.3"}}}}},
 "perl": {"CVE-2026-0004": {"releases": {"trixie": {"status": "open", "urgency": "not yet assigned", "repositories": {"trixie": "5.40"}}}}}})";

constexpr const char* told = R"(
2026-02-01T00:00:00Z promoted IMAGE - digest=sha256:1 tag=1
2026-02-01T00:00:00Z tested IMAGE - digest=sha256:1 result=passed
2026-02-02T00:00:00Z fix-available - CVE-2026-0001 fixed-in=3.1
2026-02-02T06:00:00Z first-seen IMAGE CVE-2026-0001 package=openssl severity=high
2026-02-03T00:00:00Z tested IMAGE - digest=sha256:2 result=passed
2026-02-03T12:00:00Z promoted IMAGE - digest=sha256:2 tag=1 fixes=CVE-2026-0001
2026-02-04T00:00:00Z fix-available - CVE-2026-0005 fixed-in=1.2
2026-02-05T00:00:00Z first-seen IMAGE CVE-2026-0005 package=tar severity=medium
2026-02-06T00:00:00Z first-seen IMAGE CVE-2026-0002 package=openssl severity=medium
2026-02-07T00:00:00Z assessed IMAGE CVE-2026-0002 package=openssl status=not_affected reason=absent
2026-02-07T00:00:00Z first-seen IMAGE CVE-2026-0003 package=tar severity=negligible
2026-02-08T00:00:00Z first-seen IMAGE CVE-2026-0004 package=perl severity=medium
2026-02-10T00:00:00Z tested IMAGE - result=stopped reason=gate
2026-02-11T00:00:00Z fix-available - CVE-2026-0009
2026-02-12T00:00:00Z first-seen IMAGE CVE-2026-0009 package=zlib severity=critical
2026-02-12T00:00:00Z fix-available - CVE-2026-0010
2026-02-12T00:00:00Z first-seen IMAGE CVE-2026-0010 package=zlib severity=high
2026-03-12T06:00:00Z promoted IMAGE - digest=sha256:4 tag=1 fixes=CVE-2026-0009
2026-03-13T06:00:00Z promoted IMAGE - digest=sha256:5 tag=1 fixes=CVE-2026-0005
2026-03-14T00:00:00Z tested IMAGE - digest=sha256:5 result=passed
2026-03-15T00:00:00Z first-seen registry.example/other CVE-2026-0001 package=openssl severity=high
)";

class OutcomesFlow : public SampleRoot {
 protected:
  void SetUp() override {
    now = Time{host::real_machine().clock->now().seconds + 3600}.str();
    stage.write("old/etc/os-release", debian13);
    stage.write("old/etc/debian_version", "13.1\n");
    stage.write("old/var/lib/dpkg/status", deb("openssl", "3.0") + deb("libssl3", "3.0", "Source: openssl\n") + deb("tar", "1.1") + deb("perl", "5.40") + deb("perl-base", "5.40", "Source: perl\n"));
    stage.write("old/usr/share/readme", "nobody's");
    stage.write("new/etc/os-release", debian13);
    stage.write("new/etc/debian_version", "13.1\n");
    stage.write("new/var/lib/dpkg/status.d/libssl3", deb("libssl3", "3.1", "Source: openssl\n"));
    stage.write("new/var/lib/dpkg/status.d/tar", deb("tar", "1.3"));
    pack_root(stage, "old", "before");
    pack_root(stage, "new", "after");
    stage.write("kev.json", fmt::format(R"({{"title": "x", "catalogVersion": "1", "dateReleased": "{}", "count": 1, "vulnerabilities": [{{"cveID": "CVE-2026-0001", "dateAdded": "2026-01-01", "dueDate": "2026-02-01", "knownRansomwareCampaignUse": "Unknown"}}]}})", host::real_machine().clock->now().str()));
    stage.write("tracker.json", tracker);
    ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "kev=kev.json"}).code, 0);
    stage.write("vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/1", "author": "a", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [
      {"vulnerability": {"name": "CVE-2026-0002"}, "products": [{"@id": "pkg:deb/debian/openssl"}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]})");
    stage.write("tool.lock.json", R"({"schema": "https://ashlar.dev/lock/v1", "definition": "tool", "inputs_sha256": "0000000000000000000000000000000000000000000000000000000000000000", "distribution": "debian-13",
      "platforms": {"linux/amd64": {"packages": [)" + locked("libssl3", "openssl", "3.1") + ", " + locked("tar", "tar", "1.2") + R"(]}},
      "archives": [{"name": "debian", "suite": "trixie", "release_sha256": "1111111111111111111111111111111111111111111111111111111111111111", "date": "2026-02-01T00:00:00Z", "components": ["main"]}],
      "encoder": {"codec": "gzip", "library": "libdeflate", "version": "1.14", "level": 6}})");
    write_ledger();
  }
  static std::string locked(const std::string& name, const std::string& source, const std::string& version) {
    return fmt::format(R"({{"name": "{0}", "version": "{2}", "source": "{1}", "source_version": "{2}", "architecture": "amd64", "size": 1, "sha256": "{3:0>64}", "path": "pool/{0}.deb", "archive": "debian", "suite": "trixie", "reason": "asked for by the definition", "depends": []}})", name, source, version, 7);
  }
  fs::path ledger_file() const { return stage.folder() / "home/data/ashlar/ledger.db"; }
  void write_ledger() const {
    std::vector<ledger::Event> events;
    for (const std::string_view line : split(told, '\n')) {
      const auto parts = words(line);
      if (parts.empty()) continue;
      ledger::Event event{.kind = ledger::parse_kind(parts[1]).value(), .at = Time::parse(parts[0]).value(), .image = parts[2] == "-" ? "" : parts[2] == "IMAGE" ? image : std::string(parts[2]), .vulnerability = parts[3] == "-" ? "" : std::string(parts[3]), .by = "ashlar renew"};
      for (const std::string_view part : std::span(parts).subspan(4)) {
        const auto [name, value] = cut(part, '=');
        if (name == "package") event.package = value;
        else if (name == "digest") event.digest = value;
        else event.facts[std::string(name)] = value;
      }
      events.push_back(std::move(event));
    }
    auto ledger = ledger::Ledger::open(ledger_file());
    ASSERT_TRUE(ledger) << ledger.error().message;
    ASSERT_TRUE(ledger->append(events, Time::parse("2026-03-20").value()));
  }
  Ran outcomes(const Words& more = {}, const std::string& format = "json") const {
    Words all = {"outcomes", "--old", "oci:before:1", "--new", "oci:after:1", "--image", image, "--lock", "tool.lock.json", "--vex", "vex.json", "--now", now, "--format", format, "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return stage.ashlar(all);
  }
  static Json lines_of(const Ran& ran) {
    const auto answer = parse_json(ran.out, "outcomes");
    EXPECT_TRUE(answer) << ran.told;
    Json out = Json::object();
    if (answer) for (const Json& line : (*answer)["lines"]) out[line["id"].get<std::string>()] = line;
    return out;
  }
  std::string now;
};

TEST_F(OutcomesFlow, another_program_computes_the_same) {
  ASHLAR_NEED("python3");
  const Ran ran = outcomes();
  EXPECT_EQ(ran.code, 0) << ran.told;
  const Json ours = lines_of(ran);
  const Ran log = stage.ashlar({"audit", "log", "--format", "jsonl"});
  ASSERT_EQ(log.code, 0) << log.told;
  stage.write("log.jsonl", log.out);
  const Ran other = stage.run({"sh", "-c", fmt::format("python3 {} {} {} old new tracker.json kev.json vex.json tool.lock.json <log.jsonl", shell_word(std::string(ASHLAR_SOURCE_DIR) + "/tests/flow/recompute_outcomes.py"), now, image)});
  ASSERT_EQ(other.code, 0) << other.told;
  const Json theirs = parse_json(other.out, "theirs").value();
  EXPECT_GE(theirs.size(), 35U);
  size_t figures = 0;
  for (const auto& [id, values] : theirs.items()) {
    ASSERT_TRUE(ours.contains(id)) << id;
    for (const char* column : {"before", "after"}) {
      const Json &our = ours[id][column]["value"], &their = values[column];
      EXPECT_EQ(our.is_null(), their.is_null()) << id << " " << column << ": " << ours[id][column] << " and " << their;
      if (our.is_null() || their.is_null()) continue;
      EXPECT_NEAR(our.get<double>(), their.get<double>(), 0.0001) << id << " " << column;
      ++figures;
    }
  }
  EXPECT_GE(figures, 55U);
  // Neither takes a ledger that was changed.
  stage.write("log.jsonl", log.out.substr(0, 200) + "x" + log.out.substr(201));
  EXPECT_NE(stage.run({"sh", "-c", fmt::format("python3 {} {} {} old new tracker.json kev.json vex.json tool.lock.json <log.jsonl", shell_word(std::string(ASHLAR_SOURCE_DIR) + "/tests/flow/recompute_outcomes.py"), now, image)}).code, 0);
}

TEST_F(OutcomesFlow, the_same_input_gives_the_same_bytes_in_every_form) {
  for (const char* format : {"text", "json", "html"}) {
    const Ran one = outcomes({}, format), two = outcomes({}, format);
    EXPECT_EQ(one.code, 0) << one.told;
    EXPECT_EQ(one.out, two.out) << format;
  }
  const std::string text = outcomes({}, "text").out;
  for (const char* part : {"CVEs per image", "Scanner integration", "Scanner noise", "Package management", "Time to patch", "Compliance and audit", "Operational burden", "scan of sha256:", "ledger events 1–21, verified", "no evidence ["}) EXPECT_NE(text.find(part), std::string::npos) << part << text;
}

TEST_F(OutcomesFlow, without_its_evidence_a_line_has_no_figure) {
  const Json all = lines_of(outcomes());
  const auto value = [](const Json& lines, const char* id) { return lines[id]["after"]["value"]; };
  EXPECT_DOUBLE_EQ(value(all, "packages.verified").get<double>(), 0.5) << "the lock names another version of tar";
  Json got = lines_of(stage.ashlar({"outcomes", "--new", "oci:after:1", "--image", image, "--now", now, "--format", "json", "--quiet"}));
  EXPECT_TRUE(value(got, "packages.verified").is_null()) << "no lock";
  EXPECT_EQ(got["cves.open"]["before"]["text"], "no old image is named (--old)");
  EXPECT_EQ(value(got, "cves.open"), value(all, "cves.open").get<int>() + 1) << "without the statement";
  got = lines_of(outcomes({"--ledger", "none.db"}));
  for (const char* id : {"patching.reach", "audit.ledger", "audit.sla", "burden.steps"}) EXPECT_EQ(got[id]["after"]["text"], "there is no ledger") << id;
  EXPECT_EQ(value(got, "cves.open"), value(all, "cves.open"));
  got = lines_of(stage.ashlar({"outcomes", "--new", "oci:after:1", "--image", "registry.example/nobody", "--now", now, "--format", "json", "--quiet"}));
  EXPECT_EQ(got["burden.steps"]["after"]["text"], "the ledger has no event of 'registry.example/nobody'");
  got = lines_of(stage.ashlar({"outcomes", "--new", "dir:new", "--now", now, "--format", "json", "--quiet"}));
  EXPECT_EQ(got["audit.signature"]["after"]["text"], "it is no image, and nothing can be attached to it");
  EXPECT_EQ(got["audit.proofs"]["after"]["text"], "it is no image; proofs are of images");
  // A ledger that was changed tells nothing.
  ASHLAR_NEED("sqlite3");
  const Ran triggers = stage.run({"sqlite3", ledger_file().string(), "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type='trigger';"});
  ASSERT_EQ(stage.run({"sqlite3", ledger_file().string(), triggers.out + "UPDATE entries SET body = replace(body, 'severity\":\"high', 'severity\":\"low') WHERE number = 4;"}).code, 0);
  got = lines_of(outcomes());
  EXPECT_NE(got["patching.reach"]["after"]["text"].get<std::string>().find("the ledger is damaged"), std::string::npos) << got["patching.reach"];
}

TEST_F(OutcomesFlow, without_a_database_nothing_is_judged) {
  fs::remove_all(stage.folder() / "home/data/ashlar/advisories");
  const Ran ran = outcomes();
  EXPECT_EQ(ran.code, 3) << ran.told;
  const Json got = lines_of(ran);
  for (const char* id : {"cves.open", "cves.base.high", "noise.named", "noise.share", "cves.kev"}) EXPECT_EQ(got[id]["after"]["text"], "there is no advisory database") << id;
  EXPECT_EQ(got["packages.count"]["after"]["value"], 2) << "they are counted without one";
}

TEST_F(OutcomesFlow, what_is_signed_by_whom_is_believed_counts) {
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "our"}).code, 0);
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "other"}).code, 0);
  ASSERT_EQ(stage.ashlar({"sign", "oci:after:1", "--key", "our.key"}).code, 0);
  ASSERT_EQ(stage.ashlar({"attest", "oci:after:1", "--key", "our.key", "--type", "openvex", "--predicate", "vex.json"}).code, 0);
  ASSERT_EQ(stage.ashlar({"attest", "oci:after:1", "--key", "our.key", "--type", "lock", "--predicate", "tool.lock.json"}).code, 0);
  const auto look = [&](const char* key) { return lines_of(stage.ashlar({"outcomes", "--old", "oci:before:1", "--new", "oci:after:1", "--key", key, "--now", now, "--format", "json", "--quiet"})); };
  const Json ours = look("our.pub"), others = look("other.pub");
  for (const char* id : {"audit.signature", "audit.vex"}) {
    EXPECT_EQ(ours[id]["after"]["value"], 1) << ours[id];
    EXPECT_EQ(ours[id]["before"]["value"], 0) << ours[id];
    EXPECT_EQ(others[id]["after"]["value"], 0) << others[id];
  }
  EXPECT_EQ(ours["scanners.vex"]["after"]["value"], 1);
  EXPECT_NE(ours["scanners.vex"]["after"]["text"].get<std::string>().find("trivy --vex oci"), std::string::npos) << ours["scanners.vex"];
  EXPECT_EQ(ours["packages.verified"]["after"]["value"], 0.5) << "by the lock that is attached";
  EXPECT_TRUE(others["packages.verified"]["after"]["value"].is_null()) << "that of a stranger is none";
}

TEST_F(OutcomesFlow, a_fleet_and_what_it_took_the_place_of) {
  stage.write("tool.yaml", "image: tool\ntags: [\"1\"]\nplatforms: [linux/amd64]\ndistribution: debian-13\ncontents: {packages: [tar]}\n");
  stage.write("fleet.yaml", "images:\n  - {definition: tool.yaml, to: 'oci:after:1', replaces: 'oci:before:1'}\n");
  const Ran ran = stage.ashlar({"outcomes", "--fleet", "fleet.yaml", "--now", now, "--format", "json", "--quiet"});
  ASSERT_TRUE(ran.code == 0 || ran.code == 3) << ran.told;
  const Json answer = parse_json(ran.out, "outcomes").value();
  ASSERT_EQ(answer["images"].size(), 2U) << ran.told;
  EXPECT_EQ(answer["images"][0]["column"], "before");
  EXPECT_EQ(answer["images"][1]["verdict"], "affected") << ran.told;
  stage.write("fleet.yaml", "images:\n  - {definition: tool.yaml, to: 'oci:nothing:1'}\n");
  const Ran none = stage.ashlar({"outcomes", "--fleet", "fleet.yaml", "--now", now, "--format", "json", "--quiet"});
  EXPECT_EQ(none.code, 3) << none.told;
  const Json lines = lines_of(none);
  EXPECT_EQ(lines["cves.open"]["after"]["text"], "nothing is published there");
  EXPECT_NE(lines["cves.open"]["before"]["text"].get<std::string>().find("replaces"), std::string::npos);
}

TEST_F(OutcomesFlow, other_scanners_are_run_where_they_are) {
  // Stand-ins: what they say is known, and how they are called is looked at.
  stage.write("bin/grype", "#!/bin/sh\necho \"$GRYPE_DB_AUTO_UPDATE $*\" >>called\ncat <<'END'\n{\"matches\": [{\"vulnerability\": {\"id\": \"CVE-2026-0003\"}, \"artifact\": {\"name\": \"tar\"}}], \"distro\": {\"name\": \"debian\", \"version\": \"13\"}, \"descriptor\": {\"version\": \"9.9\"}}\nEND\n");
  stage.write("bin/trivy", "#!/bin/sh\necho no database >&2\nexit 1\n");
  for (const char* name : {"bin/grype", "bin/trivy"}) fs::permissions(stage.folder() / name, fs::perms(0755));
  stage.environment["PATH"] = (stage.folder() / "bin").string() + ":" + stage.environment["PATH"];
  const Json got = lines_of(outcomes({"--scanners", "grype,trivy"}));
  EXPECT_EQ(got["noise.peer.grype"]["after"]["value"], 1) << got["noise.peer.grype"];
  EXPECT_EQ(got["scanners.grype.ran"]["after"]["text"], "debian 13");
  EXPECT_NE(got["noise.peer.grype"]["after"]["source"].get<std::string>().find("grype 9.9 run on sha256:"), std::string::npos);
  EXPECT_EQ(got["noise.peer.trivy"]["after"]["text"], "cannot run trivy: it ended with 1: no database");
  EXPECT_NE(stage.read("called").find("false --quiet --output json docker-archive:"), std::string::npos) << stage.read("called");
  EXPECT_EQ(broken_entries(stage.cache()), "");
}

TEST_F(OutcomesFlow, wrong_calls) {
  struct { const char* summary; Words words; int code; const char* says; } const rows[] = {
      {"nothing named", {"outcomes"}, 2, "no image is named: --new REF, or a fleet"},
      {"both", {"outcomes", "--new", "oci:after:1", "--fleet", "fleet.yaml"}, 2, "both a fleet and images are named"},
      {"more locks than images", {"outcomes", "--new", "oci:after:1", "--lock", "a", "--lock", "b"}, 2, "2 --lock are more than images (--new)"},
      {"no such image", {"outcomes", "--new", "oci:none:1"}, 2, "none"},
      {"no such lock", {"outcomes", "--new", "oci:after:1", "--lock", "none.json"}, 2, "none.json"},
      {"a lock that is none", {"outcomes", "--new", "oci:after:1", "--lock", "kev.json"}, 2, "cannot read lock 'kev.json'"},
      {"a scanner that is none", {"outcomes", "--new", "oci:after:1", "--scanners", "crystal-ball"}, 2, "the scanners that can be run beside are grype and trivy"},
      {"minutes that are none", {"outcomes", "--new", "oci:after:1", "--minutes", "tea=5"}, 2, "none of ticket, stopped, rebuild"},
      {"a preset that is none", {"outcomes", "--new", "oci:after:1", "--preset", "nobody"}, 2, "the presets are"},
      {"a time that is none", {"outcomes", "--new", "oci:after:1", "--now", "soon"}, 2, "soon"},
      {"a fleet that is none", {"outcomes", "--fleet", "none.yaml"}, 2, "none.yaml"},
  };
  for (const auto& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << ran.told;
  }
}

}  // namespace
}  // namespace ashlar::flow
