#include "host/file_state.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "host/memory.h"
#include "host/scratch.h"

namespace ashlar::host {
namespace {

TEST(FileState, IsTheFilesOwnUntilItIsChanged) {
  const Scratch scratch;
  const auto files = machine_files();
  const Path one = scratch / "one", two = scratch / "two";
  const auto put = [](const Path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; };
  const auto state = [&](const Path& path) { return state_of(*files->open(path).value()); };
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(150)); };
  put(one, "a"), put(two, "a");
  wait();
  const std::string before = state(one);
  if (before.empty()) GTEST_SKIP() << "the file system of temporary files is none whose times tell versions apart";
  EXPECT_EQ(state(one), before);
  EXPECT_NE(state(two), before) << "another file of the same bytes";
  put(one, "b");
  EXPECT_NE(state(one), before) << "of the same size";
  EXPECT_TRUE(state(one).empty()) << "what was changed just now may be changed again at the same moment";
  wait();
  const std::string after = state(one);
  EXPECT_NE(after, before);
  put(one, "a");
  wait();
  EXPECT_NE(state(one), before) << "the bytes of before, and yet not the file of before";
}

TEST(FileState, NothingIsKnownOfWhatIsOnNoDisk) {
  MemoryMachine machine;
  ASSERT_TRUE(machine.files.write("/a", "x", Durability::Cache));
  EXPECT_EQ(state_of(*machine.files.open("/a").value()), "");
}

}  // namespace
}  // namespace ashlar::host
