// The relocatable tarball: made by its script, and run where nothing of the host's is.
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class TarballFlow : public SmallProject {
 protected:
  void SetUp() override {
    for (const char* each : {"gcc", "readelf", "strip", "tar", "gzip"}) ASHLAR_NEED(each);
    SmallProject::SetUp();
    stage.environment.erase("ASHLAR_DATA_DIR");
    const Ran made = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/tarball.sh", "--ashlar", program_under_test(), (stage.folder() / "ashlar.tar.gz").string()});
    ASSERT_EQ(made.code, 0) << made.told;
    fs::create_directories(stage.folder() / "root/opt");
    ASSERT_EQ(stage.run({"tar", "-C", "root/opt", "-xzf", "ashlar.tar.gz"}).code, 0);
    for (const auto& entry : fs::directory_iterator(stage.folder() / "root/opt")) prefix = entry.path();
  }
  std::string program_of(const host::Path& folder) const { return (folder / "bin/ashlar").string(); }
  /// In a root that has nothing but the tarball's files, as an ordinary user.
  Ran inside(const Words& words, const Words& options = {}) const {
    Words argv = {"bwrap", "--bind", (stage.folder() / "root").string(), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", stage.folder().string(), stage.folder().string(),
                  "--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-pid", "--unshare-net", "--clearenv", "--setenv", "HOME", (stage.folder() / "home").string(), "--chdir", stage.folder().string()};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back((host::Path("/opt") / prefix.filename() / "bin/ashlar").string());
    argv.insert(argv.end(), words.begin(), words.end());
    return stage.run(argv);
  }
  host::Path prefix;
};

TEST_F(TarballFlow, runs_where_no_library_is) {
  ASHLAR_NEED("bwrap");
  if (stage.run({"bwrap", "--ro-bind", "/", "/", "--unshare-user", "true"}).code != 0) GTEST_SKIP() << "this machine lets nobody make a user namespace";
  fs::create_directories(stage.folder() / "home");
  const Ran version = inside({"--version"});
  ASSERT_EQ(version.code, 0) << version.told;
  EXPECT_TRUE(version.out.starts_with("ashlar ")) << version.out;
  const Ran list = inside({"catalog", "list", "--format", "json"});
  ASSERT_EQ(list.code, 0) << list.told;
  for (const Json& image : Json::parse(list.out)["images"]) EXPECT_TRUE(image["definition"].get<std::string>().starts_with("/opt/" + prefix.filename().string() + "/share/ashlar/")) << image;
  // Without user namespaces, too: what needs no script needs none. The image is that which the program makes on its own.
  stage.environment["ASHLAR_DATA_DIR"] = ASHLAR_SOURCE_DIR;
  const std::string wanted = stage.digest("small.yaml", "oci:native:1");
  stage.environment.erase("ASHLAR_DATA_DIR");
  ASSERT_TRUE(wanted.starts_with("sha256:")) << wanted;
  for (const Words& options : std::vector<Words>{{}, {"--disable-userns"}}) {
    fs::remove_all(stage.folder() / "home");
    fs::create_directories(stage.folder() / "home");
    fs::remove(stage.folder() / "small.lock.json");
    const Ran locked = inside({"lock", "small.yaml", "--quiet"}, options);
    ASSERT_EQ(locked.code, 0) << locked.told;
    const Ran built = inside({"build", "small.yaml", "-o", "oci:there:1", "--format", "json", "--quiet"}, options);
    ASSERT_EQ(built.code, 0) << built.told;
    EXPECT_EQ(Json::parse(built.out)["root"], wanted);
    fs::remove_all(stage.folder() / "there");
  }
}

TEST_F(TarballFlow, runs_wherever_it_is_put_and_lets_no_library_of_the_host_in) {
  const std::string program = program_of(prefix);
  struct Row {
    const char* summary;
    std::map<std::string, std::string> environment;
  };
  stage.write("none.so", "no library");
  const Row rows[] = {
      {"as it is", {}},
      {"a library to be loaded before all others", {{"LD_PRELOAD", (stage.folder() / "none.so").string()}}},
      {"somebody who audits the loader", {{"LD_AUDIT", (stage.folder() / "none.so").string()}}},
      {"libraries elsewhere", {{"LD_LIBRARY_PATH", stage.folder().string()}}},
      {"a locale that is not there", {{"LC_ALL", "tt_RU.UTF-8"}, {"LANG", "nowhere"}}},
      {"no environment to speak of", {{"PATH", ""}, {"HOME", (stage.folder() / "home").string()}}},
  };
  for (const Row& row : rows) {
    const auto before = stage.environment;
    for (const auto& [name, value] : row.environment) stage.environment[name] = value;
    const Ran ran = stage.run({program, "catalog", "list"});
    EXPECT_EQ(ran.code, 0) << row.summary << "\n" << ran.told;
    EXPECT_EQ(ran.err, "") << row.summary;
    stage.environment = before;
  }
  // By a link, and moved to a folder with blanks in its name.
  fs::create_symlink(program, stage.folder() / "link");
  EXPECT_EQ(stage.run({(stage.folder() / "link").string(), "catalog", "list"}).code, 0);
  fs::rename(prefix, stage.folder() / "another place");
  const Ran moved = stage.run({program_of(stage.folder() / "another place"), "doctor", "--format", "json"});
  EXPECT_EQ(Json::parse(moved.out)["checks"][0]["detail"], (stage.folder() / "another place/share/ashlar").string()) << moved.told;
  // Without its loader it says so.
  fs::remove(stage.folder() / "another place/libexec/ld-linux.so");
  const Ran broken = stage.run({program_of(stage.folder() / "another place"), "--version"});
  EXPECT_EQ(broken.code, 70) << broken.told;
  EXPECT_NE(broken.err.find("libexec/ld-linux.so: No such file or directory"), std::string::npos) << broken.err;
}

TEST_F(TarballFlow, holds_what_it_needs_and_nothing_of_this_machine) {
  for (const char* path : {"bin/ashlar", "libexec/ashlar", "libexec/ld-linux.so", "lib/libc.so.6", "lib/libcurl.so.4", "lib/libnss_dns.so.2", "share/ashlar/distributions/debian-13.yaml", "share/ashlar/templates/starters.yaml",
                           "share/man/man1/ashlar.1", "share/doc/ashlar/LICENSE"})
    EXPECT_TRUE(fs::exists(prefix / path)) << path;
  for (const auto& entry : fs::recursive_directory_iterator(prefix)) {
    const std::string name = entry.path().filename().string();
    EXPECT_FALSE(name.ends_with(".lock.json") || name.ends_with(".effects.json")) << entry.path();
    EXPECT_FALSE(entry.is_symlink()) << entry.path();
  }
  const Ran listed = stage.run({"tar", "--numeric-owner", "-tvzf", "ashlar.tar.gz"});
  ASSERT_EQ(listed.code, 0);
  for (const std::string_view line : split(trim(listed.out), '\n')) EXPECT_EQ(words(line).at(1), "0/0") << line;
  // Every library that one of them needs is there.
  for (const auto& entry : fs::directory_iterator(prefix / "lib")) {
    const Ran read = stage.run({"readelf", "-d", entry.path().string()});
    for (const std::string_view line : split(read.out, '\n')) {
      const size_t at = line.find("Shared library: [");
      if (at == std::string_view::npos) continue;
      const std::string needed(line.substr(at + 17, line.find(']') - at - 17));
      EXPECT_TRUE(needed.starts_with("ld-linux") || fs::exists(prefix / "lib" / needed)) << entry.path().filename() << " needs " << needed;
    }
  }
}

}  // namespace
}  // namespace ashlar::flow
