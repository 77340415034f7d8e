// Files that are looked for, judged, mended and held against what is old; a machine in memory.
#include "pipeline/check_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "host/memory.h"
#include "pipeline/check_forms.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::pipeline {
namespace {

using policy::Answer;

const std::string digest = "@sha256:" + std::string(64, 'a');

class CheckFilesTest : public ::testing::Test {
 protected:
  host::MemoryMachine machine{Time::parse("2026-11-27T12:00:00Z").value()};
  Silence silent;
  Workshop workshop{machine.machine, silent, {"/cache", "/state", "/config"}, "/data", {}, {}};
  CheckFilesWish wish;

  void SetUp() override {
    put("/data/policies/replacements.yaml", "hosts: [registry.example/library]\nimages:\n- {names: [nginx], image: nginx, tags: ['1.26']}\n");
    put("/data/policies/registries.yaml", "host: registry.example\nsingle: library\n");
    put("/data/policies/vendors.yaml", "vendors: []\n");
    put("/policy.yaml",
        "verify:\n  rules:\n    - {name: vendor, images: ['registry.example/vendor/**'], signed-by: [{file: vendor.pub}]}\n"
        "bases:\n  default: deny\n  why: the platform team selects bases\n  rules:\n"
        "    - {name: ours, images: ['registry.example/hardened/**'], pinned: true, why: they are renewed}\n"
        "    - {name: signed, images: ['registry.example/vendor/**'], signed: true}\n"
        "    - {name: old, images: ['registry.example/library/old'], deny: true, why: it has ended}\n");
    wish.paths = {"/src"};
  }
  void put(const host::Path& path, std::string_view text) { ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache)); }
  std::string text(const host::Path& path) { return machine.files.read(path).value(); }
  CheckedFiles checked() {
    auto out = check_files(workshop, wish);
    EXPECT_TRUE(out) << out.error().message;
    return out ? std::move(*out) : CheckedFiles{};
  }
  /// `path: rule@line ...` of each file.
  static std::string shown(const CheckedFiles& all, std::string_view only = {}) {
    std::vector<std::string> out;
    for (const CheckedFile& file : all.files) {
      std::string line = file.path.string() + ":";
      for (const FileFinding& each : file.findings) {
        if (only.empty() || each.remark.rule->id == only) line += fmt::format(" {}@{}", each.remark.rule->id, each.remark.span.line);
      }
      out.push_back(line + (file.error.message.empty() ? "" : " error"));
    }
    return join(out, "; ");
  }
};

TEST_F(CheckFilesTest, FoldersAreSearchedInOrder) {
  for (const char* path : {"/src/z/Dockerfile", "/src/a/compose.yaml", "/src/Dockerfile.web", "/src/.github/workflows/ci.yml", "/src/.gitlab-ci.yml", "/src/k8s/pod.yaml", "/src/README.md", "/src/config.yaml", "/src/.git/Dockerfile", "/src/x/node_modules/y/Dockerfile"})
    put(path, std::string_view(path).find("pod") != std::string_view::npos ? "apiVersion: v1\nkind: Pod\n" : std::string_view(path).ends_with("l") ? "a: b\n" : "FROM scratch\n");
  EXPECT_EQ(shown(checked(), "none"), "/src/.github/workflows/ci.yml:; /src/.gitlab-ci.yml:; /src/Dockerfile.web:; /src/a/compose.yaml:; /src/k8s/pod.yaml:; /src/z/Dockerfile:");
  wish.paths = {"/src/z/Dockerfile", "/src/a"};
  EXPECT_EQ(shown(checked(), "none"), "/src/z/Dockerfile:; /src/a/compose.yaml:");
}

TEST_F(CheckFilesTest, WhatIsNoneIsSaid) {
  put("/src/README.md", "x");
  EXPECT_EQ(check_files(workshop, wish).error().message, "cannot check: no Dockerfile, compose file, manifest or CI file is there");
  wish.paths = {"/src/none"};
  EXPECT_EQ(check_files(workshop, wish).error().kind, Kind::NotFound);
  wish.paths = {"/src/README.md"};
  const auto named = checked();
  ASSERT_EQ(named.files.size(), 1U);
  EXPECT_NE(named.files[0].error.message.find("neither its name nor what is in it"), std::string::npos);
  // Who names whatever changed is told nothing of what is none.
  wish.known_only = true;
  EXPECT_TRUE(checked().files.empty());
  put("/src/template.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: old:1\n{{- if .x }}\n{{- end }}\n");
  wish.paths = {"/src/README.md", "/src/template.yaml"};
  const auto templates = checked();
  ASSERT_EQ(templates.files.size(), 1U) << "what may name images is no file to pass over";
  ASSERT_EQ(templates.files[0].error.faults.size(), 1U);
  EXPECT_NE(templates.files[0].error.faults[0].hint.find("helm template"), std::string::npos);
  wish.known_only = false;
  put("/src/template.yaml", "");
  put("/src/Dockerfile", "FORM x\n");
  wish.paths = {"/src"};
  const auto broken = checked();
  ASSERT_EQ(broken.files.size(), 1U);
  EXPECT_EQ(broken.files[0].error.faults.size(), 1U);
}

struct VerdictRow {
  const char* summary;
  std::string from;
  Answer answer;
  const char* rule;   ///< of the policy
  const char* says;   ///< part of the remark; empty: there is none
  const char* remedy;
};

