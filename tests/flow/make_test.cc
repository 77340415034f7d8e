// `ashlar make`: from a definition to signed and published, and what the gate stops.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <set>

#include <fmt/format.h>

#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

class MakeFlow : public KnownProject {
 protected:
  void SetUp() override {
    for (const char* name : {"docker-registry", "openssl", "skopeo"}) ASHLAR_NEED(name);
    KnownProject::SetUp();
    ASSERT_NO_FATAL_FAILURE(call_it_debian());
    ASSERT_NO_FATAL_FAILURE(make_key("our"));
    registry = std::make_unique<RegistryServer>(stage);
  }
  std::string to() const { return registry->ref("hard/small"); }
  Words words(const Words& more = {}) const {
    Words out = {"make", "small.yaml", "--to", to(), "--key", "our.key"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  /// What `make` answers for the definition.
  Json make(int code = 0, const Words& more = {}) const { return stage.json(words(more), code).value("images", Json::array({Json()})).at(0); }
  /// Tags of images in the registry, each with what it points at.
  std::map<std::string, std::string> tags() const {
    std::map<std::string, std::string> out;
    const Ran listed = stage.run({"skopeo", "list-tags", "--tls-verify=false", to()});
    if (listed.code != 0) return out;  // nothing was pushed there yet
    const Json answer = Json::parse(listed.out);
    for (const Json& each : answer["Tags"]) {
      const std::string tag = each;
      if (tag.starts_with("sha256-")) continue;
      const Ran raw = stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", to() + ":" + tag});
      out[tag] = Digest::of(raw.out).str();
    }
    return out;
  }
  /// Names of all tags there are, those of what refers to images, too.
  std::string tag_names() const { return Json::parse(stage.run({"skopeo", "list-tags", "--tls-verify=false", to()}).out)["Tags"].dump(); }
  static std::vector<std::string> reasons(const Json& made, std::string_view answer) {
    std::vector<std::string> out;
    for (const Json& each : made["gate"]["reasons"]) {
      if (each["answer"] == answer) out.push_back(fmt::format("{}: {}", each["rule"].get<std::string>(), each["what"].get<std::string>()));
    }
    return out;
  }
  void offer(const std::string& version) {
    offer_known_greeter(version);
    archive->publish();
    const Ran ran = stage.ashlar({"lock", "small.yaml", "--update"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// A database that knows nothing against version `version` of the greeter, which its archive now has.
  void know_fixed(const std::string& version) {
    stage.write("tracker.json", fmt::format(R"({{"greeter": {{"CVE-2026-0001": {{"description": "greets too loud", "scope": "remote", "releases": {{"trixie": {{"status": "resolved", "fixed_version": "{0}", "urgency": "high", "repositories": {{"trixie": "{0}"}}}}}}}}}}}})", version));
    const Ran ran = stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }

  std::unique_ptr<RegistryServer> registry;
};

TEST_F(MakeFlow, what_passes_is_published_signed_and_described) {
  const Json made = make();
  const std::string digest = made.value("digest", "");
  EXPECT_EQ(made["gate"]["passed"], true) << made;
  EXPECT_EQ(reasons(made, "stops"), std::vector<std::string>{});
  EXPECT_EQ(made["revision"], "1.1-r1") << "the version of the package that is asked for and is one of tag 1's";
  const std::map<std::string, std::string> expected = {{"1", digest}, {"1-stone", digest}, {"1.1-r1", digest}};
  EXPECT_EQ(tags(), expected);
  Words wanted = {"verify", to() + ":1", "--key", "our.pub"};
  for (const char* type : {"slsaprovenance1", "spdxjson", "cyclonedx", "test-result", "vuln", "lock", "hardening"}) wanted.insert(wanted.end(), {"--type", type});
  const Json verified = stage.json(wanted);
  for (const Json& each : verified["signatures"]) EXPECT_EQ(each["verified"], true) << each;
  if (const auto cosign = go_tool("cosign")) {
    stage.write("trusted.json", R"({"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"})");
    for (const Words& each : {Words{"verify"}, Words{"verify-attestation", "--type", "slsaprovenance1"}, Words{"verify-attestation", "--type", "spdxjson"}, Words{"verify-attestation", "--type", "cyclonedx"}}) {
      Words argv = {*cosign};
      argv.insert(argv.end(), each.begin(), each.end());
      argv.insert(argv.end(), {"--key", "our.pub", "--private-infrastructure", "--trusted-root", "trusted.json", to().substr(9) + ":1"});
      const Ran ran = stage.run(argv);
      EXPECT_EQ(ran.code, 0) << ran.told;
    }
  }
}

/// The archive was published an hour ago, and the image is made now: its age is the hour, however often it is made.
TEST_F(MakeFlow, what_was_made_is_as_old_as_what_its_archives_had) {
  const Json made = make(), again = make();
  EXPECT_EQ(again["digest"], made["digest"]);
  EXPECT_EQ(std::ranges::count_if(again["statements"], [](const Json& each) { return each.value("predicate_type", "") == "https://slsa.dev/provenance/v1" && each.value("new", true); }), 0) << "the same bytes: " << again["statements"];
  const auto asked = [&](const std::string& age, int code) {
    stage.write("admit.yaml", fmt::format("verify:\n  rules:\n    - {{images: '**', signed-by: {{file: our.pub}}, statements: [{{type: slsaprovenance1, max-age: {}}}]}}\n", age));
    const Json answer = stage.json({"verify", to() + ":1", "--policy", "admit.yaml"}, code);
    return answer["policy"]["reasons"].back();
  };
  const Json lock = Json::parse(stage.read("small.lock.json"));
  std::string newest;
  for (const Json& each : lock["archives"]) newest = std::max(newest, each["date"].get<std::string>());
  const Json young = asked("3h", 0), old = asked("30m", 1);
  EXPECT_TRUE(young["holds"]) << young;
  EXPECT_NE(young["what"].get<std::string>().find("the newest statement 'slsaprovenance1' is of " + newest), std::string::npos) << young;
  EXPECT_FALSE(old["holds"]) << old;
  EXPECT_NE(old["what"].get<std::string>().find(": more than 30 minutes"), std::string::npos) << old;
  EXPECT_NE(old["remedy"].get<std::string>().find("`ashlar lock --update` first"), std::string::npos) << old;
}

TEST_F(MakeFlow, the_same_again_changes_nothing) {
  const Json first = make();
  registry->forget_log();
  const Json second = make();
  EXPECT_EQ(second["digest"], first["digest"]);
  EXPECT_EQ(second["revision"], "1.1-r1");
  EXPECT_EQ(second["moved"], Json::array());
  for (const Json& each : second["statements"]) EXPECT_EQ(each["new"], false) << each;
  EXPECT_EQ(registry->count("http.request.method=PUT"), 0U) << "something was pushed";
}

TEST_F(MakeFlow, revisions_stay_and_tags_move) {
  const std::string first = make()["digest"];
  edit("small.yaml", "COLOUR: grey", "COLOUR: green");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const Json second = make();
  EXPECT_EQ(second["revision"], "1.1-r2") << "another image of the same version";
  offer("1.2");
  know_fixed("1.2");
  const Json third = make();
  EXPECT_EQ(third["revision"], "1.2-r1");
  const std::string two = second["digest"], three = third["digest"];
  const std::map<std::string, std::string> expected = {{"1", three}, {"1-stone", three}, {"1.1-r1", first}, {"1.1-r2", two}, {"1.2-r1", three}};
  EXPECT_EQ(tags(), expected);
  edit("small.yaml", "COLOUR: green", "COLOUR: grey");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_EQ(make()["revision"], "1.2-r2");
}

TEST_F(MakeFlow, an_advisory_stops_it_until_the_fix_is_taken) {
  const std::string before = make()["digest"];
  const auto published = tags();
  edit("small.yaml", "COLOUR: grey", "COLOUR: green");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  know("2.0");
  registry->forget_log();
  const Json stopped = make(1);
  EXPECT_EQ(stopped["gate"]["passed"], false);
  EXPECT_EQ(reasons(stopped, "stops"), std::vector<std::string>{"stop-on: linux/amd64: 1 finding is open: CVE-2026-0001 greeter"});
  EXPECT_EQ(stopped["published"], false);
  EXPECT_EQ(tags(), published) << "no tag moved";
  EXPECT_EQ(registry->count("http.request.method=PUT"), 0U) << "nothing of it went to the registry";
  const Ran kept = stage.ashlar({"test", stopped.value("candidate", ""), "--definition", "small.yaml"});
  EXPECT_EQ(kept.code, 0) << "the candidate can be looked at: " << kept.told;
  const Ran told = stage.ashlar(words());
  EXPECT_NE(told.out.find("take the fix (greeter 2.0) with `ashlar lock --update`, once the archives have it"), std::string::npos) << told.told;
  EXPECT_NE(told.out.find("nothing was published and no tag was moved"), std::string::npos) << told.told;
  offer("2.0");
  know_fixed("2.0");
  const Json passed = make();
  EXPECT_EQ(passed["published"], true) << passed;
  EXPECT_EQ(tags().at("1"), passed["digest"].get<std::string>());
  EXPECT_NE(passed["digest"], before);
}

TEST_F(MakeFlow, a_decision_that_ends_or_a_statement_lets_it_pass) {
  know("2.0");
  // What the gate prints as a remedy works as it is printed.
  const Json stopped = make(1);
  const auto stops = std::ranges::find_if(stopped["gate"]["reasons"], [](const Json& each) { return each["answer"] == "stops"; });
  ASSERT_NE(stops, stopped["gate"]["reasons"].end()) << stopped;
  const std::string remedy = (*stops)["remedy"];
  const size_t begin = remedy.find("`ashlar except add ");
  ASSERT_NE(begin, std::string::npos) << remedy;
  const std::string command = remedy.substr(begin + 8, remedy.find('`', begin + 1) - begin - 8);
  const Ran printed = stage.run({"sh", "-c", shell_word(program_under_test()) + " " + command});
  ASSERT_EQ(printed.code, 0) << printed.told;
  EXPECT_EQ(printed.err.find("no feed names"), std::string::npos) << printed.told;
  EXPECT_EQ(make()["published"], true);
  ASSERT_EQ(stage.ashlar({"except", "revoke", "E-1"}).code, 0);
  make(1);
  ASSERT_EQ(stage.ashlar({"except", "add", "CVE-2026-0001", "--package", "greeter", "--owner", "platform", "--reason", "greets nobody", "--expires", "30d"}).code, 0);
  EXPECT_EQ(make()["published"], true);
}

TEST_F(MakeFlow, a_decision_that_waits_is_to_be_signed_and_not_made_again) {
  stage.write("two.yaml", "decisions: {exceptions: [{people: 2}]}\n");
  ASSERT_NO_FATAL_FAILURE(make_key("second"));
  for (const char* name : {"our", "second"}) ASSERT_EQ(stage.ashlar({"keys", "add", std::string(name) + ".pub", "--name", name}).code, 0);
  know("2.0");
  ASSERT_EQ(stage.ashlar({"except", "add", "CVE-2026-0001", "--package", "greeter", "--owner", "platform", "--reason", "greets nobody", "--expires", "30d", "--key", "our.key"}).code, 0);
  const Json stopped = make(1, {"--policy", "two.yaml"});
  const std::string text = stopped["gate"]["reasons"].dump();
  EXPECT_NE(text.find("accept it for a time with `ashlar except sign E-1 --key KEY` (E-1 is signed by 1 of the 2 people that the policy asks for (our))"), std::string::npos) << text;
  EXPECT_EQ(text.find("except add"), std::string::npos) << "that would be refused: " << text;
  ASSERT_EQ(stage.ashlar({"except", "sign", "E-1", "--key", "second.key"}).code, 0);
  EXPECT_EQ(make(0, {"--policy", "two.yaml"})["published"], true);
}

/// What `make` signs is what `check` excuses an interpreter by: of the image itself, and by nobody else's word.
TEST_F(MakeFlow, an_image_of_a_language_passes_the_check_that_excuses_its_interpreter) {
  archive->put("stone", {"snake", "3.13", "all", "", {{"usr/bin/python3", "#!/usr/bin/greet\n"}, {"usr/share/doc/snake/copyright", "free\n"}}});
  archive->publish();
  edit("small.yaml", "[base-files, greeter]", "[base-files, greeter, snake]");
  stage.write("small.yaml", stage.read("small.yaml") + "interpreters:\n  - {path: /usr/bin/python3, reason: it is what the image is for}\n");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  ASSERT_NO_FATAL_FAILURE(make_key("other"));
  stage.write("gate.yaml", "gate: {proofs: false, stop-on: [], coverage: false}\n");
  ASSERT_EQ(make(0, {"--policy", "gate.yaml"})["published"], true);
  stage.write("content.yaml", "content: {shell: excused}\n");
  const auto check = [&](const std::string& key, int code) { return stage.json({"check", to() + ":1", "--policy", "content.yaml", "--key", key}, code); };
  const Json allowed = check("our.pub", 0);
  EXPECT_NE(allowed["reasons"].dump().find("the definition names /usr/bin/python3: it is what the image is for (signed by 'our.pub')"), std::string::npos) << allowed;
  const Json denied = check("other.pub", 1);
  EXPECT_NE(denied["reasons"].dump().find("'/usr/bin/python3' has the name of an interpreter"), std::string::npos) << denied;
}

TEST_F(MakeFlow, what_was_published_is_told_though_the_next_cannot_be_made) {
  stage.write("broken.yaml", stage.read("small.yaml") + "\nnonsense: [\n");
  const std::string prefix = registry->ref("hard");
  const Words both = {"make", "small.yaml", "broken.yaml", "--to", prefix, "--key", "our.key"};
  const Json answer = stage.json(both, 2);
  ASSERT_EQ(answer["images"].size(), 1U) << answer;
  EXPECT_EQ(answer["images"][0]["definition"], "small.yaml");
  EXPECT_EQ(answer["images"][0]["published"], true);
  const Ran told = stage.ashlar(both);
  EXPECT_EQ(told.code, 2) << told.told;
  EXPECT_NE(told.err.find("cannot make 'broken.yaml'"), std::string::npos) << told.told;
  EXPECT_NE(told.out.find("published as"), std::string::npos) << told.told;
  const Ran first = stage.ashlar({"make", "broken.yaml", "small.yaml", "--to", prefix, "--key", "our.key", "--format", "json"});
  EXPECT_EQ(first.code, 2) << first.told;
  EXPECT_EQ(first.out, "") << "nothing was done";
}

TEST_F(MakeFlow, a_ledger_that_cannot_be_written_takes_nothing_back) {
  stage.write("home/data/ashlar/ledger.db", std::string(4096, 'x'));
  stage.write("other.yaml", stage.read("small.yaml"));
  const Ran ran = stage.ashlar({"make", "small.yaml", "other.yaml", "--to", registry->ref("hard"), "--key", "our.key", "--retain", "1", "--format", "json"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  const Json images = Json::parse(ran.out)["images"];
  ASSERT_EQ(images.size(), 2U) << "the next is made all the same";
  for (const Json& each : images) {
    EXPECT_EQ(each["published"], true) << each;
    EXPECT_TRUE(each.contains("old_revisions")) << "the clean-up is done: " << each;
    EXPECT_NE(ran.err.find(fmt::format("what came of '{}' is not in the ledger: cannot ", each["definition"].get<std::string>())), std::string::npos) << ran.told;
  }
  EXPECT_EQ(stage.read("home/data/ashlar/ledger.db"), std::string(4096, 'x')) << "it is left to a person";
}

TEST_F(MakeFlow, what_cannot_be_answered_is_unknown_and_publishes_nothing) {
  stage.environment["XDG_DATA_HOME"] = (stage.folder() / "empty").string();
  const Json unknown = make(3);
  EXPECT_EQ(unknown["gate"]["unknown"], true) << unknown;
  EXPECT_FALSE(reasons(unknown, "unknown").empty());
  EXPECT_EQ(tags().size(), 0U);
}

TEST_F(MakeFlow, a_failed_proof_stops_it) {
  edit("small.yaml", "entrypoint: [/usr/bin/greet]", "entrypoint: [/usr/bin/absent]");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const Json stopped = make(1);
  ASSERT_FALSE(reasons(stopped, "stops").empty()) << stopped;
  EXPECT_TRUE(reasons(stopped, "stops")[0].starts_with("proofs: linux/amd64: 'entrypoint' fails")) << reasons(stopped, "stops")[0];
  EXPECT_EQ(tags().size(), 0U);
}

TEST_F(MakeFlow, killed_at_any_moment_no_tag_moves_before_all_is_there) {
  ASHLAR_NEED("timeout");
  const std::string before = make()["digest"];
  edit("small.yaml", "COLOUR: grey", "COLOUR: green");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  know("2.0");
  const auto published = tags();
  std::minstd_rand random(7);
  // As long as one takes that is let through to its stop.
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_EQ(make(1)["published"], false);
  const double stops_after = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const auto kill = [&](double within) {
    std::uniform_real_distribution<double> moment(0.005, within);
    Words argv = {"timeout", "-s", "KILL", fmt::format("{:.3f}", moment(random)), program_under_test()};
    const Words rest = words();
    argv.insert(argv.end(), rest.begin(), rest.end());
    return stage.run(argv).code;
  };
  constexpr int by_the_signal = 128 + 9;  // as timeout(1) tells it; what ended by itself was not killed
  int killed = 0;
  for (int round = 0; round < 10; ++round) {
    killed += kill(stops_after) == by_the_signal ? 1 : 0;
    ASSERT_EQ(tags(), published) << "a stopped candidate moved a tag in round " << round;
  }
  EXPECT_GT(killed, 0) << "no stopped candidate was killed in time";
  know("1.1");
  killed = 0;
  std::string after;
  for (int round = 0; round < 12; ++round) {
    killed += kill(std::max(0.6, stops_after)) == by_the_signal ? 1 : 0;
    const auto now = tags();
    ASSERT_TRUE(now.contains("1")) << round;
    if (now.at("1") == before) continue;
    // It has moved: all of it is there, signed and described.
    after = now.at("1");
    const Ran whole = stage.ashlar({"verify", to() + ":1", "--key", "our.pub", "--type", "slsaprovenance1", "--type", "vuln"});
    ASSERT_EQ(whole.code, 0) << round << whole.told;
  }
  const Json made = make();
  EXPECT_EQ(made["revision"], "1.1-r2");
  EXPECT_TRUE(after.empty() || made["digest"] == after) << made;
  EXPECT_GT(killed, 0) << "nothing was killed in time";
}

TEST_F(MakeFlow, old_revisions_go_but_for_those_that_are_needed) {
  const auto colour = [&](const char* from, const char* into) {
    edit("small.yaml", fmt::format("COLOUR: {}", from), fmt::format("COLOUR: {}", into));
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  };
  const std::string first = make()["digest"];
  colour("grey", "green");
  const std::string second = make()["digest"];
  colour("green", "blue");
  const std::string third = make()["digest"];
  colour("blue", "red");
  // Somebody uses the first under a tag of his own, and says of the last that it was made from the second.
  ASSERT_EQ(stage.run({"skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", to() + ":1.1-r1", to() + ":in-use"}).code, 0);
  const std::string fourth = make()["digest"];
  stage.write("origin.json", fmt::format(R"({{"made_from": "{}"}})", second));
  ASSERT_EQ(stage.ashlar({"attest", to() + ":1", "--key", "our.key", "--type", "https://example.com/origin/v1", "--predicate", "origin.json"}).code, 0);
  const Json made = make(0, {"--retain", "1"});
  Json expected = Json::array();
  expected.push_back({{"tag", "1.1-r3"}, {"digest", third}, {"deleted", true}, {"kept_because", ""}});
  expected.push_back({{"tag", "1.1-r2"}, {"digest", second}, {"deleted", false}, {"kept_because", "a statement on '1' names it"}});
  expected.push_back({{"tag", "1.1-r1"}, {"digest", first}, {"deleted", false}, {"kept_because", "tag 'in-use' points at it"}});
  EXPECT_EQ(made["old_revisions"], expected);
  const std::map<std::string, std::string> tags_then = {{"1", fourth}, {"1-stone", fourth}, {"1.1-r4", fourth}, {"1.1-r2", second}, {"1.1-r1", first}, {"in-use", first}};
  EXPECT_EQ(tags(), tags_then);
  for (const char* tag : {"1", "in-use", "1.1-r2"}) EXPECT_EQ(stage.ashlar({"verify", to() + ":" + tag, "--key", "our.pub", "--type", "vuln"}).code, 0) << tag;
  const Ran gone = stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", to() + "@" + third});
  EXPECT_NE(gone.code, 0) << "the image went with its tag";
  const Ran statement = stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", to() + ":sha256-" + third.substr(7) + ".att"});
  EXPECT_NE(statement.code, 0) << "and so did what was said of it";
  EXPECT_EQ(tag_names().find("sha256-" + third.substr(7)), std::string::npos) << "no list of nothing is left: " << tag_names();
  EXPECT_EQ(stage.ashlar(words({"--retain", "0"})).code, 2);
}

/// What cannot be read may need what would be deleted.
TEST_F(MakeFlow, nothing_goes_where_not_all_can_be_read) {
  ASHLAR_NEED("python3");
  const auto colour = [&](const char* from, const char* into) {
    edit("small.yaml", fmt::format("COLOUR: {}", from), fmt::format("COLOUR: {}", into));
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  };
  const std::string used = make()["digest"];
  ASSERT_EQ(stage.run({"skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", to() + ":1.1-r1", to() + ":in-use"}).code, 0);
  colour("grey", "green");
  const std::string old = make()["digest"];
  colour("green", "blue");
  make();
  const auto before = tags();
  const std::string names_before = tag_names();
  const auto raw = [&](const std::string& of) { return Json::parse(stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", to() + of}).out); };
  const std::string said = raw(":sha256-" + used.substr(7) + ".att")["layers"][0]["digest"];
  struct Row { const char* summary; int status; const char* method; std::string pattern; };
  const Row rows[] = {
      {"another's tag", 403, "GET", "/manifests/in-use$"},
      {"another's tag, in a registry that is ill", 500, "GET", "/manifests/in-use$"},
      {"a statement on it", 403, "GET", "/blobs/" + said},
      {"the list of what refers to it", 403, "GET", "/manifests/sha256-" + used.substr(7) + "$"},
      {"what is said of an image that would go", 403, "GET", "/manifests/sha256-" + old.substr(7) + "\\.att$"},
  };
  for (const Row& row : rows) {
    registry->forget_log();
    const int port = free_port();
    const Beside proxy(stage, "proxy.err", {"python3", ASHLAR_SOURCE_DIR "/tests/flow/minding_proxy.py", std::to_string(port), std::to_string(registry->port()), "proxy.log", std::to_string(row.status), row.method, row.pattern});
    ASSERT_TRUE(listens(port)) << stage.read("proxy.err");
    const Ran ran = stage.ashlar({"make", "small.yaml", "--to", fmt::format("docker://127.0.0.1:{}/hard/small", port), "--key", "our.key", "--retain", "1"});
    EXPECT_NE(stage.read("proxy.log").find(fmt::format(" {}\n", row.status)), std::string::npos) << row.summary << ": nothing was denied: " << ran.told;
    EXPECT_TRUE(ran.code == 4 || ran.code == 5) << row.summary << ran.told;
    EXPECT_NE(ran.err.find("/hard/small', of which nothing was deleted: "), std::string::npos) << row.summary << ran.told;
    EXPECT_EQ(registry->count("http.request.method=DELETE"), 0U) << row.summary;
    EXPECT_EQ(tags(), before) << row.summary;
    EXPECT_EQ(tag_names(), names_before) << row.summary;
    std::filesystem::remove(stage.folder() / "proxy.log");
  }
  EXPECT_EQ(make(0, {"--retain", "1"})["old_revisions"][0]["deleted"], true) << "it would have gone";
}

TEST_F(MakeFlow, tags_that_others_number_do_not_lead_it_astray) {
  make();
  for (const char* tag : {"1.1-r4294967295", "1.1-r0", "1.1-r99999999999999999999"}) ASSERT_EQ(stage.run({"skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", to() + ":1.1-r1", to() + ":" + tag}).code, 0);
  edit("small.yaml", "COLOUR: grey", "COLOUR: green");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_EQ(make()["revision"], "1.1-r2");
}

TEST_F(MakeFlow, two_at_once_publish_what_each_was_judged_by) {
  const std::string first = make()["digest"];
  const Ran both = stage.run({"sh", "-c", "\"$0\" \"$@\" & one=$!; \"$0\" \"$@\"; two=$?; wait $one && exit $two", program_under_test(), "make", "small.yaml", "--to", to(), "--key", "our.key", "--quiet"});
  EXPECT_EQ(both.code, 0) << both.told;
  EXPECT_EQ(tags().at("1"), first);
  EXPECT_EQ(tags().size(), 3U);
}

TEST_F(MakeFlow, two_definitions_at_once_get_two_revisions) {
  stage.write("other.yaml", stage.read("small.yaml"));
  edit("other.yaml", "COLOUR: grey", "COLOUR: green");
  ASSERT_EQ(stage.ashlar({"lock", "other.yaml"}).code, 0);
  const Ran both = stage.run({"sh", "-c", "\"$0\" make small.yaml \"$@\" & one=$!; \"$0\" make other.yaml \"$@\"; two=$?; wait $one && exit $two", program_under_test(), "--to", to(), "--key", "our.key", "--quiet"});
  EXPECT_EQ(both.code, 0) << both.told;
  const auto found = tags();
  ASSERT_TRUE(found.contains("1.1-r1") && found.contains("1.1-r2")) << both.told;
  EXPECT_NE(found.at("1.1-r1"), found.at("1.1-r2"));
}

TEST_F(MakeFlow, a_layout_is_published_to_as_well) {
  const Json made = stage.json({"make", "small.yaml", "--to", "oci:published", "--key", "our.key"});
  EXPECT_EQ(made["images"][0]["moved"], (Json{"1.1-r1", "1", "1-stone"}));
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1.1-r1", "--key", "our.pub", "--type", "vuln"}).code, 0);
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1", "--key", "our.pub", "--type", "vuln"}).code, 0);
}

TEST_F(MakeFlow, bad_input_says_what_to_do) {
  stage.write("wrong.yaml", "gate:\n  prooofs: true\n  stop-on: critical\n");
  struct Row { const char* summary; Words words; int code; const char* says; };
  const Row rows[] = {
      {"no key", {"make", "small.yaml", "--to", to()}, 2, "name the key that signs with --key, or say --unsigned"},
      {"an archive", {"make", "small.yaml", "--to", "oci-archive:x.tar", "--key", "our.key"}, 2, "an archive has no tags that move"},
      {"a digest", {"make", "small.yaml", "--to", to() + "@sha256:" + std::string(64, 'a'), "--key", "our.key"}, 2, "an image gets its digest by being built"},
      {"a policy with faults", {"make", "small.yaml", "--to", to(), "--key", "our.key", "--policy", "wrong.yaml"}, 2, "did you mean 'proofs'?"},
      {"several into one tag", {"make", "small.yaml", "dev.yaml", "--to", to() + ":1", "--key", "our.key"}, 2, "each goes to a repository below it"},
      {"a revision's name", {"make", "small.yaml", "--to", to() + ":1.1-r1", "--key", "our.key"}, 2, "'1.1-r1' is the name of a revision, which is given once and never moves"},
      {"no revision kept", {"make", "small.yaml", "--to", to(), "--key", "our.key", "--retain", "0"}, 2, "at least one revision is kept"},
      {"revisions of a layout", {"make", "small.yaml", "--to", "oci:never", "--key", "our.key", "--retain", "1"}, 2, "revisions are deleted from registries alone"},
      {"a registry that is not there", {"make", "small.yaml", "--to", "docker://127.0.0.1:1/x/y", "--key", "our.key"}, 4, "127.0.0.1"},
  };
  for (const Row& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
  }
  EXPECT_FALSE(stage.exists("never")) << "nothing is made before it is said";
  EXPECT_TRUE(tags().empty());
}

}  // namespace
}  // namespace ashlar::flow
