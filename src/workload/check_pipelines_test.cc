// Files of Azure Pipelines and Jenkins.
#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

const CheckRow azure_rows[] = {
    {"containers of the pipeline, of jobs and of services", "image-unpinned",
     "resources:\n  containers:\n  - container: build\n    image: a:1\n  - container: db\n    image: b:1\njobs:\n- job: x\n  container: build\n  services: {db: db, cache: c:1}\n- job: y\n  container: {image: d:1}\n- job: z\n  container: e:1\n",
     "4:12 6:12 10:29 12:22 14:14"},
    {"one job, stages, deployments and conditions", "image-unpinned",
     "container: a:1\nstages:\n- stage: s\n  jobs:\n  - deployment: d\n    container: b:1\n    strategy: {runOnce: {deploy: {steps: [{bash: x, target: {container: c:1}}]}}}\n  - ${{ if eq(1, 1) }}:\n    - job: e\n      container: d:1\n",
     "1:12 6:16 7:73 10:18"},
    {"with digests, and no images", "image-unpinned", "jobs:\n- job: a\n  container: x:1@sha256:" + std::string(64, 'a') + "\n- job: b\n  pool: {vmImage: ubuntu-24.04}\n", ""},
    {"what is put in", "image-variable", "jobs:\n- job: a\n  container: $(image)\n- job: b\n  container: x:${{ parameters.v }}\n- job: c\n  container: $[ variables.i ]\n", "3:14 5:14 7:14"},
    {"none", "image-variable", "jobs:\n- job: a\n  container: x:1\n", ""},
    {"a connection decides", "image-variable", "resources: {containers: [{container: a, type: ACR, repository: x/y}]}\n", "1:64"},
    {"templates of elsewhere", "image-unseen", "extends: {template: t.yml@other}\njobs:\n- template: ${{ parameters.t }}\n", "1:21 3:13"},
    {"nobody looked for templates", "image-unseen", "jobs:\n- template: t.yml\n", ""},
    {"a value", "secret-in-env", "variables: {DB_PASSWORD: x}\njobs:\n- job: a\n  variables:\n  - {name: API_KEY, value: abc}\n  steps:\n  - bash: y\n    env: {TOKEN: z}\n", "1:13 5:12 8:11"},
    {"from outside", "secret-in-env", "variables: {DB_PASSWORD: $(secret)}\nsteps: [{bash: y, env: {TOKEN: $(z)}}]\n", ""},
};

const CheckRow jenkins_rows[] = {
    {"agents and scripted steps", "image-unpinned",
     "pipeline {\n  agent { docker { image 'a:1'\n args '-v x:y' } }\n  stages {\n    stage('b') { agent { docker 'b:1' } }\n    stage('c') { steps { script { docker.image(\"c:1\").inside('-u 0') { sh 'x' } } } }\n  }\n}\n", "2:27 5:34 6:49"},
    {"comments, texts and what only looks like one", "image-unpinned", "// docker.image('a:1')\n/* agent { docker 'b:1' } */\nsh \"docker { image 'c:1' }\"\nsh '''agent {\ndocker 'd:1' }'''\nslack(image: 'e:1')\ndocker.build('f:1')\ndef x = ~/docker.image('g:1')/\n", ""},
    {"templates of pods", "image-unpinned", "podTemplate(containers: [containerTemplate(name: 'x', image: 'a:1', ttyEnabled: true)]) { node(L) { } }\n", "1:63"},
    {"a manifest of a pod", "image-unpinned", "pipeline { agent { kubernetes {\n  yaml '''\n    apiVersion: v1\n    kind: Pod\n    spec:\n      containers:\n      - name: x\n        image: a:1\n'''\n} } }\n", "8:16"},
    {"a variable", "image-variable", "agent { docker { image \"a:${env.V}\" } }\nagent { docker { image name } }\ndocker.image('a:' + v)\nagent { docker { image 'b:1'\nregistryUrl 'https://r.example' } }\ndocker.withRegistry('https://r.example', 'c') { docker.image('d:1') }\n", "1:25 2:24 3:15 4:25 6:63"},
    {"a variable of a manifest", "image-variable", "agent { kubernetes { yaml \"\"\"\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: x, image: \"a:${V}\"}]}\n\"\"\" } }\n", "4:39"},
    {"no variable in single quotes", "image-variable", "agent { docker { image 'a:1' } }\n", ""},
    {"brought along", "image-unseen", "@Library('x@main') _\nload 'y.groovy'\npipeline { agent { kubernetes { yamlFile 'pod.yaml' } } }\n", "1:2 2:1 3:33"},
    {"a name of one's own", "image-unseen", "def load = 1\n", ""},
    {"a value", "secret-in-env", "pipeline { environment {\n  API_KEY = 'abc'\n  TOKEN = credentials('t')\n  DB_PASSWORD = \"${x}\"\n }\n stages { stage('a') { environment { DB_PASSWORD = 'y' } } } }\n", "2:3 6:38"},
    {"elsewhere", "secret-in-env", "API_KEY = 'abc'\n", ""},
    {"silenced", "image-unpinned", "agent { docker 'a:1' } // ashlar: ignore=image-unpinned moves by itself\n", ""},
    {"not by another sign", "image-unpinned", "agent { docker 'a:1' } # ashlar: ignore=image-unpinned moves by itself\n", "1:17"},
};