TEST_F(CheckFilesTest, ReferencesAreJudged) {
  const VerdictRow rows[] = {
      {"ours with a digest", "registry.example/hardened/nginx:1.26" + digest, Answer::Allowed, "ours", "", ""},
      {"ours without one", "registry.example/hardened/nginx:1.26", Answer::Denied, "ours", "has no digest", "with its digest"},
      {"what only its signature tells", "registry.example/vendor/a:1", Answer::Unknown, "signed", "only the image tells its signature", ""},
      {"one that is denied", "old:1", Answer::Denied, "old", "it has ended", "take another base"},
      {"one that no rule names", "nginx:1.27", Answer::Denied, "", "the platform team selects bases", "use 'registry.example/hardened/nginx:1.26@sha256:…'"},
      {"one that nothing replaces", "other:1", Answer::Denied, "", "the platform team selects bases", "take a base that a rule"},
      {"the same in its other spelling", "registry.example/library/old:1", Answer::Denied, "old", "it has ended", ""},
      {"a variable", "${X}", Answer::Unknown, "", "the variable 'X' decides on it", "name it in the file"},
  };
  wish.policy = "/policy.yaml";
  for (const VerdictRow& row : rows) {
    put("/src/Dockerfile", fmt::format("FROM {}\nUSER 1\n", row.from));
    const auto all = checked();
    ASSERT_EQ(all.files.size(), 1U);
    ASSERT_EQ(all.files[0].references.size(), 1U) << row.summary;
    const auto& reference = all.files[0].references[0];
    EXPECT_EQ(reference.verdict.answer, row.answer) << row.summary;
    EXPECT_EQ(reference.verdict.rule, row.rule) << row.summary;
    EXPECT_EQ(all.answer, row.answer) << row.summary;
    std::string said, remedy;
    for (const FileFinding& each : all.files[0].findings) {
      if (each.remark.rule->firm) said += each.remark.message, remedy += each.remark.remedy;
    }
    EXPECT_EQ(said.empty(), row.answer == Answer::Allowed) << row.summary << ": " << said;
    EXPECT_NE(said.find(row.says), std::string::npos) << row.summary << ": " << said;
    EXPECT_NE(remedy.find(row.remedy), std::string::npos) << row.summary << ": " << remedy;
  }
}

TEST_F(CheckFilesTest, WhatRunsIsAFinishedImage) {
  put("/policy.yaml",
      "verify:\n  rules:\n    - {name: teams, images: ['registry.example/team/**'], signed-by: [{file: team.pub}]}\n"
      "bases:\n  default: deny\n  rules:\n    - {name: ours, images: ['registry.example/hardened/**']}\n    - {name: old, images: ['registry.example/team/old'], deny: true}\n"
      "environments:\n  dev: {verify: false}\n");
  wish.policy = "/policy.yaml";
  const auto answer = [&](const char* path, const std::string& text) {
    put(path, text);
    wish.paths = {path};
    const auto all = checked();
    return all.files.empty() || all.files[0].references.empty() ? std::string("none") : fmt::format("{} {}", policy::to_string(all.answer), join(all.files[0].references[0].verdict.pending, ", "));
  };
  const std::string pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: registry.example/team/app:1}]}\n", old = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: registry.example/team/old:1}]}\n";
  EXPECT_EQ(answer("/pod.yaml", pod), "unknown who signed it, its base (`ashlar check REF`)");
  EXPECT_EQ(answer("/pod.yaml", old), "denied ") << "a rule denies it whatever it is";
  EXPECT_EQ(answer("/Dockerfile", "FROM registry.example/team/app:1\n"), "denied ") << "it is no base";
  wish.environment = "dev";
  EXPECT_EQ(answer("/pod.yaml", pod), "denied ") << "nobody asks for signatures there";
  wish.environment.clear(), wish.pending_passes = true;
  EXPECT_EQ(answer("/pod.yaml", pod), "allowed who signed it, its base (`ashlar check REF`)") << "for who asks the image later";
}

TEST_F(CheckFilesTest, UnknownOutranksDenied) {
  wish.policy = "/policy.yaml";
  put("/src/Dockerfile", "FROM old:1\nFROM registry.example/vendor/a:1\nUSER 1\n");
  EXPECT_EQ(checked().answer, Answer::Unknown);
  wish.pending_passes = true;
  EXPECT_EQ(checked().answer, Answer::Denied) << "what the image tells is left to its own check";
  put("/src/Dockerfile", "ARG X\nFROM $X\n");
  EXPECT_EQ(checked().answer, Answer::Unknown) << "no image is there to tell what a variable means";
}

TEST_F(CheckFilesTest, WithoutAPolicyNothingIsJudged) {
  put("/src/Dockerfile", "FROM old:1\nUSER 1\n");
  auto all = checked();
  EXPECT_FALSE(all.judged);
  EXPECT_TRUE(all.files[0].references.empty());
  ASSERT_EQ(all.notes.size(), 1U);
  put("/other.yaml", "gate: {proofs: true}\n");
  wish.policy = "/other.yaml";
  EXPECT_NE(checked().notes[0].find("no section 'bases'"), std::string::npos);
  wish.environment = "production";
  EXPECT_NE(check_files(workshop, wish).error().message.find("no such environment"), std::string::npos);
  wish.policy.clear();
  EXPECT_EQ(check_files(workshop, wish).error().kind, Kind::Invalid);
}

