#include "workload/repin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

const std::string a = "sha256:" + std::string(64, 'a'), b = "sha256:" + std::string(64, 'b');

/// `@A` and `@B` stand for digests.
std::string filled(std::string text) {
  for (const auto& [word, value] : {std::pair<std::string, std::string>{"@A", "@" + a}, {"@B", "@" + b}, {"#A", a}, {"#B", b}}) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size())) text.replace(at, word.size(), value);
  }
  return text;
}
ImageName name(const std::string& text) { return *ImageName::parse(filled(text)); }

struct Row {
  const char* summary;
  FileKind kind;
  std::string from, to, text, after;
  std::string kept{};  ///< a part of the reason why one was not moved
};
constexpr auto docker = FileKind::Dockerfile, compose = FileKind::Compose, kube = FileKind::Kubernetes, helm = FileKind::HelmValues, hub = FileKind::GitHub, lab = FileKind::GitLab;
const Row rows[] = {
    {"a digest", docker, "x:1@A", "x:1@B", "# x:1@A\nFROM  x:1@A   AS s\n", "# x:1@A\nFROM  x:1@B   AS s\n", ""},
    {"a digest without a tag", docker, "x@A", "x@B", "FROM x@A\n", "FROM x@B\n", ""},
    {"the tag beside a digest stays", docker, "x@A", "x@B", "FROM x:1@A\n", "FROM x:1@B\n", ""},
    {"the tag moves with it", docker, "x:1@A", "x:2@B", "FROM x:1@A\nCOPY --from=x@A y z\n", "FROM x:2@B\nCOPY --from=x@B y z\n", ""},
    {"a tag", docker, "x:1", "x:2", "FROM x:1\n", "FROM x:2\n", ""},
    {"a tag gets its digest", docker, "x:1", "x:1@B", "FROM x:1 AS y\n", "FROM x:1@B AS y\n", ""},
    {"a tag's old digest goes", docker, "x:1", "x:2", "FROM x:1@A\n", "FROM x:2\n", ""},
    {"no tag gets a digest", docker, "x", "x@B", "FROM x\n", "FROM x@B\n", ""},
    {"another name", docker, "x:1@A", "r.example/y:1@B", "FROM x:1@A\n", "FROM r.example/y:1@B\n", ""},
    {"another digest is another image", docker, "x@A", "x@B", "FROM x:1\nFROM y@A\n", "FROM x:1\nFROM y@A\n", ""},
    {"another tag too", docker, "x:1", "x:2", "FROM x:1.0\nFROM xx:1\nFROM a/x:1\n", "FROM x:1.0\nFROM xx:1\nFROM a/x:1\n", ""},
    {"a stage of that name is not meant", docker, "x", "x@B", "FROM y AS x\nFROM x\n", "FROM y AS x\nFROM x\n", ""},
    {"an ARG that is all of it", docker, "x:1@A", "x:1@B", "ARG I=x:1@A\nFROM $I\nFROM ${I}\n", "ARG I=x:1@B\nFROM $I\nFROM ${I}\n", ""},
    {"an ARG in quotes", docker, "x:1@A", "x:1@B", "ARG I='x:1@A'\nFROM $I\n", "ARG I='x:1@B'\nFROM $I\n", ""},
    {"an ARG that is the tag", docker, "x:1", "x:2", "ARG V=1\nFROM x:$V\n", "ARG V=2\nFROM x:$V\n", ""},
    {"an ARG that is the digest", docker, "x@A", "x@B", "ARG D=#A\nFROM x@${D}\n", "ARG D=#B\nFROM x@${D}\n", ""},
    {"an ARG that other images share", docker, "x:1", "x:2", "ARG V=1\nFROM x:$V\nFROM y:$V\n", "ARG V=1\nFROM x:$V\nFROM y:$V\n", "what makes it makes another image, too"},
    {"the others move all the same", docker, "x:1", "x:2", "ARG V=1\nFROM x:$V\nFROM y:$V\nFROM x:1\n", "ARG V=1\nFROM x:$V\nFROM y:$V\nFROM x:2\n", "what makes it makes another image, too"},
    {"two values that make it", docker, "x:1-slim", "x:2-slim", "ARG V=1\nFROM x:${V}-slim\n", "ARG V=1\nFROM x:${V}-slim\n", "several values make it"},
    {"a default in its place", docker, "x:1", "x:2", "FROM x:${V:-1}\n", "FROM x:${V:-2}\n", ""},
    {"a name over two lines", docker, "xy:1", "xz:1", "FROM x\\\ny:1\n", "FROM x\\\ny:1\n", "it is not written in one piece"},
    {"CR LF and no end stay", docker, "x:1", "x:2", "# a\r\nFROM x:1\r\nRUN y", "# a\r\nFROM x:2\r\nRUN y", ""},
    {"the frontend", docker, "d/f:1", "d/f:1@B", "# syntax=d/f:1\nFROM x\n", "# syntax=d/f:1@B\nFROM x\n", ""},
    {"compose", compose, "x:1@A", "x:1@B", "# c\nservices:\n  a: {image: 'x:1@A'} # d\n", "# c\nservices:\n  a: {image: 'x:1@B'} # d\n", ""},
    {"compose with a default", compose, "x:1@A", "x:1@B", "services:\n  a:\n    image: ${I:-x:1@A}\n", "services:\n  a:\n    image: ${I:-x:1@B}\n", ""},
    {"an anchor", compose, "x:1", "x:2", "services:\n  a: {image: &i x:1}\n  b: {image: *i}\n", "services:\n  a: {image: &i x:2}\n  b: {image: *i}\n", ""},
    {"a text with escapes", compose, "x:1", "x:2", "services:\n  a: {image: \"x\\u003a1\"}\n", "services:\n  a: {image: \"x\\u003a1\"}\n", "it is not written in one piece"},
    {"manifests", kube, "x:1", "x:1@B", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: x:1   # here\n    name: x\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: x:1}]}\n",
     "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: x:1@B   # here\n    name: x\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: x:1@B}]}\n", ""},
    {"values with a tag", helm, "x:1.27", "x:1.28", "image:\n  repository: x\n  tag: \"1.27\"\n", "image:\n  repository: x\n  tag: \"1.28\"\n", ""},
    {"a number stays a text", helm, "x:1.27", "x:1.30", "image:\n  repository: x\n  tag: 1.27\n", "image:\n  repository: x\n  tag: \"1.30\"\n", ""},
    {"a tag gets its digest in values", helm, "x:1.2", "x:1.3@B", "image: {repository: x, tag: '1.2'}\n", "image: {repository: x, tag: '1.3@B'}\n", ""},
    {"a digest of its own", helm, "x:1@A", "x:2@B", "image:\n  repository: x\n  tag: v1\n  digest: #A\n", "image:\n  repository: x\n  tag: \"2\"\n  digest: #B\n", ""},
    {"a digest of its own, meant", helm, "x:v1@A", "x:v2@B", "image:\n  repository: x\n  tag: v1\n  digest: \"#A\"\n", "image:\n  repository: x\n  tag: v2\n  digest: \"#B\"\n", ""},
    {"a digest that would have to go", helm, "x:v1", "x:v2", "image: {repository: x, tag: v1, digest: \"#A\"}\n", "image: {repository: x, tag: v1, digest: \"#A\"}\n", "its digest is a value of its own"},
    {"nothing to stand behind", helm, "x", "x@B", "image: {repository: x, tag: \"\"}\n", "image: {repository: x, tag: \"\"}\n", "neither a tag nor a digest"},
    {"a registry of its own", helm, "r.example/x:1", "r.example/x:2", "image: {registry: r.example, repository: x, tag: v}\n", "image: {registry: r.example, repository: x, tag: v}\n", ""},
    {"a job's container, services and steps", hub, "x:1", "x:1@B", "on: push\njobs:\n  a:\n    container: x:1  # here\n    services: {d: {image: 'x:1'}}\n    steps:\n    - uses: docker://x:1\n    - uses: x/y@v1\n",
     "on: push\njobs:\n  a:\n    container: x:1@B  # here\n    services: {d: {image: 'x:1@B'}}\n    steps:\n    - uses: docker://x:1@B\n    - uses: x/y@v1\n", ""},
    {"what an expression decides", hub, "x:1", "x:2", "on: push\njobs: {a: {container: 'x:${{ matrix.v }}'}}\n", "on: push\njobs: {a: {container: 'x:${{ matrix.v }}'}}\n", ""},
    {"an action that is an image", hub, "x:1", "x:2", "runs: {using: docker, image: 'docker://x:1'}\n", "runs: {using: docker, image: 'docker://x:2'}\n", ""},
    {"GitLab's jobs and services", lab, "x:1", "x:2", "image: x:1\nj:\n  image: {name: x:1}\n  services: [x:1, {name: x:1}]\n", "image: x:2\nj:\n  image: {name: x:2}\n  services: [x:2, {name: x:2}]\n", ""},
    {"GitLab's variable", lab, "x:1", "x:2", "variables: {V: '1'}\nj: {image: x:$V}\n", "variables: {V: '2'}\nj: {image: x:$V}\n", ""},
    {"a variable that two images share", lab, "x:1", "x:2", "variables: {V: '1'}\nj: {image: x:$V}\nk: {image: y:$V}\n", "variables: {V: '1'}\nj: {image: x:$V}\nk: {image: y:$V}\n", "what makes it makes another image, too"},
    {"nothing to do", docker, "x:1", "x:1", "FROM x:1\n", "FROM x:1\n", ""},
};