TEST(CheckPipelines, Azure) { hold(FileKind::Azure, azure_rows); }
TEST(CheckPipelines, Jenkins) { hold(FileKind::Jenkins, jenkins_rows); }

TEST(CheckPipelines, FilesAreKnownByNameAndContent) {
  const struct { const char *path, *text; FileKind kind; } rows[] = {
      {"azure-pipelines.yml", "", FileKind::Azure},
      {"ci/a.azure-pipelines.yaml", "", FileKind::Azure},
      {"ci.yml", "stages: [{stage: a, jobs: []}]\n", FileKind::Azure},
      {"ci.yml", "jobs: [{job: a}]\n", FileKind::Azure},
      {"ci.yml", "parameters: []\nsteps: [{bash: x}]\n", FileKind::Azure},
      {"cloudbuild.yaml", "steps: [{name: gcr.example/x, script: y}]\n", FileKind::Unknown},
      {"ci.yml", "stages: [build, test]\n", FileKind::Unknown},
      {"ci.yml", "steps: [{bash: x}]\n", FileKind::Unknown},
      {"Jenkinsfile", "", FileKind::Jenkins},
      {"ci/Jenkinsfile.release", "", FileKind::Jenkins},
      {"ci/a.Jenkinsfile", "", FileKind::Jenkins},
  };
  for (const auto& row : rows) EXPECT_EQ(kind_of_file(row.path, row.text), row.kind) << row.path << " " << row.text;
}

/// What a variable of the service alone names is for the policy's `variables`; with a value at hand it is not.
TEST(CheckPipelines, ImagesThatWhoeverRunsItGivesAreTold) {
  const struct { FileKind kind; const char *text, *given; } rows[] = {
      {FileKind::Azure, "jobs: [{job: a, container: $(OWN)}]\n", "OWN"},
      {FileKind::Azure, "variables: {OWN: x}\njobs: [{job: a, container: $(OWN)}]\n", ""},
      {FileKind::Azure, "variables: [{name: OWN, value: x}]\njobs: [{job: a, container: $(OWN)}]\n", ""},
      {FileKind::Azure, "jobs: [{job: a, container: \"$(OWN):1\"}]\n", ""},
      {FileKind::Jenkins, "agent { docker \"${env.OWN}\" }", "OWN"},
      {FileKind::Jenkins, "agent { docker \"$OWN\" }", "OWN"},
      {FileKind::Jenkins, "agent { docker \"${OWN}:1\" }", ""},
      {FileKind::Jenkins, "environment { OWN = 'a' }\nagent { docker \"${env.OWN}\" }", ""},
      {FileKind::Jenkins, "if (OWN == 'a') { agent { docker \"$OWN\" } }", "OWN"},
      {FileKind::Jenkins, "withEnv(['OWN=a']) { docker.image(\"$OWN\") }", ""},
      {FileKind::Jenkins, "parameters { string(name: 'OWN', defaultValue: 'a') }\nagent { docker \"${params.OWN}\" }", ""},
  };
  for (const auto& row : rows) {
    const auto uses = images_of(row.kind, row.text, "file");
    ASSERT_TRUE(uses && uses->size() == 1) << row.text;
    EXPECT_EQ(uses->front().given, row.given) << row.text;
  }
}