TEST_F(CheckFilesTest, EveryReferenceOfEveryKindIsJudged) {
  wish.policy = "/policy.yaml";
  put("/src/Dockerfile", "# syntax=docker/dockerfile:1\nFROM old:1\nUSER 1\n");
  put("/src/compose.yaml", "services: {a: {image: old:1}}\n");
  put("/src/pod.yaml", "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: old:1}], initContainers: [{image: old:2}]}\n");
  put("/src/.gitlab-ci.yml", "image: old:1\n");
  put("/src/.github/workflows/ci.yml", "on: push\njobs: {a: {container: old:1, steps: [{uses: 'docker://old:2'}]}}\n");
  put("/src/values.yaml", "image: {repository: old, tag: '1'}\n");
  EXPECT_EQ(shown(checked(), "image-denied"),
            "/src/.github/workflows/ci.yml: image-denied@2 image-denied@2; /src/.gitlab-ci.yml: image-denied@1; /src/Dockerfile: image-denied@2; /src/compose.yaml: image-denied@1; /src/pod.yaml: image-denied@3 image-denied@3; /src/values.yaml: image-denied@1");
}

TEST_F(CheckFilesTest, WhatReadsADockerfileIsAskedUnlessItIsTheUsual) {
  struct Row { const char* summary; std::string frontend; Answer answer; };
  const Row rows[] = {
      {"the usual", "docker/dockerfile:1", Answer::Allowed},
      {"by its whole name", "registry.example/docker/dockerfile:1.7-labs", Answer::Allowed},
      {"what comes before it", "docker/dockerfile-upstream:master", Answer::Allowed},
      {"another one", "team/frontend:1", Answer::Denied},
      {"one that is called so elsewhere", "other.example/docker/dockerfile:1", Answer::Denied},
      {"one that the policy allows", "registry.example/hardened/frontend:1" + digest, Answer::Allowed},
      {"no reference", "docker/dockerfile:", Answer::Unknown},
  };
  wish.policy = "/policy.yaml";
  for (const Row& row : rows) {
    put("/src/Dockerfile", fmt::format("# syntax={}\nFROM registry.example/hardened/nginx:1.26{}\nUSER 1\n", row.frontend, digest));
    const auto all = checked();
    EXPECT_EQ(all.answer, row.answer) << row.summary << ": " << shown(all);
  }
}

/// A pipeline as teams of GitLab write them: with parts that are taken from elsewhere in it, and from files that it includes.
TEST_F(CheckFilesTest, WhatAPipelineRefersToIsJudged) {
  struct Row { const char *summary, *text, *other; Answer answer; };
  const Row rows[] = {
      {"a script", "a: {script: [!reference [.x, script]]}\n.x: {script: [make]}\n", "", Answer::Allowed},
      {"an image", "a: {image: !reference [.x, image]}\n.x: {image: 'old:1'}\n", "", Answer::Denied},
      {"an image under another key", "a: {image: !reference [.x, i]}\n.x: {i: 'old:1'}\n", "", Answer::Denied},
      {"of a file that is included", "include: /ci/x.yml\na: {image: !reference [.x, i]}\n", ".x: {i: 'old:1'}\n", Answer::Denied},
      {"that is nowhere", "a: {image: !reference [.x, image]}\n", "", Answer::Unknown},
  };
  wish.policy = "/policy.yaml";
  for (const Row& row : rows) {
    put("/src/.gitlab-ci.yml", row.text);
    put("/src/ci/x.yml", row.other);
    const auto all = checked();
    EXPECT_EQ(all.answer, row.answer) << row.summary << ": " << shown(all);
  }
}

TEST_F(CheckFilesTest, OldFindingsAreNotShownWhereverTheyMove) {
  wish.baseline = "/baseline.json";
  EXPECT_FALSE(check_files(workshop, wish));
  put("/src/Dockerfile", "FROM a:1\nRUN sudo x\nRUN sudo y\n");
  wish.write_baseline = true;
  EXPECT_EQ(shown(checked()), "/src/Dockerfile:");
  const std::string written = text("/baseline.json");
  wish.write_baseline = false;
  EXPECT_EQ(shown(checked()), "/src/Dockerfile:") << "all of it is old";
  EXPECT_EQ(checked().files[0].old, 4U);
  put("/src/Dockerfile", "# moved\n\nFROM   a:1\nLABEL a=b\nRUN  sudo x\nRUN sudo y\nRUN sudo z\nRUN sudo x\n");
  EXPECT_EQ(shown(checked()), "/src/Dockerfile: sudo@7 sudo@8") << "one that is new, and one more of the same";
  wish.write_baseline = true;
  EXPECT_EQ(shown(checked()), "/src/Dockerfile:");
  put("/src/Dockerfile", "FROM a:1\nRUN sudo x\nRUN sudo y\n");
  (void)checked();
  EXPECT_EQ(text("/baseline.json"), written) << "the same findings, the same bytes";
  put("/baseline.json", "{}");
  wish.write_baseline = false;
  EXPECT_EQ(check_files(workshop, wish).error().kind, Kind::Invalid);
}

TEST_F(CheckFilesTest, OldFindingsOfAPolicyDecideNothing) {
  wish.policy = "/policy.yaml", wish.baseline = "/baseline.json", wish.write_baseline = true;
  put("/src/Dockerfile", "FROM old:1\nUSER 1\n");
  EXPECT_EQ(checked().answer, Answer::Allowed);
  put("/src/Dockerfile", "FROM old:2\nUSER 1\n");
  wish.write_baseline = false;
  EXPECT_EQ(checked().answer, Answer::Denied);
}