TEST(Repin, MovesThoseBytesAndNoOthers) {
  for (const Row& row : rows) {
    const std::string text = filled(row.text), after = filled(row.after);
    const auto done = repin(row.kind, text, "file", name(row.from), name(row.to));
    ASSERT_TRUE(done) << row.summary << done.error().message;
    EXPECT_EQ(done->text, after) << row.summary;
    EXPECT_EQ(done->changes.empty(), text == after) << row.summary;
    ASSERT_EQ(done->kept.empty(), row.kept.empty()) << row.summary;
    if (!row.kept.empty()) {
      EXPECT_NE(done->kept[0].reason.find(row.kept), std::string::npos) << row.summary << ": " << done->kept[0].reason;
    }
    const auto again = repin(row.kind, done->text, "file", name(row.from), name(row.to));
    ASSERT_TRUE(again) << row.summary;
    EXPECT_EQ(again->text, done->text) << row.summary << ": a second time changes nothing";
  }
}

TEST(Repin, BackAndForthIsTheSameText) {
  for (const Row& row : rows) {
    const ImageName from = name(row.from), to = name(row.to);
    if (from.digest.empty() || to.digest.empty() || !row.kept.empty()) continue;
    const auto there = repin(row.kind, filled(row.text), "file", from, to);
    ASSERT_TRUE(there);
    // One that had another tag beside the same digest does not have it again.
    if (std::ranges::any_of(there->changes, [&](const Repinned::Change& each) { return !each.before.ends_with(from.digest) || (each.before.find(':') < each.before.find('@') && each.before != from.str()); })) continue;
    const auto back = repin(row.kind, there->text, "file", to, from);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->text, filled(row.text)) << row.summary;
  }
}

