#include "build/frame.h"

#include <gtest/gtest.h>

#include <random>

#include "build/encoder.h"
#include "build/inner/frame_record.h"
#include "build/inner/packer.h"
#include "build/inner/pruning.h"
#include "build/inner/trial.h"

namespace ashlar::build {
namespace {

using namespace trial;

class Frames : public Trial {
 protected:
  Result<Frame> get(const Package& package, const Keep& keep = {}, const plan::Encoder& with = encoder("gzip")) {
    const auto& locked = lock_package(package);
    const host::Blobs blobs = packages();
    return store_->get(locked, keep, with, blobs, crew);
  }
  /// The frame's uncompressed bytes.
  Bytes raw(const Frame& frame, const plan::Encoder& with = encoder("gzip")) {
    Bytes out;
    const auto file = store_->open(frame);
    EXPECT_TRUE(file);
    std::uint64_t at = 0;
    for (const FrameMember& member : frame.members) {
      Bytes packed(member.packed_size);
      EXPECT_EQ(*(*file)->read_at(at, packed), packed.size());
      const auto bytes = unpack(packed, member.raw_size, with);
      EXPECT_TRUE(bytes);
      out.insert(out.end(), bytes->begin(), bytes->end());
      at += member.packed_size;
    }
    EXPECT_EQ(at, frame.packed_size);
    EXPECT_EQ(out.size(), frame.raw_size);
    return out;
  }
  host::Path cache() { return folder_ / "frames"; }
  void SetUp() override {
    Trial::SetUp();
    store_ = std::make_unique<FrameStore>(*machine.files, cache());
  }
  Result<Bytes> content(const Frame& frame, const std::string& path) {
    for (const FrameEntry& each : frame.entries) {
      if (each.entry.path == path) return store_->content(frame, each, encoder("gzip"));
    }
    return fail(Kind::NotFound, path);
  }
  std::unique_ptr<FrameStore> store_;
  Crew crew{2};
};

std::string noise(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random() % 64);
  return out;
}

TEST_F(Frames, RunIsTarOfTheFilesWithoutFolders) {
  const auto frame = get({"aa", {folder("etc"), {"etc/x", "content"}, symlink("etc/y", "x"), {"usr/share/man/m", "no"}}});
  ASSERT_TRUE(frame) << frame.error().message;
  const Bytes bytes = raw(*frame);
  // A run has no end of its own: the layer's end makes it an archive.
  Bytes whole = bytes;
  whole.resize(whole.size() + tar_end_size);
  MemorySource ended(whole);
  TarReader reader(ended);
  EXPECT_EQ((*reader.next())->path, "etc/x");
  EXPECT_EQ(as_text(*read_all(reader, 100)), "content");
  EXPECT_EQ((*reader.next())->path, "etc/y");
  EXPECT_FALSE(reader.next()->has_value());
  EXPECT_EQ(frame->entries.size(), 3U);
}

TEST_F(Frames, LargeFilesAreCutIntoMembersByContentAlone) {
  const Package package{"aa", {{"usr/large", noise(5 * member_size / 2, 1)}, {"usr/small", "s"}}};
  const auto frame = get(package);
  ASSERT_TRUE(frame) << frame.error().message;
  ASSERT_EQ(frame->members.size(), 3U);
  EXPECT_EQ(frame->members[0].raw_size, member_size);
  EXPECT_EQ(as_text(*content(*frame, "usr/large")), package.files[0].content);
  EXPECT_EQ(as_text(*content(*frame, "usr/small")), "s");
}

TEST_F(Frames, SecondTimeComesFromTheCache) {
  const Package package{"aa", {{"etc/x", "1"}}};
  const auto first = get(package);
  ASSERT_TRUE(first);
  std::filesystem::remove_all(folder_ / "packages");
  const host::Blobs blobs = packages();
  const auto second = store_->get(lock.platforms["linux/amd64"].packages[0], {}, encoder("gzip"), blobs, crew);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->blob, first->blob);
  EXPECT_EQ(second->control.at("control"), first->control.at("control"));
  // Other rules or another encoder are other frames.
  EXPECT_FALSE(store_->get(lock.platforms["linux/amd64"].packages[0], {{}, {"etc/**"}, {}, {}}, encoder("gzip"), blobs, crew));
  EXPECT_FALSE(store_->get(lock.platforms["linux/amd64"].packages[0], {}, encoder("zstd"), blobs, crew));
}

