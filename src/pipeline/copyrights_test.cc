#include "pipeline/inner/copyrights.h"

#include <gtest/gtest.h>

#include "base/tar.h"
#include "host/memory.h"

namespace ashlar::pipeline {
namespace {

struct File { std::string path, content, link{}; };

std::string deb_of(const std::string& name, const std::vector<File>& files) {
  const auto tar_of = [](const std::vector<File>& members) {
    Bytes tar;
    for (const File& each : members) {
      TarEntry entry;
      entry.path = "./" + each.path;
      entry.type = each.link.empty() ? FileType::Regular : FileType::Symlink;
      entry.mode = 0644;
      entry.link = each.link;
      entry.size = each.content.size();
      append_tar_header(tar, entry);
      tar.insert(tar.end(), each.content.begin(), each.content.end());
      tar.resize(tar.size() + tar_padding(each.content.size()));
    }
    tar.resize(tar.size() + tar_end_size);
    return std::string(as_text(tar));
  };
  std::string ar = "!<arch>\n";
  const auto add = [&ar](std::string member, const std::string& content) {
    member.resize(16, ' ');
    std::string size = std::to_string(content.size());
    size.resize(10, ' ');
    ar += member + "0           0     0     100644  " + size + "`\n" + content + (content.size() % 2 != 0 ? "\n" : "");
  };
  add("debian-binary", "2.0\n");
  add("control.tar", tar_of({{"control", "Package: " + name + "\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\n"}}));
  add("data.tar", tar_of(files));
  return ar;
}

TEST(Copyrights, AreReadFromTheCacheAsTheImageWouldHaveThem) {
  const struct {
    const char *summary, *package;
    std::vector<File> files;
    std::string text;  ///< or the error
  } rows[] = {
      {"its own", "own", {{"usr/bin/own", "x"}, {"usr/share/doc/own/copyright", "mine"}}, "mine"},
      {"a link of the folder", "libown", {{"usr/share/doc/libown", "", "own"}}, "mine"},
      {"a link of the file", "libfile", {{"usr/share/doc/libfile/copyright", "", "../own/copyright"}}, "mine"},
      {"a link to a link", "deep", {{"usr/share/doc/deep", "", "/usr/share/doc/libown"}}, "mine"},
      {"no such file", "bare", {{"usr/bin/bare", "x"}}, "there is no /usr/share/doc/bare/copyright"},
      {"a link to a package that is not locked", "stray", {{"usr/share/doc/stray", "", "elsewhere"}}, "its copyright file is a link to /usr/share/doc/elsewhere/copyright, which no package of the lock has"},
      {"a link out of the documentation", "out", {{"usr/share/doc/out/copyright", "", "/etc/shadow"}}, "its copyright file is a link to /etc/shadow"},
      {"a link to itself", "round", {{"usr/share/doc/round", "", "round"}}, "the links of its copyright file lead round in circles"},
  };
  host::MemoryFiles files;
  host::Blobs packages(files, "/cache/packages");
  plan::LockedPlatform locked;
  for (const auto& row : rows) {
    const auto digest = packages.put(as_bytes(deb_of(row.package, row.files)));
    ASSERT_TRUE(digest) << row.summary;
    plan::LockedPackage& package = locked.packages.emplace_back();
    package.name = row.package, package.version = "1", package.sha256 = digest->hex();
  }
  plan::LockedPackage& absent = locked.packages.emplace_back();
  absent.name = "absent", absent.sha256 = std::string(64, 'a');
  const Copyrights copyrights(files, "/cache", locked);
  for (size_t at = 0; at < std::size(rows); ++at) {
    const auto text = copyrights.of(locked.packages[at]);
    EXPECT_EQ(text ? *text : text.error().message, rows[at].text) << rows[at].summary;
  }
  const auto none = copyrights.of(absent);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "package 'absent' is not in the cache, which `ashlar build` fills");
}

}  // namespace
}  // namespace ashlar::pipeline
