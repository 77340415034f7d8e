// The forms of a scan's report before other people's readers: JSON Schemas, and a browser. What is read are the golden files that scan_test holds to the code.
#include <filesystem>

#include "browser.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

const std::string golden = ASHLAR_SOURCE_DIR "/tests/data/scan/";

/// The environment of scripts/install-validators.sh.
fs::path validators() {
  for (const std::string& place : {std::string(ASHLAR_BUILD_DIR) + "/../sbom-validators", std::string(ASHLAR_BUILD_DIR) + "/sbom-validators"}) {
    if (fs::exists(place + "/installed")) return place;
  }
  return {};
}

class ReportFlow : public ::testing::Test {
 protected:
  Ran validate(const std::string& path) { return stage.run({(validators() / "bin/python").string(), ASHLAR_SOURCE_DIR "/scripts/validate_sbom.py", path}); }
  /// The report without a key fails, so the validator does judge.
  void fails_without(const std::string& name, const char* key) {
    Json broken = Json::parse(stage.read(golden + name));
    broken.erase(key);
    stage.write(name, to_compact(broken));
    EXPECT_EQ(validate(name).code, 1) << name << " without " << key;
  }
  Stage stage;
};

TEST_F(ReportFlow, cyclonedx_passes_its_strict_schema) {
  if (validators().empty()) GTEST_SKIP() << "scripts/install-validators.sh has not installed them";
  const Ran good = validate(golden + "report.cdx.json");
  EXPECT_EQ(good.code, 0) << good.told;
  fails_without("report.cdx.json", "bomFormat");
}

TEST_F(ReportFlow, sarif_passes_its_schema) {
  if (validators().empty() || !fs::exists(validators() / "sarif-2.1.0.json")) GTEST_SKIP() << "scripts/install-validators.sh has not installed the schema of SARIF";
  const Ran good = validate(golden + "report.sarif.json");
  EXPECT_EQ(good.code, 0) << good.told;
  fails_without("report.sarif.json", "runs");
}

TEST_F(ReportFlow, sarif_of_checked_files_passes_its_schema) {
  if (validators().empty() || !fs::exists(validators() / "sarif-2.1.0.json")) GTEST_SKIP() << "scripts/install-validators.sh has not installed the schema of SARIF";
  const Ran good = validate(ASHLAR_SOURCE_DIR "/tests/data/pipeline/check/check.sarif.json");
  EXPECT_EQ(good.code, 0) << good.told;
}

size_t count(const std::string& text, const std::string& word) {
  size_t out = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++out;
  return out;
}

TEST_F(ReportFlow, a_browser_shows_the_page_as_it_is_meant) {
  ASHLAR_NEED("chromium");
  const Ran ran = dumped_dom(stage, golden + "report.html");
  ASSERT_EQ(ran.code, 0) << ran.told;
  EXPECT_EQ(count(ran.out, "<figure"), 3U) << "by severity, by owner, by base";
  for (const char* id : {"by-severity", "by-owner", "by-base"}) {
    const size_t at = ran.out.find("<figure id=\"" + std::string(id) + "\"");
    ASSERT_NE(at, std::string::npos) << id;
    EXPECT_GE(count(ran.out.substr(at, ran.out.find("</figure>", at) - at), "<rect"), 2U) << id << " has no bars";
  }
  const auto part = [&](const std::string& id) {
    const size_t at = ran.out.find("<table id=\"" + id + "\"");
    EXPECT_NE(at, std::string::npos) << id;
    return at == std::string::npos ? std::string() : ran.out.substr(at, ran.out.find("</table>", at) - at);
  };
  const std::string summary = part("summary"), statements = part("statements"), decisions = part("decisions");
  for (const char* words : {"<td>2 affected, 1 under_investigation, 1 excepted, 1 not_affected, 1 fixed</td>", "<td>1 have a fix, 1 are known to be exploited, 1 are critical or high; 1 are the base's, 1 the application's</td>", "<td>4 of 5 judged</td>", "<td>1 of the base's findings go, 1 stay, 1 come</td>"})
    EXPECT_NE(summary.find(words), std::string::npos) << words << summary;
  EXPECT_EQ(count(statements, "<tr>"), 3U) << "its head, one that counts and one that does not";
  EXPECT_NE(statements.find("<td>applied</td>"), std::string::npos) << statements;
  EXPECT_NE(statements.find("<td>not applied: an image cannot acquit itself</td>"), std::string::npos) << statements;
  for (const char* words : {"<td>CVE-2026-5</td><td>tar 1.0-1</td><td>holds</td><td>'platform' until 2027-01-01: not reachable</td>", "<td>CVE-2026-2</td><td>zlib1g 1.0-1</td><td>open again</td><td>decision E-2 of 'platform' ended on 2026-11-01</td>"})
    EXPECT_NE(decisions.find(words), std::string::npos) << words << decisions;
  EXPECT_EQ(count(ran.out, "<script"), 0U);
  for (const char* word : {"src=", "href=", "<link", "<iframe", "<img"}) EXPECT_EQ(count(ran.out, word), 0U) << word;
  EXPECT_GE(count(ran.out, "&lt;script&gt;alert("), 4U) << "what others wrote is text";
}

}  // namespace
}  // namespace ashlar::flow
