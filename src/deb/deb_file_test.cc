#include "deb/deb_file.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "base/codec.h"

namespace ashlar::deb {
namespace {

namespace fs = std::filesystem;

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

/// A member of an ar archive, with its padding.
std::string ar(std::string name, const std::string& content) {
  std::string header(58, ' ');
  header.replace(0, name.size(), name);
  header.replace(16, 1, "0");
  header.replace(48, std::to_string(content.size()).size(), std::to_string(content.size()));
  return header + "`\n" + content + (content.size() % 2 == 0 ? "" : "\n");
}

TarEntry entry_of(std::string path, FileType type = FileType::Regular, std::string link = {}) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = 0755;
  entry.link = std::move(link);
  return entry;
}

std::string member(TarEntry entry, const std::string& content = {}) {
  if (entry.type == FileType::Regular && entry.size == 0) entry.size = content.size();
  Bytes out;
  append_tar_header(out, entry);
  std::string text = text_of(out) + content;
  text.resize(text.size() + tar_padding(content.size()));
  return text;
}
const std::string end(tar_end_size, '\0');

std::string gzip(const std::string& plain) {
  libdeflate_compressor* packer = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(packer, plain.size()), '\0');
  out.resize(libdeflate_gzip_compress(packer, plain.data(), plain.size(), out.data(), out.size()));
  libdeflate_free_compressor(packer);
  return out;
}

const std::string version = ar("debian-binary", "2.0\n");
const std::string control_tar = member(entry_of("./", FileType::Directory)) + member(entry_of("./control"), "Package: x\n") + member(entry_of("./md5sums"), "") + end;
const std::string control = ar("control.tar.gz", gzip(control_tar));
std::string package(const std::string& data) { return "!<arch>\n" + version + control + ar("data.tar", data); }

/// Everything that a reader gives of a package: `path` and what it is, one a line.
Result<std::string> contents(const std::string& bytes, std::uint64_t limit = 1 << 20) {
  DebReader reader(std::make_unique<MemorySource>(as_bytes(bytes)), "x 1.0");
  TRY_ASSIGN(const ControlFiles files, reader.control());
  TRY_ASSIGN(DataReader* data, reader.data(limit));
  std::string out;
  for (;;) {
    TRY_ASSIGN(const auto entry, data->next());
    if (!entry) break;
    TRY_ASSIGN(const Bytes content, read_all(*data, 1 << 20));
    out += entry->path;
    if (entry->type == FileType::Directory) out += "/";
    if (entry->type == FileType::HardLink) out += " = " + entry->link;
    if (entry->type == FileType::Symlink) out += " -> " + entry->link;
    if (entry->type == FileType::Regular) out += ": " + text_of(content);
    out += "\n";
  }
  TRY(reader.finish());
  return out;
}

TEST(DebFile, ReadsAPackage) {
  const std::string bytes = "!<arch>\n" + ar("debian-binary", "2.0\n") + ar("_extra", "odd") + control + ar("_more/", "") +
                            ar("data.tar.gz", gzip(member(entry_of("./", FileType::Directory)) + member(entry_of("./usr/bin/x"), "#!") +
                                                   member(entry_of("./usr/bin/y", FileType::HardLink, "./usr/bin/x")) +
                                                   member(entry_of("usr//lib/./z", FileType::Symlink, "../bin/x")) +
                                                   member(entry_of("./etc/q", FileType::Symlink, "/usr/share/q")) + end + std::string(8192, '\0'))) +
                            ar("_signature", "s");
  DebReader reader(std::make_unique<MemorySource>(as_bytes(bytes)), "x 1.0");
  const auto files = reader.control();
  ASSERT_TRUE(files.has_value()) << files.error().message;
  EXPECT_EQ(*files, (ControlFiles{{"control", "Package: x\n"}, {"md5sums", ""}}));
  EXPECT_EQ(contents(bytes).value(), "/\nusr/bin/x: #!\nusr/bin/y = usr/bin/x\nusr/lib/z -> ../bin/x\netc/q -> /usr/share/q\n");
}

