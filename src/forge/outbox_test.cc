#include "forge/outbox.h"

#include <gtest/gtest.h>

#include <ctime>
#include <map>

#include <fmt/format.h>

#include "forge/inner/forge.h"
#include "forge/stand_in_test.h"
#include "host/memory.h"
#include "host/scratch.h"

namespace ashlar::forge {
namespace {

const std::string key = "ticket/registry.example/python/CVE-2026-1/expat";

Message ticket(MessageKind kind, const std::string& body = "It is affected.", const std::string& of = key) {
  return {.key = of, .kind = kind, .title = "CVE-2026-1 in expat", .body = body, .comment = kind == MessageKind::Open ? "" : "News: " + body, .labels = {"high"}, .time = Time{1'790'000'000}};
}

class OutboxTest : public ::testing::Test {
 protected:
  host::Scratch folder;
  StandIn server{folder.path()};
  std::unique_ptr<host::Files> files = host::machine_files();
  std::unique_ptr<host::Http> http = host::machine_http();
  host::FixedClock clock{Time{std::time(nullptr)}};
  std::vector<TargetSettings> settings;
  std::vector<Target> targets;

  void SetUp() override {
    if (!server.started()) GTEST_SKIP() << StandIn::reason;
    use(TargetKind::GitHub);
  }
  void TearDown() override { EXPECT_EQ(server.misfits(), ""); }
  void use(TargetKind kind, const std::string& project = "team/images") {
    targets.clear(), settings.clear();
    targets.push_back(server.target(kind, project));
    settings.push_back(server.settings(kind, project));
  }
  Outbox open() { return std::move(*Outbox::open(*files, folder / "state/outbox.db")); }
  Delivery deliver() {
    auto box = open();
    auto done = box.deliver(targets, *http, clock);
    EXPECT_TRUE(done) << done.error().message;
    return done ? std::move(*done) : Delivery{};
  }
  size_t put(const Message& message) {
    auto box = open();
    const auto count = box.put(message, settings);
    EXPECT_TRUE(count) << count.error().message;
    return count.value_or(0);
  }
  void pass(std::int64_t seconds) { clock.set(Time{clock.now().seconds + seconds}); }
  std::vector<std::string> notes(int number = 1) { return server.state()["notes"].value(fmt::format("team/images {}", number), std::vector<std::string>()); }
};

/// What every forge does the same way.
class Forges : public OutboxTest, public ::testing::WithParamInterface<TargetKind> {
 protected:
  void SetUp() override {
    OutboxTest::SetUp();
    use(GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Both, Forges, ::testing::Values(TargetKind::GitHub, TargetKind::GitLab), [](const auto& each) { return std::string(to_string(each.param)); });

TEST_P(Forges, ATicketLives) {
  EXPECT_EQ(put(ticket(MessageKind::Open)), 1U);
  EXPECT_EQ(put(ticket(MessageKind::Open)), 0U) << "the same again";
  const Delivery first = deliver();
  ASSERT_EQ(first.delivered.size(), 1U);
  EXPECT_NE(first.delivered[0].url.find("/issues/1"), std::string::npos);
  Json all = server.tickets();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["title"], "CVE-2026-1 in expat");
  EXPECT_EQ(key_in(all[0]["body"].get<std::string>()), key);
  EXPECT_EQ(all[0]["labels"], (std::vector<std::string>{"ashlar", "security", "high"}));

  EXPECT_EQ(put(ticket(MessageKind::Update, "There is a fix.")), 1U);
  deliver();
  EXPECT_TRUE(server.tickets()[0]["body"].get<std::string>().starts_with("There is a fix."));
  ASSERT_EQ(notes().size(), 1U);
  EXPECT_TRUE(notes()[0].starts_with("News: There is a fix."));

  put(ticket(MessageKind::Close, "Patched."));
  deliver();
  EXPECT_EQ(server.tickets()[0]["state"], "closed");
  EXPECT_EQ(notes().size(), 2U);

  Message again = ticket(MessageKind::Open, "It is back.");
  again.comment = "Opened again: the fix was withdrawn.";
  put(again);
  deliver();
  all = server.tickets();
  ASSERT_EQ(all.size(), 1U) << "one ticket for a key";
  EXPECT_EQ(all[0]["state"], "open");
  EXPECT_EQ(notes().size(), 3U);
}

TEST_P(Forges, NothingIsSaidWhereNothingChanged) {
  put(ticket(MessageKind::Open));
  deliver();
  Message update = ticket(MessageKind::Update);
  update.comment = "Looked again.";
  EXPECT_EQ(put(update), 1U);
  deliver();
  EXPECT_EQ(notes().size(), 0U);
  EXPECT_EQ(server.count(GetParam() == TargetKind::GitHub ? "issues/update" : "updateIssue"), 0U);
}

TEST_P(Forges, ATicketThatPeopleClosedStaysClosedOnAnUpdate) {
  put(ticket(MessageKind::Open));
  deliver();
  server.ask("/_edit", {{"project", "team/images"}, {"number", 1}, {"set", {{"state", "closed"}, {"labels", {"ashlar", "theirs"}}}}});
  put(ticket(MessageKind::Update, "There is a fix."));
  deliver();
  EXPECT_EQ(server.tickets()[0]["state"], "closed");
  EXPECT_EQ(server.tickets()[0]["labels"], (std::vector<std::string>{"ashlar", "theirs", "security", "high"})) << "labels of others stay";
}

TEST_P(Forges, ClosingWhatIsNotThereIsDone) {
  put(ticket(MessageKind::Close));
  EXPECT_EQ(deliver().delivered.size(), 1U);
  EXPECT_EQ(server.tickets().size(), 0U);
}

TEST_P(Forges, ARequestThatWasCutOffIsNotDoubled) {
  server.fault({{{"when", "after"}, {"match", "POST .*/issues$"}, {"times", 1}}});
  put(ticket(MessageKind::Open));
  const Delivery cut = deliver();
  EXPECT_EQ(cut.delivered.size(), 0U);
  ASSERT_EQ(cut.left.size(), 1U);
  EXPECT_NE(cut.left[0].cause, "");
  EXPECT_EQ(server.tickets().size(), 1U) << "it was made, and nobody told us";
  EXPECT_EQ(deliver().delivered.size(), 0U) << "it is not due yet";
  pass(31);
  EXPECT_EQ(deliver().delivered.size(), 1U);
  EXPECT_EQ(server.tickets().size(), 1U);
}

TEST_P(Forges, ACutOffTicketIsFoundThoughItsLabelIsGone) {
  server.fault({{{"when", "after"}, {"match", "POST .*/issues$"}, {"times", 1}}});
  put(ticket(MessageKind::Open));
  deliver();
  server.ask("/_edit", {{"project", "team/images"}, {"number", 1}, {"set", {{"labels", Json::array()}}}});
  pass(31);
  deliver();
  EXPECT_EQ(server.tickets().size(), 1U);
}

TEST_P(Forges, ACommentThatWasCutOffIsNotDoubled) {
  put(ticket(MessageKind::Open));
  deliver();
  for (const char* at : {"POST .*/(comments|notes)$", "(PATCH|PUT) .*/issues/1$"}) {
    server.fault({{{"when", "after"}, {"match", at}, {"times", 1}}});
    put(ticket(MessageKind::Update, at));
    EXPECT_EQ(deliver().delivered.size(), 0U) << at;
    pass(31);
    EXPECT_EQ(deliver().delivered.size(), 1U) << at;
  }
  EXPECT_EQ(notes().size(), 2U);
}

TEST_P(Forges, ALostQueueFindsItsTickets) {
  for (int at = 0; at < 8; ++at) put(ticket(MessageKind::Open, "x", fmt::format("t/{}", at)));
  EXPECT_EQ(deliver().delivered.size(), 8U);
  std::filesystem::remove_all(folder / "state");
  for (int at = 0; at < 9; ++at) put(ticket(MessageKind::Open, "y", fmt::format("t/{}", at)));
  EXPECT_EQ(deliver().delivered.size(), 9U);
  EXPECT_EQ(server.tickets().size(), 9U) << "eight over three pages were found, one is new";
}

TEST_P(Forges, AStormPassesAndEverythingArrives) {
  server.fault({{{"when", "before"}, {"match", ".*"}, {"times", 17}, {"status", 502}}, {{"when", "after"}, {"match", "POST"}, {"times", 5}}, {{"when", "before"}, {"match", "POST"}, {"times", 6}, {"status", 503}}});
  for (int at = 0; at < 12; ++at) put(ticket(MessageKind::Open, "x", fmt::format("t/{}", at)));
  int passes = 0;
  while (!deliver().left.empty() && ++passes < 60) pass(120);
  EXPECT_LT(passes, 60);
  EXPECT_GT(passes, 2);
  std::map<std::string, int> seen;
  for (const Json& each : server.tickets()) ++seen[key_in(each["body"].get<std::string>())];
  EXPECT_EQ(seen.size(), 12U);
  for (const auto& [of, count] : seen) EXPECT_EQ(count, 1) << of;
}

TEST_P(Forges, ALimitIsObeyed) {
  const std::int64_t reset = clock.now().seconds + 900;
  server.ask("/_limit", {{"left", 5}, {"reset", reset}});
  for (int at = 0; at < 6; ++at) put(ticket(MessageKind::Open, "x", fmt::format("t/{}", at)));
  const Delivery first = deliver();
  EXPECT_EQ(first.delivered.size(), 4U) << "one request to look, four to open; the headers said that was all";
  ASSERT_EQ(first.holds.size(), 1U);
  EXPECT_EQ(first.holds[0].until, Time{reset});
  const size_t asked = server.requests().size();
  pass(600);
  const Delivery second = deliver();
  EXPECT_EQ(server.requests().size(), asked) << "nothing is asked before the limit's end, by another process either";
  EXPECT_EQ(second.left.size(), 2U);
  server.ask("/_limit", {{"left", nullptr}, {"reset", 0}});
  pass(301);
  EXPECT_EQ(deliver().delivered.size(), 2U);
}

TEST_P(Forges, AnswersThatAskForPeople) {
  struct Row {
    const char* summary;
    int status;
    Json headers;
    Standing standing;
    std::int64_t hold;  ///< seconds; 0: none
  };
  const Row rows[] = {
      {"a token that is not taken", 401, Json::object(), Standing::Waiting, 900},
      {"rights that lack", 403, Json::object(), Standing::Waiting, 900},
      {"a project that is not there", 404, Json::object(), Standing::Waiting, 900},
      {"what is refused for its content", 422, Json::object(), Standing::Refused, 0},
      {"what is malformed", 400, Json::object(), Standing::Refused, 0},
      {"too many, with a wait", 429, {{"Retry-After", "120"}}, Standing::Waiting, 120},
      {"too many, with a date", 429, {{"Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT"}}, Standing::Waiting, 24 * 3600},
      {"too many, and nothing said", 429, Json::object(), Standing::Waiting, 60},
      {"forbidden for a while", 403, {{"Retry-After", "77"}}, Standing::Waiting, 77},
      {"closed for a while", 503, {{"Retry-After", "50"}}, Standing::Waiting, 50},
      {"broken", 500, Json::object(), Standing::Waiting, 0},
  };
  int number = 0;
  for (const Row& row : rows) {
    server.fault({{{"when", "before"}, {"match", "POST .*/issues$"}, {"times", 1}, {"status", row.status}, {"headers", row.headers}}});
    put(ticket(MessageKind::Open, "x", fmt::format("t/{}", ++number)));
    const Delivery done = deliver();
    ASSERT_EQ(done.refused.size(), row.standing == Standing::Refused ? 1U : 0U) << row.summary;
    ASSERT_EQ(done.left.size(), row.standing == Standing::Refused ? 0U : 1U) << row.summary;
    ASSERT_EQ(done.holds.size(), row.hold > 0 ? 1U : 0U) << row.summary;
    if (row.hold > 0) {
      EXPECT_EQ(done.holds[0].until->seconds - clock.now().seconds, row.hold) << row.summary;
    }
    for (const Entry& each : done.left) EXPECT_NE(each.cause.find(std::to_string(row.status)), std::string::npos) << each.cause;
    auto box = open();
    EXPECT_EQ(*box.hasten(clock.now()), 1U) << row.summary;
    EXPECT_EQ(deliver().delivered.size(), 1U) << row.summary;
    pass(10);
  }
  EXPECT_EQ(server.tickets().size(), std::size(rows));
}

TEST_P(Forges, APullRequestIsOpenedUpdatedAndLeftToOthers) {
  use(GetParam(), "team/app");
  const std::string old = server.ask("/_file", {{"project", "team/app"}, {"branch", "main"}, {"path", "Dockerfile"}})["text"];
  Message message = {.key = "pull-request/team/app/python", .kind = MessageKind::PullRequest, .title = "python: move to 1111", .body = "Tests passed.", .time = Time{1}, .changes = {{"Dockerfile", old, "FROM one\n"}, {"deploy/run.sh", "#!/bin/sh\necho old\n", "#!/bin/sh\necho new\n"}}};
  const std::string branch = branch_of(message.key);
  const auto at = [&](const char* path, const std::string& on) { return server.ask("/_file", {{"project", "team/app"}, {"branch", on}, {"path", path}}); };
  const auto requests = [&] { return server.state()["requests"].value("team/app", Json::array()); };
  put(message);
  const Delivery first = deliver();
  ASSERT_EQ(first.delivered.size(), 1U) << (first.left.empty() ? "" : first.left[0].cause) << (first.refused.empty() ? "" : first.refused[0].cause);
  ASSERT_EQ(requests().size(), 1U);
  EXPECT_EQ(requests()[0]["head"], branch);
  EXPECT_EQ(at("Dockerfile", branch)["text"], "FROM one\n");
  EXPECT_EQ(at("deploy/run.sh", branch), Json::parse(R"({"mode": "100755", "text": "#!/bin/sh\necho new\n"})")) << "a program stays one";
  EXPECT_EQ(at("Dockerfile", "main")["text"], old);

  // The same key again, with other bytes: the open request moves.
  message.changes[0].after = "FROM two\n", message.title = "python: move to 2222";
  put(message);
  deliver();
  ASSERT_EQ(requests().size(), 1U);
  EXPECT_EQ(requests()[0]["title"], "python: move to 2222");
  EXPECT_EQ(at("Dockerfile", branch)["text"], "FROM two\n");
  const std::string commit = server.state()["refs"]["team/app " + branch]["commit"];

  // Sent again after its answer was lost: neither a commit nor a request more.
  message.body = "Tests passed again.";
  put(message);
  deliver();
  EXPECT_EQ(requests().size(), 1U);
  EXPECT_TRUE(requests()[0]["body"].get<std::string>().starts_with("Tests passed again."));
  EXPECT_EQ(server.state()["refs"]["team/app " + branch]["commit"], commit);

  // Others have worked on the branch: it is theirs.
  server.ask("/_commit", {{"project", "team/app"}, {"branch", branch}, {"path", "Dockerfile"}, {"text", "FROM theirs\n"}, {"message", "by hand"}});
  message.changes[0].after = "FROM three\n";
  put(message);
  const Delivery refused = deliver();
  ASSERT_EQ(refused.refused.size(), 1U);
  EXPECT_NE(refused.refused[0].cause.find("somebody else has worked on branch"), std::string::npos) << refused.refused[0].cause;
  EXPECT_EQ(at("Dockerfile", branch)["text"], "FROM theirs\n");
}

TEST_P(Forges, APullRequestWhoseFilesHaveChangedIsRefused) {
  use(GetParam(), "team/app");
  struct Row {
    const char* summary;
    FileChange change;
    const char* cause;
  };
  const Row rows[] = {
      {"other bytes", {"Dockerfile", "FROM other\n", "FROM new\n"}, "has changed on branch 'main' meanwhile"},
      {"no such file", {"deploy/none", "a", "b"}, "has no file 'deploy/none'"},
      {"a folder", {"deploy", "a", "b"}, "has no file 'deploy'"},
  };
  for (const Row& row : rows) {
    put({.key = fmt::format("pull-request/{}", row.change.path), .kind = MessageKind::PullRequest, .title = "t", .time = Time{1}, .changes = {row.change}});
    const Delivery done = deliver();
    ASSERT_EQ(done.refused.size(), 1U) << row.summary;
    EXPECT_NE(done.refused[0].cause.find(row.cause), std::string::npos) << done.refused[0].cause;
  }
  const std::string there = server.ask("/_file", {{"project", "team/app"}, {"branch", "main"}, {"path", "Dockerfile"}})["text"];
  put({.key = "pull-request/merged", .kind = MessageKind::PullRequest, .title = "t", .time = Time{1}, .changes = {{"Dockerfile", "FROM before\n", there}}});
  EXPECT_EQ(deliver().delivered.size(), 1U) << "the base has it so already";
  EXPECT_EQ(server.state()["requests"].size(), 0U);
}

TEST_P(Forges, APullRequestToWhereThereIsNothingHoldsUpNobody) {
  for (const char* project : {"team/none", "team/app"})
    put({.key = fmt::format("pull-request/{}", project), .kind = MessageKind::PullRequest, .title = "t", .time = Time{1}, .project = project, .base = std::string_view(project) == "team/app" ? "none" : "", .changes = {{"Dockerfile", "a", "b"}}});
  put(ticket(MessageKind::Open));
  const Delivery done = deliver();
  EXPECT_EQ(done.refused.size(), 2U);
  EXPECT_EQ(done.delivered.size(), 1U);
  EXPECT_EQ(done.holds.size(), 0U);
}

TEST_P(Forges, ABuildIsStartedOnceForWhatItIsOf) {
  const auto build = [](const std::string& base, const std::string& project = "team/app") {
    return Message{.key = "build/h/shop_1", .kind = MessageKind::Build, .title = "Build h/shop:1 on " + base, .data = fmt::format(R"({{"application": "h/shop:1", "base": "{}"}})", base), .time = Time{1}, .project = project};
  };
  EXPECT_EQ(put(build("h/python@sha256:00")), 1U);
  EXPECT_EQ(put(build("h/python@sha256:00")), 0U) << "the same base again";
  EXPECT_EQ(deliver().delivered.size(), 1U);
  const auto builds = [&] { return server.state()["builds"].value("team/app", Json::array()); };
  const Json expected = GetParam() == TargetKind::GitHub ? Json{{"type", "ashlar-build"}, {"application", "h/shop:1"}, {"base", "h/python@sha256:00"}, {"key", "build/h/shop_1"}}
                                                         : Json{{"ref", "main"}, {"ASHLAR_KEY", "build/h/shop_1"}, {"ASHLAR_APPLICATION", "h/shop:1"}, {"ASHLAR_BASE", "h/python@sha256:00"}};
  EXPECT_EQ(builds(), Json::array({expected}));
  EXPECT_EQ(server.tickets().size(), 0U) << "a build is no ticket";
  EXPECT_EQ(put(build("h/python@sha256:11")), 1U) << "a newer base is another build";
  server.fault(Json::array({{{"when", "before"}, {"match", "POST"}, {"times", 1}, {"status", 502}}}));
  EXPECT_EQ(deliver().delivered.size(), 0U);
  pass(60);
  EXPECT_EQ(deliver().delivered.size(), 1U) << "what did not get through is tried again";
  EXPECT_EQ(builds().size(), 2U);
  put(build("h/python@sha256:22", "team/nowhere"));
  put(ticket(MessageKind::Open));
  const Delivery refused = deliver();
  EXPECT_EQ(refused.refused.size(), 1U) << "a project that is not there is the message's own";
  EXPECT_EQ(refused.delivered.size(), 1U) << "and holds up nobody";
}

TEST_P(Forges, AMessageThatIsDeniedLetsOthersPass) {
  server.fault({{{"when", "before"}, {"match", "POST .*/issues$"}, {"times", 1}, {"status", 403}}});
  put(ticket(MessageKind::Open));
  put(ticket(MessageKind::Open, "x", "other"));
  EXPECT_EQ(deliver().holds.size(), 1U);
  pass(901);
  const Delivery second = deliver();
  ASSERT_EQ(second.delivered.size(), 1U);
  EXPECT_EQ(second.delivered[0].key, "other");
  pass(901);
  EXPECT_EQ(deliver().delivered.size(), 1U);
}

TEST_P(Forges, EveryStepOfAPullRequestMayBeCutOff) {
  use(GetParam(), "team/app");
  const std::string old = server.ask("/_file", {{"project", "team/app"}, {"branch", "main"}, {"path", "Dockerfile"}})["text"];
  for (int step = 0; step < 7; ++step) {
    server.fault({{{"when", step % 2 == 0 ? "after" : "before"}, {"match", "POST|PATCH|PUT"}, {"times", 1}, {"status", 502}}});
    put({.key = fmt::format("pull-request/step-{}", step), .kind = MessageKind::PullRequest, .title = "t", .time = Time{1}, .changes = {{"Dockerfile", old, fmt::format("FROM step-{}\n", step)}}});
    int passes = 0;
    while (deliver().delivered.empty() && ++passes < 9) pass(61);
    EXPECT_EQ(passes, 1) << step;
  }
  const Json all = server.state()["requests"]["team/app"];
  EXPECT_EQ(all.size(), 7U);
}

TEST_F(OutboxTest, AWebhookIsToldEverythingSignedAndOnceByItsName) {
  use(TargetKind::Webhook);
  server.fault({{{"when", "after"}, {"match", "hook"}, {"times", 1}}});
  EXPECT_EQ(put(ticket(MessageKind::Event, "x", "event/1")), 1U);
  EXPECT_EQ(put(ticket(MessageKind::Event, "another text", "event/1")), 0U) << "an event is told once";
  EXPECT_EQ(put(ticket(MessageKind::Open)), 1U);
  EXPECT_EQ(deliver().delivered.size(), 1U);
  pass(31);
  EXPECT_EQ(deliver().delivered.size(), 1U);
  const Json events = server.state()["events"];
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0]["id"], events[2]["id"]) << "who gets one twice can tell";
  targets[0].secret = Secret::copy_of("another");
  put(ticket(MessageKind::Event, "x", "event/2"));
  EXPECT_NE(deliver().left.at(0).cause.find("401"), std::string::npos);
}

TEST_F(OutboxTest, MessagesOfAKeyKeepTheirOrderAndOthersPass) {
  server.fault({{{"when", "before"}, {"match", "POST .*/issues$"}, {"times", 1}, {"status", 500}}});
  put(ticket(MessageKind::Open));
  put(ticket(MessageKind::Close, "Patched."));
  put(ticket(MessageKind::Open, "x", "other"));
  const Delivery first = deliver();
  ASSERT_EQ(first.delivered.size(), 1U);
  EXPECT_EQ(first.delivered[0].key, "other");
  EXPECT_EQ(first.left.size(), 2U);
  pass(31);
  EXPECT_EQ(deliver().delivered.size(), 2U);
  EXPECT_EQ(server.tickets()[1]["state"], "closed");
}

TEST_F(OutboxTest, ATargetThatIsDownIsNotAskedForEveryMessage) {
  for (int at = 0; at < 10; ++at) put(ticket(MessageKind::Open, "x", fmt::format("t/{}", at)));
  server.fault({{{"when", "before"}, {"match", ".*"}, {"times", 100}, {"status", 502}}});
  const Delivery done = deliver();
  EXPECT_EQ(server.requests().size(), 3U);
  ASSERT_EQ(done.holds.size(), 1U);
  EXPECT_EQ(done.holds[0].cause, "it failed 3 times in a row");
  EXPECT_EQ(done.left.size(), 10U);
}

TEST_F(OutboxTest, WhatWasNeverTriedIsDueWhateverItsTime) {
  Message later = ticket(MessageKind::Open);
  later.time = Time{clock.now().seconds + 9999};
  put(later);
  EXPECT_EQ(deliver().delivered.size(), 1U);
}

TEST_F(OutboxTest, WhatIsPutSaysForWhom) {
  settings = {server.settings(TargetKind::GitHub), server.settings(TargetKind::Webhook)};
  auto box = open();
  EXPECT_EQ(*box.put(ticket(MessageKind::Open), settings), 2U);
  EXPECT_EQ(*box.put(ticket(MessageKind::Event, "x", "event/1"), settings), 1U);
  Message named = ticket(MessageKind::Open, "x", "named");
  named.target = "webhook";
  EXPECT_EQ(*box.put(named, settings), 1U);
  named.target = "nobody";
  EXPECT_EQ(box.put(named, settings).error().kind, Kind::NotFound);
  named.target = "github", named.kind = MessageKind::Event;
  EXPECT_EQ(box.put(named, settings).error().message, "cannot put message 'named': 'github' is told no messages of the kind 'event'");
  named.key = "a b";
  EXPECT_FALSE(box.put(named, settings));
  EXPECT_EQ(box.list(false)->size(), 4U);
  EXPECT_TRUE(box.drop(1));
  EXPECT_EQ(box.drop(1).error().kind, Kind::NotFound);
  EXPECT_EQ(box.list(true)->size(), 3U);
  EXPECT_EQ(*box.put(ticket(MessageKind::Open), {settings[0]}), 1U) << "whoever puts a ticket again means it";
  const auto all = box.list(false).value();
  const auto event = std::ranges::find(all, MessageKind::Event, &Entry::kind);
  ASSERT_NE(event, all.end());
  EXPECT_TRUE(box.drop(event->id));
  EXPECT_EQ(box.drop(event->id).error().kind, Kind::NotFound);
  EXPECT_EQ(*box.put(ticket(MessageKind::Event, "x", "event/1"), settings), 0U) << "what happened once is not brought back by who tells of it again";
  EXPECT_EQ(box.list(true)->size(), all.size() - 1);
  EXPECT_EQ(*box.hasten(clock.now()), all.size() - 1);
  EXPECT_EQ(box.list(false)->size(), all.size() - 1) << "nor by haste";
  EXPECT_EQ(box.last_put("event/")->value().seconds, event->put.seconds);
  EXPECT_FALSE(box.last_put("other/").value());
}

TEST_F(OutboxTest, NoTokenStandsInTheQueueOrAnError) {
  server.fault({{{"when", "before"}, {"match", ".*"}, {"times", 9}, {"status", 403}}});
  put(ticket(MessageKind::Open));
  deliver();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "state")) {
    if (entry.is_regular_file()) {
      EXPECT_EQ(files->read(entry.path())->find(StandIn::token), std::string::npos) << entry.path();
    }
  }
}

TEST_F(OutboxTest, ATextOfOthersCannotBearOurMark) {
  put(ticket(MessageKind::Open, "quoted: " + mark_of("other")));
  deliver();
  EXPECT_EQ(key_in(server.tickets()[0]["body"].get<std::string>()), key);
  EXPECT_EQ(server.tickets()[0]["body"].get<std::string>().find(mark_of("other")), std::string::npos);
  put(ticket(MessageKind::Open, std::string(200'000, 'x') + "end", "long"));
  EXPECT_EQ(deliver().delivered.size(), 1U) << "a text that is too long is cut, not refused";
}

}  // namespace
}  // namespace ashlar::forge
