// The demonstration (scripts/demo.sh) tells its whole story, and what it says is so: scene after scene, with nothing left out but what this machine lacks.
#include <regex>

#include "base/text.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

/// The number in the first match of `pattern`'s group in `text`, from `from` on; -1 when there is none.
long number(const std::string& text, const char* pattern, size_t from = 0) {
  const std::regex wanted(pattern);
  std::smatch found;
  return std::regex_search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), found, wanted) ? std::stol(found[1]) : -1;
}

TEST(DemoFlow, tells_its_whole_story) {
  ASHLAR_NEED("jq");
  Stage stage;
  if (const char* const ci = std::getenv("ASHLAR_CI")) stage.environment["ASHLAR_CI"] = ci;
  const Ran ran = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/demo.sh", "--fast", "--ashlar", program_under_test()});
  ASSERT_EQ(ran.code, 0) << ran.told;
  // What this machine lacks is left out by name, and judged by tests/skips-allowed.txt as what other tests lack.
  std::string lacks;
  bool is_whole = true;
  for (const std::string_view line : split(ran.out, '\n')) {
    if (!line.starts_with('(') || line.find("left out: ") == std::string_view::npos) continue;
    is_whole = false;
    if (is_root() || line.find(" root") == std::string_view::npos) lacks += std::string(lacks.empty() ? "" : "; ") + std::string(line);
  }
  if (!lacks.empty()) GTEST_SKIP() << lacks;
  if (!is_whole) GTEST_SKIP() << "an ordinary user makes no usual base, and builds no application here";

  const size_t hit = ran.out.find("### Advisories hit it"), there = ran.out.find("### The security pocket is there"), renewed = ran.out.find("### Renewed:");
  ASSERT_TRUE(hit < there && there < renewed && renewed != std::string::npos) << "scenes are missing, or in another order\n" << ran.told;
  if (ran.out.substr(there, renewed - there).find("nothing is due") != std::string::npos) GTEST_SKIP() << "the archive's release has all that its security pocket has";

  struct Told {
    const char* summary;
    const char* words;
  };
  const Told story[] = {
      {"it runs", "hello from Python"},
      {"a planted shell is found", "no-shell"},
      {"a damaged image is not clean", "exit code 3"},
      {"the same definition gives the same bytes", "  again"},
      {"the gate stops a key", "no-secrets"},
      {"the same again is not published twice", " 0 new; tags moved: []"},
      {"another tool verifies it", "$ cosign verify --key"},
      {"and a statement", "$ cosign verify-attestation"},
      {"a stranger's word counts for nothing", "not applied: signed by another key"},
      {"ours does", "statement of The platform team: applied"},
      {"the image of the release", "rebuild   127.0.0.1"},
      {"a usual base is denied", "error image-denied: no rule is about 'nginx:1.27'"},
      {"migrated", "web/Dockerfile: converted"},
      {"onto ours", "/hardened/nginx:1.26\n"},
      {"built and allowed", "is allowed by 'control.policy.yaml' in production"},
      {"an advisory is there, and no fix", "### Advisories hit it"},
      {"the base is renewed", "promoted 127.0.0.1"},
      {"the application is rebased", "promoted docker://127.0.0.1"},
      {"the rebased one is allowed", "is allowed by 'control.policy.yaml' in production"},
      {"the ledger is whole", "whole: "},
      {"the clocks", "Nothing is overdue on "},
      {"the outcome", "### What came of it"},
      {"in the mission's figures", "mean time to patch"},
      {"to the end", "That was all, in "},
  };
  size_t at = 0;
  for (const Told& each : story) {
    const size_t found = ran.out.find(each.words, at);
    ASSERT_NE(found, std::string::npos) << each.summary << ": '" << each.words << "' is not told after\n" << ran.out.substr(at, 2000);
    at = found + 1;
  }

  // Each finding without a fix opened one ticket, and taking the fix closed it.
  const long findings = number(ran.out, "([0-9]+) open findings? without a fix", hit);
  EXPECT_GE(findings, 1);
  EXPECT_EQ(number(ran.out, "tickets: ([0-9]+) open\n", hit), findings);
  EXPECT_EQ(number(ran.out, "([0-9]+) open findings? can be fixed", there), findings);
  EXPECT_EQ(number(ran.out, "closed ([0-9]+) findings", renewed), findings);
  EXPECT_EQ(number(ran.out, "tickets: ([0-9]+) closed\n", renewed), findings);
}

}  // namespace
}  // namespace ashlar::flow
