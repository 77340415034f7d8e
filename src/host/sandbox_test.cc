#include "host/sandbox.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "host/scratch.h"

namespace ashlar::host {
namespace {

TEST(SandboxCommandTest, IsAsThePartsSay) {
  Sandbox sandbox;
  sandbox.root = "/roots/one";
  sandbox.argv = {"/bin/sh", "-c", "--odd"};
  sandbox.environment = {{"PATH", "/bin"}};
  sandbox.binds = {{"/host/in", "/in"}, {"/host/out", "/out", true}};
  const auto command = to_command(sandbox);
  ASSERT_TRUE(command);
  const auto& argv = command->argv;
  const auto has = [&](std::vector<std::string> words) { return std::search(argv.begin(), argv.end(), words.begin(), words.end()) != argv.end(); };
  struct Row {
    std::string summary;
    std::vector<std::string> words;
    bool expected;
  };
  const Row rows[] = {
      {"nothing is shared", {"--unshare-all"}, true},
      {"no network", {"--share-net"}, false},
      {"dies with us", {"--die-with-parent"}, true},
      {"no terminal", {"--new-session"}, true},
      {"no environment of ours", {"--clearenv"}, true},
      {"no capability of ours", {"--cap-drop", "ALL"}, true},
      {"the root cannot be written", {"--ro-bind", "/roots/one", "/"}, true},
      {"a folder to read", {"--ro-bind", "/host/in", "/in"}, true},
      {"a folder to write", {"--bind", "/host/out", "/out"}, true},
      {"the environment given", {"--setenv", "PATH", "/bin"}, true},
      {"the program comes last, and its options are its own", {"--", "/bin/sh", "-c", "--odd"}, true},
  };
  for (const Row& row : rows) EXPECT_EQ(has(row.words), row.expected) << row.summary;
  sandbox.network = true;
  EXPECT_EQ(std::count(command->argv.begin(), command->argv.end(), "--share-net"), 0);
  const auto open = to_command(sandbox);
  EXPECT_EQ(std::count(open->argv.begin(), open->argv.end(), "--share-net"), 1);
}

TEST(SandboxCommandTest, RefusesWhatMakesNoSandbox) {
  Sandbox good;
  good.root = "/root";
  good.argv = {"true"};
  struct Row {
    std::string summary;
    void (*spoil)(Sandbox&);
    std::string message;
  };
  const Row rows[] = {
      {"no program", [](Sandbox& s) { s.argv.clear(); }, "cannot make a sandbox: no program is named"},
      {"no root", [](Sandbox& s) { s.root.clear(); }, "cannot make a sandbox: its root '' is no absolute path"},
      {"a relative root", [](Sandbox& s) { s.root = "x"; }, "cannot make a sandbox: its root 'x' is no absolute path"},
      {"a place outside", [](Sandbox& s) { s.binds = {{"/a", "/x/../../etc"}}; }, "cannot make a sandbox: '/x/../../etc' is no place in it"},
      {"a relative place", [](Sandbox& s) { s.binds = {{"/a", "x"}}; }, "cannot make a sandbox: 'x' is no place in it"},
      {"a relative folder to bind", [](Sandbox& s) { s.binds = {{"a", "/x"}}; }, "cannot make a sandbox: 'a' to bind is no absolute path"},
      {"a start outside", [](Sandbox& s) { s.folder = ".."; }, "cannot make a sandbox: '..' is no place in it"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Sandbox bad = good;
    row.spoil(bad);
    const auto command = to_command(bad);
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().kind, Kind::Invalid);
    EXPECT_EQ(command.error().message, row.message);
  }
  EXPECT_TRUE(to_command(good));
}

/// Runs with this machine's programs, bound to a root of the test's own.
class SandboxRunTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!processes->find("bwrap")) GTEST_SKIP() << "no bwrap";
    for (const char* folder : {"proc", "dev", "tmp", "usr", "work"}) std::filesystem::create_directory(scratch / folder);
    for (const char* name : {"bin", "sbin", "lib", "lib64"}) {
      if (std::filesystem::is_symlink(Path("/") / name)) std::filesystem::create_symlink(fmt::format("usr/{}", name), scratch / name);
    }
    sandbox.root = scratch.path();
    sandbox.binds = {{"/usr", "/usr"}};
    sandbox.environment = {{"PATH", "/usr/bin:/bin:/usr/sbin"}};
    sandbox.timeout = std::chrono::seconds(30);
    const auto first = run("true");
    if (!first || first->exit_code != 0) GTEST_SKIP() << "bwrap does not start here: " << (first ? first->err : first.error().message);
  }
  Result<Outcome> run(const std::string& script) {
    sandbox.argv = {"sh", "-c", script};
    TRY_ASSIGN(const Command command, to_command(sandbox));
    return processes->run(command);
  }

  Scratch scratch;
  std::unique_ptr<Processes> processes = machine_processes();
  Sandbox sandbox;
};

