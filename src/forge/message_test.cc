#include "forge/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/schema_trial.h"
#include "base/text.h"
#include "forge/inner/api.h"
#include "forge/inner/forge.h"
#include "forge/inner/webhook.h"
#include "forge/outbox.h"
#include "host/memory.h"

namespace ashlar::forge {
namespace {

Message sample() { return {.key = "ticket/registry.example/python/CVE-2026-1/expat", .title = "CVE-2026-1 in expat", .body = "Text.\n", .labels = {"high"}, .time = Time{1'790'000'000}}; }

struct KeyRow {
  const char* summary;
  const char* key;
  bool good;
};
const KeyRow key_rows[] = {
    {"of a ticket", "ticket/registry.example/python/CVE-2026-1/expat", true},
    {"with every sign that may be", "a._:@/+~-Z9", true},
    {"empty", "", false},
    {"two hyphens would end a comment", "a--b", false},
    {"a blank", "a b", false},
    {"a quote", "a\"b", false},
    {"the end of a comment", "a->b", false},
    {"a line end", "a\nb", false},
    {"a letter beyond ASCII", "ä", false},
};

TEST(Messages, KeysAreNarrow) {
  for (const KeyRow& row : key_rows) EXPECT_EQ(is_key(row.key), row.good) << row.summary;
  EXPECT_TRUE(is_key(std::string(300, 'a')));
  EXPECT_FALSE(is_key(std::string(301, 'a')));
}

struct CheckRow {
  const char* summary;
  std::function<void(Message&)> spoil;
  const char* cause;  ///< a part of it; empty: none
};
const FileChange change = {"Dockerfile", "old", "new"};
const CheckRow check_rows[] = {
    {"as it should be", [](Message&) {}, ""},
    {"no title", [](Message& m) { m.title.clear(); }, "it has no title"},
    {"a close needs none", [](Message& m) { m.title.clear(), m.kind = MessageKind::Close; }, ""},
    {"a title that never ends", [](Message& m) { m.title.assign(1001, 'x'); }, "longer than 1000 bytes"},
    {"a body that never ends", [](Message& m) { m.body.assign((1 << 20) + 1, 'x'); }, "larger than 1 MiB"},
    {"bytes that are no text", [](Message& m) { m.body = "\xff"; }, "no UTF-8"},
    {"data that is none", [](Message& m) { m.data = "{"; }, "its data is no JSON"},
    {"a ticket with files", [](Message& m) { m.changes = {change}; }, "only a pull request changes files"},
    {"a pull request without", [](Message& m) { m.kind = MessageKind::PullRequest; }, "changes a file"},
    {"a pull request", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {change}; }, ""},
    {"a build", [](Message& m) { m.kind = MessageKind::Build, m.data = R"({"application": "h/shop:1", "base": "h/python@sha256:00"})", m.project = "team/shop", m.base = "main"; }, ""},
    {"a build of nothing", [](Message& m) { m.kind = MessageKind::Build; }, "an object of one to nine texts"},
    {"a build with a number", [](Message& m) { m.kind = MessageKind::Build, m.data = R"({"a": 1})"; }, "'a' of its data is no text"},
    {"a build with a name that no variable has", [](Message& m) { m.kind = MessageKind::Build, m.data = R"({"a-b": "c"})"; }, "'a-b' of its data is no text"},
    {"a build with more than a forge takes", [](Message& m) { m.kind = MessageKind::Build, m.data = R"({"a":"","b":"","c":"","d":"","e":"","f":"","g":"","h":"","i":"","j":""})"; }, "an object of one to nine texts"},
    {"a build of another's project", [](Message& m) { m.kind = MessageKind::Build, m.data = R"({"a": "b"})", m.project = "shop"; }, "'shop' is no project"},
    {"a project upwards", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {change}, m.project = "a/../b"; }, "'a/../b' is no project"},
    {"a project that is an address", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {change}, m.project = "a/b?x=y"; }, "is no project"},
    {"a branch", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {change}, m.project = "a/b", m.base = "release/1.x#2"; }, ""},
    {"a branch upwards", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {change}, m.base = "a/../b"; }, "'a/../b' is no branch"},
    {"a branch with a blank", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {change}, m.base = "a b"; }, "is no branch"},
    {"a file that stays", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {{"a", "x", "x"}}; }, "'a' does not change"},
    {"a file twice", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {change, change}; }, "changes twice"},
    {"a path upwards", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {{"a/../../b", "", "x"}}; }, "no path inside a repository"},
    {"a path from the root", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {{"/etc/passwd", "", "x"}}; }, "no path inside a repository"},
    {"a path into git's own", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {{".git/config", "", "x"}}; }, "no path inside a repository"},
    {"files without end", [](Message& m) { m.kind = MessageKind::PullRequest, m.changes = {{"a", "", std::string((16 << 20) + 1, 'x')}}; }, "larger than 16 MiB"},
};

