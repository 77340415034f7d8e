// The scripts that say whether something was left out, and whether two images are the same: what they let pass, and what not.
#include <filesystem>

#include "base/text.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

/// What a skipped test prints.
std::string skipped(const std::string& name, const std::string& reason) {
  return "[ RUN      ] " + name + "\n/a place/x_test.cc:7: Skipped\n" + reason + "\n\n[  SKIPPED ] " + name + " (0 ms)\n";
}

TEST(SkippedTests, those_that_are_not_allowed_are_an_error_in_ci) {
  const std::string passed = "[ RUN      ] A.b\nx_test.cc:7: a note\n[       OK ] A.b (3 ms)\n[  PASSED  ] 1 test.\n";
  const std::string allowed = "# a comment\nA.*  | no tool   | the tool is in no distribution\nB.c | only root | root has it\n";
  struct Row {
    const char* summary;
    std::string log;
    int code;
    const char* says;
  };
  const Row rows[] = {
      {"nothing was skipped", passed, 0, "no test was skipped"},
      {"an allowed one", passed + skipped("A.x", "no tool 'x'"), 0, "allowed  A.x: no tool 'x'\n           the tool is in no distribution"},
      {"its reason in several lines", skipped("B.c", "since\nonly root does it"), 0, "allowed  B.c: since only root does it"},
      {"another reason than the allowed one", skipped("A.x", "it rains"), 1, "skipped  A.x: it rains"},
      {"another test of that reason", skipped("B.d", "only root"), 1, "skipped  B.d: only root"},
      {"no reason", "[ RUN      ] A.x\n[  SKIPPED ] A.x (0 ms)\n", 1, "skipped  A.x: no reason is given"},
      {"the reason of an earlier one is not its own", passed + "y.cc:1: Skipped\nno tool\n[ RUN      ] A.x\n[  SKIPPED ] A.x (0 ms)\n", 1, "A.x: no reason is given"},
      {"an allowed one beside another", skipped("A.x", "no tool") + skipped("C.d", "no network"), 1, "2 tests were skipped"},
      {"the list at the end counts nothing twice", skipped("A.x", "no tool") + "[  SKIPPED ] 1 test, listed below:\n[  SKIPPED ] A.x\n", 0, "1 tests were skipped"},
      {"disabled", "1/2 Test: deb\n  YOU HAVE 1 DISABLED TEST\n", 1, "skipped  deb: it has tests that are disabled"},
  };
  Stage stage;
  stage.write("allowed", allowed);
  for (const Row& row : rows) {
    stage.write("log", row.log);
    for (const char* ci : {"", "1"}) {
      stage.environment["ASHLAR_CI"] = ci;
      const Ran ran = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/skipped.sh", "log", "allowed"});
      EXPECT_EQ(ran.code, *ci == '\0' ? 0 : row.code) << row.summary << "\n" << ran.told;
      EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << "\n" << ran.told;
    }
  }
  EXPECT_NE(stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/skipped.sh", "nowhere", "allowed"}).code, 0) << "no log, no answer";
}

TEST(SkippedTests, the_list_names_tests_that_there_are) {
  Stage stage;
  const Ran names = stage.run({"bash", "-c", "grep -v '^#' '" ASHLAR_SOURCE_DIR "/tests/skips-allowed.txt' | cut -d'|' -f1"});
  ASSERT_EQ(names.code, 0) << names.told;
  for (const std::string_view line : split(trim(names.out), '\n')) {
    const auto [suite, test] = cut(trim(line), '.');
    const std::string pattern = test == "*" ? "TEST(_F|_P)?\\(" + std::string(suite) + "," : "TEST(_F|_P)?\\(" + std::string(suite) + ", " + std::string(test) + "\\)";
    if (suite == "versions") {  // tests of ctest's own, one a grammar
      EXPECT_EQ(stage.run({"grep", "-qw", std::string(test), ASHLAR_SOURCE_DIR "/tests/versions/CMakeLists.txt"}).code, 0) << "tests/skips-allowed.txt: there is no test '" << line << "'";
      continue;
    }
    const Ran found = stage.run({"grep", "-rlE", pattern, ASHLAR_SOURCE_DIR "/src", ASHLAR_SOURCE_DIR "/tests", "--include=*_test.cc"});
    EXPECT_EQ(found.code, 0) << "tests/skips-allowed.txt: there is no test '" << line << "'";
  }
}

class SameContent : public SmallProject {
 protected:
  Ran compare(const std::string& a, const std::string& b) { return stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/same-content.sh", a, b}); }
};

TEST_F(SameContent, tells_content_from_packing) {
  ASHLAR_NEED("jq");
  ASSERT_TRUE(stage.digest("small.yaml", "oci:a:1").starts_with("sha256:"));
  ASSERT_TRUE(stage.digest("small.yaml", "oci:same:1").starts_with("sha256:"));
  // One platform alone; another configuration; packed by another encoder; another file.
  ASSERT_TRUE(stage.digest("small.yaml", "oci:one:1", {"--platform", "linux/amd64"}).starts_with("sha256:"));
  edit("small.yaml", "COLOUR: grey", "COLOUR: blue");
  ASSERT_TRUE(stage.digest("small.yaml", "oci:config:1").starts_with("sha256:"));
  edit("small.yaml", "COLOUR: blue", "COLOUR: grey");
  ASSERT_TRUE(stage.digest("small.yaml", "oci:packed:1", {"--codec", "zstd"}).starts_with("sha256:"));
  offer_words("2.0", true);
  archive->publish();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  ASSERT_TRUE(stage.digest("small.yaml", "oci:other:1").starts_with("sha256:"));
  struct Row {
    const char *summary, *a, *b;
    int code;
    const char* says;
  };
  const Row rows[] = {
      {"the same", "a", "same", 0, "3 same               same     same"},
      {"the same, its tags named", "a:1", "same:1", 0, "and the same compressed bytes"},
      {"another encoder", "a", "packed", 0, "3 same               same     other"},
      {"a platform is missing", "a", "one", 1, "linux/arm64    MISSING on one side"},
      {"a platform is missing on the left", "one", "a", 1, "linux/arm64    MISSING on one side"},
      {"another configuration", "a", "config", 1, "3 same               DIFFERS  same"},
      {"another file in a layer", "a", "other", 1, "DIFFERS"},
      {"no such tag", "a:2", "same:1", 1, "has not one image with the tag '2'"},
      {"no layout", "a", "archive", 1, "is no OCI layout"},
  };
  for (const Row& row : rows) {
    const Ran ran = compare(row.a, row.b);
    EXPECT_EQ(ran.code, row.code) << row.summary << "\n" << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << "\n" << ran.told;
  }
  // A blob that was changed is not believed.
  for (const auto& entry : fs::directory_iterator(stage.folder() / "same/blobs/sha256")) {
    if (stage.read(entry.path()).find("\"rootfs\"") != std::string::npos) stage.write(entry.path(), "{}");
  }
  const Ran damaged = compare("a", "same");
  EXPECT_EQ(damaged.code, 1) << damaged.told;
  EXPECT_NE(damaged.err.find("has other bytes under its name"), std::string::npos) << damaged.told;
}

}  // namespace
}  // namespace ashlar::flow
