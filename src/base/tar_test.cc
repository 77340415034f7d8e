#include "base/tar.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <tuple>

#include "base/inner/pax.h"

namespace ashlar {
namespace {

namespace fs = std::filesystem;

bool operator==(const TarEntry& a, const TarEntry& b) {
  const auto all = [](const TarEntry& e) { return std::tie(e.path, e.type, e.mode, e.uid, e.gid, e.mtime, e.size, e.link, e.device_major, e.device_minor, e.xattrs); };
  return all(a) == all(b);
}

struct Member {
  TarEntry entry;
  std::string content;
};

void append(Bytes& archive, std::string_view bytes) { archive.insert(archive.end(), bytes.begin(), bytes.end()); }

Bytes write(const std::vector<Member>& members, bool with_end = true) {
  Bytes archive;
  for (const Member& member : members) {
    append_tar_header(archive, member.entry);
    append(archive, member.content);
    archive.resize(archive.size() + tar_padding(member.content.size()));
  }
  if (with_end) archive.resize(archive.size() + tar_end_size);
  return archive;
}

Result<std::vector<Member>> read(BytesView archive) {
  MemorySource source(archive);
  TarReader reader(source);
  std::vector<Member> members;
  for (;;) {
    TRY_ASSIGN(auto entry, reader.next());
    if (!entry) break;
    TRY_ASSIGN(const Bytes content, read_all(reader, 64 << 20));
    members.push_back({*entry, std::string(as_text(content))});
  }
  TRY(reader.finish());
  return members;
}

Member file(std::string path, std::string content = {}) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  entry.size = content.size();
  return {entry, std::move(content)};
}
Member link(std::string path, std::string target, FileType type = FileType::Symlink) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = 0777;
  entry.link = std::move(target);
  return {entry, {}};
}
Member folder(std::string path) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.type = FileType::Directory;
  entry.mode = 0755;
  return {entry, {}};
}

std::string times(std::string_view text, int count) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

/// A header by hand: name, type, size field as text; then the checksum.
std::string header(std::string_view name, char type, std::string_view size, std::string_view magic = std::string_view("ustar\00000", 8)) {
  std::string out(512, '\0');
  out.replace(0, name.size(), name);
  out.replace(100, 7, "0000644");
  out.replace(124, size.size(), size);
  out.replace(136, 11, "00000000000");
  out[156] = type;
  if (type == '1' || type == '2') out[157] = 't';
  out.replace(257, magic.size(), magic);
  out.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : out) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  out.replace(148, 7, text, 7);
  return out;
}
std::string blocks(std::string content) {
  content.resize(content.size() + tar_padding(content.size()));
  return content;
}
std::string octal(size_t size) {
  char text[16];
  std::snprintf(text, sizeof text, "%011zo", size);
  return text;
}
std::string extension(char type, const std::string& content) { return header("ext", type, octal(content.size())) + blocks(content); }
const std::string end(1024, '\0');

// The round trip.

