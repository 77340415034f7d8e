#include "host/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "base/text.h"
#include "host/inner/system.h"

extern char** environ;

namespace ashlar::host {
namespace {

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe", errno);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Appends what the pipe has, up to the limit; closes it at its end.
void drain(Descriptor& from, std::string& into, size_t limit) {
  char buffer[65536];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count <= 0) {
    if (count == 0 || (errno != EINTR && errno != EAGAIN)) from.close();
    return;
  }
  const size_t room = limit > into.size() ? limit - into.size() : 0;
  into.append(buffer, std::min(static_cast<size_t>(count), room));
}

void feed(Descriptor& to, std::string_view& input) {
  const ssize_t count = ::write(to.get(), input.data(), input.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count < 0) return to.close();  // the program reads no further
  input.remove_prefix(static_cast<size_t>(count));
  if (input.empty()) to.close();
}

class MachineProcesses final : public Processes {
 public:
  Result<Outcome> run(const Command& command) override {
    if (command.argv.empty()) return cannot(Kind::Invalid, "run a program", "none is named");
    const std::string what = fmt::format("run '{}'", command.argv[0]);
    const auto program = find(command.argv[0]);
    if (!program) return cannot(Kind::NotFound, what, "there is no such program");
    TRY_ASSIGN(Pipe in, make_pipe());
    TRY_ASSIGN(Pipe out, make_pipe());
    TRY_ASSIGN(Pipe err, make_pipe());

    // Everything that takes memory happens before the fork: another thread may hold the allocator's lock.
    std::vector<char*> argv, envp;
    for (const std::string& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    std::vector<std::string> pairs;
    if (command.environment) {
      for (const auto& [name, value] : *command.environment) pairs.push_back(name + "=" + value);
      for (std::string& pair : pairs) envp.push_back(pair.data());
      envp.push_back(nullptr);
    }
    const std::string path = program->string(), folder = command.folder.string();
    char** const environment = command.environment ? envp.data() : environ;

    const pid_t child = ::fork();
    if (child < 0) return system_error(what, errno);
    if (child == 0) {
      ::setpgid(0, 0);
      ::dup2(in.read.get(), 0);
      ::dup2(out.write.get(), 1);
      ::dup2(err.write.get(), 2);
      ::signal(SIGPIPE, SIG_DFL);
      if (!folder.empty() && ::chdir(folder.c_str()) != 0) ::_exit(126);
      ::execve(path.c_str(), argv.data(), environment);
      ::_exit(errno == ENOENT ? 127 : 126);
    }
    ::setpgid(child, child);
    in.read.close();
    out.write.close();
    err.write.close();
    return follow(child, command, std::move(in.write), std::move(out.read), std::move(err.read));
  }

  std::optional<Path> find(std::string_view program) override {
    if (program.find('/') != std::string_view::npos) return ::access(std::string(program).c_str(), X_OK) == 0 ? std::optional<Path>(program) : std::nullopt;
    const char* const listed = std::getenv("PATH");
    for (const std::string_view folder : split(listed == nullptr ? "/usr/local/bin:/usr/bin:/bin" : listed, ':')) {
      Path path = Path(folder.empty() ? "." : folder) / program;
      std::error_code error;
      if (std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0) return path;
    }
    for (const std::string_view folder : {"/usr/sbin", "/sbin"}) {  // an ordinary user's PATH lacks these
      Path path = Path(folder) / program;
      if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return std::nullopt;
  }

 private:
  static Result<Outcome> follow(pid_t child, const Command& command, Descriptor in, Descriptor out, Descriptor err) {
    Outcome outcome;
    std::string_view input = command.input;
    if (input.empty()) in.close();
    else ::fcntl(in.get(), F_SETFL, O_NONBLOCK);
    struct sigaction ignore {}, before {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before);
    const auto deadline = std::chrono::steady_clock::now() + command.timeout;
    while (out.open() || err.open()) {
      pollfd wait[3] = {{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}, {in.get(), POLLOUT, 0}};
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      if (left <= 0) {
        outcome.timed_out = true;
        ::kill(-child, SIGKILL);
        break;
      }
      if (::poll(wait, 3, static_cast<int>(std::min<long long>(left, 1'000'000))) < 0 && errno != EINTR) break;
      if (wait[0].revents != 0) drain(out, outcome.out, command.output_limit);
      if (wait[1].revents != 0) drain(err, outcome.err, command.output_limit);
      if (in.open() && wait[2].revents != 0) feed(in, input);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    ::sigaction(SIGPIPE, &before, nullptr);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return outcome;
  }
};

}  // namespace

std::unique_ptr<Processes> machine_processes() { return std::make_unique<MachineProcesses>(); }

}  // namespace ashlar::host
