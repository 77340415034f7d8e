// Pull requests that the loop opens for those whose files name the fleet's images.
#include <algorithm>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

class DownstreamFlow : public RenewFlow {
 protected:
  void SetUp() override {
    RenewFlow::SetUp();
    if (IsSkipped()) return;
    ASSERT_NO_FATAL_FAILURE(listen());
    fleet("downstream: [{target: tickets, project: team/app, files: [Dockerfile, deploy/pod.yaml], name: mirror.example/small}]");
    commit("Dockerfile", "FROM mirror.example/other:1\n");
    commit("deploy/pod.yaml", pod("sha256:" + std::string(64, 'f')));
    ASSERT_EQ(done(renew()), "promoted 1.1-r1\n");
    first = tags().at("1");
    commit("Dockerfile", "FROM mirror.example/small:1@" + first + "\n");
    commit("deploy/pod.yaml", pod(first));
  }
  static std::string pod(const std::string& digest) { return "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: mirror.example/small@" + digest + "  # ours\n    - image: mirror.example/other:1@sha256:" + std::string(64, 'e') + "\n"; }
  void commit(const std::string& path, const std::string& text) const { server->ask("/_commit", {{"project", "team/app"}, {"branch", "main"}, {"path", path}, {"text", text}, {"message", "by hand"}}); }
  Json requests() const { return server->state()["requests"].value("team/app", Json::array()); }
  std::string on(const std::string& branch, const std::string& path) const { return server->ask("/_file", {{"project", "team/app"}, {"branch", branch}, {"path", path}}).value("text", ""); }
  /// The fix, and a round; the digest that is published then.
  std::string patch(const std::string& version, const Words& more = {}) {
    offer_fix(version);
    EXPECT_EQ(done(renew(more)), fmt::format("promoted {}-r1\n", version));
    return tags().at("1");
  }
  std::vector<Json> proposed() const {
    std::vector<Json> out;
    const Json log = stage.json({"audit", "log", "--kind", "noted"});
    for (const Json& each : log["entries"]) {
      if (each["facts"].value("what", "") == "proposed") out.push_back(each);
    }
    return out;
  }

  std::string first;
};

TEST_F(DownstreamFlow, whoever_names_an_older_digest_gets_one_request_that_follows) {
  ASSERT_EQ(requests().size(), 0U) << "nothing was older when it was looked at";
  know("1.2");
  const std::string second = patch("1.2");
  ASSERT_EQ(requests().size(), 1U);
  const Json request = requests()[0];
  const std::string branch = request["head"];
  EXPECT_EQ(request["base"], "main");
  EXPECT_EQ(request["title"], fmt::format("Move small:1@{} to small@{}", first.substr(0, 19), second.substr(0, 19)));
  EXPECT_EQ(on(branch, "Dockerfile"), "FROM mirror.example/small:1@" + second + "\n");
  EXPECT_EQ(on(branch, "deploy/pod.yaml"), pod(second)) << "those bytes and no others";
  EXPECT_EQ(on("main", "Dockerfile"), "FROM mirror.example/small:1@" + first + "\n");
  for (const char* said : {"It fixes CVE-2026-0001", "proofs: linux/amd64: ", "greeter", "1.2"}) EXPECT_NE(request["body"].get<std::string>().find(said), std::string::npos) << said << "\n" << request["body"].get<std::string>();
  ASSERT_EQ(proposed().size(), 2U);
  EXPECT_EQ(proposed()[0]["facts"].value("files", ""), "") << "looked at, and nothing was older";
  EXPECT_EQ(proposed()[1]["digest"], second);
  EXPECT_EQ(proposed()[1]["facts"]["files"], "Dockerfile deploy/pod.yaml");
  const Json audit = stage.json({"audit", "verify", "--key", "our.pub"});
  EXPECT_EQ(audit["sealed"], events().size()) << "that it was proposed is sealed, too";

  const size_t asked = server->requests().size();
  EXPECT_EQ(renew()["events"], 0);
  EXPECT_EQ(server->requests().size(), asked) << "nothing changed, nobody is asked";

  const std::string third = patch("1.3");
  ASSERT_EQ(requests().size(), 1U) << "the open one is brought up to date";
  EXPECT_EQ(on(branch, "Dockerfile"), "FROM mirror.example/small:1@" + third + "\n");
  EXPECT_EQ(requests()[0]["title"], fmt::format("Move small:1@{} to small@{}", first.substr(0, 19), third.substr(0, 19)));
  EXPECT_EQ(stage.json({"tickets", "list"})["messages"], Json::array()) << "nothing waits";
}