TEST(CheckPipelines, AFileOfTemplatesThatIsCheckedIsSeen) {
  const Beside beside{.is_checked = [](const std::string& path, FileKind kind) { return kind == FileKind::Azure && path == "here.yml"; }};
  const CheckOptions options{.beside = &beside};
  const auto checked = check(FileKind::Azure, "steps:\n- template: here.yml\n- template: there.yml\n", "azure-pipelines.yml", options);
  ASSERT_TRUE(checked);
  EXPECT_EQ(places_of(*checked, "image-unseen"), "3:13");
  // A slash before it means the repository's folder, which lies above.
  const Beside above{.is_checked = [](const std::string& path, FileKind kind) { return kind == FileKind::Azure && path == "../../eng/here.yml"; }};
  const auto whole = check(FileKind::Azure, "steps:\n- template: /eng/here.yml\n- template: /eng/there.yml\n", "a/b/azure-pipelines.yml", {.beside = &above});
  ASSERT_TRUE(whole);
  EXPECT_EQ(places_of(*whole, "image-unseen"), "3:13");
}

/// A tag gets its digest within quotes, a manifest's text too, and twice changes nothing.
TEST(CheckPipelines, TagsArePinnedInPlace) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const CheckOptions options{.digest_of = [&](const ImageName&) { return digest; }};
  const std::string text = "agent { docker { image 'a:1' } }\nagent { kubernetes { yaml '''\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: x, image: b:2}]}\n''' } }\n";
  const auto mended = mend(FileKind::Jenkins, text, "Jenkinsfile", options);
  ASSERT_TRUE(mended);
  EXPECT_EQ(mended->text, "agent { docker { image 'a:1@" + digest + "' } }\nagent { kubernetes { yaml '''\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: x, image: b:2@" + digest + "}]}\n''' } }\n");
  EXPECT_EQ(mend(FileKind::Jenkins, mended->text, "Jenkinsfile", options)->text, mended->text);
}

TEST(CheckPipelines, HostileFilesTakeBoundedTime) {
  EXPECT_FALSE(images_of(FileKind::Jenkins, std::string((4 << 20) + 1, ' '), "Jenkinsfile"));
  std::string deep, open;
  for (int at = 0; at < 200'000; ++at) deep += "docker{(", open += "'''";
  EXPECT_TRUE(images_of(FileKind::Jenkins, deep + std::string(deep.rbegin(), deep.rend()), "Jenkinsfile"));
  EXPECT_TRUE(images_of(FileKind::Jenkins, open, "Jenkinsfile"));
  for (const char* text : {"", "'", "\"\\", "docker.image(", "agent{docker", "agent{docker'", "yaml", "podTemplate(yaml:", "agent{kubernetes{yaml '''a: [", "}})", "/*"}) EXPECT_TRUE(images_of(FileKind::Jenkins, text, "Jenkinsfile")) << text;
  std::string many;
  for (int at = 0; at < 20'000; ++at) many += "agent{docker 'a:1'}";
  EXPECT_EQ(images_of(FileKind::Jenkins, many, "Jenkinsfile")->size(), 20'000U);
}

}  // namespace
}  // namespace ashlar::workload
