// scripts/own-image.sh: a package of one's own, through a signed repository made for it, in an image that is described and signed.
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/text.h"
#include "layered_image.h"
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

/// It holds the texts of what it looks for nowhere as they are, and is linked as it asks others to be: its gate asks for all proofs.
TEST(OwnProgram, is_held_to_what_it_holds_others_to) {
  Stage stage;
  const auto bytes_of_file = [](const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  const std::string program = bytes_of_file(program_under_test());
  ASSERT_GT(program.size(), 1U << 20);
  put_image(stage, "own", "1", {{{{inventory::folder("usr"), inventory::folder("usr/bin"), {"usr/bin/ashlar", program, FileType::Regular, 0755}}}}});
  const Ran ran = stage.ashlar({"test", "oci:own:1", "--no-run", "--format", "json"});
  const Json answer = Json::parse(ran.out);
  size_t judged = 0;
  for (const Json& each : answer.at("checks")) {
    const std::string id = each.at("id");
    if (id == "no-shell" || id == "no-package-manager" || id == "no-secrets") {
      EXPECT_EQ(each.at("result"), "passed") << each.dump(1);
      ++judged;
    } else if (id == "elf-hardening") {
      // What the baseline does not know is held to the strictest.
      EXPECT_EQ(each.at("result"), "passed") << each.dump(1);
      EXPECT_NE(each.dump().find("'/usr/bin/ashlar': pie, full relro, nx"), std::string::npos) << each.dump(1);
      ++judged;
    }
  }
  EXPECT_EQ(judged, 4U) << ran.told;
  // And how Debian builds what it depends on is on record (scripts/elf-baseline.sh).
  const Json baseline = Json::parse(bytes_of_file(ASHLAR_SOURCE_DIR "/baselines/debian-13.json"));
  for (const char* architecture : {"amd64", "arm64"}) {
    for (const char* package : {"runc", "libfmt10", "libtspi1", "librnp0"}) EXPECT_TRUE(baseline.at("architectures").at(architecture).contains(package)) << architecture << " " << package;
  }
  const std::string policy = bytes_of_file(ASHLAR_SOURCE_DIR "/own/policy.yaml");
  EXPECT_EQ(policy.find("proofs"), std::string::npos) << "no proof is left out: " << policy;
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
