// The catalogue's python image from the archive that this host's apt uses. Packages are fetched once, into a cache in the build folder.
#include <filesystem>

#include "stage.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class PythonFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.environment["XDG_CACHE_HOME"] = ASHLAR_BUILD_DIR "/flow-cache";
    fs::copy(ASHLAR_SOURCE_DIR "/catalog/python", stage.folder() / "python", fs::copy_options::recursive);
    for (const char* left : {"python/3.13.lock.json", "python/3.13-dev.lock.json", "python/3.13.effects.json"}) fs::remove(stage.folder() / left);
    const Ran ran = stage.ashlar({"lock", definition});
    if (ran.code == 4) GTEST_SKIP() << "the archive is out of reach: " << ran.err;
    if (ran.code == 2 && ran.err.find("no mirror of") != std::string::npos) GTEST_SKIP() << "this host's apt names no mirror: " << ran.err;
    if (ran.code == 2 && ran.err.find("keyring") != std::string::npos) GTEST_SKIP() << "this host has no keyring: " << ran.err;
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// Builds both platforms into `out`, tag 3.13.
  std::string build() { return stage.digest(definition, "oci:out:3.13"); }

  const std::string definition = "python/3.13.yaml";
  Stage stage;
};

TEST_F(PythonFlow, two_platforms_give_one_digest_in_two_folders) {
  const std::string digest = build();
  ASSERT_TRUE(digest.starts_with("sha256:")) << digest;
  Stage other;
  fs::create_directories(other.folder() / "some/where");
  fs::copy(stage.folder() / "python", other.folder() / "some/where/python", fs::copy_options::recursive);
  // The packages of the first, and none of its work.
  fs::create_directories(other.cache());
  fs::create_directory_symlink(stage.cache() / "packages", other.cache() / "packages");
  other.environment["TZ"] = "Asia/Kathmandu";
  EXPECT_EQ(other.digest("some/where/python/3.13.yaml", "oci:there", {"--locked", "--offline", "--jobs", "3", "--platform", "linux/amd64,linux/arm64"}), digest);
}

TEST_F(PythonFlow, byte_code_is_the_same_every_time_and_used) {
  ASHLAR_NEED("bwrap");
  const std::string text = stage.read(definition);
  stage.write(definition, text + "bytecode: true\n");
  const Ran refused = stage.ashlar({"build", definition, "-o", "oci:none"});
  EXPECT_EQ(refused.code, 2) << refused.told;
  EXPECT_NE(refused.err.find("hint: compile them in a sandbox with `ashlar build --record-effects`"), std::string::npos) << refused.told;
  const std::string digest = stage.digest(definition, "oci:out:3.13", {"--record-effects"});
  ASSERT_TRUE(digest.starts_with("sha256:")) << digest;
  // Another folder replays; a third compiles anew: the same bytes.
  Stage other, anew;
  for (Stage* each : {&other, &anew}) {
    fs::copy(stage.folder() / "python", each->folder() / "python", fs::copy_options::recursive);
    fs::create_directories(each->cache());
    fs::create_directory_symlink(stage.cache() / "packages", each->cache() / "packages");
  }
  EXPECT_EQ(other.digest(definition, "oci:out:3.13", {"--locked", "--offline"}), digest);
  fs::remove(anew.folder() / "python/3.13.effects.json");
  EXPECT_EQ(anew.digest(definition, "oci:out:3.13", {"--locked", "--offline", "--record-effects"}), digest);
  EXPECT_EQ(anew.read("python/3.13.effects.json"), stage.read("python/3.13.effects.json"));
  // Every file, of both platforms, is what the record says.
  for (const char* platform : {"linux/amd64", "linux/arm64"}) {
    const Json answer = Json::parse(stage.ashlar({"test", "oci:out:3.13", "--definition", definition, "--platform", platform, "--no-run", "--no-rebuild", "--format", "json"}).out);
    for (const Json& check : answer["checks"]) {
      EXPECT_TRUE(check["id"] != "no-unowned-files" || check["result"] == "passed") << check.dump(1);
    }
  }
  // Python takes them.
  std::string tests = "tests:\n  - {name: compiled, commands: [\"python3 -v -c 'import json'\"], exit-code: 0, output: \"# code object from '/usr/lib/python3.13/json/__pycache__/__init__.cpython-313.pyc'\"}\n";
  tests += "  - {name: hashes, commands: [\"python3 -c 'import json; print(json.__cached__, open(json.__cached__, \\\"rb\\\").read(8)[4:])'\"], exit-code: 0, output: \"__init__.cpython-313.pyc b'\\\\x03\"}\n";
  stage.write("python/3.13-run.yaml", text.substr(0, text.find("\ntests:") + 1) + "bytecode: true\n" + tests);
  const Ran ran = stage.ashlar({"test", "oci:out:3.13", "--definition", "python/3.13-run.yaml", "--no-rebuild"});
  if (ran.code == 3) GTEST_SKIP() << "no container runs here: " << ran.told;
  EXPECT_NE(ran.out.find("run:compiled"), std::string::npos) << ran.told;
  EXPECT_EQ(ran.out.find("FAILED   run:"), std::string::npos) << ran.told;
}

