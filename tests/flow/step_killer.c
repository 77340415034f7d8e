// Preloaded into `ashlar`: counts the steps by which it changes anything that outlives it (names of files, bytes of databases, requests), and ends it with SIGKILL
// just before one of them. STEP_LOG is a file that gets a line for each step, `NUMBER CALL PATH`, or where STEP_AT is a number, for that step alone. With STEP_OF only steps whose path contains it count.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long steps;

static void step(const char* call, const char* path) {
  const char *log = getenv("STEP_LOG"), *at = getenv("STEP_AT"), *of = getenv("STEP_OF");
  if (log == NULL || strcmp(program_invocation_short_name, "ashlar") != 0) return;
  if (of != NULL && strstr(path, of) == NULL) return;
  const long number = atomic_fetch_add(&steps, 1) + 1, wanted = at == NULL ? 0 : atol(at);
  if (wanted != 0 && number != wanted) return;
  char line[4096];
  const int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path);
  const int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file >= 0) {
    (void)!syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
  }
  if (wanted != 0) kill(getpid(), SIGKILL);
}

static void step_of_file(const char* call, int file) {
  char link[64], path[3000];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  step(call, path);
}

#define NEXT(result, name, ...) \
  static result (*next)(__VA_ARGS__) = NULL; \
  if (next == NULL) next = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  NEXT(int, linkat, int, const char*, int, const char*, int);
  step("linkat", to);
  return next(from_folder, from, to_folder, to, flags);
}
int link(const char* from, const char* to) {
  NEXT(int, link, const char*, const char*);
  step("link", to);
  return next(from, to);
}
int rename(const char* from, const char* to) {
  NEXT(int, rename, const char*, const char*);
  step("rename", to);
  return next(from, to);
}
int unlink(const char* path) {
  NEXT(int, unlink, const char*);
  step("unlink", path);
  return next(path);
}
int mkdir(const char* path, mode_t mode) {
  NEXT(int, mkdir, const char*, mode_t);
  step("mkdir", path);
  return next(path, mode);
}
int fdatasync(int file) {
  NEXT(int, fdatasync, int);
  step_of_file("fdatasync", file);
  return next(file);
}
int ftruncate64(int file, off64_t size) {
  NEXT(int, ftruncate64, int, off64_t);
  step_of_file("ftruncate", file);
  return next(file, size);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  NEXT(ssize_t, pwrite64, int, const void*, size_t, off64_t);
  step_of_file("pwrite", file);
  return next(file, bytes, size, offset);
}
ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  NEXT(ssize_t, send, int, const void*, size_t, int);
  step_of_file("send", socket);
  return next(socket, bytes, size, flags);
}
