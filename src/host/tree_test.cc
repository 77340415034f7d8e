#include "host/tree.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "host/memory.h"
#include "host/scratch.h"

namespace ashlar::host {
namespace {

using Strings = std::vector<std::string>;

Strings lines_of(const std::vector<TarEntry>& entries) {
  Strings out;
  for (const TarEntry& each : entries) out.push_back(each.path + " " + std::to_string(static_cast<int>(each.type)) + " " + std::to_string(each.size) + " " + each.link);
  return out;
}

void put(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << content;
}

TEST(Tree, NodesAreListedByPath) {
  const Scratch scratch;
  put(scratch / "a/x", "12");
  put(scratch / "a.b/x", "123");
  put(scratch / "deep/er/still/file", "");
  std::filesystem::create_hard_link(scratch / "a/x", scratch / "a.b/again");
  std::filesystem::create_symlink("a/x", scratch / "link");
  std::filesystem::create_symlink(std::string(300, 'n'), scratch / "nowhere");
  std::filesystem::create_directory_symlink("..", scratch / "deep/up");
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0644), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string at = (scratch / "s").string();
  ASSERT_LT(at.size(), sizeof address.sun_path);
  at.copy(address.sun_path, at.size());
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const size_t threads : {1, 2, 8}) {
    const auto entries = list_tree(scratch.path(), threads);
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_EQ(lines_of(*entries), (Strings{"a 5 0 ", "a.b 5 0 ", "a.b/again 0 2 ", "a.b/x 0 3 ", "a/x 1 0 a.b/again", "deep 5 0 ", "deep/er 5 0 ", "deep/er/still 5 0 ", "deep/er/still/file 0 0 ",
                                           "deep/up 2 0 ..", "link 2 0 a/x", "nowhere 2 0 " + std::string(300, 'n'), "pipe 6 0 "})) << threads << " threads";
  }
  ::close(socket);
}

TEST(Tree, OfSeveralFoldersThatCannotBeListedTheFirstIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root lists every folder";
  const Scratch scratch;
  for (const char* name : {"a", "b/closed", "c/closed", "d"}) put(scratch / name / "x", "1");
  for (const char* name : {"b/closed", "c/closed"}) ASSERT_EQ(::chmod((scratch / name).c_str(), 0), 0);
  for (const size_t threads : {1, 2, 8}) EXPECT_EQ(list_tree(scratch.path(), threads).error().message, "cannot read '" + (scratch / "b/closed").string() + "': permission denied") << threads;
  for (const char* name : {"b/closed", "c/closed"}) ::chmod((scratch / name).c_str(), 0755);
}

TEST(Tree, FoldersThatLieTooDeepAreRefusedOnAnyNumberOfThreads) {
  const Scratch scratch;
  std::string deepest = scratch.path().string();
  for (int depth = 0; depth < 514; ++depth) deepest += "/d";
  std::filesystem::create_directories(deepest);
  for (const size_t threads : {1, 2, 8}) {
    const auto entries = list_tree(scratch.path(), threads);
    ASSERT_FALSE(entries) << threads;
    EXPECT_TRUE(entries.error().message.ends_with("folders lie too deep in each other")) << entries.error().message;
  }
}

TEST(Tree, WhatIsNoFolderIsSaid) {
  const Scratch scratch;
  put(scratch / "file", "x");
  EXPECT_EQ(list_tree(scratch / "file").error().message, "cannot read '" + (scratch / "file").string() + "': it is no folder");
  EXPECT_EQ(list_tree(scratch / "none").error().kind, Kind::NotFound);
}

TEST(TreeReader, ReadsWhatIsAsLargeAsItIsSaid) {
  const Scratch scratch;
  put(scratch / "a/one", "first");
  put(scratch / "a/two", "second");
  put(scratch / "top", "third");
  put(scratch / "empty", "");
  std::filesystem::create_symlink("top", scratch / "link");
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0644), 0);
  const struct {
    const char* summary;
    std::string path;
    std::uint64_t size;
    size_t room;
    bool reads;
    std::string content;
  } rows[] = {
      {"in a folder", "a/one", 5, 6, true, "first"},
      {"another in the same folder", "a/two", 6, 7, true, "second"},
      {"in the folder itself", "top", 5, 6, true, "third"},
      {"back in a folder, with more room", "a/one", 5, 100, true, "first"},
      {"an empty one", "empty", 0, 1, true, ""},
      {"it has grown", "a/one", 4, 5, false, ""},
      {"it has shrunk", "a/one", 9, 10, false, ""},
      {"no room to see its end", "a/one", 5, 5, false, ""},
      {"it is gone", "a/none", 5, 6, false, ""},
      {"its folder is gone", "b/none", 5, 6, false, ""},
      {"it is a symlink by now", "link", 5, 6, false, ""},
      {"it is a pipe by now, which nobody waits for", "pipe", 5, 6, false, ""},
      {"it is a folder by now", "a", 5, 6, false, ""},
      {"and after all that", "a/two", 6, 7, true, "second"},
  };
  const auto files = machine_files();
  TreeReader reader(*files, scratch.path());
  for (const auto& row : rows) {
    Bytes room(row.room);
    ASSERT_EQ(reader.read(row.path, row.size, room), row.reads) << row.summary;
    if (!row.reads) continue;
    EXPECT_EQ(as_text(room).substr(0, row.size), row.content) << row.summary;
  }
}

TEST(TreeReader, WhatStandsInForTheMachineHasItsOwnFiles) {
  const Scratch scratch;
  put(scratch / "a", "first");
  const MemoryFiles files;
  Bytes room(6);
  EXPECT_FALSE(TreeReader(files, scratch.path()).read("a", 5, room));
}

}  // namespace
}  // namespace ashlar::host
