// `ashlar feed`: feeds from a server, a folder, an archive and a pipe, in their publishers' forms; what is damaged is refused and the last good state
// stays; bundles for sealed rooms.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "host/loopback.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class FeedFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(stage.folder() / "www");
    auto started = host::LoopbackServer::start(stage.folder() / "www");
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }

  /// The tracker's document with these packages, each with one flaw.
  static std::string tracker(const std::vector<std::string>& packages, const std::string& fixed = "2.0-1") {
    std::string out = "{";
    for (size_t at = 0; at < packages.size(); ++at) {
      out += fmt::format(R"({}"{}": {{"CVE-2026-{:04}": {{"scope": "remote", "releases": {{"trixie": {{"status": "resolved", "fixed_version": "{}", "urgency": "medium", "repositories": {{"trixie": "1.0-1"}}}}}}}}}})", at == 0 ? "" : ", ", packages[at], at + 1, fixed);
    }
    return out + "}\n";
  }
  static std::string osv(const std::string& id, const std::string& modified = "2026-01-02T00:00:00Z") {
    return fmt::format(R"({{"schema_version": "1.6.0", "id": "{}", "modified": "{}", "published": "2026-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "PyPI", "name": "left"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "1.2"}}]}}]}}]}})", id, modified);
  }
  static std::string kev(const std::string& released = "2026-01-02T00:00:00Z") {
    return fmt::format(R"({{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.01.02", "dateReleased": "{}", "count": 1, "vulnerabilities": [
      {{"cveID": "CVE-2026-0001", "vendorProject": "x", "product": "x", "vulnerabilityName": "x", "dateAdded": "2026-01-01", "shortDescription": "x", "requiredAction": "x", "dueDate": "2026-02-01", "knownRansomwareCampaignUse": "Unknown"}}]}})", released);
  }

  void serve(const std::string& name, const std::string& text) const { stage.write("www/" + name, text); }
  std::string from(const std::string& feed, const std::string& path) const { return feed + "=" + server->url() + "/" + path; }
  Ran update(Words feeds) const {
    feeds.insert(feeds.begin(), {"feed", "update"});
    return stage.ashlar(feeds);
  }
  host::Path state() const { return host::Path(stage.environment.at("XDG_DATA_HOME")) / "ashlar/advisories"; }
  /// What counts: the name of the database.
  std::string current() const { return stage.read(state() / "current"); }
  std::uint64_t records(const std::string& feed) const {
    const Json answer = stage.json({"feed", "list"});
    for (const Json& each : answer["feeds"]) {
      if (each["name"] == feed && each["records"].is_number()) return each["records"].get<std::uint64_t>();
    }
    return 0;
  }

  Stage stage;
  std::unique_ptr<host::LoopbackServer> server;
};

TEST_F(FeedFlow, what_did_not_change_is_not_fetched_again) {
  serve("tracker.json", tracker({"a", "b"}));
  const Ran first = update({from("debian-tracker", "tracker.json")});
  ASSERT_EQ(first.code, 0) << first.told;
  EXPECT_EQ(records("debian-tracker"), 2U);
  const std::string before = current();
  const Ran second = update({from("debian-tracker", "tracker.json")});
  EXPECT_EQ(second.code, 0) << second.told;
  EXPECT_NE((second.out + second.err).find("nothing is new"), std::string::npos) << second.told;
  EXPECT_EQ(current(), before);
  const auto requests = server->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[1].headers.contains("if-none-match") || requests[1].headers.contains("if-modified-since"));
  serve("tracker.json", tracker({"a", "b", "c"}));
  EXPECT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  EXPECT_EQ(records("debian-tracker"), 3U);
}

