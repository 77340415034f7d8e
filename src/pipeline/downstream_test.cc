#include "pipeline/downstream.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace ashlar::pipeline {
namespace {

const std::string a = "sha256:" + std::string(64, 'a'), b = "sha256:" + std::string(64, 'b');

DownstreamWish wish(std::vector<DownstreamFile> files) {
  return {.target = "forge", .project = "team/app", .base = {}, .files = std::move(files), .from = {*workload::ImageName::parse("registry.example/python:3.13@" + a)}, .to = *workload::ImageName::parse("registry.example/python:3.13@" + b),
          .text = "CVE-2026-1 is fixed. Tests: 12 passed.\n", .now = Time{1'790'000'000}};
}

const std::string image = "registry.example/python:3.13@" + a;

TEST(DownstreamTest, FilesOfEveryKindMoveAndTheRestStays) {
  const Downstream done = downstream(wish({{"Dockerfile", "FROM " + image + "\n"},
                                           {"compose.yaml", "services: {a: {image: '" + image + "'}}\n"},
                                           {"deploy/pod.yaml", "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: " + image + "}]}\n"},
                                           {"chart/values.yaml", "image:\n  repository: registry.example/python\n  tag: \"3.13\"\n  digest: " + a + "\n"},
                                           {"README.md", "FROM " + image + "\n"},
                                           {"other/Dockerfile", "FROM registry.example/redis:7\n"}}));
  ASSERT_EQ(done.changes.size(), 4U);
  for (const forge::FileChange& each : done.changes) {
    EXPECT_EQ(each.before.find(b), std::string::npos) << each.path;
    EXPECT_EQ(each.after.find(a), std::string::npos) << each.path;
    EXPECT_EQ(each.before.size(), each.after.size()) << each.path;
  }
  EXPECT_EQ(done.message.changes, done.changes);
  EXPECT_TRUE(forge::check(done.message));
  EXPECT_EQ(done.message.key, "pull-request/team/app/default/registry.example/python");
  EXPECT_EQ(done.message.title, "Move python:3.13@sha256:aaaaaaaaaaaa to python:3.13@sha256:bbbbbbbbbbbb");
  EXPECT_NE(done.message.body.find("| `deploy/pod.yaml` | 3 | `spec.containers[0].image` |"), std::string::npos) << done.message.body;
  EXPECT_NE(done.message.body.find("CVE-2026-1 is fixed. Tests: 12 passed."), std::string::npos);
}

TEST(DownstreamTest, WhatCannotMoveIsSaid) {
  const Downstream done = downstream(wish({{"Dockerfile", "ARG D=" + a + "\nFROM registry.example/python:3.13@$D\nFROM registry.example/python:3.13@" + a + "\n"},
                                           {"two/Dockerfile", "ARG D=" + a + "\nFROM registry.example/python:3.13@$D\nFROM registry.example/other@$D\n"},
                                           {"three/Dockerfile", "FORM x\n"}}));
  ASSERT_EQ(done.changes.size(), 1U);
  ASSERT_EQ(done.kept.size(), 1U);
  EXPECT_EQ(done.kept[0].path, "two/Dockerfile");
  EXPECT_EQ(done.kept[0].line, 2);
  ASSERT_EQ(done.unread.size(), 1U);
  EXPECT_EQ(done.unread[0].reason, "unknown instruction 'FORM'");
  EXPECT_NE(done.message.body.find("Not moved, for a person to see to:\n\n- `two/Dockerfile` line 2, `FROM`: `registry.example/python:3.13@$D`"), std::string::npos) << done.message.body;
}

TEST(DownstreamTest, NothingToMoveIsNoMessage) {
  const Downstream done = downstream(wish({{"Dockerfile", "FROM x\n"}}));
  EXPECT_TRUE(done.changes.empty());
  EXPECT_EQ(done.message.key, "");
}

TEST(DownstreamTest, TheSameInputGivesTheSameMessageAndALaterMoveTheSameKey) {
  DownstreamWish one = wish({{"Dockerfile", "FROM " + image + "\n"}});
  EXPECT_EQ(downstream(one).message, downstream(one).message);
  DownstreamWish later = one;
  later.to.digest = "sha256:" + std::string(64, 'c'), later.to.tag = "3.14";
  EXPECT_EQ(downstream(later).message.key, downstream(one).message.key);
  later.base = "release--1.x";
  EXPECT_TRUE(forge::check(downstream(later).message)) << downstream(later).message.key;
  later.files[0].path = "a|b`c/Dockerfile";
  EXPECT_NE(downstream(later).message.body.find("`a\\|b'c/Dockerfile`"), std::string::npos) << "a path is no Markdown";
}

TEST(DownstreamTest, ReferencesThatAreOutdatedAreFound) {
  const std::string c = "sha256:" + std::string(64, 'c'), name = "registry.example/python";
  const workload::ImageName now{name, {}, c};
  const struct { const char* summary; std::string reference; bool outdated; } rows[] = {
      {"an older digest behind a tag of ours", name + ":3.13@" + a, true},
      {"any digest behind a tag of ours, also of another's", name + ":3.13@" + b, true},
      {"a digest alone that we published", name + "@" + a, true},
      {"a digest alone that we never published", name + "@" + b, false},
      {"a tag that is none of ours", name + ":3.12@" + a, false},
      {"it is up to date", name + ":3.13@" + c, false},
      {"it follows the tag", name + ":3.13", false},
      {"another image", "registry.example/redis:3.13@" + a, false},
      {"an image whose name is longer", name + "-dev:3.13@" + a, false},
  };
  for (const auto& row : rows) {
    const auto found = outdated({{"Dockerfile", "FROM " + row.reference + "\n"}}, now, {"3.13", "3"}, {a, c});
    ASSERT_EQ(found.images.size(), row.outdated ? 1U : 0U) << row.summary;
    EXPECT_EQ(found.images.empty() ? row.reference : found.images[0].str(), row.reference) << row.summary;
    EXPECT_TRUE(found.unread.empty()) << row.summary;
  }
}

TEST(DownstreamTest, FilesThatCannotBeReadAreTold) {
  const std::string c = "sha256:" + std::string(64, 'c'), pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: " + image + "}";
  const struct { const char *summary, *path; std::string bytes; bool unread; size_t images; } rows[] = {
      {"no Dockerfile by its grammar", "Dockerfile", "FORM x\n", true, 0},
      {"a manifest that does not end", "deploy/pod.yaml", pod + "\n", true, 0},
      {"a compose file that is no YAML", "compose.yaml", "services: {a: {image: '" + image + "\n", true, 0},
      {"YAML that cannot be read and names another", "deploy/other.yaml", "a: [registry.example/redis", false, 0},
      {"YAML of no kind that names it", "notes.yml", "image: " + image + "\n", false, 0},
      {"no such file", "README.md", "FROM " + image + "\n", false, 0},
      {"a manifest", "deploy/pod.yaml", pod + "]}\n", false, 1},
  };
  for (const auto& row : rows) {
    const auto found = outdated({{row.path, row.bytes}, {"b/Dockerfile", "FROM x\n"}}, {"registry.example/python", {}, c}, {"3.13"}, {a});
    ASSERT_EQ(found.unread.size(), row.unread ? 1U : 0U) << row.summary;
    EXPECT_EQ(found.images.size(), row.images) << row.summary;
    if (!row.unread) continue;
    EXPECT_EQ(found.unread[0].path, row.path) << row.summary;
    EXPECT_NE(found.unread[0].reason, "") << row.summary;
    EXPECT_GT(found.unread[0].line, 0) << row.summary;
  }
}

TEST(DownstreamTest, SeveralOldDigestsMoveAtOnce) {
  const std::string c = "sha256:" + std::string(64, 'c'), other = "registry.example/python:3@" + b;
  DownstreamWish both = wish({{"Dockerfile", "FROM " + image + "\nFROM " + other + "\n"}, {"deploy/Dockerfile", "FROM " + other + "\n"}});
  both.from = outdated(both.files, {both.to.name, {}, c}, {"3.13", "3"}, {}).images;
  both.to = {both.to.name, {}, c};
  ASSERT_EQ(both.from.size(), 2U);
  const Downstream done = downstream(both);
  ASSERT_EQ(done.changes.size(), 2U);
  EXPECT_EQ(done.changes[0].after, "FROM registry.example/python:3.13@" + c + "\nFROM registry.example/python:3@" + c + "\n") << "each keeps its tag";
  EXPECT_EQ(done.changes[1].after, "FROM registry.example/python:3@" + c + "\n");
  EXPECT_EQ(done.message.title, "Move python to python@sha256:cccccccccccc");
  EXPECT_EQ(done.message.key, downstream(wish({{"Dockerfile", "FROM " + image + "\n"}})).message.key) << "the same request, whatever it moves from";
}

}  // namespace
}  // namespace ashlar::pipeline