TEST(DebFile, FinishReadsTheWholeFile) {
  const std::string bytes = package(member(entry_of("a"), "aaa") + member(entry_of("b"), "bbb") + end);
  struct Counting final : Source {
    Counting(BytesView from, size_t& seen) : source(from), count(seen) {}
    Result<size_t> read(std::span<std::uint8_t> out) override {
      auto got = source.read(out);
      count += *got;
      return got;
    }
    MemorySource source;
    size_t& count;
  };
  for (int steps = 0; steps < 4; ++steps) {
    size_t seen = 0;
    DebReader reader(std::make_unique<Counting>(as_bytes(bytes), seen), "x 1.0");
    if (steps > 0) {
      ASSERT_TRUE(reader.control());
    }
    if (steps > 1) {
      auto data = reader.data();
      ASSERT_TRUE(data);
      if (steps > 2) {
        ASSERT_TRUE((*data)->next());
      }
    }
    const auto done = reader.finish();
    ASSERT_TRUE(done.has_value()) << steps << ": " << done.error().message;
    EXPECT_EQ(seen, bytes.size()) << steps;
  }
  DebReader reader(std::make_unique<MemorySource>(as_bytes(bytes)), "x 1.0");
  ASSERT_TRUE(reader.data()) << "without control() before";
  EXPECT_FALSE(reader.data());
  EXPECT_FALSE(reader.control());
}

TEST(DebFile, ArForms) {
  const std::string data = member(entry_of("a"), "1") + end;
  std::string unpadded = package(data) + ar("_odd", "123");
  unpadded.pop_back();
  const struct {
    const char* summary;
    std::string bytes;
    const char* error;  ///< null: read
  } rows[] = {
      {"plain tar members", "!<arch>\n" + version + ar("control.tar", control_tar) + ar("data.tar", data), nullptr},
      {"names end with a slash", "!<arch>\n" + ar("debian-binary/", "2.0\n") + ar("control.tar.gz/", gzip(control_tar)) + ar("data.tar/", data), nullptr},
      {"a later minor version", "!<arch>\n" + ar("debian-binary", "2.1\nmore\n") + control + ar("data.tar", data), nullptr},
      {"the last padding left out", unpadded, nullptr},
      {"unknown members at the end", package(data) + ar("provenance", "x"), nullptr},
      {"empty", "", "the data ends 8 bytes early"},
      {"another magic", "!<thin>\n" + version + control, "it is no ar archive"},
      {"the magic alone", "!<arch>\n", "it ends before its data"},
      {"cut within a header", ("!<arch>\n" + version).substr(0, 50), "the data ends 18 bytes early"},
      {"cut within a member", ("!<arch>\n" + version + control).substr(0, 200), "it ends within a member"},
      {"version 3", "!<arch>\n" + ar("debian-binary", "3.0\n") + control + ar("data.tar", data), "its format is not version 2"},
      {"version 20", "!<arch>\n" + ar("debian-binary", "20\n") + control + ar("data.tar", data), "its format is not version 2"},
      {"a long version text", "!<arch>\n" + ar("debian-binary", "2.0" + std::string(100, '\n')), "the data is larger than 64 bytes"},
      {"no debian-binary", "!<arch>\n" + control + ar("data.tar", data), "its first member is not 'debian-binary'"},
      {"data before control", "!<arch>\n" + version + ar("data.tar", data) + control, "member 'data.tar' stands where 'control.tar' should"},
      {"no control", "!<arch>\n" + version + ar("other", "x") + ar("data.tar", data), "member 'other' stands where 'control.tar' should"},
      {"no data", "!<arch>\n" + version + control, "it ends before its data"},
      {"control twice", "!<arch>\n" + version + control + control + ar("data.tar", data), "member 'control.tar.gz' stands where 'data.tar' should"},
      {"data twice", package(data) + ar("data.tar.xz", "x"), "member 'data.tar.xz' follows its data"},
      {"an unknown codec", "!<arch>\n" + version + ar("control.tar.bz2", "x"), "member 'control.tar.bz2' is compressed in a way that is not known"},
      {"a name that goes on", "!<arch>\n" + version + ar("control.tarball", "x"), "member 'control.tarball' stands where 'control.tar' should"},
      {"bytes after the last member", package(data) + "xyz", "the data ends 57 bytes early"},
      {"a header of zeros after the last member", package(data) + std::string(60, '\0'), "a member's header is damaged"},
      {"a size that is no number", "!<arch>\n" + version.substr(0, 48) + "12x       `\n", "the size of member 'debian-binary' is no number"},
      {"a negative size", "!<arch>\n" + version.substr(0, 48) + "-4        `\n", "the size of member 'debian-binary' is no number"},
      {"no size", "!<arch>\n" + version.substr(0, 48) + "          `\n", "the size of member 'debian-binary' is no number"},
      {"padding that is none", "!<arch>\n" + version + ar("_odd", "1").substr(0, 61) + "x" + control, "a member's padding is damaged"},
      {"control that is no gzip", "!<arch>\n" + version + ar("control.tar.gz", "no gzip here"), "the gzip data is damaged"},
      {"bytes after control's gzip", "!<arch>\n" + version + ar("control.tar.gz", gzip(control_tar) + "xx"), "the gzip data is followed by bytes that are no further member"},
      {"bytes after data's tar", package(data + "x"), "bytes follow the end of the tar archive"},
      {"data without end marker", package(member(entry_of("a"), "1")), nullptr},
  };
  for (const auto& row : rows) {
    const auto read = contents(row.bytes);
    if (row.error == nullptr) {
      ASSERT_TRUE(read.has_value()) << row.summary << ": " << read.error().message;
      EXPECT_EQ(*read, "a: 1\n") << row.summary;
    } else {
      ASSERT_FALSE(read.has_value()) << row.summary;
      EXPECT_EQ(read.error().kind, Kind::Corrupt) << row.summary;
      EXPECT_TRUE(read.error().message == std::string("cannot read package 'x 1.0': ") + row.error ||
                  read.error().message == std::string("cannot read files of package 'x 1.0': ") + row.error)
          << row.summary << ": " << read.error().message;
    }
  }
}