TEST(Messages, WhatCannotBeDeliveredIsRefused) {
  for (const CheckRow& row : check_rows) {
    Message message = sample();
    row.spoil(message);
    const auto done = check(message);
    EXPECT_EQ(done.has_value(), std::string_view(row.cause).empty()) << row.summary;
    if (!done) {
      EXPECT_NE(done.error().message.find(row.cause), std::string::npos) << row.summary << ": " << done.error().message;
    }
  }
}

TEST(Messages, ComeBackFromJson) {
  Message message = sample();
  EXPECT_EQ(*message_of(to_json(message)), message);
  message = {.key = "k", .kind = MessageKind::PullRequest, .title = "t", .comment = "c", .type = "x.y", .source = "s", .subject = "u", .data = R"({"a":[1]})", .time = Time{1}, .target = "g", .project = "a/b", .base = "main",
             .changes = {{"a/b", std::string("\0\xff", 2), "y"}}};
  EXPECT_EQ(*message_of(to_json(message)), message);
  for (const char* bad : {"[]", "{}", R"({"key": 1})", R"({"key": "k", "kind": "shout", "title": "t"})", R"({"key": "k", "kind": "open", "labels": "x"})", R"({"key": "k", "kind": "open", "labels": [1]})",
                          R"({"key": "k", "kind": "open", "changes": {}})", R"({"key": "k", "kind": "open", "changes": [1]})", R"({"key": "k", "kind": "open", "changes": [{"path": "a", "before": "?", "after": ""}]})", R"({"key": "k", "kind": "open", "time": "soon"})"})
    EXPECT_FALSE(message_of(Json::parse(bad))) << bad;
}

#ifdef ASHLAR_WITH_VALIJSON
/// Whatever can be delivered fits the schema; what the schema refuses is refused.
TEST(Messages, FitTheirSchema) {
  const SchemaTrial schema(ASHLAR_SOURCE_DIR "/schemas/message.schema.json");
  size_t taken = 0;
  for (const CheckRow& row : check_rows) {
    Message message = sample();
    row.spoil(message);
    if (!is_utf8(message.body) || (!message.data.empty() && !parse_json(message.data, "data"))) continue;
    std::string why;
    const bool takes = schema.takes(nlohmann::json::parse(to_compact(to_json(message))), &why);
    if (check(message)) {
      EXPECT_TRUE(takes) << row.summary << why;
    }
    taken += takes ? 1 : 0;
  }
  EXPECT_LT(taken, std::size(check_rows) - 4);
  for (const char* bad : {"[]", "{}", R"({"key": "a--b", "kind": "close"})", R"({"key": "k", "kind": "shout"})", R"({"key": "k", "kind": "open"})", R"({"key": "k", "kind": "pull-request", "title": "t", "changes": [{"path": "../a", "before": "", "after": ""}]})"})
    EXPECT_FALSE(schema.takes(nlohmann::json::parse(bad))) << bad;
}
#endif

TEST(Messages, TimeAndTargetDoNotMakeAnother) {
  Message other = sample();
  other.time.seconds += 5, other.target = "house";
  EXPECT_EQ(fingerprint(other), fingerprint(sample()));
  other.body += "x";
  EXPECT_NE(fingerprint(other), fingerprint(sample()));
}

TEST(Messages, MarksAreFoundAgain) {
  const std::string key = sample().key;
  EXPECT_EQ(key_in("text\n\n" + mark_of(key)), key);
  EXPECT_EQ(key_in(mark_of("other") + " a text that quotes a mark, and then ours " + mark_of(key)), key);
  for (const char* none : {"", "text", "<!-- ashlar: ", "<!-- ashlar: a b -->", "<!-- ashlar:  -->"}) EXPECT_EQ(key_in(none), "") << none;
  EXPECT_EQ(key_in(mark_of(key, "0123")), "") << "a comment's mark is no ticket's";
}

TEST(Messages, BranchesAreReadableAndUnique) {
  EXPECT_EQ(branch_of("pull-request/team/app").substr(0, 29), "ashlar/pull-request-team-app-");
  EXPECT_NE(branch_of("a/b"), branch_of("a-b"));
  EXPECT_LE(branch_of(std::string(300, 'x')).size(), 80U);
}

