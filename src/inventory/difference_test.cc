#include "inventory/difference.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ashlar::inventory {
namespace {

File regular(const std::string& path, const std::string& content, std::uint32_t mode = 0644) {
  File file;
  file.entry.path = path;
  file.entry.mode = mode;
  file.entry.size = content.size();
  file.content = Digest::of(content);
  return file;
}

File symlink(const std::string& path, const std::string& target) {
  File file;
  file.entry.path = path;
  file.entry.type = FileType::Symlink;
  file.entry.link = target;
  return file;
}

Contents contents(std::vector<File> files, std::vector<InstalledPackage> packages = {}) {
  Contents out{{}, {"", Digest::of(std::string_view("m")), 0, {}, {}}, {}, {}, {}, {}, std::move(packages)};
  for (File& file : files) out.files[file.entry.path] = std::move(file);
  return out;
}

TEST(Difference, FilesTable) {
  struct Row {
    std::string summary;
    std::vector<File> before, after;
    std::vector<std::string> changes;  ///< `+path`, `-path`, `~path`
  };
  File hard = regular("b", "x");
  hard.entry.type = FileType::HardLink;
  hard.entry.link = "a";
  File owned = regular("a", "x");
  owned.entry.uid = 5;
  File capable = regular("a", "x");
  capable.entry.xattrs["security.capability"] = "1";
  File later = regular("a", "x");
  later.entry.mtime = 99;
  const std::vector<Row> rows = {
      {"nothing in both", {}, {}, {}},
      {"the same file", {regular("a", "x")}, {regular("a", "x")}, {}},
      {"only the time differs", {regular("a", "x")}, {later}, {}},
      {"added", {}, {regular("a", "x")}, {"+a"}},
      {"removed", {regular("a", "x")}, {}, {"-a"}},
      {"content", {regular("a", "x")}, {regular("a", "y")}, {"~a"}},
      {"mode", {regular("a", "x")}, {regular("a", "x", 0755)}, {"~a"}},
      {"owner", {regular("a", "x")}, {owned}, {"~a"}},
      {"capability", {regular("a", "x")}, {capable}, {"~a"}},
      {"a hard link with the same bytes is the same file", {regular("b", "x")}, {hard}, {}},
      {"link target", {symlink("a", "x")}, {symlink("a", "y")}, {"~a"}},
      {"a link in the place of a file", {regular("a", "x")}, {symlink("a", "x")}, {"~a"}},
      {"before, between and after", {regular("b", "x"), regular("d", "x")}, {regular("a", "x"), regular("c", "x"), regular("d", "x"), regular("e", "x")}, {"+a", "-b", "+c", "+e"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    std::vector<std::string> changes;
    for (const auto& change : compare(contents(row.before), contents(row.after)).files)
      changes.push_back((change.before.empty() ? "+" : change.after.empty() ? "-" : "~") + change.name);
    EXPECT_EQ(changes, row.changes);
  }
}

TEST(Difference, PackagesAreComparedByVersion) {
  const auto before = contents({}, {{"libc6", "2.41-12", "amd64", "glibc", "2.41-12"}, {"old", "1", "amd64", "old", "1"}});
  const auto after = contents({}, {{"libc6", "2.41-12+deb13u1", "amd64", "glibc", "2.41-12+deb13u1"}, {"new", "2", "amd64", "new", "2"}});
  const auto difference = compare(before, after);
  ASSERT_EQ(difference.packages.size(), 3u);
  EXPECT_EQ(difference.packages[0].name, "libc6");
  EXPECT_EQ(difference.packages[0].before, "2.41-12");
  EXPECT_EQ(difference.packages[0].after, "2.41-12+deb13u1");
  EXPECT_EQ(difference.packages[1].name, "new");
  EXPECT_EQ(difference.packages[1].before, "");
  EXPECT_EQ(difference.packages[2].name, "old");
  EXPECT_EQ(difference.packages[2].after, "");
  EXPECT_FALSE(difference.same());
}

TEST(Difference, ConfigurationIsComparedSettingBySetting) {
  Contents before = contents({}), after = contents({});
  before.config.user = "65532:65532";
  before.config.env = {"A=1", "B=2"};
  after.config.user = "0:0";
  after.config.env = {"A=1", "B=3=x"};
  after.config.ports = {"80/tcp"};
  const auto difference = compare(before, after);
  ASSERT_EQ(difference.config.size(), 3u);
  EXPECT_EQ(difference.config[0].name, "environment B");
  EXPECT_EQ(difference.config[0].after, "3=x");
  EXPECT_EQ(difference.config[1].name, "port 80/tcp");
  EXPECT_EQ(difference.config[2].name, "user");
}

TEST(Difference, CountsTheLayersThatNobodyPullsAgain) {
  Contents before = contents({}), after = contents({});
  const auto layer = [](std::string_view text, std::uint64_t size) { return oci::Descriptor{"", Digest::of(text), size, {}, {}}; };
  before.layers = {layer("a", 10), layer("b", 20)};
  after.layers = {layer("a", 10), layer("c", 30), layer("d", 40)};
  const auto difference = compare(before, after);
  EXPECT_EQ(difference.shared_layers, 1u);
  EXPECT_EQ(difference.layers_after, 3u);
  EXPECT_EQ(difference.pull_bytes, 70u);
}

TEST(Difference, JsonNamesTheKindOfEachChange) {
  const Json json = to_json(compare(contents({regular("a", "x"), regular("b", "x")}), contents({regular("b", "y"), regular("c", "x")})));
  EXPECT_FALSE(json.at("same").get<bool>());
  ASSERT_EQ(json.at("files").size(), 3u);
  EXPECT_EQ(json.at("files")[0].at("change"), "removed");
  EXPECT_FALSE(json.at("files")[0].contains("after"));
  EXPECT_EQ(json.at("files")[1].at("change"), "changed");
  EXPECT_EQ(json.at("files")[2].at("change"), "added");
}

}  // namespace
}  // namespace ashlar::inventory
