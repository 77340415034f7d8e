// `ashlar audit`: what happened, whether anybody changed it, checkpoints, and what whoever deploys reports.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "host/sqlite.h"
#include "ledger/ledger.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

class AuditFlow : public ::testing::Test {
 protected:
  Stage stage;
  const host::Path path = stage.folder() / "home/data/ashlar/ledger.db";
  const std::string digest = "sha256:" + std::string(64, 'a');

  void SetUp() override {
    auto ledger = ledger::Ledger::open(path).value();
    const ledger::Event events[] = {
        {ledger::Kind::FirstSeen, {1'780'000'000}, "registry.example/a", "", "CVE-2027-0001", "openssl", "", "ashlar scan", {{"severity", "high"}}},
        {ledger::Kind::Promoted, {1'780'100'000}, "registry.example/a", digest, "", "", "", "ashlar renew", {{"tag", "1 latest"}, {"fixes", "CVE-2027-0001"}}},
        {ledger::Kind::Noted, {1'780'200'000}, "registry.example/b", "", "", "", "", "M\xc3\xbcller \"M\"", {{"reason", "a line\nend"}}},
    };
    ASSERT_TRUE(ledger.append(events, {1'780'300'000}));
    ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "our"}).code, 0);
  }
  Ran audit(Words more) const { return more.insert(more.begin(), "audit"), stage.ashlar(more); }
  /// Runs SQL with the guard against it taken away for that time.
  void tamper(const std::string& guard, const std::string& sql) const {
    auto database = host::Sqlite::open_shared(path).value();
    std::string made;
    {
      auto row = database.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").value();
      row.bind(0, guard);
      ASSERT_TRUE(row.step().value()) << guard;
      made = row.text(0);
    }
    const Done done = database.run("DROP TRIGGER " + guard + ";" + sql + ";" + made);
    ASSERT_TRUE(done) << done.error().message;
  }
};

TEST_F(AuditFlow, log_shows_what_happened) {
  const Ran text = audit({});
  EXPECT_EQ(text.code, 0) << text.told;
  EXPECT_NE(text.out.find("NUMBER"), std::string::npos);
  EXPECT_NE(text.out.find("first-seen"), std::string::npos);
  EXPECT_NE(text.out.find("tag='1 latest'"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("reason='a line end'"), std::string::npos) << "one line an event, whatever its texts say\n" << text.out;
  EXPECT_EQ(std::ranges::count(text.out, '\n'), 4);
  const Json all = stage.json({"audit", "log"});
  EXPECT_EQ(all["schema"], "https://ashlar.dev/ledger/v1");
  ASSERT_EQ(all["entries"].size(), 3U);
  EXPECT_EQ(misfit(all["entries"][0], Json::parse(R"({"at": "", "by": "", "facts": {"severity": ""}, "image": "", "kind": "", "number": 1, "package": "", "recorded": "", "vulnerability": "", "chain": ""})")), "");
  struct { const char* summary; Words words; size_t events; } const rows[] = {
      {"an image", {"--image", "registry.example/a"}, 2},     {"a vulnerability", {"--vulnerability", "CVE-2027-0001"}, 1}, {"a kind", {"--kind", "promoted"}, 1},
      {"a digest", {"--digest", digest}, 1},                  {"a package", {"--package", "openssl"}, 1},                 {"since", {"--since", "2026-05-30"}, 2},
      {"until", {"--until", "2026-05-30"}, 1},                {"after", {"--after", "2"}, 1},                             {"nothing fits", {"--image", "registry.example/c"}, 0},
  };
  for (const auto& row : rows) {
    Words words = {"audit", "log"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    EXPECT_EQ(stage.json(words)["entries"].size(), row.events) << row.summary;
  }
  EXPECT_EQ(audit({"log", "--image", "registry.example/c"}).out, "no event fits\n");
}

TEST_F(AuditFlow, verify_names_what_was_done) {
  const Json whole = stage.json({"audit", "verify"});
  EXPECT_EQ(whole["whole"], true);
  EXPECT_EQ(whole["events"], 3);
  EXPECT_EQ(whole["checkpoints"], 0);
  EXPECT_NE(audit({"verify"}).out.find("no checkpoint"), std::string::npos);
  tamper("entries_stay", "UPDATE entries SET body = replace(body, '\"severity\":\"high\"', '\"severity\":\"low\"') WHERE number = 1");
  const Ran ran = audit({"verify"});
  EXPECT_EQ(ran.code, 5) << ran.told;
  EXPECT_NE(ran.out.find("event 1 was edited"), std::string::npos) << ran.told;
  EXPECT_EQ(stage.json({"audit", "verify"}, 5)["damages"][0]["event"], 1);
  EXPECT_EQ(audit({"checkpoint", "--key", "our.key"}).code, 5) << "what is damaged is not sealed";
}

TEST_F(AuditFlow, a_damaged_ledger_is_neither_told_of_nor_sealed) {
  stage.write("fleet.yaml", "images: [{definition: a.yaml, to: 'oci:a'}]\n");
  ASSERT_EQ(audit({"checkpoint", "--key", "our.key"}).code, 0);
  const Words calls[] = {{"sla"}, {"sla", "--image", "registry.example/b"}, {"renew", "--plan", "--keep-feeds"}, {"renew", "--once", "--keep-feeds", "--key", "our.key"}, {"renew", "--once", "--keep-feeds", "--unsigned"}, {"renew", "--candidates", "--keep-feeds"}, {"audit", "checkpoint", "--key", "our.key"}};
  for (const Words& call : calls) EXPECT_NE(stage.ashlar(call).code, 5) << join(call, " ");
  const Json before = stage.json({"audit", "verify"});
  tamper("entries_stay", "UPDATE entries SET body = replace(body, '\"severity\":\"high\"', '\"severity\":\"low\"') WHERE number = 1");
  for (const Words& call : calls) {
    const Ran ran = stage.ashlar(call);
    EXPECT_EQ(ran.code, 5) << join(call, " ") << ran.told;
    EXPECT_NE(ran.err.find("cannot trust the ledger: event 1 was edited"), std::string::npos) << join(call, " ") << ran.told;
    EXPECT_NE(ran.err.find("put it back from a copy, or move it away so that a new one begins"), std::string::npos) << ran.told;
  }
  const Json after = stage.json({"audit", "verify"}, 5);
  EXPECT_EQ(after["checkpoints"], before["checkpoints"]) << "nothing is sealed";
  EXPECT_EQ(after["events"], before["events"]) << "and nothing written over it";
  std::filesystem::rename(path, path.string() + ".damaged");
  EXPECT_EQ(stage.ashlar({"sla"}).code, 2) << "there is none";
  EXPECT_NE(stage.ashlar({"renew", "--once", "--keep-feeds", "--unsigned"}).code, 5) << "a new one begins";
}

TEST_F(AuditFlow, checkpoints_show_what_was_cut_off) {
  const Ran sealed = audit({"checkpoint", "--key", "our.key", "-o", "monday.json"});
  ASSERT_EQ(sealed.code, 0) << sealed.told;
  EXPECT_NE(sealed.out.find("3 events are sealed"), std::string::npos) << sealed.told;
  const Json good = stage.json({"audit", "verify", "--key", "our.pub", "--checkpoint", "monday.json"});
  EXPECT_EQ(good["sealed"], 3);
  EXPECT_EQ(good["believed"], 2);
  // Nobody but the key's holder makes one.
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "other"}).code, 0);
  EXPECT_EQ(audit({"verify", "--key", "other.pub"}).code, 5);
  EXPECT_EQ(audit({"verify", "--key", "other.pub", "--key", "our.pub"}).code, 0) << "one of them is enough, for keys change";
  tamper("entries_remain", "DELETE FROM entries WHERE number = 3");
  const Ran cut = audit({"verify", "--key", "our.pub"});
  EXPECT_EQ(cut.code, 5) << cut.told;
  EXPECT_NE(cut.out.find("event 3 is missing: the checkpoint '1 of the ledger'"), std::string::npos) << cut.told;
  tamper("checkpoints_remain", "DELETE FROM checkpoints");
  EXPECT_EQ(audit({"verify", "--key", "our.pub"}).code, 0) << "what lay beside it is gone as well";
  const Ran elsewhere = audit({"verify", "--key", "our.pub", "--checkpoint", "monday.json"});
  EXPECT_EQ(elsewhere.code, 5) << elsewhere.told;
  EXPECT_NE(elsewhere.out.find("event 3 is missing: the checkpoint 'monday.json'"), std::string::npos) << elsewhere.told;
}

TEST_F(AuditFlow, a_checkpoint_is_a_statement_that_openssl_verifies) {
  ASHLAR_NEED("openssl");
  ASHLAR_NEED("python3");
  ASSERT_EQ(audit({"checkpoint", "--key", "our.key", "-o", "c.json"}).code, 0);
  const Ran taken = stage.run({"python3", "-c",
                               "import base64,json;e=json.load(open('c.json'));p=base64.b64decode(e['payload']);t=e['payloadType'];"
                               "open('pae','wb').write(b'DSSEv1 %d %s %d %s'%(len(t),t.encode(),len(p),p));open('sig','wb').write(base64.b64decode(e['signatures'][0]['sig']));print(json.loads(p)['predicate']['size'])"});
  ASSERT_EQ(taken.code, 0) << taken.told;
  EXPECT_EQ(taken.out, "3\n");
  const Ran checked = stage.run({"openssl", "dgst", "-sha256", "-verify", "our.pub", "-signature", "sig", "pae"});
  EXPECT_EQ(checked.code, 0) << checked.told;
}

TEST_F(AuditFlow, whoever_deploys_reports_it) {
  const Json by_tag = stage.json({"audit", "report", "deployed", "docker://registry.example/a:latest", "--environment", "production", "--by", "ops", "--at", "2026-06-20T10:00:00+02:00"});
  EXPECT_EQ(by_tag["number"], 4);
  EXPECT_EQ(by_tag["digest"], digest) << "what the ledger has under that tag";
  const std::string other = "sha256:" + std::string(64, 'b');
  EXPECT_EQ(stage.json({"audit", "report", "deployed", "registry.example/a@" + other, "--environment", "test", "--by", "ops", "--at", "2026-06-21"})["digest"], other);
  const Json log = stage.json({"audit", "log", "--kind", "deployed"});
  ASSERT_EQ(log["entries"].size(), 2U);
  EXPECT_EQ(log["entries"][0]["environment"], "production");
  EXPECT_EQ(log["entries"][0]["at"], "2026-06-20T08:00:00Z");
  EXPECT_EQ(log["entries"][0]["by"], "ops");
  EXPECT_EQ(stage.json({"audit", "verify"})["whole"], true);
}

TEST_F(AuditFlow, a_clock_is_paused_by_whoever_may) {
  const Time now = host::real_machine().clock->now();
  const ledger::Event seen{.kind = ledger::Kind::FirstSeen, .at = {now.seconds - 86400}, .image = "registry.example/c", .vulnerability = "CVE-2027-0003", .package = "zlib", .by = "ashlar renew", .facts = {{"severity", "high"}}};
  ASSERT_TRUE(ledger::Ledger::open(path).value().append(std::span(&seen, 1), now));
  stage.write("policy.yaml", "sla: {starts: first-seen, limits: {high: 7d}, pauses: {by: [lead], at-most: 14d}}\n");
  for (const char* person : {"lead", "somebody"}) {
    ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", person}).code, 0);
    ASSERT_EQ(stage.ashlar({"keys", "add", fmt::format("{}.pub", person), "--name", person}).code, 0);
  }
  const auto report = [&](const char* what, const char* key, Words more = {}) {
    Words words = {"audit", "report", what, "docker://registry.example/c", "--vulnerability", "CVE-2027-0003", "--package", "zlib", "--reason", "change freeze", "--key", key};
    words.insert(words.end(), more.begin(), more.end());
    return stage.ashlar(words);
  };
  const auto state = [&] {
    const Json found = stage.json({"sla", "--policy", "policy.yaml", "--image", "registry.example/c"});
    return found["clocks"][0]["state"].get<std::string>() + (found["disregarded"].empty() ? "" : ", " + found["disregarded"].back()["why"].get<std::string>());
  };
  EXPECT_EQ(state(), "running");
  ASSERT_EQ(report("paused", "somebody.key").code, 0) << "anybody may say so";
  EXPECT_EQ(state(), "running, 'somebody' may not pause clocks");
  const Ran paused = report("paused", "lead.key", {"--until", "3d"});
  ASSERT_EQ(paused.code, 0) << paused.told;
  EXPECT_NE(paused.out.find("the clocks of CVE-2027-0003 in registry.example/c stand still until "), std::string::npos) << paused.out;
  EXPECT_EQ(state(), "paused, 'somebody' may not pause clocks");
  const Json event = stage.json({"audit", "log", "--kind", "paused"})["entries"].back();
  EXPECT_EQ(event["by"], "lead") << "the name of the key, and no other";
  EXPECT_EQ(event["facts"]["key"].get<std::string>().substr(0, 7), "sha256:");
  EXPECT_EQ(report("resumed", "lead.key").code, 0);
  const Json deployed = stage.json({"audit", "report", "deployed", "registry.example/c@" + digest, "--environment", "production", "--key", "somebody.key"});
  EXPECT_EQ(deployed["by"], "somebody") << "whoever deploys may show who that is, too";
  EXPECT_EQ(state(), "running, 'somebody' may not pause clocks");
  EXPECT_NE(report("paused", "lead.key", {"--until", "2020-01-01"}).err.find("has passed"), std::string::npos);
  const Ran slip = stage.ashlar({"audit", "report", "paused", "registry.example/d", "--reason", "r", "--key", "lead.key"});
  EXPECT_EQ(slip.code, 2) << slip.told;
  EXPECT_NE(slip.err.find("the ledger knows of nothing that this is about"), std::string::npos) << slip.told;
  ASSERT_EQ(stage.ashlar({"keys", "revoke", "lead", "--from", "2026-01-01", "--reason", "left"}).code, 0);
  EXPECT_EQ(report("paused", "lead.key").code, 2) << "a key that is revoked grants nothing";
  EXPECT_EQ(stage.json({"audit", "verify"})["whole"], true);
}

TEST_F(AuditFlow, a_pause_says_whether_it_counts) {
  for (const char* person : {"lead", "bob"}) {
    ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", person}).code, 0);
    ASSERT_EQ(stage.ashlar({"keys", "add", fmt::format("{}.pub", person), "--name", person}).code, 0);
  }
  stage.write("sla.yaml", "sla: {starts: first-seen, limits: {high: 7d}, pauses: {by: [lead]}}\n");
  stage.write("gate.yaml", "gate: {stop-on: [kev]}\n");
  stage.write("nobody.yaml", "sla: {starts: first-seen, limits: {high: 7d}}\n");
  struct { const char *summary, *own, *key; Words more; int code; const char *says; } const rows[] = {
      {"without a policy", "", "lead.key", {}, 0, "as 'lead' says; whether that counts is for the policy to say, in `sla.pauses`: `ashlar sla --policy FILE` shows it"},
      {"by one without an agreement", "gate.yaml", "lead.key", {}, 0, "; whether that counts is for the policy to say"},
      {"by whoever may", "sla.yaml", "lead.key", {}, 0, "as 'lead' says\n"},
      {"by somebody who may not", "sla.yaml", "bob.key", {}, 0, "as 'bob' says; by 'policy.yaml' that does not count: 'bob' may not pause clocks\n"},
      {"where nobody may", "nobody.yaml", "lead.key", {}, 0, "that does not count: 'lead' may not pause clocks: nobody may"},
      {"by another policy", "nobody.yaml", "lead.key", {"--policy", "sla.yaml"}, 0, "as 'lead' says\n"},
      {"by another that has no agreement", "sla.yaml", "lead.key", {"--policy", "gate.yaml"}, 2, "cannot take policy 'gate.yaml': it has no section 'sla'"},
      {"by one that is not there", "", "lead.key", {"--policy", "x.yaml"}, 2, "x.yaml"},
  };
  for (const auto& row : rows) {
    std::filesystem::remove(stage.folder() / "policy.yaml");
    if (*row.own != '\0') stage.write("policy.yaml", stage.read(row.own));
    Words words = {"audit", "report", "paused", "registry.example/a", "--reason", "freeze", "--until", "3d", "--key", row.key};
    words.insert(words.end(), row.more.begin(), row.more.end());
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.told.find(row.says), std::string::npos) << row.summary << ran.told;
  }
  stage.write("policy.yaml", stage.read("sla.yaml"));
  const Json bob = stage.json({"audit", "report", "paused", "registry.example/a", "--reason", "freeze", "--key", "bob.key"});
  EXPECT_EQ(bob["counts"], false) << bob;
  EXPECT_EQ(bob["why"], "'bob' may not pause clocks");
  EXPECT_EQ(stage.json({"audit", "report", "paused", "registry.example/a", "--reason", "freeze", "--key", "lead.key"})["counts"], true);
}

TEST_F(AuditFlow, wrong_calls_are_refused) {
  struct { const char* summary; Words words; int code; const char* says; } const rows[] = {
      {"an action that is none", {"burn"}, 2, "the actions are log, verify, checkpoint and report"},
      {"a log of something", {"log", "x"}, 2, "it takes no 'x'"},
      {"a kind that is none", {"log", "--kind", "promotd"}, 2, "did you mean 'promoted'?"},
      {"a time that is none", {"log", "--since", "x"}, 2, "cannot read time 'x'"},
      {"no such ledger", {"log", "--ledger", "none.db"}, 2, "nothing was recorded yet"},
      {"no ledger at all", {"verify", "--ledger", "our.pub"}, 5, "our.pub"},
      {"a checkpoint without a key", {"checkpoint"}, 2, "it takes one private key"},
      {"a checkpoint that is none", {"verify", "--checkpoint", "our.pub"}, 5, "cannot read checkpoint 'our.pub'"},
      {"a report of something else", {"report", "eaten", "registry.example/a", "--environment", "e", "--by", "b"}, 2, "what is reported is 'deployed', 'paused' or 'resumed'"},
      {"a pause of nothing", {"report", "paused", "--key", "our.key", "--reason", "r"}, 2, "it takes what it is about"},
      {"a pause by nobody", {"report", "paused", "registry.example/a", "--reason", "r"}, 2, "it takes one private key"},
      {"a pause by a name alone", {"report", "paused", "registry.example/a", "--reason", "r", "--by", "lead"}, 2, "it takes no --by and no --at"},
      {"a pause that began before", {"report", "paused", "registry.example/a", "--reason", "r", "--key", "our.key", "--at", "2026-01-01"}, 2, "it takes no --by and no --at"},
      {"a pause without a reason", {"report", "paused", "registry.example/a", "--key", "our.key", "--reason", " "}, 2, "it takes a reason"},
      {"a pause by a key that nobody knows", {"report", "paused", "registry.example/a", "--key", "our.key", "--reason", "r"}, 2, "is not trusted"},
      {"a report by nobody", {"report", "deployed", "registry.example/a", "--environment", "e"}, 2, "it takes a reference, --environment and --by"},
      {"a report of the future", {"report", "deployed", "registry.example/a:1", "--environment", "e", "--by", "b", "--at", "2999-01-01"}, 2, "has not come yet"},
      {"a tag that nobody promoted", {"report", "deployed", "registry.example/a:2", "--environment", "e", "--by", "b"}, 2, "name it as REPO@sha256"},
  };
  for (const auto& row : rows) {
    const Ran ran = audit(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << ran.told;
  }
  EXPECT_EQ(stage.json({"audit", "verify"})["events"], 3) << "nothing was written";
}

}  // namespace
}  // namespace ashlar::flow