TEST_F(CheckFilesTest, AnotherImageOfTheSameLineIsNew) {
  wish.policy = "/policy.yaml", wish.baseline = "/baseline.json", wish.write_baseline = true;
  put("/src/Dockerfile", "ARG I=registry.example/vendor/a:1\nFROM $I\nUSER 1\n");
  EXPECT_EQ(checked().answer, Answer::Allowed);
  wish.write_baseline = false;
  EXPECT_EQ(checked().answer, Answer::Allowed);
  put("/src/Dockerfile", "ARG I=registry.example/vendor/b:1\nFROM $I\nUSER 1\n");
  EXPECT_EQ(checked().answer, Answer::Unknown);
}

TEST_F(CheckFilesTest, WhatHasNoBaseIsAsked) {
  wish.policy = "/policy.yaml";
  put("/src/Dockerfile", "FROM scratch\nUSER 1\n");
  const auto all = checked();
  EXPECT_EQ(all.answer, Answer::Denied);
  EXPECT_EQ(shown(all, "image-denied"), "/src/Dockerfile: image-denied@1");
  put("/policy.yaml", "bases: {default: deny, scratch: allow}\n");
  EXPECT_EQ(checked().answer, Answer::Allowed);
}

TEST_F(CheckFilesTest, WhatCannotBeReadIsSaid) {
  put("/src/Dockerfile", "FROM a:1\n");
  put("/src/locale.yaml", "a: b\na: c\n");
  put("/src/pod.YAML", "apiVersion: v1\nkind: Pod\nkind: Pod\nspec: {containers: [{image: old:1}]}\n");
  put("/src/pod.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"containers\": [{\"image\": \"old:1\"}]}}");
  put("/src/large.yaml", "services: {a: {image: old:1}}\n#" + std::string(4 << 20, ' '));
  wish.policy = "/policy.yaml";
  const auto all = checked();
  EXPECT_EQ(shown(all, "image-denied"), "/src/Dockerfile: image-denied@1; /src/large.yaml: error; /src/pod.YAML: error; /src/pod.json: image-denied@1");
  ASSERT_EQ(all.notes.size(), 1U);
  EXPECT_NE(all.notes[0].find("passed over: cannot read '/src/locale.yaml'"), std::string::npos) << all.notes[0];
}

TEST_F(CheckFilesTest, WhatIsOnlyCalledLikeADockerfileIsPassedOver) {
  wish.policy = "/policy.yaml";
  put("/src/dockerfile.go", "// Package x reads Dockerfiles.\npackage x\n\nconst text = `\nFROM old:1\n`\n");
  put("/src/Dockerfile.5.md", "# NAME\n\nDockerfile - automate the steps\n");
  put("/src/Dockerfile.go", "# of the service in Go\nFROM old:1\n");
  put("/src/Dockerfile.broken", "FROM old:1\nRUNN x\n");
  put("/src/Dockerfile.tmpl", "{{ if .debug }}\nFROM old:1\n{{ end }}\n");
  put("/src/Dockerfile.d/Dockerfile", "FROM old:1\n");
  const auto all = checked();
  EXPECT_EQ(shown(all, "image-denied"), "/src/Dockerfile.broken: error; /src/Dockerfile.d/Dockerfile: image-denied@1; /src/Dockerfile.go: image-denied@2; /src/Dockerfile.tmpl: error");
  ASSERT_EQ(all.notes.size(), 2U);
  EXPECT_NE((all.notes[0] + all.notes[1]).find("'/src/dockerfile.go' is called like a Dockerfile, and is none"), std::string::npos) << all.notes[0] << all.notes[1];
  // Who names it is told.
  wish.paths = {"/src/dockerfile.go"};
  EXPECT_EQ(shown(checked()), "/src/dockerfile.go: error");
  wish.known_only = true;
  EXPECT_EQ(shown(checked()), "");
}

TEST_F(CheckFilesTest, DockerfilesOfOddNamesAreOpened) {
  wish.policy = "/policy.yaml";
  put("/src/a/compose.yaml", "services: {a: {build: {context: ., dockerfile: Dockerfile-prod}}, b: {build: {dockerfile: gone}}, c: {build: {dockerfile: ../../outside}}, d: {build: {dockerfile: Dockerfile}}}\n");
  put("/src/a/Dockerfile-prod", "FROM old:1\n");
  put("/src/a/Dockerfile", "FROM old:2\n");
  put("/outside", "FROM old:3\n");
  EXPECT_EQ(shown(checked(), "image-denied"), "/src/a/Dockerfile: image-denied@1; /src/a/compose.yaml:; /src/a/Dockerfile-prod: image-denied@1");
}

