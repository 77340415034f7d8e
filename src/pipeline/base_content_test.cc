#include "pipeline/base_content.h"

#include <gtest/gtest.h>

#include <functional>

#include "inventory/sample_image.h"

namespace ashlar::pipeline {
namespace {

using inventory::Members;

inventory::Contents read(const std::vector<Members>& layers) {
  auto target = inventory::target_of(layers, {});
  auto contents = inventory::read_contents(target);
  EXPECT_TRUE(contents) << (contents ? "" : contents.error().message);
  return contents ? std::move(*contents) : inventory::Contents();
}

Members base() {
  return {inventory::folder("etc"), {"etc/os-release", "ID=debian\n"}, inventory::folder("usr"), inventory::folder("usr/bin"), inventory::program("usr/bin/tool", "\x7f" "ELF tool"), inventory::symlink("usr/bin/other", "tool"),
          inventory::hard_link("usr/bin/third", "usr/bin/tool")};
}

struct Row {
  const char* summary;
  Members above;
  const char* says;
};

TEST(BaseContent, what_an_application_does_to_its_base) {
  const Row rows[] = {
      {"nothing", {inventory::folder("app"), {"app/main", "x"}}, ""},
      {"a file removed", {{"etc/.wh.os-release"}}, "the application removes 1 file of its base ('/etc/os-release')"},
      {"a folder removed with all in it", {{"usr/.wh.bin"}}, "the application removes 4 files of its base ('/usr/bin' first)"},
      {"a folder made opaque", {inventory::folder("usr/bin"), {"usr/bin/.wh..wh..opq"}}, "the application removes 3 files of its base ('/usr/bin/other' first)"},
      {"content replaced", {{"etc/os-release", "ID=other\n"}}, "the application replaces 1 file of its base ('/etc/os-release')"},
      {"the same written again", {{"etc/os-release", "ID=debian\n"}}, ""},
      {"a mode", {inventory::Member{"usr/bin/tool", "\x7f" "ELF tool", FileType::Regular, 04755}}, "the application replaces 1 file of its base ('/usr/bin/tool')"},
      {"a folder's mode", {inventory::folder("usr/bin", 0777)}, ""},
      {"a link that leads elsewhere", {inventory::symlink("usr/bin/other", "/app/evil")}, "the application replaces 1 file of its base ('/usr/bin/other')"},
      {"a file in the place of a link", {{"usr/bin/other", "x"}}, "the application replaces 1 file of its base ('/usr/bin/other')"},
      {"both", {{"etc/.wh.os-release"}, {"usr/bin/other", "x"}, {"usr/bin/tool", "y"}}, "the application removes 1 file of its base ('/etc/os-release') and replaces 2 files ('/usr/bin/other' first)"},
      {"attributes", {inventory::Member{.path = "usr/bin/tool", .content = "\x7f" "ELF tool", .mode = 0755, .xattrs = {{"security.capability", "x"}}}}, "the application replaces 1 file of its base ('/usr/bin/tool')"},
  };
  const auto below = read({base()});
  for (const Row& row : rows) {
    const BaseDeeds found = done_to(below, read({base(), row.above}));
    EXPECT_EQ(found.words(), row.says) << row.summary;
    EXPECT_EQ(found.unchanged(), row.says[0] == '\0') << row.summary;
    EXPECT_EQ(found.files, below.files.size());
  }
}

TEST(BaseContent, a_squashed_image_has_every_file_of_its_base) {
  Members squashed = base();
  squashed.push_back({"app", "x"});
  EXPECT_TRUE(done_to(read({base()}), read({squashed})).unchanged());
  squashed.erase(squashed.begin() + 1);
  EXPECT_EQ(done_to(read({base()}), read({squashed})).removed, 1U);
}

TEST(BaseContent, names_of_files_cannot_move_the_cursor) {
  Members odd = base();
  odd.push_back({"etc/a\x1b[2Jb", "x"});
  const auto words = done_to(read({odd}), read({base()})).words();
  EXPECT_EQ(words.find('\x1b'), std::string::npos) << words;
  EXPECT_NE(words.find("\\x1b"), std::string::npos) << words;
}

struct Scratch { const char* summary; Members files; bool from_scratch; };

TEST(BaseContent, an_image_without_a_base_holds_nothing_of_one) {
  const std::string elf = "\x7f" "ELF static";
  const Scratch rows[] = {
      {"one program", {inventory::program("app", elf)}, true},
      {"with certificates and zones", {inventory::program("app", elf), {"etc/ssl/certs/ca-certificates.crt", "x"}, {"usr/share/zoneinfo/UTC", "x"}, {"etc/passwd", "app:x:1:1::/:\n"}}, true},
      {"an os-release", {inventory::program("app", elf), {"etc/os-release", "ID=x\n"}}, false},
      {"the other os-release", {{"usr/lib/os-release", "ID=x\n"}}, false},
      {"dpkg's database, emptied", {inventory::folder("var/lib/dpkg")}, false},
      {"apk's", {{"lib/apk/db/installed", ""}}, false},
      {"rpm's", {{"usr/lib/sysimage/rpm/rpmdb.sqlite", ""}}, false},
      {"a name that begins so", {{"var/lib/dpkg-not/x", ""}}, true},
      {"a library", {inventory::program("usr/lib/libc.so.6", elf)}, false},
      {"a loader", {inventory::program("lib/ld-musl-x86_64.so.1", elf)}, false},
      {"a text that is called so", {{"notes.so.txt", "x"}}, true},
      {"a shell", {inventory::program("bin/sh", elf)}, false},
      {"a link to one", {inventory::symlink("bin/sh", "busybox")}, false},
      {"a language", {inventory::program("opt/python3.13", elf)}, false},
      {"a folder that is called so", {inventory::folder("srv/bash")}, true},
      {"a package manager", {inventory::program("sbin/apk", elf)}, false},
  };
  for (const Scratch& row : rows) EXPECT_EQ(is_from_scratch(read({row.files})), row.from_scratch) << row.summary;
}

}  // namespace
}  // namespace ashlar::pipeline
