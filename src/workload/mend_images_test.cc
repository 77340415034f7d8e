// What --fix makes of references: another image, or a digest behind the tag, where the reference is one text in one place.
#include "workload/inner/check_rows.h"
#include "workload/repin.h"

namespace ashlar::workload {
namespace {

const std::string digest = "sha256:" + std::string(64, 'a');
const std::string fresh = "registry.example/hardened/new:2@" + digest;

/// `old:1` is denied and replaced; `known:1` is selected.
CheckOptions options() {
  CheckOptions out;
  out.ask = [](const ImageUse& use) -> std::vector<Remark> {
    if (!use.image || use.image->name != "old") return {};
    Remark remark{find_rule("image-denied"), use.span, "nobody allows it", "use another"};
    if (auto edits = edits_to(use, ImageName::parse(fresh).value()); edits && is_mendable(use)) remark.edits = std::move(*edits);
    return {std::move(remark)};
  };
  out.digest_of = [](const ImageName& name) { return name.name == "known" ? digest : std::string(); };
  return out;
}

struct Row {
  const char* summary;
  FileKind kind;
  std::string before, after;  ///< an empty one: nothing changes
};

const std::string pinned = "known:1@" + digest;
const std::string head = "apiVersion: v1\nkind: Pod\nspec:\n";

const Row rows[] = {
    {"a service", FileKind::Compose, "services:\n  a:\n    image: old:1   # why\n    ports: [ \"80:80\" ]\n", "services:\n  a:\n    image: " + fresh + "   # why\n    ports: [ \"80:80\" ]\n"},
    {"in quotes", FileKind::Compose, "services:\n  a: {image: \"old:1\"}\n  b: {image: 'old:1'}\n", "services:\n  a: {image: \"" + fresh + "\"}\n  b: {image: '" + fresh + "'}\n"},
    {"without a tag", FileKind::Compose, "services: {a: {image: old}}\n", "services: {a: {image: " + fresh + "}}\n"},
    {"CR LF and a blank at the end", FileKind::Compose, "services:\r\n  a:\r\n    image: old:1 \r\n", "services:\r\n  a:\r\n    image: " + fresh + " \r\n"},
    {"a variable makes it", FileKind::Compose, "services:\n  a: {image: 'old:${V:-1}'}\n  b: {image: '${I:-known:1}'}\n", ""},
    {"an anchor", FileKind::Compose, "x-a: &a old:1\nservices: {a: {image: *a}}\n", ""},
    {"an anchor of its own", FileKind::Compose, "services: {a: {image: &a known:1}}\n", ""},
    {"a part of what has an anchor", FileKind::Compose, "services:\n  a: &a {image: old:1}\n  b: *a\n", ""},
    {"merged from an anchor", FileKind::Compose, "x-a: &a\n  image: known:1\nservices: {a: {<<: *a}}\n", ""},
    {"an anchor that nothing takes from it", FileKind::Compose, "x-l: &l {driver: x}\nservices:\n  a: {image: old:1, logging: *l}\n", "x-l: &l {driver: x}\nservices:\n  a: {image: " + fresh + ", logging: *l}\n"},
    {"folded over lines", FileKind::Compose, "services:\n  a:\n    image: >-\n      old:1\n", ""},
    {"escaped", FileKind::Compose, "services:\n  a:\n    image: \"old\\x3a1\"\n", ""},
    {"a digest behind a tag", FileKind::Compose, "services: {a: {image: known:1}, b: {image: other:1}}\n", "services: {a: {image: " + pinned + "}, b: {image: other:1}}\n"},
    {"a Dockerfile within", FileKind::Compose, "services: {a: {build: {dockerfile_inline: 'FROM old:1'}}}\n", ""},
    {"a context", FileKind::Compose, "services: {a: {build: {context: ., additional_contexts: {b: docker-image://known:1}}}}\n", "services: {a: {build: {context: ., additional_contexts: {b: docker-image://" + pinned + "}}}}\n"},
    {"containers of several documents", FileKind::Kubernetes, head + "  containers:\n  # one\n  - {name: a, image: old:1}\n---\n" + head + "  containers:\n  - image: known:1\n", head + "  containers:\n  # one\n  - {name: a, image: " + fresh + "}\n---\n" + head + "  containers:\n  - image: " + pinned + "\n"},
    {"a manifest in JSON", FileKind::Kubernetes, "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"containers\": [{\"image\": \"old:1\"}]}}\n", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"containers\": [{\"image\": \"" + fresh + "\"}]}}\n"},
    {"a template", FileKind::Kubernetes, head + "  containers: [{image: \"{{ .Values.image }}:1\"}, {image: 'old:{{ x }}'}]\n", ""},
    {"a patch of its own file", FileKind::Kubernetes, "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: old:1\n", "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: " + fresh + "\n"},
    {"a patch within a kustomization", FileKind::Kubernetes, "kind: Kustomization\npatches:\n- patch: |-\n    spec: {template: {spec: {containers: [{name: a, image: old:1}]}}}\n", ""},
    {"parts of a kustomization", FileKind::Kubernetes, "kind: Kustomization\nimages: [{name: old, newTag: '1'}]\n", ""},
    {"parts of a chart", FileKind::HelmValues, "image: {repository: old, tag: '1'}\nb: {image: {repository: known, tag: '1'}}\n", ""},
    {"a text of a chart", FileKind::HelmValues, "sideImage: known:1\na: {image: old:1}\n", ""},
    {"jobs of GitHub", FileKind::GitHub, "on: push\njobs:\n  a:\n    container: old:1 # c\n    services: {s: {image: known:1}}\n    steps:\n    - uses: docker://known:1\n", "on: push\njobs:\n  a:\n    container: " + fresh + " # c\n    services: {s: {image: " + pinned + "}}\n    steps:\n    - uses: docker://" + pinned + "\n"},
    {"an expression", FileKind::GitHub, "on: push\njobs: {a: {container: 'old:${{ matrix.v }}'}}\n", ""},
    {"jobs of GitLab", FileKind::GitLab, "image: old:1\na:\n  image: {name: known:1}\n  services: [ known:1 ]\n", "image: " + fresh + "\na:\n  image: {name: " + pinned + "}\n  services: [ " + pinned + " ]\n"},
    {"a variable of GitLab", FileKind::GitLab, "variables: {I: old:1}\na: {image: $I}\n", ""},
    {"what a reference of GitLab's brings", FileKind::GitLab, ".d: {i: 'known:1'} # c\na: {image: !reference [.d, i]}\n", ""},
    {"images of an application of Argo CD", FileKind::Kubernetes, "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {path: a, kustomize: {images: ['b=known:1', 'old:1']}}}\n", ""},
    {"a job beside what has no image", FileKind::GitHub, "on: push\njobs: {a: {uses: o/r/.github/workflows/x.yml@v1}, b: {container: known:1}}\n", "on: push\njobs: {a: {uses: o/r/.github/workflows/x.yml@v1}, b: {container: " + pinned + "}}\n"},
    {"a base", FileKind::Dockerfile, "# base\nFROM known:1 AS b\nUSER 1\n", "# base\nFROM " + pinned + " AS b\nUSER 1\n"},
    {"a base that an argument makes", FileKind::Dockerfile, "ARG V=1\nFROM known:$V\nUSER 1\n", ""},
    {"under a comment that silences it", FileKind::Compose, "services:\n  a:\n    # ashlar: ignore=image-unpinned it is a test\n    image: known:1\n", ""},
};

TEST(MendImages, WritesOneTextInOnePlace) {
  for (const Row& row : rows) {
    const auto mended = mend(row.kind, row.before, "f", options());
    ASSERT_TRUE(mended) << row.summary << ": " << mended.error().message;
    EXPECT_EQ(mended->text, row.after.empty() ? row.before : row.after) << row.summary;
    EXPECT_EQ(mended->mended.empty(), row.after.empty()) << row.summary;
    const auto again = mend(row.kind, mended->text, "f", options());
    ASSERT_TRUE(again) << row.summary;
    EXPECT_EQ(again->text, mended->text) << row.summary << ": twice is once";
  }
}

/// Of what is read of a file, nothing changes but the references that are meant.
TEST(MendImages, LeaveEveryOtherUseAsItWas) {
  for (const Row& row : rows) {
    const auto before = images_of(row.kind, row.before, "f"), after = images_of(row.kind, mend(row.kind, row.before, "f", options())->text, "f");
    ASSERT_TRUE(before && after) << row.summary;
    ASSERT_EQ(before->size(), after->size()) << row.summary;
    for (std::size_t at = 0; at < before->size(); ++at) {
      const std::string was = (*before)[at].text.text, is = (*after)[at].text.text;
      EXPECT_TRUE(is == was || is == fresh || is == was + "@" + digest) << row.summary << ": " << was << " is " << is;
      EXPECT_EQ((*before)[at].where, (*after)[at].where) << row.summary;
    }
  }
}

TEST(MendImages, EditsSayWhyThereAreNone) {
  const auto uses = images_of(FileKind::Compose, "services: {a: {image: 'a${V:-b}:1'}, b: {image: $W}}\n", "f").value();
  const auto parts = edits_to(uses.at(0), {"y", "2", ""});
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().message, "cannot write 'y:2' for 'ab:1': several values make it") << parts.error().message;
  EXPECT_FALSE(edits_to(uses.at(1), {"y", "2", ""}));
  const auto tag = edits_to(images_of(FileKind::Compose, "services: {a: {image: x:1}}\n", "f").value().at(0), {"x", "2", ""});
  ASSERT_TRUE(tag);
  EXPECT_EQ(*tag, (std::vector<Edit>{{24, 25, "2"}}));
}

}  // namespace
}  // namespace ashlar::workload
