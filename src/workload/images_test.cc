#include "workload/images.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/variables.h"

namespace ashlar::workload {
namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

/// `place line:column text` of each use; `?` before the variables that nobody knows.
std::string shown(const Result<std::vector<ImageUse>>& uses) {
  if (!uses) return uses.error().faults.empty() ? uses.error().message : fmt::format("{}: {}", uses.error().faults[0].line, uses.error().faults[0].message);
  std::vector<std::string> out;
  for (const ImageUse& each : *uses) {
    std::string text = each.image ? each.image->str() : "?" + join(each.unknown, ",");
    if (!each.reason.empty()) text = fmt::format("{}[{}]", each.image ? text + " " : "", each.reason);
    out.push_back(fmt::format("{} {}:{} {}", each.where, each.span.line, each.span.column, text));
  }
  return join(out, "; ");
}

struct NameRow {
  const char* summary;
  std::string text, name, tag, digest;  ///< an empty name: it is none
};
const NameRow names[] = {
    {"a name alone", "python", "python", "", ""},
    {"with a tag", "python:3.13", "python", "3.13", ""},
    {"with a digest", "python@" + digest, "python", "", digest},
    {"with both", "python:3.13@" + digest, "python", "3.13", digest},
    {"with a host", "registry.example/a/b:c", "registry.example/a/b", "c", ""},
    {"with a host's port", "localhost:5000/a", "localhost:5000/a", "", ""},
    {"folders are no host", "team/app", "team/app", "", ""},
    {"upper case in a host", "Registry.Example/a", "Registry.Example/a", "", ""},
    {"upper case in a name", "Team/app", "", "", ""},
    {"a tag that is none", "a:-b", "", "", ""},
    {"a digest that is none", "a@sha256:12", "", "", ""},
    {"nothing", "", "", "", ""},
    {"only a tag", ":x", "", "", ""},
    {"blanks", "a b", "", "", ""},
    {"a scheme", "docker://a/b", "", "", ""},
};

TEST(ImageNames, AreReadAsTheyAreWritten) {
  for (const NameRow& row : names) {
    const auto name = ImageName::parse(row.text);
    ASSERT_EQ(name.has_value(), !row.name.empty()) << row.summary;
    if (!name) continue;
    EXPECT_EQ(*name, (ImageName{row.name, row.tag, row.digest})) << row.summary;
    EXPECT_EQ(name->str(), row.text) << row.summary;
  }
}

/// ARG A0 to A`count`, each twice the one before.
std::string doubling(int count) {
  std::string out = "ARG A0=xxxxxxxxxx\n";
  for (int at = 1; at <= count; ++at) out += fmt::format("ARG A{0}=$A{1}$A{1}\n", at, at - 1);
  return out;
}

struct Row {
  const char* summary;
  FileKind kind;
  std::string text, found;
};

const Row rows[] = {
    // Dockerfiles
    {"one", FileKind::Dockerfile, "FROM python:3.13\n", "FROM 1:6 python:3.13"},
    {"scratch is none", FileKind::Dockerfile, "FROM scratch\n", ""},
    {"stages are none", FileKind::Dockerfile, "FROM a AS b\nFROM b\nCOPY --from=b x y\nCOPY --from=0 x y\n", "FROM 1:6 a"},
    {"FROM takes no number", FileKind::Dockerfile, "FROM a\nFROM 0\nCOPY --from=0 x y\n", "FROM 1:6 a; FROM 2:6 0"},
    {"a stage of the same name later is none yet", FileKind::Dockerfile, "FROM b\nFROM a AS b\n", "FROM 1:6 b; FROM 2:6 a"},
    {"stages in another case", FileKind::Dockerfile, "FROM a AS Build\nFROM b\nCOPY --from=BUILD x y\n", "FROM 1:6 a; FROM 2:6 b"},
    {"COPY --from an image", FileKind::Dockerfile, "FROM a\nCOPY --from=tools:1 /x /y\n", "FROM 1:6 a; COPY --from 2:13 tools:1"},
    {"a number beyond the stages is an image's name", FileKind::Dockerfile, "FROM a\nCOPY --from=7 x y\n", "FROM 1:6 a; COPY --from 2:13 7"},
    {"RUN --mount", FileKind::Dockerfile, "FROM a\nRUN --mount=type=bind,from=tools:1,target=/t make\n", "FROM 1:6 a; RUN --mount 2:28 tools:1"},
    {"RUN --mount in quotes", FileKind::Dockerfile, "FROM a\nRUN --mount=type=bind,\"from=tools:1\" make\n", "FROM 1:6 a; RUN --mount 2:29 tools:1"},
    {"RUN --mount with a key in another case", FileKind::Dockerfile, "FROM a\nRUN --mount=type=cache,FROM=tools:1,target=/t --mount=From=more:2,target=/m make\n", "FROM 1:6 a; RUN --mount 2:29 tools:1; RUN --mount 2:60 more:2"},
    {"RUN --mount of a stage", FileKind::Dockerfile, "FROM a AS s\nFROM b\nRUN --mount=from=s,target=/t make\n", "FROM 1:6 a; FROM 2:6 b"},
    {"ONBUILD", FileKind::Dockerfile, "FROM a\nONBUILD COPY --from=tools:1 x y\n", "FROM 1:6 a; ONBUILD COPY --from 2:21 tools:1"},
    {"a default of ARG", FileKind::Dockerfile, "ARG V=3.13\nFROM python:$V\n", "FROM 2:6 python:3.13"},
    {"in braces, with another behind it", FileKind::Dockerfile, "ARG N=python\nARG V=3.13\nFROM ${N}:${V}-slim\n", "FROM 3:6 python:3.13-slim"},
    {"an ARG of an ARG", FileKind::Dockerfile, "ARG A=x\nARG B=${A}/y\nFROM $B\n", "FROM 3:6 x/y"},
    {"an ARG without a value", FileKind::Dockerfile, "ARG V\nFROM python:$V\n", "FROM 2:6 ?V"},
    {"a default where it is used", FileKind::Dockerfile, "ARG V\nFROM python:${V:-3.12}\n", "FROM 2:6 python:3.12"},
    {"another value where there is one", FileKind::Dockerfile, "ARG S=1\nFROM python:3.13${S:+-slim}\n", "FROM 2:6 python:3.13-slim"},
    {"none where there is none", FileKind::Dockerfile, "FROM python:3.13${S:+-slim}\n", "FROM 1:6 python:3.13"},
    {"an ARG within a stage does not count", FileKind::Dockerfile, "FROM a\nARG V=1\nFROM b:$V\n", "FROM 1:6 a; FROM 3:6 ?V"},
    {"ENV does not either", FileKind::Dockerfile, "FROM a\nENV V=1\nFROM b:$V\n", "FROM 1:6 a; FROM 3:6 ?V"},
    {"quotes go", FileKind::Dockerfile, "ARG I=\"python:3.13\"\nFROM $I\n", "FROM 2:6 python:3.13"},
    {"a form that is unknown", FileKind::Dockerfile, "ARG V=1\nFROM a:${V#x}\n", "FROM 2:6 ?a:${V#x}"},
    {"values that double each other", FileKind::Dockerfile, doubling(40) + "FROM $A40\nFROM a:$A0\n", "FROM 42:6 ?A40; FROM 43:6 a:xxxxxxxxxx"},
    {"a value that nobody knows replaces the one before", FileKind::Dockerfile, "ARG I=ok\nARG I=${NOPE}evil/x:1\nFROM $I\n", "FROM 3:6 ?I"},
    {"no default stands in for it", FileKind::Dockerfile, "ARG X=${NOPE}evil/x:1\nFROM ${X:-ok}\n", "FROM 2:6 ?X"},
    {"nor for one of a form that is unknown", FileKind::Dockerfile, "ARG A=evil/x:1\nARG B=${A%zz}\nFROM ${B:-ok}\n", "FROM 3:6 ?B"},
    {"nor for one that is too long", FileKind::Dockerfile, "ARG A=" + std::string(5000, 'x') + "\nFROM ${A:-ok}\n", "FROM 2:6 ?A"},
    {"nor for one made of such", FileKind::Dockerfile, "ARG A=${NOPE}x\nARG B=${A:-ok}\nFROM ${B:-ok}\n", "FROM 3:6 ?B"},
    {"nothing else stands in for it either", FileKind::Dockerfile, "ARG A=${NOPE}\nFROM ok${A:+-slim}\n", "FROM 2:6 ?A"},
    {"a value that is known again", FileKind::Dockerfile, "ARG A=${NOPE}x\nARG A=ok\nFROM $A\n", "FROM 3:6 ok"},
    {"an ARG without a value behind one with it", FileKind::Dockerfile, "ARG A=ok\nARG A\nFROM ${A:-evil}\n", "FROM 3:6 ?A"},
    {"a default for what the builder gives", FileKind::Dockerfile, "ARG A=${TARGETOS:+evil/x}\nFROM ${A:-ok}\nFROM ${BUILDPLATFORM:-ok}\nFROM ${TARGETS:-ok}\n", "FROM 2:6 ?A; FROM 3:6 ?BUILDPLATFORM; FROM 4:6 ok"},
    {"a variable before scratch, or before a stage", FileKind::Dockerfile, "FROM a AS b\nFROM ${V}scratch\nFROM ${V}b\n", "FROM 1:6 a; FROM 2:6 ?V; FROM 3:6 ?V"},
    {"a variable in --from", FileKind::Dockerfile, "ARG V=1\nFROM a\nCOPY --from=x:$V y z\n", "FROM 2:6 a; COPY --from 3:13 ?x:$V"},
    {"the frontend", FileKind::Dockerfile, "# syntax=docker/dockerfile:1\nFROM a\n", "syntax 1:10 docker/dockerfile:1; FROM 2:6 a"},
    {"the frontend behind a line for a shell", FileKind::Dockerfile, "#!/usr/bin/env x\n# escape=`\n# syntax=a/b:1 c=d\nFROM a \\\n  AS b\n", "syntax 3:10 a/b:1; FROM 4:6 a"},
    {"the frontend behind a blank of another script", FileKind::Dockerfile, "#\u00a0\u2003syntax=a/b:1\nFROM a\n", "syntax 1:11 a/b:1; FROM 2:6 a"},
    {"none behind a comment", FileKind::Dockerfile, "# x\n#!/bin/x\n# syntax=a/b:1\nFROM a\n", "FROM 4:6 a"},
    {"a mount takes no number", FileKind::Dockerfile, "FROM a\nRUN --mount=from=0,target=/t make\n", "FROM 1:6 a; RUN --mount 2:18 0"},
    {"a continuation before it", FileKind::Dockerfile, "FROM --platform=linux/amd64 \\\n  a:1 \\\n  AS b\n", "FROM 2:3 a:1"},
    {"in a heredoc it is none", FileKind::Dockerfile, "FROM a\nRUN <<E\nFROM b\nE\n", "FROM 1:6 a"},
    {"characters before it", FileKind::Dockerfile, "FROM --platform=ä a\n", "FROM 1:19 a"},
    {"what is no name", FileKind::Dockerfile, "FROM A/B\n", "FROM 1:6 ?"},
    {"what is no Dockerfile", FileKind::Dockerfile, "RUN x\n", "1: RUN stands before the first FROM"},
    // Compose
    {"services", FileKind::Compose, "services:\n  a: {image: x:1}\n  b:\n    image: \"y:2\"  # no\n", "services.a.image 2:14 x:1; services.b.image 4:13 y:2"},
    {"a default", FileKind::Compose, "services:\n  a:\n    image: ${IMAGE:-x}:${TAG-1}\n", "services.a.image 3:12 x:1"},
    {"no default", FileKind::Compose, "services:\n  a:\n    image: x:${TAG}\n  b:\n    image: x:${TAG:?needed}\n", "services.a.image 3:12 ?TAG; services.b.image 5:12 ?TAG"},
    {"a dollar sign", FileKind::Compose, "services:\n  a:\n    image: x:$$1\n", "services.a.image 3:12 ?"},
    {"contexts of builds", FileKind::Compose, "services:\n  a:\n    build:\n      context: .\n      additional_contexts:\n        base: docker-image://x:1\n  b:\n    build:\n      additional_contexts:\n        - t=docker-image://y:1\n",
     "services.a.build.additional_contexts.base 6:30 x:1; services.b.build.additional_contexts.t 10:28 y:1"},
    {"an anchor is one place", FileKind::Compose, "services:\n  a: &a\n    image: &i x:1\n  b:\n    <<: *a\n  c:\n    image: *i\n", "services.a.image 3:15 x:1"},
    {"an anchor elsewhere", FileKind::Compose, "x-i: &i x:1\nservices:\n  a: {image: *i}\n", "services.a.image 1:9 x:1"},
    {"a Dockerfile within", FileKind::Compose, "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x:1\n        COPY --from=y:2 a b\n", "services.a.build.dockerfile_inline FROM 5:1 x:1; services.a.build.dockerfile_inline COPY --from 5:1 y:2"},
    {"with a variable of compose", FileKind::Compose, "services: {a: {build: {dockerfile_inline: 'FROM ${I}'}}, b: {build: {dockerfile_inline: 'FROM ${I:-x:1}'}}}\n", "services.a.build.dockerfile_inline 1:44 ?I; services.b.build.dockerfile_inline FROM 1:90 x:1"},
    {"with an argument that the build is given", FileKind::Compose, "services: {a: {build: {dockerfile_inline: \"ARG I=ok\\nFROM $$I\", args: {I: evil}}}, b: {build: {dockerfile_inline: \"ARG I=ok\\nFROM $$I\", args: [I=evil]}}, c: {build: {dockerfile_inline: \"ARG I=ok\\nFROM $$I\"}}}\n",
     "services.a.build.dockerfile_inline FROM 1:43 evil; services.b.build.dockerfile_inline FROM 1:115 evil; services.c.build.dockerfile_inline FROM 1:186 ok"},
    {"one that is none", FileKind::Compose, "services: {a: {build: {dockerfile_inline: FORM x}}}\n", "services.a.build.dockerfile_inline 1:43 ?"},
    {"volumes that are images", FileKind::Compose, "services:\n  a:\n    volumes:\n    - {type: image, source: x:1}\n    - {type: bind, source: ./y}\n    - ./z:/z\n    - {type: '${T}', source: w:1}\n", "services.a.volumes[0].source 4:29 x:1; services.a.volumes[3].source 7:30 w:1"},
    {"a variable that brings the scheme of a context", FileKind::Compose, "services: {a: {build: {additional_contexts: {b: '${C:-docker-image://x:1}', c: '${D}', d: '${E:-./f}'}}}}\n", "services.a.build.additional_contexts.b 1:50 x:1; services.a.build.additional_contexts.c 1:81 ?D"},
    {"no services", FileKind::Compose, "volumes: {}\n", ""},
    {"services of the first version", FileKind::Compose, "web:\n  image: x:1\n  links: [db]\ndb: {build: {dockerfile_inline: FROM y:2}}\n", "web.image 2:10 x:1; db.build.dockerfile_inline FROM 4:33 y:2"},
    {"hooks with images of their own", FileKind::Compose, "services:\n  a:\n    image: x:1\n    pre_start: [{image: y:1, command: z}]\n", "services.a.image 3:12 x:1; services.a.pre_start[0].image 4:25 y:1"},
    {"services that are none", FileKind::Compose, "services: [image]\n", ""},
    {"broken", FileKind::Compose, "a: [\n", ""},
    // Kubernetes
    {"a pod", FileKind::Kubernetes, "apiVersion: v1\nkind: Pod\nspec:\n  initContainers:\n  - image: i:1\n  containers:\n  - {name: a, image: c:1}\n  ephemeralContainers: [{image: e:1}]\n",
     "spec.initContainers[0].image 5:12 i:1; spec.containers[0].image 7:22 c:1; spec.ephemeralContainers[0].image 8:33 e:1"},
    {"a cron job", FileKind::Kubernetes, "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: 'c:1'}]}}}}}\n", "spec.jobTemplate.spec.template.spec.containers[0].image 3:69 c:1"},
    {"several documents", FileKind::Kubernetes, "# one\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: a}]}\n---\n# nothing\n---\napiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{image: b}]}}}\n...\n---\na: b\n",
     "spec.containers[0].image 5:29 a; spec.template.spec.containers[0].image 11:47 b"},
    {"a list", FileKind::Kubernetes, "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec: {containers: [{image: a}]}\n", "items[0].spec.containers[0].image 6:31 a"},
    {"a resource of others", FileKind::Kubernetes, "apiVersion: x.example/v1\nkind: Rollout\nspec: {template: {spec: {containers: [{image: a}]}}}\n", "spec.template.spec.containers[0].image 3:47 a"},
    {"a volume of an image", FileKind::Kubernetes, "apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - image: {reference: a:1}\n", "spec.volumes[0].image.reference 5:24 a:1"},
    {"steps and sidecars of Tekton", FileKind::Kubernetes, "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps: [{image: a:1}]\n  sidecars:\n  - image: b:1\n", "spec.steps[0].image 4:19 a:1; spec.sidecars[0].image 6:12 b:1"},
    {"parameters of Tekton", FileKind::Kubernetes, "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  stepTemplate: {image: $(params.own)}\n  steps: [{image: 'a:$(params.tag)'}, {image: b}]\n", "spec.stepTemplate.image 4:25 [a parameter decides on it]; spec.steps[0].image 5:20 [a parameter decides on it]; spec.steps[1].image 5:47 b"},
    {"templates of Argo", FileKind::Kubernetes, "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n  - container: {image: a:1}\n  - script: {image: b}\n  - container: {image: '{{x}}'}\n", "spec.templates[0].container.image 5:24 a:1; spec.templates[1].script.image 6:21 b; spec.templates[2].container.image 7:25 ?"},
    {"images of resources of others", FileKind::Kubernetes, "apiVersion: x.example/v1\nkind: Database\nspec:\n  image: a\n  imageName: b:1\n  baseImage: c/d\n  diskImage: large\n  e: {image: {repository: f, tag: '2'}}\n",
     "spec.image 4:10 a; spec.imageName 5:14 b:1; spec.baseImage 6:14 c/d; spec.e.image 8:27 f:2"},
    {"by name and tag", FileKind::Kubernetes, "apiVersion: x.example/v1\nkind: Database\nspec:\n  image: {name: a/b, tag: '2'}\n  sideImage: {registry: r.example, name: c, digest: '" + digest + "'}\n", "spec.image 4:17 a/b:2; spec.sideImage 5:42 r.example/c@" + digest},
    {"an application of Argo CD", FileKind::Kubernetes, "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  sources:\n  - chart: c\n    helm:\n      valuesObject: {image: {repository: x, tag: '1'}}\n      parameters: [{name: side.image.repository, value: y}, {name: side.image.tag, value: '2'}, {name: lastImage, value: r.example/z:3}, {name: image.repository, value: w}]\n  - path: k8s\n    kustomize: {images: ['a=x/b:1', 'c:2']}\n  - ref: values\n",
     "spec.sources[0].chart 5:12 [the manifests of that chart are not here]; spec.sources[0].helm.valuesObject.image 7:42 x:1; spec.sources[0].helm.parameters.image.repository 8:170 w [the chart decides on its tag]; spec.sources[0].helm.parameters.lastImage 8:122 r.example/z:3; spec.sources[0].helm.parameters.side.image.repository 8:57 y:2; spec.sources[1].path 9:11 [the manifests of that source are not here]; spec.sources[1].kustomize.images[0] 10:29 x/b:1; spec.sources[1].kustomize.images[1] 10:38 c:2"},
    {"a set of them", FileKind::Kubernetes, "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {template: {spec: {source: {path: k8s, helm: {values: 'a: [', parameters: [{name: x.image, value: 'r/{{i}}'}]}}}}}\n", "spec.template.spec.source.path 3:41 [the manifests of that source are not here]; spec.template.spec.source.helm.values 3:62 [the values cannot be read]; spec.template.spec.source.helm.parameters.x.image 3:106 ?"},
    {"a release of Flux", FileKind::Kubernetes, "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart: {spec: {chart: c}}\n  values: {global: {imageRegistry: m.example}, image: {registry: r.example, repository: x, tag: '1'}}\n  postRenderers: [{kustomize: {images: [{name: a, newName: b, newTag: '2'}]}}]\n",
     "spec.chart 4:25 [the manifests of that chart are not here]; spec.values.image 5:89 r.example/x:1 ['global.imageRegistry' may take the place of its registry]; spec.postRenderers[0].kustomize.images[0] 6:60 b:2"},
    {"a kustomization of Flux", FileKind::Kubernetes, "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: ./k8s, images: [{name: a, newTag: '1'}], patches: [{patch: 'spec: {containers: [{image: x:1}]}'}]}\n", "spec.path 3:14 [the manifests of that source are not here]; spec.images[0] 3:37 a:1; spec.patches[0].patch spec.containers[0].image 3:74 x:1"},
    {"a chart of k3s", FileKind::Kubernetes, "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nspec: {chart: c, jobImage: 'j:1', set: {image.repository: x, image.tag: '2'}, valuesContent: 'image: y:3'}\n", "spec.chart 3:15 [the manifests of that chart are not here]; spec.jobImage 3:29 j:1; spec.valuesContent image 3:95 y:3; spec.set.image.repository 3:59 x:2"},
    {"a task that is resolved", FileKind::Kubernetes, "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: {taskRef: {resolver: bundles, params: [{name: bundle, value: x:1}]}}\n", "spec.taskRef 3:28 [what it is resolved to is not here]"},
    {"patterns of an engine of policies", FileKind::Kubernetes, "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec:\n  rules:\n  - validate: {pattern: {spec: {containers: [{image: '!*:latest'}]}}}\n  - mutate: {patchStrategicMerge: {spec: {initContainers: [{image: x:1}]}}}\n", "spec.rules[1].mutate.patchStrategicMerge.spec.initContainers[0].image 6:68 x:1"},
    {"what a rule of such an engine puts into pods", FileKind::Kubernetes, "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec:\n  rules:\n  - mutate:\n      patchesJson6902: |-\n        - {op: add, path: /spec/template/spec/initContainers, value: [{name: a, image: x:1}]}\n", "spec.rules[0].mutate.patchesJson6902 [0].value[0].image 7:1 x:1"},
    {"a disk of a volume is none", FileKind::Kubernetes, "apiVersion: v1\nkind: Pod\nspec: {volumes: [{rbd: {image: a}}]}\n", ""},
    {"a definition of resources has none", FileKind::Kubernetes, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {image: a}\n", ""},
    {"images of a kustomization", FileKind::Kubernetes, "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages:\n- {name: a, newName: x/b, newTag: '1'}\n- {name: c, digest: '" + digest + "'}\n- {name: d, newName: e}\n- {name: f}\n- {name: g, newTag: '2'}\n",
     "images[0] 4:22 x/b:1; images[1] 5:10 c@" + digest + "; images[2] 6:22 ?newTag; images[4] 8:10 g:2"},
    {"patches of a kustomization", FileKind::Kubernetes, "kind: Kustomization\npatches:\n- path: p.yaml\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    spec: {template: {spec: {containers: [{name: a, image: x:1}]}}}\n- target: {kind: Deployment}\n  patch: |\n    - {op: replace, path: /spec/template/spec/containers/0/image, value: y:2}\n    - op: add\n      path: /spec/template/spec/initContainers/-\n      value: {name: i, image: z:3}\n    - {op: remove, path: /spec/template/spec/containers/1/image}\n",
     "patches[1].patch spec.template.spec.containers[0].image 5:1 x:1; patches[2].patch [0].value 10:1 y:2; patches[2].patch [1].value.image 10:1 z:3"},
    {"patches of older forms", FileKind::Kubernetes, "kind: Kustomization\npatchesStrategicMerge:\n- p.yaml\n- |-\n  spec: {template: {spec: {containers: [{name: a, image: x:1}]}}}\npatchesJson6902:\n- {target: {kind: Job}, path: j.json}\n- target: {kind: Job}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"y:2\"}]'\n",
     "patchesStrategicMerge[1] spec.template.spec.containers[0].image 5:1 x:1; patchesJson6902[1].patch [0].value 9:11 y:2"},
    {"a patch that takes an image from elsewhere, and one that cannot be read", FileKind::Kubernetes, "kind: Kustomization\npatches:\n- patch: '[{op: copy, from: /metadata/name, path: /spec/image}]'\n- patch: 'a: ['\n", "patches[0].patch [0].value 3:11 [what stands elsewhere is put there]; patches[1].patch 4:11 [the patch cannot be read]"},
    {"a transformer of images", FileKind::Kubernetes, "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t}\nimageTag: {name: a, newName: x/b, newTag: '1'}\nfieldSpecs: [{path: spec/image}]\n", "imageTag 4:30 x/b:1"},
    {"transformers of patches", FileKind::Kubernetes, "apiVersion: builtin\nkind: PatchTransformer\npatch: '{spec: {containers: [{image: x:1}]}}'\n---\napiVersion: builtin\nkind: PatchJson6902Transformer\njsonOp: '[{op: add, path: /spec/image, value: y:2}]'\n",
     "patch spec.containers[0].image 3:9 x:1; jsonOp [0].value 7:10 y:2"},
    {"a transformer within a kustomization", FileKind::Kubernetes, "kind: Kustomization\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: ImageTagTransformer\n  imageTag: {name: a, newTag: '2'}\n", "transformers[0] imageTag 4:1 a:2"},
    {"a generator of a chart", FileKind::Kubernetes, "apiVersion: builtin\nkind: HelmChartInflationGenerator\nname: c\nvaluesInline: {image: {repository: x, tag: '1'}}\n", "name 3:7 [the manifests of that chart are not here]; valuesInline.image 4:36 x:1"},
    {"a resource of that kind of another group", FileKind::Kubernetes, "apiVersion: x.example/v1\nkind: PatchTransformer\nspec: {image: a:1}\n", "spec.image 3:15 a:1"},
    {"what a kustomization takes from elsewhere", FileKind::Kubernetes, "kind: Kustomization\nresources: [a.yaml, 'https://x.example/r?ref=v1', ../base]\ncomponents: ['github.com/x/y']\nhelmCharts: [{name: c, repo: 'https://x.example', valuesInline: {image: {repository: x, tag: '1'}}}]\nreplacements: [{source: {kind: ConfigMap}, targets: [{fieldPaths: [spec.template.spec.containers.0.image, spec.replicas]}]}]\n",
     "resources[1] 2:22 [the manifests of that address are not here]; components[0] 3:15 [the manifests of that address are not here]; helmCharts[0] 4:21 [the manifests of that chart are not here]; helmCharts[0].valuesInline.image 4:86 x:1; replacements[0] 5:68 [what stands elsewhere is put there]"},
    {"a patch of its own file", FileKind::Kubernetes, "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: x:1\n- {op: test, path: /spec/image, value: z}\n- op: replace\n  path: /metadata/labels\n  value: {image: no}\n", "[0].value 3:10 x:1"},
    {"one without a kind", FileKind::Kubernetes, "images: [{name: a, newName: b, newTag: c}]\n", "images[0] 1:29 b:c"},
    {"other keys called image are none", FileKind::Kubernetes, "apiVersion: v1\nkind: ConfigMap\ndata: {image: a}\n", ""},
    {"what has no kind is no manifest", FileKind::Kubernetes, "containers: [{image: a}]\n", ""},
    {"CR LF", FileKind::Kubernetes, "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: a:1\r\n---\r\napiVersion: v1\r\nkind: Pod\r\nspec: {containers: [{image: b}]}\r\n", "spec.containers[0].image 5:12 a:1; spec.containers[0].image 9:29 b"},
    {"a fault in a later document", FileKind::Kubernetes, "a: b\n---\nc: d\nc: e\n", "4: the key 'c' stands twice"},
    // Helm
    {"parts", FileKind::HelmValues, "image:\n  repository: x\n  tag: \"1\"\n", "image 2:15 x:1"},
    {"with a registry and a digest", FileKind::HelmValues, "a:\n  image: {registry: r.example, repository: x/y, tag: 1.2, digest: '" + digest + "'}\n", "a.image 2:44 r.example/x/y:1.2@" + digest},
    {"an empty tag", FileKind::HelmValues, "image: {repository: x, tag: \"\"}\n", "image 1:21 x [the chart decides on its tag]"},
    {"a text", FileKind::HelmValues, "sidecar: {image: x:1}\nmigrationImage: r.example/y\n", "sidecar.image 1:18 x:1; migrationImage 2:17 r.example/y"},
    {"a word alone", FileKind::HelmValues, "a: {image: nginx}\n", "a.image 1:12 nginx"},
    {"a word alone under another key is none", FileKind::HelmValues, "diskImage: large\n", ""},
    {"without a tag", FileKind::HelmValues, "image: {registry: r.example, repository: x}\nb: {sideImage: {repository: y}}\nc: {repository: z}\n", "image 1:42 r.example/x [the chart decides on its tag]; b.sideImage 2:29 y [the chart decides on its tag]"},
    {"a tag or a digest and a registry for all", FileKind::HelmValues, "global: {imageRegistry: m.example}\na: {image: {registry: r.example, repository: x, tag: '1'}}\nb: {image: {registry: m.example, repository: y, tag: '1'}}\nc: {image: {repository: z, tag: '1'}}\n",
     "a.image 2:46 r.example/x:1 ['global.imageRegistry' may take the place of its registry]; b.image 3:46 m.example/y:1; c.image 4:25 z:1 ['global.imageRegistry' may take the place of its registry]"},
    {"a registry for all that is empty", FileKind::HelmValues, "global: {imageRegistry: ''}\nimage: {registry: r.example, repository: x, tag: '1'}\n", "image 2:42 r.example/x:1"},
    {"another word for the repository", FileKind::HelmValues, "image: {registry: r.example, image: x/y, tag: v1, digest: '" + digest + "'}\nb: {image: {name: z, tag: '2'}}\nc: {sideImage: {registry: r.example, name: w}}\n",
     "image 1:37 r.example/x/y:v1@" + digest + "; b.image 2:19 z:2; c.sideImage 3:44 r.example/w [the chart decides on its tag]"},
    {"a digest alone", FileKind::HelmValues, "image: {repository: x, tag: '', digest: '" + digest + "'}\nb: {image: {repository: y, tag: '1', sha: '" + std::string(64, 'a') + "'}}\n", "image 1:21 x@" + digest + "; b.image 2:25 y:1@" + digest},
    {"a tag beside the name", FileKind::HelmValues, "image: r.example/x\nimageTag: 8.5\nb: {image: y, tag: '2'}\nc: {sideImage: z/w, sideImageTag: }\nd: {image: v:1, imageTag: '3'}\n",
     "image 1:8 r.example/x:8.5; b.image 3:12 y:2; c.sideImage 4:16 z/w [the chart decides on its tag]; d.image 5:12 v:1"},
    {"charts that it is made of", FileKind::HelmValues, "apiVersion: v2\nname: c\ndependencies:\n- {name: db, version: 1.x, repository: 'https://x.example'}\n- {name: own, repository: 'file://../own'}\n- {name: sub}\n", "dependencies[0] 4:10 [the manifests of that chart are not here]"},
    {"in a list", FileKind::HelmValues, "extra:\n- image: x:1\n", "extra[0].image 2:10 x:1"},
    // GitLab
    {"a variable by default", FileKind::GitLab, "variables: {I: x:1}\na: {image: $I}\n", "a.image 2:12 x:1"},
    {"the same value again", FileKind::GitLab, "variables: {I: x:1}\na: {image: $I, variables: {I: x:1}}\n", "a.image 2:12 x:1"},
    {"another one in a matrix", FileKind::GitLab, "variables: {I: ok}\na:\n  image: $I\n  parallel: {matrix: [{I: [ok, evil]}]}\n", "a.image 3:10 ?I"},
    {"another one in a rule", FileKind::GitLab, "variables: {I: ok}\na:\n  image: $I\n  rules: [{if: $X, variables: {I: evil}}]\n", "a.image 3:10 ?I"},
    {"another one in what is extended", FileKind::GitLab, "variables: {I: ok}\n.t: {variables: {I: evil}}\na: {extends: .t, image: $I}\n", "a.image 3:25 ?I"},
    {"another one in a job, by the default image", FileKind::GitLab, "variables: {I: ok}\ndefault: {image: $I}\na: {variables: {I: evil}}\n", "default.image 2:18 ?I"},
    {"another one in the rules of all", FileKind::GitLab, "variables: {I: {value: ok, options: [ok]}}\nworkflow: {rules: [{variables: {I: evil}}]}\nimage: $I\n", "image 3:8 ?I"},
    {"an option of a variable", FileKind::GitLab, "variables: {I: {value: ok, options: [ok, evil]}}\nimage: $I\n", "image 2:8 ?I"},
    {"one that another variable makes", FileKind::GitLab, "variables: {I: ok}\na: {image: '${I}', variables: {I: $J}}\n", "a.image 2:13 ?I"},
    {"a job's own outranks that of others", FileKind::GitLab, "variables: {I: a}\nb: {image: $I, variables: {I: x:1}}\nc: {variables: {I: d}}\n", "b.image 2:12 x:1"},
    {"what another job gives itself is its own", FileKind::GitLab, "variables: {I: x:1}\nb: {image: $I}\nc: {variables: {I: d}}\n", "b.image 2:12 x:1"},
    {"but not where others extend it", FileKind::GitLab, "b: {image: $I, variables: {I: ok}}\nc: {extends: [b], variables: {I: evil}}\n", "b.image 1:12 ?I"},
    {"nor where its rules give another", FileKind::GitLab, "b: {image: $I, variables: {I: ok}, rules: [{variables: {I: evil}}]}\n", "b.image 1:12 ?I"},
    {"another variable's value does not count", FileKind::GitLab, "variables: {I: ok, J: a}\na: {image: $I, variables: {J: b}}\n", "a.image 2:12 ok"},
    {"a reference to a job's image", FileKind::GitLab, ".x: {image: x:1}\na: {image: !reference [.x, image]}\n", ".x.image 1:13 x:1"},
    {"to what is no image where it stands", FileKind::GitLab, ".d: {i: x:1, n: {name: y:1}}\na: {image: !reference [.d, i]}\nb: {image: !reference [.d, n]}\nc: {image: {name: !reference [.d, i]}}\n", "a.image 2:23 x:1; b.image 3:23 y:1; c.image.name 4:30 x:1"},
    {"to services", FileKind::GitLab, ".x: {services: [x:1]}\n.d: {s: [y:1, {name: z:1}]}\na: {services: !reference [.x, services]}\nb: {services: [!reference [.d, s], w:1]}\n", ".x.services[0] 1:17 x:1; b.services[0] 4:27 y:1; b.services[0] 4:27 z:1; b.services[1] 4:36 w:1"},
    {"to what is not here", FileKind::GitLab, "a: {image: !reference [.x, image]}\n", "a.image 1:23 [it is what '.x.image' is, which is not here]"},
    {"to another reference", FileKind::GitLab, ".d: {i: !reference [.e, i]}\na: {image: !reference [.d, i]}\n", "a.image 2:23 [it is what another part of the pipeline makes it]"},
    {"to one with a variable", FileKind::GitLab, "variables: {I: ok}\n.d: {i: $I}\na: {image: !reference [.d, i], variables: {I: x:1}}\nb: {image: !reference [.d, i], variables: {I: $J}}\n", "a.image 3:23 x:1; b.image 4:23 ?I"},
    {"variables by reference", FileKind::GitLab, "variables: {I: ok}\n.v: {variables: {I: evil}}\na: {image: $I, variables: !reference [.v, variables]}\n", "a.image 3:12 ?I"},
    {"variables under another key", FileKind::GitLab, "variables: {I: ok}\n.v: {x: {I: evil}}\na: {image: $I, variables: !reference [.v, x]}\n", "a.image 3:12 ?I"},
    {"rules under another key", FileKind::GitLab, "variables: {I: ok}\n.r: {x: [{if: $A, variables: {I: evil}}]}\na: {image: $I, variables: {I: ok}, rules: [!reference [.r, x]]}\n", "a.image 3:12 ?I"},
    {"rules by reference that give no variable a value", FileKind::GitLab, "b: {image: $I, variables: {I: x:1}, rules: [!reference [.r, main], {if: $B}]}\n.r: {main: [{if: $A}, !reference [.s, rules]]}\n.s: {rules: [{when: never}]}\nc: {variables: {I: d}}\n", "b.image 1:12 x:1"},
    {"rules by reference to others that give one", FileKind::GitLab, "b: {image: $I, variables: {I: x:1}, rules: [!reference [.r, main]]}\n.r: {main: [{if: $A}, !reference [.s, x]]}\n.s: {x: [{variables: {I: d}}]}\n", "b.image 1:12 ?I"},
    {"rules by reference that are not here", FileKind::GitLab, "b: {image: $I, variables: {I: x:1}, rules: !reference [.r, main]}\nc: {variables: {I: d}}\n", "b.image 1:12 ?I"},
    {"a matrix by reference", FileKind::GitLab, "variables: {I: ok}\n.m: {x: [{I: [evil]}]}\na: {image: $I, parallel: {matrix: [!reference [.m, x]]}}\n", "a.image 3:12 ?I"},
    {"whose image another job takes", FileKind::GitLab, "b: {image: $I, variables: {I: ok}}\nc: {image: !reference [b, image], variables: {I: evil}}\n", "b.image 1:12 ?I"},
    // GitHub
    {"jobs, services and steps", FileKind::GitHub, "on: push\njobs:\n  a:\n    container: {image: x:1}\n    services: {s: {image: y:1}, t: '${{ x }}'}\n    steps: [{uses: 'docker://z:1'}, {uses: './act'}, {uses: 'o/r@v1'}]\n  b: {container: '${{ matrix.i }}', services: '${{ y }}'}\n",
     "jobs.a.container.image 4:24 x:1; jobs.a.services.s.image 5:27 y:1; jobs.a.services.t 5:37 [an expression decides on it]; jobs.a.steps[0].uses 6:30 z:1; jobs.b.container 7:19 ?matrix.i; jobs.b.services 7:48 [an expression decides on them]"},
    {"jobs that are workflows", FileKind::GitHub, "on: push\njobs: {a: {uses: ./.github/workflows/x.yml}, b: {uses: 'o/r/.github/workflows/x.yml@v1'}}\n", "jobs.b.uses 2:57 [a workflow of another repository, which is not here]"},
    {"an override's own tags", FileKind::Compose, "services:\n  a: {image: !reset x:1}\n  b: {ports: !override ['1:1'], image: y:2}\n", "services.a.image 2:21 x:1; services.b.image 3:40 y:2"},
    {"unknown files have none", FileKind::Unknown, "FROM a\n", ""},
};

TEST(Images, AreFoundWithTheirPlaces) {
  for (const Row& row : rows) {
    if (std::string_view(row.summary) == "broken") continue;
    EXPECT_EQ(shown(images_of(row.kind, row.text, "file")), row.found) << row.summary << "\n" << row.text;
  }
  EXPECT_FALSE(images_of(FileKind::Compose, "a: [\n", "file"));
}

TEST(Images, BytesAreThoseOfTheFile) {
  for (const Row& row : rows) {
    const auto uses = images_of(row.kind, row.text, "file");
    if (!uses) continue;
    for (const ImageUse& each : *uses) {
      for (size_t at = 0; at < each.text.size(); ++at) {
        const auto from = each.text.from[at];
        if (from != Traced::nowhere) {
          EXPECT_EQ(row.text.at(from), each.text.text[at]) << row.summary;
        }
      }
    }
  }
}

TEST(Images, FilesAreToldByNameAndContent) {
  struct Kind {
    const char *path, *text;
    FileKind kind;
  };
  const char *pod = "apiVersion: v1\nkind: Pod\n", *compose = "services: {a: {image: b}}\n";
  const Kind kinds[] = {
      {"Dockerfile", "", FileKind::Dockerfile}, {"a/Containerfile", "", FileKind::Dockerfile}, {"Dockerfile.dev", "", FileKind::Dockerfile}, {"x.Dockerfile", "", FileKind::Dockerfile}, {"Dockerfile.dockerignore", "", FileKind::Unknown}, {"x.Dockerfile.dockerignore", "", FileKind::Unknown},
      {"compose.yaml", "", FileKind::Compose}, {"docker-compose.prod.yml", "", FileKind::Compose}, {"a/values-prod.yaml", "", FileKind::HelmValues}, {"values.yaml", "", FileKind::HelmValues}, {"kustomization.yaml", "", FileKind::Kubernetes}, {"o/Kustomization", "", FileKind::Kubernetes}, {"o/kustomization", "", FileKind::Kubernetes},
      {"patch.yaml", "- op: add\n  path: /image\n", FileKind::Kubernetes}, {"patch.json", "[{\"op\": \"add\", \"path\": \"/spec/image\", \"value\": \"x\"}]", FileKind::Kubernetes}, {"list.yaml", "- option: image\n  path: x\n", FileKind::Unknown},
      {"pod.yaml", pod, FileKind::Kubernetes}, {"stack.yml", compose, FileKind::Compose}, {"other.yaml", "a: b\n", FileKind::Unknown}, {"broken.yaml", "a: [", FileKind::Unknown},
      {"pod.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}", FileKind::Kubernetes}, {"package.json", "{\"kind\": \"x\"}", FileKind::Unknown}, {"stack.json", "{\"services\": {}}", FileKind::Unknown},
      {"README.md", "FROM a", FileKind::Unknown}, {"c/Chart.yaml", "apiVersion: v2\nname: c\ndependencies: [{name: a, repository: b}]\n", FileKind::HelmValues}, {"c/Chart.yaml", "apiVersion: v2\nname: c\n", FileKind::Unknown}, {"c/Chart.yaml", "version: {{ x }}\ndependencies: [{name: a, repository: b}]\n", FileKind::Unknown}, {"requirements.yaml", "collections: [a]\n", FileKind::Unknown}, {"behind.yaml", "services: {a: {image: b}}\n---\napiVersion: v1\nkind: Pod\n", FileKind::Kubernetes}, {"compose.yaml", "apiVersion: v1\nkind: Pod\n", FileKind::Kubernetes}, {"compose.yaml", "services: {apiVersion: {image: b}}\n", FileKind::Compose}, {"two.yaml", "# first\n---\na: b\n---\napiVersion: v1\nkind: Pod\n", FileKind::Kubernetes},
  };
  for (const Kind& each : kinds) EXPECT_EQ(kind_of_file(each.path, each.text), each.kind) << each.path;
}

TEST(Images, StagesWithoutABaseAreTold) {
  const std::string text = "ARG S=scratch\nFROM a AS b\nFROM scratch\nFROM ${S} AS c\nFROM c\nFROM ${T}scratch\n";
  const auto file = parse_dockerfile(text, "file");
  ASSERT_TRUE(file);
  EXPECT_EQ(shown(scratch_of(*file, text)), "FROM 3:6 scratch; FROM 4:6 scratch");
  EXPECT_EQ(shown(images_of(*file, text)), "FROM 2:6 a; FROM 6:6 ?T");
}

TEST(Images, TextsThatCannotBeReadMayNameSome) {
  EXPECT_TRUE(can_read_yaml("a: b\n---\nc: d\n", "f.yaml"));
  EXPECT_FALSE(can_read_yaml("a: b\na: c\n", "f.yaml"));
  EXPECT_FALSE(can_read_yaml("a: !x b\n", "f.yaml"));
  EXPECT_FALSE(can_read_yaml(std::string((4 << 20) + 1, ' '), "f.yaml"));
  struct May { const char *path, *text; bool may; };
  const May texts[] = {{"f.yaml", "apiVersion: v1\nimage: a\n", true}, {"f.yaml", "services:\n a: {image: b\n", true}, {"f.yaml", "image: a\n", false}, {"f.yaml", "apiVersion: v1\n", false},
                      {"c/templates/f.yaml", "apiVersion: v1\nimage: \"{{ .Values.a }}\"\nimage: {{ b }}\n", false}, {"c/templates/f.yaml", "apiVersion: v1\nimage: {{ a }}\nimage: evil\n", true}, {"c/templates/f.yaml", "apiVersion: v1\nimage: evil:{{ a }}\n", true},
                      {"c/f.yaml", "apiVersion: v1\nimage: {{ a }}\n", true}, {"f.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"image\": ", true}, {"f.json", "{\"image\": ", false}};
  for (const May& row : texts) EXPECT_EQ(may_name_images(row.text, row.path), row.may) << row.path << "\n" << row.text;
}

TEST(Images, ComposeFilesNameDockerfiles) {
  const char* text = "services:\n  a: {build: {dockerfile: D-a}}\n  b: {build: {context: ./x, dockerfile: D-b}}\n  c: {build: .}\n  d: {build: {dockerfile: '$D'}}\n  e: {build: {context: 'https://x.example/y', dockerfile: D-e}}\n  f: {build: {context: x, dockerfile: /abs}}\n";
  EXPECT_EQ(join(build_files(text, "f"), " "), "D-a ./x/D-b Dockerfile /abs");
  EXPECT_TRUE(build_files("a: [", "f").empty());
}

TEST(Images, HostileYamlIsRefusedInBoundedTime) {
  EXPECT_FALSE(images_of(FileKind::Kubernetes, std::string((4 << 20) + 1, ' '), "f"));
  std::string many;
  for (int at = 0; at < 3000; ++at) many += "a: b\n---\n";
  EXPECT_EQ(shown(images_of(FileKind::Kubernetes, many, "f")), "cannot read 'f': it has more than 2000 documents");
  std::string deep = "apiVersion: v1\nkind: Pod\nspec: ";
  for (int at = 0; at < 1000; ++at) deep += "{a: ";
  EXPECT_FALSE(images_of(FileKind::Kubernetes, deep, "f"));
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) bomb += fmt::format("{0}: &{0} [*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1}]\n", c, static_cast<char>(c - 1));
  EXPECT_FALSE(images_of(FileKind::HelmValues, bomb, "f"));
  std::string line = "apiVersion: v1\nkind: Pod\nspec: {containers: [";
  for (int at = 0; at < 20'000; ++at) line += fmt::format("{{image: a{}}},", at);
  const auto uses = images_of(FileKind::Kubernetes, line + "]}\n", "f");
  ASSERT_TRUE(uses);
  EXPECT_EQ(uses->size(), 20'000U);
}

struct VariableRow {
  const char* summary;
  const char *text, *docker, *compose;  ///< what it comes to; `!` where the form is none
};
const VariableRow variable_rows[] = {
    {"nothing to do", "abc", "abc", "abc"},
    {"a name", "$A-$B", "1-", "1-"},
    {"braces", "${A}${B}", "1", "1"},
    {"a default for what is not there", "${X:-d}${X-d}", "dd", "dd"},
    {"for what is empty", "${B:-d}|${B-d}", "d|", "d|"},
    {"other for what is there", "${A:+o}${A+o}${X:+o}${X+o}", "oo", "oo"},
    {"other for what is empty", "${B:+o}|${B+o}", "|o", "|o"},
    {"a default with a variable", "${X:-${A}}", "1", "1"},
    {"a default with a default", "${X:-a${X:-b}c}", "abc", "abc"},
    {"an error where it is there", "${A:?e}", "1", "1"},
    {"quotes", "'$A'\"$A\"", "$A1", "'1'\"1\""},
    {"an escape", "\\$A", "$A", "\\1"},
    {"an escape in quotes", "\"\\$A\\x\"", "$A\\x", "\"\\1\\x\""},
    {"two dollar signs", "$$A", "$1", "$A"},
    {"one at the end", "a$", "a$", "a$"},
    {"no name", "${}", "!", "!"},
    {"no end", "${A", "!", "!"},
    {"no end of a default", "${X:-a", "!", "!"},
    {"a colon alone", "${A:}", "!", "!"},
    {"a pattern", "${A#x}", "!", "!"},
    {"a quote that does not end", "'a", "!", "'a"},
};

TEST(Variables, ComeToWhatBuildersMakeOfThem) {
  const Traced one("1", 100), empty;
  const Lookup lookup = [&](const std::string& name) { return name == "A" ? &one : name == "B" ? &empty : nullptr; };
  for (const VariableRow& row : variable_rows) {
    const Traced text(row.text, 0);
    const auto docker = substitute(text, Dialect::Dockerfile, '\\', lookup), compose = substitute(text, Dialect::Compose, 0, lookup);
    EXPECT_EQ(docker.good ? docker.text.text : "!", row.docker) << row.summary;
    EXPECT_EQ(compose.good ? compose.text.text : "!", row.compose) << row.summary;
    EXPECT_EQ(docker.text.from.size(), docker.text.size()) << row.summary;
  }
  std::string deep;
  for (int at = 0; at < 100'000; ++at) deep += "${X:-";
  EXPECT_FALSE(substitute(Traced(deep, 0), Dialect::Dockerfile, '\\', lookup).good);
  EXPECT_EQ(substitute(Traced("$X ${Y?z} ${Z:+z}", 0), Dialect::Dockerfile, '\\', lookup).unknown, (std::vector<std::string>{"X", "Y"}));
}

}  // namespace
}  // namespace ashlar::workload
