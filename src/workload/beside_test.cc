// Images that files beside one decide on: `.env` and Dockerfiles of compose files, pipelines of several files.
#include "workload/beside.h"

#include <gtest/gtest.h>

#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/images.h"
#include "workload/inner/dotenv.h"

namespace ashlar::workload {
namespace {

using Files = std::map<std::string, std::string>;

/// `place line:column text` of each use; `?` before variables that nobody knows, the reason in brackets where there is one.
std::string shown(const Result<std::vector<ImageUse>>& uses) {
  if (!uses) return uses.error().message;
  std::vector<std::string> out;
  for (const ImageUse& each : *uses) {
    std::string text = each.image ? each.image->str() : each.unknown.empty() ? "" : "?" + join(each.unknown, ",");
    if (!each.reason.empty()) text += fmt::format("{}[{}]", text.empty() ? "" : " ", each.reason);
    out.push_back(fmt::format("{} {}:{} {}", each.where, each.span.line, each.span.column, text));
  }
  return join(out, "; ");
}

Beside with(const Files& files) {
  return {.read = [&files](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }};
}

struct EnvironmentRow {
  const char *summary, *text, *value;  ///< of X; `?`: it has one that nobody here knows; `-`: none; `!`: the file is none
};
const EnvironmentRow environment_rows[] = {
    {"a value", "X=a:1\n", "a:1"},
    {"of several lines", "A=b\nX=c\nD=e", "c"},
    {"none", "", "-"},
    {"another name", "XY=a", "-"},
    {"the last counts", "X=a\nX=b\n", "b"},
    {"exported", "export X=a\n", "a"},
    {"a colon", "X: a\n", "a"},
    {"blanks around", "  X = a  \n", "a"},
    {"empty", "X=\n", ""},
    {"a comment behind it", "X=a # b\n", "a"},
    {"a mark within it", "X=a#b\n", "a#b"},
    {"a comment of its own", "# X=b\nX=a\n", "a"},
    {"in double quotes", "X=\"a # b\" # c\n", "a # b"},
    {"in single quotes", "X='$A'\n", "$A"},
    {"over several lines in quotes", "X=\"a\nb\"\nY=c\n", "a\nb"},
    {"of another", "A=b\nX=$A:${A}\n", "b:b"},
    {"of another in quotes", "A=b\nX=\"${A}/c\"\n", "b/c"},
    {"of another with a default", "X=${A:-b}\n", "b"},
    {"of one that nobody knows", "X=$A\n", "?"},
    {"of one that has a value which nobody knows", "A=$B\nX=${A:-c}\n", "?"},
    {"an escape", "X=\"a\\nb\"\n", "?"},
    {"a name alone", "X\n", "?"},
    {"CR LF", "X=a\r\nY=b\r\n", "a"},
    {"a byte order mark", "\xef\xbb\xbfX=a\n", "a"},
    {"a quote that does not end", "X=\"a\n", "!"},
    {"something behind a quote", "X=\"a\"b\n", "!"},
    {"a name that is none", "a b=c\n", "!"},
    {"a sign alone", "=a\n", "!"},
};

TEST(EnvironmentFiles, AreReadAsComposeReadsThem) {
  for (const EnvironmentRow& row : environment_rows) {
    const auto read = read_environment_file(row.text);
    std::string value = "!";
    if (read) value = !read->contains("X") ? "-" : read->at("X").value_or("?");
    EXPECT_EQ(value, row.value) << row.summary;
  }
  EXPECT_FALSE(read_environment_file(std::string(2 << 20, '#'))) << "it is bounded";
  std::string doubling = "A0=xxxxxxxxxx\n";
  for (int at = 1; at < 60; ++at) doubling += fmt::format("A{0}=$A{1}$A{1}\n", at, at - 1);
  EXPECT_EQ(read_environment_file(doubling)->at("A59"), std::nullopt) << "so are its values";
}

struct ComposeRow {
  const char* summary;
  std::string text;
  Files files;
  std::string found;
};
const std::string one_build = "services:\n  a:\n    build:\n      context: app\n      args:\n        BASE: x:2\n";
const ComposeRow compose_rows[] = {
    {"a value of .env", "services: {a: {image: 'x:$V'}}\n", {{".env", "V=1\n"}}, "services.a.image 1:24 x:1"},
    {"before a default", "services: {a: {image: 'x:${V:-2}'}, b: {image: 'y:${W-3}'}}\n", {{".env", "V=1\nW=\n"}}, "services.a.image 1:24 x:1; services.b.image 1:49 "},
    {"where one is required", "services: {a: {image: 'x:${V:?say it}'}}\n", {{".env", "V=1\n"}}, "services.a.image 1:24 x:1"},
    {"where one is required and empty", "services: {a: {image: 'x:${V:?say it}'}}\n", {{".env", "V=\n"}}, "services.a.image 1:24 ?V"},
    {"no .env", "services: {a: {image: 'x:$V'}}\n", {}, "services.a.image 1:24 ?V"},
    {"one that does not have it", "services: {a: {image: 'x:$V'}}\n", {{".env", "W=1\n"}}, "services.a.image 1:24 ?V"},
    {"a value that nobody knows, and no default stands in for it", "services: {a: {image: 'x:${V:-ok}'}}\n", {{".env", "V=$(date)$W\n"}}, "services.a.image 1:24 ?V"},
    {"one that cannot be read", "services: {a: {image: 'x:${V:-ok}'}, b: {image: y}}\n", {{".env", "V=\"1\n"}}, "services.a.image 1:24 ?V; services.b.image 1:49 y"},
    {"an argument in the place of a default", one_build, {{"app/Dockerfile", "ARG BASE=y:1\nFROM $BASE\nFROM z:1\n"}}, "services.a.build app/Dockerfile:2 FROM 6:15 x:2"},
    {"the same as the default", one_build, {{"app/Dockerfile", "ARG BASE=x:2\nFROM $BASE\n"}}, ""},
    {"an argument that no image depends on", one_build, {{"app/Dockerfile", "FROM z:1\nARG BASE=y:1\nRUN echo $BASE\n"}}, ""},
    {"by another argument's default", one_build, {{"app/Dockerfile", "ARG BASE\nARG FULL=r.example/$BASE\nFROM ${FULL}\n"}}, "services.a.build app/Dockerfile:3 FROM 6:9 r.example/x:2"},
    {"as a list, with compose's own variable", "services: {a: {build: {args: ['BASE=x:${V:-7}']}}}\n", {{"Dockerfile", "ARG BASE=y:1\nFROM $BASE\n"}}, "services.a.build Dockerfile:2 FROM 1:32 x:7"},
    {"without a value", "services: {a: {build: {args: [BASE]}}}\n", {{"Dockerfile", "ARG BASE=y:1\nFROM $BASE\n"}}, "services.a.build Dockerfile:2 FROM 1:31 ?BASE"},
    {"without a value, which .env has", "services: {a: {build: {args: {BASE: }}}}\n", {{"Dockerfile", "ARG BASE=y:1\nFROM $BASE\n"}, {".env", "BASE=x:3\n"}}, "services.a.build Dockerfile:2 FROM 1:31 x:3"},
    {"another file, and a context that is a text", "services: {a: {build: {context: ., dockerfile: d/F, args: {B: x}}}, b: {build: app}}\n", {{"d/F", "ARG B\nFROM $B\n"}, {"app/Dockerfile", "FROM z\n"}}, "services.a.build d/F:2 FROM 1:63 x"},
    {"an argument that makes it scratch", "services: {a: {build: {args: {B: scratch}}}}\n", {{"Dockerfile", "ARG B=x\nFROM $B\n"}}, "services.a.build Dockerfile:2 FROM 1:30 [what it is given leaves it without a base]"},
    {"a file that is not there", "services: {a: {build: app}}\n", {}, "services.a.build 1:23 [app/Dockerfile]"},
    {"a file that is none", one_build, {{"app/Dockerfile", "FORM x\n"}}, "services.a.build 4:7 [read]"},
    {"a context elsewhere", "services: {a: {build: 'https://x.example/y.git'}}\n", {}, "services.a.build 1:24 [https]"},
    {"a context that a variable decides on", "services: {a: {build: {context: $C}}}\n", {}, "services.a.build 1:33 [C]"},
    {"a Dockerfile within, with arguments", "services: {a: {build: {dockerfile_inline: \"ARG I=ok\\nFROM $$I\", args: {I: x:1}}}}\n", {}, "services.a.build.dockerfile_inline FROM 1:43 x:1"},
};

TEST(Beside, ComposeFilesTakeTheirEnvironmentAndGiveArguments) {
  for (const ComposeRow& row : compose_rows) {
    const Beside beside = with(row.files);
    const auto uses = images_of(FileKind::Compose, row.text, "compose.yaml", &beside);
    std::string found = shown(uses);
    // Reasons are held to a word of theirs.
    if (const size_t mark = row.found.find('['); mark != std::string::npos && row.found.find(' ', mark) == std::string::npos) {
      EXPECT_EQ(found.substr(0, mark), row.found.substr(0, mark)) << row.summary;
      EXPECT_NE(found.find(row.found.substr(mark + 1, row.found.size() - mark - 2), mark), std::string::npos) << row.summary << ": " << found;
      continue;
    }
    EXPECT_EQ(found, row.found) << row.summary;
  }
  const auto alone = images_of(FileKind::Compose, one_build, "compose.yaml");
  EXPECT_EQ(shown(alone), "") << "without anything beside it, builds are left to their own files";
}

struct GitLabRow {
  const char* summary;
  std::vector<std::string> before;  ///< files that the present one outranks
  std::string text;
  std::vector<std::string> behind, missing;  ///< files that outrank it, and what is not at hand
  std::string found;
};
const GitLabRow gitlab_rows[] = {
    {"a variable of what is included", {"variables: {I: x:1}\n"}, "a: {image: $I}\n", {}, {}, "a.image 1:12 x:1"},
    {"the present file outranks it", {"variables: {I: x:1}\n"}, "variables: {I: y:1}\na: {image: $I}\n", {}, {}, "a.image 2:12 y:1"},
    {"who includes the file outranks it", {}, "variables: {I: x:1}\na: {image: $I}\n", {"variables: {I: y:1}\n"}, {}, "a.image 2:12 y:1"},
    {"the last of several", {"variables: {I: x:1}\n", "variables: {I: x:2}\n"}, "a: {image: $I}\n", {}, {}, "a.image 1:12 x:2"},
    {"for the default image, too", {"variables: {I: x:1}\n"}, "variables: {I: y:1}\ndefault: {image: $I}\n", {}, {}, "default.image 2:18 y:1"},
    {"one that other variables make", {"variables: {I: x:1}\n"}, "a: {image: $I}\n", {"variables: {I: $J}\n"}, {}, "a.image 1:12 ?I"},
    {"a job's own", {"variables: {I: x:1}\n"}, "a: {image: $I, variables: {I: z:1}}\n", {}, {}, "a.image 1:12 z:1"},
    {"a job of two files gets the variables of both", {"a: {variables: {I: evil}}\n"}, "variables: {I: ok}\na: {image: $I}\n", {}, {}, "a.image 2:12 ?I"},
    {"a job of another name does not", {"b: {variables: {I: evil}}\n"}, "variables: {I: ok}\na: {image: $I}\n", {}, {}, "a.image 2:12 ok"},
    {"what is extended there", {".t: {variables: {I: evil}}\n"}, "variables: {I: ok}\na: {extends: .t, image: $I}\n", {}, {}, "a.image 2:25 ?I"},
    {"what another file extends", {"b: {extends: a, variables: {I: evil}}\n"}, "variables: {I: ok}\na: {image: $I}\n", {}, {}, "a.image 2:12 ?I"},
    {"rules of all", {"workflow: {rules: [{variables: {I: evil}}]}\n"}, "variables: {I: ok}\nimage: $I\n", {}, {}, "image 2:8 ?I"},
    {"what is not at hand may say anything", {}, "variables: {I: ok}\na: {image: $I}\nb: {image: x:1}\n", {}, {"remote 'r'"}, "a.image 2:12 ok [variables decide on it, which remote 'r' may give a value]; b.image 3:12 x:1"},
    {"a file that cannot be read", {"a: [\n"}, "variables: {I: ok}\na: {image: $I}\n", {}, {}, "a.image 2:12 ok [variables decide on it, which a file of the pipeline that cannot be read may give a value]"},
    {"services", {"variables: {I: x:1}\n"}, "a: {services: [$I, {name: $I}]}\n", {}, {}, "a.services[0] 1:16 x:1; a.services[1].name 1:27 x:1"},
    {"an input", {}, "spec: {inputs: {v: {default: '1'}}}\n---\na: {image: 'x:$[[ inputs.v ]]'}\n", {}, {}, "a.image 3:13 [an input decides on it, which whoever includes the file gives]"},
};

TEST(Beside, PipelinesOfSeveralFilesShareTheirVariables) {
  for (const GitLabRow& row : gitlab_rows) {
    Beside beside{.missing = row.missing};
    beside.pipeline = row.before;
    beside.pipeline.push_back(row.text);
    beside.pipeline.insert(beside.pipeline.end(), row.behind.begin(), row.behind.end());
    EXPECT_EQ(shown(images_of(FileKind::GitLab, row.text, "x.yml", &beside)), row.found) << row.summary;
  }
}

struct UncheckedRow {
  const char* summary;
  FileKind kind;
  const char* text;
  Files files;
  std::string checked;  ///< paths and kinds, a blank before and behind each
  std::string found, reason;  ///< the places of what is undecided, `~` before what no image of the file depends on; what the last one says
};
const UncheckedRow unchecked_rows[] = {
    {"a Dockerfile that is checked", FileKind::Compose, "services: {a: {build: .}}\n", {{"Dockerfile", "FROM x\n"}}, " Dockerfile:dockerfile ", "", ""},
    {"one that is not", FileKind::Compose, "services: {a: {build: {dockerfile: d.df}}}\n", {{"d.df", "FROM x\n"}}, "", "services.a.build 1:36", "'d.df', which it is built by, is not among what is checked"},
    {"one that .env names", FileKind::Compose, "services: {a: {build: {dockerfile: '$D'}}}\n", {{"d.df", "FROM x\n"}, {".env", "D=d.df\n"}}, "", "services.a.build 1:37", "'d.df'"},
    {"one that a default names, and is checked", FileKind::Compose, "services: {a: {build: {dockerfile: '${D:-d.df}'}}}\n", {{"d.df", "FROM x\n"}}, " d.df:dockerfile ", "", ""},
    {"a dollar sign in its name", FileKind::Compose, "services: {a: {build: {dockerfile: '$${D}'}}}\n", {{"${D}", "FROM x\n"}, {".env", "D=d.df\n"}}, " d.df:dockerfile ", "services.a.build 1:37", "'${D}'"},
    {"an included file", FileKind::Compose, "include: [../x.yaml]\n", {{"../x.yaml", "a: b\n"}}, "", "~include[0] 1:11", "'../x.yaml' is not among"},
    {"one that is checked", FileKind::Compose, "include: [../x.yaml]\n", {{"../x.yaml", "a: b\n"}}, " ../x.yaml:compose ", "", ""},
    {"one that is checked as something else", FileKind::Compose, "include: [values.yaml]\n", {{"values.yaml", "a: b\n"}}, " values.yaml:helm-values ", "~include[0] 1:11", "not among"},
    {"one with variables, which has another .env by itself", FileKind::Compose, "include: [{path: [x.yaml, d/x.yaml]}]\n", {{"x.yaml", "a: $V\n"}, {"d/x.yaml", "a: $V\n"}}, " x.yaml:compose d/x.yaml:compose ", "include[0].path[1] 1:27", "has variables"},
    {"one with variables of its own", FileKind::Compose, "include: [{path: x.yaml, env_file: y}]\n", {{"x.yaml", "a: b\n"}}, " x.yaml:compose ", "include[0] 1:18", "of its own"},
    {"one that a variable names", FileKind::Compose, "include: ['$V.yaml', '$W.yaml']\n", {{".env", "V=x\n"}, {"x.yaml", ""}}, " x.yaml:compose ", "include[1] 1:23", "a variable decides"},
    {"a service that is extended", FileKind::Compose, "services: {a: {extends: {file: x.yaml, service: b}}, c: {extends: {service: a}}, d: {extends: a}}\n", {}, "", "services.a.extends.file 1:32", "not among"},
    {"one of a file that is checked", FileKind::Compose, "services: {a: {extends: {file: x.yaml, service: b}}}\n", {{"x.yaml", ""}}, " x.yaml:compose ", "", ""},
    {"a kustomization's folder", FileKind::Kubernetes, "kind: Kustomization\nresources: [../base]\n", {}, "", "~resources[0] 2:13", "not among"},
    {"one that is checked", FileKind::Kubernetes, "kind: Kustomization\nresources: [../base]\nbases: [../b]\n", {}, " ../base/kustomization.yaml:kubernetes ../b/kustomization.yml:kubernetes ", "", ""},
    {"its files", FileKind::Kubernetes, "kind: Kustomization\nresources: [a.yaml, b.yaml, c.yaml]\n", {}, " a.yaml:kubernetes b.yaml:compose ", "~resources[1] 2:21; ~resources[2] 2:29", "not among"},
    {"its patches", FileKind::Kubernetes, "kind: Kustomization\npatches: [{path: a.yaml}, {path: b.yaml}]\npatchesStrategicMerge: [c.yaml, d.yaml]\n", {{"a.yaml", "image: x\n"}, {"b.yaml", "replicas: 1\n"}, {"c.yaml", "image: x\n"}}, " c.yaml:kubernetes ", "~patches[0].path 2:18; ~patchesStrategicMerge[1] 3:33", "the patch is not among"},
    {"what changes manifests", FileKind::Kubernetes, "kind: Kustomization\ntransformers: [a.yaml, b]\ngenerators: [g]\n", {}, " b/Kustomization:kubernetes ", "~transformers[0] 2:16; ~generators[0] 3:14", "not among"},
    {"fields that are images by a configuration", FileKind::Kubernetes, "kind: Kustomization\nconfigurations: [a, b, c]\n", {{"a", "images:\n- {path: spec/engine/ref, kind: K}\n- {path: spec/x/image}\n"}, {"b", "namePrefix: []\n"}}, "", "~configurations[0] 2:18; ~configurations[2] 2:24", "is not at hand"},
    {"replacements in a file", FileKind::Kubernetes, "kind: Kustomization\nreplacements: [{path: a}, {path: b}, {path: c}]\n", {{"a", "- source: {kind: ConfigMap}\n  targets: [{select: {kind: Pod}, fieldPaths: [spec.containers.0.image]}]\n"}, {"b", "source: {}\ntargets: [{fieldPaths: [spec.replicas]}]\n"}}, "", "replacements[0].path 2:23; ~replacements[2].path 2:45", "not at hand"},
    {"what pipelines include from elsewhere", FileKind::GitLab, "include:\n- {project: g/p, file: /x.yml}\n- /ci/a.yml\n- /ci/b.yml\n", {}, " /ci/a.yml:gitlab ", "~include[0] 2:3; ~include[2] 4:3", "'/ci/b.yml' is included"},
    {"what a job starts", FileKind::GitLab, "a: {trigger: {include: [{local: /ci/a.yml}, {artifact: c.yml, job: a}]}}\nb: {trigger: {include: /ci/b.yml}}\n", {}, " /ci/a.yml:gitlab ", "~a.trigger.include[1] 1:45; ~b.trigger.include 2:24", "'/ci/b.yml'"},
};

TEST(Beside, WhatIsNotCheckedByItselfIsUndecided) {
  for (const UncheckedRow& row : unchecked_rows) {
    Beside beside = with(row.files);
    beside.is_checked = [&](const std::string& path, FileKind kind) { return row.checked.find(fmt::format(" {}:{} ", path, to_string(kind))) != std::string::npos; };
    beside.is_included = [&](const std::string& local) { return beside.is_checked(local, FileKind::GitLab); };
    const auto uses = images_of(row.kind, row.text, "f.yaml", &beside);
    ASSERT_TRUE(uses) << row.summary;
    std::vector<std::string> found;
    std::string reason;
    for (const ImageUse& each : *uses) {
      found.push_back(fmt::format("{}{} {}:{}", each.elsewhere ? "~" : "", each.where, each.span.line, each.span.column));
      EXPECT_FALSE(each.image) << row.summary;
      EXPECT_FALSE(each.reason.empty()) << row.summary;
      reason = each.reason;
    }
    EXPECT_EQ(join(found, "; "), row.found) << row.summary;
    EXPECT_NE(reason.find(row.reason), std::string::npos) << row.summary << ": " << reason;
    const auto alone = images_of(row.kind, row.text, "f.yaml");
    EXPECT_TRUE(alone && alone->empty()) << row.summary << ": nobody knows what else is checked";
  }
}

TEST(Beside, DockerfilesAreNamedAsComposeResolvesThem) {
  const char* text = "services:\n  a: {build: {dockerfile: '${DF}'}}\n  b: {build: {dockerfile: '${X:-b.df}'}}\n  c: {build: '${CTX}'}\n  d: {build: {dockerfile: '$${DF}'}}\n  e: {build: {dockerfile: '$X'}}\n";
  const Files files = {{".env", "DF=prod.df\nCTX=web\n"}};
  const Beside beside = with(files);
  EXPECT_EQ(join(build_files(text, "f", &beside), " "), "prod.df b.df web/Dockerfile ${DF}");
  EXPECT_EQ(join(build_files(text, "f"), " "), "b.df ${DF}") << "nothing is beside it";
}

TEST(Beside, IncludesAreTold) {
  struct Row { const char *summary, *text, *local, *others; };
  const Row rows[] = {
      {"none", "a: {script: x}\n", "", ""},
      {"a text", "include: /ci/a.yml\n", "/ci/a.yml", ""},
      {"of a pipeline that a job starts", "a: {trigger: {include: ci/a.yml}}\nb: {trigger: {include: [{local: /ci/b.yml}, {artifact: c.yml, job: a}]}}\nc: {trigger: g/p}\n", "ci/a.yml /ci/b.yml", "artifact 'c.yml'"},
      {"a list", "include: [/ci/a.yml, 'https://x.example/b.yml', {local: 'ci/*.yml', rules: [{if: $X}]}]\n", "/ci/a.yml ci/*.yml", "'https://x.example/b.yml'"},
      {"one alone", "include: {local: a.yml}\n", "a.yml", ""},
      {"others", "include:\n- template: Jobs/SAST.gitlab-ci.yml\n- {project: g/p, file: /x.yml}\n- remote: 'https://x.example/c.yml'\n- component: $CI_SERVER_FQDN/a@1\n", "", "template 'Jobs/SAST.gitlab-ci.yml' project 'g/p' remote 'https://x.example/c.yml' component '$CI_SERVER_FQDN/a@1'"},
      {"a variable in a path", "include: {local: '/$X.yml'}\n", "", "'/$X.yml'"},
      {"behind a header", "spec: {inputs: {x: }}\n---\ninclude: a.yml\n", "a.yml", ""},
      {"broken", "a: [", "", ""},
  };
  for (const Row& row : rows) {
    const Includes out = includes_of(row.text, "f");
    EXPECT_EQ(join(out.local, " "), row.local) << row.summary;
    EXPECT_EQ(join(out.others, " "), row.others) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::workload
