// kill -9 at random moments, ten times here; scripts/power-cut.sh does it a hundred times on a larger image (docs/robustness.md).
#include <cstdio>
#include <cstdlib>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

using PowerFlow = SmallProject;

TEST_F(PowerFlow, kill_at_random_moments_breaks_nothing) {
  for (const char* each : {"jq", "setsid", "sha256sum"}) ASHLAR_NEED(each);
  // Something that takes a while to fetch, unpack and pack.
  std::string text;
  for (unsigned number = 1; text.size() < (8U << 20); ++number) text += std::to_string(number * 2654435761U) + " ";
  archive->put("stone", {"bulk", "1.0", "all", "", {{"usr/share/bulk/a", text}, {"usr/share/bulk/b", text.substr(4096)}}});
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, bulk]");
  for (const char* name : {"ashlar.yaml", "key.asc", "small.yaml"}) stage.write(host::Path("project") / name, stage.read(name));
  const char* const times = std::getenv("ASHLAR_KILLS");
  const Ran ran = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/power-cut.sh", "--times", times == nullptr ? "10" : times, "--ashlar", program_under_test(), "--work", "work",
                             "--refetch", "project/small.yaml"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(ran.err.find("0 broken, the same sha256:"), std::string::npos) << ran.told;
  EXPECT_NE(ran.err.find(" 0 drafts left behind"), std::string::npos) << ran.told;
  if (times != nullptr) std::fputs(ran.err.c_str(), stderr);
}

}  // namespace
}  // namespace ashlar::flow
