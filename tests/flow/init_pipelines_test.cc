// Pipelines of `ashlar init`, run as they stand: each command that they have, in order, in the repository that `init` and what it leaves open make. In the place of the service
// stands this test, and in that of the engine a script that knows the few words which the pipelines say to it.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

/// One command of a pipeline with what it gets.
struct Step {
  std::string name, script;
  std::map<std::string, std::string> environment{};
};

class InitPipelines : public KnownProject {
 protected:
  void SetUp() override {
    ASHLAR_NEED("openssl");
    ASHLAR_NEED("jq");
    if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
    KnownProject::SetUp();
    if (HasFatalFailure()) return;
    registry = std::make_unique<ReferrersRegistry>(stage);
    // What the pipelines fetch: the sample's advisories, and that nothing of it is exploited.
    stage.write("kev.json", fmt::format(R"({{"title": "x", "catalogVersion": "1", "dateReleased": "{}", "count": 1, "vulnerabilities": [{{"cveID": "CVE-1999-0001", "vendorProject": "x", "product": "x", "vulnerabilityName": "x", "dateAdded": "2026-01-01", "shortDescription": "x", "requiredAction": "x", "dueDate": "2026-02-01", "knownRansomwareCampaignUse": "Unknown"}}]}})",
                                        host::real_machine().clock->now().str()));
    const Ran fed = stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json", "kev=kev.json"});
    ASSERT_EQ(fed.code, 0) << fed.told;
    put_program("ashlar", "if [ \"$1 $2\" = 'feed update' ]; then exit 0; fi\nexec " + shell_word(program_under_test()) + " \"$@\"\n");
    // `run` starts ashlar itself where the repository lies; what is built is the base, which is all that this application is.
    put_program("docker", fmt::format(R"(case $1 in
login) cat >/dev/null; echo "$1 $2" >>{0}/engine.log ;;
build) echo "$*" >>{0}/engine.log; for context; do :; done; [ -d "$context" ] && [ -e "$4" ] ;;
save) ashlar copy --quiet oci:{0}/out:1 "docker-archive:$3:$4" ;;
tag) echo "$2 $3" >{0}/tagged ;;
push) ashlar copy --quiet docker-archive:application.tar "docker://$3" ;;
image) reference=$(cut -d' ' -f2 {0}/tagged); digest=$(ashlar copy --quiet --format json docker-archive:application.tar "docker://$reference" | jq -r .digest)
  case $4 in docker://*) printf 'docker://' ;; esac; echo "${{reference%:*}}@$digest" ;;
run) while [ "$1" != "$ASHLAR_IMAGE" ]; do shift; done; shift; exec ashlar "$@" ;;
*) exit 9 ;;
esac
)",
                                      stage.folder().string()));
    stage.environment["PATH"] = (stage.folder() / "programs").string() + ":" + stage.environment["PATH"];
  }
  void put_program(const std::string& name, const std::string& script) const {
    stage.write("programs/" + name, "#!/bin/sh\n" + script);
    fs::permissions(stage.folder() / "programs" / name, fs::perms::owner_all);
  }

  std::string image() const { return "registry.example/tools/ashlar@sha256:" + std::string(64, 'a'); }
  std::string repository() const { return registry->host() + "/team/app"; }

  /// A repository with an application in `folder` below it, started for a system, and what `open` says done but for the selection.
  void start(const std::string& system, const std::string& folder) const {
    stage.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    const std::string dockerfile = (fs::path("repo") / folder / "Dockerfile").string();
    stage.write(dockerfile, "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD python -m http.server 8000\n");
    const Ran ran = stage.ashlar({"init", "--from", dockerfile, "--bases", "registry.example/hardened", "--ci", system, "--to", "docker://" + repository(), "--image", image()});
    ASSERT_EQ(ran.code, 0) << ran.told;
    opened = ran.out;
    fs::remove(stage.folder() / dockerfile);
    const std::string prefix = (fs::path(folder) / "release").string();
    ASSERT_NE(opened.find(fmt::format("`ashlar keys generate --output-prefix {}`: {}.pub goes into the repository", prefix, prefix)), std::string::npos) << opened;
    ASSERT_EQ(in_repository("ashlar keys generate --no-password --output-prefix " + prefix).code, 0);
    fs::rename(stage.folder() / "repo" / (prefix + ".key"), stage.folder() / "kept.key");
  }
  Ran in_repository(const std::string& command) const { return stage.run({"sh", "-c", "cd repo && " + command}); }

  /// Commands up to the first that fails; how many were good.
  size_t run(const std::vector<Step>& steps, Ran& last) {
    std::map<std::string, std::string> kept;
    for (size_t at = 0; at < steps.size(); ++at) {
      const auto before = stage.environment;
      for (const auto& [name, value] : steps[at].environment) stage.environment[name] = value;
      for (const auto& [name, value] : kept) stage.environment[name] = value;
      stage.environment["GITHUB_ENV"] = (stage.folder() / "github.env").string();
      last = in_repository("set -e\n" + steps[at].script);
      stage.environment = before;
      const std::string said = stage.read("github.env");
      for (const std::string_view line : split(said, '\n')) {
        const auto [name, value] = cut(line, '=');
        if (!name.empty()) kept[std::string(name)] = value;
      }
      if (last.code != 0) return at;
    }
    return steps.size();
  }

  std::vector<Step> github(const std::string& file) const {
    std::vector<Step> out;
    const auto document = parse_yaml(stage.read("repo/" + file), file);
    EXPECT_TRUE(document) << document.error().message;
    const YamlNode& job = document->root.find("jobs")->members.front().second;
    std::map<std::string, std::string> all = {{"GITHUB_SHA", "abc"}, {"GITHUB_ACTOR", "alice"}};
    for (const auto& [name, value] : job.find("env")->members) all[name.text] = value.text;
    for (const YamlNode& each : job.find("steps")->items) {
      if (each.find("run") == nullptr) continue;
      Step step{each.find("name")->text, each.find("run")->text, all};
      if (const YamlNode* own = each.find("env"); own != nullptr) {
        for (const auto& [name, value] : own->members) step.environment[name.text] = value.text.starts_with("${{") ? secret(name.text) : value.text;
      }
      out.push_back(std::move(step));
    }
    return out;
  }
  std::string secret(const std::string& name) const { return name == "KEY" ? stage.read("kept.key") : name == "ASHLAR_KEY_PASSWORD" ? "" : "x"; }

  std::vector<Step> gitlab(const std::string& file) const {
    std::vector<Step> out;
    const auto document = parse_yaml(stage.read("repo/" + file), file);
    EXPECT_TRUE(document) << document.error().message;
    std::map<std::string, std::string> all = {{"CI_COMMIT_SHA", "abc"}, {"ASHLAR_KEY", (stage.folder() / "kept.key").string()}, {"ASHLAR_REGISTRY_AUTH", ""}};
    for (const auto& [name, job] : document->root.members) {
      if (const YamlNode* own = name.text.starts_with('.') ? job.find("variables") : nullptr; own != nullptr) all["REPOSITORY"] = own->find("REPOSITORY")->text;
      if (job.find("script") == nullptr) continue;
      std::string script;
      for (const YamlNode& line : job.find("script")->items) script += line.text + "\n";
      out.push_back({name.text, script, all});
    }
    return out;
  }

  std::unique_ptr<ReferrersRegistry> registry;
  mutable std::string opened;
};