TEST(DebFile, ControlFilesAreJudged) {
  const auto with = [](const std::string& members) { return "!<arch>\n" + version + ar("control.tar", members + end) + ar("data.tar", end); };
  const std::string good = member(entry_of("./control"), "Package: x\n");
  const struct {
    const char* summary;
    std::string bytes;
    Kind kind;
    const char* error;
  } rows[] = {
      {"no control", with(member(entry_of("./postinst"), "x")), Kind::Corrupt, "it has no file 'control'"},
      {"control twice", with(good + good), Kind::Corrupt, "control file 'control' stands twice"},
      {"a symlink", with(good + member(entry_of("postinst", FileType::Symlink, "/bin/sh"))), Kind::Denied, "control file 'postinst' is no regular file"},
      {"a device", with(good + member(entry_of("postinst", FileType::CharDevice))), Kind::Denied, "control file 'postinst' is no regular file"},
      {"a path that climbs", with(good + member(entry_of("../postinst"), "x")), Kind::Denied, "cannot take path '../postinst': it leaves its folder by '..'"},
      {"too large", with(good + member(entry_of("md5sums"), std::string((16 << 20) + 1, 'x'))), Kind::Corrupt, "its control files are larger than 16 MiB"},
  };
  for (const auto& row : rows) {
    const auto read = contents(row.bytes);
    ASSERT_FALSE(read.has_value()) << row.summary;
    EXPECT_EQ(read.error().kind, row.kind) << row.summary;
    EXPECT_EQ(read.error().message, std::string("cannot read package 'x 1.0': ") + row.error) << row.summary;
  }
  std::string many = good;
  for (int count = 0; count < 1000; ++count) many += member(entry_of("d", FileType::Directory));
  EXPECT_EQ(contents(with(many)).error().message, "cannot read package 'x 1.0': it has too many control files");
}

