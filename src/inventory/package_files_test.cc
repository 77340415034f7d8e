#include "inventory/package_files.h"

#include <gtest/gtest.h>

namespace ashlar::inventory {
namespace {

struct Member { std::string path, content{}; FileType type = FileType::Regular; std::string link{}; };

std::string tar_of(const std::vector<Member>& members) {
  Bytes tar;
  for (const Member& member : members) {
    TarEntry entry{.path = member.path, .type = member.type, .size = member.content.size(), .link = member.link};
    append_tar_header(tar, entry);
    tar.insert(tar.end(), member.content.begin(), member.content.end());
    tar.resize(tar.size() + tar_padding(entry.size));
  }
  tar.resize(tar.size() + tar_end_size);
  return std::string(as_text(tar));
}

/// A member of an ar archive, with its padding (deb(5)).
std::string ar(const std::string& name, const std::string& content) {
  std::string header(58, ' ');
  header.replace(0, name.size(), name);
  header.replace(48, std::to_string(content.size()).size(), std::to_string(content.size()));
  return header + "`\n" + content + (content.size() % 2 == 0 ? "" : "\n");
}

std::string deb_of(const std::vector<Member>& members, const std::string& control = "Package: tool\nVersion: 1:2-3\nArchitecture: amd64\n") {
  return "!<arch>\n" + ar("debian-binary", "2.0\n") + ar("control.tar", tar_of({{"./control", control}})) + ar("data.tar", tar_of(members));
}

Result<PackageFiles> read(const std::string& deb, std::string_view expected) { return read_package_files(std::make_unique<MemorySource>(as_bytes(deb)), Digest::of(expected), "read package 'tool'"); }

const std::vector<Member> members = {{"./", "", FileType::Directory},           {"./bin/", "", FileType::Directory},           {"./bin/tool", "a tool"},
                                     {"./bin/t", "", FileType::Symlink, "tool"}, {"./bin/twin", "", FileType::HardLink, "./bin/tool"}, {"./etc/empty", ""}};

TEST(PackageFiles, EveryPathIsThereWithItsDigest) {
  const std::string deb = deb_of(members);
  const auto package = read(deb, deb);
  ASSERT_TRUE(package) << package.error().message;
  EXPECT_EQ(package->name, "tool");
  EXPECT_EQ(package->version, "1:2-3");
  EXPECT_EQ(package->architecture, "amd64");
  ASSERT_EQ(package->paths.size(), 5U);
  EXPECT_EQ(package->paths.at("bin").type, FileType::Directory);
  EXPECT_EQ(package->paths.at("bin/tool").content, Digest::of(std::string_view("a tool")));
  EXPECT_EQ(package->paths.at("bin/twin").content, Digest::of(std::string_view("a tool"))) << "a hard link shares its target's bytes";
  EXPECT_EQ(package->paths.at("bin/twin").type, FileType::Regular);
  EXPECT_EQ(package->paths.at("bin/t").link, "tool");
  EXPECT_EQ(package->paths.at("etc/empty").content, Digest::of(std::string_view()));
}

TEST(PackageFiles, ARecordReadsAsItWasWritten) {
  const std::string deb = deb_of(members);
  const auto package = read(deb, deb);
  ASSERT_TRUE(package);
  const std::string text = to_text(*package);
  const auto again = read_package_record(text, "r.json");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_text(*again), text);
  EXPECT_EQ(again->paths.size(), package->paths.size());
  for (const auto& [path, known] : package->paths) {
    EXPECT_EQ(again->paths.at(path).type, known.type) << path;
    EXPECT_EQ(again->paths.at(path).content, known.content) << path;
    EXPECT_EQ(again->paths.at(path).link, known.link) << path;
  }
}

TEST(PackageFiles, FaultsTable) {
  struct Row { std::string summary, deb, cause; };
  const std::string deb = deb_of(members);
  const std::vector<Row> rows = {
      {"another file than expected", deb_of({{"./bin/tool", "evil"}}), "its bytes have another digest"},
      {"cut off", deb.substr(0, deb.size() - 700), "cannot"},
      {"a hard link to nothing", deb_of({{"./a", "", FileType::HardLink, "./b"}}), "leads to 'b', which it does not hold"},
      {"no package at all", "hello", "cannot"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto package = read(row.deb, deb);
    ASSERT_FALSE(package);
    EXPECT_NE(package.error().message.find(row.cause), std::string::npos) << package.error().message;
  }
}

TEST(PackageFiles, RecordsThatDoNotReadTable) {
  const std::string head = R"({"schema": "https://ashlar.dev/package-files/v1", "package": "a", "version": "1", "architecture": "all", )";
  for (const std::string& bad : {std::string("{"), std::string("[]"), std::string("{}"), head + R"("files": [], "links": {}, "folders": []})", head + R"("files": {}, "links": {}})", head + R"("files": {"a": "x"}, "links": {}, "folders": []})",
                                 head + R"("files": {}, "links": {"a": 1}, "folders": []})", head + R"("files": {}, "links": {}, "folders": [1]})", std::string(R"({"schema": 1})")})
    EXPECT_FALSE(read_package_record(bad, "r.json")) << bad;
}

}  // namespace
}  // namespace ashlar::inventory
