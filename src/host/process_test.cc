#include "host/process.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "host/scratch.h"
#include "host/memory.h"

namespace ashlar::host {
namespace {

Command shell(const std::string& script) {
  Command out;
  out.argv = {"sh", "-c", script};
  return out;
}

size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

class ProcessTest : public testing::Test {
 protected:
  Scratch scratch;
  std::unique_ptr<Processes> processes = machine_processes();
};

TEST_F(ProcessTest, GivesWhatProgramsSay) {
  struct Row {
    std::string summary, script, input, out, err;
    int exit_code;
  };
  const Row rows[] = {
      {"nothing", "", "", "", "", 0},
      {"output and error", "echo one; echo two >&2", "", "one\n", "two\n", 0},
      {"an exit code", "exit 7", "", "", "", 7},
      {"a signal", "kill -TERM $$", "", "", "", 128 + SIGTERM},
      {"input", "cat", "some text", "some text", "", 0},
      {"no input", "cat; echo end", "", "end\n", "", 0},
      {"input that nobody reads", "echo done", std::string(1'000'000, 'i'), "done\n", "", 0},
      {"much input and output", "cat", std::string(3'000'000, 'm'), std::string(3'000'000, 'm'), "", 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Command command = shell(row.script);
    command.input = row.input;
    const auto outcome = processes->run(command);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->out, row.out);
    EXPECT_EQ(outcome->err, row.err);
    EXPECT_EQ(outcome->exit_code, row.exit_code);
    EXPECT_FALSE(outcome->timed_out);
    EXPECT_FALSE(outcome->output_dropped);
  }
}

TEST_F(ProcessTest, EnvironmentAndFolderAreThoseGiven) {
  Command command;
  command.argv = {"/usr/bin/env"};
  command.environment = {{"ONE", "1"}, {"TWO", "a b"}};
  EXPECT_EQ(processes->run(command)->out, "ONE=1\nTWO=a b\n");
  command.environment.reset();
  EXPECT_NE(processes->run(command)->out.find("PATH="), std::string::npos);
  command.argv = {"pwd", "-P"};
  command.folder = scratch.path();
  EXPECT_EQ(processes->run(command)->out, std::filesystem::canonical(scratch.path()).string() + "\n");
}

TEST_F(ProcessTest, SaysWhyAProgramDoesNotStart) {
  std::filesystem::create_directory(scratch / "folder");
  const auto make = [&](const std::string& name, const std::string& text, mode_t mode) {
    (void)machine_files()->write(scratch / name, text);
    ::chmod((scratch / name).c_str(), mode);
    return (scratch / name).string();
  };
  const std::string odd = make("odd", "no program at all\n", 0755), plain = make("plain", "#!/bin/sh\n", 0644), lost = make("lost", "#!/no/such/shell\n", 0755);
  struct Row {
    std::string summary, program;
    Path folder;
    Kind kind;
    std::string message;
  };
  const Row rows[] = {
      {"not in PATH", "no-such-program-here", {}, Kind::NotFound, "cannot run 'no-such-program-here': there is no such program"},
      {"not there", "/no/such", {}, Kind::NotFound, "cannot run '/no/such': there is no such program"},
      {"a folder", (scratch / "folder").string(), {}, Kind::NotFound, fmt::format("cannot run '{}': there is no such program", (scratch / "folder").string())},
      {"not executable", plain, {}, Kind::NotFound, fmt::format("cannot run '{}': there is no such program", plain)},
      {"no format that is known", odd, {}, Kind::Unavailable, fmt::format("cannot run '{}': exec format error", odd)},
      {"an interpreter that lacks", lost, {}, Kind::NotFound, fmt::format("cannot run '{}': no such file or directory", lost)},
      {"a folder that lacks", "true", "/no/such/folder", Kind::NotFound, "cannot run 'true': no such file or directory"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Command command;
    command.argv = {row.program};
    command.folder = row.folder;
    const auto outcome = processes->run(command);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, row.kind);
    EXPECT_EQ(outcome.error().message, row.message);
  }
  EXPECT_EQ(processes->run({}).error().message, "cannot run a program: none is named");
}

TEST_F(ProcessTest, KillsTheWholeGroupWhenTimeIsOver) {
  Command command = shell(fmt::format("echo started; sleep 60 & echo $! > {0}; sleep 60", (scratch / "pid").string()));
  command.timeout = std::chrono::seconds(1);
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = processes->run(command);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->timed_out);
  EXPECT_EQ(outcome->exit_code, 128 + SIGKILL);
  EXPECT_EQ(outcome->out, "started\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  const pid_t grandchild = std::stoi(machine_files()->read(scratch / "pid").value());
  bool gone = false;
  for (int wait = 0; wait < 100 && !gone; ++wait) {
    const auto status = machine_files()->read(fmt::format("/proc/{}/status", grandchild));
    gone = !status || status->find("State:\tZ") != std::string::npos;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(gone);
}

TEST_F(ProcessTest, DoesNotWaitForWhatAProgramLeavesBehind) {
  struct Row {
    std::string summary, script;
  };
  const Row rows[] = {{"a background process holds the output", "sleep 60 & echo out"}, {"a background process that writes on", "yes & echo out"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto begin = std::chrono::steady_clock::now();
    const auto outcome = processes->run(shell(row.script));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    ASSERT_TRUE(outcome);
    EXPECT_NE(outcome->out.find("out\n"), std::string::npos);
    EXPECT_EQ(outcome->exit_code, 0);
    EXPECT_FALSE(outcome->timed_out);
  }
}

TEST_F(ProcessTest, WaitsForAProgramThatClosedItsOutput) {
  const auto outcome = processes->run(shell("exec >&- 2>&-; sleep 0.3; exit 3"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 3);
  Command endless = shell("exec >&- 2>&-; sleep 60");
  endless.timeout = std::chrono::seconds(1);
  EXPECT_TRUE(processes->run(endless)->timed_out);
}

TEST_F(ProcessTest, KeepsAsMuchOutputAsIsWanted) {
  Command command = shell("head -c 300000 /dev/zero; echo e >&2");
  command.output_limit = 1000;
  const auto outcome = processes->run(command);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out.size(), 1000u);
  EXPECT_EQ(outcome->err, "e\n");
  EXPECT_TRUE(outcome->output_dropped);
  EXPECT_EQ(outcome->exit_code, 0);
}

TEST_F(ProcessTest, LeavesNoZombiesAndNoDescriptors) {
  (void)processes->run(shell("true"));
  const size_t before = open_descriptors();
  for (int round = 0; round < 30; ++round) {
    Command command = shell("cat");
    command.input = "x";
    (void)processes->run(command);
    (void)processes->run({{"/no/such"}, {}, {}, {}, std::chrono::seconds(1), 10});
    (void)processes->run({{"true"}, {}, "/no/such", {}, std::chrono::seconds(1), 10});
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(ProcessTest, ProgramsInheritNoDescriptors) {
  const auto files = machine_files();
  ASSERT_TRUE(files->write(scratch / "file", "x"));
  const auto file = files->open(scratch / "file");
  const auto lock = files->lock(scratch / "lock");
  const auto draft = files->draft(scratch.path());
  ASSERT_TRUE(file && lock && draft);
  const auto outcome = processes->run(shell("ls -l /proc/self/fd"));
  ASSERT_TRUE(outcome);
  EXPECT_NE(outcome->out.find("0 -> "), std::string::npos);
  EXPECT_EQ(outcome->out.find(scratch.path().string()), std::string::npos) << outcome->out;
}

TEST_F(ProcessTest, ManyThreadsAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 20; ++round) {
        Command command = shell(fmt::format("cat; echo {}", thread));
        command.input = std::string(100'000, static_cast<char>('a' + thread));
        const auto outcome = processes->run(command);
        if (!outcome || outcome->out != command.input + fmt::format("{}\n", thread)) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ProcessTest, FindsProgramsByPath) {
  const auto found = processes->find("sh");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_absolute());
  EXPECT_EQ(processes->find("/bin/sh"), Path("/bin/sh"));
  EXPECT_EQ(processes->find("no-such-program-here"), std::nullopt);
  EXPECT_EQ(processes->find("/"), std::nullopt);
  EXPECT_EQ(processes->find(""), std::nullopt);
}

TEST(MemoryProcessesTest, AnswersAsPreparedAndRecords) {
  MemoryProcesses processes;
  processes.add("tool", Outcome{3, false, false, "said", ""});
  processes.add("echo", [](const Command& command) -> Result<Outcome> { return Outcome{0, false, false, command.input, ""}; });
  EXPECT_EQ(processes.run({{"tool", "-x"}, {}, {}, {}, std::chrono::seconds(1), 10})->exit_code, 3);
  Command command;
  command.argv = {"echo"};
  command.input = "back";
  EXPECT_EQ(processes.run(command)->out, "back");
  EXPECT_EQ(processes.run(shell("x")).error().kind, Kind::NotFound);
  ASSERT_EQ(processes.commands().size(), 3u);
  EXPECT_EQ(processes.commands()[0].argv, (std::vector<std::string>{"tool", "-x"}));
  EXPECT_EQ(processes.find("tool"), Path("/usr/bin/tool"));
  EXPECT_EQ(processes.find("sh"), std::nullopt);
}

}  // namespace
}  // namespace ashlar::host