TEST(DebFile, HostileMembersAreDenied) {
  TarEntry huge = entry_of("huge");
  huge.size = std::uint64_t{1} << 40;
  std::string deep = "d";
  while (deep.size() < 5000) deep += "/deeper";
  const struct {
    const char* summary;
    std::string data;
    const char* error;
  } rows[] = {
      {"an absolute path", member(entry_of("/etc/passwd"), "x"), "cannot take path '/etc/passwd': it is absolute"},
      {"a path that climbs", member(entry_of("./../etc/passwd"), "x"), "cannot take path './../etc/passwd': it leaves its folder by '..'"},
      {"a path that climbs within", member(entry_of("usr/../../x"), "x"), "cannot take path 'usr/../../x': it leaves its folder by '..'"},
      {"a path that ends by climbing", member(entry_of("usr/..", FileType::Directory)), "cannot take path 'usr/..': it leaves its folder by '..'"},
      {"a whiteout's name", member(entry_of("usr/.wh.bin"), "x"), "cannot take path 'usr/.wh.bin': a layer of an image would read it as a whiteout"},
      {"a control character in a name", member(entry_of("a\x1b[31m"), "x"), "cannot take path 'a\x1b[31m': it holds a control character"},
      {"a name that is not UTF-8", member(entry_of("a\xff"), "x"), "cannot take path 'a\xff': it is not UTF-8"},
      {"a line end in a name", member(entry_of("a\nb"), "x"), "cannot take path 'a\nb': it holds a line end"},
      {"a name of 256 bytes", member(entry_of("usr/" + std::string(256, 'n')), "x"), nullptr},
      {"a path of 5000 bytes", member(entry_of(deep), "x"), nullptr},
      {"a file as root", member(entry_of("."), "x"), "cannot take '.': it stands for the root, but is no directory"},
      {"a symlink as root", member(entry_of("./.", FileType::Symlink, "/etc")), "cannot take './.': it stands for the root, but is no directory"},
      {"a character device", member(entry_of("dev/null", FileType::CharDevice)), "cannot take 'dev/null': it is a device node"},
      {"a block device", member(entry_of("dev/sda", FileType::BlockDevice)), "cannot take 'dev/sda': it is a device node"},
      {"a fifo", member(entry_of("run/pipe", FileType::Fifo)), "cannot take 'run/pipe': it is a fifo"},
      {"a hard link to an absolute path", member(entry_of("h", FileType::HardLink, "/etc/shadow")), "cannot take path '/etc/shadow': it is absolute"},
      {"a hard link that climbs", member(entry_of("h", FileType::HardLink, "../shadow")), "cannot take path '../shadow': it leaves its folder by '..'"},
      {"a hard link to the root", member(entry_of("h", FileType::HardLink, "./")), "cannot take 'h': it is a hard link to the root"},
      {"a symlink that leaves", member(entry_of("l", FileType::Symlink, "../etc")), "cannot take 'l': its target '../etc' leaves the root"},
      {"a symlink that leaves from below", member(entry_of("usr/bin/l", FileType::Symlink, "../../../etc")), "cannot take 'usr/bin/l': its target '../../../etc' leaves the root"},
      {"a symlink that leaves and returns", member(entry_of("usr/l", FileType::Symlink, "a/../../../usr")), "cannot take 'usr/l': its target 'a/../../../usr' leaves the root"},
      {"a symlink with a line end", member(entry_of("l", FileType::Symlink, "a\nb")), "cannot take 'l': its target is no path"},
      {"more content than the limit", member(huge), "cannot take 'huge': the package's files are larger than any would be"},
      {"more content than the limit in two", member(entry_of("a"), std::string(600'000, 'a')) + member(entry_of("b"), std::string(600'000, 'b')),
       "cannot take 'b': the package's files are larger than any would be"},
  };
  for (const auto& row : rows) {
    const auto read = contents(package(member(entry_of("./", FileType::Directory)) + row.data + end));
    ASSERT_FALSE(read.has_value()) << row.summary;
    EXPECT_EQ(read.error().kind, Kind::Denied) << row.summary;
    if (row.error != nullptr) {
      EXPECT_EQ(read.error().message, std::string("cannot read files of package 'x 1.0': ") + row.error) << row.summary;
    }
  }
}

TEST(DebFile, LinksThatStayAreTaken) {
  for (const char* target : {"/etc/alternatives/x", "x", "../lib/x", "../../etc/x", "./..//./lib", "/usr/../etc"}) {
    EXPECT_TRUE(contents(package(member(entry_of("usr/bin/l", FileType::Symlink, target)) + end)).has_value()) << target;
  }
}

