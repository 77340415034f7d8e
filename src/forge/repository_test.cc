#include "forge/repository.h"

#include <gtest/gtest.h>

#include <ctime>

#include <fmt/format.h>

#include "forge/stand_in_test.h"
#include "host/memory.h"
#include "host/scratch.h"

namespace ashlar::forge {
namespace {

class RepositoryTest : public ::testing::TestWithParam<TargetKind> {
 protected:
  host::Scratch folder;
  StandIn server{folder.path()};
  std::unique_ptr<host::Http> http = host::machine_http();
  host::FixedClock clock{Time{std::time(nullptr)}};

  void SetUp() override {
    if (!server.started()) GTEST_SKIP() << StandIn::reason;
  }
  void commit(const std::string& branch, const std::string& path, const std::string& text, const std::string& from = "main") const {
    server.ask("/_commit", {{"project", "team/app"}, {"branch", branch}, {"from", from}, {"path", path}, {"text", text}, {"message", "by hand"}});
  }
  Result<std::vector<RepositoryFile>> read(const RepositoryWish& wish, const std::string& project = "team/images") { return read_files(server.target(GetParam(), project), wish, *http, clock); }
};

INSTANTIATE_TEST_SUITE_P(Both, RepositoryTest, ::testing::Values(TargetKind::GitHub, TargetKind::GitLab), [](const auto& each) { return std::string(to_string(each.param)); });

TEST(Repositories, PathsAndBranchesAreThoseOfARepository) {
  for (const char* path : {"Dockerfile", "deploy/in some/pod.yaml", ".github/workflows/a.yml"}) EXPECT_TRUE(is_repository_path(path)) << path;
  for (const char* path : {"", "/Dockerfile", "a//b", "a/", "../a", "a/./b", "a/../b", ".git/config", "a\\b", "a\xff"}) EXPECT_FALSE(is_repository_path(path)) << path;
  for (const char* branch : {"main", "release/1.x", "a_b"}) EXPECT_TRUE(is_branch(branch)) << branch;
  for (const char* branch : {"", "a b", "-a", "a..b", "a/", ".a", "a.lock", "a~1", "a@{0}"}) EXPECT_FALSE(is_branch(branch)) << branch;
}

TEST_P(RepositoryTest, FilesAreThoseOfTheBranch) {
  std::string long_text;
  for (int line = 0; line < 500; ++line) long_text += fmt::format("line {} \xc3\xa4\n", line);
  commit("main", "deploy/in some/pod.yaml", long_text);
  commit("release/1", "Dockerfile", "FROM old\n");
  const auto files = read({"team/app", {}, {"deploy/in some/pod.yaml", "Dockerfile"}});
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].path, "deploy/in some/pod.yaml");
  EXPECT_EQ((*files)[0].bytes, long_text);
  EXPECT_TRUE((*files)[1].bytes.starts_with("FROM registry.example/python:3.13@")) << "of the default branch: " << (*files)[1].bytes;
  const auto branch = read({"team/app", "release/1", {"Dockerfile"}});
  ASSERT_TRUE(branch) << branch.error().message;
  EXPECT_EQ((*branch)[0].bytes, "FROM old\n");
  const auto own = read({{}, {}, {"deploy/run.sh"}});
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ((*own)[0].bytes, "#!/bin/sh\necho old\n") << "of the target's own project";
}

TEST_P(RepositoryTest, WhatCannotBeReadIsSaid) {
  const struct { const char* summary; RepositoryWish wish; Kind kind; const char* says; } rows[] = {
      {"no such file", {"team/app", {}, {"Dockerfile", "Containerfile"}}, Kind::NotFound, "read file 'Containerfile' of 'team/app'"},
      {"no such branch", {"team/app", "absent", {"Dockerfile"}}, Kind::NotFound, "read file 'Dockerfile' of 'team/app'"},
      {"no such project", {"team/absent", {}, {"Dockerfile"}}, Kind::NotFound, "read file 'Dockerfile' of 'team/absent'"},
  };
  for (const auto& row : rows) {
    const auto files = read(row.wish);
    ASSERT_FALSE(files) << row.summary;
    EXPECT_EQ(files.error().kind, row.kind) << row.summary << ": " << files.error().message;
    EXPECT_NE(files.error().message.find(row.says), std::string::npos) << row.summary << ": " << files.error().message;
  }
  server.fault(Json::array({{{"match", "GET"}, {"times", 100}, {"status", 502}}}));
  const auto down = read({"team/app", {}, {"Dockerfile"}});
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind, Kind::Unavailable) << down.error().message;
  EXPECT_EQ(down.error().message.find(StandIn::token), std::string::npos);
}

TEST_P(RepositoryTest, AFolderIsNoFile) {
  const auto files = read({"team/app", {}, {"deploy"}});
  ASSERT_FALSE(files);
  EXPECT_TRUE(files.error().kind == Kind::Invalid || files.error().kind == Kind::NotFound) << files.error().message;
}

TEST_P(RepositoryTest, AWebhookHasNone) {
  const auto files = read_files(server.target(TargetKind::Webhook), {"team/app", {}, {"Dockerfile"}}, *http, clock);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind, Kind::Invalid);
  EXPECT_TRUE(server.requests().empty()) << "nothing is asked";
}

}  // namespace
}  // namespace ashlar::forge
