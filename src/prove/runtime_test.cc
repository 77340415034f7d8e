// What is left of containers: removed, or kept and told where the runtime cannot.
#include "prove/inner/runtime.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "host/ordinary_user.h"

namespace ashlar::prove {
namespace {

namespace fs = std::filesystem;

/// A runtime of which the tests say how it removes a container.
class RuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
    ::setenv("PATH", (folder.string() + ":" + path).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", path.c_str(), 1); }
  void runc(const std::string& how_it_deletes, const std::string& how_it_runs = ":") {
    std::ofstream file(folder / "runc");
    file << "#!/bin/sh\nroot=$2\ncase $* in *delete*) " << how_it_deletes << ";; *\" run \"*) while [ \"$1\" != --log ]; do shift; done; log=$2; " << how_it_runs << ";; esac\n";
    file.close();
    fs::permissions(folder / "runc", fs::perms::owner_all);
  }
  std::unique_ptr<Runtime> open() {
    auto runtime = Runtime::open(machine, folder / "state");
    if (!runtime) return nullptr;
    fs::create_directories((*runtime)->work() / "containers/c1");
    return std::move(*runtime);
  }
  size_t left() const {
    const fs::directory_iterator all(folder / "state/run");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }

  host::Scratch scratch;
  fs::path folder = scratch.path();
  std::string path;
  host::Machine machine = host::real_machine();
};

TEST_F(RuntimeTest, AContainerThatCannotBeRemovedIsKeptAndTold) {
  runc("echo 'container c1: device or resource busy' >&2; exit 1");
  auto runtime = open();
  if (!runtime) GTEST_SKIP() << "this machine runs no containers";
  const fs::path work = runtime->work();
  const Done closed = runtime->close();
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("cannot remove container 'c1' with '"), std::string::npos) << closed.error().message;
  EXPECT_NE(closed.error().message.find("container c1: device or resource busy; its state is kept in '" + work.string() + "'"), std::string::npos) << closed.error().message;
  EXPECT_TRUE(fs::exists(work / "containers/c1"));
  // Nor does whoever tidies up after us remove it.
  runtime.reset();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_TRUE(fs::exists(work / "containers/c1"));
  // The next run tries again.
  runc("rm -rf \"$root/c1\"");
  runtime = open();
  ASSERT_TRUE(runtime);
  EXPECT_FALSE(fs::exists(work));
  EXPECT_TRUE(runtime->close());
  EXPECT_EQ(left(), 0U);
}

TEST_F(RuntimeTest, WhatCanBeRemovedIs) {
  runc("rm -rf \"$root/c1\"");
  auto runtime = open();
  if (!runtime) GTEST_SKIP() << "this machine runs no containers";
  runtime.reset();
  EXPECT_EQ(left(), 0U);
}

TEST_F(RuntimeTest, WhyItDoesNotStartIsNotWhatCouldNotBeClearedAway) {
  runc("rm -rf \"$root/c1\"", R"(printf '%s\n' '{"level":"error","msg":"Failed to remove cgroup"}' '{"level":"error","msg":"runc run failed: exec: \"/bin/nothing\": no such file"}' > "$log"; exit 1)");
  auto runtime = open();
  if (!runtime) GTEST_SKIP() << "this machine runs no containers";
  const inventory::Contents contents;
  Cell cell;
  cell.image = &contents;
  const auto ended = runtime->run(cell, Program{.argv = {"/bin/nothing"}, .environment = {}}, std::chrono::steady_clock::now() + std::chrono::seconds(10), "c2");
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->refusal, "runc run failed: exec: '/bin/nothing': no such file");
}

/// What is left of an ordinary user's containers has files of others, which the user may remove only in a user namespace.
TEST_F(RuntimeTest, AnOrdinaryUsersWorkIsRemovedHoweverItEnds) {
  const host::OrdinaryUser user(folder);
  if (const std::string lacking = user.lacking(); !lacking.empty()) GTEST_SKIP() << lacking;
  runc("exit 0");
  fs::permissions(folder / "runc", fs::perms::all);
  struct Row {
    const char* summary;
    enum class End : unsigned char { Closed, Killed, Left } end;
  };
  for (const Row& row : {Row{"it is closed", Row::End::Closed}, Row{"it is killed", Row::End::Killed}, Row{"it is killed, and the next one comes at once", Row::End::Left}}) {
    const pid_t child = user.fork([&] {
      const auto runtime = open();
      if (runtime == nullptr) return 2;
      const std::string others = (runtime->work() / "containers/c1/file").string();
      if (!run_as_their_root(machine, runtime->maps(), {"sh", "-c", "echo x >\"$1\" && chown 5:6 \"$1\" && chown 7 \"${1%/*}\"", "sh", others}, "make a file of others")) return 3;
      if (row.end == Row::End::Closed) return runtime->close() ? 0 : 4;
      ::raise(SIGKILL);
      return 5;
    });
    EXPECT_EQ(host::OrdinaryUser::ended(child), row.end == Row::End::Closed ? 0 : 128 + SIGKILL) << row.summary;
    if (row.end == Row::End::Left) {
      EXPECT_EQ(host::OrdinaryUser::ended(user.fork([&] { return open() == nullptr ? 2 : 0; })), 0) << row.summary;
    }
    for (int wait = 0; wait < 1000 && left() != 0; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(left(), 0U) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::prove
