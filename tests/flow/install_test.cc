// What `cmake --install` and `cpack` deliver works where it is put, and finds its data there.
#include <filesystem>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class InstallFlow : public SmallProject {
 protected:
  void SetUp() override {
    if (!fs::exists(ASHLAR_BUILD_DIR "/pages/written")) GTEST_SKIP() << "the target 'pages' has not been built";
    SmallProject::SetUp();
    stage.environment.erase("ASHLAR_DATA_DIR");
  }
  /// The program at `path` does its work without knowing of the source tree.
  void expect_works(const host::Path& program) {
    fs::create_directories(stage.folder() / "elsewhere");
    const std::string there = "cd elsewhere && exec " + shell_word(program.string()) + " ";
    const Ran catalog = stage.run({"sh", "-c", there + "catalog list --format json"});
    ASSERT_EQ(catalog.code, 0) << catalog.told;
    const Json list = Json::parse(catalog.out);
    ASSERT_FALSE(list["images"].empty());
    for (const Json& image : list["images"]) EXPECT_TRUE(image["definition"].get<std::string>().starts_with(program.parent_path().parent_path().string())) << image.dump();
    const Ran built = stage.run({program.string(), "build", "small.yaml", "-o", "oci:installed:1", "--quiet"});
    EXPECT_EQ(built.code, 0) << built.told;
    stage.environment["ASHLAR_DATA_DIR"] = ASHLAR_SOURCE_DIR;
    const Json same = stage.json({"diff", "oci:installed:1", "oci:installed:1"});
    EXPECT_EQ(stage.digest("small.yaml", "oci:installed:2"), Json::parse(stage.read("installed/index.json"))["manifests"][0]["digest"].get<std::string>());
    stage.environment.erase("ASHLAR_DATA_DIR");
  }
  void expect_files(const host::Path& prefix) {
    for (const char* path : {"bin/ashlar", "share/man/man1/ashlar.1", "share/man/man1/ashlar-build.1", "share/bash-completion/completions/ashlar", "share/zsh/vendor-completions/_ashlar",
                             "share/fish/vendor_completions.d/ashlar.fish", "share/ashlar/catalog/python/3.13.yaml", "share/ashlar/catalog/python/info.yaml", "share/ashlar/effects/debian-13.yaml",
                             "share/ashlar/distributions/debian-13.yaml", "share/ashlar/baselines/debian-13.json", "share/ashlar/schemas/definition.schema.json", "share/ashlar/schemas/lock.schema.json", "share/ashlar/schemas/policy.schema.json", "share/ashlar/schemas/statement.schema.json", "share/ashlar/policies/default.yaml", "share/ashlar/templates/starters.yaml", "share/ashlar/templates/ci/ashlar.sh", "share/ashlar/feeds/debian-tracker.yaml", "share/doc/ashlar/LICENSE"}) {
      const bool there = fs::exists(prefix / path) || fs::exists(prefix / (std::string(path) + ".gz"));
      EXPECT_TRUE(there) << prefix / path;
    }
    for (const auto& entry : fs::recursive_directory_iterator(prefix / "share/ashlar")) {
      const std::string name = entry.path().filename().string();
      EXPECT_FALSE(name.ends_with(".lock.json") || name.ends_with(".effects.json")) << entry.path();
    }
  }
};

TEST_F(InstallFlow, cmake_installs_what_works) {
  const std::string prefix = (stage.folder() / "a prefix").string();
  const Ran ran = stage.run({ASHLAR_CMAKE, "--install", ASHLAR_BUILD_DIR, "--prefix", prefix});
  ASSERT_EQ(ran.code, 0) << ran.told;
  expect_files(prefix);
  expect_works(host::Path(prefix) / "bin/ashlar");
  // It may be moved as a whole.
  fs::rename(prefix, stage.folder() / "moved");
  expect_works(stage.folder() / "moved/bin/ashlar");
}

TEST_F(InstallFlow, shells_read_the_completions) {
  const host::Path completions = ASHLAR_BUILD_DIR "/pages/completions";
  for (const auto& [shell, file] : std::vector<std::pair<std::string, std::string>>{{"bash", "ashlar"}, {"zsh", "_ashlar"}, {"fish", "ashlar.fish"}}) {
    ASHLAR_NEED(shell);
    const Ran ran = stage.run({shell, "-n", (completions / file).string()});
    EXPECT_EQ(ran.code, 0) << ran.told;
  }
}

TEST_F(InstallFlow, bash_completes_verbs_and_options) {
  const std::string load = ". " + shell_word(ASHLAR_BUILD_DIR "/pages/completions/ashlar") + "; ";
  const Ran verbs = stage.run({"bash", "-c", load + "COMP_WORDS=(ashlar bu) COMP_CWORD=1; _ashlar; echo ${COMPREPLY[*]}"});
  EXPECT_EQ(verbs.out, "build\n") << verbs.told;
  const Ran options = stage.run({"bash", "-c", load + "COMP_WORDS=(ashlar lock --sec) COMP_CWORD=2; _ashlar; echo ${COMPREPLY[*]}"});
  EXPECT_EQ(options.out, "--security-only\n") << options.told;
}

TEST_F(InstallFlow, man_reads_the_pages) {
  ASHLAR_NEED("man");
  for (const auto& entry : fs::directory_iterator(ASHLAR_BUILD_DIR "/pages/man")) {
    const Ran ran = stage.run({"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", entry.path().string()});
    EXPECT_EQ(ran.code, 0) << ran.told;
    EXPECT_EQ(ran.err, "") << entry.path();
  }
}

TEST_F(InstallFlow, a_package_installs_and_works) {
  for (const char* each : {"dpkg", "dpkg-deb", "dpkg-shlibdeps", "file"}) ASHLAR_NEED(each);
  const Ran packed = stage.run({ASHLAR_CPACK, "--config", ASHLAR_BUILD_DIR "/CPackConfig.cmake", "-G", "DEB", "-B", (stage.folder() / "packed").string()});
  ASSERT_EQ(packed.code, 0) << packed.told;
  std::string deb;
  for (const auto& entry : fs::directory_iterator(stage.folder() / "packed")) {
    if (entry.path().extension() == ".deb") deb = entry.path().string();
  }
  ASSERT_FALSE(deb.empty()) << packed.told;
  const Ran depends = stage.run({"dpkg-deb", "-f", deb, "Depends", "Package", "Architecture"});
  for (const char* word : {"libc6", "libcurl4", "librnp", "libsolv", "libssl3", "libsqlite3-0", "liblzma5", "zlib1g", "Package: ashlar"}) EXPECT_NE(depends.out.find(word), std::string::npos) << depends.told;
  ASSERT_EQ(stage.run({"dpkg-deb", "-x", deb, "unpacked"}).code, 0);
  expect_files(stage.folder() / "unpacked/usr");
  expect_works(stage.folder() / "unpacked/usr/bin/ashlar");
  if (!is_root()) GTEST_SKIP() << "only root installs packages; unpacked, it works";
  fs::create_directories(stage.folder() / "root/var/lib/dpkg/info");
  stage.write("root/var/lib/dpkg/status", "");
  const Ran installed = stage.run({"dpkg", "--root=" + (stage.folder() / "root").string(), "--force-depends", "--force-script-chrootless", "-i", deb});
  ASSERT_EQ(installed.code, 0) << installed.told;
  EXPECT_NE(stage.read("root/var/lib/dpkg/status").find("Status: install ok installed"), std::string::npos);
  expect_works(stage.folder() / "root/usr/bin/ashlar");
}

}  // namespace
}  // namespace ashlar::flow