/// What a newcomer does, and nothing else: the file of `init`, what it leaves open, and the pipeline. Before the base is selected its first step stops; then all of it holds.
TEST_F(InitPipelines, they_run_as_they_stand_once_what_is_open_is_done) {
  for (const char* const system : {"github", "gitlab"}) {
    for (const char* const folder : {"", "svc/web"}) {
      SCOPED_TRACE(std::string(system) + " " + folder);
      fs::remove_all(stage.folder() / "repo");
      start(system, folder);
      if (HasFatalFailure()) return;
      const std::string suffix = *folder == '\0' ? "" : "-svc-web";
      const auto steps = std::string_view(system) == "github" ? github(fmt::format(".github/workflows/ashlar-application{}.yml", suffix)) : gitlab(fmt::format("ci/ashlar-application{}.gitlab-ci.yml", suffix));
      ASSERT_GE(steps.size(), 5U);
      Ran last;
      EXPECT_EQ(run(steps, last), 0U) << "a base that nobody selected: " << last.told;
      EXPECT_NE(last.code, 0);
      // The command that `open` gives, but for where the base lies here.
      const std::string wanted = fmt::format("`ashlar policy select docker://registry.example/hardened/python:3.13 --by NAME --key {0}release.key --selection {0}selection.json`", suffix.empty() ? "" : "svc/web/");
      ASSERT_NE(opened.find(wanted), std::string::npos) << opened;
      const Ran selected = in_repository(fmt::format("ashlar policy select oci:{}/out:1 --name registry.example/hardened/python:3.13 --by NAME --key ../kept.key --selection {}selection.json", stage.folder().string(), suffix.empty() ? "" : "svc/web/"));
      ASSERT_EQ(selected.code, 0) << selected.told;
      const size_t good = run(steps, last);
      EXPECT_EQ(good, steps.size()) << (good < steps.size() ? steps[good].name : "") << ": " << last.told;
      // It lies there, signed and described, and whoever has the public key alone believes it.
      const Ran verified = stage.ashlar({"verify", registry->ref("team/app:abc"), "--key", (fs::path("repo") / folder / "release.pub").string(), "--type", "spdxjson", "--type", "vuln"});
      EXPECT_EQ(verified.code, 0) << verified.told;
      // Nothing is left open of the policy then: who signed it is asked, too, as clusters ask.
      const Ran judged = stage.ashlar({"check", registry->ref("team/app:abc"), "--policy", (fs::path("repo") / folder / "policy.yaml").string(), "--key", (fs::path("repo") / folder / "release.pub").string()});
      EXPECT_EQ(judged.code, 0) << judged.told;
      EXPECT_NE(judged.out.find("allowed  verify released/"), std::string::npos) << judged.told;
      // Keys and caches are neither committed nor built into the image.
      EXPECT_NE(stage.read("repo/.gitignore").find("*.key\n"), std::string::npos);
      if (suffix.empty()) {
        EXPECT_NE(stage.read("repo/.dockerignore").find(".ashlar\n"), std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::flow