TEST_F(FeedFlow, what_was_cut_off_is_resumed) {
  std::vector<std::string> many;
  for (int at = 0; at < 2000; ++at) many.push_back(fmt::format("package-{}", at));
  const std::string whole = tracker(many);
  serve("tracker.json", whole);
  server->set_fault("/tracker.json", {.times = 1, .cut_after = 100'000});
  const Ran cut = update({from("debian-tracker", "tracker.json")});
  Ran done = cut;
  // Where the connection is tried again at once, that goes on from the byte where it broke, too.
  if (cut.code != 0) {
    EXPECT_EQ(cut.code, 4) << cut.told;
    EXPECT_EQ(current(), "") << "half a feed is none";
    done = update({from("debian-tracker", "tracker.json")});
  }
  ASSERT_EQ(done.code, 0) << done.told;
  EXPECT_EQ(records("debian-tracker"), 2000U);
  const auto requests = server->requests();
  ASSERT_GE(requests.size(), 2U);
  EXPECT_TRUE(requests.back().headers.contains("range")) << "it began again from the first byte";
}

TEST_F(FeedFlow, an_answer_that_is_none_leaves_the_last_good_state) {
  serve("tracker.json", tracker({"a"}));
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  const std::string before = current();
  for (const int status : {404, 500, 503}) {
    server->set_fault("/tracker.json", {.status = status});
    const Ran ran = update({from("debian-tracker", "tracker.json")});
    EXPECT_EQ(ran.code, 4) << ran.told;
    EXPECT_NE(ran.err.find(std::to_string(status)), std::string::npos) << ran.told;
    EXPECT_EQ(current(), before) << status;
    EXPECT_EQ(records("debian-tracker"), 1U);
  }
  server.reset();
  const Ran gone = update({"debian-tracker=http://127.0.0.1:9/tracker.json"});
  EXPECT_EQ(gone.code, 4) << gone.told;
  EXPECT_EQ(current(), before);
}

TEST_F(FeedFlow, a_damaged_document_stops_nobody_else) {
  stage.write("osv/PYSEC-2026-1.json", osv("PYSEC-2026-1"));
  serve("tracker.json", tracker({"a"}));
  serve("kev.json", kev());
  ASSERT_EQ(update({from("debian-tracker", "tracker.json"), from("kev", "kev.json"), "pypi=osv"}).code, 0);
  serve("tracker.json", tracker({"a", "b"}));
  serve("kev.json", "<html>Too many requests</html>");
  stage.write("osv/PYSEC-2026-2.json", osv("PYSEC-2026-2"));
  const Ran ran = stage.ashlar({"feed", "update", from("kev", "kev.json"), from("debian-tracker", "tracker.json"), "pypi=osv", "--quiet", "--format", "json"});
  EXPECT_EQ(ran.code, 5) << ran.told;
  EXPECT_NE(ran.err.find("feed 'kev' stays as it was: cannot read feed 'kev'"), std::string::npos) << ran.told;
  EXPECT_NE(ran.out.find(R"("faults")"), std::string::npos) << ran.told;
  EXPECT_EQ(records("debian-tracker"), 2U);
  EXPECT_EQ(records("pypi"), 2U);
  EXPECT_EQ(records("kev"), 1U) << "its last good state";
  // What was damaged is not taken for what was read: it is asked for as before.
  const Ran again = update({from("kev", "kev.json")});
  EXPECT_EQ(again.code, 5) << again.told;
  serve("kev.json", kev("2026-01-03T00:00:00Z"));
  EXPECT_EQ(update({from("kev", "kev.json")}).code, 0);
  // One that cannot be had stops nobody either.
  serve("tracker.json", tracker({"a", "b", "c"}));
  const Ran absent = update({from("kev", "nowhere.json"), from("debian-tracker", "tracker.json")});
  EXPECT_EQ(absent.code, 4) << absent.told;
  EXPECT_EQ(records("debian-tracker"), 3U);
}

TEST_F(FeedFlow, a_damaged_feed_is_refused_whole) {
  serve("tracker.json", tracker({"a"}));
  serve("kev.json", kev());
  ASSERT_EQ(update({from("debian-tracker", "tracker.json"), from("kev", "kev.json")}).code, 0);
  const std::string before = current(), good = tracker({"a", "b", "c"});
  struct Row {
    const char *summary, *file;
    std::string text;
    const char* says;
  };
  std::string altered = good;
  altered[good.size() / 2] = '\x01';
  const Row rows[] = {
      {"an error page", "tracker.json", "<html><body>Too many requests</body></html>\n", "tracker.json"},
      {"nothing at all", "tracker.json", "", "tracker.json"},
      {"truncated", "tracker.json", good.substr(0, good.size() / 2), "tracker.json"},
      {"a byte was altered", "tracker.json", altered, "tracker.json"},
      {"an unknown status", "tracker.json", R"({"a": {"CVE-2026-0001": {"releases": {"trixie": {"status": "perhaps", "repositories": {}, "urgency": "low"}}}}})", "perhaps"},
      {"no record", "tracker.json", "{}\n", "tracker.json"},
      {"an archive that is cut", "tracker.json", std::string("\x28\xb5\x2f\xfd\x04\x00", 6), "debian-tracker"},
      {"dated in the future", "kev.json", kev("2099-01-01T00:00:00Z"), "2099-01-01"},
      {"another count than it says", "kev.json", [] { auto text = kev(); return text.replace(text.find("\"count\": 1"), 10, "\"count\": 7"); }(), "kev.json"},
  };
  for (const Row& row : rows) {
    serve("tracker.json", good), serve("kev.json", kev());
    serve(row.file, row.text);
    const Ran ran = update({from("debian-tracker", "tracker.json"), from("kev", "kev.json")});
    EXPECT_NE(ran.code, 0) << row.summary << "\n" << ran.told;
    EXPECT_NE(ran.code, 70) << row.summary << "\n" << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << "\n" << ran.told;
    EXPECT_EQ(ran.code, 5) << row.summary << "\n" << ran.told;
    // The sound feed beside it is updated: of the rows with a damaged tracker that is the catalogue, which did not change.
    const bool tracker_damaged = std::string_view(row.file) == "tracker.json";
    EXPECT_EQ(records("kev"), 1U) << row.summary;
    EXPECT_EQ(records("debian-tracker"), tracker_damaged ? 1U : 3U) << row.summary;
    EXPECT_EQ(current() == before, tracker_damaged) << row.summary;
  }
  serve("tracker.json", good), serve("kev.json", kev());
  const Ran mended = update({from("debian-tracker", "tracker.json"), from("kev", "kev.json")});
  EXPECT_EQ(mended.code, 0) << mended.told;
  EXPECT_EQ(records("debian-tracker"), 3U);
}

TEST_F(FeedFlow, a_record_that_vanishes_is_told) {
  serve("tracker.json", tracker({"a", "b"}));
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  serve("tracker.json", tracker({"a"}));
  const Ran ran = update({from("debian-tracker", "tracker.json")});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(ran.err.find("feed 'debian-tracker' no longer has 1 of its records"), std::string::npos) << ran.told;
  EXPECT_NE(ran.err.find("CVE-2026-0002"), std::string::npos) << ran.told;
}

// With `--quiet` two records of three were lost without a word; a fixed version that became `0` was no change.
TEST_F(FeedFlow, what_takes_findings_away_is_told_to_whoever_wants_no_notes) {
  std::vector<std::string> many;
  for (int at = 0; at < 15; ++at) many.push_back(fmt::format("package-{}", at));
  serve("tracker.json", tracker(many));
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  serve("tracker.json", tracker(many, "0"));
  const Ran zero = update({from("debian-tracker", "tracker.json")});
  EXPECT_EQ(zero.code, 0) << zero.told;
  EXPECT_NE(zero.out.find("debian-tracker: 0 new, 15 changed"), std::string::npos) << zero.told;
  EXPECT_NE(zero.err.find("feed 'debian-tracker' no longer calls affected what 15 of its records did (CVE-2026-0001, "), std::string::npos) << zero.told;
  EXPECT_NE(zero.err.find("CVE-2026-0010 and 5 more)"), std::string::npos) << zero.told;
  many.resize(3);
  serve("tracker.json", tracker(many));
  const Ran gone = update({from("debian-tracker", "tracker.json"), "--quiet"});
  EXPECT_EQ(gone.code, 0) << gone.told;
  EXPECT_NE(gone.err.find("feed 'debian-tracker' no longer has 12 of its records (CVE-2026-0004, "), std::string::npos) << gone.told;

  stage.write("osv/1.json", osv("PYSEC-2026-1"));
  ASSERT_EQ(update({"pypi=osv"}).code, 0);
  std::string withdrawn = osv("PYSEC-2026-1");
  stage.write("osv/1.json", withdrawn.insert(1, R"("withdrawn": "2026-01-03T00:00:00Z", )"));
  const Ran taken = stage.ashlar({"feed", "update", "pypi=osv", "--quiet", "--format", "json"});
  EXPECT_EQ(taken.code, 0) << taken.told;
  EXPECT_NE(taken.err.find("feed 'pypi' has withdrawn 1 of its records (PYSEC-2026-1)"), std::string::npos) << taken.told;
  const auto answer = parse_json(taken.out, "answer");
  ASSERT_TRUE(answer) << taken.told;
  EXPECT_EQ((*answer)["news"][0]["withdrawn"], Json::array({"PYSEC-2026-1"}));
  EXPECT_EQ((*answer)["news"][0]["changed"], 1);
}

// A feed that is asked for each day and does not change went stale for ever; a file of years ago counted as new.
TEST_F(FeedFlow, a_feed_is_as_old_as_it_was_last_known_to_be_current) {
  const auto of = [&](const std::string& feed, const char* key) -> std::string {
    const Json answer = stage.json({"feed", "list"});
    for (const Json& each : answer["feeds"]) {
      if (each["name"] == feed) return each[key];
    }
    return {};
  };
  serve("kev.json", kev());
  ASSERT_EQ(update({from("kev", "kev.json")}).code, 0);
  const std::string dated = of("kev", "dated"), fetched = of("kev", "fetched"), first = of("kev", "current");
  EXPECT_EQ(dated, "2026-01-02T00:00:00Z");
  EXPECT_EQ(first, fetched);
  ASSERT_EQ(stage.run({"sleep", "1.1"}).code, 0);
  const Ran same = update({from("kev", "kev.json")});
  EXPECT_NE((same.out + same.err).find("nothing is new"), std::string::npos) << same.told;
  EXPECT_GT(of("kev", "current"), first);
  EXPECT_EQ(of("kev", "dated"), dated) << "the date of its content is another matter";
  EXPECT_EQ(of("kev", "fetched"), fetched);

  stage.write("tracker.json", tracker({"a"}));
  ASSERT_EQ(stage.run({"touch", "-d", "2026-01-05T00:00:00Z", "tracker.json"}).code, 0);
  ASSERT_EQ(update({"debian-tracker=tracker.json"}).code, 0);
  EXPECT_EQ(of("debian-tracker", "dated"), "2026-01-05T00:00:00Z");
  EXPECT_EQ(of("debian-tracker", "current"), "2026-01-05T00:00:00Z");
  stage.write("kev-file.json", kev("2026-01-03T00:00:00Z"));
  ASSERT_EQ(update({"kev=kev-file.json"}).code, 0);
  EXPECT_EQ(of("kev", "current"), "2026-01-03T00:00:00Z") << "of a file nobody knows whether it is what the publisher has";
}

TEST_F(FeedFlow, as_of_answers_with_what_was_known) {
  stage.write("left.spdx.json", R"({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "x", "dataLicense": "CC0-1.0", "documentNamespace": "https://example.org/x", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: x"]}, "packages": [
    {"SPDXID": "SPDXRef-left", "name": "left", "versionInfo": "1.1", "downloadLocation": "NOASSERTION", "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:pypi/left@1.1"}]}]})");
  const auto scan = [&](Words more) {
    more.insert(more.begin(), {"scan", "left.spdx.json", "--format", "json", "--quiet"});
    const Ran ran = stage.ashlar(more);
    const auto answer = parse_json(ran.out, "scan");
    return answer ? *answer : Json(ran.told);
  };
  stage.write("osv/1.json", osv("PYSEC-2026-1"));
  ASSERT_EQ(update({"pypi=osv"}).code, 0);
  const Json first = scan({});
  ASSERT_EQ(first["findings"].size(), 1U) << first;
  std::string moment;
  const Json list = stage.json({"feed", "list"});
  for (const Json& each : list["feeds"]) {
    if (each["name"] == "pypi") moment = each["fetched"];
  }
  ASSERT_FALSE(moment.empty());
  ASSERT_EQ(stage.run({"sleep", "1.1"}).code, 0);
  stage.write("osv/2.json", osv("PYSEC-2026-2"));
  ASSERT_EQ(update({"pypi=osv"}).code, 0);
  const Json second = scan({}), asked = scan({"--as-of", moment});
  EXPECT_EQ(second["findings"].size(), 2U) << second;
  EXPECT_EQ(asked["findings"].size(), 1U) << asked;
  EXPECT_EQ(asked["database"]["digest"], first["database"]["digest"]);
  EXPECT_NE(asked["database"]["digest"], second["database"]["digest"]);

  const std::string name = current().substr(0, current().find('\n'));
  const Ran younger = stage.ashlar({"scan", "left.spdx.json", "--db", (state() / "databases" / name).string(), "--as-of", moment});
  EXPECT_EQ(younger.code, 2) << younger.told;
  EXPECT_NE(younger.err.find("after the moment that is asked for"), std::string::npos) << younger.told;

  for (const char* const when : {"2020-01-01T00:00:00Z", "9999-01-01T00:00:00Z"}) {
    stage.write("vex.json", fmt::format(R"({{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex", "author": "us", "timestamp": "{}", "version": 1, "statements": [
      {{"vulnerability": {{"name": "PYSEC-2026-1"}}, "products": [{{"@id": "pkg:pypi/left"}}], "status": "not_affected", "justification": "vulnerable_code_not_present"}}]}})", when));
    const Json judged = scan({"--as-of", moment, "--vex", "vex.json"});
    ASSERT_EQ(judged["findings"].size(), 1U) << judged;
    const bool later = when[0] == '9';
    EXPECT_EQ(judged["findings"][0]["status"], later ? "affected" : "not_affected") << when;
    EXPECT_EQ(judged.dump().find("(not applied: it was made at 9999-01-01T00:00:00Z)") != std::string::npos, later) << judged;
  }
}

