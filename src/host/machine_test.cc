#include "host/machine.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "host/memory.h"
#include "host/user.h"

namespace ashlar::host {
namespace {

TEST(FoldersTest, FollowTheEnvironment) {
  struct Row {
    std::string summary;
    std::map<std::string, std::string> environment;
    std::string cache, state, config;
  };
  const Row rows[] = {
      {"home alone", {{"HOME", "/home/u"}}, "/home/u/.cache/ashlar", "/home/u/.local/share/ashlar", "/home/u/.config/ashlar"},
      {"XDG folders", {{"HOME", "/home/u"}, {"XDG_CACHE_HOME", "/c"}, {"XDG_DATA_HOME", "/d"}, {"XDG_CONFIG_HOME", "/f"}}, "/c/ashlar", "/d/ashlar", "/f/ashlar"},
      {"XDG folders and no home", {{"XDG_CACHE_HOME", "/c"}, {"XDG_DATA_HOME", "/d"}, {"XDG_CONFIG_HOME", "/f"}}, "/c/ashlar", "/d/ashlar", "/f/ashlar"},
      {"relative XDG folders do not count", {{"HOME", "/h"}, {"XDG_CACHE_HOME", "c"}}, "/h/.cache/ashlar", "/h/.local/share/ashlar", "/h/.config/ashlar"},
      {"empty ones neither", {{"HOME", "/h"}, {"XDG_CACHE_HOME", ""}, {"ASHLAR_CACHE_DIR", ""}}, "/h/.cache/ashlar", "/h/.local/share/ashlar", "/h/.config/ashlar"},
      {"ours come first", {{"HOME", "/h"}, {"XDG_CACHE_HOME", "/c"}, {"ASHLAR_CACHE_DIR", "/mine"}, {"ASHLAR_STATE_DIR", "/s"}}, "/mine", "/s", "/h/.config/ashlar"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    MemoryMachine machine;
    machine.environment = row.environment;
    const auto found = folders(machine.machine);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->cache, row.cache);
    EXPECT_EQ(found->state, row.state);
    EXPECT_EQ(found->config, row.config);
  }
}

TEST(FoldersTest, WithoutAHomeThereAreNone) {
  MemoryMachine machine;
  const auto found = folders(machine.machine);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "cannot find a folder to keep things in: neither HOME nor the XDG variables are set");
}

TEST(UserName, IsWhatPeopleCallIt) {
  const passwd* const account = getpwuid(geteuid());
  const std::string own = account == nullptr ? "uid " + std::to_string(geteuid()) : account->pw_name;
  const struct { const char* summary; std::map<std::string, std::string> environment; std::string name; } rows[] = {
      {"as the shell says", {{"USER", "anna"}, {"LOGNAME", "bert"}}, "anna"},
      {"as who logged in", {{"LOGNAME", "bert"}}, "bert"},
      {"an empty one says nothing", {{"USER", ""}, {"LOGNAME", "bert"}}, "bert"},
      {"as the accounts have it, where no variable does: a service, a container", {}, own},
  };
  for (const auto& row : rows) {
    MemoryMachine machine;
    machine.environment = row.environment;
    EXPECT_EQ(user_name(machine.machine), row.name) << row.summary;
  }
}

TEST(MachineTest, TheRealOneIsWhole) {
  const Machine machine = real_machine();
  EXPECT_TRUE(machine.files && machine.processes && machine.http && machine.clock);
  EXPECT_GT(machine.clock->now().seconds, 1'700'000'000);
  EXPECT_TRUE(machine.environment("PATH"));
  EXPECT_FALSE(machine.environment("ASHLAR_NO_SUCH_VARIABLE"));
}

TEST(MemoryMachineTest, RecordsWhatWasTouched) {
  MemoryMachine machine(Time{1000});
  ASSERT_TRUE(machine.files.write("/a/b", "x", Durability::Disk));
  ASSERT_TRUE(machine.files.read("a/./b"));
  { const auto lock = machine.files.lock("/l"); }
  ASSERT_TRUE(machine.files.remove("/a/b"));
  EXPECT_EQ(machine.files.touched(), (std::vector<std::string>{"write /a/b", "read /a/b", "lock /l", "remove /a/b"}));
  EXPECT_EQ(machine.machine.clock->now().seconds, 1000);
  machine.clock.set(Time{2000});
  EXPECT_EQ(machine.machine.clock->now().seconds, 2000);
}

TEST(MemoryMachineTest, FailsWhereATestWantsIt) {
  MemoryMachine machine;
  machine.files.fail_at("/full/file", Error{Kind::Unavailable, "cannot write file '/full/file': no space left on device", {}});
  EXPECT_FALSE(machine.files.write("/full/file", "x", Durability::Disk));
  const auto draft = machine.files.draft("/full");
  ASSERT_TRUE(draft);
  EXPECT_EQ((*draft)->commit("/full/file").error().kind, Kind::Unavailable);
  EXPECT_FALSE(machine.files.exists("/full/file"));
}

}  // namespace
}  // namespace ashlar::host
