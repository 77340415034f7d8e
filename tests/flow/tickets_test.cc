// Tickets by the whole program, against stand-ins that hold it to the real forges' rules.
#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>

#include "forge/message.h"
#include "forge/stand_in_test.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

using forge::StandIn;

class TicketsFlow : public ::testing::Test {
 protected:
  Stage stage;
  std::unique_ptr<StandIn> server;

  void SetUp() override {
    ASHLAR_NEED("python3");
    server = std::make_unique<StandIn>(stage.folder());
    stage.environment["FORGE_TOKEN"] = StandIn::token;
    stage.write("hook.secret", std::string(StandIn::secret) + "\n");
    stage.write("ashlar.yaml", fmt::format("forge:\n  tickets: {{kind: github, url: '{}', project: team/images, token: {{env: FORGE_TOKEN}}}}\n  mirror: {{kind: gitlab, url: '{}', project: team/app, token: {{env: FORGE_TOKEN}}}}\n"
                                           "  events: {{kind: webhook, url: '{}', secret: {{file: hook.secret}}}}\n",
                                           server->url("/github"), server->url("/gitlab/api/v4"), server->url("/hook")));
  }
  void TearDown() override {
    if (server) {
      EXPECT_EQ(server->misfits(), "");
    }
  }

  /// The key that a ticket's text bears at its end.
  static std::string key_in(const std::string& body) {
    const std::string begin = "<!-- ashlar: ";
    const size_t at = body.rfind(begin);
    return at == std::string::npos ? std::string() : body.substr(at + begin.size(), body.find(" -->", at) - at - begin.size());
  }
  std::string message(const std::string& key, const std::string& kind, const std::string& body, const std::string& target = {}) const {
    const std::string name = fmt::format("{}-{}.json", key, kind);
    Json json = {{"key", key}, {"kind", kind}, {"title", "About " + key}, {"body", body}, {"time", "2026-11-27T08:00:00Z"}};
    if (kind != "open") json["comment"] = "News: " + body;
    if (!target.empty()) json["target"] = target;
    stage.write(name, json.dump());
    return name;
  }
};

TEST_F(TicketsFlow, a_message_goes_to_all_who_are_to_be_told) {
  EXPECT_EQ(stage.json({"tickets", "add", message("one", "open", "Text.")})["put"], 3);
  EXPECT_EQ(stage.json({"tickets", "add", "one-open.json"})["put"], 0) << "the same again";
  const Json waiting = stage.json({"tickets"});
  ASSERT_EQ(waiting["messages"].size(), 3U);
  EXPECT_EQ(misfit(waiting["messages"][0], Json::parse(R"({"id": 1, "key": "", "kind": "", "target": "", "title": "", "standing": "", "put": "", "due": "", "attempts": 0, "cause": "", "url": ""})")), "");
  const Ran sent = stage.ashlar({"tickets", "deliver"});
  EXPECT_EQ(sent.code, 0) << sent.told;
  EXPECT_NE(sent.out.find("3 delivered, 0 refused, 0 waiting"), std::string::npos) << sent.told;
  EXPECT_EQ(server->tickets("team/images").size(), 1U);
  EXPECT_EQ(server->tickets("team/app").size(), 1U);
  EXPECT_EQ(server->state()["events"].size(), 1U);
  EXPECT_EQ(stage.ashlar({"tickets", "list"}).out, "no message waits\n");
  EXPECT_EQ(stage.json({"tickets", "list", "--all"})["messages"].size(), 3U);
}

TEST_F(TicketsFlow, what_cannot_be_told_is_said) {
  struct Row {
    const char* summary;
    Words arguments;
    int code;
    const char* error;
  };
  stage.write("bad.json", R"({"key": "a b", "kind": "open", "title": "t"})");
  stage.write("event.json", R"({"key": "e", "kind": "event", "target": "tickets"})");
  const Row rows[] = {
      {"an action that is none", {"tickets", "shout"}, 2, "the actions are list, deliver, add and drop"},
      {"no file", {"tickets", "add"}, 2, "the file of a message is missing"},
      {"a file that is not there", {"tickets", "add", "none.json"}, 2, "none.json"},
      {"a key that is none", {"tickets", "add", "bad.json"}, 2, "its key is none"},
      {"a forge is told no events", {"tickets", "add", "event.json"}, 2, "'tickets' is told no messages of the kind 'event'"},
      {"a number that is none", {"tickets", "drop", "x"}, 2, "'x' is no number"},
      {"a message that is not there", {"tickets", "drop", "77"}, 2, "the queue has none such"},
  };
  for (const Row& row : rows) {
    const Ran ran = stage.ashlar(row.arguments);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.error), std::string::npos) << row.summary << ran.told;
  }
  stage.environment.erase("FORGE_TOKEN");
  message("one", "open", "Text.", "tickets");
  EXPECT_EQ(stage.ashlar({"tickets", "add", "one-open.json"}).code, 0);
  const Ran shut = stage.ashlar({"tickets", "deliver"});
  EXPECT_EQ(shut.code, 4) << shut.told;
  EXPECT_NE(shut.err.find("the variable 'FORGE_TOKEN', which should hold its token, is not set"), std::string::npos) << shut.told;
  EXPECT_NE(shut.out.find("1 waiting: `ashlar tickets deliver --now` tries them at once"), std::string::npos) << shut.told;
  EXPECT_EQ(stage.ashlar({"tickets", "deliver", "--now"}).out.find("deliver --now"), std::string::npos) << "who has done so is not told to";
  stage.environment["FORGE_TOKEN"] = "wrong";
  const Json denied = stage.json({"tickets", "deliver"}, 4);
  EXPECT_NE(denied["holds"][0]["cause"].get<std::string>().find("401 (Bad credentials)"), std::string::npos) << denied.dump(1);
  EXPECT_EQ(denied.dump().find("wrong"), std::string::npos) << "no token is shown";
  EXPECT_EQ(stage.ashlar({"validate", "ashlar.yaml"}).code, 0);
}

