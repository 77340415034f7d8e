// Run tests on a real image under a real runtime: what is promised holds, and what misbehaves is seen to.
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "guest_image.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class RunTests : public testing::Test {
 protected:
  void SetUp() override {
    if (!program("runc") && !program("crun")) GTEST_SKIP() << "this machine has neither runc nor crun";
    const Done written = image.write(stage.folder() / "image");
    ASSERT_TRUE(written) << written.error().message;
    const auto probe = run_guest(stage, "  - {exit-code: 0, commands: [guest exit 0]}\n");
    ASSERT_TRUE(probe) << probe.error().message;
    if (probe->front().outcome == prove::Outcome::NotApplicable) GTEST_SKIP() << "this machine runs no containers: " << probe->front().evidence.front();
  }
  /// One test, as text.
  std::string tell(const std::string& test) {
    const auto checks = run_guest(stage, test);
    if (!checks) return "error: " + checks.error().message;
    return checks->size() == 1 ? told(checks->front()) : fmt::format("{} checks", checks->size());
  }

  GuestImage image;
  Stage stage;
};

struct Row {
  const char *summary, *test, *begins, *holds;
};

TEST_F(RunTests, pass_where_the_image_does_what_is_asked) {
  // Without root, runc gives no further groups; those of whoever calls it stay.
  const bool all_groups = is_root() || !program("runc");
  const std::string who = fmt::format("  - {{exit-code: 0, commands: [guest who], output: 'uid=1000 gid=1000 groups={}'}}", all_groups ? "2000 " : "");
  const Row rows[] = {
      {"an exit code", "  - {exit-code: 3, commands: [guest exit 3]}", "passed", "'guest exit 3' exited with 3"},
      {"words without a shell", R"(  - {exit-code: 0, commands: ['guest echo "a b" $HOME ''*'' \;'], output: '[a b][$HOME][*][;]'})", "passed", "it printed '[a b][$HOME][*][;]'"},
      {"several commands, the last with a code", "  - {exit-code: 1, commands: [guest exit 0, guest exit 1]}", "passed", "'guest exit 1' exited with 1"},
      {"the image's environment", "  - {exit-code: 0, commands: [guest env FROM_IMAGE], output: FROM_IMAGE=yes}", "passed", ""},
      {"the test's environment", "  - {exit-code: 0, environment: {FROM_IMAGE: no}, commands: [guest env FROM_IMAGE], output: FROM_IMAGE=no}", "passed", ""},
      {"the image's user and its groups", who.c_str(), "passed", ""},
      {"the image's own program", "  - {exit-code: 4, args: [exit, '4']}", "passed", "'/bin/guest exit 4' exited with 4"},
      {"a volume holds what the image has there", "  - {exit-code: 0, commands: [guest cat /data/seed], output: '1000:1000 sown'}", "passed", ""},
      {"a volume can be written", "  - {exit-code: 0, commands: [guest write /data/x], output: 'done'}", "passed", ""},
      {"the user's folder in /run", "  - {exit-code: 0, commands: [guest write /run/guest/x, guest write /run/x, guest write /tmp/x]}", "passed", ""},
      {"a port below 1024 without root", "  - {exit-code: 0, service: true, args: [serve, '80'], port: '80'}", "passed", "port 80 answered"},
      {"an answer", "  - {exit-code: 0, service: true, timeout: 5, http: {port: 8080, body: inside}}", "passed", "GET / of port 8080 answered 200 with 'inside'"},
      {"an answer that is no 200", "  - {exit-code: 0, service: true, timeout: 5, args: [serve, '8080', 404 no, gone], http: {port: 8080, status: 404, body: gone}}", "passed", "404 with 'gone'"},
      {"commands beside the service", "  - {exit-code: 0, service: true, port: 8080/tcp, commands: [guest cat /proc/1/cmdline], output: /bin/guest}", "passed", ""},
      {"a file that comes late, and a port after it", "  - {exit-code: 0, service: true, args: [late, /run/there, '81'], file: /run/there, port: '81'}", "passed", "'/run/there' appeared"},
      {"what a service prints late", "  - {exit-code: 0, service: true, args: [print, now], output: now}", "passed", "the service printed 'now'"},
      {"a file with content, by its owner", "  - {exit-code: 0, files: [{path: /etc/new/x, content: brought, mode: '0600'}], commands: [guest cat /etc/new/x], output: '/etc/new/x 600 1000:1000 brought'}", "passed", ""},
      {"a file in place of another", "  - {exit-code: 0, files: [{path: /etc/old, content: other}], commands: [guest cat /etc/old], output: '444 1000:1000 other'}", "passed", ""},
      {"a certificate", "  - {exit-code: 0, certificate: {path: /etc/c.pem, key: /etc/k.pem}, commands: [guest cat /etc/c.pem, guest cat /etc/k.pem], output: BEGIN PRIVATE KEY}", "passed", ""},
  };
  for (const Row& row : rows) {
    const std::string text = tell(row.test);
    EXPECT_TRUE(text.starts_with(row.begins)) << row.summary << "\n" << text;
    EXPECT_NE(text.find(row.holds), std::string::npos) << row.summary << "\n" << text;
  }
  EXPECT_NE(tell("  - {exit-code: 0, commands: [guest cat /etc/old], output: from the image}").find("passed"), std::string::npos) << "a test's files are gone with it";
}

