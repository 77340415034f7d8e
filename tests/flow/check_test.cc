// `ashlar check` of files, as teams and CI run it: answers, exit codes, forms, what is mended and what is old.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "layered_image.h"
#include "registry_server.h"

namespace ashlar::flow {
namespace {

const std::string digest = "@sha256:" + std::string(64, 'a');

class CheckFlow : public ::testing::Test {
 protected:
  Stage stage;

  void SetUp() override {
    stage.write("app/Dockerfile", "FROM registry.example/hardened/python:3.13" + digest + "\nADD . /app\nUSER 65532\nCMD python3 /app/main.py\n");
    stage.write("app/deploy/pod.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: web\n    image: registry.example/hardened/python:3.13" + digest + "\n");
    stage.write("policy.yaml", "verify:\n  rules:\n    - {name: vendor, images: ['registry.example/vendor/**'], signed-by: [{file: vendor.pub}]}\nbases:\n  default: deny\n  rules:\n    - {name: ours, images: ['registry.example/hardened/**'], pinned: true}\n    - {name: vendor, images: ['registry.example/vendor/**'], signed: true}\n");
  }
  static std::string rules(const Json& answer) {
    std::set<std::string> out;
    for (const Json& file : answer["files"]) {
      for (const Json& each : file["findings"]) out.insert(each["rule"].get<std::string>());
    }
    return join(std::vector<std::string>(out.begin(), out.end()), " ");
  }
};

TEST_F(CheckFlow, what_it_recommends_and_whom_bases_run_as_is_known) {
  struct Row { const char *summary, *from; bool root; const char* says; };
  for (const Row& row : {Row{"the catalogue's, by a tag alone", "registry.example/hardened/python:3.13", false, ""}, {"a revision of it", "registry.example/hardened/python:3.13.5-r2", false, ""},
                         {"its -dev image", "registry.example/hardened/python:3.13-dev", true, ""}, {"another image below that folder", "registry.example/hardened/other:3.13", true, ""}, {"the same name elsewhere", "elsewhere.example/python:3.13", true, ""},
                         {"what takes another's place is not there by itself", "nginx:1.27", true, "use 'registry.example/hardened/nginx:1.26@sha256:…', once 'nginx:1.26' of the catalogue is published there"}}) {
    SCOPED_TRACE(row.summary);
    stage.write("two/Dockerfile", fmt::format("FROM {}\nCMD [\"/app\"]\n", row.from));
    const Json answer = stage.json({"check", "two/Dockerfile"}, 1);
    EXPECT_EQ(rules(answer).find("user-root") != std::string::npos, row.root) << answer.dump();
    EXPECT_NE(answer.dump().find(row.says), std::string::npos) << answer.dump();
  }
}

TEST_F(CheckFlow, exit_codes_tell_the_answer) {
  struct Row {
    const char* summary;
    std::string from;
    Words more;
    int code;
  };
  const Row rows[] = {
      {"allowed", "registry.example/hardened/python:3.13" + digest, {}, 0},
      {"denied", "registry.example/hardened/python:3.13", {}, 1},
      {"denied, for nobody named it", "nginx:1.27", {}, 1},
      {"unknown", "registry.example/vendor/a:1", {}, 3},
      {"unknown, and the image will tell", "registry.example/vendor/a:1", {"--pending-passes"}, 0},
      {"unknown, for a variable decides", "$X", {"--pending-passes"}, 3},
      {"a note is a failure where that is asked for", "registry.example/vendor/a:1", {"--pending-passes", "--fail-on", "note"}, 1},
      {"no Dockerfile", "", {}, 2},
      {"an environment that there is not", "x:1", {"--environment", "moon"}, 2},
      {"a policy that there is not", "x:1", {"--policy", "none.yaml"}, 2},
      {"a level that there is not", "x:1", {"--fail-on", "often"}, 2},
  };
  for (const Row& row : rows) {
    stage.write("one/Dockerfile", row.from.empty() ? "FORM x\n" : fmt::format("FROM {}\nUSER 1\n", row.from));
    Words arguments = {"check", "one/Dockerfile"};
    arguments.insert(arguments.end(), row.more.begin(), row.more.end());
    const Ran ran = stage.ashlar(arguments);
    EXPECT_EQ(ran.code, row.code) << row.summary << "\n" << ran.told;
  }
}

TEST_F(CheckFlow, what_is_wrong_has_its_place_and_its_remedy) {
  stage.write("app/Dockerfile", "FROM nginx:1.27\nRUN apt-get install curl\n");
  const Ran ran = stage.ashlar({"check", "app", "--verbose"});
  EXPECT_EQ(ran.code, 1) << ran.told;
  for (const char* line : {"app/Dockerfile:1:6: error image-denied: ", "    fix: use 'registry.example/hardened/nginx:1.26@sha256:…'", "app/Dockerfile:2:5: warning apt-asks: apt-get install waits for an answer", "    in a build nobody answers, and it stops", "app/deploy/pod.yaml:5:5: warning seccomp-missing: 'web' has no seccomp profile", "2 files: 1 error, "})
    EXPECT_NE(ran.out.find(line), std::string::npos) << line << "\n" << ran.told;
  const Json answer = stage.json({"check", "app"}, 1);
  EXPECT_FALSE(answer["allowed"].get<bool>());
  EXPECT_EQ(answer["verdict"], "denied");
  EXPECT_EQ(answer["policy"], "policy.yaml");
  EXPECT_EQ(answer["files"][1]["references"][0]["verdict"], "allowed");
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "allowed": true, "files": [{"path": "", "findings": [{"rule": "", "line": 1, "column": 1, "message": "", "fix": ""}]}]})")), "");
  EXPECT_EQ(stage.ashlar({"check", "app", "--format", "json"}).out, stage.ashlar({"check", "app", "--format", "json"}).out) << "the same input, the same bytes";
}

