// Programs as root of a user namespace, run by an ordinary user with subordinate numbers: root becomes one for a test, in a process of its own.
#include "host/user_namespace.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "host/ordinary_user.h"

namespace ashlar::host {
namespace {

class UserNamespaceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string lacking = user.lacking(); !lacking.empty()) GTEST_SKIP() << lacking;
  }

  /// What `script` says inside, as the user; its exit code, or what hinders it.
  std::string say(const std::string& script, const IdMaps& mapped, std::chrono::seconds timeout = std::chrono::seconds(60)) {
    const Path out = scratch / "said";
    (void)machine_files()->remove(out);
    OrdinaryUser::ended(user.fork([&] {
      Command command;
      command.argv = {"sh", "-c", script};
      command.folder = scratch.path();
      command.timeout = timeout;
      const auto outcome = run_as_root_inside(mapped, command);
      return machine_files()->write(out, outcome ? fmt::format("{}{}{}{}", outcome->out, outcome->err, outcome->exit_code, outcome->timed_out ? " late" : "") : outcome.error().message) ? 0 : 1;
    }));
    return machine_files()->read(out).value_or("it said nothing");
  }

  Scratch scratch;
  const OrdinaryUser user{scratch.path()};
  const IdMaps& maps = user.maps;
};

TEST_F(UserNamespaceTest, a_program_is_root_there_and_handles_files_of_others) {
  struct Row {
    const char *summary, *script, *said;
  };
  const Row rows[] = {
      {"root", "id -u; id -g; id -G", "0\n0\n0\n0"},
      {"files of others", "touch a && chown 5:6 a && stat -c %u:%g a && rm a", "5:6\n0"},
      {"programs that it starts", "sh -c 'id -u'", "0\n0"},
      {"an exit code", "exit 7", "7"},
      {"what it says", "echo one; echo two >&2", "one\ntwo\n0"},
      {"nothing to read", "cat", "0"},
      {"no number is its own beyond the range", "chown 70000:0 . 2>/dev/null || echo no", "no\n0"},
      {"nothing of the machine's root", "cat /etc/shadow >/dev/null 2>&1 || echo no", "no\n0"},
  };
  for (const Row& row : rows) EXPECT_EQ(say(row.script, maps), row.said) << row.summary;
  EXPECT_EQ(say("sleep 60", maps, std::chrono::seconds(1)), "137 late");
  EXPECT_EQ(say("ls /proc/self/fd | wc -l", maps), say("ls /proc/self/fd | wc -l", {})) << "no descriptor of ours is in it";
}

TEST_F(UserNamespaceTest, what_the_machine_refuses_is_said) {
  IdMaps greedy = maps;
  greedy.users[1].count = OrdinaryUser::count + 1;
  EXPECT_EQ(say("true", greedy).substr(0, 57), "cannot run 'sh' in a user namespace: newuidmap says: newu") << say("true", greedy);
  greedy = maps;
  greedy.groups[1].outside = 1;
  EXPECT_EQ(say("true", greedy).substr(0, 57), "cannot run 'sh' in a user namespace: newgidmap says: newg") << say("true", greedy);
  Command absent;
  absent.argv = {"no-such-program-here"};
  EXPECT_EQ(run_as_root_inside(maps, absent).error().message, "cannot run 'no-such-program-here': there is no such program");
}

TEST_F(UserNamespaceTest, without_maps_it_is_a_program_like_any_other) {
  Command command;
  command.argv = {"id", "-u"};
  EXPECT_EQ(run_as_root_inside({}, command)->out, fmt::format("{}\n", ::geteuid()));
}

TEST_F(UserNamespaceTest, many_threads_at_once) {
  EXPECT_EQ(OrdinaryUser::ended(user.fork([&] {
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < 5; ++round) {
          Command command;
          command.argv = {"id", "-u"};
          const auto outcome = run_as_root_inside(maps, command);
          if (!outcome || outcome->out != "0\n") ++wrong;
        }
      });
    }
    threads.clear();
    return wrong.load();
  })), 0);
}

/// Every process that a killed one leaves becomes ours (a subreaper's), so that waiting for all children misses none, whatever it is called.
TEST_F(UserNamespaceTest, killed_at_any_moment_leaves_no_process) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  std::minstd_rand random(7);
  std::uniform_int_distribution<int> moment(0, 40000);
  int early = 0, reached = 0, stuck = 0;
  for (int round = 0; round < 120 && stuck == 0; ++round) {
    const Path mark = scratch / fmt::format("mark{}", round);
    const pid_t victim = user.fork([&] {
      // Two at once: a child of one must not keep another's waiting.
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 2; ++thread) {
        threads.emplace_back([&] {
          Command command;
          command.argv = {"sh", "-c", "echo >\"$1\"; exec sleep 600", "sh", mark.string()};
          (void)run_as_root_inside(maps, command);
        });
      }
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
    ::kill(victim, SIGKILL);
    // A program that runs with the machine's rights (newuidmap) ends by itself; nothing else has to.
    bool gone = false;
    for (int wait = 0; wait < 1000 && !gone; ++wait) {
      pid_t each = 0;
      while ((each = ::waitpid(-1, nullptr, WNOHANG)) > 0) {}
      gone = each < 0 && errno == ECHILD;
      if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    stuck += gone ? 0 : 1;
    (machine_files()->exists(mark) ? reached : early) += 1;
  }
  EXPECT_EQ(stuck, 0) << "a process is left for good";
  EXPECT_GT(early, 0) << "none was killed before the program ran";
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  RecordProperty("killed_early", early);
  RecordProperty("killed_late", reached);
  fmt::print("{} killed before the program ran, {} while it did\n", early, reached);
}

}  // namespace
}  // namespace ashlar::host
