#include "host/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include <fmt/format.h>

#include "host/scratch.h"
#include "host/memory.h"

namespace ashlar::host {
namespace {

mode_t permissions(const Path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

/// What holds for the machine's files and for those in memory alike.
class AnyFiles : public testing::TestWithParam<bool> {
 protected:
  AnyFiles() : files(GetParam() ? machine_files() : std::make_unique<MemoryFiles>()) {}
  Scratch scratch;
  std::unique_ptr<Files> files;
};
INSTANTIATE_TEST_SUITE_P(Files, AnyFiles, testing::Values(true, false), [](const auto& each) { return each.param ? "machine" : "memory"; });

TEST_P(AnyFiles, WritesAndReads) {
  struct Row {
    std::string summary, content;
  };
  const Row rows[] = {{"empty", ""}, {"text", "hello\n"}, {"bytes of all kinds", std::string("\0\xff\n\r", 4)}, {"large", std::string(3'000'000, 'x')}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    ASSERT_TRUE(files->write(scratch / "a/b/file", row.content));
    EXPECT_EQ(files->read(scratch / "a/b/file").value(), row.content);
    const auto stat = files->stat(scratch / "a/b/file");
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->type, NodeType::Regular);
    EXPECT_EQ(stat->size, row.content.size());
    EXPECT_EQ(stat->mode, 0644u);
    EXPECT_EQ(files->list(scratch / "a/b").value(), std::vector<std::string>{"file"}) << "a draft was left";
  }
}

TEST(MachineFilesOnly, DevicesAreWrittenToAndStay) {
  const Scratch scratch;
  const auto files = machine_files();
  const Path null = scratch.path() / "null", full = scratch.path() / "full", pipe = scratch.path() / "pipe";
  std::filesystem::create_symlink("/dev/null", null);
  std::filesystem::create_symlink("/dev/full", full);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(files->write(null, "text", Durability::Cache));
  EXPECT_TRUE(std::filesystem::is_character_file(null)) << "a file in its place would be in everybody's way";
  const Done no_room = files->write(full, "text", Durability::Cache);
  ASSERT_FALSE(no_room);
  EXPECT_TRUE(no_room.error().message.starts_with("cannot write file '")) << no_room.error().message;
  std::string heard(10, '\0');
  std::thread reader([&] {
    const int end = ::open(pipe.c_str(), O_RDONLY);
    heard.resize(static_cast<size_t>(std::max<ssize_t>(0, ::read(end, heard.data(), heard.size()))));
    ::close(end);
  });
  EXPECT_TRUE(files->write(pipe, "text", Durability::Cache));
  reader.join();
  EXPECT_EQ(heard, "text");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}

TEST_P(AnyFiles, ReadsAtAnyOffset) {
  ASSERT_TRUE(files->write(scratch / "file", "0123456789"));
  const auto file = files->open(scratch / "file");
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 10u);
  struct Row {
    std::string summary;
    std::uint64_t offset;
    size_t room;
    std::string expected;
  };
  const Row rows[] = {{"front", 0, 4, "0123"}, {"middle", 5, 2, "56"}, {"over the end", 8, 10, "89"}, {"at the end", 10, 4, ""}, {"past the end", 99, 4, ""}, {"nothing", 3, 0, ""}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Bytes room(row.room);
    const auto count = (*file)->read_at(row.offset, room);
    ASSERT_TRUE(count);
    EXPECT_EQ(as_text(BytesView(room).first(*count)), row.expected);
  }
}

TEST_P(AnyFiles, WhatIsOpenStaysAsItWasWhenItIsReplaced) {
  ASSERT_TRUE(files->write(scratch / "file", "before"));
  auto file = files->open(scratch / "file");
  ASSERT_TRUE(files->write(scratch / "file", "after it"));
  const auto source = stream(std::move(*file));
  EXPECT_EQ(as_text(read_all(*source, 100).value()), "before");
}

TEST_P(AnyFiles, DraftsShowNothingBeforeTheyAreCommitted) {
  {
    const auto draft = files->draft(scratch / "d");
    ASSERT_TRUE(draft);
    ASSERT_TRUE((*draft)->write(as_bytes("half")));
    EXPECT_EQ(files->list(scratch / "d").value(), std::vector<std::string>{});
    EXPECT_FALSE(files->exists(scratch / "d/file"));
  }
  EXPECT_EQ(files->list(scratch / "d").value(), std::vector<std::string>{}) << "a dropped draft left something";
  for (const Durability durability : {Durability::Disk, Durability::Cache}) {
    const auto draft = files->draft(scratch / "d");
    ASSERT_TRUE((*draft)->write(as_bytes("one ")));
    ASSERT_TRUE((*draft)->write(as_bytes("two")));
    ASSERT_TRUE((*draft)->commit(scratch / "d/file", durability));
    EXPECT_EQ(files->read(scratch / "d/file").value(), "one two");
  }
  EXPECT_EQ(files->list(scratch / "d").value(), std::vector<std::string>{"file"});
}

TEST_P(AnyFiles, ASpoolGivesBackWhatWasWrittenAndHasNoName) {
  const auto spool = files->spool();
  ASSERT_TRUE(spool);
  std::string all;
  for (int part = 0; part < 300; ++part) {
    const std::string piece = std::string(static_cast<size_t>(part) * 7, static_cast<char>('a' + part % 26));
    ASSERT_TRUE((*spool)->write(as_bytes(piece)));
    all += piece;
  }
  const auto file = (*spool)->finish();
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), all.size());
  Bytes back(all.size());
  ASSERT_EQ((*file)->read_at(0, back).value(), all.size());
  EXPECT_EQ(as_text(back), all);
  EXPECT_EQ((*file)->read_at(all.size() - 3, back).value(), 3U);
  EXPECT_EQ((*file)->read_at(all.size() + 3, back).value(), 0U);
}

