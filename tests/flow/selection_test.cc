// `ashlar policy select`: which bases a team allows, signed; who may change it, what is written down, and several at once.
#include <future>

#include <fmt/format.h>

#include "layered_image.h"
#include "sample_root.h"

namespace ashlar::flow {
namespace {

Words operator+(Words a, const Words& b) { return a.insert(a.end(), b.begin(), b.end()), a; }

class SelectionFlow : public SampleRoot {
 protected:
  void SetUp() override {
    for (const char* name : {"alice", "bob"}) ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", name}).code, 0);
    for (const char* tag : {"a", "b", "c", "d"}) put_image(stage, "bases", tag, {{{{inventory::folder("etc"), {"etc/name", tag}}}}});
  }
  static Words words(const std::string& tag, const std::string& key = "alice.key", const Words& more = {}) {
    return Words{"policy", "select", "oci:bases:" + tag, "--name", fmt::format("registry.example/hardened/{}:1", tag), "--by", "Alice", "--key", key} + more;
  }
  void run(const Words& command, int code = 0) const {
    const Ran ran = stage.ashlar(command);
    EXPECT_EQ(ran.code, code) << ran.told;
  }
  Json list(const Words& more = {"--believe", "alice.pub"}, int code = 0) const { return stage.json(Words{"policy", "select", "--list"} + more, code); }
  Json noted() const { return stage.json({"audit", "log", "--kind", "noted"})["entries"]; }
};

TEST_F(SelectionFlow, it_has_each_platform_s_layers_and_who_approved_it_in_one_signed_statement) {
  put_image(stage, "both", "1", {{{{{"x", "amd"}}}, "linux/amd64"}, {{{{"x", "arm"}}, {{"y", "arm"}}}, "linux/arm64"}});
  const Json made = stage.json({"policy", "select", "oci:both:1", "--name", "registry.example/hardened/both:3.13", "--by", "Alice", "--from", "2026-10-01", "--until", "2099-10-01", "--supported-until", "2098-01-01", "--vendor", "ours", "--note", "ticket 812", "--key", "alice.key"});
  const Json base = made["bases"][0];
  EXPECT_EQ(base["repository"], "registry.example/hardened/both");
  EXPECT_EQ(base["tags"], Json::array({"3.13"}));
  EXPECT_EQ(base["platforms"].size(), 2U);
  EXPECT_EQ(base["platforms"][1]["platform"], "linux/arm64");
  EXPECT_EQ(base["platforms"][1]["diff_ids"].size(), 2U);
  EXPECT_EQ(base["approved_by"], "Alice");
  EXPECT_EQ(base["from"], "2026-10-01T00:00:00Z");
  EXPECT_EQ(base["until"], "2099-10-01T00:00:00Z");
  EXPECT_EQ(base["supported_until"], "2098-01-01T00:00:00Z");
  EXPECT_EQ(base["created"], "2026-09-01T00:00:00Z");
  EXPECT_EQ(base["note"], "ticket 812");
  const Json envelope = parse_json(stage.read("selection.json"), "selection").value();
  EXPECT_EQ(envelope["payloadType"], "application/vnd.in-toto+json");
  EXPECT_EQ(envelope["signatures"].size(), 1U);
  const Json listed = list();
  EXPECT_EQ(listed["signed_by"], "alice.pub");
  EXPECT_EQ(listed["believed"], true);
  EXPECT_EQ(listed["bases"][0]["digest"], base["digest"]);
  const Json events = noted();
  ASSERT_EQ(events.size(), 1U) << events;
  EXPECT_EQ(events[0]["image"], "registry.example/hardened/both");
  EXPECT_EQ(events[0]["digest"], base["digest"]);
  EXPECT_EQ(events[0]["by"], "Alice");
  EXPECT_EQ(events[0]["facts"]["what"], "selected");
  EXPECT_EQ(events[0]["facts"]["selection"], Digest::of(stage.read("selection.json")).str());
}

TEST_F(SelectionFlow, other_tools_verify_the_signature) {
  ASHLAR_NEED("openssl");
  run(words("a"));
  const Json envelope = parse_json(stage.read("selection.json"), "selection").value();
  stage.write("payload.b64", envelope["payload"].get<std::string>());
  stage.write("signature.b64", envelope["signatures"][0]["sig"].get<std::string>());
  const Ran ran = stage.run({"sh", "-c", "base64 -d payload.b64 > payload && base64 -d signature.b64 > signature && { printf 'DSSEv1 28 application/vnd.in-toto+json %s ' $(wc -c < payload); cat payload; } > message && openssl dgst -sha256 -verify alice.pub -signature signature message"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(stage.read("payload").find("\"predicateType\":\"https://ashlar.dev/selection/v1\""), std::string::npos) << stage.read("payload");
}

TEST_F(SelectionFlow, who_may_change_it) {
  run(words("a"));
  const std::string before = stage.read("selection.json");
  run(words("b", "bob.key"), 5);  // Bob does not believe Alice
  EXPECT_EQ(stage.read("selection.json"), before);
  run(words("b", "bob.key", {"--believe", "alice.pub"}));
  EXPECT_EQ(list({"--believe", "bob.pub"})["bases"].size(), 2U) << "whoever changes it signs the whole";
  const Json distrusted = list({"--believe", "alice.pub"}, 5);
  EXPECT_EQ(distrusted["believed"], false);
  EXPECT_EQ(distrusted["bases"].size(), 2U) << "it may be looked at all the same";
  run({"policy", "select", "--sign", "--by", "Alice", "--key", "alice.key"});
  EXPECT_EQ(list()["bases"].size(), 2U);
  run({"policy", "select", "--revoke", "registry.example/hardened/a", "--by", "Bob", "--key", "bob.key"}, 5);
}

TEST_F(SelectionFlow, selected_again_revoked_and_replaced) {
  run(words("a", "alice.key", {"--from", "2026-01-01"}));
  const Ran again = stage.ashlar(words("a", "alice.key", {"--until", "2099-01-01", "--from", "2026-02-01"}));
  EXPECT_NE(again.err.find("stood there already, approved by 'Alice' from 2026-01-01 on: this takes its place"), std::string::npos) << again.told;
  EXPECT_EQ(list()["bases"].size(), 1U);
  // The same name, another image: both are selected until one is revoked.
  const Ran newer = stage.ashlar({"policy", "select", "oci:bases:b", "--name", "registry.example/hardened/a:1", "--by", "Alice", "--key", "alice.key"});
  EXPECT_EQ(newer.code, 0) << newer.told;
  EXPECT_NE(newer.err.find("stays selected: what is built on it is allowed until it is revoked"), std::string::npos) << newer.told;
  const std::string old = list()["bases"][0]["digest"];
  run({"policy", "select", "--revoke", old, "--by", "Alice", "--note", "CVE-2026-0001", "--key", "alice.key"});
  const Json listed = list();
  EXPECT_EQ(listed["bases"][0]["standing"], "ended");
  EXPECT_EQ(listed["bases"][0]["note"], "revoked by Alice: CVE-2026-0001");
  EXPECT_EQ(listed["bases"][1]["standing"], "selected");
  run({"policy", "select", "--revoke", old, "--by", "Alice", "--key", "alice.key"}, 2);
  EXPECT_EQ(noted().back()["facts"]["what"], "selection-revoked");
  run(words("c", "alice.key", {"--from", "2099-01-01"}));
  EXPECT_EQ(list()["bases"][2]["standing"], "not yet");
  run({"policy", "select", "--revoke", "registry.example/hardened/c", "--by", "Alice", "--key", "alice.key"});
  EXPECT_EQ(list()["bases"].size(), 2U) << "what had not begun is taken out";
  const std::string text = stage.ashlar({"policy", "select", "--list", "--believe", "alice.pub"}).out;
  EXPECT_NE(text.find("is signed by 'alice.pub'"), std::string::npos) << text;
}

TEST_F(SelectionFlow, several_at_once_lose_nothing) {
  run(words("a"));
  std::vector<std::future<Ran>> all;
  for (const char* tag : {"b", "c", "d"}) all.push_back(std::async(std::launch::async, [this, tag] { return stage.ashlar(words(tag)); }));
  for (auto& each : all) {
    const Ran ran = each.get();
    EXPECT_EQ(ran.code, 0) << ran.told;
  }
  EXPECT_EQ(list()["bases"].size(), 4U);
  EXPECT_EQ(noted().size(), 4U);
  run({"audit", "verify"});
}

/// What was put back is well signed, and allows what was revoked since.
TEST_F(SelectionFlow, an_older_one_put_back_is_refused) {
  stage.write("policy.yaml", "bases: {selection: selection.json}\n");
  stage.write("policy.cases.yaml", "cases: [{summary: nothing is known, now: 2026-11-01, expect: unknown, because: [unknown bases/default]}]\n");
  const auto check = [&](const Words& more = {}) { return stage.ashlar(Words{"check", "Dockerfile", "--key", "alice.pub"} + more); };
  run(words("a"));
  const std::string old = stage.read("selection.json"), digest = list()["bases"][0]["digest"];
  stage.write("Dockerfile", fmt::format("FROM registry.example/hardened/a:1@{}\nUSER 1\n", digest));
  EXPECT_EQ(check().code, 0) << check().told;
  EXPECT_EQ(list()["serial"], 1);
  run({"policy", "select", "--revoke", digest, "--by", "Alice", "--note", "CVE-2026-0001", "--key", "alice.key"});
  EXPECT_EQ(list()["serial"], 2);
  EXPECT_EQ(check().code, 1) << "revoked";
  EXPECT_EQ(stage.ashlar({"policy", "test"}).code, 0);
  stage.write("selection.json", old);
  for (const Words& words : {Words{"check", "Dockerfile", "--key", "alice.pub"}, Words{"policy", "test"}, Words{"policy", "select", "--list", "--believe", "alice.pub"}}) {
    const Ran refused = stage.ashlar(words);
    EXPECT_EQ(refused.code, 5) << refused.told;
    EXPECT_NE(refused.told.find("its serial is 1, that of the newest 2"), std::string::npos) << refused.told;
  }
  run(words("b"), 5);
  EXPECT_EQ(stage.read("selection.json"), old) << "nothing is added to what is not believed";
  // It is known wherever it lies, and what has no number at all is older than what has one.
  stage.write("elsewhere.json", old);
  EXPECT_EQ(check({"--selection", "elsewhere.json"}).code, 5);
  // A clean-up of the cache loses nothing.
  std::filesystem::remove_all(stage.cache());
  EXPECT_EQ(check().code, 5);
  // Whoever has read it may mean it: then it is the newest.
  run({"policy", "select", "--sign", "--by", "Alice", "--key", "alice.key"});
  EXPECT_EQ(list()["serial"], 3);
  EXPECT_EQ(check().code, 0) << check().told;
  // A machine that has seen none takes what is well signed.
  stage.environment["ASHLAR_STATE_DIR"] = (stage.folder() / "fresh").string();
  stage.write("selection.json", old);
  EXPECT_EQ(check().code, 0) << check().told;
}

/// A tag beside a digest is a word; the selection is asked for tags of digests, so that it must not take the word for it.
TEST_F(SelectionFlow, a_tag_beside_a_digest_must_lead_there) {
  run(words("b"));
  const std::string b = list()["bases"][0]["digest"];
  const auto select = [&](const std::string& ref, const Words& more = {}) { return stage.ashlar(Words{"policy", "select", ref, "--by", "Alice", "--key", "alice.key"} + more); };
  const std::string before = stage.read("selection.json");
  const Ran other = select("oci:bases:a@" + b);
  EXPECT_EQ(other.code, 2) << other.told;
  EXPECT_NE(other.err.find("its tag 'a' leads to sha256:"), std::string::npos) << other.told;
  EXPECT_EQ(stage.read("selection.json"), before);
  EXPECT_EQ(select("oci:bases:nowhere@" + b).code, 2);
  EXPECT_EQ(select("oci:bases:b@" + b).code, 0);
  EXPECT_EQ(list()["bases"][1]["tags"], Json::array({"b"}));
  EXPECT_EQ(select("oci:bases:a@" + b, {"--name", "registry.example/named/b:7"}).code, 0) << "a name is what somebody answers for";
  EXPECT_EQ(list()["bases"][2]["tags"], Json::array({"7"}));
}

/// The selection tells which digest a tag is: `check --fix` writes it behind.
TEST_F(SelectionFlow, a_selected_digest_goes_behind_its_tag) {
  run({"keys", "add", "alice.pub", "--name", "alice"});
  run(words("a", "alice.key", {"--until", "2099-01-01"}));
  const std::string digest = list()["bases"][0]["digest"];
  stage.write("policy.yaml", "bases: {selection: selection.json, rules: [{name: ours, images: [registry.example/hardened/**], pinned: true, why: tags move}]}\n");
  stage.write("f/Dockerfile", "# base\nFROM registry.example/hardened/a:1 AS x\nUSER 1\n");
  stage.write("f/pod.yaml", "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: \"registry.example/hardened/a:1\"}, {name: b, image: registry.example/hardened/b:1}]}\n");
  const Ran before = stage.ashlar({"check", "f"});
  EXPECT_EQ(before.code, 1) << before.told;
  EXPECT_NE(before.out.find("fix: use 'registry.example/hardened/a:1@" + digest), std::string::npos) << before.told;
  const Ran mended = stage.ashlar({"check", "f", "--fix"});
  EXPECT_EQ(mended.code, 1) << "b is not selected" << mended.told;
  EXPECT_EQ(stage.read("f/Dockerfile"), "# base\nFROM registry.example/hardened/a:1@" + digest + " AS x\nUSER 1\n");
  EXPECT_EQ(stage.read("f/pod.yaml"), "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: \"registry.example/hardened/a:1@" + digest + "\"}, {name: b, image: registry.example/hardened/b:1}]}\n");
  run({"policy", "select", "--revoke", "registry.example/hardened/a", "--by", "Alice", "--key", "alice.key"});
  stage.write("f/Dockerfile", "FROM registry.example/hardened/a:1\nUSER 1\n");
  EXPECT_EQ(stage.ashlar({"check", "f/Dockerfile", "--fix"}).code, 1);
  EXPECT_EQ(stage.read("f/Dockerfile"), "FROM registry.example/hardened/a:1\nUSER 1\n") << "what is selected no longer is not written";
}

TEST_F(SelectionFlow, what_is_wrong_is_said_and_nothing_is_written) {
  struct Row { const char* summary; Words words; int code; const char* says; };
  const Row rows[] = {
      {"nobody approves", {"policy", "select", "oci:bases:a", "--key", "alice.key"}, 2, "nobody is named who approved it (--by)"},
      {"nobody signs", {"policy", "select", "oci:bases:a", "--by", "Alice"}, 2, "--key is missing"},
      {"no base", {"policy", "select", "--by", "Alice", "--key", "alice.key"}, 2, "it takes references of the bases"},
      {"an image that is not there", words("nowhere"), 2, "nowhere"},
      {"an end that has passed", words("a", "alice.key", {"--until", "2026-01-01"}), 2, "is not after its beginning"},
      {"an end before the beginning", words("a", "alice.key", {"--from", "2098-01-01", "--until", "2097-01-01"}), 2, "is not after its beginning"},
      {"a time that is none", words("a", "alice.key", {"--until", "soon"}), 2, "neither a date"},
      {"a folder", {"policy", "select", "dir:bases", "--by", "Alice", "--key", "alice.key"}, 2, "a folder is no image"},
      {"a name that is none", {"policy", "select", "oci:bases:a", "--name", "oci:x", "--by", "Alice", "--key", "alice.key"}, 2, "names no repository"},
      {"one name for two", {"policy", "select", "oci:bases:a", "oci:bases:b", "--name", "registry.example/x", "--by", "Alice", "--key", "alice.key"}, 2, "one name is given for several bases"},
      {"two things at once", {"policy", "select", "--list", "--sign"}, 2, "one of --list, --revoke and --sign"},
      {"a list of something", {"policy", "select", "oci:bases:a", "--list"}, 2, "takes no 'oci:bases:a'"},
      {"nothing to revoke", {"policy", "select", "--revoke", "registry.example/x", "--by", "Alice", "--key", "alice.key"}, 2, "there is no selection"},
      {"a registry that is not there", {"policy", "select", "docker://127.0.0.1:1/hardened/a:1", "--by", "Alice", "--key", "alice.key"}, 4, "127.0.0.1:1"},
      {"one of two that is not there", {"policy", "select", "oci:bases:a", "oci:bases:nowhere", "--by", "Alice", "--key", "alice.key"}, 2, "nowhere"},
  };
  for (const Row& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ": " << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ": " << ran.told;
    EXPECT_FALSE(stage.exists("selection.json")) << row.summary;
  }
  put_image(stage, "empty", "1", {{}});
  const Ran empty = stage.ashlar({"policy", "select", "oci:empty:1", "--by", "Alice", "--key", "alice.key"});
  EXPECT_EQ(empty.code, 2) << empty.told;
  EXPECT_NE(empty.err.find("has no layers: nothing that is built on it could be told"), std::string::npos) << empty.told;
}

}  // namespace
}  // namespace ashlar::flow