TEST_F(DownstreamFlow, where_a_forge_is_down_the_next_round_goes_on) {
  server->fault(Json::array({{{"match", "GET .*/contents/"}, {"times", 100}, {"status", 502}}}));
  offer_fix("1.2");
  Words round = words({"--now", after(60)});
  const Ran promoted = stage.ashlar(round);
  EXPECT_EQ(promoted.code, 0) << "the renewal is done: " << promoted.told;
  EXPECT_NE(promoted.err.find("no pull request is opened now in team/app (tickets)"), std::string::npos) << promoted.told;
  EXPECT_EQ(requests().size(), 0U);
  // Its files can be read, and the request not be opened.
  server->fault(Json::array({{{"match", "POST .*/pulls"}, {"times", 1}, {"status", 503}}}));
  EXPECT_EQ(due(renew({"--now", after(120)})), "");
  EXPECT_EQ(requests().size(), 0U);
  EXPECT_EQ(stage.json({"tickets", "list"})["messages"].size(), 1U) << "it waits";
  renew({"--now", after(7200)});
  EXPECT_EQ(requests().size(), 1U);
  renew({"--now", after(7260)});
  EXPECT_EQ(requests().size(), 1U);
  EXPECT_EQ(proposed().size(), 2U) << "written down once for each digest";
}

TEST_F(DownstreamFlow, what_a_file_names_that_cannot_be_read_is_proposed_once_it_can) {
  offer_fix("1.2");
  const std::string own = "mirror.example/small:1@" + first, other = "FROM mirror.example/other:1\n";
  const struct { const char *summary, *path; std::string dockerfile, pod; } rows[] = {
      {"the Dockerfile", "Dockerfile", "FORM " + own + "\n", pod("sha256:" + std::string(64, 'f'))},
      {"the manifest", "deploy/pod.yaml", other, pod(first) + "  hostname: [\n"},
  };
  for (const auto& row : rows) {
    commit("Dockerfile", row.dockerfile);
    commit("deploy/pod.yaml", row.pod);
    const Ran ran = stage.ashlar(words({}));
    EXPECT_EQ(ran.code, 0) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(fmt::format("'{}' of 'team/app' cannot be read: ", row.path)), std::string::npos) << row.summary << ran.told;
    EXPECT_EQ(requests().size(), 0U) << row.summary;
    EXPECT_EQ(proposed().size(), 1U) << row.summary << ": only that of the first digest";
  }
  // What can be read is proposed meanwhile, once.
  commit("Dockerfile", "FROM " + own + "\n");
  for (int round = 0; round < 2; ++round) {
    renew();
    ASSERT_EQ(requests().size(), 1U) << round;
    EXPECT_EQ(proposed().size(), 1U) << round;
  }
  const std::string branch = requests()[0]["head"];
  EXPECT_EQ(on(branch, "Dockerfile"), "FROM mirror.example/small:1@" + tags().at("1") + "\n");
  commit("deploy/pod.yaml", pod(first));
  renew();
  EXPECT_EQ(requests().size(), 1U) << "the same request";
  EXPECT_EQ(on(branch, "deploy/pod.yaml"), pod(tags().at("1")));
  EXPECT_EQ(proposed().size(), 2U);
}

TEST_F(DownstreamFlow, a_request_whose_answer_was_lost_is_not_doubled) {
  server->fault(Json::array({{{"when", "after"}, {"match", "POST .*/pulls"}, {"times", 1}, {"status", 0}}}));
  offer_fix("1.2");
  renew({"--now", after(60)});
  EXPECT_EQ(requests().size(), 1U);
  renew({"--now", after(7200)});
  EXPECT_EQ(requests().size(), 1U);
  EXPECT_EQ(stage.json({"tickets", "list"})["messages"], Json::array());
}

TEST_F(DownstreamFlow, one_that_was_refused_is_made_again_of_the_files_as_they_are) {
  server->fault(Json::array({{{"match", "POST .*/git/"}, {"times", 1}, {"status", 503}}}));
  offer_fix("1.2");
  renew({"--now", after(60)});
  commit("Dockerfile", "FROM mirror.example/small:1@" + first + "\nUSER 1\n");
  renew({"--now", after(7200)});
  EXPECT_EQ(requests().size(), 0U) << "the file has changed meanwhile";
  renew({"--now", after(7300)});
  ASSERT_EQ(requests().size(), 1U);
  EXPECT_EQ(on(requests()[0]["head"], "Dockerfile"), "FROM mirror.example/small:1@" + tags().at("1") + "\nUSER 1\n");
  EXPECT_EQ(stage.json({"tickets", "list"})["messages"], Json::array()) << "the refused one is gone";
}

TEST_F(DownstreamFlow, who_goes_back_takes_them_along) {
  offer_fix("1.2");
  renew();
  const std::string branch = requests().at(0)["head"];
  commit("Dockerfile", on(branch, "Dockerfile"));
  commit("deploy/pod.yaml", on(branch, "deploy/pod.yaml"));
  ASSERT_EQ(stage.ashlar({"rollback", "oci:published:1", "--key", "our.pub", "--by", "somebody on call", "--reason", "it greets nobody"}).code, 0);
  renew({}, 1);
  EXPECT_EQ(on(branch, "Dockerfile"), "FROM mirror.example/small:1@" + first + "\n") << requests().dump(1);
}