TEST_F(Frames, WhatIsKept) {
  struct Row {
    const char* summary;
    Keep keep;
    std::vector<std::string> paths;
  };
  const Package package{"aa", {{"etc/a", "a"}, {"usr/lib/gconv/x.so", "x"}, {"usr/lib/gconv/y.so", "y"}, {"usr/share/doc/aa/copyright", "c"}}};
  const Row rows[] = {
      {"everything", {}, {"etc/a", "usr/lib/gconv/x.so", "usr/lib/gconv/y.so", "usr/share/doc/aa/copyright"}},
      {"left out by a glob", {{}, {"usr/lib/gconv/**"}, {}, {}}, {"etc/a", "usr/share/doc/aa/copyright"}},
      {"only what a glob takes, and the licence", {{"usr/lib/gconv/x*"}, {}, {}, {}}, {"usr/lib/gconv/x.so", "usr/share/doc/aa/copyright"}},
      {"taken by one and left out by another", {{"usr/lib/**"}, {"**/y.so"}, {}, {}}, {"usr/lib/gconv/x.so", "usr/share/doc/aa/copyright"}},
      {"dropped by name", {{}, {}, {"etc/a"}, {}}, {"usr/lib/gconv/x.so", "usr/lib/gconv/y.so", "usr/share/doc/aa/copyright"}},
      {"moved", {{}, {}, {}, {{"etc/a", "srv/a"}}}, {"srv/a", "usr/lib/gconv/x.so", "usr/lib/gconv/y.so", "usr/share/doc/aa/copyright"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto frame = get(package, row.keep);
    ASSERT_TRUE(frame) << frame.error().message;
    std::vector<std::string> paths;
    for (const FrameEntry& each : frame->entries) paths.push_back(each.entry.path);
    EXPECT_EQ(paths, row.paths);
  }
}

TEST_F(Frames, LinksBringWhatTheyLeadTo) {
  struct Row {
    const char* summary;
    Keep keep;
    std::vector<std::string> paths;
  };
  const Package package{"aa", {{"usr/l/de/TIME", "t"}, symlink("usr/l/de/CTYPE", "../aa/CTYPE"), symlink("usr/l/aa/CTYPE", "/usr/l/zz/CTYPE"), {"usr/l/aa/TIME", "u"}, {"usr/l/zz/CTYPE", "c"},
                               symlink("usr/l/de/OTHER", "../../other")}};
  const Row rows[] = {
      {"a chain of links, relative and absolute", {{"usr/l/de/CTYPE"}, {}, {}, {}}, {"usr/l/de/CTYPE", "usr/l/aa/CTYPE", "usr/l/zz/CTYPE"}},
      {"nothing for links that lead elsewhere", {{"usr/l/de/[!C]*"}, {}, {}, {}}, {"usr/l/de/TIME", "usr/l/de/OTHER"}},
      {"what is left out by a glob stays out", {{"usr/l/de/CTYPE"}, {"usr/l/zz/**"}, {}, {}}, {"usr/l/de/CTYPE", "usr/l/aa/CTYPE"}},
      {"what is dropped by name stays out", {{"usr/l/de/CTYPE"}, {}, {"usr/l/aa/CTYPE"}, {}}, {"usr/l/de/CTYPE"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto frame = get(package, row.keep);
    ASSERT_TRUE(frame) << frame.error().message;
    std::vector<std::string> paths;
    for (const FrameEntry& each : frame->entries) {
      if (each.entry.type != FileType::Directory) paths.push_back(each.entry.path);
    }
    EXPECT_EQ(paths, row.paths);
    const auto again = get(package, row.keep);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->blob, frame->blob);
  }
}

TEST_F(Frames, HardLinkWithoutItsTargetIsAnError) {
  const auto frame = get({"aa", {{"usr/a", "1"}, hard_link("usr/b", "usr/a")}}, {{}, {"usr/a"}, {}, {}});
  ASSERT_FALSE(frame);
  EXPECT_NE(frame.error().message.find("'usr/b'"), std::string::npos) << frame.error().message;
}

TEST_F(Frames, RecordReadsBackAndEveryDamageIsNoticed) {
  File ping = program("usr/bin/ping");
  ping.xattrs["security.capability"] = std::string("\1\0\2", 3);
  const auto frame = get({"aa", {ping, symlink("usr/l", "bin/ping"), {"usr/old", "x", FileType::Regular, 0644, "", {}, -5}}});
  ASSERT_TRUE(frame) << frame.error().message;
  const std::string record = to_record(*frame);
  const auto back = read_record(record);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_record(*back), record);
  EXPECT_EQ(back->entries[0].entry.xattrs, ping.xattrs);
  for (size_t at = 0; at < record.size(); ++at) {
    std::string bad = record;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(read_record(bad)) << at;
    EXPECT_FALSE(read_record(std::string_view(record).substr(0, at))) << at;
  }
}

TEST(Packer, MembersComeBack) {
  for (const char* codec : {"gzip", "zstd"}) {
    const plan::Encoder with = encoder(codec);
    for (const size_t size : {size_t{0}, size_t{1}, size_t{1000}, member_size}) {
      const std::string text = noise(size, static_cast<unsigned>(size));
      const auto packed = pack(as_bytes(text), with);
      ASSERT_TRUE(packed);
      const auto raw = unpack(*packed, size, with);
      ASSERT_TRUE(raw) << codec << size;
      EXPECT_EQ(as_text(*raw), text);
      if (size > 0) {
        EXPECT_FALSE(unpack(*packed, size - 1, with));
      }
      EXPECT_FALSE(unpack(*packed, size + 1, with));
      Bytes bad = *packed;
      bad[bad.size() / 2 + 4] ^= 0x20;
      EXPECT_FALSE(size >= 1000 && unpack(bad, size, with));
    }
  }
}

TEST(Pruning, PathsAsTheImageSpellsThem) {
  struct Row {
    const char* path;
    FileType type;
    const char* merged;
  };
  const Row rows[] = {{"lib/x", FileType::Regular, "usr/lib/x"},       {"lib", FileType::Directory, "usr/lib"}, {"lib", FileType::Symlink, "lib"},   {"lib64/ld.so", FileType::Symlink, "usr/lib64/ld.so"},
                      {"usr/lib/x", FileType::Regular, "usr/lib/x"}, {"library/x", FileType::Regular, "library/x"}, {"", FileType::Directory, ""}, {"sbin/a", FileType::Regular, "usr/sbin/a"}};
  for (const Row& row : rows) EXPECT_EQ(merge_usr(row.path, row.type), row.merged) << row.path;
}

TEST(Pruning, WhatEveryImageLeavesOut) {
  for (const char* path : {"usr/share/man/man1/x.1.gz", "usr/share/info/x", "usr/share/doc/x/README", "usr/share/doc/x/sub/copyright", "usr/share/lintian/overrides/x", "usr/share/locale/de/x.mo",
                           "var/cache/x", "usr/lib/p/__pycache__/x.cpython-313.pyc", "usr/lib/p/x.pyc"})
    EXPECT_TRUE(is_pruned(path)) << path;
  for (const char* path : {"usr/share/doc/x/copyright", "usr/share/doc/x", "usr/lib/locale/C.utf8/LC_CTYPE", "usr/share/man.conf", "etc/manpath.config", "var/cached"}) EXPECT_FALSE(is_pruned(path)) << path;
}

}  // namespace
}  // namespace ashlar::build
