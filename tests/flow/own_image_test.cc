// scripts/own-image.sh: a package of one's own, through a signed repository made for it, in an image that is described and signed.
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class OwnImageFlow : public KnownProject {
 protected:
  void SetUp() override {
    for (const char* each : {"dpkg-deb", "dpkg-scanpackages", "gpg", "gpg-agent", "xz", "openssl", "runc"}) ASHLAR_NEED(each);
    KnownProject::SetUp();
    ASSERT_NO_FATAL_FAILURE(call_it_debian());
    // The script works in a folder of its own: the small archive is the user's configuration.
    edit("ashlar.yaml", "[key.asc]", fmt::format("[{}]", (stage.folder() / "key.asc").string()));
    const auto home = stage.environment.find("XDG_CONFIG_HOME");
    stage.write((home == stage.environment.end() ? host::Path(stage.environment.at("HOME")) / ".config" : host::Path(home->second)) / "ashlar/config.yaml", stage.read("ashlar.yaml"));
    // What stands for the program is static, and says hello.
    stage.write("own.deb", deb_of({"ashlar", "7.1", "amd64", "words (>= 1.0)", {{"usr/bin/ashlar", bytes_of(ASHLAR_GREETER)}, {"usr/share/doc/ashlar/copyright", "free\n"}}}));
    stage.write("image.yaml",
                "name: Own\nimage: ashlar/own\ndistribution: @DISTRIBUTION@\nvariant: runtime\ntags: [\"@VERSION@\"]\nplatforms: [linux/@ARCHITECTURE@]\ncontents:\n"
                "  repositories: [\"deb [signed-by=/usr/share/keyrings/ashlar.asc] @URL@ own main\"]\n  keyring: [\"@URL@/ashlar.asc\"]\n  packages:\n    - ashlar\n    - base-files\n"
                "accounts:\n  run-as: nonroot\n  users:\n    - {name: nonroot, uid: 65532, gid: 65532}\n  groups:\n    - {name: nonroot, gid: 65532}\nentrypoint: [/usr/bin/ashlar]\n");
  }
  Ran make(const Words& more = {}) const {
    Words argv = {"bash", ASHLAR_SOURCE_DIR "/scripts/own-image.sh", "--ashlar", program_under_test(), "--deb", "own.deb", "--distribution", "debian-13", "--definition", "image.yaml"};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.push_back("oci:" + (stage.folder() / "own/image").string());
    return stage.run(argv);
  }
};

TEST_F(OwnImageFlow, its_package_comes_by_a_signed_repository_into_a_signed_image) {
  fs::create_directories(stage.folder() / "own");
  const Ran made = make();
  ASSERT_EQ(made.code, 0) << made.told;
  const Ran verified = stage.ashlar({"verify", "oci:own/image:7.1", "--key", "own/own.pub"});
  EXPECT_EQ(verified.code, 0) << verified.told;
  const Ran described = stage.ashlar({"verify", "oci:own/image:7.1", "--key", "own/own.pub", "--platform", "linux/amd64", "--type", "slsaprovenance1", "--type", "spdxjson", "--type", "cyclonedx", "--type", "vuln"});
  EXPECT_EQ(described.code, 0) << described.told;
  const Json sbom = stage.json({"sbom", "oci:own/image:7.1"});
  std::string version;
  for (const Json& each : sbom["packages"]) {
    if (each["name"] == "ashlar") version = each["version"].get<std::string>();
  }
  EXPECT_EQ(version, "7.1") << sbom["packages"].dump(1);
  // The same again publishes nothing anew, with a repository and a key that are new: what is in the image is the package, and not where it came from.
  const Ran again = make();
  EXPECT_EQ(again.code, 0) << again.told;
}

TEST_F(OwnImageFlow, what_lacks_is_told) {
  EXPECT_EQ(stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/own-image.sh"}).code, 2);
  EXPECT_EQ(stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/own-image.sh", "--nonsense", "oci:x"}).code, 2);
  const Ran unknown = make({"--distribution", "plan9-4"});
  EXPECT_EQ(unknown.code, 1) << unknown.told;
  EXPECT_NE(unknown.err.find("there is no distribution 'plan9-4'"), std::string::npos) << unknown.err;
  stage.write("own.deb", "no package");
  EXPECT_NE(make().code, 0);
  EXPECT_FALSE(stage.exists("own/image/index.json"));
}

}  // namespace
}  // namespace ashlar::flow