/// A data.tar without end, which must be refused soon and in little memory.
class Endless final : public Source {
 public:
  Endless() : next_(member(entry_of("a", FileType::Directory))) {
    front_ = "!<arch>\n" + version + control + ar("data.tar", "").substr(0, 48) + "9999999999`\n";
  }
  Result<size_t> read(std::span<std::uint8_t> out) override {
    if (at_ == front_.size()) {
      if (front_.size() < 100'000) {
        front_.clear();
        while (front_.size() < 100'000) front_ += next_;
      }
      at_ = 0;
    }
    const size_t count = std::min(out.size(), front_.size() - at_);
    std::copy_n(front_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }

 private:
  std::string front_, next_;
  size_t at_ = 0;
};

TEST(DebFile, MembersWithoutEndAreDenied) {
  DebReader reader(std::make_unique<Endless>(), "x 1.0");
  const auto done = [&]() -> Done {
    TRY(reader.data());
    return reader.finish();
  }();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "cannot read files of package 'x 1.0': cannot take 'a': the package has more members than any would");
}

TEST(DebFile, CleanPath) {
  const struct {
    std::string_view raw;
    const char* clean;  ///< null: denied
  } rows[] = {{"./usr/bin/x", "usr/bin/x"}, {"usr/bin/", "usr/bin"}, {".", ""}, {"./", ""}, {"a//b/./c", "a/b/c"}, {"...", "..."}, {"..a/b..", "..a/b.."},
              {"", nullptr},           {"/", nullptr},          {"..", nullptr}, {"a/..", nullptr}, {"a/../b", nullptr}, {std::string_view("a\0b", 3), nullptr}};
  for (const auto& row : rows) {
    const auto clean = clean_path(row.raw);
    ASSERT_EQ(clean.has_value(), row.clean != nullptr) << row.raw;
    if (clean) {
      EXPECT_EQ(*clean, row.clean);
    } else {
      EXPECT_EQ(clean.error().kind, Kind::Denied);
    }
  }
}

// Real packages of this machine's distribution, against dpkg-deb.

std::string file_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Compares what DebReader says with what dpkg-deb unpacked to `folder`/tree and `folder`/control.
void compare_with_unpacked(const std::string& bytes, const fs::path& folder) {
  DebReader reader(std::make_unique<MemorySource>(as_bytes(bytes)), "real");
  const auto files = reader.control();
  ASSERT_TRUE(files.has_value()) << files.error().message;
  size_t control_files = 0;
  for (const auto& item : fs::directory_iterator(folder / "control")) {
    ++control_files;
    EXPECT_TRUE(files->at(item.path().filename()) == file_text(item.path())) << item.path();
  }
  EXPECT_EQ(files->size(), control_files);
  auto data = reader.data();
  ASSERT_TRUE(data.has_value()) << data.error().message;
  std::set<std::string> seen, expected;
  for (;;) {
    const auto entry = (*data)->next();
    ASSERT_TRUE(entry.has_value()) << entry.error().message;
    if (!*entry) break;
    const fs::path path = folder / "tree" / (*entry)->path;
    if (!(*entry)->path.empty()) seen.insert((*entry)->path);
    if ((*entry)->type == FileType::Symlink) {
      EXPECT_EQ(fs::read_symlink(path), (*entry)->link);
    } else {
      EXPECT_EQ(static_cast<std::uint32_t>(fs::symlink_status(path).permissions()), (*entry)->mode) << path;
    }
    if ((*entry)->type == FileType::Regular) {
      EXPECT_TRUE(as_text(read_all(**data, 256 << 20).value()) == file_text(path)) << path;
    }
    if ((*entry)->type == FileType::HardLink) {
      EXPECT_TRUE(fs::equivalent(path, folder / "tree" / (*entry)->link)) << path;
    }
  }
  for (const auto& item : fs::recursive_directory_iterator(folder / "tree")) expected.insert(item.path().lexically_relative(folder / "tree"));
  EXPECT_EQ(seen, expected);
  const auto done = reader.finish();
  EXPECT_TRUE(done.has_value()) << done.error().message;
}

TEST(DebFile, RealPackages) {
  if (std::system("dpkg-deb --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no dpkg-deb on this machine";
  const fs::path top = fs::temp_directory_path() / ("ashlar-deb-test-" + std::to_string(std::random_device{}()));
  fs::create_directories(top);
  // perl-base has hard links, sudo odd modes, tzdata and libc6 many links; hello is small.
  std::ignore = std::system(("cd '" + top.string() + "' && timeout 120 apt-get -qq download hello perl-base sudo tzdata libc6 >/dev/null 2>&1").c_str());
  std::vector<fs::path> packages;
  for (const auto& item : fs::directory_iterator(top)) packages.push_back(item.path());
  for (const fs::path& package_file : packages) {
    const fs::path folder = package_file.string() + ".unpacked";
    fs::create_directories(folder);
    SCOPED_TRACE(package_file.filename().string());
    ASSERT_EQ(std::system(("cd '" + folder.string() + "' && dpkg-deb -x ../" + package_file.filename().string() + " tree").c_str()), 0);
    ASSERT_EQ(std::system(("cd '" + folder.string() + "' && dpkg-deb -e ../" + package_file.filename().string() + " control").c_str()), 0);
    compare_with_unpacked(file_text(package_file), folder);
  }
  fs::remove_all(top);
  if (packages.empty()) GTEST_SKIP() << "apt-get downloads nothing on this machine";
}

}  // namespace
}  // namespace ashlar::deb
