// `ashlar renew --candidates`: what the archives propose is built and tested before they publish it, and what that was worth on the day.
#include <map>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

class AheadFlow : public RenewFlow {
 protected:
  void SetUp() override {
    RenewFlow::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    // Without a cadence: nothing is due but what the archives bring.
    stage.write("fleet.yaml", "images:\n  - {definition: small.yaml, to: 'oci:published'}\n");
    ASSERT_EQ(done(renew()), "promoted 1.1-r1 null\n");
  }
  /// What came of looking ahead, of the one image.
  Json ahead(int code = 0, const Words& more = {}) const {
    Words words = {"renew", "--candidates", "--keep-feeds"};
    words.insert(words.end(), more.begin(), more.end());
    const Json renewed = stage.json(words, code);
    if (!renewed.contains("ahead") || renewed["ahead"].size() != 1) return {{"outcome", "no answer"}, {"known", false}};
    EXPECT_EQ(renewed["done"], Json::array());
    return renewed["ahead"][0];
  }
  /// As RenewFlow says it, and what had been seen ahead of it.
  static std::string done(const Json& renewed) {
    std::string out;
    for (const Json& each : renewed.value("done", Json::array())) out += fmt::format("{} {} {}\n", each["outcome"].get<std::string>(), each["revision"].get<std::string>(), each["ahead"].is_null() ? "null" : each["ahead"].get<std::string>());
    return out;
  }
  /// The greeter with files of its own and their list, in a suite; without its program, where it is `broken`.
  void offer(const std::string& suite, const std::string& version, bool broken = false) {
    const std::string greeter = bytes_of(ASHLAR_GREETER), path = broken ? "usr/bin/other" : "usr/bin/greet";
    archive->put(suite, listed({"greeter", version, "amd64", "words (= 1.0)", {{path, greeter}, {"usr/share/doc/greeter/copyright", "free\n"}}}));
    archive->publish();
  }
  /// All that is a user's: what is published, the lock and the definition, by what they hold.
  std::map<std::string, std::string> theirs() const {
    std::map<std::string, std::string> out;
    for (const char* each : {"published/index.json", "small.lock.json", "small.yaml", "fleet.yaml"}) out[each] = stage.read(each);
    return out;
  }
  /// Facts of the last event of that kind.
  Json last(const std::string& kind) const {
    const Json log = stage.json({"audit", "log"});
    Json out;
    for (const Json& each : log.value("entries", Json::array())) {
      if (each["kind"] == kind) out = each.value("facts", Json::object());
    }
    return out;
  }
};

TEST_F(AheadFlow, what_passed_ahead_is_what_is_published) {
  const auto before = theirs();
  offer("stone-proposed", "1.2");
  const Json proposed = ahead();
  ASSERT_EQ(proposed["outcome"], "passed") << proposed;
  EXPECT_EQ(proposed["changes"], Json::array({"linux/amd64: greeter 1.1 -> 1.2"}));
  EXPECT_EQ(theirs(), before) << "nothing is published, and nothing of the user's is touched";
  EXPECT_EQ(last("noted")["what"], "ahead");
  EXPECT_EQ(last("noted")["result"], "passed");
  EXPECT_EQ(last("noted")["lock"], proposed["lock"]);
  EXPECT_EQ(stage.ashlar({"sbom", proposed["candidate"].get<std::string>(), "--format", "table"}).code, 0) << "it can be looked at";
  EXPECT_EQ(done(renew()), "") << "a proposal is no news for a renewal";
  const Json again = ahead();
  EXPECT_EQ(again["known"], true) << again;
  EXPECT_EQ(again["candidate"], proposed["candidate"]);

  offer("stone", "1.2");
  const Json renewed = renew();
  EXPECT_EQ(done(renewed), "promoted 1.2-r1 held\n");
  EXPECT_EQ(renewed["done"][0]["digest"], proposed["digest"]) << "the very image that was tested";
  EXPECT_EQ(last("promoted")["ahead"], "held");
  EXPECT_EQ(last("promoted")["lock"], proposed["lock"]);
  EXPECT_EQ(version_of("greeter"), "1.2");
  EXPECT_EQ(ahead()["outcome"], "nothing") << "what is proposed is there";
  EXPECT_EQ(stage.ashlar({"audit", "verify"}).code, 0);
}