TEST(Tar, RoundTripsWhatUstarHolds) {
  Member device = file("dev/null");
  device.entry.type = FileType::CharDevice;
  device.entry.device_major = 1;
  device.entry.device_minor = 3;
  Member mode = file("usr/bin/su", "x");
  mode.entry.mode = 04755;
  mode.entry.uid = 07777777;
  mode.entry.gid = 65532;
  mode.entry.mtime = 1'700'000'000;
  const std::vector<Member> members = {folder("."), folder("usr"), mode, device, file("empty"), file("a", std::string(511, 'a')), file("b", std::string(512, 'b')),
                                       file("c", std::string(100'000, 'c')), link("l", "../x"), link("h", "usr/bin/su", FileType::HardLink),
                                       file(std::string(100, 'n')), file(times("0123456789/", 14) + std::string(100, 'n')), file("\xff\xfe non-UTF-8")};
  const Bytes archive = write(members);
  EXPECT_EQ(as_text(archive).find("PaxHeaders"), std::string_view::npos);
  const auto back = read(archive);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  ASSERT_EQ(back->size(), members.size());
  for (size_t at = 0; at < members.size(); ++at) {
    EXPECT_TRUE((*back)[at].entry == members[at].entry) << members[at].entry.path;
    EXPECT_TRUE((*back)[at].content == members[at].content) << members[at].entry.path;
  }
}

TEST(Tar, RoundTripsWhatNeedsPax) {
  std::vector<Member> members = {
      file(std::string(101, 'n'), "one byte too long, and no slash"),
      file(times("0123456789/", 15) + std::string(101, 'n'), "no cut leaves both short"),
      folder(times("folder/", 60) + "last"),
      link("l", std::string(101, 't')),
      link("h", times("deep/", 40) + "x", FileType::HardLink),
      file("line\nend=%", "a name with a line end"),
  };
  const auto with = [&](const char* name, auto change) {
    members.push_back(file(name, "content"));
    change(members.back().entry);
  };
  with("uid", [](TarEntry& entry) { entry.uid = 010000000, entry.gid = 4'294'967'295u; });
  with("mtime", [](TarEntry& entry) { entry.mtime = -5; });
  with("late", [](TarEntry& entry) { entry.mtime = 0100000000000; });
  with("xattrs", [](TarEntry& entry) {
    entry.xattrs = {{"security.capability", std::string("\1\0\0\2\0\4\0\0", 8)}, {"user.a=b%c", "line\nend"}, {"user.none", ""}};
  });
  const auto back = read(write(members));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  ASSERT_EQ(back->size(), members.size());
  for (size_t at = 0; at < members.size(); ++at) EXPECT_TRUE((*back)[at].entry == members[at].entry) << members[at].entry.path;
  EXPECT_EQ(write(members), write(members));
}

TEST(Tar, HugeFilesGetARecord) {
  Bytes out;
  TarEntry entry = file("big").entry;
  entry.size = (std::uint64_t{8} << 30) - 1;
  append_tar_header(out, entry);
  EXPECT_EQ(out.size(), 512u);
  out.clear();
  entry.size += 1;
  append_tar_header(out, entry);
  EXPECT_EQ(out.size(), 3 * 512u);
  MemorySource source(out);
  TarReader reader(source);
  EXPECT_EQ(reader.next().value()->size, entry.size);
}

TEST(Tar, RoundTripsRandomEntries) {
  std::mt19937 random(20261124);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  for (int round = 0; round < 300; ++round) {
    std::vector<Member> members;
    for (std::uint32_t count = below(6); count-- > 0;) {
      std::string path;
      for (std::uint32_t parts = 1 + below(30); parts-- > 0;) path += std::string(1 + below(20), static_cast<char>('a' + below(26))) + (parts == 0 ? "" : "/");
      Member member = file(path, std::string(below(3) * below(2000), static_cast<char>(below(256))));
      if (below(4) == 0) member = link(path, times("t/", static_cast<int>(1 + below(90))), below(2) == 0 ? FileType::Symlink : FileType::HardLink);
      if (below(6) == 0) member = folder(path);
      member.entry.mode = below(010000);
      member.entry.uid = below(4) == 0 ? static_cast<std::uint32_t>(random()) : below(70000);
      member.entry.gid = below(4) == 0 ? static_cast<std::uint32_t>(random()) : below(70000);
      member.entry.mtime = static_cast<std::int64_t>(random()) * (below(5) == 0 ? -3 : 1);
      for (std::uint32_t more = below(3); more-- > 0;) member.entry.xattrs["user.x" + std::to_string(random())] = std::string(below(300), static_cast<char>(below(256)));
      members.push_back(std::move(member));
    }
    const auto back = read(write(members));
    ASSERT_TRUE(back.has_value()) << back.error().message << " in round " << round;
    ASSERT_EQ(back->size(), members.size());
    for (size_t at = 0; at < members.size(); ++at) {
      EXPECT_TRUE((*back)[at].entry == members[at].entry) << round << " " << members[at].entry.path;
      EXPECT_TRUE((*back)[at].content == members[at].content) << round;
    }
  }
}

TEST(Tar, WrittenForms) {
  Bytes out;
  append_tar_header(out, folder("").entry);
  EXPECT_EQ(as_text(out).substr(0, 3), std::string_view("./\0", 3)) << "the root";
  out.clear();
  append_tar_header(out, folder("usr").entry);
  EXPECT_EQ(as_text(out).substr(0, 5), std::string_view("usr/\0", 5));
  EXPECT_EQ(tar::pax_record("path", "x"), "9 path=x\n");
  EXPECT_EQ(tar::pax_record("p", std::string(93, 'x')).substr(0, 6), "99 p=x");
  EXPECT_EQ(tar::pax_record("p", std::string(94, 'x')).substr(0, 7), "101 p=x") << "the length counts its own third digit";
  for (size_t size = 0; size < 12000; size += size < 1100 ? 1 : 97) {
    const std::string record = tar::pax_record("k", std::string(size, 'v'));
    EXPECT_EQ(std::stoul(record), record.size());
  }
}

// What others write.

TEST(Tar, FormsOfOthers) {
  const struct {
    const char* summary;
    std::string archive;
    const char* path;
    FileType type;
    std::uint64_t size;
  } rows[] = {
      {"before POSIX: type NUL is a file", header("old", '\0', "00000000003\0", "") + blocks("abc"), "old", FileType::Regular, 3},
      {"before POSIX: a slash at the end is a folder", header("old/", '\0', "0", ""), "old", FileType::Directory, 0},
      {"a contiguous file is a file", header("c", '7', "00000000003") + blocks("abc"), "c", FileType::Regular, 3},
      {"blanks around numbers", header("n", '0', "        3   ") + blocks("abc"), "n", FileType::Regular, 3},
      {"base-256 size", header("b", '0', std::string_view("\x80\0\0\0\0\0\0\0\0\0\0\3", 12)) + blocks("abc"), "b", FileType::Regular, 3},
      {"GNU long name", extension('L', std::string(300, 'n') + '\0') + header("short", '0', "0"), nullptr, FileType::Regular, 0},
      {"GNU long name and link", extension('K', "target") + extension('L', "name") + header("s", '2', "0"), "name", FileType::Symlink, 0},
      {"pax path goes before GNU's", extension('L', "gnu") + extension('x', "12 path=pax\n") + header("s", '0', "0"), "pax", FileType::Regular, 0},
      {"pax size goes before the header's", extension('x', "9 size=3\n") + header("s", '0', "00000000777") + blocks("abc"), "s", FileType::Regular, 3},
      {"a later record goes before an earlier", extension('x', "10 path=a\n10 path=b\n") + header("s", '0', "0"), "b", FileType::Regular, 0},
      {"an empty record takes one back", extension('x', "10 path=a\n8 path=\n") + header("s", '0', "0"), "s", FileType::Regular, 0},
      {"unknown records are left out", extension('x', "18 comment=a = b=\n11 atime=1\n") + header("s", '0', "0"), "s", FileType::Regular, 0},
      {"global headers", extension('g', "52 comment=0123456789012345678901234567890123456789\n") + header("s", '0', "0"), "s", FileType::Regular, 0},
      {"several slashes at the end of a folder", header("usr//", '5', "0"), "usr", FileType::Directory, 0},
      {"the root itself", header("/", '5', "0"), "/", FileType::Directory, 0},
  };
  for (const auto& row : rows) {
    const auto back = read(as_bytes(row.archive + end));
    ASSERT_TRUE(back.has_value()) << row.summary << ": " << back.error().message;
    ASSERT_EQ(back->size(), 1u) << row.summary;
    const TarEntry& entry = (*back)[0].entry;
    EXPECT_EQ(entry.path, row.path == nullptr ? std::string(300, 'n') : row.path) << row.summary;
    EXPECT_EQ(entry.type, row.type) << row.summary;
    EXPECT_EQ(entry.size, row.size) << row.summary;
    if (row.size == 3) {
      EXPECT_EQ((*back)[0].content, "abc") << row.summary;
    }
  }
}

TEST(Tar, PaxValues) {
  const std::string records = "20 mtime=1234567.89\n14 uid=999999\n13 gid=12345\n29 SCHILY.xattr.user.a%3Db=x\n19 linkpath=target\n";
  const auto back = read(as_bytes(extension('x', records) + header("s", '2', "0") + extension('x', "15 mtime=-1.500\n") + header("t", '0', "0") + end));
  ASSERT_FALSE(back) << "the second record's length is wrong";
  const auto good = read(as_bytes(extension('x', records) + header("s", '2', "0") + extension('x', "16 mtime=-1.500\n") + header("t", '0', "0") + end));
  ASSERT_TRUE(good.has_value()) << good.error().message;
  const TarEntry& entry = (*good)[0].entry;
  EXPECT_EQ(entry.mtime, 1234567);
  EXPECT_EQ(entry.uid, 999999u);
  EXPECT_EQ(entry.gid, 12345u);
  EXPECT_EQ(entry.link, "target");
  EXPECT_EQ(entry.xattrs, (std::map<std::string, std::string>{{"user.a=b", "x"}}));
  EXPECT_EQ((*good)[1].entry.mtime, -2) << "towards the past";
  EXPECT_EQ((*good)[1].entry.uid, 0u) << "records hold for one member";
}

TEST(Tar, GlobalRecordsHoldForAll) {
  const auto back = read(as_bytes(extension('g', "9 uid=12\n") + header("a", '0', "0") + extension('x', "8 uid=7\n") + header("b", '0', "0") + header("c", '0', "0") + end));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ((*back)[0].entry.uid, 12u);
  EXPECT_EQ((*back)[1].entry.uid, 7u);
  EXPECT_EQ((*back)[2].entry.uid, 12u);
}

// umoci insert, for one, writes layers without an end marker.
TEST(Tar, EndsWithItsLastMember) {
  const std::string member = header("a", '0', "00000000003") + blocks("abc"), folder_alone = header("d/", '5', "0");
  const struct {
    const char* summary;
    std::string archive;
    size_t members;
  } rows[] = {
      {"an end marker", member + end, 1},
      {"an end marker alone", end, 0},
      {"no end marker", member, 1},
      {"no end marker after a member without content", member + folder_alone, 2},
      {"half an end marker", member + std::string(512, '\0'), 1},
      {"half an end marker alone", std::string(512, '\0'), 0},
      {"a global header alone", extension('g', "12 mtime=17\n"), 0},
  };
  for (const auto& row : rows) {
    const auto back = read(as_bytes(row.archive));
    ASSERT_TRUE(back.has_value()) << row.summary << ": " << back.error().message;
    EXPECT_EQ(back->size(), row.members) << row.summary;
    EXPECT_TRUE(row.members == 0 || back->front().content == "abc") << row.summary;
  }
}

TEST(Tar, Refused) {
  std::string wrong_sum = header("a", '0', "0");
  wrong_sum[0] = 'b';
  const std::string member = header("a", '0', "0");
  const struct {
    const char* summary;
    std::string archive;
    const char* message;
  } rows[] = {
      {"empty", "", "the tar archive ends early"},
      {"cut within a header", member.substr(0, 300), "the tar archive ends early"},
      {"cut within the end marker", member + std::string(300, '\0'), "the tar archive ends early"},
      {"cut within the end marker's second block", member + std::string(700, '\0'), "the tar archive ends early"},
      {"cut within the header after a member", member + member.substr(0, 100), "the tar archive ends early"},
      {"cut after an extended header", extension('L', "name"), "the tar archive ends after an extended header"},
      {"cut within content", header("a", '0', "00000001000") + "abc", "the tar archive ends early"},
      {"cut within padding", header("a", '0', "00000000003") + "abc", "the tar archive ends early"},
      {"a zero block among members", std::string(512, '\0') + member + end, "the tar archive goes on after a zero block"},
      {"bytes after the end", member + end + "x", "bytes follow the end of the tar archive"},
      {"wrong checksum", wrong_sum + end, "a tar header has a wrong checksum"},
      {"text", times("no tar at all ", 100), "a tar header has a wrong checksum"},
      {"sparse", header("a", 'S', "0") + end, "tar members of type 'S' are not read"},
      {"a volume label", header("a", 'V', "0") + end, "tar members of type 'V' are not read"},
      {"a type that is no letter", header("a", '\x01', "0") + end, "tar members of type '\\x01' are not read"},
      {"pax sparse", extension('x', "22 GNU.sparse.major=1\n") + member + end, "sparse files are not read"},
      {"no name", header("", '0', "0") + end, "a tar member has no name"},
      {"a number that is none", header("a", '0', "12x") + end, "a tar header has a bad size"},
      {"an octal 8", header("a", '0', "00000000008") + end, "a tar header has a bad size"},
      {"a negative size", header("a", '0', std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)) + end, "a tar header has a bad size"},
      {"a size beyond 64 bits", header("a", '0', std::string_view("\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)) + end, "a tar header has a bad size"},
      {"an absurd size", header("a", '0', std::string_view("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12)) + end, "the size of 'a' is absurd"},
      {"a link with content", header("a", '2', "00000000003") + blocks("abc") + end, "'a' is no regular file but has content"},
      {"a folder with content by pax", extension('x', "9 size=3\n") + header("a", '5', "0") + blocks("abc") + end, "'a' is no regular file but has content"},
      {"a long name too long", header("ext", 'L', octal(65537)), "a tar header is larger than 65536 bytes"},
      {"pax records too long", header("ext", 'x', octal((1 << 20) + 1)), "a tar header is larger than 1048576 bytes"},
      {"a pax name too long", extension('x', tar::pax_record("path", std::string(70'000, 'x'))) + member + end, "a tar member's name is longer than 64 KiB"},
      {"a long name, then the end", extension('L', "x") + end, "the tar archive ends after an extended header"},
      {"pax: no length", extension('x', "path=x\n") + member + end, "a pax record has a bad length"},
      {"pax: length too long", extension('x', "99 path=x\n") + member + end, "a pax record has a bad length"},
      {"pax: length too short", extension('x', "2 path=x\n") + member + end, "a pax record has a bad length"},
      {"pax: length overflows", extension('x', "99999999999999999999999 path=x\n") + member + end, "a pax record has a bad length"},
      {"pax: no line end", extension('x', "10 path=xy") + member + end, "a pax record has a bad length"},
      {"pax: no key", extension('x', "6 =xy\n") + member + end, "a pax record has no key"},
      {"pax: no equals", extension('x', "7 path\n") + member + end, "a pax record has no key"},
      {"pax: NUL in a path", extension('x', std::string("12 path=a\0b\n", 12)) + member + end, "pax record 'path' has a bad value"},
      {"pax: a negative uid", extension('x', "9 uid=-1\n") + member + end, "pax record 'uid' has a bad value"},
      {"pax: a time that is none", extension('x', "11 mtime=x\n") + member + end, "pax record 'mtime' has a bad value"},
      {"headers without end", times(extension('g', ""), 70) + member + end, "a tar member has too many extended headers"},
  };
  for (const auto& row : rows) {
    const auto back = read(as_bytes(row.archive));
    ASSERT_FALSE(back.has_value()) << row.summary;
    EXPECT_EQ(back.error().kind, Kind::Corrupt) << row.summary;
    EXPECT_EQ(back.error().message, row.message) << row.summary;
  }
}

TEST(Tar, SkipsWhatWasNotRead) {
  const Bytes archive = write({file("a", std::string(200'000, 'a')), file("b", "bbb"), file("c", "ccc")});
  MemorySource source(archive);
  TarReader reader(source);
  std::uint8_t buffer[100];
  ASSERT_EQ(reader.next().value()->path, "a");
  ASSERT_EQ(reader.read(buffer).value(), 100u);
  ASSERT_EQ(reader.next().value()->path, "b");
  ASSERT_EQ(reader.next().value()->path, "c");
  ASSERT_EQ(reader.read(buffer).value(), 3u);
  EXPECT_EQ(reader.read(buffer).value(), 0u);
  EXPECT_FALSE(reader.next().value().has_value());
  EXPECT_FALSE(reader.next().value().has_value()) << "the end stays the end";
}

TEST(Tar, Numbers) {
  using namespace std::string_view_literals;
  EXPECT_EQ(tar::read_number("0000644\0"sv), 0644);
  EXPECT_EQ(tar::read_number("77777777777 "sv), 077777777777);
  EXPECT_EQ(tar::read_number("777777777777"sv), 0777777777777) << "no end mark";
  EXPECT_EQ(tar::read_number("\0\0\0\0\0\0\0\0"sv), 0);
  EXPECT_EQ(tar::read_number("        "sv), 0);
  EXPECT_EQ(tar::read_number("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"sv), -2);
  EXPECT_EQ(tar::read_number("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"sv), INT64_MAX);
  EXPECT_EQ(tar::read_number("\x80\0\0\0\x80\0\0\0\0\0\0\0"sv), std::nullopt);
  EXPECT_EQ(tar::read_number("-1"sv), std::nullopt);
}

// Against the `tar` of this machine.

class TarProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("tar --version 2>/dev/null | grep -q GNU") != 0) GTEST_SKIP() << "no GNU tar on this machine";
    folder_ = fs::temp_directory_path() / ("ashlar-tar-test-" + std::to_string(std::random_device{}()));
    fs::create_directories(folder_);
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }
  int run(const std::string& command) const { return std::system(("cd '" + folder_.string() + "' && " + command).c_str()); }
  std::string content(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& name, std::string_view text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  fs::path folder_;
};

TEST_F(TarProgram, WritesWhatWeRead) {
  const std::string deep = times("a-long-folder-name/", 20) + "file";
  put("in/" + deep, "deep");
  put("in/" + std::string(180, 'n'), "long");
  put("in/short", std::string(3000, 's'));
  fs::create_symlink(deep, folder_ / "in/link");
  fs::create_hard_link(folder_ / "in" / deep, folder_ / "in/twin");
  ASSERT_EQ(run("touch -d @1234567890.5 in/short && chmod 4750 in/short"), 0);
  const bool has_xattrs = run("setfattr -n user.name -v value in/short 2>/dev/null") == 0;
  for (const std::string format : {"gnu", "oldgnu", "pax", "posix --xattrs --xattrs-include='*'"}) {
    ASSERT_EQ(run("tar --format=" + format + " --sort=name --owner=:1001 --group=:3000000 --numeric-owner -C in -cf out.tar ."), 0) << format;
    const std::string archive = content("out.tar");
    const auto back = read(as_bytes(archive));
    ASSERT_TRUE(back.has_value()) << format << ": " << back.error().message;
    std::map<std::string, Member> found;
    for (const Member& member : *back) found[member.entry.path] = member;
    EXPECT_EQ(found.size(), 26u) << format;
    EXPECT_EQ(found["."].entry.type, FileType::Directory) << format;
    EXPECT_EQ(found["./short"].content, std::string(3000, 's')) << format;
    EXPECT_EQ(found["./short"].entry.mode, 04750u) << format;
    EXPECT_EQ(found["./short"].entry.mtime, 1234567890) << format;
    EXPECT_EQ(found["./short"].entry.uid, 1001u) << format;
    EXPECT_EQ(found["./short"].entry.gid, 3000000u) << format;
    EXPECT_EQ(found["./" + std::string(180, 'n')].content, "long") << format;
    EXPECT_EQ(found["./link"].entry.link, deep) << format;
    EXPECT_EQ(found["./" + deep].content, "deep") << format;
    EXPECT_EQ(found["./twin"].entry.type, FileType::HardLink) << format;
    EXPECT_EQ(found["./twin"].entry.link, "./" + deep) << format;
    if (has_xattrs && format.starts_with("posix")) {
      EXPECT_EQ(found["./short"].entry.xattrs.at("user.name"), "value");
    }
  }
}

TEST_F(TarProgram, ReadsWhatWeWrite) {
  const std::string deep = times("a-long-folder-name/", 20) + std::string(150, 'f');
  Member xattr = file("attributes", "x");
  xattr.entry.xattrs = {{"user.name", "value"}};
  Member old = file("old", "o");
  old.entry.mtime = -100;
  Member late = file("late", "l");
  late.entry.mtime = 9'000'000'000;
  const std::vector<Member> members = {folder("dir"), file("dir/file", std::string(700, 'x')), file(deep, "deep"), file(times("0123456789/", 14) + std::string(100, 'p'), "prefix"),
                                       link("link", std::string(150, 't')), link("twin", deep, FileType::HardLink), xattr, old, late};
  const Bytes archive = write(members);
  put("out.tar", as_text(archive));
  ASSERT_EQ(run("tar -tf out.tar > list 2> warnings && mkdir out && TZ=UTC tar --full-time -tvf out.tar > times && tar --no-same-owner --warning=no-timestamp -C out -xf out.tar 2>> warnings"), 0);
  EXPECT_EQ(content("warnings"), "");
  std::string list;
  for (const Member& member : members) list += member.entry.path + (member.entry.type == FileType::Directory ? "/\n" : "\n");
  EXPECT_EQ(content("list"), list);
  for (const Member& member : members) {
    if (member.entry.type == FileType::Regular) {
      EXPECT_EQ(content("out/" + member.entry.path), member.content) << member.entry.path;
    }
  }
  EXPECT_EQ(fs::read_symlink(folder_ / "out/link"), std::string(150, 't'));
  EXPECT_EQ(fs::hard_link_count(folder_ / "out" / deep), 2u);
  EXPECT_NE(content("times").find("1969-12-31 23:58:20"), std::string::npos);
  EXPECT_NE(content("times").find("2255-03-14 16:00:00"), std::string::npos);
  if (run("tar --help | grep -q -e --xattrs") == 0) {
    EXPECT_EQ(run("tar --xattrs -tvvf out.tar | grep -q user.name"), 0);
  }
}

}  // namespace
}  // namespace ashlar