TEST_F(CheckFilesTest, WhatIsBuiltIsJudgedOrUndecided) {
  struct Row {
    const char *summary, *build, *file;  ///< what a service is built by; the file that is there
    std::vector<host::Path> paths;
    Answer answer;
  };
  const host::Path folder = "/src", compose = "/src/compose.yaml", dockerfile = "/src/prod.df";
  const Row rows[] = {
      {"a file beside the one that is named", "{context: ., dockerfile: prod.df}", "prod.df", {compose}, Answer::Unknown},
      {"named, too", "{context: ., dockerfile: prod.df}", "prod.df", {compose, dockerfile}, Answer::Denied},
      {"in the folder", "{context: ., dockerfile: prod.df}", "prod.df", {folder}, Answer::Denied},
      {"in the folder above", "{context: .., dockerfile: prod.df}", "../prod.df", {folder}, Answer::Unknown},
      {"by a value of .env", "{dockerfile: '${DF}'}", "prod.df", {folder}, Answer::Denied},
      {"outside", "{dockerfile: '${DF}'}", "prod.df", {compose}, Answer::Unknown},
      {"by a default", "{dockerfile: '${X:-prod.df}'}", "prod.df", {folder}, Answer::Denied},
      {"a context by a value", "'${CTX}'", "web/Dockerfile", {folder}, Answer::Denied},
      {"such a context outside", "'${CTX}'", "web/Dockerfile", {compose}, Answer::Unknown},
      {"by a value that nobody knows", "{dockerfile: '${X}'}", "prod.df", {folder}, Answer::Unknown},
      {"a dollar sign in its name", "{dockerfile: '$${DF}'}", "${DF}", {folder}, Answer::Denied},
      {"a dollar sign in the name of none", "{dockerfile: '$${DF}'}", "prod.df", {folder}, Answer::Unknown},
      {"by a name of YAML", "{dockerfile: config.yaml}", "config.yaml", {folder}, Answer::Denied},
  };
  wish.policy = "/policy.yaml";
  for (const Row& row : rows) {
    const host::Path there = (folder / row.file).lexically_normal();
    put(compose, fmt::format("services: {{a: {{build: {}}}}}\n", row.build));
    put("/src/.env", "DF=prod.df\nCTX=web\n");
    put(there, "FROM old:1\nUSER 1\n");
    wish.paths = row.paths;
    const auto denied = checked();
    EXPECT_EQ(denied.answer, row.answer) << row.summary << ": " << shown(denied);
    put(there, "FROM registry.example/hardened/nginx:1.26" + digest + "\nUSER 1\n");
    EXPECT_EQ(checked().answer, row.answer == Answer::Denied ? Answer::Allowed : Answer::Unknown) << row.summary;
    ASSERT_TRUE(machine.files.remove(there));
  }
}