TEST_F(FeedFlow, databases_go_that_no_as_of_of_the_last_days_asks_for) {
  serve("tracker.json", tracker({"a"}));
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  const auto days_ago = [&](int days) {
    const Ran ran = stage.run({"date", "-u", "-d", fmt::format("{} days ago", days), "+%Y%m%dT000000Z"});
    return ran.out.substr(0, 16) + "-0123456789abcdef.db";
  };
  const std::string long_ago = days_ago(90), asked_for = days_ago(40), within = days_ago(20);
  for (const std::string& each : {long_ago, asked_for, within}) stage.write(state() / "databases" / each, "x");
  serve("tracker.json", tracker({"a", "b"}));
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  EXPECT_FALSE(stage.exists(state() / "databases" / long_ago));
  EXPECT_TRUE(stage.exists(state() / "databases" / asked_for)) << "a question about the time 30 days ago is answered by it";
  EXPECT_TRUE(stage.exists(state() / "databases" / within));
  EXPECT_TRUE(stage.exists(state() / "databases" / current().substr(0, current().find('\n'))));
}

TEST_F(FeedFlow, folder_archive_pipe_and_server_are_one_feed) {
  stage.write("osv/PYSEC-2026-1.json", osv("PYSEC-2026-1"));
  stage.write("osv/PYSEC-2026-2.json", osv("PYSEC-2026-2"));
  const Ran packed = stage.run({"tar", "-C", "osv", "--zstd", "-cf", "osv.tar.zst", "PYSEC-2026-1.json", "PYSEC-2026-2.json"});
  ASSERT_EQ(packed.code, 0) << packed.told;
  fs::copy_file(stage.folder() / "osv.tar.zst", stage.folder() / "www/osv.tar.zst");
  const auto digest_of = [&](const std::string& feed) -> std::string {
    stage.environment["XDG_DATA_HOME"] = (stage.folder() / fmt::format("data-{}", fs::exists(state()) ? "next" : "first")).string();
    fs::remove_all(state());
    const Ran ran = feed == "-" ? stage.run({"sh", "-c", shell_word(program_under_test()) + " feed update pypi=- < osv.tar.zst"}) : update({"pypi=" + feed});
    EXPECT_EQ(ran.code, 0) << ran.told;
    EXPECT_EQ(records("pypi"), 2U) << feed;
    stage.write("empty.spdx.json", R"({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "x", "dataLicense": "CC0-1.0", "documentNamespace": "https://example.org/x", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: x"]}, "packages": [
      {"SPDXID": "SPDXRef-left", "name": "left", "versionInfo": "1.1", "downloadLocation": "NOASSERTION", "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:pypi/left@1.1"}]}]})");
    const Ran scanned = stage.ashlar({"scan", "empty.spdx.json", "--format", "json", "--quiet"});
    const auto answer = parse_json(scanned.out, "scan");
    if (!answer) return scanned.told;
    EXPECT_EQ((*answer)["findings"].size(), 2U) << scanned.told;
    return (*answer)["database"]["feeds"][0]["digest"];
  };
  const std::string folder = digest_of("osv");
  EXPECT_TRUE(folder.starts_with("sha256:")) << folder;
  for (const std::string& each : {std::string("osv.tar.zst"), std::string("-"), server->url() + "/osv.tar.zst"}) EXPECT_EQ(digest_of(each), folder) << each;
}

