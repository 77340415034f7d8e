#include "host/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "host/inner/system.h"
#include "host/user_namespace.h"

extern char** environ;

namespace ashlar::host {
namespace {

using Clock = std::chrono::steady_clock;
/// Without pidfd_open(2) the end of a program that left its output to others is seen by asking.
constexpr std::chrono::milliseconds ask_every{50};

struct Pipe {
  Descriptor read, write;
};

/// A descriptor above the standard ones, which the child's dup2() must not overwrite.
Result<Descriptor> above_standard(Descriptor from) {
  if (from.get() > 2) return from;
  Descriptor moved(::fcntl(from.get(), F_DUPFD_CLOEXEC, 3));
  if (!moved.open()) return system_error("make a pipe", errno);
  return moved;
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe", errno);
  Descriptor first(ends[0]), second(ends[1]);
  Pipe pipe;
  TRY_ASSIGN(pipe.read, above_standard(std::move(first)));
  TRY_ASSIGN(pipe.write, above_standard(std::move(second)));
  return pipe;
}

/// Standard input as a file in memory: nothing to feed, and no SIGPIPE when the program reads none of it.
Result<Descriptor> make_input(std::string_view text) {
  Descriptor file(text.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : ::memfd_create("input", MFD_CLOEXEC));
  if (!file.open()) return system_error("give a program its input", errno);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0 && errno != EINTR) return system_error("give a program its input", errno);
    if (count > 0) rest.remove_prefix(static_cast<size_t>(count));
  }
  if (!text.empty() && ::lseek(file.get(), 0, SEEK_SET) != 0) return system_error("give a program its input", errno);
  return above_standard(std::move(file));
}

/// Appends what the pipe has, up to the limit; closes it at its end.
void drain(Descriptor& from, std::string& into, const Command& command, Outcome& outcome) {
  char buffer[65536];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count <= 0) {
    if (count == 0 || (errno != EINTR && errno != EAGAIN)) from.close();
    return;
  }
  const size_t room = command.output_limit > into.size() ? command.output_limit - into.size() : 0;
  into.append(buffer, std::min(static_cast<size_t>(count), room));
  if (static_cast<size_t>(count) > room) outcome.output_dropped = true;
}

/// A command in the form that fork and exec need: everything that takes memory happens before the fork, for another thread may hold the allocator's lock.
struct Prepared {
  std::string path, folder;
  std::vector<std::string> pairs;
  std::vector<char*> argv, envp;
  char** environment = environ;

  Prepared(const Path& program, const Command& command) : path(program.string()), folder(command.folder.string()) {
    for (const std::string& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (!command.environment) return;
    for (const auto& [name, value] : *command.environment) pairs.push_back(fmt::format("{}={}", name, value));
    for (std::string& pair : pairs) envp.push_back(pair.data());
    envp.push_back(nullptr);
    environment = envp.data();
  }
};

/// How a child that enters a user namespace and we wait for each other: it says that it is inside, we map its numbers, and say so.
struct Gate {
  Pipe entered, mapped;
};

/// In the child: kill -9 of ours ends it, too. To be said again after whatever takes that back: another user namespace, other numbers.
void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);  // it ended before that was heard
}

/// In the child: root of a user namespace, once its numbers are mapped. False, and errno, where this machine gives none. No library call: after a fork
/// another thread's locks may be held for ever, and setresuid(3) takes some.
bool enter(const Gate& gate, pid_t parent) {
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  die_with(parent);
  ::close(gate.mapped.write.get());  // so that our end is the end of what is read there
  char said = 0;
  if (::write(gate.entered.write.get(), &said, 1) != 1) return false;
  ssize_t count = 0;
  while ((count = ::read(gate.mapped.read.get(), &said, 1)) < 0 && errno == EINTR) {}
  if (count != 1) ::_exit(126);
  if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setresgid, 0, 0, 0) != 0 || ::syscall(SYS_setresuid, 0, 0, 0) != 0) return false;
  die_with(parent);
  return true;
}

/// In the child; never returns. Its errno goes through `trouble` when the program cannot start.
[[noreturn]] void become(const Prepared& prepared, pid_t parent, int in, int out, int err, int trouble, const Gate* gate) {
  ::setpgid(0, 0);
  die_with(parent);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const bool inside = gate == nullptr || enter(*gate, parent);
  const bool joined = inside && ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2;
  if (joined && (prepared.folder.empty() || ::chdir(prepared.folder.c_str()) == 0)) ::execve(prepared.path.c_str(), prepared.argv.data(), prepared.environment);
  const int number = errno;
  if (::write(trouble, &number, sizeof number) < 0) ::_exit(126);
  ::_exit(127);
}

