// What others publish to test verifiers with: ours must accept what is good and refuse what is not, each case for a reason that it says.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "bundle_case.h"

namespace conformance {
namespace {

namespace fs = std::filesystem;

/// Where scripts/sigstore-conformance.sh puts its material, or what ASHLAR_SIGSTORE_CASES names: `root.json` and folders of cases.
fs::path material() {
  const char* const named = std::getenv("ASHLAR_SIGSTORE_CASES");
  return named != nullptr ? fs::path(named) : fs::path(ASHLAR_CASES_DIR);
}

TEST(Conformance, PublishedBundles) {
  const fs::path folder = material();
  if (!fs::exists(folder / "root.json")) GTEST_SKIP() << "no published bundles are here (scripts/sigstore-conformance.sh gets them where there is a Go)";
  std::ostringstream root;
  root << std::ifstream(folder / "root.json", std::ios::binary).rdbuf();
  size_t accepted = 0, refused = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    for (const BundleCase& each : read_cases(entry.path(), root.str())) {
      const Outcome found = judge(each);
      EXPECT_EQ(found.accepted, each.good) << each.name << ": " << found.why;
      EXPECT_EQ(found.accepted, found.why.empty()) << each.name << ": what is refused has a reason";
      ++(found.accepted ? accepted : refused);
    }
  }
  EXPECT_GE(accepted, 4U);
  EXPECT_GE(refused, 4U);
}

}  // namespace
}  // namespace conformance