/// A delivery that is killed at any point, a hundred times, with lost answers and storms between: one ticket for each key, each in its last state, each comment once.
TEST_F(TicketsFlow, a_hundred_kills_lose_and_double_nothing) {
  std::minstd_rand random(11);
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random()) % limit; };
  constexpr int keys = 20, rounds = 100;
  std::set<std::string> closed;
  const auto open = [](int at) { return fmt::format("ticket/{}", at); };
  for (int at = 0; at < keys; ++at) {
    Json json = {{"key", open(at)}, {"kind", "open"}, {"title", fmt::format("About {}", at)}, {"body", "It is affected."}, {"time", "2026-11-27T08:00:00Z"}};
    stage.write(fmt::format("open-{}.json", at), json.dump());
    json["kind"] = "close", json["comment"] = "Patched.";
    stage.write(fmt::format("close-{}.json", at), json.dump());
  }
  // How long a run takes here, with a ticket to open: kills fall from its first instructions to some way behind its end.
  ASSERT_EQ(stage.ashlar({"tickets", "add", "open-0.json"}).code, 0);
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_EQ(stage.ashlar({"tickets", "deliver"}).code, 0);
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  const auto longest = static_cast<unsigned>(std::clamp<long>(spent + spent / 2, 30, 900));
  int killed = 0, whole = 0;
  const auto run = [&](Words arguments) {
    Words argv = {"timeout", "-s", "KILL", fmt::format("0.{:03}", 5 + below(longest)), program_under_test()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const int code = stage.run(argv).code;
    (code == 137 ? killed : whole) += 1;
  };
  for (int round = 0; killed < rounds && round < 4 * rounds; ++round) {
    const int at = static_cast<int>(below(keys));
    if (round % 3 == 0) {
      const bool closes = below(3) == 0;
      if (closed.contains(open(at))) continue;
      if (closes) closed.insert(open(at));
      if (closes) stage.ashlar({"tickets", "add", fmt::format("open-{}.json", at)});
      run({"tickets", "add", fmt::format("{}-{}.json", closes ? "close" : "open", at)});
    }
    if (round % 5 == 0) server->fault({{{"when", "after"}, {"match", "POST|PATCH|PUT"}, {"times", 2}}, {{"when", "before"}, {"match", "."}, {"times", 1 + static_cast<int>(below(4))}, {"status", 503}}});
    run({"tickets", "deliver", "--now"});
  }
  EXPECT_GE(killed, rounds);
  for (int at = 0; at < keys; ++at) {
    if (!closed.contains(open(at))) stage.ashlar({"tickets", "add", fmt::format("open-{}.json", at)});
    else stage.ashlar({"tickets", "add", fmt::format("close-{}.json", at)});
  }
  server->fault(Json::array());
  int passes = 0;
  while (stage.ashlar({"tickets", "deliver", "--now"}).code != 0 && ++passes < 20) {}
  EXPECT_LT(passes, 20);
  EXPECT_EQ(stage.ashlar({"tickets", "list"}).out, "no message waits\n");

  const Json state = server->state();
  for (const std::string project : {"team/images", "team/app"}) {
    std::map<std::string, int> seen;
    for (const Json& each : state["tickets"][project]) {
      const std::string key = key_in(each["body"]);
      ++seen[key];
      EXPECT_EQ(each["state"], closed.contains(key) ? "closed" : "open") << project << key;
      const auto notes = state["notes"].value(fmt::format("{} {}", project, each["number"].get<int>()), std::vector<std::string>());
      EXPECT_EQ(notes.size(), closed.contains(key) ? 1U : 0U) << project << key;
    }
    EXPECT_EQ(seen.size(), static_cast<size_t>(keys)) << project;
    for (const auto& [key, count] : seen) EXPECT_EQ(count, 1) << project << key;
  }
  std::set<std::string> events;
  for (const Json& each : state["events"]) events.insert(each["id"].get<std::string>());
  EXPECT_EQ(events.size(), static_cast<size_t>(keys) + closed.size()) << "each event came, under one name";
  fmt::print("{} runs killed, {} ended; {} requests, {} tickets at each forge for {} keys, {} of them closed\n", killed, whole, server->requests().size(), state["tickets"]["team/images"].size(), keys, closed.size());
}

}  // namespace
}  // namespace ashlar::flow
