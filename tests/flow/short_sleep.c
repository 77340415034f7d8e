// Preloaded into a program: what sleeps for a minute or more sleeps for a tenth of a second.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct timespec* shorter(const struct timespec* wanted) {
  static const struct timespec tenth = {0, 100000000};
  return wanted->tv_sec >= 60 ? &tenth : wanted;
}

int nanosleep(const struct timespec* wanted, struct timespec* left) { return (int)syscall(SYS_nanosleep, shorter(wanted), left); }

int clock_nanosleep(clockid_t clock, int flags, const struct timespec* wanted, struct timespec* left) {
  return syscall(SYS_clock_nanosleep, clock, flags, flags == 0 ? shorter(wanted) : wanted, left) == 0 ? 0 : errno;
}
