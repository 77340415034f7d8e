#include "prove/inner/seccomp.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ashlar::prove {
namespace {

// Names by what they are about; those that an architecture lacks are passed over by the runtime.
constexpr std::string_view allowed[] = {
    // files and folders
    "access faccessat faccessat2 chdir fchdir chmod fchmod fchmodat fchmodat2 chown fchown fchownat lchown close close_range creat dup dup2 dup3",
    "fadvise64 fallocate fcntl fdatasync flock fsync ftruncate truncate getcwd getdents getdents64 ioctl link linkat lseek mkdir mkdirat",
    "open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readv readahead readlink readlinkat rename renameat renameat2 rmdir",
    "symlink symlinkat sync sync_file_range syncfs umask unlink unlinkat utime utimensat utimes futimesat write writev mknod mknodat",
    "stat fstat lstat newfstatat statx statfs fstatfs sendfile splice tee vmsplice copy_file_range memfd_create cachestat",
    "getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr",
    "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark",
    // memory
    "brk madvise mincore mlock mlock2 mlockall munlock munlockall mmap mprotect mremap msync munmap membarrier memfd_secret remap_file_pages",
    "pkey_alloc pkey_free pkey_mprotect get_mempolicy set_mempolicy mbind map_shadow_stack process_mrelease",
    "shmat shmctl shmdt shmget semctl semget semop semtimedop msgctl msgget msgrcv msgsnd",
    "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink",
    // processes, threads and signals
    "execve execveat exit exit_group fork vfork wait4 waitid kill tgkill tkill pidfd_open pidfd_send_signal pause",
    "getpid getppid gettid getpgid getpgrp getsid setpgid setsid getpriority setpriority getrlimit setrlimit prlimit64 getrusage times",
    "futex futex_wait futex_wake futex_requeue futex_waitv get_robust_list set_robust_list set_tid_address rseq arch_prctl prctl get_thread_area set_thread_area",
    "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack restart_syscall",
    "signalfd signalfd4 eventfd eventfd2 alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_settime",
    "timerfd_create timerfd_gettime timerfd_settime clock_getres clock_gettime clock_nanosleep nanosleep gettimeofday time",
    "sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam sched_getscheduler sched_setscheduler",
    "sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_yield ioprio_get ioprio_set getcpu",
    "capget capset landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp",
    "getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid",
    // waiting and talking
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 poll ppoll select pselect6 pipe pipe2",
    "accept accept4 bind connect getpeername getsockname getsockopt setsockopt listen recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto shutdown socketpair",
    "io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents",
    // what the system tells
    "getrandom sysinfo uname sysfs",
};

constexpr std::uint64_t new_namespaces = 0x7E020000;  // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
constexpr int vsock = 40;                             // AF_VSOCK: a way to the machine below
constexpr int enosys = 38, eperm = 1;

}  // namespace

Json seccomp_profile(const oci::Platform& platform) {
  Json names = Json::array();
  for (const std::string_view line : allowed) {
    for (const std::string_view name : words(line)) names.push_back(std::string(name));
  }
  const auto rule = [](Json calls, const char* action) { return Json{{"names", std::move(calls)}, {"action", action}}; };
  Json clone = rule({"clone"}, "SCMP_ACT_ALLOW");
  clone["args"] = Json::array({{{"index", 0}, {"value", new_namespaces}, {"valueTwo", 0}, {"op", "SCMP_CMP_MASKED_EQ"}}});
  Json socket = rule({"socket"}, "SCMP_ACT_ALLOW");
  socket["args"] = Json::array({{{"index", 0}, {"value", vsock}, {"op", "SCMP_CMP_NE"}}});
  Json clone3 = rule({"clone3"}, "SCMP_ACT_ERRNO");
  clone3["errnoRet"] = enosys;
  Json calls = Json::array({rule(std::move(names), "SCMP_ACT_ALLOW"), std::move(clone), std::move(socket), std::move(clone3)});
  // PER_LINUX, PER_LINUX32, and the question which it is.
  for (const std::uint64_t persona : {std::uint64_t{0}, std::uint64_t{8}, std::uint64_t{0xFFFFFFFF}}) {
    Json personality = rule({"personality"}, "SCMP_ACT_ALLOW");
    personality["args"] = Json::array({{{"index", 0}, {"value", persona}, {"op", "SCMP_CMP_EQ"}}});
    calls.push_back(std::move(personality));
  }
  const char* const architecture = platform.architecture == "arm64" ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
  return {{"defaultAction", "SCMP_ACT_ERRNO"}, {"defaultErrnoRet", eperm}, {"architectures", Json::array({architecture})}, {"syscalls", std::move(calls)}};
}

}  // namespace ashlar::prove