TEST_F(RunTests, planted_faults_show_in_the_evidence) {
  const Row rows[] = {
      {"wrong exit code", "  - {exit-code: 0, commands: [guest exit 7]}", "failed", "'guest exit 7' exited with 7, not 0"},
      {"a first command that fails", "  - {exit-code: 1, commands: [guest exit 1, guest exit 1]}", "failed", "'guest exit 1' exited with 1, not 0"},
      {"no such program", "  - {exit-code: 127, commands: [gest]}", "failed", "'gest' does not start: "},
      {"output missing", "  - {exit-code: 0, commands: [guest echo a], output: b}", "failed", "it did not print 'b'\n| $ guest echo a\n| [a]"},
      {"a command without end", "  - {exit-code: 0, timeout: 1, commands: [guest sleep 1000]}", "failed", "'guest sleep 1000' did not end within the test's 1 s, and was killed"},
      {"a service's command without end", "  - {exit-code: 0, timeout: 2, service: true, commands: [guest sleep 1000]}", "failed", "did not end within the test's 2 s"},
      {"a port that never answers", "  - {exit-code: 0, timeout: 1, service: true, port: '9'}", "failed", "port 9 did not answer within the test's 1 s"},
      {"a file that never appears", "  - {exit-code: 0, timeout: 1, service: true, file: /run/x}", "failed", "'/run/x' did not appear within the test's 1 s"},
      {"a wrong answer", "  - {exit-code: 0, timeout: 1, service: true, http: {port: 8080, status: 500}}", "failed", "GET / of port 8080: it answered 200, not 500 within"},
      {"a wrong body", "  - {exit-code: 0, timeout: 1, service: true, http: {port: 8080, body: bye}}", "failed", "it answered 200, without 'bye' within"},
      {"no TLS where it is asked", "  - {exit-code: 0, timeout: 1, service: true, http: {port: 8080, tls: true}}", "failed", "cannot get 'https://localhost:8080/' in a container"},
      {"a service that ends", "  - {exit-code: 0, service: true, args: [exit, '5'], port: '8080'}", "failed", "the service ended by itself, with 5"},
      {"a service that never says it", "  - {exit-code: 0, timeout: 1, service: true, output: never}", "failed", "the service did not print 'never' within the test's 1 s\n| $ /bin/guest serve 8080\n| ready"},
      {"the root is written", "  - {exit-code: 0, commands: [guest write /etc/x]}", "failed", "/etc/x: Read-only file system"},
      {"a program of the image is written", "  - {exit-code: 0, commands: [guest write /bin/guest]}", "failed", "/bin/guest: Permission denied"},
      {"mount", "  - {exit-code: 0, commands: [guest mount]}", "failed", "mount: Operation not permitted"},
      {"keyctl", "  - {exit-code: 0, commands: [guest keyctl]}", "failed", "keyctl: Operation not permitted"},
      {"unshare", "  - {exit-code: 0, commands: [guest unshare]}", "failed", "unshare: Operation not permitted"},
      {"clone into a namespace", "  - {exit-code: 0, commands: [guest namespace]}", "failed", "clone: Operation not permitted"},
      {"bpf", "  - {exit-code: 0, commands: [guest bpf]}", "failed", "bpf: Operation not permitted"},
      {"the network", "  - {exit-code: 0, commands: [guest connect]}", "failed", "connect: Network is unreachable"},
      {"processes without end", "  - {exit-code: 1, commands: [guest fork]}", "failed", "processes, then: Resource temporarily unavailable"},
      {"memory without end", "  - {exit-code: 0, commands: [guest memory 3000]}", "failed", "exited with"},
  };
  for (const Row& row : rows) {
    const std::string text = tell(row.test);
    EXPECT_TRUE(text.starts_with(row.begins)) << row.summary << "\n" << text;
    EXPECT_NE(text.find(row.holds), std::string::npos) << row.summary << "\n" << text;
  }
}