TEST_F(CheckFilesTest, WhatIsNotSeenIsSaidAndJudgedByThePolicy) {
  struct Row {
    const char *summary, *path, *text, *other, *content;
    Answer answer;  ///< where what is not seen is no matter
    int unseen;     ///< places that bring something along which nobody sees
  };
  const char* const pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: old:1}]}\n";
  const char* const base = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
  const Row rows[] = {
      {"compose includes", "/src/compose.yaml", "include: [../x.yaml]\n", "/x.yaml", "services: {a: {image: old:1}}\n", Answer::Allowed, 1},
      {"of the folder", "/src/compose.yaml", "include: [x.yaml]\n", "/src/x.yaml", "services: {a: {image: old:1}}\n", Answer::Denied, 0},
      {"beside an image that is denied", "/src/compose.yaml", "include: [../x.yaml]\nservices: {a: {image: old:1}}\n", "/x.yaml", "services: {}\n", Answer::Denied, 1},
      {"a service is made of what is not seen", "/src/compose.yaml", "services: {a: {extends: {file: ../x.yaml, service: a}}}\n", "/x.yaml", "services: {a: {image: old:1}}\n", Answer::Unknown, 0},
      {"a pipeline that a job starts", "/src/.gitlab-ci.yml", "a: {trigger: {include: ci/x.yml}}\n", "/src/ci/x.yml", "b: {image: old:1}\n", Answer::Denied, 0},
      {"that is not there", "/src/.gitlab-ci.yml", "a: {trigger: {include: ci/x.yml}}\n", "/x.yml", "", Answer::Allowed, 1},
      {"that another job makes", "/src/.gitlab-ci.yml", "a: {trigger: {include: [{artifact: x.yml, job: b}]}}\n", "/x.yml", "", Answer::Allowed, 1},
      {"of another project, a template, a component, an address", "/src/.gitlab-ci.yml", "include: [{project: g/p, file: x.yml}, {template: Jobs/SAST.gitlab-ci.yml}, {component: $H/a@1}, {remote: 'https://x.example/y.yml'}]\n", "/x.yml", "", Answer::Allowed, 4},
      {"and an image of this file", "/src/.gitlab-ci.yml", "include: {template: Jobs/SAST.gitlab-ci.yml}\na: {image: old:1}\n", "/x.yml", "", Answer::Denied, 1},
      {"and one that it may decide on", "/src/.gitlab-ci.yml", "include: {template: Jobs/SAST.gitlab-ci.yml}\na: {image: $V}\n", "/x.yml", "", Answer::Unknown, 1},
      {"and one that this file decides", "/src/.gitlab-ci.yml", "include: {template: Jobs/SAST.gitlab-ci.yml}\nvariables: {V: '1'}\na: {image: 'other:$V'}\n", "/x.yml", "", Answer::Denied, 1},
      {"and one that is denied whatever it decides", "/src/.gitlab-ci.yml", "include: {template: Jobs/SAST.gitlab-ci.yml}\nvariables: {V: '1'}\na: {image: 'old:$V'}\n", "/x.yml", "", Answer::Denied, 1},
      {"a kustomization's base", "/src/o/kustomization.yaml", "resources: [../../base]\n", "/base/kustomization.yaml", base, Answer::Allowed, 1},
      {"in the folder", "/src/o/kustomization.yaml", "resources: [../base]\n", "/src/base/kustomization.yaml", base, Answer::Allowed, 0},
      {"by its other name", "/src/o/Kustomization", "resources: [../base]\n", "/src/base/Kustomization", base, Answer::Allowed, 0},
      {"its manifest", "/src/o/kustomization.yaml", "resources: [pod.yaml]\n", "/src/o/pod.yaml", pod, Answer::Denied, 0},
      {"its manifest elsewhere", "/src/o/kustomization.yaml", "resources: [../../pod.yaml]\n", "/pod.yaml", pod, Answer::Allowed, 1},
      {"a transformer elsewhere", "/src/o/Kustomization", "transformers: [../../t.yaml]\n", "/t.yaml", "apiVersion: builtin\nkind: ImageTagTransformer\nimageTag: {name: a, newName: old, newTag: '1'}\n", Answer::Allowed, 1},
      {"in the folder, of whatever name", "/src/o/Kustomization", "transformers: [t.yaml]\n", "/src/o/t.yaml", "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t}\nimageTag: {name: a, newName: old, newTag: '1'}\n", Answer::Denied, 0},
      {"values of a chart, of whatever name", "/src/o/Kustomization", "helmCharts: [{name: c, valuesFile: prod.txt}]\n", "/src/o/prod.txt", "image: {repository: old, tag: '1'}\n", Answer::Denied, 1},
      {"a workflow of another repository", "/src/.github/workflows/ci.yml", "on: push\njobs: {a: {uses: 'o/r/.github/workflows/x.yml@v1'}}\n", "/x", "", Answer::Allowed, 1},
      {"a workflow of the folder", "/src/.github/workflows/ci.yml", "on: push\njobs: {a: {uses: ./.github/workflows/x.yml}}\n", "/src/.github/workflows/x.yml", "on: workflow_call\njobs: {b: {container: 'old:1', steps: []}}\n", Answer::Denied, 0},
      {"one that is not there", "/src/.github/workflows/ci.yml", "on: push\njobs: {a: {uses: ./.github/workflows/x.yml}}\n", "/x", "", Answer::Allowed, 1},
      {"an action of the folder", "/src/.github/workflows/ci.yml", "on: push\njobs: {a: {steps: [{uses: ./act}]}}\n", "/src/act/action.yml", "runs: {using: docker, image: 'docker://old:1'}\n", Answer::Denied, 0},
      {"one that is not there", "/src/.github/workflows/ci.yml", "on: push\njobs: {a: {steps: [{uses: ./act}]}}\n", "/x", "", Answer::Allowed, 1},
      {"services by an expression", "/src/.github/workflows/ci.yml", "on: push\njobs: {a: {services: '${{ fromJSON(inputs.s) }}'}}\n", "/x", "", Answer::Unknown, 0},
      {"an application of Argo CD", "/src/app.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {path: k8s, repoURL: r}}\n", "/x", "", Answer::Allowed, 1},
      {"with values for its chart", "/src/app.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {chart: c, helm: {values: \"image: {repository: old, tag: '1'}\"}}}\n", "/x", "", Answer::Denied, 1},
      {"a release of Flux", "/src/app.yaml", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {chart: {spec: {chart: c}}, values: {image: {repository: old, tag: '1'}}}\n", "/x", "", Answer::Denied, 1},
      {"a kustomization of Flux", "/src/app.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: ./k8s, images: [{name: a, newName: old, newTag: '1'}]}\n", "/x", "", Answer::Denied, 1},
      {"an image that the kustomization puts there", "/src/o/Kustomization", "resources: [../../base]\nimages: [{name: a, newName: old, newTag: '1'}]\n", "/x", "", Answer::Denied, 1},
  };
  const std::string policy = text("/policy.yaml");
  for (const Row& row : rows) {
    put(row.path, row.text);
    put(row.other, row.content);
    for (const auto& [word, denies, says] : {std::tuple("", false, true), {"allow", false, false}, {"warn", false, true}, {"deny", true, false}}) {
      const std::string summary = fmt::format("{}, unseen: {}", row.summary, word);
      put("/policy.yaml", *word == 0 ? policy : policy + fmt::format("  unseen: {}\n", word));
      wish.policy = "/policy.yaml";
      const auto all = checked();
      const bool denied = denies && row.unseen > 0 && row.answer == Answer::Allowed;
      EXPECT_EQ(all.answer, denied ? Answer::Denied : row.answer) << summary << ": " << shown(all);
      const std::string said = shown(all, "image-unseen");
      EXPECT_EQ(std::ranges::count(said, '@'), says ? row.unseen : 0) << summary << ": " << said;
    }
    ASSERT_TRUE(machine.files.remove(row.path));
    ASSERT_TRUE(machine.files.remove(row.other));
  }
}