/// Lines put together at random: whatever the text is, only what is meant changes.
TEST(Repin, WhateverTheTextOnlyTheMeantChanges) {
  const std::string parts[] = {"FROM x:1@A\n", "FROM x:1@A AS s\n", "FROM y:1@A\n", "COPY --from=x:1@A a b\n", "RUN --mount=from=x@A,target=/t true\n", "RUN <<E\nFROM x:1@A\nE\n", "# FROM x:1@A\n", "\r\n", "ENV I=x:1@A\n", "ONBUILD COPY --from=x@A a b\n", "RUN echo \\\n  # x:1@A\n  x:1@A\n"};
  std::minstd_rand random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text = "ARG I=x:1@A\nFROM $I\n";
    for (int count = static_cast<int>(random() % 12); count-- > 0;) text += parts[random() % std::size(parts)];
    text = filled(text);
    const auto done = repin(docker, text, "file", name("x:1@A"), name("x:1@B"));
    ASSERT_TRUE(done) << text;
    ASSERT_EQ(done->text.size(), text.size());
    const auto before = *images_of(docker, text, "file"), after = *images_of(docker, done->text, "file");
    ASSERT_EQ(before.size(), after.size());
    for (size_t at = 0; at < before.size(); ++at) {
      const bool meant = before[at].image->name == "x";
      EXPECT_EQ(after[at].image->digest, meant ? b : before[at].image->digest) << text;
    }
    size_t moved = 0, marks = 0;
    for (size_t at = done->text.find(b); at != std::string::npos; at = done->text.find(b, at + 1)) ++moved;
    for (const ImageUse& each : before) marks += each.image->name == "x" && each.written != "$I" ? 1 : 0;
    EXPECT_EQ(moved, marks + 1) << "the ARG, and each use of its own";
  }
}

/// Files as teams have them, before and after: tests/data/workload/repin.
TEST(Repin, RealFilesAreAsTheyWereButForThose) {
  namespace fs = std::filesystem;
  const auto read = [](const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(ASHLAR_SOURCE_DIR "/tests/data/workload/repin")) {
    if (entry.path().extension() == ".after") continue;
    ++count;
    const std::string text = read(entry.path()), file = entry.path().filename().string();
    const auto done = repin(kind_of_file(file, text), text, file, name("registry.example/python:3.13@A"), name("registry.example/python:3.13@B"));
    ASSERT_TRUE(done) << entry.path() << done.error().message;
    EXPECT_FALSE(done->changes.empty()) << entry.path();
    const fs::path golden = entry.path().string() + ".after";
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(golden, std::ios::binary) << done->text;
    EXPECT_EQ(done->text, read(golden)) << entry.path();
  }
  EXPECT_GE(count, 4U);
}

}  // namespace
}  // namespace ashlar::workload
