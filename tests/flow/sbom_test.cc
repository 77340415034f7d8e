// SBOMs of images, folders, archives and locks: what they say, and what other people's validators say of them.
#include <algorithm>
#include <filesystem>
#include <set>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class SbomFlow : public SmallProject {
 protected:
  void SetUp() override {
    SmallProject::SetUp();
    ASSERT_EQ(stage.ashlar({"build", "small.yaml", "--platform", "linux/amd64", "-o", "oci:out:1"}).code, 0);
    ASSERT_EQ(stage.ashlar({"build", "small.yaml", "--platform", "linux/amd64", "-o", "oci-archive:out.tar:1"}).code, 0);
  }
  Json sbom(const std::string& target) const { return stage.json({"sbom", target}); }
  std::string form(const std::string& target, const std::string& format) const {
    const Ran ran = stage.ashlar({"sbom", target, "--format", format});
    EXPECT_EQ(ran.code, 0) << ran.told;
    return ran.out;
  }
};

std::set<std::string> purls(const Json& sbom) {
  std::set<std::string> out;
  for (const Json& package : sbom["packages"]) out.insert(package["purl"].get<std::string>());
  return out;
}

/// The Python of scripts/install-validators.sh's environment.
std::string validators() {
  for (const std::string& place : {std::string(ASHLAR_BUILD_DIR) + "/../sbom-validators", std::string(ASHLAR_BUILD_DIR) + "/sbom-validators"}) {
    if (fs::exists(place + "/installed")) return place + "/bin/python";
  }
  return {};
}

TEST_F(SbomFlow, every_file_has_an_owner_and_every_package_its_facts) {
  const Json all = sbom("oci:out:1");
  EXPECT_EQ(all["kind"], "image");
  ASSERT_GE(all["packages"].size(), 2U);
  for (const Json& package : all["packages"]) {
    for (const char* key : {"purl", "supplier", "location", "sha256", "source"}) EXPECT_TRUE(package.contains(key)) << package["name"] << " has no " << key;
    EXPECT_TRUE(package["location"].get<std::string>().starts_with("deb:")) << package["location"];
  }
  ASSERT_FALSE(all["files"].empty());
  for (const Json& file : all["files"]) {
    EXPECT_NE(file["owner"], "") << file["path"];
    EXPECT_EQ(file["sha1"].get<std::string>().size(), 40U);
  }
}

TEST_F(SbomFlow, layout_archive_docker_archive_and_folder_tell_the_same) {
  ASHLAR_NEED("skopeo");
  const Json all = sbom("oci:out:1");
  EXPECT_EQ(sbom("oci-archive:out.tar:1"), all);
  const Ran copied = stage.run({"skopeo", "copy", "--insecure-policy", "oci:out:1", "docker-archive:docker.tar:example/small:1"});
  ASSERT_EQ(copied.code, 0) << copied.told;
  const Json docker = sbom("docker-archive:docker.tar:example/small:1");
  EXPECT_EQ(docker["packages"], all["packages"]);
  EXPECT_EQ(docker["files"], all["files"]);
  EXPECT_EQ(sbom("docker-archive:docker.tar")["files"], all["files"]);
  ASHLAR_NEED("umoci");
  Words unpack = {"umoci", "unpack"};
  if (!is_root()) unpack.emplace_back("--rootless");
  unpack.insert(unpack.end(), {"--image", "out:1", "bundle"});
  ASSERT_EQ(stage.run(unpack).code, 0);
  const Json folder = sbom("dir:bundle/rootfs");
  EXPECT_EQ(folder["kind"], "root-fs");
  EXPECT_EQ(folder["packages"], all["packages"]);
  EXPECT_EQ(folder["files"], all["files"]);
}

TEST_F(SbomFlow, an_image_and_its_lock_name_the_same_packages) {
  const Json image = sbom("oci:out:1"), lock = stage.json({"sbom", "small.yaml", "--platform", "linux/amd64"});
  EXPECT_EQ(purls(image), purls(lock));
  ASSERT_EQ(image["packages"].size(), lock["packages"].size());
  for (size_t at = 0; at < image["packages"].size(); ++at) {
    for (const char* key : {"purl", "supplier", "location", "sha256", "depends", "source_version"}) EXPECT_EQ(image["packages"][at].value(key, Json()), lock["packages"][at].value(key, Json())) << key;
  }
  EXPECT_EQ(purls(sbom("small.lock.json")), purls(lock));
}

TEST_F(SbomFlow, a_lock_has_the_licences_of_what_the_cache_holds) {
  const Json image = sbom("oci:out:1"), lock = stage.json({"sbom", "small.yaml", "--platform", "linux/amd64"});
  for (size_t at = 0; at < image["packages"].size(); ++at) {
    for (const char* key : {"licence", "licence_comment"}) EXPECT_EQ(image["packages"][at].value(key, Json()), lock["packages"][at].value(key, Json())) << image["packages"][at]["name"];
  }
  fs::remove_all(stage.cache() / "packages");
  const Json alone = stage.json({"sbom", "small.lock.json", "--platform", "linux/amd64"});
  for (const Json& package : alone["packages"]) {
    EXPECT_FALSE(package.contains("licence"));
    EXPECT_EQ(package["licence_comment"], "not known: package '" + package["name"].get<std::string>() + "' is not in the cache, which `ashlar build` fills");
  }
  EXPECT_NE(form("small.yaml", "spdx-json").find("NOASSERTION"), std::string::npos);
}

