// Other people's programs, given our image: they read it, unpack it and run it.
#include <filesystem>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class ToolsFlow : public SmallProject {
 protected:
  void SetUp() override {
    SmallProject::SetUp();
    built = stage.json({"build", "small.yaml", "-o", "oci:out:1"});
    const Ran machine = stage.run({"uname", "-m"});
    ours = machine.out == "x86_64\n";
  }
  Json built;
  bool ours = false;  ///< whether the image's program runs here
};

TEST_F(ToolsFlow, skopeo_inspects_every_platform) {
  ASHLAR_NEED("skopeo");
  const Ran raw = stage.run({"skopeo", "inspect", "--raw", "oci:out:1"});
  EXPECT_EQ(Json::parse(raw.out)["manifests"].size(), 2U) << raw.told;
  for (const std::string architecture : {"amd64", "arm64"}) {
    const Ran ran = stage.run({"skopeo", "inspect", "--override-arch", architecture, "oci:out:1"});
    ASSERT_EQ(ran.code, 0) << ran.told;
    EXPECT_EQ(Json::parse(ran.out)["Architecture"], architecture);
    const Ran config = stage.run({"skopeo", "inspect", "--config", "--override-arch", architecture, "oci:out:1"});
    const Json read = Json::parse(config.out);
    EXPECT_EQ(read["config"]["User"], "65532:65532") << config.told;
    EXPECT_EQ(read["config"]["Entrypoint"], Json({"/usr/bin/greet"}));
    EXPECT_NE(read["config"]["Env"].dump().find("COLOUR=grey"), std::string::npos);
  }
}

TEST_F(ToolsFlow, skopeo_copies_without_a_change) {
  ASHLAR_NEED("skopeo");
  const std::string root = built["root"];
  const Ran all = stage.run({"skopeo", "copy", "--insecure-policy", "--all", "--preserve-digests", "oci:out:1", "oci:copied:1"});
  ASSERT_EQ(all.code, 0) << all.told;
  EXPECT_EQ(Json::parse(stage.read("copied/index.json"))["manifests"][0]["digest"], root);
  const Ran archived = stage.run({"skopeo", "copy", "--insecure-policy", "oci:out:1", "docker-archive:small.tar:example/small:1"});
  EXPECT_EQ(archived.code, 0) << archived.told;
  ASSERT_EQ(stage.ashlar({"build", "small.yaml", "-o", "oci-archive:ours.tar:1"}).code, 0);
  const Ran from = stage.run({"skopeo", "copy", "--insecure-policy", "--all", "oci-archive:ours.tar:1", "oci:from-archive:1"});
  ASSERT_EQ(from.code, 0) << from.told;
  EXPECT_EQ(Json::parse(stage.read("from-archive/index.json"))["manifests"][0]["digest"], root);
  // And back: what skopeo wrote, we read.
  ASSERT_EQ(stage.run({"skopeo", "copy", "--insecure-policy", "--all", "oci:out:1", "oci-archive:theirs.tar:1"}).code, 0);
  const Json diff = stage.json({"diff", "oci:out:1", "oci-archive:theirs.tar:1"});
  EXPECT_EQ(diff["before"], diff["after"]);
}

TEST_F(ToolsFlow, umoci_unpacks_it) {
  ASHLAR_NEED("umoci");
  ASSERT_EQ(stage.ashlar({"build", "small.yaml", "--platform", "linux/amd64", "-o", "oci:one:1"}).code, 0);
  Words argv = {"umoci", "unpack"};
  if (!is_root()) argv.emplace_back("--rootless");
  argv.insert(argv.end(), {"--image", "one:1", "bundle"});
  const Ran ran = stage.run(argv);
  ASSERT_EQ(ran.code, 0) << ran.told;
  EXPECT_EQ(stage.read("bundle/rootfs/usr/share/words/hello.txt"), "hello 1.0\n");
  EXPECT_TRUE(fs::is_symlink(stage.folder() / "bundle/rootfs/bin"));
  EXPECT_NE(stage.read("bundle/rootfs/etc/passwd").find("nonroot:x:65532:65532"), std::string::npos);
  EXPECT_NE(stage.read("bundle/rootfs/var/lib/dpkg/status.d/words").find("Version: 1.0\n"), std::string::npos);
}

TEST_F(ToolsFlow, runc_runs_it_as_a_cluster_would) {
  for (const char* each : {"runc", "skopeo", "umoci", "jq"}) ASHLAR_NEED(each);
  if (!ours) GTEST_SKIP() << "the image's program is for another processor";
  const Ran ran = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/run-image.sh", "out:1"});
  if (ran.code == 125) GTEST_SKIP() << "this machine starts no container: " << ran.err;
  ASSERT_EQ(ran.code, 0) << ran.told;
  for (const char* line : {"argument: everyone\n", "words: hello 1.0\n", "user: 65532:65532\n", "root folder: read-only\n", "CapEff:\t0000000000000000\n", "NoNewPrivs:\t1\n"})
    EXPECT_NE(ran.out.find(line), std::string::npos) << line << ran.told;
  const Ran words = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/run-image.sh", "out:1", "one two", "three"});
  EXPECT_NE(words.out.find("argument: one two\nargument: three\n"), std::string::npos) << words.told;
}

TEST_F(ToolsFlow, the_runner_explains_itself) {
  ASHLAR_NEED("bash");
  const Ran help = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/run-image.sh", "--help"});
  EXPECT_EQ(help.code, 0) << help.told;
  EXPECT_NE(help.out.find("LAYOUT:TAG"), std::string::npos) << help.told;
  EXPECT_EQ(stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/run-image.sh"}).code, 2);
}

TEST_F(ToolsFlow, podman_runs_it) {
  ASHLAR_NEED("podman");
  if (!ours) GTEST_SKIP() << "the image's program is for another processor";
  const Ran ran = podman_run(stage, "oci:out:1", {});
  if (cannot_contain(ran)) GTEST_SKIP() << "podman starts no container on this machine: " << ran.told;
  ASSERT_EQ(ran.code, 0) << ran.told;
  for (const char* line : {"argument: everyone\n", "words: hello 1.0\n", "user: 65532:65532\n", "root folder: read-only\n", "CapEff:\t0000000000000000\n", "NoNewPrivs:\t1\n"})
    EXPECT_NE(ran.out.find(line), std::string::npos) << line << ran.told;
}

TEST_F(ToolsFlow, tar_and_gzip_read_its_layers) {
  ASHLAR_NEED("tar");
  for (const Json& image : built["images"]) {
    for (const Json& layer : image["image"]["layers"]) {
      const std::string path = "out/blobs/sha256/" + layer["digest"].get<std::string>().substr(7);
      const Ran ran = stage.run({"tar", "-tzf", path});
      EXPECT_EQ(ran.code, 0) << ran.told;
      const Ran sum = stage.run({"sh", "-c", "gzip -dc " + shell_word(path) + " | sha256sum"});
      EXPECT_EQ("sha256:" + sum.out.substr(0, 64), layer["diff_id"].get<std::string>()) << sum.told;
    }
  }
}

}  // namespace
}  // namespace ashlar::flow
