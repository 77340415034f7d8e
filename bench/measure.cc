// measure COMMAND...: runs it, and writes wall time, processor time and peak memory as one line of JSON to file descriptor 3.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: measure COMMAND... 3>RESULT\n", stderr), 2;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) return std::perror("measure: fork"), 71;
  if (child == 0) {
    ::close(3);
    ::execvp(argv[1], argv + 1);
    std::perror("measure: exec");
    ::_exit(127);
  }
  int status = 0;
  struct rusage usage {};
  if (::wait4(child, &status, 0, &usage) != child) return std::perror("measure: wait"), 71;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  ::dprintf(3, "{\"wall\":%.6f,\"cpu\":%.6f,\"peak_memory\":%ld}\n", wall, seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
