// `ashlar test` on the catalogue's python image as it was built, and with faults planted in a further layer, as whoever repacks an image would.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "base/tar.h"
#include "oci/layout.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

/// A file of a further layer.
struct Plant {
  std::string path, content;
  std::uint32_t mode = 0644;
};

Bytes layer_of(const std::vector<Plant>& plants) {
  Bytes tar;
  for (const Plant& plant : plants) {
    TarEntry entry;
    entry.path = plant.path;
    entry.mode = plant.mode;
    entry.size = plant.content.size();
    append_tar_header(tar, entry);
    tar.insert(tar.end(), plant.content.begin(), plant.content.end());
    tar.resize(tar.size() + tar_padding(entry.size));
  }
  tar.resize(tar.size() + tar_end_size);
  return tar;
}

class ProofsFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.environment["XDG_CACHE_HOME"] = ASHLAR_BUILD_DIR "/flow-cache";
    fs::copy(ASHLAR_SOURCE_DIR "/catalog/python", stage.folder() / "python", fs::copy_options::recursive);
    for (const char* left : {"python/3.13.lock.json", "python/3.13.effects.json"}) fs::remove(stage.folder() / left);
    const Ran ran = stage.ashlar({"lock", definition});
    if (ran.code == 4) GTEST_SKIP() << "the archive is out of reach: " << ran.err;
    if (ran.code == 2 && ran.err.find("no mirror of") != std::string::npos) GTEST_SKIP() << "this host's apt names no mirror: " << ran.err;
    if (ran.code == 2 && ran.err.find("keyring") != std::string::npos) GTEST_SKIP() << "this host has no keyring: " << ran.err;
    ASSERT_EQ(ran.code, 0) << ran.told;
    ASSERT_TRUE(stage.digest(definition, "oci:out:good", {"--platform", "linux/amd64"}).starts_with("sha256:"));
  }

  Json test(const std::string& ref, Words more = {}, int code = 0) {
    Words words = {"test", ref, "--definition", definition, "--no-run"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.json(words, code);
  }

  /// The image `good` with one layer more, under `tag`.
  void repack(const std::string& tag, const std::vector<Plant>& plants, const std::function<void(oci::Config&)>& change = {}) {
    const auto files = host::machine_files();
    const auto ref = oci::ImageRef::parse("oci:" + (stage.folder() / "out").string() + ":good");
    ASSERT_TRUE(ref);
    const auto image = oci::open_image(*files, *ref);
    ASSERT_TRUE(image) << image.error().message;
    auto all = oci::platforms(**image);
    ASSERT_TRUE(all) << all.error().message;
    oci::PlatformImage which = all->front();
    auto writer = oci::LayoutWriter::open(*files, stage.folder() / "out");
    ASSERT_TRUE(writer) << writer.error().message;
    if (!plants.empty()) {
      const Bytes tar = layer_of(plants);
      const auto layer = writer->put(oci::media::layer_tar, as_text(tar));
      ASSERT_TRUE(layer);
      which.manifest.layers.push_back(*layer);
      which.config.diff_ids.push_back(Digest::of(tar));
    }
    if (change) change(which.config);
    const auto config = writer->put(oci::media::config, oci::to_text(which.config));
    ASSERT_TRUE(config);
    which.manifest.config = *config;
    const auto manifest = writer->put(oci::media::manifest, oci::to_text(which.manifest));
    ASSERT_TRUE(manifest);
    ASSERT_TRUE(writer->point(tag, *manifest));
  }

  const std::string definition = "python/3.13.yaml";
  Stage stage;
};

std::set<std::string> failed(const Json& answer) {
  std::set<std::string> out;
  for (const Json& check : answer["checks"]) {
    if (check["result"] == "failed") out.insert(check["id"].get<std::string>());
  }
  return out;
}

std::string evidence_of(const Json& answer, const std::string& id) {
  std::string out;
  for (const Json& check : answer["checks"]) {
    if (check["id"] != id) continue;
    for (const Json& line : check["evidence"]) out += line.get<std::string>() + "\n";
  }
  return out;
}

