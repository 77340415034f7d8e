// `ashlar renew` and what lies on images of others: a tag that moves elsewhere, and the gate before an application's own tag.
#include <algorithm>

#include <fmt/format.h>

#include "layered_image.h"
#include "registry_server.h"
#include "renew_flow.h"

namespace ashlar::flow {
namespace {

class BaseFlow : public RenewFlow {
 protected:
  void SetUp() override {
    for (const char* name : {"umoci", "skopeo"}) ASHLAR_NEED(name);
    RenewFlow::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(done(renew()), "promoted 1.1-r1\n");
    theirs_moves();
    ASSERT_EQ(stage.run({"skopeo", "copy", "-q", "oci:theirs:1", "oci:shop:1"}).code, 0);
    add_layer("shop", "sells greetings\n");
    applications("");
  }
  /// Somebody else publishes what we have now under their tag.
  void theirs_moves() const { ASSERT_EQ(stage.run({"skopeo", "copy", "-q", "oci:published:1", "oci:theirs:1"}).code, 0); }
  void add_layer(const std::string& name, const std::string& text) const {
    stage.write(name + "-layer/srv/app.txt", text);
    ASSERT_EQ(stage.run({"tar", "-cf", name + ".tar", "--owner=0", "--group=0", "--mtime=@1", "-C", name + "-layer", "."}).code, 0);
    const Ran added = stage.run({"umoci", "--log", "error", "raw", "add-layer", "--image", name + ":1", name + ".tar"});
    ASSERT_EQ(added.code, 0) << added.told;
  }
  void applications(const std::string& more, const std::string& base = "oci:theirs:1") const {
    stage.write("fleet.yaml", fmt::format("images:\n  - {{definition: small.yaml, to: 'oci:published', cadence: 7d}}\napplications:\n  - {{image: 'oci:shop:1', base: '{}', to: 'oci:shop:rebased', owner: team shop{}}}\n", base, more));
  }
  std::string theirs() const { return "oci:" + (stage.folder() / "theirs").string() + ":1"; }
  /// Where a tag of the application points; empty: there is none such.
  std::string shop(const std::string& tag) const { return tagged("shop", tag); }
  std::string tagged(const std::string& layout, const std::string& tag) const {
    const Json index = Json::parse(stage.read(layout + "/index.json"));
    for (const Json& each : index["manifests"]) {
      if (each.value("annotations", Json::object()).value("org.opencontainers.image.ref.name", "") == tag) return each["digest"];
    }
    return {};
  }
  std::string of_shop(const Json& renewed) const {
    std::string out;
    for (const Json& each : renewed["due"]) {
      if (each["action"] == "rebase") out += fmt::format("{}: {}\n", each["held"] == true ? "held" : "due", each["because"].dump());
    }
    return out;
  }
  static Json rebase_of(const Json& renewed) {
    for (const Json& each : renewed["done"]) {
      if (each["action"] == "rebase") return each;
    }
    return Json();
  }
};

TEST_F(BaseFlow, a_tag_of_others_that_moves_touches_what_is_built_on_it) {
  EXPECT_EQ(due(renew()), "") << "it lies on what the tag points at, and that is written down";
  EXPECT_EQ(renew()["events"], 0) << "once";
  offer_fix("1.2");
  const Json ours = renew();
  EXPECT_EQ(done(ours), "promoted 1.2-r1\n") << "theirs is not ours";
  EXPECT_EQ(of_shop(ours), "");
  theirs_moves();
  const Json plan = renew({"--plan"}, 1);
  EXPECT_EQ(due(plan), fmt::format("rebase: it is built on {}, and not on what is published now\n", theirs()));
  EXPECT_NE(of_shop(plan).find("tag '1' of '" + (stage.folder() / "theirs").string() + "' has moved from 'sha256:"), std::string::npos) << of_shop(plan);
  EXPECT_EQ(shop("rebased"), "") << "a plan does nothing";
  const Json renewed = renew();
  EXPECT_EQ(rebase_of(renewed)["outcome"], "promoted") << renewed;
  EXPECT_EQ(shop("rebased"), rebase_of(renewed)["digest"].get<std::string>());
  EXPECT_EQ(stage.ashlar({"verify", "oci:shop:rebased", "--key", "our.pub", "--type", "vuln", "--type", "test-result", "--type", "changes"}).code, 0) << "signed, with what was found of it";
  EXPECT_EQ(due(renew()), "") << "it lies on what the tag points at again";
  const Json audit = stage.json({"audit", "verify", "--key", "our.pub"});
  EXPECT_EQ(audit["sealed"], events().size());

  // The same layers with other settings are another image, too.
  ASSERT_EQ(stage.run({"umoci", "--log", "error", "config", "--image", "theirs:1", "--config.env", "MOOD=loud"}).code, 0);
  EXPECT_NE(of_shop(renew({"--plan"}, 1)), "");
  const std::string before = shop("rebased");
  EXPECT_EQ(rebase_of(renew())["outcome"], "promoted");
  EXPECT_NE(shop("rebased"), before);
  EXPECT_NE(stage.run({"skopeo", "inspect", "--config", "oci:shop:rebased"}).out.find("MOOD=loud"), std::string::npos);
  EXPECT_EQ(due(renew()), "");
}

TEST_F(BaseFlow, a_registry_that_does_not_answer_is_said_and_never_taken_for_no_change) {
  renew();
  applications("", fmt::format("docker://127.0.0.1:{}/theirs:1", free_port()));
  for (const Words& more : {Words{"--plan"}, Words{}}) {
    const Json renewed = renew(more, 4);
    ASSERT_EQ(renewed["unseen"].size(), 1U) << renewed;
    EXPECT_EQ(renewed["unseen"][0]["image"], "oci:" + (stage.folder() / "shop").string() + ":1");
    EXPECT_NE(renewed["unseen"][0]["error"].get<std::string>().find("cannot see whether it lies on what its base 'docker://127.0.0.1:"), std::string::npos) << renewed["unseen"];
  }
  const Ran told = stage.ashlar(words({"--plan"}));
  EXPECT_EQ(told.out.find("nothing is due"), std::string::npos) << told.told;
  EXPECT_NE(told.out.find("1 could not be seen: whether something is due for that nobody knows"), std::string::npos) << told.told;
  applications("", "oci:theirs:2");
  const Json gone = renew({"--plan"}, 2);
  EXPECT_NE(gone["unseen"][0]["error"].get<std::string>().find("there is no tag '2'"), std::string::npos) << gone["unseen"];
}

TEST_F(BaseFlow, a_rebased_application_is_judged_before_its_tag_moves) {
  ASSERT_NO_FATAL_FAILURE(listen());
  renew();
  offer_fix("1.2");
  renew();
  theirs_moves();
  know("1.3");  // what lies on it has a flaw now that somebody can mend
  const Json stopped = renew({}, 1);
  const Json rebase = rebase_of(stopped);
  ASSERT_EQ(rebase["outcome"], "stopped") << stopped;
  EXPECT_NE(rebase["why"].dump().find("stop-on: linux/amd64: 1 finding is open: CVE-2026-0001"), std::string::npos) << rebase["why"];
  EXPECT_EQ(shop("rebased"), "") << "no tag moved";
  const std::string candidate = rebase["candidate"];
  EXPECT_EQ(stage.ashlar({"sbom", candidate, "--format", "table"}).code, 0) << candidate << " can be looked at";
  const std::string title = fmt::format("open oci:{}:1 is to be built on its newer base", (stage.folder() / "shop").string());
  EXPECT_NE(tickets().find(title), std::string::npos) << tickets();

  const Json held = renew({}, 1);
  EXPECT_TRUE(of_shop(held).starts_with("held: ")) << of_shop(held);
  EXPECT_TRUE(rebase_of(held).is_null()) << "it is not tried again";
  EXPECT_NE(tickets().find(title), std::string::npos) << tickets();
  // Advisories of other things are none of its concern.
  Json tracker = Json::parse(stage.read("tracker.json"));
  tracker["other"] = tracker["greeter"];
  tracker["other"]["CVE-2026-0002"] = tracker["other"]["CVE-2026-0001"];
  tracker["other"].erase("CVE-2026-0001");
  stage.write("tracker.json", tracker.dump());
  ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"}).code, 0);
  EXPECT_TRUE(rebase_of(renew({}, 1)).is_null()) << "another database that knows nothing new of it";
  EXPECT_EQ(rebase_of(renew({"--again"}, 1))["outcome"], "stopped");

  offer_fix("1.3");
  renew({}, 1);
  theirs_moves();
  EXPECT_EQ(rebase_of(renew())["outcome"], "promoted") << "their newer one does";
  EXPECT_NE(shop("rebased"), "");
  EXPECT_EQ(tickets().find("open "), std::string::npos) << tickets();
}

TEST_F(BaseFlow, run_tests_that_the_fleet_declares_are_run_on_it) {
  if (!program("runc") && !program("crun")) GTEST_SKIP() << "this machine has neither runc nor crun";
  stage.write("tested.yaml", stage.read("small.yaml") + "\ntests:\n  - {name: greets, exit-code: 0}\n  - {name: sells, exit-code: 77}\n");
  applications(", tests: tested.yaml");
  renew();
  offer_fix("1.2");
  renew();
  theirs_moves();
  const Ran ran = stage.ashlar(words({"--format", "json"}));
  const Json rebase = rebase_of(Json::parse(ran.out));
  if (rebase["why"].dump().find("was not run") != std::string::npos) GTEST_SKIP() << "this machine runs no containers: " << rebase["why"];
  EXPECT_EQ(rebase["outcome"], "stopped") << ran.told;
  EXPECT_NE(rebase["why"].dump().find("'run:sells' fails"), std::string::npos) << rebase["why"];
  EXPECT_EQ(shop("rebased"), "");
  stage.write("tested.yaml", stage.read("small.yaml") + "\ntests:\n  - {name: greets, exit-code: 0}\n");
  EXPECT_EQ(rebase_of(renew())["outcome"], "promoted") << "other tests are something new";
}

TEST_F(BaseFlow, whose_files_name_the_base_gets_a_pull_request) {
  ASSERT_NO_FATAL_FAILURE(listen());
  const auto commit = [&](const std::string& text) { server->ask("/_commit", {{"project", "team/app"}, {"branch", "main"}, {"path", "Dockerfile"}, {"text", text}, {"message", "by hand"}}); };
  const auto requests = [&] { return server->state()["requests"].value("team/app", Json::array()); };
  const auto digest = [&] { return tagged("theirs", "1"); };
  applications(", downstream: [{target: tickets, project: team/app, files: [Dockerfile], name: elsewhere.example/small}]");
  const std::string first = digest();
  commit("FROM elsewhere.example/small:1@" + first + "\n");
  renew();
  EXPECT_EQ(requests().size(), 0U);
  offer_fix("1.2");
  renew();
  theirs_moves();
  renew();
  ASSERT_EQ(requests().size(), 1U);
  const Json request = requests()[0];
  EXPECT_EQ(server->ask("/_file", {{"project", "team/app"}, {"branch", request["head"]}, {"path", "Dockerfile"}}).value("text", ""), "FROM elsewhere.example/small:1@" + digest() + "\n");
  for (const char* said : {"Somebody else publishes it", "pass on it as they are", "greeter", "1.2"}) EXPECT_NE(request["body"].get<std::string>().find(said), std::string::npos) << said << "\n" << request["body"].get<std::string>();
  const size_t asked = server->requests().size();
  renew();
  EXPECT_EQ(server->requests().size(), asked) << "nothing changed, nobody is asked";
}

TEST_F(BaseFlow, an_application_for_several_platforms_follows_as_a_whole) {
  const auto base = [](const std::string& architecture, const std::string& version) {
    return Layer{inventory::folder("etc"), {"etc/passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:65532:65532::/:/usr/sbin/nologin\n"}, {"etc/group", "root:x:0:\nnonroot:x:65532:\n"}, {"etc/release", architecture + " " + version + "\n"}};
  };
  const Layer own = {inventory::folder("app"), inventory::program("app/main", "run\n")};
  const auto others = [&](const std::string& version) {
    for (const std::string& tag : {std::string("1"), "1." + version}) put_image(stage, "others", tag, {{{base("amd64", version)}, "linux/amd64"}, {{base("arm64", version)}, "linux/arm64"}});
  };
  others("1");
  put_image(stage, "apps", "1", {{{base("amd64", "1"), own}, "linux/amd64"}, {{base("arm64", "1"), own}, "linux/arm64"}});
  stage.write("lenient.yaml", "gate: {coverage: false, stop-on: []}\n");  // nobody knows what such an image holds
  stage.write("fleet.yaml", "policy: lenient.yaml\nimages:\n  - {definition: small.yaml, to: 'oci:published', cadence: 7d}\napplications:\n  - {image: 'oci:apps:1', base: 'oci:others:1', to: 'oci:apps:rebased', owner: team app}\n");
  EXPECT_EQ(of_shop(renew()), "");
  others("2");
  const Json renewed = renew();
  ASSERT_EQ(rebase_of(renewed)["outcome"], "promoted") << renewed;
  EXPECT_EQ(tagged("apps", "rebased"), rebase_of(renewed)["digest"].get<std::string>());
  host::Machine machine = host::real_machine();
  for (const std::string architecture : {"amd64", "arm64"}) {
    const auto target = inventory::open_target(machine, "oci:" + (stage.folder() / "apps:rebased").string(), "linux/" + architecture);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->which.config.diff_ids.front(), Digest::of(inventory::tar_of(base(architecture, "2")))) << architecture;
    EXPECT_EQ(stage.ashlar({"verify", "oci:apps:rebased", "--platform", "linux/" + architecture, "--key", "our.pub", "--type", "vuln", "--type", "test-result", "--type", "changes"}).code, 0) << architecture << ": signed, with what was found of it";
  }
  EXPECT_EQ(stage.ashlar({"verify", "oci:apps:rebased", "--key", "our.pub"}).code, 0) << "and so is the whole";
  EXPECT_EQ(due(renew()), "");
}

TEST_F(BaseFlow, one_application_can_be_asked_for_alone) {
  renew();
  offer_fix("1.2");
  renew();
  theirs_moves();
  offer_fix("1.3");
  const Json plan = renew({"--plan", "oci:shop:1"}, 1);
  EXPECT_EQ(due(plan), fmt::format("rebase: it is built on {}, and not on what is published now\n", theirs())) << "and nothing of the image that is due, too";
  EXPECT_EQ(plan["images"], 0);
  EXPECT_EQ(due(renew({"--plan", "small.yaml"}, 1)), "rebuild: 1 open finding can be fixed\n") << "by its definition";
  EXPECT_EQ(due(renew({"--plan", "oci:published"}, 1)), "rebuild: 1 open finding can be fixed\n") << "by where it is published";
  const Ran other = stage.ashlar(words({"--plan", "oci:other"}));
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("cannot renew 'oci:other': the fleet has oci:"), std::string::npos) << other.told;
}

}  // namespace
}  // namespace ashlar::flow
