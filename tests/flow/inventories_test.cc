// What `ashlar scan` remembers of images, and what `ashlar explain` says of an advisory for all of them.
#include <filesystem>

#include <fmt/format.h>

#include "folder_image.h"
#include "host/sqlite.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class InventoriesFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    know("3.5-2");
    image("old", "3.5-1");
    image("new", "3.5-2");
    image("none", "");
  }
  void know(const std::string& fixed) {
    stage.write("tracker.json", fmt::format(R"({{"openssl": {{"CVE-2026-0001": {{"releases": {{"trixie": {{"status": "resolved", "fixed_version": "{}", "urgency": "high", "repositories": {{"trixie": "1"}}}}}}}}}}}})", fixed));
    const Ran ran = stage.ashlar({"feed", "update", "debian-tracker=tracker.json"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// An image with bash, and libssl3t64 of openssl in that version.
  void image(const std::string& name, const std::string& version) const {
    stage.write(name + "-root/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n");
    const auto paragraph = [](const std::string& package, const std::string& more) { return fmt::format("Package: {}\nStatus: install ok installed\nMaintainer: Debian <debian@lists.debian.org>\nArchitecture: amd64\n{}\n\n", package, more); };
    stage.write(name + "-root/var/lib/dpkg/status", paragraph("bash", "Version: 5.2-1") + (version.empty() ? "" : paragraph("libssl3t64", "Source: openssl\nVersion: " + version)));
    make_image(stage, name, {name + "-root"});
  }
  /// References of the images that the advisory is about.
  Words affected(const std::string& id, int code = 0) const {
    Words out;
    const Json answer = stage.json({"explain", id}, code);
    for (const Json& each : answer["affected"]) out.push_back(each["ref"]);
    return out;
  }

  /// The reference under which an image of the stage is remembered.
  std::string here(const std::string& name) const { return fmt::format("oci:{}:1", (fs::absolute(stage.folder()) / name).string()); }

  Stage stage;
};

TEST_F(InventoriesFlow, a_new_advisory_is_answered_for_all_images_that_were_scanned) {
  EXPECT_EQ(stage.json({"explain", "CVE-2026-0001"})["images"], 0);
  for (const char* name : {"old", "new", "none"}) ASSERT_EQ(stage.ashlar({"scan", fmt::format("oci:{}:1", name)}).code, 0);
  const Json answer = stage.json({"explain", "CVE-2026-0001"});
  EXPECT_EQ(answer["schema"], "https://ashlar.dev/affected-images/v1");
  EXPECT_EQ(answer["images"], 3);
  ASSERT_EQ(answer["affected"].size(), 1U) << answer.dump();
  const Json& image = answer["affected"][0];
  EXPECT_EQ(image["ref"], here("old"));
  EXPECT_EQ(image["distribution"], "Debian:13");
  EXPECT_EQ(image["packages"], Json::parse(R"([{"space": "Debian:13", "package": "openssl", "version": "3.5-1", "outcome": "affected", "fixed_in": "3.5-2", "feed": "debian-tracker", "advisory": "CVE-2026-0001"}])"));
  EXPECT_EQ(image["digest"], stage.json({"scan", "oci:old:1"})["target"]["digest"]);
  know("3.5-9");  // the knowledge changes, the images are not read again
  fs::remove_all(stage.folder() / "old");
  EXPECT_EQ(affected("CVE-2026-0001"), (Words{here("new"), here("old")}));
  const Ran words = stage.ashlar({"explain", "CVE-2026-0001"});
  EXPECT_NE(words.out.find("CVE-2026-0001 is about 2 of 3 images that were scanned here\n"), std::string::npos) << words.told;
  EXPECT_EQ(stage.ashlar({"explain", "CVE-2026-9999"}).code, 2) << "what no feed has";
}

TEST_F(InventoriesFlow, a_doubtful_image_makes_the_answer_unknown) {
  stage.write("old-root/etc/os-release", "ID=nobody\n");
  make_image(stage, "strange", {"old-root"});
  EXPECT_EQ(stage.ashlar({"scan", "oci:strange:1"}).code, 3);
  const Json answer = stage.json({"explain", "CVE-2026-0001"}, 3);
  EXPECT_EQ(answer["affected"], Json::array());
  ASSERT_EQ(answer["doubtful"].size(), 1U);
  EXPECT_EQ(answer["doubtful"][0]["ref"], here("strange"));
  EXPECT_EQ(answer["doubtful"][0]["reasons"], Json::parse(R"(["2 packages are in no space: distribution 'nobody' is not known"])"));
}

TEST_F(InventoriesFlow, images_are_forgotten_and_folders_are_not_remembered) {
  for (const char* target : {"oci:old:1", "oci:new:1", "dir:old-root"}) ASSERT_NE(stage.ashlar({"scan", target}).code, 2) << target;
  EXPECT_EQ(stage.json({"explain", "CVE-2026-0001"})["images"], 2);
  EXPECT_EQ(stage.json({"scan", "--forget", "oci:old:1", "oci:other:1"})["images"], 1);
  EXPECT_EQ(affected("CVE-2026-0001"), Words());
  EXPECT_EQ(stage.json({"explain", "CVE-2026-0001"})["images"], 1);
}

TEST_F(InventoriesFlow, a_scan_that_cannot_remember_says_so_and_is_none_the_worse) {
  const Ran before = stage.ashlar({"scan", "oci:old:1"});
  const fs::path file = stage.folder() / "home/data/ashlar/inventories.db";
  ASSERT_TRUE(fs::exists(file));
  for (const char* end : {"", "-wal", "-shm"}) fs::remove(file.string() + end);
  stage.write(file, "no database");
  const Ran after = stage.ashlar({"scan", "oci:old:1", "oci:new:1"});
  EXPECT_EQ(after.code, 0) << after.told;
  EXPECT_NE(after.out.find("CVE-2026-0001"), std::string::npos) << after.told;
  EXPECT_NE(after.err.find("'oci:old:1' is not remembered for advisories to come: "), std::string::npos) << after.told;
  EXPECT_EQ(after.err.find("'oci:new:1' is not remembered"), std::string::npos) << "it is said once: " << after.told;
  const Ran asked = stage.ashlar({"explain", "CVE-2026-0001"});
  EXPECT_EQ(asked.code, 5) << asked.told;
}

TEST_F(InventoriesFlow, several_scans_at_once_are_all_remembered) {
  std::string script;
  for (int round = 0; round < 3; ++round) {
    for (const char* name : {"old", "new", "none"}) script += fmt::format("{} scan oci:{}:1 --quiet >/dev/null 2>>said & ", shell_word(program_under_test()), name);
  }
  const Ran ran = stage.run({"sh", "-c", script + "wait"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  EXPECT_EQ(stage.read("said"), "");
  EXPECT_EQ(stage.json({"explain", "CVE-2026-0001"})["images"], 3);
}

TEST_F(InventoriesFlow, an_advisory_database_of_an_older_layout_is_made_anew) {
  const fs::path folder = stage.folder() / "home/data/ashlar/advisories/databases";
  for (const auto& each : fs::directory_iterator(folder)) ASSERT_TRUE(host::Sqlite::open_shared(each.path())->run("PRAGMA journal_mode=DELETE; PRAGMA user_version=1"));
  const Ran scanned = stage.ashlar({"scan", "oci:old:1"});
  EXPECT_EQ(scanned.code, 3) << scanned.told;
  EXPECT_NE(scanned.out.find("make it anew with `ashlar feed update`"), std::string::npos) << scanned.told;
  const Ran updated = stage.ashlar({"feed", "update", "debian-tracker=tracker.json"});
  EXPECT_EQ(updated.code, 0) << updated.told;
  EXPECT_NE(updated.err.find("it is made anew"), std::string::npos) << updated.told;
  EXPECT_EQ(stage.ashlar({"scan", "oci:old:1"}).code, 0);
  EXPECT_EQ(affected("CVE-2026-0001"), (Words{here("old")}));
}

}  // namespace
}  // namespace ashlar::flow
