// What is noticed when one image takes the place of another: the gate's rule on it, the notes on the new one, and the way back.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "attest/statement.h"
#include "host/memory.h"
#include "inventory/delta.h"
#include "inventory/target.h"
#include "pipeline/verify.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

class ChangeFlow : public KnownProject {
 protected:
  void SetUp() override {
    for (const char* name : {"docker-registry", "openssl", "skopeo"}) ASHLAR_NEED(name);
    KnownProject::SetUp();
    ASSERT_NO_FATAL_FAILURE(call_it_debian());
    for (const char* name : {"our", "other"}) {
      ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", fmt::format("{}.key", name)}).code, 0);
      ASSERT_EQ(stage.run({"openssl", "pkey", "-in", fmt::format("{}.key", name), "-pubout", "-out", fmt::format("{}.pub", name)}).code, 0);
    }
    registry = std::make_unique<RegistryServer>(stage);
  }
  std::string place() const { return registry->ref("hard/small"); }
  Json make(int code = 0, const Words& more = {}, const std::string& to = {}) const {
    Words words = {"make", "small.yaml", "--to", to.empty() ? place() : to, "--key", "our.key"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.json(words, code).value("images", Json::array({Json()})).at(0);
  }
  /// Another image of the same version.
  void colour(std::string_view from, std::string_view to) {
    edit("small.yaml", fmt::format("COLOUR: {}", from), fmt::format("COLOUR: {}", to));
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  }
  std::string points_at(const std::string& tag) const {
    const Ran raw = stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", place() + ":" + tag});
    return raw.code == 0 ? Digest::of(raw.out).str() : std::string();
  }
  static std::string reason(const Json& made, std::string_view rule) {
    for (const Json& each : made["gate"]["reasons"]) {
      if (each["rule"] == rule) return each["answer"].get<std::string>() + ": " + each["what"].get<std::string>();
    }
    return {};
  }

  std::unique_ptr<RegistryServer> registry;
};

TEST_F(ChangeFlow, what_breaks_stops_it_until_it_is_accepted) {
  edit("small.yaml", "COLOUR: grey", "COLOUR: grey\n  TONE: low");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const Json first = make();
  EXPECT_EQ(reason(first, "behaviour"), "holds: linux/amd64: nothing was published before");
  EXPECT_EQ(first["former"], "");
  edit("small.yaml", "\n  TONE: low", "");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const Json stopped = make(1);
  EXPECT_EQ(reason(stopped, "behaviour"), "stops: linux/amd64: 1 change breaks something for whoever uses what is published: TONE is not set any more; it was 'low' (environment-gone)");
  EXPECT_EQ(points_at("1"), first["digest"].get<std::string>()) << "the tag stays where it was";
  EXPECT_EQ(stopped["behaviour"][0]["behaviour"]["breaks"], true);
  stage.write("tone.policy.yaml", "gate:\n  behaviour:\n    accept:\n      - {id: environment-gone, subject: TONE, reason: nobody reads it}\n");
  EXPECT_EQ(stage.ashlar({"validate", "tone.policy.yaml"}).code, 0);
  const Json passed = make(0, {"--policy", "tone.policy.yaml"});
  EXPECT_EQ(reason(passed, "behaviour"), "holds: linux/amd64: nothing breaks for whoever uses what is published, but for 1 change that is accepted: nobody reads it");
  EXPECT_EQ(points_at("1"), passed["digest"].get<std::string>());
  EXPECT_EQ(reason(make(), "behaviour"), "holds: linux/amd64: nothing breaks for whoever uses what is published") << "against itself";
}

TEST_F(ChangeFlow, broken_packages_never_reach_the_tag) {
  archive->put("stone", {"extra", "1.0.1", "all", "", {{"usr/share/extra/hello.txt", "hello\n"}, {"usr/share/extra/bye.txt", "bye\n"}, {"usr/share/extra/", ""}}});
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, extra]");
  const Ran locked = stage.ashlar({"lock", "small.yaml", "--update"});
  ASSERT_EQ(locked.code, 0) << locked.told;
  // What the tests of the definition do not look at is what a user may miss.
  stage.write("lenient.policy.yaml", "gate: {proofs: false, coverage: false, stop-on: []}\n");
  const Json first = make(0, {"--policy", "lenient.policy.yaml"});
  struct Row { const char* summary; SmallPackage package; const char* id; };
  const Row rows[] = {
      {"a file went", {"extra", "1.1", "all", "", {{"usr/share/extra/hello.txt", "hello\n"}, {"usr/share/extra/", ""}}}, "file-gone"},
      {"a file moved", {"extra", "1.2", "all", "", {{"usr/share/extra/hello.txt", "hello\n"}, {"usr/share/extra/farewell.txt", "bye\n"}, {"usr/share/extra/", ""}}}, "file-moved"},
      {"a file is a folder", {"extra", "1.3", "all", "", {{"usr/share/extra/hello.txt", "hello\n"}, {"usr/share/extra/bye.txt/", ""}, {"usr/share/extra/", ""}}}, "kind-changed"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    archive->put("stone", row.package);
    archive->publish();
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
    const Json stopped = make(1, {"--policy", "lenient.policy.yaml"});
    EXPECT_NE(reason(stopped, "behaviour").find(row.id), std::string::npos) << stopped["gate"].dump(1);
    EXPECT_EQ(points_at("1"), first["digest"].get<std::string>());
  }
}

TEST_F(ChangeFlow, notes_lie_beside_the_new_image_and_lead_from_the_old_one_to_it) {
  const Json first = make();
  colour("grey", "green");
  offer_known_greeter("1.2");
  archive->publish();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  stage.write("tracker.json", R"({"greeter": {"CVE-2026-0001": {"description": "greets too loud", "scope": "remote", "releases": {"trixie": {"status": "resolved", "fixed_version": "1.2", "urgency": "high", "repositories": {"trixie": "1.2"}}}}}})");
  ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"}).code, 0);
  const Json second = make();
  const std::string platform = "linux/amd64";
  const Ran verified = stage.ashlar({"verify", place() + ":1", "--key", "our.pub", "--platform", platform, "--type", "changes"});
  ASSERT_EQ(verified.code, 0) << verified.told;
  const Ran said = stage.ashlar({"verify", place() + ":1", "--key", "our.pub", "--platform", platform, "--type", "changes", "--statements", "--quiet"});
  EXPECT_EQ(said.code, 0) << said.told;
  ASSERT_EQ(std::ranges::count(said.out, '\n'), 1) << "one statement, though two forms hold it\n" << said.told;
  const Json printed = Json::parse(said.out);
  EXPECT_EQ(printed["predicateType"], "https://ashlar.dev/attestation/changes/v1");
  EXPECT_FALSE(printed["predicate"].empty());
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--output-prefix", "nobody", "--no-password"}).code, 0);
  const Ran untold = stage.ashlar({"verify", place() + ":1", "--key", "nobody.pub", "--platform", platform, "--type", "changes", "--statements", "--quiet"});
  EXPECT_EQ(untold.code, 1) << untold.told;
  EXPECT_EQ(untold.out, "") << "what nobody believes is not told";
  EXPECT_NE(stage.ashlar({"verify", first["former"] == "" ? place() + ":1.1-r1" : "", "--key", "our.pub", "--platform", platform, "--type", "changes"}).code, 0) << "the first took nobody's place";

  // The statement itself: applied to the old inventory it gives the new one.
  host::Machine machine = host::real_machine();
  ASSERT_EQ(stage.ashlar({"copy", place() + ":1", "oci:here:new"}).code, 0);
  ASSERT_EQ(stage.ashlar({"copy", place() + ":1.1-r1", "oci:here:old"}).code, 0);
  const auto read = [&](const std::string& tag) { return inventory::open_target(machine, "oci:" + (stage.folder() / "here").string() + ":" + tag); };
  auto one = read("old"), other = read("new");
  ASSERT_TRUE(one && other);
  const auto before = inventory::read_contents(*one), after = inventory::read_contents(*other);
  ASSERT_TRUE(before && after);
  const auto judged = pipeline::judge_attached(*other->image, other->which.descriptor, {});
  ASSERT_TRUE(judged) << judged.error().message;
  const auto found = std::ranges::find_if(judged->contents, [](const auto& each) { return each.signature.predicate_type == "https://ashlar.dev/attestation/changes/v1"; });
  ASSERT_NE(found, judged->contents.end());
  const Json statement = Json::parse(found->signature.unproved);
  const Json& predicate = statement["predicate"];
  const auto delta = inventory::read_delta(predicate);
  ASSERT_TRUE(delta) << delta.error().message;
  const auto applied = inventory::apply(*delta, inventory::state_of(*before));
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(*applied, inventory::state_of(*after));
  EXPECT_EQ("sha256:" + predicate["before"]["digest"]["sha256"].get<std::string>(), before->manifest.digest.str());
  EXPECT_EQ("sha256:" + predicate["after"]["digest"]["sha256"].get<std::string>(), after->manifest.digest.str());
  EXPECT_EQ(predicate["vulnerabilities"]["fixed"][0]["id"], "CVE-2026-0001") << predicate["vulnerabilities"];
  EXPECT_EQ(predicate["vulnerabilities"]["new"], Json::array());
  EXPECT_EQ(predicate["behaviour"]["breaks"], false);

  // The same for people, and for scripts.
  const Json diff = stage.json({"diff", "oci:here:old", "oci:here:new", "--db", "kept"});
  EXPECT_EQ(diff["vulnerabilities"]["fixed"][0]["id"], "CVE-2026-0001") << diff;
  EXPECT_EQ(diff["vulnerabilities"]["open"], 0);
  const Ran markdown = stage.ashlar({"diff", "oci:here:old", "oci:here:new", "--db", "kept", "--format", "markdown"});
  for (const char* text : {"## Changes for linux/amd64", "### Vulnerabilities fixed", "| CVE-2026-0001 | `greeter` | high | `1.1` | `1.2` |", "### Packages", "| `greeter` | `1.1` | `1.2` |", "### Notable", "COLOUR"}) EXPECT_NE(markdown.out.find(text), std::string::npos) << text << markdown.told;
  const Ran text = stage.ashlar({"diff", "oci:here:old", "oci:here:new", "--db", "kept"});
  for (const char* line : {"vulnerabilities fixed (1)", "CVE-2026-0001  greeter 1.1", "environment-changed"}) EXPECT_NE(text.out.find(line), std::string::npos) << line << text.told;
}

/// Users, ports and what breaks by them, beside packages, files and vulnerabilities; and the same as somebody else's tool reads it beside the image.
TEST_F(ChangeFlow, a_diff_and_what_lies_beside_the_image_have_users_ports_and_what_breaks) {
  edit("small.yaml", "entrypoint:", "ports: [8080/tcp, 9090/tcp]\nentrypoint:");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  make();
  edit("small.yaml", "9090/tcp", "7070/tcp");
  edit("small.yaml", "uid: 65532, gid: 65532}", "uid: 65533, gid: 65532}");
  offer_known_greeter("1.2");
  archive->publish();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  know("1.2");
  const Json stopped = make(1);
  EXPECT_NE(reason(stopped, "behaviour").find("9090/tcp"), std::string::npos) << reason(stopped, "behaviour");
  std::string accepted;
  for (const Json& each : stopped["behaviour"][0]["behaviour"]["changes"]) {
    if (each["weight"] == "breaking") accepted += fmt::format("      - {{id: {}, subject: '{}', reason: announced}}\n", each["id"].get<std::string>(), each["subject"].get<std::string>());
  }
  stage.write("accept.policy.yaml", "gate:\n  behaviour:\n    accept:\n" + accepted);
  make(0, {"--policy", "accept.policy.yaml"});

  const std::string before = place() + ":1.1-r1", after = place() + ":1";
  const Json diff = stage.json({"diff", before, after, "--db", "kept"});
  const auto rows = [](const Json& list) {
    std::set<std::string> out;
    for (const Json& each : list) out.insert(each["name"].get<std::string>() + " " + each.value("change", ""));
    return out;
  };
  EXPECT_EQ(rows(diff["packages"]), (std::set<std::string>{"greeter changed"}));
  const auto config = rows(diff["config"]), files = rows(diff["files"]);
  for (const char* row : {"port 9090/tcp removed", "port 7070/tcp added"}) EXPECT_TRUE(config.contains(row)) << row << diff["config"];
  EXPECT_FALSE(config.contains("port 8080/tcp removed"));
  EXPECT_TRUE(files.contains("etc/passwd changed")) << diff["files"];
  std::set<std::string> behaviour;
  for (const Json& each : diff["behaviour"]["changes"]) behaviour.insert(each["weight"].get<std::string>() + " " + each["id"].get<std::string>() + " " + each["subject"].get<std::string>());
  for (const char* row : {"breaking port-gone 9090/tcp", "notable port-new 7070/tcp"}) EXPECT_TRUE(behaviour.contains(row)) << row << diff["behaviour"];
  EXPECT_TRUE(std::ranges::any_of(behaviour, [](const std::string& each) { return each.starts_with("breaking user-changed"); })) << diff["behaviour"];
  EXPECT_EQ(diff["vulnerabilities"]["fixed"][0]["id"], "CVE-2026-0001");
  EXPECT_EQ(stage.json({"diff", after, before, "--db", "kept"})["vulnerabilities"]["new"][0]["id"], "CVE-2026-0001") << "the other way round it is new";
  const Ran markdown = stage.ashlar({"diff", before, after, "--db", "kept", "--format", "markdown"});
  const size_t breaking = markdown.out.find("### Breaking changes");
  ASSERT_NE(breaking, std::string::npos) << markdown.told;
  EXPECT_LT(markdown.out.find("port-gone"), markdown.out.find("###", breaking + 4)) << markdown.out;

  const auto cosign = go_tool("cosign");
  if (!cosign) GTEST_SKIP() << "this machine has no cosign (scripts/install-go-tools.sh builds it where there is a Go)";
  stage.write("trusted.json", R"({"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"})");
  const Ran read = stage.run({*cosign, "verify-attestation", "--type", "https://ashlar.dev/attestation/changes/v1", "--key", "our.pub", "--private-infrastructure", "--trusted-root", "trusted.json", after.substr(9)});
  ASSERT_EQ(read.code, 0) << read.told;
  const auto payload = from_base64(Json::parse(read.out.substr(read.out.find('{')))["payload"].get<std::string>());
  ASSERT_TRUE(payload) << read.out;
  const Json predicate = Json::parse(as_text(*payload))["predicate"];
  EXPECT_EQ(predicate["config"].dump().find("8080/tcp"), std::string::npos) << predicate["config"];
  for (const char* port : {"port 9090/tcp", "port 7070/tcp"}) EXPECT_NE(predicate["config"].dump().find(port), std::string::npos) << predicate["config"];
  EXPECT_EQ(predicate["behaviour"]["breaks"], true);
  EXPECT_EQ(predicate["behaviour"]["changes"].size(), diff["behaviour"]["changes"].size());
  EXPECT_EQ(predicate["vulnerabilities"]["fixed"][0]["id"], "CVE-2026-0001");
  EXPECT_NE(predicate["packages"].dump().find("greeter"), std::string::npos);
}

TEST_F(ChangeFlow, a_tag_goes_back_to_the_revision_before_and_revisions_stay) {
  std::vector<std::string> digests;
  const std::vector<std::string> colours = {"grey", "green", "blue"};
  for (size_t at = 0; at < colours.size(); ++at) {
    if (at > 0) colour(colours[at - 1], colours[at]);
    digests.push_back(make()["digest"]);
  }
  // A tag without a version goes back by what it points at.
  ASSERT_EQ(stage.run({"skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", place() + ":1", place() + ":latest"}).code, 0);
  EXPECT_EQ(stage.json({"rollback", place() + ":latest", "--key", "our.pub"})["to"]["revision"], "1.1-r2");
  ASSERT_EQ(stage.json({"rollback", place() + ":latest", "--key", "our.pub"})["to"]["revision"], "1.1-r1");
  const Json back = stage.json({"rollback", place() + ":1", "--key", "our.pub"});
  EXPECT_EQ(misfit(back, Json::parse(R"({"schema": "", "place": "", "tag": "", "moved": true, "from": {"digest": "", "revision": ""}, "to": {"digest": "", "revision": ""}, "still": ["1-stone"], "signature": {"asked": true, "verified": true, "missing": []}})")), "");
  EXPECT_EQ(back["from"]["revision"], "1.1-r3");
  EXPECT_EQ(back["to"]["revision"], "1.1-r2");
  EXPECT_EQ(back["moved"], true);
  EXPECT_EQ(points_at("1"), digests[1]);
  EXPECT_EQ(points_at("1-stone"), digests[2]) << "only the tag that was named";
  EXPECT_EQ(back["still"], Json::array({"1-stone"})) << "and the others are told";
  for (size_t at = 0; at < 3; ++at) EXPECT_EQ(points_at(fmt::format("1.1-r{}", at + 1)), digests[at]);
  EXPECT_EQ(stage.json({"rollback", place() + ":1", "--key", "our.pub"})["to"]["revision"], "1.1-r1") << "one further";
  const Ran no_more = stage.ashlar({"rollback", place() + ":1", "--key", "our.pub"});
  EXPECT_EQ(no_more.code, 2) << no_more.told;
  EXPECT_NE(no_more.err.find("there is no revision before '1.1-r1'"), std::string::npos) << no_more.told;
  EXPECT_EQ(stage.json({"rollback", place() + ":1", "--to", digests[2], "--key", "our.pub"})["moved"], true) << "forward again, by digest";
  EXPECT_EQ(points_at("1"), digests[2]);
  EXPECT_EQ(stage.json({"rollback", place() + ":1", "--to", "1.1-r3", "--key", "our.pub"})["moved"], false) << "it is there already";
  EXPECT_EQ(make()["revision"], "1.1-r3") << "made again it is the same revision";
}

TEST_F(ChangeFlow, a_tag_goes_back_to_nothing_unsigned_or_incomplete) {
  const std::string first = make()["digest"];
  colour("grey", "green");
  const std::string second = make()["digest"];
  const Ran foreign = stage.ashlar({"rollback", place() + ":1", "--key", "other.pub"});
  EXPECT_EQ(foreign.code, 1) << foreign.told;
  EXPECT_NE(foreign.out.find("was not moved"), std::string::npos) << foreign.told;
  EXPECT_EQ(stage.json({"rollback", place() + ":1", "--key", "other.pub"}, 1)["moved"], false);
  EXPECT_EQ(points_at("1"), second);
  struct Row { const char* summary; Words words; int code; const char* says; };
  for (const Row& row : {Row{"a revision", {"rollback", place() + ":1.1-r2"}, 2, "revisions never move"}, Row{"no tag", {"rollback", place()}, 2, "name the tag that shall move"},
                         Row{"a tag that is not there", {"rollback", place() + ":9"}, 2, "there is no such tag"}, Row{"to a tag that is not there", {"rollback", place() + ":1", "--to", "8"}, 2, "there is no tag '8'"},
                         Row{"to an image that is not there", {"rollback", place() + ":1", "--to", "sha256:" + std::string(64, 'a')}, 2, "cannot go back"},
                         Row{"to a signature", {"rollback", place() + ":1", "--to", "sha256-" + first.substr(7) + ".sig"}, 2, "it is no image that runs"},
                         Row{"in an archive", {"rollback", "oci-archive:x.tar:1"}, 2, "an archive has no tags that move"}}) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
    EXPECT_EQ(points_at("1"), second) << row.summary;
  }
  ASSERT_EQ(stage.run({"skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", place() + ":1", place() + ":mine"}).code, 0);
  EXPECT_EQ(stage.json({"rollback", place() + ":mine", "--to", first, "--key", "our.pub"})["moved"], true) << "a tag of one's own";
}