TEST_F(AheadFlow, what_is_broken_is_stopped_before_anybody_has_it) {
  const auto before = theirs();
  offer("stone-proposed", "1.2", true);
  const Json stopped = ahead(1);
  ASSERT_EQ(stopped["outcome"], "stopped") << stopped;
  EXPECT_FALSE(stopped["why"].empty());
  EXPECT_NE(stopped["breaking"].dump().find("program-gone"), std::string::npos) << stopped;
  EXPECT_EQ(theirs(), before);
  EXPECT_EQ(last("noted")["result"], "stopped");
  EXPECT_EQ(stage.ashlar({"sbom", stopped["candidate"].get<std::string>(), "--format", "table"}).code, 0);
  EXPECT_EQ(ahead(1)["known"], true) << "nothing has changed since";
  Json tracker = Json::parse(stage.read("tracker.json"));
  tracker["other"]["CVE-2026-0100"] = Json::parse(R"({"description": "another's", "scope": "remote", "releases": {"trixie": {"status": "open", "urgency": "high", "repositories": {"trixie": "1.0"}}}})");
  stage.write("tracker.json", tracker.dump());
  ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"}).code, 0);
  EXPECT_EQ(ahead(1)["known"], true) << "another database, that says nothing new of the candidate";
  EXPECT_EQ(last("noted")["result"], "stopped");
  know("1.3");
  EXPECT_EQ(ahead(1)["known"], false) << "one that says something new of it";
  EXPECT_EQ(ahead(1)["known"], true);
  EXPECT_EQ(ahead(1, {"--again"})["known"], false);
  offer("stone-proposed", "1.3");
  EXPECT_EQ(ahead()["outcome"], "passed") << "a better one is tried by itself";
}

TEST_F(AheadFlow, what_would_be_stopped_is_announced_once_and_taken_back) {
  listen();
  if (IsSkipped()) return;
  const std::string title = "What the archives propose would stop the renewal of oci:" + (stage.folder() / "published").string() + "\n";
  offer("stone-proposed", "1.2", true);
  ahead(1);
  EXPECT_EQ(tickets(), "open " + title);
  const Json first = server->tickets()[0];
  EXPECT_NE(first["body"].get<std::string>().find("greeter"), std::string::npos) << first;
  EXPECT_NE(first["body"].get<std::string>().find("program-gone"), std::string::npos) << first;
  ahead(1);
  EXPECT_EQ(tickets(), "open " + title) << "it is told once";
  EXPECT_EQ(server->tickets()[0]["body"], first["body"]) << "and says the same when it is known";
  renew();
  EXPECT_EQ(tickets(), "open " + title) << "a renewal knows nothing of it";
  offer("stone-proposed", "1.3");
  ahead();
  EXPECT_EQ(tickets(), "closed " + title);
}

TEST_F(AheadFlow, what_comes_through_the_security_archive_is_what_was_tested) {
  offer("stone-proposed", "1.2");
  const Json proposed = ahead();
  ASSERT_EQ(proposed["outcome"], "passed") << proposed;
  offer("stone-security", "1.2");
  const Json renewed = renew();
  EXPECT_EQ(done(renewed), "promoted 1.2-r1 held\n") << "the same package, though its lock says that it came another way";
  EXPECT_NE(last("promoted")["lock"], proposed["lock"]);
}

TEST_F(AheadFlow, what_comes_otherwise_or_untried_is_said_so) {
  EXPECT_EQ(ahead()["outcome"], "nothing");
  offer("stone", "1.2");
  EXPECT_EQ(done(renew()), "promoted 1.2-r1 none\n");
  offer("stone-proposed", "1.3");
  EXPECT_EQ(ahead()["outcome"], "passed");
  offer("stone-security", "1.4");
  EXPECT_EQ(done(renew()), "promoted 1.4-r1 differs\n");
  EXPECT_EQ(ahead()["outcome"], "nothing") << "what is proposed is older than what is there";
  const Ran told = stage.ashlar({"renew", "--candidates", "--keep-feeds"});
  EXPECT_NE(told.out.find("nothing is proposed"), std::string::npos) << told.told;
}

TEST_F(AheadFlow, a_distribution_without_proposals_says_so) {
  edit("ashlar.yaml", ", proposed: [stone-proposed]", "");
  const Json nothing = ahead();
  EXPECT_EQ(nothing["outcome"], "nothing");
  EXPECT_EQ(nothing["why"], Json::array({"distribution 'debian-13' names no proposed suites"}));
}

TEST_F(AheadFlow, a_suite_that_is_not_there_is_told) {
  stage.write("ashlar.yaml", stage.read("ashlar.yaml").replace(stage.read("ashlar.yaml").find("[stone-proposed]"), 16, "[stone-absent]"));
  const Json failed = ahead(2);
  EXPECT_EQ(failed["outcome"], "failed");
  EXPECT_NE(failed["why"].dump().find("stone-absent"), std::string::npos) << failed;
  EXPECT_NE(failed["why"].dump().find("name a mirror that has the proposed suites"), std::string::npos) << failed;
}

}  // namespace
}  // namespace ashlar::flow
