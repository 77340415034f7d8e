// What a renewal says to people: one ticket for what needs one, whatever becomes of the forge and of the loop meanwhile.
#include <algorithm>
#include <chrono>
#include <random>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

TEST_F(RenewFlow, a_ticket_stands_for_what_needs_a_person_and_is_closed_by_the_loop) {
  ASSERT_NO_FATAL_FAILURE(listen());
  renew();
  EXPECT_EQ(tickets(), "");
  know("1.2");
  renew();
  const std::string title = "CVE-2026-0001 in greeter of oci:" + (stage.folder() / "published").string();
  EXPECT_EQ(tickets(), "open " + title + "\n");
  renew();
  EXPECT_EQ(tickets(), "open " + title + "\n") << "nothing is doubled";
  EXPECT_EQ(server->tickets()[0].value("comments", Json::array()).size(), 0U) << "and nothing is said where nothing is new";
  offer_fix("1.2");
  renew();
  EXPECT_EQ(tickets(), "closed " + title + "\n");
  EXPECT_EQ(published(), 2U) << "both publications, and nothing twice";
}

/// Each round is a process of its own; what happened while nobody listened is told once it can be, in its order.
TEST_F(RenewFlow, a_forge_that_is_away_for_an_hour_loses_and_doubles_nothing) {
  ASSERT_NO_FATAL_FAILURE(listen());
  if (IsSkipped()) return;
  renew({"--now", after(0)});
  server->fault(Json::array({{{"match", "."}, {"times", 100000}, {"status", 503}}}));
  know("1.2");
  for (int minute = 10; minute <= 60; minute += 10) {
    if (minute == 40) offer_fix("1.2");
    const Ran ran = stage.ashlar(words({"--now", after(60 * minute)}));
    EXPECT_EQ(ran.code, 0) << "no fault of the renewal: " << ran.told;
  }
  EXPECT_EQ(version_of("greeter"), "1.2");
  EXPECT_EQ(tickets(), "");
  EXPECT_GE(stage.json({"tickets", "list"})["messages"].size(), 3U) << "a ticket, its end and a publication";
  server->fault(Json::array());
  for (int hour = 3; hour < 5; ++hour) renew({"--now", after(hours(hour))});
  EXPECT_EQ(stage.ashlar({"tickets", "list"}).out, "no message waits\n");
  EXPECT_EQ(tickets(), "closed CVE-2026-0001 in greeter of oci:" + (stage.folder() / "published").string() + "\n");
  EXPECT_EQ(published(), 2U);
}

TEST_F(RenewFlow, how_long_a_forge_asks_to_wait_holds_for_the_next_rounds) {
  ASSERT_NO_FATAL_FAILURE(listen());
  if (IsSkipped()) return;
  renew({"--now", after(0)});
  server->fault(Json::array({{{"match", "POST .*/issues"}, {"times", 1}, {"status", 429}, {"headers", {{"Retry-After", "1800"}}}}}));
  know("1.2");
  const auto asked = [&] { return std::ranges::count_if(server->requests(), [](const Json& each) { return each["path"].get<std::string>().starts_with("/github"); }); };
  renew({"--now", after(60)});
  const auto before = asked();
  ASSERT_GT(before, 0);
  for (const int minute : {10, 20, 30}) renew({"--now", after(60 * minute)});
  EXPECT_EQ(asked(), before) << "nobody asks before the time is over";
  EXPECT_EQ(tickets(), "");
  renew({"--now", after(60 + 1801)});
  EXPECT_NE(tickets(), "");
}

TEST_F(RenewFlow, killed_a_hundred_times_no_ticket_is_doubled_or_lost) {
  ASHLAR_NEED("timeout");
  ASSERT_NO_FATAL_FAILURE(listen());
  renew();
  const auto began = std::chrono::steady_clock::now();
  renew();  // with nothing to do, which is the shortest
  const double idle = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::minstd_rand random(19);
  std::uniform_real_distribution<double> moment(0.002, 1.6 * idle);
  int killed = 0;
  const auto kill = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      Words argv = {"timeout", "-s", "KILL", fmt::format("{:.3f}", moment(random)), program_under_test()};
      const Words rest = words({});
      argv.insert(argv.end(), rest.begin(), rest.end());
      killed += stage.run(argv).code == 137 ? 1 : 0;
    }
  };
  for (const char* version : {"1.2", "1.3"}) {
    know(version);
    kill(25);
    renew();
    ASSERT_EQ(std::ranges::count_if(server->tickets(), [](const Json& each) { return each["state"] == "open"; }), 1) << tickets();
    offer_fix(version);
    kill(25);
    renew();
    ASSERT_EQ(server->tickets().size(), 1U) << "opened again, not doubled: " << tickets();
    ASSERT_EQ(server->tickets()[0]["state"], "closed") << tickets();
    EXPECT_EQ(version_of("greeter"), version);
  }
  EXPECT_GT(killed, 30) << "of a hundred, when each has an even chance at least: otherwise this shows nothing";
  EXPECT_EQ(published(), 3U) << "what a listener has heard twice has one identifier";
  EXPECT_EQ(stage.ashlar({"audit", "verify"}).code, 0);
}

}  // namespace
}  // namespace ashlar::flow
