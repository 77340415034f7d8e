#include "host/blobs.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "host/scratch.h"
#include "host/memory.h"

namespace ashlar::host {
namespace {

std::string content(const Blobs& blobs, const Digest& digest) {
  auto file = blobs.open(digest);
  if (!file) return file.error().message;
  const auto source = stream(std::move(*file));
  const auto bytes = read_all(*source, 1 << 26);
  return bytes ? std::string(as_text(*bytes)) : bytes.error().message;
}

class BlobsTest : public testing::Test {
 protected:
  Scratch scratch;
  std::unique_ptr<Files> files = machine_files();
  Blobs blobs{*files, scratch / "blobs"};
};

TEST_F(BlobsTest, KeepsBytesByTheirDigest) {
  for (const std::string& text : {std::string(), std::string("hello"), std::string(1'000'000, 'z')}) {
    const auto digest = blobs.put(as_bytes(text));
    ASSERT_TRUE(digest);
    EXPECT_EQ(*digest, Digest::of(text));
    EXPECT_TRUE(blobs.has(*digest));
    EXPECT_EQ(content(blobs, *digest), text);
    EXPECT_EQ(blobs.path(*digest), scratch.path() / "blobs/sha256" / digest->hex().substr(0, 2) / digest->hex().substr(2));
  }
}

TEST_F(BlobsTest, KnowsDamage) {
  const auto digest = blobs.put(as_bytes(std::string(600'000, 'a')));
  ASSERT_TRUE(digest);
  EXPECT_TRUE(blobs.is_whole(*digest).value());
  const Path path = blobs.path(*digest);
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(500'000).put('b');
  EXPECT_FALSE(blobs.is_whole(*digest).value());
  std::filesystem::resize_file(path, 0);
  EXPECT_FALSE(blobs.is_whole(*digest).value());
  EXPECT_EQ(blobs.is_whole(Digest::of("never stored")).error().kind, Kind::NotFound);
}

TEST_F(BlobsTest, SaysWhatItLacks) {
  const Digest digest = Digest::of("never stored");
  EXPECT_FALSE(blobs.has(digest));
  EXPECT_EQ(blobs.open(digest).error().kind, Kind::NotFound);
  EXPECT_TRUE(blobs.remove(digest));
}

TEST_F(BlobsTest, OtherBytesThanExpectedAreRefusedAndNotKept) {
  MemorySource source(as_bytes("forged"));
  const auto digest = blobs.put(source, Digest::of("genuine"));
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().kind, Kind::Corrupt);
  EXPECT_EQ(digest.error().message, fmt::format("cannot store '{}': the bytes have digest '{}'", Digest::of("genuine").str(), Digest::of("forged").str()));
  EXPECT_FALSE(blobs.has(Digest::of("genuine")));
  EXPECT_FALSE(blobs.has(Digest::of("forged")));
  EXPECT_TRUE(files->list(scratch / "blobs/sha256")->empty());
}

TEST_F(BlobsTest, ASourceThatFailsLeavesNothing) {
  class Failing final : public Source {
   public:
    Result<size_t> read(std::span<std::uint8_t> out) override {
      if (given_) return cannot(Kind::Unavailable, "read on", "the line is dead");
      given_ = true;
      return std::min<size_t>(out.size(), 10);
    }

   private:
    bool given_ = false;
  } source;
  const auto digest = blobs.put(source);
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().message, "cannot read on: the line is dead");
  EXPECT_TRUE(files->list(scratch / "blobs/sha256")->empty());
}

TEST_F(BlobsTest, DraftsAreCommittedUnderADigest) {
  const auto draft = blobs.draft();
  ASSERT_TRUE(draft);
  ASSERT_TRUE((*draft)->write(as_bytes("drafted")));
  ASSERT_TRUE(blobs.commit_as(**draft, Digest::of("drafted")));
  EXPECT_EQ(content(blobs, Digest::of("drafted")), "drafted");
  ASSERT_TRUE(blobs.remove(Digest::of("drafted")));
  EXPECT_FALSE(blobs.has(Digest::of("drafted")));
}

TEST_F(BlobsTest, StoringAgainMendsADamagedEntry) {
  const auto digest = blobs.put(as_bytes("sound"));
  ASSERT_TRUE(files->write(blobs.path(*digest), "dam"));
  ASSERT_TRUE(blobs.put(as_bytes("sound")));
  EXPECT_EQ(content(blobs, *digest), "sound");
}

TEST_F(BlobsTest, WorksOverFilesInMemory) {
  MemoryFiles memory;
  Blobs in_memory(memory, "/cache");
  const auto digest = in_memory.put(as_bytes("there"));
  ASSERT_TRUE(digest);
  EXPECT_EQ(content(in_memory, *digest), "there");
}

TEST_F(BlobsTest, ManyWritersOfTheSameBytes) {
  const std::string text(400'000, 'w');
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      Blobs own(*files, scratch / "blobs", Durability::Cache);
      for (int round = 0; round < 25; ++round) {
        const auto digest = own.put(as_bytes(text));
        if (!digest || content(own, *digest) != text) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(files->list(scratch / "blobs/sha256")->size(), 1u);
}

/// Bytes of the blob number `number`: different sizes, so that a torn one shows.
std::string bytes_of(unsigned number) {
  std::mt19937 random(number);
  std::string text(1000 + random() % 300'000, '\0');
  for (char& each : text) each = static_cast<char>(random());
  return text;
}

TEST_F(BlobsTest, KillingTheWriterNeverLeavesATornEntry) {
  std::mt19937 random(4711);
  size_t entries = 0;
  for (int round = 0; round < 40; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Blobs own(*files, scratch / "blobs", round % 2 == 0 ? Durability::Disk : Durability::Cache);
      for (unsigned number = static_cast<unsigned>(round) * 7;; ++number) (void)own.put(as_bytes(bytes_of(number % 64)));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    entries = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch / "blobs")) {
      if (!entry.is_regular_file() || entry.path().filename().string().starts_with(".ashlar-draft-")) continue;
      ++entries;
      const std::string hex = entry.path().parent_path().filename().string() + entry.path().filename().string();
      ASSERT_EQ(Digest::of(files->read(entry.path()).value()).hex(), hex) << "torn in round " << round;
    }
  }
  EXPECT_GT(entries, 10u) << "the writers never came to write";
}

}  // namespace
}  // namespace ashlar::host