TEST_F(PythonFlow, is_small_and_has_what_it_promises) {
  ASSERT_TRUE(build().starts_with("sha256:"));
  const Json answer = stage.json({"build", definition, "-o", "oci:out:3.13", "--platform", "linux/amd64"});
  EXPECT_LE(answer["content_size"].get<std::int64_t>(), 50'000'000);
  EXPECT_LE(answer["image"]["size"].get<std::int64_t>(), 20'000'000);
  std::string listing;
  for (const Json& layer : answer["image"]["layers"]) {
    const Ran ran = stage.run({"tar", "-tvf", "out/blobs/sha256/" + layer["digest"].get<std::string>().substr(7)});
    ASSERT_EQ(ran.code, 0) << ran.told;
    listing += ran.out;
  }
  for (const char* there : {" usr/bin/python3.13\n", " usr/lib/os-release\n", " etc/ssl/certs/ca-certificates.crt\n", " usr/share/ashlar/image.json\n", " var/lib/dpkg/status.d/libc6\n",
                            " usr/share/doc/libc6/copyright\n"})
    EXPECT_NE(listing.find(there), std::string::npos) << there;
  for (const char* gone : {"bin/sh\n", "bin/sh ->", "bin/dash\n", "bin/bash\n", "bin/dpkg\n", "bin/apt\n", "bin/perl", ".pyc\n", " var/cache/apt/", " usr/share/man/"})
    EXPECT_EQ(listing.find(gone), std::string::npos) << gone;
  EXPECT_EQ(listing.find("-rws"), std::string::npos);
}

TEST_F(PythonFlow, python_runs_under_runc) {
  for (const char* each : {"runc", "skopeo", "umoci", "jq"}) ASHLAR_NEED(each);
  ASSERT_TRUE(build().starts_with("sha256:"));
  const Ran ran = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/run-image.sh", "out:3.13", "python3", "-c",
                             "import ssl, sys, os, sqlite3, ctypes, zoneinfo; print(sys.version.split()[0], os.getuid(), len(ssl.create_default_context().get_ca_certs()) > 100)"});
  if (ran.code == 125) GTEST_SKIP() << "this machine starts no container: " << ran.err;
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_TRUE(ran.out.starts_with("3.13.")) << ran.told;
  EXPECT_TRUE(ran.out.ends_with(" 65532 True\n")) << ran.told;
}

TEST_F(PythonFlow, python_runs_under_podman) {
  ASHLAR_NEED("podman");
  ASSERT_TRUE(build().starts_with("sha256:"));
  const Ran ran = podman_run(stage, "oci:out:3.13", {"python3", "-c", "import ssl, sys, os; print(sys.version.split()[0], os.getuid(), ssl.OPENSSL_VERSION)"});
  if (cannot_contain(ran)) GTEST_SKIP() << "podman starts no container on this machine: " << ran.told;
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_TRUE(ran.out.starts_with("3.13.")) << ran.told;
  EXPECT_NE(ran.out.find(" 65532 OpenSSL 3."), std::string::npos) << ran.told;
}

TEST_F(PythonFlow, check_and_explain_agree_with_the_lock) {
  EXPECT_EQ(stage.ashlar({"lock", definition, "--check"}).code, 0);
  const Json answer = stage.json({"explain", definition, "libssl3t64"});
  EXPECT_EQ(answer["archive"].get<std::string>().substr(0, 6), "debian");
  EXPECT_FALSE(answer["needed_by"].empty());
}

}  // namespace
}  // namespace ashlar::flow
