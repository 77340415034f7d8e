#pragma once
// For tests: a process of an ordinary user with a range of subordinate numbers, whatever the machine's /etc/subuid says. Only root can make one.
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include <fmt/format.h>

#include "host/scratch.h"
#include "host/user_namespace.h"

namespace ashlar::host {

class OrdinaryUser {
 public:
  static constexpr std::uint32_t uid = 65534, first = 300000, count = 65536;
  const IdMaps maps{{{0, uid, 1}, {1, first, count}}, {{0, uid, 1}, {1, first, count}}};

  /// `folder` becomes everybody's.
  explicit OrdinaryUser(const Path& folder) : numbers_((folder / "numbers").string()) {
    ::chmod(folder.c_str(), 0777);
    (void)machine_files()->write(numbers_, fmt::format("{}:{}:{}\n", uid, first, count));
  }
  /// Why there is none here; empty: there is one.
  std::string lacking() const {
    if (::geteuid() != 0) return "only root can become a user with subordinate numbers for a test";
    for (const char* each : {"newuidmap", "newgidmap"}) {
      if (!machine_processes()->find(each)) return fmt::format("this machine has no {}", each);
    }
    if (ended(fork([] { return 0; })) != 0) return "this machine lets no process have a view of files of its own";
    if (ended(fork([] { return ::unshare(CLONE_NEWUSER) == 0 ? 0 : 1; })) != 0) return "this machine gives an ordinary user no user namespace";
    return {};
  }
  /// Runs `body` in a process of the user; what that gives is its exit code.
  pid_t fork(const std::function<int()>& body) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const bool seen = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && ::mount(numbers_.c_str(), "/etc/subuid", nullptr, MS_BIND, nullptr) == 0 &&
                      ::mount(numbers_.c_str(), "/etc/subgid", nullptr, MS_BIND, nullptr) == 0;
    if (!seen || ::syscall(SYS_setgroups, 0, nullptr) != 0 || ::setresgid(uid, uid, uid) != 0 || ::setresuid(uid, uid, uid) != 0) ::_exit(99);
    ::prctl(PR_SET_DUMPABLE, 1);  // as a process is that began as this user's
    ::_exit(body());
  }
  static int ended(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  std::string numbers_;
};

}  // namespace ashlar::host
