// kill -9 at random moments, a few times here; scripts/power-cut.sh does it more often and on a larger image (docs/robustness.md).
#include <cstdio>
#include <cstdlib>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

class PowerFlow : public SmallProject {
 protected:
  /// The script on project/small.yaml, a copy of what the stage has; `verb` and how often it is killed where ASHLAR_KILLS does not say it.
  Ran cut(const std::string& verb, const char* often, const std::string& other) {
    for (const char* name : {"ashlar.yaml", "key.asc", "small.yaml"}) stage.write(host::Path("project") / name, stage.read(name));
    const char* const times = std::getenv("ASHLAR_KILLS");
    const Ran ran = stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/power-cut.sh", verb, times == nullptr ? often : times, other, "0", "--ashlar", program_under_test(), "--work", "work",
                               "--refetch", "project/small.yaml"});
    EXPECT_EQ(ran.code, 0) << ran.told;
    if (times != nullptr) std::fputs(ran.err.c_str(), stderr);
    return ran;
  }
};

TEST_F(PowerFlow, kill_at_random_moments_breaks_nothing) {
  for (const char* each : {"jq", "setsid", "sha256sum"}) ASHLAR_NEED(each);
  // Something that takes a while to fetch, unpack and pack.
  std::string text;
  for (unsigned number = 1; text.size() < (8U << 20); ++number) text += std::to_string(number * 2654435761U) + " ";
  archive->put("stone", {"bulk", "1.0", "all", "", {{"usr/share/bulk/a", text}, {"usr/share/bulk/b", text.substr(4096)}}});
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, bulk]");
  const Ran ran = cut("--times", "10", "--tests");
  EXPECT_NE(ran.err.find("0 broken, the same sha256:"), std::string::npos) << ran.told;
  EXPECT_NE(ran.err.find(" 0 drafts left behind"), std::string::npos) << ran.told;
}

TEST_F(PowerFlow, killed_run_tests_leave_nothing_behind) {
  for (const char* each : {"jq", "setsid", "sha256sum", "flock"}) ASHLAR_NEED(each);
  const auto guest = host::real_machine().files->read(ASHLAR_GUEST);
  ASSERT_TRUE(guest) << guest.error().message;
  for (const char* architecture : {"amd64", "arm64"}) archive->put("stone", {"guest", "1.0", architecture, "", {{"usr/bin/guest", *guest}, {"usr/share/doc/guest/copyright", "free\n"}}});
  archive->publish();
  edit("small.yaml", "greeter]", "guest]");
  edit("small.yaml", "entrypoint: [/usr/bin/greet]\ncmd: [everyone]\n",
       "entrypoint: [/usr/bin/guest]\ncmd: [serve, \"8080\"]\ntests:\n"
       "  - {name: commands, exit-code: 0, commands: [guest exit 0, guest echo a], output: a, files: [{path: /etc/brought, content: x}]}\n"
       "  - {name: service, exit-code: 0, service: true, port: \"8080\", commands: [guest echo b]}\n");
  const Ran ran = cut("--tests", "6", "--times");
  const size_t why = ran.err.find("no test was killed: ");
  if (why != std::string::npos) GTEST_SKIP() << ran.err.substr(why);
  EXPECT_NE(ran.err.find("the same answers each time"), std::string::npos) << ran.told;
  EXPECT_NE(ran.err.find(" 0 things left behind"), std::string::npos) << ran.told;
}

}  // namespace
}  // namespace ashlar::flow