TEST_P(AnyFiles, ErrorsNameTheObjectAndTheCause) {
  ASSERT_TRUE(files->write(scratch / "file", "x"));
  const std::string none = (scratch / "none").string(), file = (scratch / "file").string();
  struct Row {
    std::string summary;
    Done done;
    Kind kind;
    std::string message;
  };
  const auto drop = [](auto result) -> Done { return result ? Done() : Done(std::unexpected(std::move(result).error())); };
  const Row rows[] = {
      {"read nothing", drop(files->read(none)), Kind::NotFound, fmt::format("cannot open file '{}': no such file or directory", none)},
      {"open nothing", drop(files->open(none)), Kind::NotFound, fmt::format("cannot open file '{}': no such file or directory", none)},
      {"look at nothing", drop(files->stat(none)), Kind::NotFound, fmt::format("cannot look at '{}': no such file or directory", none)},
      {"list nothing", drop(files->list(none)), Kind::NotFound, fmt::format("cannot list folder '{}': no such file or directory", none)},
      {"touch nothing", files->touch(none), Kind::NotFound, fmt::format("cannot touch file '{}': no such file or directory", none)},
      {"copy nothing", files->link_or_copy(none, scratch / "to"), Kind::NotFound, fmt::format("cannot open file '{}': no such file or directory", none)},
      {"a folder over a file", files->make_folders(file), Kind::Conflict, fmt::format("cannot make folder '{}': a file of that name is there", file)},
      {"a folder below a file", files->make_folders(file + "/x"), Kind::Conflict, fmt::format("cannot make folder '{}/x': a file of that name is there", file)},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    ASSERT_FALSE(row.done);
    EXPECT_EQ(row.done.error().kind, row.kind);
    EXPECT_EQ(row.done.error().message, row.message);
  }
  EXPECT_FALSE(files->write(scratch.path(), "over a folder"));
}