TEST_F(DownstreamFlow, a_fleet_whose_forge_is_not_configured_is_refused_before_anything_is_done) {
  for (const char* target : {"absent", "events"}) {
    fleet(fmt::format("downstream: [{{target: {}, files: [Dockerfile], name: mirror.example/small}}]", target));
    offer_fix("1.2");
    const Ran ran = stage.ashlar(words({}));
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(fmt::format("cannot open pull requests for 'oci:{}'", (stage.folder() / "published").string())), std::string::npos) << ran.told;
    EXPECT_EQ(tags().at("1"), first);
  }
}

/// Files of every kind, at both forges.
class EveryFileFlow : public RenewFlow {
 protected:
  void SetUp() override {
    RenewFlow::SetUp();
    if (IsSkipped()) return;
    ASSERT_NO_FATAL_FAILURE(listen());
    if (IsSkipped()) return;
    stage.write("ashlar.yaml", stage.read("ashlar.yaml") + fmt::format("  mirror: {{kind: gitlab, url: '{}', project: team/images, token: {{env: FORGE_TOKEN}}}}\n", server->url("/gitlab/api/v4")));
    std::string files, downstream;
    for (const auto& [path, text] : with("")) files += (files.empty() ? "" : ", ") + path;
    for (const char* target : {"tickets, project: team/app", "mirror, project: team/images"}) downstream += fmt::format("\n      - {{target: {}, files: [{}], name: mirror.example/small}}", target, files);
    fleet("downstream:" + downstream);
    ASSERT_EQ(done(renew()), "promoted 1.1-r1\n");
    first = tags().at("1");
    for (const char* project : projects) {
      for (const auto& [path, text] : with(first)) commit(project, "main", path, text);
    }
  }
  /// What the files are where they name a digest.
  static std::map<std::string, std::string> with(const std::string& digest) {
    return {{"Dockerfile", "FROM mirror.example/small:1@" + digest + " AS run\nCOPY . /srv\n"},
            {"compose.yaml", "services:\n  web:\n    image: 'mirror.example/small:1@" + digest + "'  # ours\n    ports: [\"80:80\"]\n"},
            {"deploy/pod.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - {name: web, image: mirror.example/small@" + digest + "}\n"},
            {"chart/values.yaml", "image:\n  repository: mirror.example/small\n  tag: \"1\"\n  digest: " + digest + "\nreplicas: 2\n"}};
  }
  void commit(const std::string& project, const std::string& branch, const std::string& path, const std::string& text) const { server->ask("/_commit", {{"project", project}, {"branch", branch}, {"path", path}, {"text", text}, {"message", "by hand"}}); }
  Json requests(const std::string& project) const { return server->state()["requests"].value(project, Json::array()); }
  std::map<std::string, std::string> on(const std::string& project, const std::string& branch) const {
    std::map<std::string, std::string> out;
    for (const auto& [path, text] : with("")) out[path] = server->ask("/_file", {{"project", project}, {"branch", branch}, {"path", path}}).value("text", "");
    return out;
  }

  static constexpr const char* projects[] = {"team/app", "team/images"};
  std::string first;
};

TEST_F(EveryFileFlow, each_moves_in_one_request_at_each_forge_and_a_branch_of_somebody_stays) {
  know("1.2");
  for (const char* version : {"1.2", "1.3"}) {
    offer_fix(version);
    ASSERT_EQ(done(renew()), fmt::format("promoted {}-r1\n", version));
    for (const char* project : projects) {
      SCOPED_TRACE(fmt::format("{} {}", project, version));
      ASSERT_EQ(requests(project).size(), 1U) << "a later renewal brings the open one up to date";
      const Json request = requests(project)[0];
      EXPECT_EQ(on(project, request["head"]), with(tags().at("1")));
      EXPECT_EQ(on(project, "main"), with(first));
      for (const char* said : {"proofs: linux/amd64: ", "run-tests: ", "| `compose.yaml` | 3 |", "| `chart/values.yaml` | ", "### Packages", version}) EXPECT_NE(request["body"].get<std::string>().find(said), std::string::npos) << said << "\n" << request["body"].get<std::string>();
    }
  }
  for (const char* project : projects) commit(project, requests(project)[0]["head"], "compose.yaml", "services: {}\n");
  const auto before = tags().at("1");
  offer_fix("1.4");
  const Ran ran = stage.ashlar(words({}));
  EXPECT_EQ(ran.code, 0) << "the renewal is done: " << ran.told;
  EXPECT_EQ(version_of("greeter"), "1.4");
  for (const char* project : projects) {
    EXPECT_EQ(requests(project).size(), 1U) << project;
    auto theirs = with(before);
    theirs["compose.yaml"] = "services: {}\n";
    EXPECT_EQ(on(project, requests(project)[0]["head"]), theirs) << project;
  }
  size_t said = 0;
  for (size_t at = ran.err.find("somebody else has worked on branch"); at != std::string::npos; at = ran.err.find("somebody else has worked on branch", at + 1)) ++said;
  EXPECT_EQ(said, 2U) << ran.told;
}

}  // namespace
}  // namespace ashlar::flow