class BundleFlow : public FeedFlow {
 protected:
  void SetUp() override {
    ASHLAR_NEED("openssl");
    FeedFlow::SetUp();
    for (const char* name : {"ours", "theirs"}) {
      ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "ed25519", "-out", std::string(name) + ".pem"}).code, 0);
      ASSERT_EQ(stage.run({"openssl", "pkey", "-in", std::string(name) + ".pem", "-pubout", "-out", std::string(name) + ".pub"}).code, 0);
    }
    serve("tracker.json", tracker({"a"}));
    ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
    const Ran out = stage.ashlar({"feed", "export", "old.bundle", "--key", "ours.pem"});
    ASSERT_EQ(out.code, 0) << out.told;
    ASSERT_EQ(stage.run({"sleep", "1.1"}).code, 0);  // a database is dated by the second
    serve("tracker.json", tracker({"a", "b"}));
    ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
    ASSERT_EQ(stage.ashlar({"feed", "export", "new.bundle", "--key", "ours.pem"}).code, 0);
    stage.environment["XDG_DATA_HOME"] = (stage.folder() / "sealed").string();
  }
  Ran import(const std::string& bundle, const std::string& key = "ours.pub") const { return stage.ashlar({"feed", "import", bundle, "--key", key}); }
};

TEST_F(BundleFlow, a_sealed_room_takes_what_is_signed_and_nothing_older) {
  const Ran old = import("old.bundle");
  ASSERT_EQ(old.code, 0) << old.told;
  EXPECT_EQ(records("debian-tracker"), 1U);
  ASSERT_EQ(import("new.bundle").code, 0);
  EXPECT_EQ(records("debian-tracker"), 2U);
  const std::string before = current();
  const Ran older = import("old.bundle");
  EXPECT_EQ(older.code, 2) << older.told;
  EXPECT_NE(older.err.find("an older one is not taken"), std::string::npos) << older.told;
  EXPECT_EQ(current(), before);
  // Where the database that is there has another layout, it is still known how old it is; and it is made anew.
  const host::Path database = state() / "databases" / before.substr(0, before.find('\n'));
  std::string other = stage.read(database);
  other[63] = 1;  // `user_version`, SQLite's file format 1.3.16
  fs::permissions(database, fs::perms(0644));
  stage.write(database, other);
  const Ran unread = stage.ashlar({"scan", "dir:.", "--format", "json", "--quiet"});
  EXPECT_EQ(unread.code, 3) << unread.told;
  EXPECT_NE(unread.out.find("make it anew with `ashlar feed update`"), std::string::npos) << unread.told;
  EXPECT_EQ(import("old.bundle").code, 2);
  EXPECT_EQ(import("new.bundle").code, 0);
  EXPECT_EQ(records("debian-tracker"), 2U);
  stage.write(state() / "databases" / current().substr(0, current().find('\n')), other);
  const Ran anew = update({from("debian-tracker", "tracker.json")});
  EXPECT_EQ(anew.code, 0) << anew.told;
  EXPECT_EQ(records("debian-tracker"), 2U) << "nothing of it was kept, and all was fetched";
}