TEST_F(ProofsFlow, the_python_image_passes_every_check) {
  const Json answer = test("oci:out:good");
  EXPECT_EQ(answer["schema"], "https://ashlar.dev/test/v1");
  EXPECT_EQ(answer["passed"], true);
  EXPECT_EQ(failed(answer), std::set<std::string>());
  const Json shape = {{"id", ""}, {"title", ""}, {"result", ""}, {"evidence", {""}}};
  std::set<std::string> ids;
  for (const Json& check : answer["checks"]) {
    EXPECT_EQ(misfit(check, shape), "") << check.dump();
    ids.insert(check["id"].get<std::string>());
    const auto result = check["result"].get<std::string>();
    const bool without_health = check["id"] == "health" && result == "not-applicable";  // the definition declares none
    EXPECT_TRUE(result == "passed" || without_health || (check["id"] == "no-shell" && result == "excused")) << check.dump();
  }
  for (const char* id : {"no-shell", "no-package-manager", "no-setuid", "nonroot", "entrypoint", "elf-resolves", "elf-hardening", "no-world-writable", "no-secrets", "no-unowned-files", "ca-bundle", "os-release", "reproducible"})
    EXPECT_TRUE(ids.contains(id)) << id;
  EXPECT_NE(evidence_of(answer, "no-shell").find("Python is what the image is for"), std::string::npos);
}

