// `ashlar renew` with a staged rollout: what becomes of a canary that is taken back, falls or was promoted, and who is told of it.
#include <algorithm>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

class CanaryFlow : public RenewFlow {
 protected:
  void SetUp() override {
    RenewFlow::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_EQ(done(renew({"--now", after(0)})), "promoted 1.1-r1\n");
    first = tags().at("1");
    fleet(rollout);
    know("1.2");
    offer_fix("1.2");
    if (!soaks_at_once) return;
    ASSERT_EQ(done(renew({"--now", after(hours(1))})), "canary 1.2-r1\n");
    canary = tags().at("next");
  }
  Json take_back(const std::string& tag, const Words& more = {}) const {
    Words words = {"rollback", "oci:published:" + tag, "--key", "our.pub", "--by", "somebody on call", "--reason", "it is slow"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.json(words);
  }

  static constexpr const char* rollout = "cadence: 7d\n    rollout: {canary: next, soak: 24h}";
  bool soaks_at_once = true;
  std::string first, canary;
};

TEST_F(CanaryFlow, one_that_is_taken_back_while_it_soaks_is_not_promoted_and_the_next_soaks_anew) {
  const Json back = take_back("next");
  EXPECT_EQ(back["from"]["revision"], "1.2-r1");
  EXPECT_EQ(back["to"]["revision"], "1.1-r1") << "the revision before, though its tag names no version";
  EXPECT_EQ(tags().at("next"), first);
  const Json held = renew({"--now", after(hours(26))}, 1);
  EXPECT_EQ(due(held), "rebuild held: 1 open finding can be fixed\n");
  EXPECT_EQ(held["due"][0]["because"][0], "stopped before, and nothing has changed since: it was published, and its tag was moved back: it is slow");
  EXPECT_EQ(tags().at("1"), first);
  EXPECT_EQ(std::ranges::count(events(), "rolled-back"), 1);
  offer_fix("1.3");
  EXPECT_EQ(done(renew({"--now", after(hours(27))})), "canary 1.3-r1\n");
  EXPECT_EQ(due(renew({"--now", after(hours(51) - 1)})), "") << "of the first one nothing is counted";
  EXPECT_EQ(done(renew({"--now", after(hours(51))})), "promoted 1.3-r1\n");
  EXPECT_EQ(tags().at("1"), tags().at("next"));
  EXPECT_EQ(stage.ashlar({"audit", "verify", "--key", "our.pub"}).code, 0);
}

TEST_F(CanaryFlow, who_goes_back_while_one_soaks_gets_it_with_a_soak_of_its_own) {
  ASSERT_EQ(done(renew({"--now", after(hours(25))})), "promoted 1.2-r1\n");
  offer_fix("1.3");
  ASSERT_EQ(done(renew({"--now", after(hours(26))})), "canary 1.3-r1\n");
  take_back("1");
  EXPECT_EQ(tags().at("1"), first);
  EXPECT_EQ(done(renew({"--now", after(hours(40))})), "canary 1.3-r1\n") << "it is what a renewal makes, and not what was left";
  EXPECT_EQ(tags().at("1"), first);
  EXPECT_EQ(due(renew({"--now", after(hours(51))})), "") << "the soak of before does not count";
  EXPECT_EQ(tags().at("1"), first);
  EXPECT_EQ(done(renew({"--now", after(hours(64))})), "promoted 1.3-r1\n");
}

TEST_F(CanaryFlow, the_tag_of_one_that_was_promoted_says_nothing_of_the_stable_ones) {
  ASSERT_EQ(done(renew({"--now", after(hours(25))})), "promoted 1.2-r1\n");
  for (const char* tag : {"next", "mine"}) {
    if (std::string_view(tag) == "mine") {
      ASSERT_EQ(stage.ashlar({"copy", "oci:published:1", "oci:published:mine"}).code, 0);
    }
    EXPECT_EQ(take_back(tag, {"--to", first})["moved"], true);
    EXPECT_EQ(due(renew({"--now", after(hours(26))})), "") << tag << " is somebody's own, and holds nothing up";
    EXPECT_EQ(tags().at("1"), canary);
  }
  offer_fix("1.3");
  EXPECT_EQ(done(renew({"--now", after(hours(27))})), "canary 1.3-r1\n");
}

/// The advisory and its fix are there by the time the soak ends: the canary falls, and what mends it goes on.
TEST_F(CanaryFlow, one_that_falls_with_an_advisory_does_not_hold_up_its_fix) {
  offer_fix("1.3");
  const Json fallen = renew({"--now", after(hours(26))}, 1);
  ASSERT_EQ(done(fallen), "stopped \n") << fallen;
  EXPECT_EQ(fallen["done"][0]["action"], "promote");
  EXPECT_EQ(fallen["done"][0]["digest"], canary);
  EXPECT_EQ(tags().at("1"), first);
  const std::string candidate = fallen["done"][0]["candidate"];
  const size_t colon = candidate.rfind(':');
  const Json kept = Json::parse(bytes_of(candidate.substr(4, colon - 4) + "/" + candidate.substr(colon + 1) + ".lock.json"));
  for (const Json& each : kept["platforms"]["linux/amd64"]["packages"]) EXPECT_TRUE(each["name"] != "greeter" || each["version"] == "1.2") << "the lock of what was stopped, not of what is newer";
  EXPECT_EQ(done(renew({"--now", after(hours(27))})), "canary 1.3-r1\n") << "what was never tried is not held";
  EXPECT_EQ(done(renew({"--now", after(hours(51))})), "promoted 1.3-r1\n");
}

TEST_F(CanaryFlow, one_that_falls_is_not_tried_again_before_something_changes) {
  know("1.4");  // which nobody offers yet
  ASSERT_EQ(done(renew({"--now", after(hours(26))}, 1)), "stopped \n");
  for (int hour = 27; hour < 29; ++hour) {
    const Json held = renew({"--now", after(hours(hour))}, 1);
    EXPECT_EQ(held["done"], Json::array());
    EXPECT_EQ(held["due"][0]["held"], true) << held;
  }
  EXPECT_EQ(tags().at("1"), first);
}

/// Promotions, and tags that move back, are told; nobody's files are led to a canary.
class ToldCanaryFlow : public CanaryFlow {
 protected:
  ToldCanaryFlow() { soaks_at_once = false; }
  Json requests() const { return server->state()["requests"].value("team/app", Json::array()); }
};

TEST_F(ToldCanaryFlow, nobody_is_led_to_a_canary_and_listeners_hear_of_its_way) {
  ASSERT_NO_FATAL_FAILURE(listen());
  if (IsSkipped()) return;
  fleet(std::string(rollout) + "\n    downstream: [{target: tickets, project: team/app, files: [Dockerfile], name: mirror.example/small}]");
  server->ask("/_commit", {{"project", "team/app"}, {"branch", "main"}, {"path", "Dockerfile"}, {"text", "FROM mirror.example/small:1@" + first + "\n"}, {"message", "by hand"}});
  ASSERT_EQ(done(renew({"--now", after(hours(1))})), "canary 1.2-r1\n");
  EXPECT_EQ(requests().size(), 0U);
  take_back("next");
  renew({"--now", after(hours(2))}, 1);
  EXPECT_EQ(requests().size(), 0U);
  offer_fix("1.3");
  ASSERT_EQ(done(renew({"--now", after(hours(3))})), "canary 1.3-r1\n");
  EXPECT_EQ(requests().size(), 0U);
  ASSERT_EQ(done(renew({"--now", after(hours(27))})), "promoted 1.3-r1\n");
  ASSERT_EQ(requests().size(), 1U);
  const Json file = server->ask("/_file", {{"project", "team/app"}, {"branch", requests()[0]["head"]}, {"path", "Dockerfile"}});
  EXPECT_EQ(file["text"], "FROM mirror.example/small:1@" + tags().at("1") + "\n");
  std::map<std::string, std::string> heard;  // by identifier
  const Json state = server->state();
  for (const Json& each : state["events"]) {
    const std::string type = each.value("type", "");
    if (type.starts_with("dev.ashlar.image.")) heard[each.value("id", "")] = type.substr(17) + " " + each["data"]["facts"].value("tag", "");
  }
  std::multiset<std::string> kinds;
  for (const auto& [id, kind] : heard) kinds.insert(kind);
  EXPECT_EQ(kinds, (std::multiset<std::string>{"canary next", "canary next", "promoted 1 1-stone", "promoted 1 1-stone", "rolled-back next"}));
}

}  // namespace
}  // namespace ashlar::flow