TEST_P(AnyFiles, RemovesWhatIsThereAndMindsNothingElse) {
  ASSERT_TRUE(files->write(scratch / "t/a", "1"));
  ASSERT_TRUE(files->write(scratch / "t/deep/er/b", "2"));
  ASSERT_TRUE(files->write(scratch / "tt/c", "3"));
  EXPECT_TRUE(files->remove(scratch / "t/a"));
  EXPECT_TRUE(files->remove(scratch / "t/a"));
  EXPECT_FALSE(files->exists(scratch / "t/a"));
  EXPECT_TRUE(files->remove_tree(scratch / "t"));
  EXPECT_TRUE(files->remove_tree(scratch / "t"));
  EXPECT_FALSE(files->exists(scratch / "t"));
  EXPECT_TRUE(files->exists(scratch / "tt/c"));
}

TEST_P(AnyFiles, ListsNamesInOrder) {
  for (const char* name : {"l/b", "l/a", "l/c/d", "l/.hidden"}) ASSERT_TRUE(files->write(scratch / name, ""));
  EXPECT_EQ(files->list(scratch / "l").value(), (std::vector<std::string>{".hidden", "a", "b", "c"}));
  EXPECT_EQ(files->stat(scratch / "l/c")->type, NodeType::Directory);
}

TEST_P(AnyFiles, CopiesTheBytesAndReplaces) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{5'000'000}}) {
    const std::string content(size, 'c');
    ASSERT_TRUE(files->write(scratch / "from", content));
    ASSERT_TRUE(files->write(scratch / "x/to", "what was there"));
    ASSERT_TRUE(files->link_or_copy(scratch / "from", scratch / "x/to"));
    EXPECT_EQ(files->read(scratch / "x/to").value(), content);
    ASSERT_TRUE(files->write(scratch / "from", "changed since"));
    EXPECT_EQ(files->read(scratch / "x/to").value(), content) << "the copy changes with its origin";
  }
  EXPECT_EQ(files->list(scratch / "x").value(), std::vector<std::string>{"to"});
}

TEST_P(AnyFiles, LocksKeepOthersOut) {
  std::atomic<int> inside = 0, most = 0, done = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto lock = files->lock(scratch / "locks/one");
        if (!lock) continue;
        const int now = ++inside;
        if (now > most) most = now;
        std::this_thread::yield();
        --inside;
        // Removing the file that one holds, as the last act, lets the next one in and must not let two others in.
        if (round % 7 == 0) (void)files->remove(scratch / "locks/one");
        ++done;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(done, 200);
  EXPECT_EQ(most, 1);
}

class MachineFilesTest : public testing::Test {
 protected:
  Scratch scratch;
  std::unique_ptr<Files> files = machine_files();
};

TEST_F(MachineFilesTest, PermissionsAreTheSameUnderAnyUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}, mode_t{0777}}) {
    const mode_t before = ::umask(mask);
    const Path folder = scratch / fmt::format("m{:o}", mask);
    const Done wrote = files->write(folder / "deep/er/file", "x");
    const Done copied = files->link_or_copy(folder / "deep/er/file", folder / "copy");
    ::umask(before);
    ASSERT_TRUE(wrote && copied);
    EXPECT_EQ(permissions(folder), 0755u);
    EXPECT_EQ(permissions(folder / "deep/er"), 0755u);
    EXPECT_EQ(permissions(folder / "deep/er/file"), 0644u);
    EXPECT_EQ(permissions(folder / "copy"), 0644u);
  }
}

TEST_F(MachineFilesTest, FoldersThatAreThereKeepTheirPermissions) {
  ASSERT_TRUE(files->make_folders(scratch / "private"));
  ASSERT_EQ(::chmod((scratch / "private").c_str(), 0700), 0);
  ASSERT_TRUE(files->write(scratch / "private/sub/file", "x"));
  EXPECT_EQ(permissions(scratch / "private"), 0700u);
}