TEST_F(ProofsFlow, an_image_cannot_excuse_itself) {
  stage.environment["ASHLAR_DATA_DIR"] = ASHLAR_SOURCE_DIR;
  const Json alone = stage.json({"test", "oci:out:good", "--no-run", "--no-rebuild"}, 1);
  EXPECT_EQ(alone["definition_claimed"], true);
  EXPECT_EQ(failed(alone), std::set<std::string>{"no-shell"});
  EXPECT_NE(evidence_of(alone, "no-shell").find("name the definition with --definition"), std::string::npos);
  EXPECT_EQ(failed(test("oci:out:good", {"--no-rebuild"})), std::set<std::string>()) << "what is kept of the claim says nothing of the definition that is named";
  // As -dev image it would have a shell, a package manager and root.
  repack("dev", {{"usr/bin/dpkg", "\x7f" "ELF", 0755}, {"usr/bin/su", "\x7f" "ELF", 04755}, {"usr/share/ashlar/image.json", R"({"schema": "https://ashlar.dev/image/v1", "image": "ashlar/python", "variant": "dev", "distribution": "debian-13", "slices": {}, "owners": {}})"}},
         [](oci::Config& config) { config.user = "root"; });
  const Json dev = stage.json({"test", "oci:out:dev", "--no-run", "--no-rebuild"}, 1);
  EXPECT_NE(dev["definition"].get<std::string>().find("-dev.yaml"), std::string::npos) << dev["definition"];
  const auto found = failed(dev);
  for (const char* id : {"no-shell", "no-package-manager", "no-setuid", "nonroot"}) EXPECT_TRUE(found.contains(id)) << id;
}

TEST_F(ProofsFlow, run_tests_that_cannot_be_run_are_not_passed) {
  Stage without;
  without.environment = stage.environment;
  without.environment["PATH"] = "/nowhere";
  const Json idle = without.json({"test", "oci:" + (stage.folder() / "out").string() + ":good", "--definition", (stage.folder() / definition).string(), "--no-rebuild", "--again"}, 3);
  EXPECT_EQ(idle["passed"], true) << "no check failed";
  EXPECT_NE(idle.dump().find("not-applicable"), std::string::npos);
}

TEST_F(ProofsFlow, nothing_is_tested_twice_until_something_changes) {
  const Words words = {"test", "oci:out:good", "--definition", definition, "--no-run", "--no-rebuild"};
  const Ran first = stage.ashlar(words), second = stage.ashlar(words);
  EXPECT_EQ(first.code, 0) << first.told;
  EXPECT_EQ(second.code, 0) << second.told;
  EXPECT_NE(second.out.find("answered before"), std::string::npos) << second.told;
  Words again = words;
  again.push_back("--again");
  EXPECT_EQ(stage.ashlar(again).out.find("answered before"), std::string::npos);
  stage.write(definition, stage.read(definition) + "# another text, of " + stage.folder().string() + "\n");  // the cache is kept between runs
  EXPECT_EQ(stage.ashlar(words).out.find("answered before"), std::string::npos) << "a definition that changed";
}

TEST_F(ProofsFlow, faults_planted_in_a_further_layer_are_found) {
  const auto files = host::machine_files();
  const auto dash = files->read("/bin/dash");
  ASSERT_TRUE(dash) << "this machine has no /bin/dash";
  std::string key = "-----BEGIN PRIVATE";
  key += " KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n";
  struct Row {
    std::string summary, check, names;
    std::vector<Plant> plants;
    std::function<void(oci::Config&)> change = {};
    std::set<std::string> also = {"no-unowned-files"};
  };
  const std::vector<Row> rows = {
      {"a shell under another name", "no-shell", "'/usr/lib/libhelper.so.1' is a POSIX shell", {{"usr/lib/libhelper.so.1", *dash, 0644}}, {}, {"no-unowned-files", "elf-hardening"}},
      {"a shell in python's place", "no-shell", "'/usr/bin/python3.13' is a POSIX shell", {{"usr/bin/python3.13", *dash, 0755}}, {}, {"no-unowned-files", "elf-hardening"}},
      {"set-user-id", "no-setuid", "'/usr/bin/helper' is set-user-id", {{"usr/bin/helper", "x", 04755}}},
      {"writable by all", "no-world-writable", "'/usr/bin/helper' is writable by all", {{"usr/bin/helper", "x", 0777}}},
      {"a private key", "no-secrets", "'/etc/key.pem':1 is a private key", {{"etc/key.pem", key}}},
      {"a module of python's that was changed", "no-unowned-files", "'/usr/lib/python3.13/ssl.py' is altered", {{"usr/lib/python3.13/ssl.py", "print()\n"}}, {}, {}},
      {"a module of python's that was changed, with its line in md5sums", "no-unowned-files", "'/usr/lib/python3.13/ssl.py' is altered: its SHA-256 is", {{"usr/lib/python3.13/ssl.py", "print()\n"}, {"var/lib/dpkg/status.d/libpython3.13-minimal.md5sums", md5_hex(as_bytes("print()\n")) + "  usr/lib/python3.13/ssl.py\n"}}, {}, {}},
      {"a package that the lock does not have", "no-unowned-files", "package 'ghost' is not what it says: it is version 1, and the lock does not name it", {{"var/lib/dpkg/status.d/ghost", "Package: ghost\nVersion: 1\nArchitecture: all\n"}}},
      {"another release", "os-release", "says debian 12", {{"usr/lib/os-release", "ID=debian\nVERSION_ID=12\n"}}},
      {"another program to start", "entrypoint", "'/opt/none': that is not in the image", {}, [](oci::Config& config) { config.entrypoint = {"/opt/none"}; }, {}},
      {"a health check for a shell", "health", "is a command for a shell (CMD-SHELL)", {}, [](oci::Config& config) { config.health = oci::HealthCheck{{"CMD-SHELL", "true"}, 30, 5, 3}; }, {}},
      {"root's group", "nonroot", "user '65532:0' is in root's group", {}, [](oci::Config& config) { config.user = "65532:0"; }, {}},
      {"root", "nonroot", "user '0:0' is root", {}, [](oci::Config& config) { config.user = "0:0"; }, {}},
  };
  int tag = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const std::string name = "planted" + std::to_string(tag++);
    repack(name, row.plants, row.change);
    const Json answer = test("oci:out:" + name, {"--no-rebuild"}, 1);
    ASSERT_TRUE(answer.is_object());
    EXPECT_EQ(answer["passed"], false);
    const auto found = failed(answer);
    EXPECT_TRUE(found.contains(row.check)) << answer.dump(1);
    for (const std::string& id : found) EXPECT_TRUE(id == row.check || row.also.contains(id)) << id << ": " << evidence_of(answer, id);
    EXPECT_NE(evidence_of(answer, row.check).find(row.names), std::string::npos) << evidence_of(answer, row.check);
  }
}

TEST_F(ProofsFlow, another_image_is_not_reproducible) {
  repack("other", {{"usr/lib/python3.13/extra.py", "print()\n"}});
  const Json answer = test("oci:out:other", {"--rebuild"}, 1);
  EXPECT_TRUE(failed(answer).contains("reproducible"));
  EXPECT_NE(evidence_of(answer, "reproducible").find("built again: sha256:"), std::string::npos);
}

TEST_F(ProofsFlow, wrong_use_says_what_to_do) {
  EXPECT_EQ(stage.ashlar({"test", "oci:nowhere"}).code, 2);
  EXPECT_EQ(stage.ashlar({"test", "oci:out:good", "oci:out:good"}).code, 2);
  EXPECT_EQ(stage.ashlar({"test", "oci:out:good", "--rebuild", "--no-rebuild"}).code, 2);
  const Ran platform = stage.ashlar({"test", "oci:out:good", "--platform", "linux/s390x"});
  EXPECT_EQ(platform.code, 2) << platform.told;
  EXPECT_NE(platform.err.find("it has no image for linux/s390x"), std::string::npos) << platform.told;
}

}  // namespace
}  // namespace ashlar::flow