TEST(Waits, DoubleUpToAnHour) {
  const int waits[] = {30, 60, 120, 240, 480, 960, 1920, 3600, 3600};
  for (int attempt = 1; const int wait : waits) EXPECT_EQ(retry_at(Time{1000}, attempt++).seconds, 1000 + wait);
  EXPECT_EQ(retry_at(Time{0}, 1'000'000).seconds, 3600);
}

TEST(Links, TheNextPage) {
  EXPECT_EQ(next_of(R"(<http://h/a?page=2>; rel="next", <http://h/a?page=9>; rel="last")"), "http://h/a?page=2");
  EXPECT_EQ(next_of(R"(<http://h/a?page=1>; rel="first", <http://h/a?q=a,b&page=2>; rel="next"; title="x")"), "http://h/a?q=a,b&page=2");
  for (const char* none : {"", "<", "<http://h>", R"(<http://h>; rel="prev")", "x; rel=next"}) EXPECT_EQ(next_of(none), "") << none;
}

TEST(Links, NothingIsAskedOfAnotherHost) {
  host::MemoryMachine machine;
  machine.http.add("https://forge.example/a", {.status = 200, .headers = {{"content-type", "application/json"}, {"link", "<https://other.example/a?page=2>; rel=\"next\""}}, .body = "[{\"n\": 1}]", .break_after = {}});
  const Target target{{"a", TargetKind::GitHub, "https://forge.example", "a/b", "T", {}, {"ashlar"}}, Secret::copy_of("token")};
  Api api(machine.http, machine.clock, target, {{"authorization", "Bearer token"}});
  int seen = 0;
  const auto done = api.each("/a", [&](const Json&) { return ++seen, true; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "cannot read the list '/a': its next page lies on another host");
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(machine.http.requests().size(), 1U);
}

TEST(Texts, AreCutBetweenCharacters) {
  EXPECT_EQ(cut_to("abc", 3), "abc");
  EXPECT_EQ(cut_to("abcdefgh", 6), "abc…");
  EXPECT_EQ(cut_to("äöüäöü", 8), "äö…");
  for (size_t limit = 0; limit < 12; ++limit) EXPECT_TRUE(is_utf8(cut_to("äöüäöü", limit)));
  EXPECT_EQ(percent_encoded("a/b c+ä"), "a%2Fb%20c%2B%C3%A4");
  EXPECT_EQ(percent_encoded("release/1.x#2", "/"), "release/1.x%232");
}

/// The values that the Standard Webhooks specification gives: a secret, a message, its signature; and the same made by openssl's command line.
TEST(Webhooks, AreSignedAsTheStandardSays) {
  const auto signature = webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", Time{1614265330}, R"({"test": 2432232314})");
  ASSERT_TRUE(signature);
  EXPECT_EQ(*signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(*webhook_signature("key", "a", Time{1}, "b"), *webhook_signature("whsec_a2V5", "a", Time{1}, "b")) << "a secret is its own bytes, or base64 behind its prefix";
  EXPECT_FALSE(webhook_signature("whsec_?", "a", Time{1}, "b"));
}

TEST(Webhooks, CarryACloudEvent) {
  const Json event = cloud_event(sample());
  EXPECT_EQ(event["specversion"], "1.0");
  EXPECT_EQ(event["type"], "dev.ashlar.open");
  EXPECT_EQ(event["subject"], sample().key);
  EXPECT_EQ(event["data"]["title"], "CVE-2026-1 in expat");
  Message made = sample();
  made.type = "org.example.patched", made.source = "registry.example", made.data = R"({"days": 2})";
  EXPECT_EQ(cloud_event(made)["data"]["days"], 2);
  EXPECT_EQ(cloud_event(made)["type"], "org.example.patched");
  EXPECT_NE(event_id(made), event_id(sample()));
  made = {.key = "k", .kind = MessageKind::PullRequest, .title = "t", .changes = {change}};
  EXPECT_EQ(cloud_event(made)["data"]["changes"], Json::parse(R"([{"path": "Dockerfile"}])")) << "an event carries no files";
}

struct TargetRow {
  const char* summary;
  const char* yaml;
  const char* fault;  ///< a part of the first; empty: none
};
const TargetRow target_rows[] = {
    {"a forge", "a: {kind: github, url: https://forge.example/api/, project: team/app, token: {env: T}}", ""},
    {"a forge with groups in groups", "a: {kind: gitlab, url: https://forge.example/api/v4, project: a/b/c, token: {file: t}, labels: [x]}", ""},
    {"a webhook", "a: {kind: webhook, url: https://hooks.example/x, secret: {env: S}}", ""},
    {"this machine may be spoken to in the clear", "a: {kind: webhook, url: 'http://127.0.0.1:80/', secret: {env: S}}", ""},
    {"nobody else", "a: {kind: webhook, url: 'http://hooks.example/', secret: {env: S}}", "is no address for a target"},
    {"nor one that begins like it", "a: {kind: webhook, url: 'http://127.0.0.1.example/', secret: {env: S}}", "is no address for a target"},
    {"a login in the address", "a: {kind: webhook, url: 'https://u:p@hooks.example/', secret: {env: S}}", "is no address for a target"},
    {"no address", "a: {kind: webhook, secret: {env: S}}", "a target needs 'url'"},
    {"another kind", "a: {kind: pager, url: https://x.example}", "'pager' is no kind of target"},
    {"a misspelt key", "a: {kind: webhook, url: https://x.example/, secret: {env: S}, lables: [x]}", "unknown key 'lables'"},
    {"a token that stands in the file", "a: {kind: github, url: https://x.example, project: a/b, token: abc}", "'token' says where it is, never what it is"},
    {"a token in two places", "a: {kind: github, url: https://x.example, project: a/b, token: {env: A, file: b}}", "one of 'env' and 'file'"},
    {"no token", "a: {kind: github, url: https://x.example, project: a/b}", "a target needs 'token'"},
    {"a forge with a secret", "a: {kind: github, url: https://x.example, project: a/b, secret: {env: A}}", "has a 'token', no 'secret'"},
    {"no project", "a: {kind: github, url: https://x.example, token: {env: T}}", "'' is no project"},
    {"a project upwards", "a: {kind: gitlab, url: https://x.example, project: a/.., token: {env: T}}", "is no project"},
    {"a webhook with a project", "a: {kind: webhook, url: https://x.example, project: a/b, secret: {env: T}}", "a webhook has no project"},
    {"a label with a comma", "a: {kind: github, url: https://x.example, project: a/b, token: {env: T}, labels: ['a,b']}", "without comma"},
    {"no mapping", "[a]", "a mapping of targets by name is expected"},
};

TEST(Targets, AreReadWithTheirFaults) {
  for (const TargetRow& row : target_rows) {
    const auto document = parse_yaml(row.yaml, "ashlar.yaml");
    ASSERT_TRUE(document) << row.summary;
    const auto targets = read_targets(*document, document->root, "/project");
    EXPECT_EQ(targets.has_value(), std::string_view(row.fault).empty()) << row.summary;
    if (targets) continue;
    ASSERT_FALSE(targets.error().faults.empty()) << row.summary;
    EXPECT_NE(targets.error().faults[0].message.find(row.fault), std::string::npos) << row.summary << ": " << targets.error().faults[0].message;
    EXPECT_EQ(targets.error().faults[0].line, 1) << row.summary;
  }
  const auto document = parse_yaml(target_rows[0].yaml, "ashlar.yaml");
  const auto read = read_targets(*document, document->root, "/project");
  EXPECT_EQ((*read)[0].url, "https://forge.example/api");
  EXPECT_EQ((*read)[0].labels, std::vector<std::string>{"ashlar"}) << "tickets are found by a label";
}

TEST(Targets, TokensComeFromTheEnvironmentOrAFile) {
  host::MemoryMachine machine;
  TargetSettings settings{"a", TargetKind::GitHub, "https://x.example", "a/b", "TOKEN", {}, {"ashlar"}};
  EXPECT_EQ(open_target(machine.machine, settings).error().kind, Kind::NotFound);
  machine.environment["TOKEN"] = " abc\n";
  EXPECT_EQ(open_target(machine.machine, settings)->secret.text(), "abc");
  machine.environment["TOKEN"] = "a b";
  const auto bad = open_target(machine.machine, settings);
  EXPECT_EQ(bad.error().message, "cannot speak to 'a': its token holds white space");
  settings.variable.clear(), settings.file = "/t";
  EXPECT_FALSE(open_target(machine.machine, settings));
  (void)machine.files.write("/t", "def\nignored\n", host::Durability::Cache);
  EXPECT_EQ(open_target(machine.machine, settings)->secret.text(), "def");
  (void)machine.files.write("/t", "\n", host::Durability::Cache);
  EXPECT_EQ(open_target(machine.machine, settings).error().message, "cannot speak to 'a': the first line of '/t', which should be its token, is empty");
}

}  // namespace
}  // namespace ashlar::forge