TEST_F(MachineFilesTest, TreesGoWithoutFollowingLinksAndThroughShutFolders) {
  ASSERT_TRUE(files->write(scratch / "outside/kept", "x"));
  ASSERT_TRUE(files->write(scratch / "tree/shut/file", "x"));
  std::filesystem::create_symlink(scratch / "outside", scratch / "tree/link");
  ASSERT_EQ(::chmod((scratch / "tree/shut").c_str(), 0), 0);
  EXPECT_TRUE(files->remove_tree(scratch / "tree"));
  EXPECT_FALSE(files->exists(scratch / "tree"));
  EXPECT_TRUE(files->exists(scratch / "outside/kept"));
  std::filesystem::create_symlink(scratch / "outside", scratch / "link");
  EXPECT_TRUE(files->remove_tree(scratch / "link"));
  EXPECT_TRUE(files->exists(scratch / "outside/kept"));
}

TEST_F(MachineFilesTest, LooksThroughSymlinks) {
  ASSERT_TRUE(files->write(scratch / "file", "123"));
  std::filesystem::create_symlink("file", scratch / "link");
  std::filesystem::create_symlink("nowhere", scratch / "broken");
  EXPECT_EQ(files->stat(scratch / "link")->size, 3u);
  EXPECT_EQ(files->stat(scratch / "broken").error().kind, Kind::NotFound);
  EXPECT_FALSE(files->exists(scratch / "broken"));
}

TEST_F(MachineFilesTest, ReadsFilesThatTellNoSize) {
  const auto text = files->read("/proc/self/status");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("Pid:"), std::string::npos);
  ASSERT_TRUE(files->link_or_copy("/proc/self/status", scratch / "status"));
  EXPECT_NE(files->read(scratch / "status")->find("Pid:"), std::string::npos);
}

TEST_F(MachineFilesTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(files->open(scratch.path()).error().message, fmt::format("cannot open file '{}': it is a folder", scratch.path().string()));
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(files->open(scratch / "pipe").error().kind, Kind::Invalid);
}

TEST_F(MachineFilesTest, RefusalsOfTheSystemAreUnavailable) {
  if (::geteuid() == 0) GTEST_SKIP() << "nothing is refused to root";
  ASSERT_TRUE(files->write(scratch / "secret", "x"));
  ASSERT_EQ(::chmod((scratch / "secret").c_str(), 0), 0);
  const auto text = files->read(scratch / "secret");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, Kind::Unavailable);
  EXPECT_EQ(text.error().message, fmt::format("cannot open file '{}': permission denied", (scratch / "secret").string()));
}

/// A limit on the size of files stands in for a disk that is full.
TEST_F(MachineFilesTest, WritesThatFailAreSaidAndLeaveNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Done done = files->write(scratch / "big", std::string(2 << 20, 'x'));
    const bool right = !done && done.error().kind == Kind::Unavailable && done.error().message.ends_with("file too large") && files->list(scratch.path())->empty();
    ::_exit(right ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(MachineFilesTest, TouchMakesNew) {
  ASSERT_TRUE(files->write(scratch / "file", "x"));
  const timespec old[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (scratch / "file").c_str(), old, 0), 0);
  EXPECT_EQ(files->stat(scratch / "file")->modified.seconds, 1000);
  ASSERT_TRUE(files->touch(scratch / "file"));
  EXPECT_GT(files->stat(scratch / "file")->modified.seconds, 1'700'000'000);
}

TEST_F(MachineFilesTest, ReadersSeeOneWholeFileOrTheOther) {
  const std::string first(200'000, 'a'), second(300'000, 'b');
  ASSERT_TRUE(files->write(scratch / "file", first));
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    for (int round = 0; round < 200; ++round) (void)files->write(scratch / "file", round % 2 == 0 ? second : first, Durability::Cache);
    stop = true;
  });
  while (!stop) {
    const auto text = files->read(scratch / "file");
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_TRUE(*text == first || *text == second);
  }
}

TEST_F(MachineFilesTest, ADraftIsCommittedOnce) {
  const auto draft = files->draft(scratch.path());
  ASSERT_TRUE((*draft)->commit(scratch / "one"));
  const Done again = (*draft)->commit(scratch / "two");
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().message.starts_with("internal error: ")) << again.error().message;
}

}  // namespace
}  // namespace ashlar::host