// A bundle with one tiny feed replaced the tracker's without a word.
TEST_F(BundleFlow, a_bundle_takes_no_feed_away_unless_it_shall) {
  ASSERT_EQ(import("new.bundle").code, 0);
  const std::string before = current(), sealed = stage.environment["XDG_DATA_HOME"];
  const auto bundle_of = [&](const std::string& name, const Words& feeds) {
    stage.environment["XDG_DATA_HOME"] = (stage.folder() / ("outside-" + name)).string();
    const Ran ran = update(feeds);
    EXPECT_EQ(ran.code, 0) << ran.told;
    EXPECT_EQ(stage.ashlar({"feed", "export", name, "--key", "ours.pem"}).code, 0);
    stage.environment["XDG_DATA_HOME"] = sealed;
  };
  ASSERT_EQ(stage.run({"sleep", "1.1"}).code, 0);
  stage.write("kev.json", kev());
  stage.write("tracker.json", tracker({"a", "b", "c"}));
  ASSERT_EQ(stage.run({"touch", "-d", "2026-01-05T00:00:00Z", "tracker.json"}).code, 0);
  bundle_of("tiny.bundle", {"kev=kev.json"});
  bundle_of("back.bundle", {"kev=kev.json", "debian-tracker=tracker.json"});
  struct { const char *bundle, *says; } const rows[] = {
      {"tiny.bundle", "it lacks feed 'debian-tracker', which the database that is there has; --replace takes it all the same"},
      {"back.bundle", "its feed 'debian-tracker' is of 2026-01-05T00:00:00Z, that which is there of "},
  };
  for (const auto& row : rows) {
    const Ran ran = import(row.bundle);
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << ran.told;
    EXPECT_EQ(current(), before) << row.bundle;
  }
  const Ran taken = stage.ashlar({"feed", "import", "back.bundle", "--key", "ours.pub", "--replace"});
  EXPECT_EQ(taken.code, 0) << taken.told;
  EXPECT_NE(taken.out.find("debian-tracker: 3 records of 2026-01-05T00:00:00Z in place of 2 records of "), std::string::npos) << taken.told;
  EXPECT_NE(taken.out.find("kev: 1 records of 2026-01-02T00:00:00Z in place of nothing"), std::string::npos) << taken.told;
  EXPECT_EQ(records("debian-tracker"), 3U);
  const Ran gone = stage.ashlar({"feed", "import", "tiny.bundle", "--key", "ours.pub", "--replace", "--quiet"});
  EXPECT_EQ(gone.code, 0) << gone.told;
  EXPECT_NE(gone.err.find("feed 'debian-tracker' is gone"), std::string::npos) << gone.told;
  EXPECT_EQ(records("debian-tracker"), 0U);
}