TEST_F(ChangeFlow, in_a_layout_it_goes_back_as_well) {
  const std::string to = "oci:published";
  const std::string first = make(0, {}, to)["digest"];
  colour("grey", "green");
  const std::string second = make(0, {}, to)["digest"];
  const Json back = stage.json({"rollback", to + ":1", "--key", "our.pub"});
  EXPECT_EQ(back["from"]["digest"], second);
  EXPECT_EQ(back["to"]["digest"], first);
  EXPECT_EQ(stage.json({"verify", to + ":1", "--key", "our.pub"})["digest"], first);
  EXPECT_EQ(stage.json({"verify", to + ":1.1-r2", "--key", "our.pub"})["digest"], second) << "the revision stays";

  // An image of which no revision tells that it passed.
  Json index = Json::parse(stage.read("published/index.json"));
  for (Json& each : index["manifests"]) {
    if (each.contains("annotations") && each["annotations"].value("org.opencontainers.image.ref.name", "") == "1.1-r2") each.erase("annotations");
  }
  stage.write("published/index.json", index.dump());
  const Ran untold = stage.ashlar({"rollback", to + ":1", "--to", second});
  EXPECT_EQ(untold.code, 2) << untold.told;
  EXPECT_NE(untold.err.find("nothing tells that it ever passed"), std::string::npos) << untold.told;
  EXPECT_EQ(stage.json({"rollback", to + ":1", "--to", second, "--key", "our.pub"})["moved"], true) << "its signature does";
}

}  // namespace
}  // namespace ashlar::flow