TEST_F(CheckFilesTest, ReferencesBecomeOnlyWhatDoesNotDiffer) {
  struct Row { const char* summary; std::string from, to; };
  const std::string ours = "registry.example/hardened/nginx:1.26";
  const Row rows[] = {
      {"nothing differs", "nginx:1.26", ours},
      {"another libc", "nginx:1.26-alpine", "nginx:1.26-alpine"},
      {"another version", "nginx:1.25", "nginx:1.25"},
      {"a digest would be lost", "nginx:1.26" + digest, "nginx:1.26" + digest},
      {"both", "nginx:1.26-alpine" + digest, "nginx:1.26-alpine" + digest},
      {"users notice something", "node:20", "node:20"},
  };
  put("/data/policies/replacements.yaml", "flavours:\n- {of: '*alpine*', differs: glibc instead of musl}\nimages:\n- {names: [nginx], image: nginx, tags: ['1.26']}\n- {names: [node], image: node, tags: ['20'], differs: [no shell]}\n");
  put("/policy.yaml", "bases:\n  default: deny\n  rules:\n    - {name: ours, images: ['registry.example/hardened/**']}\n");
  wish.policy = "/policy.yaml", wish.fix = true;
  for (const Row& row : rows) {
    put("/src/compose.yaml", fmt::format("services: {{a: {{image: '{}'}}}}\n", row.from));
    EXPECT_EQ(checked().answer, row.from == row.to ? Answer::Denied : Answer::Allowed) << row.summary;
    EXPECT_EQ(text("/src/compose.yaml"), fmt::format("services: {{a: {{image: '{}'}}}}\n", row.to)) << row.summary;
  }
  policy::Selection selection;
  selection.bases.push_back({.repository = "registry.example/hardened/nginx", .tags = {"1.26"}, .digest = "sha256:" + std::string(64, 'b'), .approved_by = "Alice"});
  wish.selection = &selection;
  put("/src/compose.yaml", fmt::format("services: {{a: {{image: 'nginx:1.26{}'}}}}\n", digest));
  EXPECT_EQ(checked().answer, Answer::Allowed) << "a digest for a digest";
  EXPECT_EQ(text("/src/compose.yaml"), fmt::format("services: {{a: {{image: '{}@{}'}}}}\n", ours, selection.bases[0].digest));
}

TEST_F(CheckFilesTest, AnotherUserIsWrittenOnlyOnDemand) {
  put("/data/policies/replacements.yaml", "flavours:\n- {of: '*alpine*', differs: glibc instead of musl}\nimages:\n- {names: [memcached], image: memcached, tags: ['1.6'], differs: [runs as memcache]}\n- {names: [node], image: node, tags: ['20'], differs: [no shell, runs as nonroot]}\n");
  put("/policy.yaml", "bases:\n  default: deny\n  rules:\n    - {name: ours, images: ['registry.example/hardened/**']}\n");
  wish.policy = "/policy.yaml", wish.fix = true;
  const std::string before = "# the shop\nservices:\n  a: {image: \"memcached:1.6\"}   # cache\n  b: {image: node:20}\n  c: {image: 'memcached:1.6-alpine'}\n", after = "# the shop\nservices:\n  a: {image: \"registry.example/hardened/memcached:1.6\"}   # cache\n  b: {image: node:20}\n  c: {image: 'memcached:1.6-alpine'}\n";
  put("/src/compose.yaml", before);
  auto all = checked();
  EXPECT_EQ(text("/src/compose.yaml"), before);
  const auto denied = std::ranges::find_if(all.files[0].findings, [](const FileFinding& each) { return each.remark.rule->id == "image-denied"; });
  ASSERT_NE(denied, all.files[0].findings.end());
  EXPECT_NE(denied->remark.remedy.find("it runs as memcache: what it writes must be that user's"), std::string::npos) << denied->remark.remedy;
  EXPECT_NE(denied->remark.remedy.find("`--fix --other-users` writes it"), std::string::npos) << denied->remark.remedy;
  wish.other_users = true;
  all = checked();
  EXPECT_EQ(text("/src/compose.yaml"), after) << "comments and quotes stay, and so does what differs in more";
  ASSERT_EQ(all.files[0].mended.size(), 1U);
  EXPECT_NE(all.files[0].mended[0].remedy.find("it runs as memcache"), std::string::npos);
  EXPECT_TRUE(checked().files[0].mended.empty()) << "a second time changes nothing";
  put("/src/Dockerfile", "FROM memcached:1.6\nUSER 1\n");
  (void)checked();
  EXPECT_EQ(text("/src/Dockerfile"), "FROM memcached:1.6\nUSER 1\n") << "what is built on it is for migrate";
}

TEST_F(CheckFilesTest, VendorsSayWhoRunsTheirImages) {
  put("/data/policies/vendors.yaml", "vendors: [{name: v, images: registry.example/vendor/**, users: [{of: 'registry.example/vendor/*:*-dev', root: true}, {of: 'registry.example/vendor/**', root: false}]}]\n");
  put("/src/Dockerfile", "FROM registry.example/vendor/a:1\n");
  put("/src/dev/Dockerfile", "FROM registry.example/vendor/a:1-dev\n");
  for (const char* policy : {"", "/policy.yaml"}) {
    wish.policy = policy;
    EXPECT_EQ(shown(checked(), "user-root"), "/src/Dockerfile:; /src/dev/Dockerfile: user-root@1") << policy;
  }
}

TEST_F(CheckFilesTest, VariablesThatThePolicyLeavesToOthersAreAllowed) {
  struct Row { const char *summary, *path, *text; Answer answer; };
  const Row rows[] = {
      {"one alone", "/src/.gitlab-ci.yml", "a: {image: {name: $OWN}}\n", Answer::Allowed},
      {"in braces", "/src/.gitlab-ci.yml", "image: '${OWN}'\n", Answer::Allowed},
      {"another one", "/src/.gitlab-ci.yml", "image: $OTHER\n", Answer::Unknown},
      {"a part of it", "/src/.gitlab-ci.yml", "image: 'x:$OWN'\n", Answer::Unknown},
      {"the file gives it a value", "/src/.gitlab-ci.yml", "variables: {OWN: 'old:1'}\nimage: $OWN\n", Answer::Denied},
      {"or may give it one", "/src/.gitlab-ci.yml", "a: {image: $OWN, rules: [{if: x, variables: {OWN: 'old:1'}}]}\n", Answer::Unknown},
      {"a parameter", "/src/t.yaml", "apiVersion: tekton.dev/v1\nkind: Task\nspec: {params: [{name: own, default: ''}], steps: [{image: $(params.own)}]}\n", Answer::Allowed},
      {"a parameter with a value", "/src/t.yaml", "apiVersion: tekton.dev/v1\nkind: Task\nspec: {params: [{name: own, default: 'old:1'}], steps: [{image: $(params.own)}]}\n", Answer::Unknown},
      {"of a Dockerfile", "/src/Dockerfile", "ARG OWN\nFROM $OWN\nUSER 1\n", Answer::Unknown},
      {"of compose", "/src/compose.yaml", "services: {a: {image: $OWN}}\n", Answer::Unknown},
  };
  put("/policy.yaml", text("/policy.yaml") + "  variables: [OWN, own]\n");
  wish.policy = "/policy.yaml";
  for (const Row& row : rows) {
    put(row.path, row.text);
    const auto all = checked();
    EXPECT_EQ(all.answer, row.answer) << row.summary << ": " << shown(all);
    ASSERT_TRUE(machine.files.remove(row.path));
  }
}