TEST_F(SandboxRunTest, ShowsOnlyWhatItWasGiven) {
  struct Row {
    std::string summary, script, out;
  };
  const Row rows[] = {
      {"root inside", "id -u; id -g", "0\n0\n"},
      {"the root", "ls /", "bin\ndev\nlib\nlib64\nproc\nsbin\ntmp\nusr\nwork\n"},
      {"no processes of others", "ls -d /proc/[0-9]* | wc -l | grep -c '^[1-5]$'", "1\n"},
      {"no network", "tail -n +3 /proc/net/dev | grep -vc ' lo:\\|^ *lo:'; cat /proc/net/route | wc -l", "0\n1\n"},
      {"the environment", "env | grep -v '^PWD=\\|^SHLVL=\\|^_=\\|^OLDPWD='", "PATH=/usr/bin:/bin:/usr/sbin\n"},
      {"an empty /tmp that can be written", "ls /tmp; echo x > /tmp/f; cat /tmp/f", "x\n"},
      {"a root that cannot be written", "touch /new 2>/dev/null || echo refused", "refused\n"},
      {"devices", "head -c 3 /dev/zero | wc -c; test -e /dev/sda || test -e /dev/vda || echo none", "3\nnone\n"},
      {"no mounts", "mount -t tmpfs none /work 2>/dev/null || echo refused", "refused\n"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto outcome = run(row.script);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->out, row.out) << outcome->err;
  }
}

TEST_F(SandboxRunTest, WritesToARootThatMayBeWritten) {
  sandbox.writable_root = true;
  const auto outcome = run("umask 022; mkdir /made; echo text > /made/file; chmod 4755 /made/file; chown 0:0 /made/file; ln -s file /made/link; stat -c '%u:%g %a' /made/file");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 0) << outcome->err;
  EXPECT_TRUE(outcome->out.starts_with("0:0 ")) << outcome->out;
  struct stat made {};
  ASSERT_EQ(::stat((scratch / "made/file").c_str(), &made), 0);
  EXPECT_EQ(made.st_uid, ::geteuid()) << "what is made inside belongs to the caller";
  EXPECT_EQ(std::filesystem::read_symlink(scratch / "made/link"), "file");
}

TEST_F(SandboxRunTest, TakesInputUserAndFolder) {
  sandbox.input = "said\n";
  sandbox.uid = 65532;
  sandbox.gid = 65532;
  sandbox.folder = "/work";
  const auto outcome = run("cat; id -u; id -g; pwd; grep CapEff /proc/self/status");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out, "said\n65532\n65532\n/work\nCapEff:\t0000000000000000\n") << outcome->err;
}

TEST_F(SandboxRunTest, EndsWhenItsTimeIsOver) {
  sandbox.timeout = std::chrono::seconds(1);
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = run("sleep 60");
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace ashlar::host
