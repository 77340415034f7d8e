#include "pipeline/downstream.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace ashlar::pipeline {
namespace {

const std::string a = "sha256:" + std::string(64, 'a'), b = "sha256:" + std::string(64, 'b');

DownstreamWish wish(std::vector<DownstreamFile> files) {
  return {.target = "forge", .project = "team/app", .base = {}, .files = std::move(files), .from = *workload::ImageName::parse("registry.example/python:3.13@" + a), .to = *workload::ImageName::parse("registry.example/python:3.13@" + b),
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

}  // namespace
}  // namespace ashlar::pipeline
