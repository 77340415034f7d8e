#include "build/inner/ld_cache.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "base/elf.h"
#include "base/text.h"

namespace ashlar::build {
namespace {

namespace fs = std::filesystem;

/// A folder on disk as the tree of an image.
class FolderTree final : public TreeView {
 public:
  explicit FolderTree(const fs::path& root) : root_(root) {
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      TreeNode node;
      node.entry.path = entry.path().lexically_relative(root).string();
      if (entry.is_symlink()) {
        node.entry.type = FileType::Symlink;
        node.entry.link = fs::read_symlink(entry.path()).string();
      } else if (entry.is_directory()) {
        node.entry.type = FileType::Directory;
      } else {
        const Bytes content = read(entry.path());
        node.entry.size = content.size();
        node.elf = is_elf(content);
        node.soname = elf_soname(content);
      }
      nodes_.emplace(node.entry.path, std::move(node));
    }
  }
  const TreeNode* find(std::string_view path) const override {
    const auto found = nodes_.find(path);
    return found == nodes_.end() ? nullptr : &found->second;
  }
  Result<Bytes> content(const TreeNode& node, std::uint64_t) const override { return read(root_ / node.entry.path); }
  void each(std::string_view below, const std::function<void(const TreeNode&)>& visit) const override {
    const std::string prefix = below.empty() ? std::string() : std::string(below) + "/";
    for (const auto& [path, node] : nodes_) {
      if (path.starts_with(prefix)) visit(node);
    }
  }
  static Bytes read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  fs::path root_;
  std::map<std::string, TreeNode, std::less<>> nodes_;
};

class LdCache : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ashlar-ld-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& path, BytesView bytes) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << as_text(bytes);
  }
  void write(const std::string& path, std::string_view text) { write(path, as_bytes(text)); }
  void link(const std::string& target, const std::string& path) {
    fs::create_directories((folder_ / path).parent_path());
    fs::create_symlink(target, folder_ / path);
  }
  std::string output(const std::string& command) {
    std::string out;
    FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    char buffer[4096];
    for (size_t count = 0; (count = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, count);
    exit_code_ = ::pclose(pipe);
    return out;
  }

  fs::path folder_;
  int exit_code_ = 0;
};

/// The lines of `ldconfig -p` below its head: `name (flags) => path`.
std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with('\t')) out.emplace_back(trim(line));
  }
  return out;
}

TEST_F(LdCache, ListsWhatLdconfigLists) {
  const fs::path host = "/usr/lib/x86_64-linux-gnu";
  if (!fs::exists(host)) GTEST_SKIP() << "this machine has no libraries for amd64";
  const std::string ldconfig = fs::exists("/usr/sbin/ldconfig") ? "/usr/sbin/ldconfig" : "/sbin/ldconfig";
  if (!fs::exists(ldconfig)) GTEST_SKIP() << "this machine has no ldconfig";
  // Real libraries under their names, links of the compiler's kind, a folder of its own, hardware levels, and things that are no libraries.
  int copied = 0;
  for (const auto& entry : fs::directory_iterator(host)) {
    const std::string name = entry.path().filename();
    if (!entry.is_symlink() || !name.starts_with("lib") || name.find(".so") == std::string::npos || copied >= 80) continue;
    const std::string target = fs::read_symlink(entry.path());
    if (target.find('/') != std::string::npos || !fs::is_regular_file(fs::symlink_status(host / target)) || fs::file_size(host / target) > (1 << 20)) continue;
    link(target, "usr/lib/x86_64-linux-gnu/" + name);
    write("usr/lib/x86_64-linux-gnu/" + target, FolderTree::read(host / target));
    ++copied;
  }
  const Bytes zlib = FolderTree::read(host / "libz.so.1");
  write("opt/vendor/lib/libz.so.1.99", zlib);
  link("libz.so.1.99", "opt/vendor/lib/libz.so");
  write("usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libz.so.1.3.2", zlib);
  write("usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v2/libz.so.1.3.2", zlib);
  write("usr/lib/libplain.so", "no ELF file");
  write("usr/lib/x86_64-linux-gnu/libnotes.so.txt", "neither");
  link("nowhere.so.1", "usr/lib/x86_64-linux-gnu/libdangling.so.1");
  link("usr/lib", "lib");
  write("etc/ld.so.conf", "include ld.so.conf.d/*.conf\n# a comment\n");
  write("etc/ld.so.conf.d/vendor.conf", "/opt/vendor/lib/\n");
  write("etc/ld.so.conf.d/x86_64-linux-gnu.conf", "# Multiarch support\n/usr/local/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n");
  write("etc/ld.so.conf.d/ignored.txt", "/nowhere\n");

  // It also makes links that lack; Debian's packages bring theirs.
  output(ldconfig + " -r " + folder_.string() + " -C /theirs.cache");
  if (exit_code_ != 0) GTEST_SKIP() << "ldconfig -r does not run here: it needs the right to change its root";
  const FolderTree tree(folder_);
  const World world(tree, 0);
  const auto entries = ld_entries(world, "amd64");
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_GT(entries->size(), 20U);
  write("ours.cache", ld_cache(*entries));

  const auto ours = listed(output(ldconfig + " -p -C " + (folder_ / "ours.cache").string()));
  const auto theirs = listed(output(ldconfig + " -p -C " + (folder_ / "theirs.cache").string()));
  ASSERT_GT(theirs.size(), 20U);
  for (size_t at = 0; at < std::min(ours.size(), theirs.size()); ++at) ASSERT_EQ(ours[at], theirs[at]) << "line " << at;
  EXPECT_EQ(ours.size(), theirs.size());
}

TEST_F(LdCache, OrderIsByNumbersWithinNames) {
  std::vector<LdEntry> entries;
  for (const char* name : {"libx.so.9", "libx.so.10", "libx.so", "liba.so.1", "libx.so.10.1"}) entries.push_back({name, std::string("/usr/lib/") + name, 0x0303, {}});
  const Bytes first = ld_cache(entries);
  std::reverse(entries.begin(), entries.end());
  EXPECT_EQ(ld_cache(entries), first) << "the order of what is given does not matter";
  const std::string_view text = as_text(first);
  ASSERT_TRUE(text.starts_with("glibc-ld.so.cache1.1"));
  std::vector<size_t> places;
  for (const char* name : {"/libx.so.10.1", "/libx.so.10", "/libx.so.9", "/libx.so", "/liba.so.1"}) places.push_back(text.find(std::string(name) + '\0'));
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end())) << "the newest first";
}

TEST_F(LdCache, OfAnArchitectureThatIsNotKnownNothing) {
  write("usr/lib/libx.so.1", "x");
  const FolderTree tree(folder_);
  const World world(tree, 0);
  const auto entries = ld_entries(world, "s390x");
  ASSERT_TRUE(entries);
  EXPECT_TRUE(entries->empty());
  EXPECT_FALSE(has_loader(world, "s390x"));
  EXPECT_FALSE(has_loader(world, "amd64"));
}

}  // namespace
}  // namespace ashlar::build