TEST_F(BundleFlow, what_is_no_bundle_or_names_no_key) {
  struct { const char* summary; Words words; int code; const char* says; } const rows[] = {
      {"no key to check it with", {"feed", "import", "new.bundle"}, 2, "--key is missing"},
      {"a key that is not there", {"feed", "import", "new.bundle", "--key", "nowhere.pub"}, 2, "nowhere.pub"},
      {"a private key", {"feed", "import", "new.bundle", "--key", "new.bundle"}, 2, "new.bundle"},
      {"a bundle that is not there", {"feed", "import", "nowhere.bundle", "--key", "ours.pub"}, 2, "nowhere.bundle"},
      {"another archive", {"feed", "import", "ours.pub", "--key", "ours.pub"}, 5, "ours.pub"},
      {"two bundles", {"feed", "import", "old.bundle", "new.bundle", "--key", "ours.pub"}, 2, "it takes one file, 2 are named"},
      {"an export of nothing", {"feed", "export", "x.bundle", "--key", "ours.pem"}, 2, "there is none"},
      {"an action that is none", {"feed", "burn"}, 2, "the actions are update, list, add, export and import"},
      {"a feed that is none", {"feed", "update", "debian-trackr"}, 2, "did you mean 'debian-tracker'?"},
      {"a description that is wrong", {"feed", "add", "ours.pub"}, 2, "ours.pub"},
  };
  for (const auto& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
    EXPECT_EQ(current(), "") << row.summary;
    EXPECT_FALSE(stage.exists("x.bundle")) << row.summary;
  }
}