TEST_F(SbomFlow, the_same_bytes_every_time_and_no_mirror_in_them) {
  for (const char* format : {"spdx-json", "cyclonedx-json", "json"}) {
    const std::string once = form("oci:out:1", format);
    EXPECT_EQ(form("oci:out:1", format), once);
    EXPECT_EQ(once.find(archive->url()), std::string::npos) << format;
  }
}

TEST_F(SbomFlow, a_planted_file_is_nobodys) {
  ASHLAR_NEED("umoci");
  Words unpack = {"umoci", "unpack"};
  if (!is_root()) unpack.emplace_back("--rootless");
  unpack.insert(unpack.end(), {"--image", "out:1", "bundle"});
  ASSERT_EQ(stage.run(unpack).code, 0);
  stage.write("bundle/rootfs/usr/bin/planted", "#!/bin/sh\n");
  const Json all = sbom("dir:bundle/rootfs");
  for (const Json& file : all["files"]) EXPECT_EQ(file["owner"] == "", file["path"] == "usr/bin/planted") << file;
}

/// An application on an image, or another family's image: its packages are there as those of the distribution are, and what does not read is said.
TEST_F(SbomFlow, packages_of_languages_and_other_families_are_described) {
  stage.write("app/etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n");
  stage.write("app/lib/apk/db/installed", "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:musl\nV:1.2.5-r10\nA:x86_64\no:musl\nm:Timo <timo@example.org>\nL:MIT\n\n");
  stage.write("app/srv/node_modules/left/package.json", R"({"name": "left", "version": "1.3.0"})");
  stage.write("app/srv/site/flask-3.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: Flask\nVersion: 3.0.0\n");
  stage.write("app/srv/broken/node_modules/right/package.json", "{");
  const Ran ran = stage.ashlar({"sbom", "dir:app", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  const Json all = Json::parse(ran.out);
  std::set<std::string> found;
  for (const std::string& each : purls(all)) found.insert(each.substr(0, each.find('?')));
  EXPECT_TRUE((std::ranges::includes(found, std::set<std::string>{"pkg:apk/alpine/musl@1.2.5-r10", "pkg:npm/left@1.3.0", "pkg:pypi/flask@3.0.0"}))) << ran.out;
  EXPECT_NE(all["notes"].dump().find("right/package.json"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("right/package.json"), std::string::npos) << ran.told;
  // Of an image the same, also when its layers were read before.
  const Json once = sbom("dir:app"), again = sbom("dir:app");
  EXPECT_EQ(once, again);
}

TEST_F(SbomFlow, what_cannot_be_described_is_said) {
  const std::vector<std::pair<Words, std::string>> rows = {
      {{"sbom", "oci:nowhere"}, "no OCI image layout"},
      {{"sbom", "dir:small.yaml"}, "no folder"},
      {{"sbom", "oci:out:1", "--platform", "linux/arm64"}, "it has linux/amd64"},
      {{"sbom", "dev.yaml"}, "make it with `ashlar lock dev.yaml`"},
      {{"sbom", "docker-archive:out.tar"}, "manifest.json"},
      {{"sbom", "oci:out:1", "--format", "xml"}, "table and json and spdx-json and cyclonedx-json"},
  };
  for (const auto& [words, says] : rows) {
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(says), std::string::npos) << ran.told;
  }
}

TEST_F(SbomFlow, other_peoples_validators_find_no_error) {
  const std::string python = validators();
  if (python.empty()) GTEST_SKIP() << "scripts/install-validators.sh has not installed them";
  Words argv = {python, ASHLAR_SOURCE_DIR "/scripts/validate_sbom.py"};
  for (const auto& [name, target] : {std::pair{"image", "oci:out:1"}, {"lock", "small.yaml"}}) {
    for (const auto& [format, end] : {std::pair{"spdx-json", ".spdx.json"}, {"cyclonedx-json", ".cdx.json"}}) {
      argv.push_back(std::string(name) + end);
      stage.write(argv.back(), form(target, format));
    }
  }
  const Ran good = stage.run(argv);
  EXPECT_EQ(good.code, 0) << good.told;
  // And they do judge: a document without its creator is found.
  Json broken = Json::parse(stage.read("image.spdx.json"));
  broken["packages"][1]["supplier"] = "NOASSERTION";
  stage.write("broken.spdx.json", to_compact(broken));
  EXPECT_EQ(stage.run({python, ASHLAR_SOURCE_DIR "/scripts/validate_sbom.py", "broken.spdx.json"}).code, 1);
}

}  // namespace
}  // namespace ashlar::flow
