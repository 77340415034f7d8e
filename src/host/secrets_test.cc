#include "host/secrets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "host/scratch.h"

namespace ashlar::host {
namespace {

/// The reading end of a pipe that holds `text` and no more.
int pipe_with(std::string_view text) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  return ends[0];
}

TEST(Secrets, ADescriptorGivesItsFirstLine) {
  struct Row {
    std::string_view summary, given, read;
  };
  const Row rows[] = {
      {"nothing", "", ""},
      {"a line", "secret\n", "secret"},
      {"no end of line", "secret", "secret"},
      {"the first of two lines", "secret\nother\n", "secret"},
      {"an end of line of another system", "secret\r\n", "secret"},
      {"an empty line", "\nother\n", ""},
      {"blanks belong to it", " se cret \n", " se cret "},
  };
  const auto secrets = machine_secrets();
  for (const Row& row : rows) {
    const int end = pipe_with(row.given);
    const auto got = secrets->read(end);
    ASSERT_TRUE(got) << row.summary;
    EXPECT_EQ(got->text(), row.read) << row.summary;
    ::close(end);
  }
}

TEST(Secrets, ADescriptorThatGivesNoneIsRefused) {
  const auto secrets = machine_secrets();
  const auto closed = secrets->read(987);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().message, "cannot read the password from descriptor 987: that descriptor is not open");
  const int endless = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  const auto much = secrets->read(endless);
  ::close(endless);
  ASSERT_FALSE(much);
  EXPECT_NE(much.error().message.find("it gives more than 64 KiB without an end of line"), std::string::npos) << much.error().message;
}

TEST(Secrets, AFileIsForItsOwnerAloneAndReplacedOnlyWhenTold) {
  const Scratch scratch;
  const auto secrets = machine_secrets();
  const Path path = scratch.path() / "a.key";
  const auto content = [&] { return machine_files()->read(path).value(); };
  const mode_t before = ::umask(0);
  ASSERT_TRUE(secrets->write(path, Secret::copy_of("one"), false));
  ::umask(before);
  EXPECT_EQ(machine_files()->stat(path)->mode, 0600U);
  const auto refused = secrets->write(path, Secret::copy_of("two"), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::Conflict);
  EXPECT_NE(refused.error().message.find("it may be the only copy of a key (--force replaces it)"), std::string::npos) << refused.error().message;
  EXPECT_EQ(content(), "one");
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  ASSERT_TRUE(secrets->write(path, Secret::copy_of("two"), true));
  EXPECT_EQ(content(), "two");
  EXPECT_EQ(machine_files()->stat(path)->mode, 0600U);
  EXPECT_EQ(machine_files()->list(scratch.path()).value(), std::vector<std::string>{"a.key"}) << "no draft is left";
  const auto nowhere = secrets->write(scratch.path() / "none/a.key", Secret::copy_of("x"), false);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind, Kind::NotFound);
}

TEST(Secrets, ALinkIsNotFollowedWhenAKeyIsWritten) {
  const Scratch scratch;
  const Path target = scratch.path() / "target", link = scratch.path() / "a.key";
  ASSERT_TRUE(machine_files()->write(target, "theirs"));
  std::filesystem::create_symlink(target, link);
  EXPECT_FALSE(machine_secrets()->write(link, Secret::copy_of("ours"), false));
  ASSERT_TRUE(machine_secrets()->write(link, Secret::copy_of("ours"), true));
  EXPECT_EQ(machine_files()->read(target).value(), "theirs");
  EXPECT_FALSE(std::filesystem::is_symlink(link));
}

/// What a child that asks at a terminal of its own tells, what the terminal showed, and how the child ended.
struct Asked {
  std::string told, shown;
  int status = 0;
};
Asked ask_at_terminal(std::string_view typed) {
  int out[2] = {-1, -1};
  EXPECT_EQ(::pipe(out), 0);
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    const auto got = machine_secrets()->ask("Password: ");
    termios now{};
    ::tcgetattr(STDIN_FILENO, &now);
    const std::string told = got ? std::string(got->text()) + ((now.c_lflag & ECHO) != 0 ? " (shown again)" : " (still hidden)") : got.error().message;
    if (::write(out[1], told.data(), told.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(out[1]);
  Asked asked;
  char part[256];
  while (asked.shown.find("Password: ") == std::string::npos) {  // typed before would be flushed
    const ssize_t count = ::read(terminal, part, sizeof part);
    if (count <= 0) break;
    asked.shown.append(part, static_cast<size_t>(count));
  }
  EXPECT_EQ(::write(terminal, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  for (ssize_t count = 0; (count = ::read(terminal, part, sizeof part)) > 0;) asked.shown.append(part, static_cast<size_t>(count));
  for (ssize_t count = 0; (count = ::read(out[0], part, sizeof part)) > 0;) asked.told.append(part, static_cast<size_t>(count));
  ::waitpid(child, &asked.status, 0);
  ::close(terminal);
  ::close(out[0]);
  return asked;
}

TEST(Secrets, ATerminalDoesNotShowWhatIsTyped) {
  const Asked asked = ask_at_terminal("hunter2\n");
  EXPECT_EQ(asked.told, "hunter2 (shown again)");
  EXPECT_EQ(asked.shown, "Password: \r\n");
}

TEST(Secrets, AnInterruptEndsTheProgramAndNotTheTerminal) {
  const Asked asked = ask_at_terminal("hun\x03");  // Ctrl-C
  EXPECT_TRUE(WIFSIGNALED(asked.status));
  EXPECT_EQ(WTERMSIG(asked.status), SIGINT);
  EXPECT_EQ(asked.told, "");
  EXPECT_EQ(asked.shown.find("hun"), std::string::npos) << asked.shown;
}

TEST(Secrets, WithoutATerminalNobodyIsAsked) {
  int out[2] = {-1, -1};
  ASSERT_EQ(::pipe(out), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();  // a session of its own has no terminal
    const auto got = machine_secrets()->ask("Password: ");
    const std::string told = got ? "asked" : got.error().message;
    if (::write(out[1], told.data(), told.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(out[1]);
  char part[256];
  const ssize_t count = ::read(out[0], part, sizeof part);
  ::close(out[0]);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(std::string(part, static_cast<size_t>(std::max<ssize_t>(count, 0))), "cannot ask for a password: there is no terminal");
}

TEST(MemorySecrets, StandsInForTheMachine) {
  MemorySecrets secrets;
  secrets.typed = {"one"};
  secrets.descriptors[3] = "three";
  EXPECT_EQ(secrets.ask("A: ")->text(), "one");
  EXPECT_EQ(secrets.ask("B: ").error().kind, Kind::Unavailable);
  EXPECT_EQ(secrets.prompts, (std::vector<std::string>{"A: ", "B: "}));
  EXPECT_EQ(secrets.read(3)->text(), "three");
  EXPECT_EQ(secrets.read(4).error().kind, Kind::Invalid);
  EXPECT_TRUE(secrets.write("/a", Secret::copy_of("x"), false));
  EXPECT_EQ(secrets.write("/a", Secret::copy_of("y"), false).error().kind, Kind::Conflict);
  EXPECT_TRUE(secrets.write("/a", Secret::copy_of("y"), true));
  EXPECT_EQ(secrets.files["/a"], "y");
}

}  // namespace
}  // namespace ashlar::host