/// A program under way, until its end.
class Child {
 public:
  Child(pid_t pid, const Command& command, Descriptor out, Descriptor err)
      : pid_(pid), command_(command), end_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))), out_(std::move(out)), err_(std::move(err)) {
    for (const Descriptor* pipe : {&out_, &err_}) ::fcntl(pipe->get(), F_SETFL, O_NONBLOCK);
  }

  Outcome follow() {
    const auto deadline = Clock::now() + command_.timeout;
    while (!ended()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) {
        outcome_.timed_out = true;
        break;
      }
      wait(end_.open() ? std::min<std::chrono::milliseconds>(left, std::chrono::minutes(1)) : std::min(left, ask_every));
    }
    // Its last words are in the pipes; whoever else holds them (what it left in the background) is not waited for.
    take(out_, outcome_.out);
    take(err_, outcome_.err);
    ::kill(-pid_, SIGKILL);  // before its number is given back, so that nobody else can be hit
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    outcome_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return std::move(outcome_);
  }

 private:
  bool ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
  }

  /// What is in the pipe now: as often as a pipe's greatest size needs.
  void take(Descriptor& from, std::string& text) {
    for (int round = 0; round < 32 && from.open(); ++round) {
      pollfd ready{from.get(), POLLIN, 0};
      if (::poll(&ready, 1, 0) <= 0) return;
      drain(from, text, command_, outcome_);
    }
  }

  void wait(std::chrono::milliseconds at_most) {
    std::array<pollfd, 3> ready{{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), static_cast<int>(at_most.count())) <= 0) return;
    if (ready[0].revents != 0) drain(out_, outcome_.out, command_, outcome_);
    if (ready[1].revents != 0) drain(err_, outcome_.err, command_, outcome_);
  }

  pid_t pid_;
  const Command& command_;
  Descriptor end_, out_, err_;
  Outcome outcome_;
};

bool is_program(const Path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<Path> find_program(std::string_view program) {
  if (program.find('/') != std::string_view::npos) return is_program(program) ? std::optional<Path>(program) : std::nullopt;
  const char* const listed = std::getenv("PATH");
  const std::string folders = fmt::format("{}:/usr/sbin:/sbin", listed == nullptr ? "/usr/local/bin:/usr/bin:/bin" : listed);
  for (const std::string_view folder : split(folders, ':')) {
    Path path = Path(folder.empty() ? "." : folder) / program;
    if (is_program(path)) return path;
  }
  return std::nullopt;
}

/// What a child says through a pipe; how many bytes of it, 0 when it closed that.
ssize_t hear(const Pipe& pipe, void* into, size_t size) {
  ssize_t count = 0;
  while ((count = ::read(pipe.read.get(), into, size)) < 0 && errno == EINTR) {}
  return count;
}

Result<Outcome> run_program(const Command& command, const IdMaps& maps);

/// Writes one of the maps of a process.
Done map_numbers(pid_t process, const char* program, const std::vector<IdRange>& ranges) {
  Command command;
  command.argv = {program, std::to_string(process)};
  for (const IdRange& range : ranges) {
    for (const std::uint32_t number : {range.inside, range.outside, range.count}) command.argv.push_back(std::to_string(number));
  }
  TRY_ASSIGN(const Outcome outcome, run_program(command, {}));
  if (outcome.exit_code == 0) return {};
  return fail(Kind::Unavailable, fmt::format("{} says: {}", program, cut(trim(outcome.err), '\n').first));
}

/// Lets a child through its gate. Nothing is done when it never came there: then it says why itself.
Done let_in(pid_t child, const Gate& gate, const IdMaps& maps) {
  char said = 0;
  if (hear(gate.entered, &said, 1) != 1) return {};
  TRY(map_numbers(child, "newuidmap", maps.users));
  TRY(map_numbers(child, "newgidmap", maps.groups));
  if (::write(gate.mapped.write.get(), &said, 1) != 1) return system_error("speak to a program", errno);
  return {};
}

void reap(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
}

Result<Outcome> run_program(const Command& command, const IdMaps& maps) {
  if (command.argv.empty()) return cannot(Kind::Invalid, "run a program", "none is named");
  const std::string what = fmt::format("run '{}'", command.argv[0]);
  const auto program = find_program(command.argv[0]);
  if (!program) return cannot(Kind::NotFound, what, "there is no such program");
  TRY_ASSIGN(const Descriptor in, make_input(command.input));
  TRY_ASSIGN(Pipe out, make_pipe());
  TRY_ASSIGN(Pipe err, make_pipe());
  TRY_ASSIGN(Pipe trouble, make_pipe());
  Gate gate;
  if (!maps.empty()) {
    TRY_ASSIGN(gate.entered, make_pipe());
    TRY_ASSIGN(gate.mapped, make_pipe());
  }
  const Prepared prepared(*program, command);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) return system_error(what, errno);
  if (child == 0) become(prepared, parent, in.get(), out.write.get(), err.write.get(), trouble.write.get(), maps.empty() ? nullptr : &gate);
  ::setpgid(child, child);  // also here: whoever comes first
  for (Pipe* pipe : {&out, &err, &trouble, &gate.entered}) pipe->write.close();
  if (!maps.empty()) {
    if (const Done inside = let_in(child, gate, maps); !inside) {
      ::kill(child, SIGKILL);
      reap(child);
      return cannot(inside.error().kind, what + " in a user namespace", inside.error().message);
    }
  }
  int number = 0;
  if (hear(trouble, &number, sizeof number) == sizeof number) {
    reap(child);
    return system_error(what, number);
  }
  return Child(child, command, std::move(out.read), std::move(err.read)).follow();
}

class MachineProcesses final : public Processes {
 public:
  Result<Outcome> run(const Command& command) override { return run_program(command, {}); }
  std::optional<Path> find(std::string_view program) override { return find_program(program); }
};

}  // namespace

std::unique_ptr<Processes> machine_processes() { return std::make_unique<MachineProcesses>(); }

Result<Outcome> run_as_root_inside(const IdMaps& maps, const Command& command) { return run_program(command, maps); }

}  // namespace ashlar::host
