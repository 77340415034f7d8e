#include "host/file_digest.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "host/inner/file_version.h"
#include "host/memory.h"
#include "host/scratch.h"

namespace ashlar::host {
namespace {

namespace fs = std::filesystem;

/// Bytes that this process has read from files so far.
std::uint64_t bytes_read() {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::uint64_t count = 0;
  file >> name >> count;
  return name == "rchar:" ? count : 0;
}

class FileDigestTest : public testing::Test {
 protected:
  static constexpr size_t size = 4 << 20;
  void SetUp() override {
    put(std::string(size, 'a'));
    wait();
  }
  void put(const std::string& content) const { std::ofstream(path, std::ios::binary) << content; }
  /// Until a change would bear other times than those before it.
  static void wait() { std::this_thread::sleep_for(std::chrono::milliseconds(120)); }
  bool asked(const Digest& digest) const {
    const auto file = files->open(path);
    return file && has_digest(**file, digest);
  }
  bool reads(const Digest& digest, bool answer) const {
    const std::uint64_t before = bytes_read();
    EXPECT_EQ(asked(digest), answer);
    return bytes_read() - before >= size;
  }

  Scratch scratch;
  Path path = scratch / "file";
  std::unique_ptr<Files> files = machine_files();
  const Digest a = Digest::of(std::string(size, 'a')), b = Digest::of(std::string(size, 'b'));
};

TEST_F(FileDigestTest, WhatWasFoundIsNotReadAgain) {
  if (bytes_read() == 0) GTEST_SKIP() << "this machine does not count what a process reads";
  const auto file = files->open(path);
  if (file && !version_of(**file)) GTEST_SKIP() << "the file system of temporary files is none whose times tell versions apart";
  EXPECT_TRUE(reads(a, true));
  EXPECT_FALSE(reads(a, true)) << "it is as it was";
  EXPECT_TRUE(reads(b, false)) << "what was not found is looked for";
  EXPECT_TRUE(reads(b, false)) << "and a failure is not kept";
  EXPECT_FALSE(reads(a, true));
}

TEST_F(FileDigestTest, EveryChangeIsSeen) {
  struct Row { std::string summary; std::function<void()> change; bool still; };
  const Path other = scratch / "other", kept = scratch / "kept";
  const auto times_of = [&](const std::function<void()>& change) {
    const auto time = fs::last_write_time(path);
    change();
    fs::last_write_time(path, time);
  };
  const std::vector<Row> rows = {
      {"other bytes in its place, its time put back", [&] { times_of([&] { put(std::string(size, 'b')); }); }, false},
      {"one byte of it, its time put back", [&] { times_of([&] { std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(77).put('x'); }); }, false},
      {"another file renamed to it, with its time", [&] { times_of([&] { std::ofstream(other, std::ios::binary) << std::string(size, 'b'); fs::rename(other, path); }); }, false},
      {"the same bytes written again", [&] { put(std::string(size, 'a')); }, true},
      {"cut", [&] { times_of([&] { fs::resize_file(path, size - 1); }); }, false},
      {"a symlink to another in its place", [&] { std::ofstream(kept, std::ios::binary) << std::string(size, 'b'); fs::remove(path); fs::create_symlink(kept, path); }, false},
      {"gone", [&] { fs::remove(path); }, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    fs::remove(path);
    put(std::string(size, 'a'));
    wait();
    ASSERT_TRUE(asked(a));
    row.change();
    EXPECT_EQ(asked(a), row.still);
    wait();
    EXPECT_EQ(asked(a), row.still) << "and later";
  }
}

/// A file that changes faster than the kernel's clock counts: never the answer of before.
TEST_F(FileDigestTest, ChangesInOneTickAreSeen) {
  for (int round = 0; round < 40; ++round) {
    put(round % 2 == 0 ? std::string(1000, 'b') : std::string(1000, 'c'));
    EXPECT_TRUE(asked(Digest::of(std::string(1000, round % 2 == 0 ? 'b' : 'c')))) << round;
    EXPECT_FALSE(asked(Digest::of(std::string(1000, round % 2 == 0 ? 'c' : 'b')))) << round;
  }
}

TEST_F(FileDigestTest, FilesOfNoDiskAreReadEachTime) {
  MemoryFiles memory;
  ASSERT_TRUE(memory.write("/file", "one", Durability::Cache));
  const auto file = memory.open("/file");
  ASSERT_TRUE(file);
  EXPECT_FALSE(version_of(**file));
  EXPECT_TRUE(has_digest(**file, Digest::of(std::string_view("one"))));
  ASSERT_TRUE(memory.write("/file", "two", Durability::Cache));
  const auto now = memory.open("/file");
  ASSERT_TRUE(now);
  EXPECT_FALSE(has_digest(**now, Digest::of(std::string_view("one"))));
}

TEST_F(FileDigestTest, ManyThreadsGetOneAnswer) {
  std::atomic<int> yes = 0;
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 8; ++at) threads.emplace_back([&] { yes += asked(a) && !asked(b); });
  }
  EXPECT_EQ(yes, 8);
}

}  // namespace
}  // namespace ashlar::host