TEST_F(CheckFilesTest, WhatIsSafeIsMended) {
  put("/src/Dockerfile", "FROM a:1\n# all of it\nADD . /app\nUSER 1\nCMD node x.js\n");
  put("/src/other/Dockerfile", "FROM a:1\nUSER 1\n");
  wish.fix = true;
  const auto all = checked();
  EXPECT_EQ(text("/src/Dockerfile"), "FROM a:1\n# all of it\nCOPY . /app\nUSER 1\nCMD [\"node\", \"x.js\"]\n");
  ASSERT_EQ(all.files[0].mended.size(), 2U);
  EXPECT_EQ(shown(all), "/src/Dockerfile: image-unpinned@1; /src/other/Dockerfile: image-unpinned@1");
  const auto touched = machine.files.touched();
  EXPECT_EQ(std::ranges::count(touched, "write /src/other/Dockerfile"), 1) << "by the test alone";
  EXPECT_TRUE(checked().files[0].mended.empty());
}

std::string golden(const std::string& name, const std::string& got) {
  const std::string path = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/pipeline/check/" + name;
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << got;
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class CheckFormsTest : public CheckFilesTest {
 protected:
  void SetUp() override {
    CheckFilesTest::SetUp();
    wish.policy = "/policy.yaml";
    put("/src/Dockerfile", "FROM nginx:1.27\nADD . /app\n# ashlar: ignore=sudo the base needs it\nRUN sudo x\nUSER 1\n");
    put("/src/a, b: 100%/Dockerfile", "FROM registry.example/vendor/a:1\nUSER 0\nENV PASSWORD=x\n");
    put("/src/broken/Dockerfile", "FROM a:1\nRUM x\n");
  }
  const CheckForm form{.allowed = false, .policy = "/policy.yaml"};
};

TEST_F(CheckFormsTest, AreAsTheyWere) {
  const auto all = checked();
  const std::pair<const char*, std::string> forms[] = {{"check.txt", check_text(all, form)}, {"check.json", check_json(all, form)}, {"check.sarif.json", check_sarif(all, form)}, {"check.github", check_github(all, form)}, {"check.gitlab.json", check_gitlab(all, form)}};
  for (const auto& [name, got] : forms) EXPECT_EQ(golden(name, got), got) << name;
  EXPECT_EQ(check_json(checked(), form), check_json(all, form)) << "the same input, the same bytes";
}

TEST_F(CheckFormsTest, AnnotationsAreEscaped) {
  const std::string got = check_github(checked(), form);
  EXPECT_NE(got.find("file=/src/a%2C b%3A 100%25/Dockerfile,line=3,"), std::string::npos) << got;
  for (const std::string_view line : Parts(trim(got), '\n')) EXPECT_TRUE(line.starts_with("::error file=") || line.starts_with("::warning file=") || line.starts_with("::notice file=")) << line;
}

TEST_F(CheckFormsTest, ReportsHaveWhatTheirReadersAskFor) {
  const Json gitlab = Json::parse(check_gitlab(checked(), form));
  std::set<std::string> fingerprints;
  for (const Json& each : gitlab) {
    for (const char* key : {"description", "check_name", "fingerprint", "severity"}) EXPECT_TRUE(each.at(key).is_string()) << key;
    EXPECT_TRUE(each.at("location").at("lines").at("begin").is_number_integer());
    EXPECT_TRUE(fingerprints.insert(each.at("fingerprint").get<std::string>()).second) << each.dump();
  }
  const Json sarif = Json::parse(check_sarif(checked(), form));
  const Json& run = sarif.at("runs").at(0);
  EXPECT_FALSE(run.at("invocations").at(0).at("executionSuccessful").get<bool>()) << "a file could not be read";
  for (const Json& each : run.at("results")) EXPECT_EQ(run.at("tool").at("driver").at("rules").at(each.at("ruleIndex").get<std::size_t>()).at("id"), each.at("ruleId"));
#ifdef ASHLAR_WITH_VALIJSON
  const SchemaTrial trial(std::string(ASHLAR_SOURCE_DIR) + "/schemas/check.schema.json");
  std::string why;
  EXPECT_TRUE(trial.takes(nlohmann::json::parse(check_json(checked(), form)), &why)) << why;
  EXPECT_FALSE(trial.takes(nlohmann::json::parse("{\"schema\": \"https://ashlar.dev/check/v1\"}")));
#endif
}

}  // namespace
}  // namespace ashlar::pipeline