/// Whether a byte of a tar archive belongs to no member: it stands behind one's content or behind all.
bool is_padding(const std::string& tar, size_t place) {
  size_t at = 0;
  while (at + 512 <= tar.size() && tar[at] != 0) {
    const size_t content = at + 512, size = std::stoul(tar.substr(at + 124, 11), nullptr, 8);
    at = content + (size + 511) / 512 * 512;
    if (place < at) return place >= content + size;
  }
  return true;
}

TEST_F(BundleFlow, a_forged_bundle_is_refused) {
  const Ran stranger = import("new.bundle", "theirs.pub");
  EXPECT_EQ(stranger.code, 5) << stranger.told;
  EXPECT_EQ(current(), "");
  const std::string good = stage.read("new.bundle");
  // A byte of each member: the statement, its signature, the database; and every tenth of the whole.
  std::vector<size_t> places = {good.find("feed-bundle/v1"), good.find("\"created\": \"20") + 12};
  for (size_t at = 1; at < 10; ++at) places.push_back(good.size() * at / 10);
  for (const size_t place : places) {
    ASSERT_LT(place, good.size());
    std::string altered = good;
    altered[place] = static_cast<char>(altered[place] ^ 1);
    if (is_padding(good, place)) continue;
    stage.write("altered.bundle", altered);
    const Ran ran = import("altered.bundle");
    EXPECT_EQ(ran.code, 5) << "byte " << place << "\n" << ran.told;
    EXPECT_EQ(current(), "") << "byte " << place;
  }
  stage.write("cut.bundle", good.substr(0, good.size() / 2));
  EXPECT_EQ(import("cut.bundle").code, 5);
  EXPECT_EQ(current(), "");
}

}  // namespace
}  // namespace ashlar::flow