TEST_F(CheckFlow, what_is_safe_is_mended_once) {
  Ran ran = stage.ashlar({"check", "app", "--fix"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_EQ(stage.read("app/Dockerfile"), "FROM registry.example/hardened/python:3.13" + digest + "\nCOPY . /app\nUSER 65532\nCMD [\"python3\", \"/app/main.py\"]\n");
  EXPECT_NE(ran.out.find("app/Dockerfile:2:1: mended add-for-copy: "), std::string::npos) << ran.told;
  const auto written = std::filesystem::last_write_time(stage.folder() / "app/Dockerfile");
  ran = stage.ashlar({"check", "app", "--fix"});
  EXPECT_EQ(ran.out.find("mended"), std::string::npos) << ran.told;
  EXPECT_EQ(std::filesystem::last_write_time(stage.folder() / "app/Dockerfile"), written) << "nothing was written";
}

/// What compose and a pipeline take from other files is what counts.
TEST_F(CheckFlow, files_beside_have_their_say) {
  const std::string good = "registry.example/hardened/python:3.13" + digest;
  stage.write("d/compose.yaml", "services:\n  a: {image: '${IMAGE:-" + good + "}'}\n  b: {build: {context: web, args: {BASE: '" + good + "'}}}\n");
  stage.write("d/web/Dockerfile", "ARG BASE=" + good + "\nFROM ${BASE}\nUSER 1\n");
  const auto verdict = [&](int code, const Words& more = {}) {
    Words words = {"check", "d"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.json(words, code)["verdict"].get<std::string>();
  };
  EXPECT_EQ(verdict(0), "allowed");
  stage.write("d/.env", "IMAGE=evil.example/x:1\n");
  EXPECT_EQ(verdict(1), "denied") << "what stands beside goes before the default";
  stage.write("d/.env", "IMAGE=$ELSEWHERE\n");
  EXPECT_EQ(verdict(3), "unknown");
  stage.write("d/.env", "");
  stage.write("d/compose.yaml", "services: {b: {build: {context: web, args: {BASE: 'evil.example/x:1'}}}}\n");
  const Json denied = stage.json({"check", "d"}, 1);
  const Json& findings = denied["files"][0]["findings"];
  const auto said = std::ranges::find_if(findings, [](const Json& each) { return each["rule"] == "image-denied"; });
  ASSERT_NE(said, findings.end()) << denied;
  EXPECT_EQ((*said)["column"], 52) << "at the argument";
  EXPECT_EQ(denied["files"][1]["references"][0]["verdict"], "allowed") << "the file by itself";
  stage.write("d/compose.yaml", "services: {b: {build: gone}}\n");
  EXPECT_EQ(verdict(3), "unknown") << "nobody knows what it is built on";
  // A file that is named alone: what it builds lies elsewhere, and is told.
  stage.write("d/compose.yaml", "services: {b: {build: {context: web}}}\n");
  const Ran alone = stage.ashlar({"check", "d/compose.yaml"});
  EXPECT_EQ(alone.code, 3) << "what nobody looked at is not allowed\n" << alone.told;
  EXPECT_NE(alone.err.find("was not looked at: name it, too"), std::string::npos) << alone.told;
  EXPECT_EQ(stage.ashlar({"check", "d/compose.yaml", "d/web/Dockerfile"}).code, 0) << "both are";
  stage.write("d/.env", "DF=prod.df\n");
  stage.write("d/prod.df", "FROM evil.example/x:1\nUSER 1\n");
  stage.write("d/compose.yaml", "services: {b: {build: {dockerfile: '${DF}'}}}\n");
  EXPECT_EQ(verdict(1), "denied") << "a Dockerfile that a variable names is judged";
  stage.write("d/compose.yaml", "include: [../x.yaml]\n");
  stage.write("x.yaml", "services: {a: {image: 'evil.example/x:1'}}\n");
  EXPECT_EQ(verdict(0), "allowed") << "what is included lies outside, and no image of the file depends on it";
  const Ran told = stage.ashlar({"check", "d"});
  EXPECT_NE(told.out.find("d/compose.yaml:1:11: warning image-unseen: '../x.yaml': '../x.yaml' is not among what is checked: name it, too"), std::string::npos) << told.told;
  stage.write("policy.yaml", stage.read("policy.yaml") + "  unseen: deny\n");
  EXPECT_EQ(verdict(1), "denied") << "where the policy says so";
}

TEST_F(CheckFlow, a_pipeline_is_all_of_its_files) {
  const std::string good = "registry.example/hardened/python:3.13" + digest;
  stage.write("p/.git/HEAD", "");
  stage.write("p/.gitlab-ci.yml", "include: [/ci/jobs.yml, {local: 'ci/more/*.yml'}]\nvariables: {I: '" + good + "'}\n");
  stage.write("p/ci/jobs.yml", "variables: {I: 'evil.example/x:1'}\na: {image: $I, script: [x]}\n");
  stage.write("p/ci/more/b.yml", "b: {image: $I, script: [x]}\n");
  const Json all = stage.json({"check", "p"}, 0);
  ASSERT_EQ(all["files"].size(), 3U) << "what is included is looked at, whatever its name is" << all;
  for (const Json& file : all["files"]) EXPECT_EQ(file["kind"], "gitlab") << file;
  stage.write("p/.gitlab-ci.yml", "include: [/ci/jobs.yml]\nvariables: {I: 'evil.example/x:1'}\n");
  stage.write("p/ci/jobs.yml", "variables: {I: '" + good + "'}\na: {image: $I, script: [x]}\n");
  EXPECT_EQ(stage.json({"check", "p"}, 1)["verdict"], "denied") << "who includes outranks what is included";
  stage.write("p/.gitlab-ci.yml", "include: [/ci/jobs.yml, {remote: 'https://x.example/y.yml'}]\n");
  EXPECT_EQ(stage.json({"check", "p"}, 3)["verdict"], "unknown");
  stage.write("p/.gitlab-ci.yml", "include: [/ci/jobs.yml, /ci/gone.yml]\n");
  EXPECT_EQ(stage.json({"check", "p"}, 3)["verdict"], "unknown");
  stage.write("p/.gitlab-ci.yml", "include: [/ci/jobs.yml]\n");
  stage.write("p/ci/jobs.yml", "include: /.gitlab-ci.yml\nvariables: {I: '" + good + "'}\na: {image: $I, script: [x]}\n");
  EXPECT_EQ(stage.json({"check", "p"}, 0)["verdict"], "allowed") << "a circle ends";
}

/// A tag beside a digest decides nothing: only the digest is pulled.
TEST_F(CheckFlow, a_tag_beside_a_digest_is_not_believed) {
  stage.write("policy.yaml", "bases:\n  rules:\n    - {name: line, images: ['registry.example/web/nginx'], tags: ['1.27']}\n");
  stage.write("t/Dockerfile", "FROM registry.example/web/nginx:1.27\nUSER 1\n");
  EXPECT_EQ(stage.json({"check", "t"}, 0)["verdict"], "allowed");
  stage.write("t/Dockerfile", "FROM registry.example/web/nginx:1.27" + digest + "\nUSER 1\n");
  const Json answer = stage.json({"check", "t", "--pending-passes"}, 3);
  EXPECT_EQ(answer["verdict"], "unknown");
  EXPECT_NE(to_compact(answer["files"][0]["findings"]).find("whatever tag stands beside"), std::string::npos) << answer["files"][0]["findings"];
}

TEST_F(CheckFlow, references_stay_where_something_differs) {
  stage.write("policy.yaml", "bases:\n  rules:\n    - {name: ours, images: ['registry.example/hardened/**'], why: they are patched}\n");
  const std::string compose = "# the shop\nservices:\n  web:\n    image: nginx   # in front\n    ports: [ \"80:80\" ]\n  old: {image: 'nginx:1.9'}\n  made: {image: 'nginx:${V:-1}'}\n  own: {image: team/own:1}\n  pinned: {image: 'node:20-alpine" + digest + "'}\n";
  stage.write("f/compose.yaml", compose);
  stage.write("f/Dockerfile", "FROM nginx\nUSER 1\n");
  const Ran ran = stage.ashlar({"check", "f", "--fix"});
  EXPECT_EQ(ran.code, 1) << "all of it is still denied" << ran.told;
  EXPECT_EQ(stage.read("f/compose.yaml"), compose) << "ports, users and libc are not changed behind anybody's back, and no digest is lost";
  EXPECT_EQ(stage.read("f/Dockerfile"), "FROM nginx\nUSER 1\n") << "what is built on it is for migrate";
  EXPECT_NE(ran.out.find("use 'registry.example/hardened/nginx:"), std::string::npos) << "but what takes its place is said\n" << ran.told;
}

/// What the policy allows and the selection does not know is pinned by what its registry says; nobody else is asked.
TEST_F(CheckFlow, tags_are_pinned_by_what_registries_say) {
  for (const char* name : {"docker-registry", "skopeo"}) ASHLAR_NEED(name);
  RegistryServer registry(stage);
  put_image(stage, "images", "1", {{{{inventory::folder("etc"), {"etc/name", "one"}}}}});
  push_with_skopeo(stage, "oci:images:1", registry.ref("team/base:1"));
  const std::string base = registry.host() + "/team/base", pinned = base + ":1@" + Json::parse(stage.read("images/index.json"))["manifests"][0]["digest"].get<std::string>();
  stage.write("policy.yaml", fmt::format("bases:\n  default: deny\n  rules:\n    - {{name: bad, images: ['{0}/team/bad'], deny: true}}\n    - {{name: tagged, images: ['{0}/team/tagged'], tags: ['old']}}\n    - {{name: ours, images: ['{0}/team/**'], pinned: true}}\n", registry.host()));
  const auto compose = [&](const std::string& a, const std::string& b) { return fmt::format("# the shop\nservices:\n  a: {{image: \"{}\"}}   # in front\n  b:\n    image: '{}'\n  c: {{image: '{}/team/bad:1'}}\n", a, b, registry.host()); };
  const auto dockerfile = [](const std::string& from) { return fmt::format("# syntax=docker/dockerfile:1\n# hardened\nFROM {}  AS b\nUSER 1\n", from); };
  stage.write("f/compose.yaml", compose(base + ":1", base + ":2"));
  stage.write("f/Dockerfile", dockerfile(base + ":1"));
  registry.forget_log();
  EXPECT_EQ(stage.ashlar({"check", "f", "--fix"}).code, 1);
  EXPECT_EQ(registry.count("manifests"), 0U) << "nobody said to ask";
  EXPECT_EQ(stage.read("f/Dockerfile"), dockerfile(base + ":1"));
  const Ran ran = stage.ashlar({"check", "f", "--fix", "--ask-registries"});
  EXPECT_EQ(ran.code, 1) << ran.told;
  EXPECT_EQ(stage.read("f/Dockerfile"), dockerfile(pinned)) << ran.told;
  EXPECT_EQ(stage.read("f/compose.yaml"), compose(pinned, base + ":2")) << "comments and quotes stay, and so does what the registry has not\n" << ran.told;
  EXPECT_NE(ran.err.find(fmt::format("the digest of '{}:2' is not known: its registry has no such image", base)), std::string::npos) << ran.told;
  EXPECT_EQ(registry.count("team/bad"), 0U) << "what no digest makes good is not asked for";
  const Ran again = stage.ashlar({"check", "f", "--fix", "--ask-registries"});
  EXPECT_EQ(again.out.find("mended"), std::string::npos) << again.told;
  EXPECT_EQ(stage.json({"check", "f/Dockerfile"}, 0)["verdict"], "allowed");
  // A rule that is about a tag would no longer know it.
  const std::string tagged = registry.host() + "/team/tagged:old";
  stage.write("f/Dockerfile", dockerfile(tagged));
  EXPECT_EQ(stage.ashlar({"check", "f/Dockerfile", "--fix", "--ask-registries"}).code, 0);
  EXPECT_EQ(stage.read("f/Dockerfile"), dockerfile(tagged));
}

TEST_F(CheckFlow, a_link_stays_one_when_its_file_is_mended) {
  stage.write("real", "FROM registry.example/hardened/python:3.13" + digest + "\nADD . /app\nUSER 1\n");
  std::filesystem::create_directory(stage.folder() / "linked");
  std::filesystem::create_symlink("../real", stage.folder() / "linked/Dockerfile");
  std::filesystem::create_directory_symlink(".", stage.folder() / "linked/again");
  const Ran searched = stage.ashlar({"check", "linked", "--fix"});
  EXPECT_EQ(searched.code, 2) << "a link leads out of the folder that was named\n" << searched.told;
  EXPECT_NE((searched.out + searched.err).find("name the file itself"), std::string::npos) << searched.told;
  EXPECT_NE(stage.read("real").find("ADD . /app"), std::string::npos);
  const Ran ran = stage.ashlar({"check", "linked/Dockerfile", "--fix"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_TRUE(std::filesystem::is_symlink(stage.folder() / "linked/Dockerfile"));
  EXPECT_NE(stage.read("real").find("COPY . /app"), std::string::npos);
  EXPECT_NE(ran.out.find("1 file:"), std::string::npos) << "folders behind links are not searched\n" << ran.told;
}

TEST_F(CheckFlow, old_findings_are_kept_apart) {
  stage.write("app/Dockerfile", "FROM nginx:1.27\nUSER 0\n");
  EXPECT_EQ(stage.ashlar({"check", "app", "--write-baseline"}).code, 2) << "it needs a name";
  EXPECT_EQ(stage.ashlar({"check", "app", "--baseline", "old.json"}).code, 2) << "there is none";
  EXPECT_EQ(stage.ashlar({"check", "app", "--baseline", "old.json", "--write-baseline"}).code, 0);
  EXPECT_EQ(stage.ashlar({"check", "app", "--baseline", "old.json"}).code, 0);
  stage.write("app/Dockerfile", "# what it is from\n\nFROM  nginx:1.27\nRUN sudo make\nUSER 0\n");
  const Json answer = stage.json({"check", "app", "--baseline", "old.json"}, 0);
  EXPECT_EQ(rules(answer), "sudo");
  EXPECT_EQ(stage.json({"check", "./app/", "--baseline", "old.json"}, 0)["files"][0]["old"], answer["files"][0]["old"]) << "however the folder is written";
  EXPECT_EQ(stage.ashlar({"check", "app"}).code, 1);
}

/// What the hooks for pre-commit are given, by their own patterns, and what they make of it: a commit is stopped by what is wrong, and not by what is no file of ours.
TEST_F(CheckFlow, hooks_stop_what_is_wrong_and_nothing_else) {
  std::ifstream in(ASHLAR_SOURCE_DIR "/.pre-commit-hooks.yaml");
  const auto hooks = parse_yaml({std::istreambuf_iterator<char>(in), {}}, ".pre-commit-hooks.yaml");
  ASSERT_TRUE(hooks) << hooks.error().message;
  const std::string good = "FROM registry.example/hardened/python:3.13" + digest + "\nUSER 65532\n";
  stage.write("web.Dockerfile", good);
  stage.write("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
  stage.write("charts/web/templates/web.yaml", "spec:\n  containers:\n    - image: \"{{ .Values.image }}\"\n      {{- with .Values.x }}\n      x: {{ . }}\n      {{- end }}\n");
  stage.write("deploy/settings.yaml", "port: 1\n");
  stage.write("deploy/list.yml", "- a\n");
  stage.write("notes/other.yaml", "a: 1\n");
  struct Row {
    const char* summary;
    Words staged;
    size_t given;  ///< how many of them the pattern of `ashlar-check` takes
    int code;
  };
  stage.write("bad/Dockerfile", "FROM nginx:1.27\nUSER 1\n");
  stage.write("deploy/bad.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: web\n    image: nginx:1.27\n");
  stage.write("charts/web/templates/named.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: nginx:1.27\n      {{- if .Values.x }}\n      x: y\n      {{- end }}\n");
  const Row rows[] = {
      {"a good one", {"web.Dockerfile"}, 1, 0},
      {"files of a chart", {"charts/web/Chart.yaml", "charts/web/templates/web.yaml"}, 2, 0},
      {"settings beside manifests", {"deploy/settings.yaml", "deploy/list.yml", "app/deploy/pod.yaml"}, 3, 0},
      {"what is none of ours is not even given", {"notes/other.yaml"}, 0, 0},
      {"a denied base, among others", {"charts/web/Chart.yaml", "bad/Dockerfile"}, 2, 1},
      {"a denied image of a pod", {"deploy/bad.yaml", "deploy/settings.yaml"}, 2, 1},
      {"a template that names an image and cannot be read", {"charts/web/templates/named.yaml"}, 1, 2},
  };
  ASSERT_EQ(hooks->root.items.size(), 2U);
  const YamlNode& hook = hooks->root.items[0];
  const std::regex pattern(hook.find("files")->text);
  for (const Row& row : rows) {
    Words given;
    std::ranges::copy_if(row.staged, std::back_inserter(given), [&](const std::string& path) { return std::regex_search(path, pattern); });
    EXPECT_EQ(given.size(), row.given) << row.summary;
    if (given.empty()) continue;
    const std::string entry = hook.find("entry")->text;
    Words command;
    for (const std::string_view word : words(entry)) command.emplace_back(word);
    command.insert(command.end(), given.begin(), given.end());
    EXPECT_EQ(command.front(), "ashlar");
    const Ran ran = stage.ashlar({command.begin() + 1, command.end()});
    EXPECT_EQ(ran.code, row.code) << row.summary << "\n" << ran.told;
  }
  EXPECT_EQ(stage.ashlar({"check", "deploy/settings.yaml"}).code, 2) << "who names a file by hand is told that it is none";
}

TEST_F(CheckFlow, forms_of_services) {
  stage.write("app/Dockerfile", "FROM nginx:1.27\nADD . /app\nUSER 0\n");
  const Json sarif = Json::parse(stage.ashlar({"check", "app", "--format", "sarif"}).out);
  EXPECT_EQ(sarif["version"], "2.1.0");
  EXPECT_EQ(sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "app/Dockerfile");
  const Json gitlab = Json::parse(stage.ashlar({"check", "app", "--format", "gitlab"}).out);
  EXPECT_EQ(gitlab[0]["location"]["path"], "app/Dockerfile");
  const Ran github = stage.ashlar({"check", "app", "--format", "github"});
  EXPECT_TRUE(github.out.starts_with("::error file=app/Dockerfile,line=1,col=6,title=image-denied::")) << github.told;
  EXPECT_EQ(github.code, 1);
  EXPECT_EQ(stage.ashlar({"check", "app", "--format", "html"}).code, 2);
}

TEST_F(CheckFlow, no_policy_is_said) {
  std::filesystem::remove(stage.folder() / "policy.yaml");
  const Ran ran = stage.ashlar({"check", "app"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(ran.err.find("references are not judged"), std::string::npos) << ran.told;
  EXPECT_TRUE(stage.json({"check", "app"}, 0)["verdict"].is_null());
}

TEST_F(CheckFlow, the_replacements_that_ship_are_of_the_catalogue) {
  EXPECT_EQ(stage.ashlar({"validate", std::string(ASHLAR_SOURCE_DIR) + "/policies/replacements.yaml"}).code, 0);
  const std::string text = stage.read(host::Path(ASHLAR_SOURCE_DIR) / "policies/replacements.yaml");
  // Each image with each of its tags, and its variants for building; that all of it reads the reader's own tests say.
  std::string image;
  std::set<std::string> names;
  std::vector<std::string> last;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view entry = trim(line);
    if (entry.starts_with("image: ")) image = entry.substr(7), last.clear();
    if (entry.starts_with("dev: ")) {
      for (const std::string& each : last) names.insert(each + std::string(entry.substr(5)));
    }
    if (!entry.starts_with("tags: [")) continue;
    for (const std::string_view each : split(entry.substr(7, entry.size() - 8), ',')) last.push_back(fmt::format("{}:{}", image, trim(each).substr(1, trim(each).size() - 2)));
    names.insert(last.begin(), last.end());
  }
  for (const std::string& each : names) {
    const Ran ran = stage.ashlar({"catalog", "show", each, "--quiet"});
    EXPECT_EQ(ran.code, 0) << ran.told;
  }
  EXPECT_GE(names.size(), 56U);
}

}  // namespace
}  // namespace ashlar::flow