TEST_F(RunTests, programs_have_no_capability_and_our_seccomp_filter) {
  const std::string text = tell("  - {exit-code: 1, commands: [guest who]}");
  for (const char* line : {"CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "CapAmb:\t0000000000000000",
                           "NoNewPrivs:\t1", "Seccomp:\t2"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST_F(RunTests, leave_nothing_behind) {
  const auto checks = run_guest(stage, "  - {exit-code: 0, commands: [guest daemon]}\n  - {exit-code: 0, service: true, timeout: 2, commands: [guest daemon, guest sleep 100]}\n");
  ASSERT_TRUE(checks) << checks.error().message;
  EXPECT_EQ(checks->at(0).outcome, prove::Outcome::Passed);
  EXPECT_EQ(checks->at(1).outcome, prove::Outcome::Failed);
  EXPECT_TRUE(fs::is_empty(stage.folder() / "state/run"));
  // Whoever runs this program of this stage would have its root below the stage's folder.
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::error_code error;
    const fs::path exe = fs::read_symlink(entry.path() / "exe", error);
    EXPECT_EQ(exe.string().find(stage.folder().string()), std::string::npos) << entry.path();
  }
}

TEST_F(RunTests, several_at_once_do_not_sweep_each_other_away) {
  std::vector<std::string> told(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& each : told) threads.emplace_back([&] { each = tell("  - {exit-code: 3, commands: [guest exit 3]}"); });
  }
  for (const std::string& each : told) EXPECT_EQ(each, "passed\n'guest exit 3' exited with 3");
  EXPECT_TRUE(fs::is_empty(stage.folder() / "state/run"));
}

TEST_F(RunTests, an_image_is_unpacked_once_and_stays_as_it_was) {
  if (!is_root()) GTEST_SKIP() << "an ordinary user's roots go with the work";
  const fs::path roots = stage.folder() / "cache/roots";
  const auto folder = [&] {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(roots)) {
      if (entry.is_directory()) found.push_back(entry.path());
    }
    return found;
  };
  ASSERT_EQ(folder().size(), 1u);
  const fs::path root = folder().front() / "root";
  const auto before = fs::last_write_time(root / "bin/guest");
  EXPECT_EQ(stage.read(folder().front() / "complete").find_first_not_of("0123456789"), std::string::npos);
  (void)tell("  - {exit-code: 0, files: [{path: /etc/new/x, content: brought}, {path: /etc/old, content: other}], commands: [guest cat /etc/old]}");
  EXPECT_EQ(folder().size(), 1u);
  EXPECT_EQ(fs::last_write_time(root / "bin/guest"), before);
  EXPECT_FALSE(fs::exists(root / "etc/new"));
  EXPECT_EQ(stage.read(root / "etc/old"), "from the image");
  fs::remove(folder().front() / "complete");  // as after a crash half way
  fs::remove(root / "etc/old");
  EXPECT_NE(tell("  - {exit-code: 0, commands: [guest cat /etc/old], output: from the image}").find("passed"), std::string::npos);
}

TEST_F(RunTests, state_and_cache_may_lie_on_two_file_systems_and_behind_links) {
  std::string other = "/dev/shm/ashlar-flow-XXXXXX";
  if (::mkdtemp(other.data()) == nullptr) GTEST_SKIP() << "this machine has no second file system to write to";
  fs::remove_all(stage.folder() / "state");
  fs::create_directory_symlink(other, stage.folder() / "state");
  fs::rename(stage.folder() / "cache", stage.folder() / "elsewhere");
  fs::create_directory_symlink("elsewhere", stage.folder() / "cache");
  const std::string said = tell("  - {exit-code: 0, files: [{path: /etc/brought, content: brought}], commands: [guest cat /etc/old], output: from the image}");
  fs::remove_all(other);
  EXPECT_TRUE(said.starts_with("passed")) << said;
}

}  // namespace
}  // namespace ashlar::flow
