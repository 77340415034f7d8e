// `ashlar check` of finished images: on which base they sit by the digests of their layers, and one verdict with its exit code.
#include <functional>

#include <fmt/format.h>

#include "checked_image.h"
#include "ledger/ledger.h"
#include "registry_server.h"

namespace ashlar::flow {
namespace {

struct Row {
  const char* summary;
  std::vector<Layer> layers;
  int code;
  const char *verdict, *base, *says;
};

TEST_F(CheckImage, layers_tell_on_which_base_an_image_sits) {
  const Ran selected = stage.ashlar({"policy", "select", "oci:bases:runtime", "--by", "Alice", "--key", "alice.key"});
  ASSERT_EQ(selected.code, 0) << selected.told;
  const Layer whole = [] {
    Layer out = os;
    out.insert(out.end(), runtime.begin(), runtime.end());
    out.insert(out.end(), app.begin(), app.end());
    return out;
  }();
  const Row rows[] = {
      {"a child", {os, runtime, app}, 0, "allowed", "found", "its lowest 2 layers are those of 'oci:/"},
      {"the base itself", {os, runtime}, 0, "allowed", "found", "it has the 2 layers of"},
      {"two layers of its own", {os, runtime, app, {{"app/more", "x"}}}, 0, "allowed", "found", "its lowest 2 layers"},
      {"squashed", {whole}, 0, "allowed", "found", "every one of its"},
      {"squashed, and a file of the base changed", {whole, {{"usr/lib/runtime.txt", "evil"}}}, 3, "unknown", "unknown", "has no layer in common with any of them"},
      {"reordered", {runtime, os, app}, 0, "allowed", "found", "every one of its"},
      {"reordered, so that another file wins", {newer, os, {{"usr/lib/runtime.txt", "evil"}}}, 3, "unknown", "unknown", "1 of the 2 layers of"},
      {"a part of the base", {os, app}, 3, "unknown", "unknown", "1 of the 2 layers of 'oci:/"},
      {"another base", {foreign, app}, 3, "unknown", "unknown", "no layer in common"},
      {"rebuilt, and not selected", {os, newer, app}, 3, "unknown", "unknown", "1 of the 2 layers"},
      {"from scratch", {app}, 1, "denied", "none", "it has no base"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    image(row.layers);
    const Json answer = checked(row.code);
    EXPECT_EQ(answer["verdict"], row.verdict) << answer;
    EXPECT_EQ(answer["allowed"], row.code == 0) << answer;
    EXPECT_EQ(answer["base"]["how"], row.base) << answer;
    EXPECT_NE(answer["base"]["what"].get<std::string>().find(row.says), std::string::npos) << answer["base"];
  }
}

TEST_F(CheckImage, what_an_image_says_of_itself_is_not_asked) {
  select("runtime");
  const std::string selected = stage.json({"policy", "select", "--list"})["bases"][0]["digest"];
  const std::map<std::string, std::string> lies = {{"org.opencontainers.image.base.name", "registry.example/hardened/runtime:1"}, {"org.opencontainers.image.base.digest", selected}};
  image({foreign, app}, {.labels = lies, .annotations = lies});
  const Json answer = checked(3);
  EXPECT_EQ(answer["base"]["how"], "unknown") << answer;
  image({os, runtime, app}, {.labels = {{"org.opencontainers.image.base.name", "registry.example/other"}}, .annotations = {{"org.opencontainers.image.base.name", "registry.example/other"}}});
  EXPECT_EQ(checked(0)["base"]["repository"], "registry.example/hardened/runtime");
}

TEST_F(CheckImage, what_a_configuration_tells_of_other_layers_is_refused) {
  select("runtime");
  stage.write("policy.yaml", "bases: {selection: selection.json, scratch: allow, why: the platform team patches these}\n");
  struct Told { const char* summary; std::vector<Layer> layers, told; int code; };
  const Told rows[] = {
      {"its own", {os, runtime}, {os, runtime}, 0},
      {"the base's, and none more", {os, {{"usr/lib/runtime.txt", "evil"}}}, {os, runtime}, 5},
      {"the base's below its own", {foreign, runtime, app}, {os, runtime, app}, 5},
      {"fewer than it has", {os, runtime, app}, {os, runtime}, 5},
      {"more than it has", {os}, {os, runtime}, 5},
      {"none", {foreign, app}, {}, 5},
      {"none, and it has none", {}, {}, 0},
  };
  for (const Told& row : rows) {
    image(row.layers, {.told = row.told});
    const Ran ran = stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml"});
    EXPECT_EQ(ran.code, row.code) << row.summary << ": " << ran.told;
  }
}

TEST_F(CheckImage, of_two_images_for_one_platform_nobody_knows_which_runs) {
  select("runtime");
  put_image(stage, "out", "app", {{{os, runtime, app}}, {{foreign, app}}});
  const Ran ran = stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(ran.err.find("several images for linux/amd64"), std::string::npos) << ran.told;
  EXPECT_EQ(stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml", "--platform", "linux/amd64"}).code, 2) << "nor which one that means";
}

TEST_F(CheckImage, the_longest_of_two_bases_with_the_same_beginning) {
  select("os");
  select("runtime");
  image({os, runtime, app});
  EXPECT_EQ(checked(0)["base"]["repository"], "registry.example/hardened/runtime");
  image({os, app});
  EXPECT_EQ(checked(0)["base"]["repository"], "registry.example/hardened/os");
  // The longer one is no longer selected: that it sits on the shorter one, too, does not help.
  fs::remove(stage.folder() / "selection.json");
  select("os");
  select("runtime", {"--from", "2026-01-01"});
  ASSERT_EQ(stage.ashlar({"policy", "select", "--revoke", "registry.example/hardened/runtime", "--by", "Alice", "--note", "CVE-2026-0001", "--key", "alice.key"}).code, 0);
  image({os, runtime, app});
  EXPECT_EQ(checked(1)["base"]["repository"], "registry.example/hardened/runtime");
}

TEST_F(CheckImage, a_selection_has_a_time) {
  struct Terms { const char* summary; Words terms; int code; const char* says; };
  const Terms rows[] = {
      {"since last year", {"--from", "2025-01-01"}, 0, "is selected since 2025-01-01"},
      {"until next year", {"--from", "2025-01-01", "--until", "2099-01-01"}, 0, "allowed"},
      {"from next year on", {"--from", "2099-01-01"}, 1, "is selected from 2099-01-01T00:00:00Z on, not yet"},
  };
  image({os, runtime, app});
  for (const Terms& row : rows) {
    SCOPED_TRACE(row.summary);
    fs::remove(stage.folder() / "selection.json");
    select("runtime", row.terms);
    const Json answer = checked(row.code);
    EXPECT_NE(told().find(row.says), std::string::npos) << answer;
  }
  fs::remove(stage.folder() / "selection.json");
  select("runtime", {"--from", "2025-01-01"});
  EXPECT_EQ(checked(0)["verdict"], "allowed");
  ASSERT_EQ(stage.ashlar({"policy", "select", "--revoke", "oci:bases:runtime", "--by", "Alice", "--key", "alice.key"}).code, 2) << "it is known by another name";
  const Ran revoked = stage.ashlar({"policy", "select", "--revoke", "registry.example/hardened/runtime:1", "--by", "Alice", "--note", "it has a backdoor", "--key", "alice.key"});
  ASSERT_EQ(revoked.code, 0) << revoked.told;
  const std::string denied = told();
  EXPECT_EQ(checked(1)["verdict"], "denied");
  EXPECT_NE(denied.find("no longer"), std::string::npos) << denied;
}

TEST_F(CheckImage, a_selection_that_is_not_signed_by_whom_is_believed_is_refused) {
  select("runtime");
  image({os, runtime, app});
  EXPECT_EQ(checked(0)["verdict"], "allowed");
  const std::string good = stage.read("selection.json");
  // Altered: another digest in the payload, the signature left as it is.
  Json envelope = parse_json(good, "selection").value();
  std::string payload = envelope["payload"];
  payload[payload.size() / 2] = payload[payload.size() / 2] == 'A' ? 'B' : 'A';
  envelope["payload"] = payload;
  stage.write("selection.json", to_compact(envelope));
  Ran ran = stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml"});
  EXPECT_EQ(ran.code, 5) << ran.told;
  EXPECT_EQ(ran.out, "") << "no verdict by what is not believed";
  ran = stage.ashlar({"policy", "select", "oci:bases:os", "--name", "registry.example/hardened/os:1", "--by", "Alice", "--key", "alice.key"});
  EXPECT_EQ(ran.code, 5) << "nobody adds to it unseen" << ran.told;
  // Signed by somebody else.
  stage.write("selection.json", good);
  fs::rename(stage.folder() / "selection.json", stage.folder() / "aside.json");
  ASSERT_EQ(stage.ashlar({"policy", "select", "oci:bases:runtime", "--name", "registry.example/hardened/runtime:1", "--by", "Mallory", "--key", "mallory.key"}).code, 0);
  ran = stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml"});
  EXPECT_EQ(ran.code, 5) << ran.told;
  EXPECT_NE(ran.err.find("none of the keys that are believed has signed it"), std::string::npos) << ran.told;
  EXPECT_EQ(stage.ashlar({"policy", "select", "--list"}).code, 5);
  // Cut off, and none at all.
  stage.write("selection.json", good.substr(0, good.size() / 2));
  EXPECT_EQ(stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml"}).code, 5);
  fs::remove(stage.folder() / "selection.json");
  EXPECT_NE(checked(3)["reasons"].dump().find("not known"), std::string::npos);
  // And the key of who signed withdrawn.
  stage.write("selection.json", good);
  ASSERT_EQ(stage.ashlar({"keys", "revoke", "alice", "--reason", "left"}).code, 0);
  ran = stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml"});
  EXPECT_EQ(ran.code, 5) << ran.told;
  EXPECT_NE(ran.err.find("revoked"), std::string::npos) << ran.told;
}

TEST_F(CheckImage, an_export_believes_whom_the_check_believes) {
  select("runtime");
  std::filesystem::remove(stage.folder() / "keyring.yaml");
  const Ran nobody = stage.ashlar({"policy", "export", "--to", "vap"});
  EXPECT_EQ(nobody.code, 2) << "nothing is forged\n" << nobody.told;
  EXPECT_NE(nobody.err.find("no key is believed"), std::string::npos) << nobody.told;
  EXPECT_EQ(stage.ashlar({"check", "oci:bases:runtime", "--policy", "policy.yaml"}).code, 2);
  const Ran named = stage.ashlar({"policy", "export", "--to", "vap", "--key", "alice.pub"});
  EXPECT_EQ(named.code, 0) << named.told;
  EXPECT_NE(named.out.find("registry.example/hardened/runtime"), std::string::npos) << named.told;
  const Ran other = stage.ashlar({"policy", "export", "--to", "vap", "--key", "mallory.pub"});
  EXPECT_EQ(other.code, 5) << other.told;
}

TEST_F(CheckImage, what_is_done_to_the_base_is_said) {
  select("runtime");
  image({os, runtime, app, {{"usr/lib/.wh.runtime.txt", ""}}});
  const Json answer = checked(0);
  EXPECT_EQ(answer["base"]["how"], "found") << answer;
  EXPECT_NE(answer["platforms"][0]["notes"].dump().find("removes 1 file of its base ('/usr/lib/runtime.txt')"), std::string::npos) << answer;
}

/// `content: shell: excused`: what excuses an interpreter of a finished image is the word of whom the policy believes on it, or on its base.
TEST_F(CheckImage, an_interpreter_is_excused_by_a_signed_statement_alone) {
  const Layer python = {inventory::folder("usr/bin"), {"usr/bin/python3", "#!a script by its name\n", FileType::Regular, 0755}};
  put_image(stage, "bases", "python", {{{os, runtime, python}}});
  select("python");
  stage.write("policy.yaml", "content: {shell: {rule: excused, why: an intruder looks for one}}\nbases: {selection: selection.json, why: these are patched}\n");
  const auto said = [](const std::string& path, bool claimed) {
    return to_compact({{"passed", true}, {"platform", "linux/amd64"}, {"program", {{"name", "ashlar"}}},
                       {"policy", {{"held_against", Json::array()}, {"definition_claimed", claimed}, {"interpreters", {{{"path", path}, {"reason", "it is what the base is for"}}}}}},
                       {"checks", {{{"id", "no-shell"}, {"title", "no shell"}, {"result", "excused"}, {"evidence", Json::array()}}}}});
  };
  const auto attest = [&](const std::string& ref, const std::string& key, const std::string& text) {
    stage.write("said.json", text);
    const Ran ran = stage.ashlar({"attest", ref, "--type", "hardening", "--predicate", "said.json", "--key", key});
    ASSERT_EQ(ran.code, 0) << ran.told;
  };
  const Words base = {"--base", "oci:bases:python"};
  image({os, runtime, python, app});
  EXPECT_EQ(checked(1, base)["verdict"], "denied");
  EXPECT_NE(told(base).find("nothing excuses its interpreters: no statement 'hardening' on it or on its base"), std::string::npos) << told(base);
  attest("oci:bases:python", "mallory.key", said("/usr/bin/python3", false));
  EXPECT_EQ(checked(1, base)["verdict"], "denied") << "signed by whom nobody believes";
  attest("oci:bases:python", "alice.key", said("/usr/bin/python3", true));
  EXPECT_EQ(checked(1, base)["verdict"], "denied") << "what the base claims of itself is signed, too";
  attest("oci:bases:python", "alice.key", said("/usr/bin/perl", false));
  EXPECT_EQ(checked(1, base)["verdict"], "denied") << "another interpreter";
  attest("oci:bases:python", "alice.key", said("/usr/bin/python3", false));
  const Json excused = checked(0, base);
  EXPECT_NE(excused["reasons"].dump().find("it has a shell or another interpreter only as its definition excuses"), std::string::npos) << excused["reasons"];
  EXPECT_NE(excused["reasons"].dump().find("it is what the base is for (signed by 'alice"), std::string::npos) << excused["reasons"];
  // One of the application's own is not excused by who signed for the base.
  image({os, runtime, python, app, {{"app/sh", "#!x\n", FileType::Regular, 0755}, {"usr/bin/sh", "#!x\n", FileType::Regular, 0755}}});
  EXPECT_NE(checked(1, base)["reasons"].dump().find("'/usr/bin/sh' has the name of an interpreter"), std::string::npos);
  image({os, runtime, python, app, {{"usr/bin/python3", "#!mine\n", FileType::Regular, 0755}}});
  EXPECT_EQ(checked(1, base)["verdict"], "denied") << "the base's is overridden";
  attest("oci:out:app", "alice.key", said("/usr/bin/python3", false));
  EXPECT_EQ(checked(0, base)["verdict"], "allowed") << "what is signed of the image itself covers all of it";
}

TEST_F(CheckImage, each_platform_has_its_base) {
  put_image(stage, "both", "runtime", {{{os, runtime}, "linux/amd64"}, {{os, newer}, "linux/arm64"}});
  select("runtime", {}, "both");
  put_image(stage, "out", "app", {{{os, runtime, app}, "linux/amd64"}, {{os, newer, app}, "linux/arm64"}});
  EXPECT_EQ(checked(0)["platforms"].size(), 2U);
  put_image(stage, "out", "app", {{{os, runtime, app}, "linux/amd64"}, {{os, runtime, app}, "linux/arm64"}});
  const Json half = checked(3);
  EXPECT_EQ(half["platforms"][0]["verdict"], "allowed") << half;
  EXPECT_EQ(half["platforms"][1]["verdict"], "unknown") << "another platform's layers";
  EXPECT_EQ(checked(0, {"--platform", "linux/amd64"})["platforms"].size(), 1U);
  EXPECT_EQ(checked(3, {"--platform", "linux/arm64"})["verdict"], "unknown");
  EXPECT_EQ(stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml", "--platform", "linux/s390x"}).code, 2);
  // What builders attach to an index beside the images (`unknown/unknown`) runs nowhere; alone it is no image.
  put_image(stage, "out", "app", {{{os, runtime, app}, "linux/amd64"}, {{foreign}, "unknown/unknown"}});
  EXPECT_EQ(checked(0)["platforms"].size(), 1U);
  put_image(stage, "out", "app", {{{foreign}, "unknown/unknown"}, {{foreign, app}, "unknown/unknown"}});
  EXPECT_EQ(stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml"}).code, 2);
}

TEST_F(CheckImage, in_a_registry_and_in_archives_the_same) {
  ASHLAR_NEED("docker-registry");
  ASHLAR_NEED("skopeo");
  const RegistryServer registry(stage);
  push_with_skopeo(stage, "oci:bases:runtime", registry.ref("hardened/runtime:1"), {"--dest-tls-verify=false"});
  image({os, runtime, app});
  push_with_skopeo(stage, "oci:out:app", registry.ref("team/app:1"), {"--dest-tls-verify=false"});
  const Ran selected = stage.ashlar({"policy", "select", registry.ref("hardened/runtime:1"), "--by", "Alice", "--key", "alice.key"});
  ASSERT_EQ(selected.code, 0) << selected.told;
  const Json answer = checked(0, {}, registry.ref("team/app:1"));
  EXPECT_EQ(answer["base"]["repository"], registry.host() + "/hardened/runtime");
  for (const char* archive : {"oci-archive:app.tar:app", "docker-archive:app.docker.tar"}) {
    const Ran copied = stage.run({"skopeo", "copy", "--quiet", "oci:out:app", archive});
    ASSERT_EQ(copied.code, 0) << copied.told;
    EXPECT_EQ(checked(0, {}, archive)["verdict"], "allowed") << archive;
  }
  EXPECT_EQ(stage.ashlar({"check", registry.ref("team/none:1"), "--policy", "policy.yaml"}).code, 2);
  EXPECT_EQ(stage.ashlar({"check", "docker://127.0.0.1:1/team/app:1", "--policy", "policy.yaml"}).code, 4) << "nobody is there";
}

TEST_F(CheckImage, a_base_that_is_named_or_published_is_known_by_its_layers_too) {
  stage.write("policy.yaml", fmt::format("bases: {{rules: [{{name: ours, images: ['oci:{}/**'], why: we make these}}]}}\n", stage.folder().string()));
  image({os, runtime, app});
  EXPECT_EQ(checked(3)["base"]["how"], "unknown");
  EXPECT_EQ(checked(0, {"--base", "oci:bases:runtime"})["base"]["how"], "found");
  EXPECT_EQ(checked(0, {"--base", "oci:bases:os"})["base"]["layers"], 1);
  image({foreign, app});
  EXPECT_EQ(checked(3, {"--base", "oci:bases:runtime"})["base"]["how"], "unknown") << "to name it does not make it so";
  EXPECT_EQ(stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml", "--base", "oci:nowhere:1"}).code, 2);
}

TEST_F(CheckImage, what_the_ledger_says_was_published_is_known_too_and_which_revision_it_is) {
  stage.write("policy.yaml", fmt::format("bases: {{rules: [{{name: ours, images: ['oci:{}/**'], why: we make these}}]}}\n", stage.folder().string()));
  put_image(stage, "bases", "rebuilt", {{{os, newer}}});
  const auto digest_of = [&](std::string_view tag) {
    const Json index = parse_json(stage.read("bases/index.json"), "index").value();
    for (const Json& each : index["manifests"]) {
      if (each["annotations"]["org.opencontainers.image.ref.name"] == tag) return each["digest"].get<std::string>();
    }
    return std::string();
  };
  const auto promoted = [&](const std::string& digest, const char* at) {
    ledger::Event event{.kind = ledger::Kind::Promoted, .at = ashlar::Time::parse(at).value(), .image = "oci:" + (stage.folder() / "bases").string(), .digest = digest, .by = "ashlar renew"};
    event.facts = {{"tag", "3.13"}};
    auto ledger = ledger::Ledger::open(stage.folder() / "ledger.db");
    ASSERT_TRUE(ledger && ledger->append({&event, 1}, event.at)) << at;
  };
  promoted(digest_of("runtime"), "2026-01-02");
  image({os, runtime, app});
  EXPECT_EQ(checked(3)["base"]["how"], "unknown") << "no ledger";
  const Json first = checked(0, {"--ledger", "ledger.db"});
  EXPECT_EQ(first["base"]["digest"], digest_of("runtime"));
  EXPECT_NE(first["base"]["what"].get<std::string>().find("known from the ledger"), std::string::npos) << first["base"];
  EXPECT_EQ(first["base"]["what"].get<std::string>().find("older"), std::string::npos) << first["base"];
  promoted(digest_of("rebuilt"), "2026-06-01");
  const std::string old = checked(0, {"--ledger", "ledger.db"})["base"]["what"];
  EXPECT_NE(old.find("it is an older revision of 2026-01-02, "), std::string::npos) << old;
  EXPECT_NE(old.find(fmt::format(":3.13' is '{}' since 2026-06-01", digest_of("rebuilt"))), std::string::npos) << old;
  image({os, newer, app});
  EXPECT_EQ(checked(0, {"--ledger", "ledger.db"})["base"]["what"].get<std::string>().find("older"), std::string::npos);
  // What was opened once is known without it; what never was is told.
  fs::rename(stage.folder() / "bases", stage.folder() / "gone");
  EXPECT_EQ(checked(0, {"--ledger", "ledger.db"})["base"]["how"], "found");
  image({foreign, app});
  promoted("sha256:" + std::string(64, '1'), "2026-07-01");
  const Json unread = checked(3, {"--ledger", "ledger.db"});
  EXPECT_NE(unread["platforms"][0]["notes"].dump().find("published as 'oci:"), std::string::npos) << unread;
}

TEST_F(CheckImage, a_squashed_image_is_compared_with_the_copy_of_a_selected_base_that_is_named) {
  select("runtime");  // in a registry that nobody reaches
  Layer whole = os;
  whole.insert(whole.end(), runtime.begin(), runtime.end());
  image({whole});
  const Json alone = checked(3);
  EXPECT_NE(alone["platforms"][0]["notes"].dump().find("was not looked at"), std::string::npos) << alone;
  const Json named = checked(0, {"--base", "oci:bases:runtime"});
  EXPECT_EQ(named["base"]["repository"], "registry.example/hardened/runtime") << named;
}

TEST_F(CheckImage, without_a_policy_or_a_database_nothing_is_allowed) {
  select("runtime");
  image({os, runtime, app});
  fs::remove(stage.folder() / "policy.yaml");
  const Ran none = stage.ashlar({"check", "oci:out:app"});
  EXPECT_EQ(none.code, 3) << none.told;
  EXPECT_NE(none.out.find("the policy says nothing of finished images"), std::string::npos) << none.told;
  stage.write("policy.yaml", "bases: {selection: selection.json}\nfindings: {deny: [{name: fixable, when: fixable, why: a fix is there}]}\n");
  const Json unknown = checked(3);
  EXPECT_EQ(unknown["verdict"], "unknown") << unknown;
  know({{"debian-tracker", tracked("b", {{"trixie", "2"}}, "high")}});
  EXPECT_EQ(checked(0)["verdict"], "allowed") << checked(0);
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}}, "high")}});
  const Json denied = checked(1);
  EXPECT_EQ(denied["verdict"], "denied") << denied;
  stage.write("policy.yaml", "bases: {selection: selection.json}\nfindings: {deny: [{name: app-only, when: fixable, owner: app, why: the base is somebody else's}]}\n");
  EXPECT_EQ(checked(0)["verdict"], "allowed") << "the finding is the base's";
  EXPECT_EQ(stage.ashlar({"check", "oci:out:app", "--policy", "policy.yaml", "--environment", "moon"}).code, 2);
}

TEST_F(CheckImage, the_same_image_gets_the_same_bytes) {
  select("runtime");
  image({os, runtime, app});
  const std::string first = told(), second = told();
  EXPECT_EQ(first, second);
  EXPECT_NE(first.find("is allowed by 'policy.yaml'"), std::string::npos) << first;
  Json a = checked(0), b = checked(0);
  for (Json* each : {&a, &b}) each->erase("timings"), each->erase("now");
  EXPECT_EQ(a, b);
  // Wherever it is asked.
  stage.environment["TZ"] = "Pacific/Kiritimati", stage.environment["LC_ALL"] = "tr_TR.UTF-8", stage.environment["LANG"] = "de_DE.UTF-8";
  EXPECT_EQ(told(), first);
  EXPECT_EQ(misfit(a, Json::parse(R"({"schema": "", "allowed": true, "verdict": "", "environment": "", "ref": "", "digest": "", "policy": "", "reasons": [{"answer": "", "section": "", "rule": "", "what": ""}], "base": {"how": "", "what": ""}, "platforms": [{"platform": "", "digest": "", "verdict": "", "base": {}, "notes": []}]})")), "");
}

}  // namespace
}  // namespace ashlar::flow
