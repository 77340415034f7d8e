// `ashlar feed`: feeds from a server, a folder, an archive and a pipe, in their publishers' forms; what is damaged is refused and the last good state
// stays.
#include <algorithm>

#include "feed_flow.h"

namespace ashlar::flow {
namespace {

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

// With nothing to compare it with, 304 counted as `nothing is new`, and there was no database at all.
TEST_F(FeedFlow, not_modified_is_no_answer_to_who_did_not_ask) {
  serve("tracker.json", tracker({"a"}));
  server->set_fault("/tracker.json", {.status = 304});
  const Ran ran = update({from("debian-tracker", "tracker.json")});
  EXPECT_EQ(ran.code, 4) << ran.told;
  EXPECT_NE(ran.err.find("the server answers 304 (not modified), and was not asked whether anything was"), std::string::npos) << ran.told;
  EXPECT_EQ(current(), "");
  server->clear_faults();
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  EXPECT_EQ(records("debian-tracker"), 1U);
}

// A bit that SQLite does not see: within a version.
TEST_F(FeedFlow, a_database_that_was_damaged_judges_nothing) {
  serve("tracker.json", tracker({"a"}));
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  stage.write("root/etc/os-release", "ID=debian\nVERSION_ID=13\n");
  stage.write("root/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nMaintainer: X <x@debian.org>\n\n");
  const Words scan = {"scan", "dir:root", "--format", "json", "--quiet"};
  EXPECT_EQ(parse_json(stage.ashlar(scan).out, "scan").value()["verdict"], "affected");
  const host::Path database = state() / "databases" / current().substr(0, current().find('\n'));
  const std::string whole = stage.read(database);
  std::string damaged = whole;
  for (size_t at = damaged.find("2.0-1"); at != std::string::npos; at = damaged.find("2.0-1", at)) damaged[at] = '0';  // 2.0-1 is 0.0-1: the finding would be none
  ASSERT_NE(damaged, whole);
  fs::permissions(database, fs::perms(0644));
  stage.write(database, damaged);
  stage.write("named.db", damaged);
  Words with_it = scan;
  with_it.insert(with_it.end(), {"--db", "named.db"});
  for (const Words& words : {scan, with_it, scan, Words{"feed", "list"}, Words{"explain", "CVE-2026-0001", "dir:root"}}) {
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, 5) << ran.told;
    EXPECT_NE(ran.err.find("its bytes are not those that were compiled"), std::string::npos) << ran.told;
    EXPECT_EQ(ran.out.find("clean"), std::string::npos) << ran.told;
  }
  const Ran anew = update({from("debian-tracker", "tracker.json")});
  EXPECT_EQ(anew.code, 0) << anew.told;
  EXPECT_NE(anew.err.find("it is made anew, of the feeds that are fetched now"), std::string::npos) << anew.told;
  EXPECT_EQ(parse_json(stage.ashlar(scan).out, "scan").value()["verdict"], "affected");
}

TEST_F(FeedFlow, a_database_is_looked_at_whole_once) {
  serve("tracker.json", tracker({"a"}));
  ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
  ASSERT_EQ(stage.run({"sleep", "0.3"}).code, 0);  // what was changed just now has no state of its own
  ASSERT_EQ(stage.ashlar({"scan", "dir:.", "--quiet"}).code, 3);
  if (!fs::exists(state() / "sound.json")) GTEST_SKIP() << "the file system is none whose times tell versions of files apart";
  const host::Path database = state() / "databases" / current().substr(0, current().find('\n'));
  const std::string noted = stage.read(state() / "sound.json");
  EXPECT_NE(noted.find(database.filename().string()), std::string::npos) << noted;
  ASSERT_EQ(stage.ashlar({"scan", "dir:.", "--quiet"}).code, 3);
  EXPECT_EQ(stage.read(state() / "sound.json"), noted);
  // Whoever writes the note says that the file is whole: it is not read then.
  std::string damaged = stage.read(database);
  const size_t at = damaged.find("contentsha256:") + 20;
  ASSERT_LT(at, damaged.size());
  damaged[at] = damaged[at] == '0' ? '1' : '0';
  fs::permissions(database, fs::perms(0644));
  stage.write(database, damaged);
  EXPECT_EQ(stage.ashlar({"scan", "dir:.", "--quiet"}).code, 5) << "it was changed since";
  stage.write(state() / "sound.json", "what nobody reads");
  EXPECT_EQ(stage.ashlar({"scan", "dir:.", "--quiet"}).code, 5);
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

}  // namespace
}  // namespace ashlar::flow
