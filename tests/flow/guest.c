// What an image of the run tests holds: one static program that behaves or misbehaves as its first argument says.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int tell(const char* what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: done\n", what);
  return result < 0 ? 1 : 0;
}

static int write_file(const char* path) {
  const int file = open(path, O_WRONLY | O_CREAT, 0644);
  return tell(path, file < 0 ? -1 : write(file, "x", 1));
}

static int listener(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr = {htonl(INADDR_ANY)}};
  const int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(server, (const struct sockaddr*)&address, sizeof address) != 0 || listen(server, 16) != 0) {
    tell("listen", -1);
    exit(1);
  }
  return server;
}

/// Answers every request with `status` and `body`, until SIGTERM.
static int serve(int port, const char* status, const char* body) {
  signal(SIGPIPE, SIG_IGN);
  const int server = listener(port);
  printf("ready\n");
  for (;;) {
    char request[4096];
    const int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    if (read(client, request, sizeof request) > 0) dprintf(client, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, strlen(body), body);
    close(client);
  }
}

static int connect_out(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(0xC0000201)}};  // 192.0.2.1, of nobody
  return tell("connect", connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr*)&address, sizeof address));
}

static int who(void) {
  gid_t groups[32];
  const int count = getgroups(32, groups);
  printf("uid=%d gid=%d groups=", (int)getuid(), (int)getgid());
  for (int at = 0; at < count; ++at) printf("%s%d", at ? "," : "", (int)groups[at]);
  char line[256];
  FILE* status = fopen("/proc/self/status", "r");
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNewPrivs", 10) == 0 || strncmp(line, "Seccomp:", 8) == 0) printf(" %.*s", (int)strcspn(line, "\n"), line);
  }
  printf("\n");
  return 0;
}

/// Processes without end.
static int fork_all(void) {
  int count = 0;
  for (; count < 100000; ++count) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child == 0) {
      pause();
      _exit(0);
    }
  }
  printf("%d processes, then: %s\n", count, strerror(errno));
  return count < 2000 ? 0 : 1;
}

static int take_memory(long mib) {
  for (long at = 0; at < mib; ++at) {
    char* block = malloc(1 << 20);
    if (block == NULL) return printf("no memory after %ld MiB\n", at), 3;
    memset(block, 1, 1 << 20);
  }
  return printf("took %ld MiB\n", mib), 0;
}

/// The first process of a container gets no signal that it does not ask for.
static void end(int number) {
  (void)number;
  _exit(0);
}

int main(int argc, char** argv) {
  signal(SIGTERM, end);
  setvbuf(stdout, NULL, _IONBF, 0);
  const char* what = argc > 1 ? argv[1] : "";
  const char* first = argc > 2 ? argv[2] : "";
  const char* second = argc > 3 ? argv[3] : "";
  if (strcmp(what, "exit") == 0) return atoi(first);
  if (strcmp(what, "echo") == 0) {
    for (int at = 2; at < argc; ++at) printf("[%s]", argv[at]);
    return printf("\n"), 0;
  }
  if (strcmp(what, "env") == 0) return printf("%s=%s\n", first, getenv(first) ? getenv(first) : "(none)"), 0;
  if (strcmp(what, "cat") == 0) {
    char text[4096];
    const int file = open(first, O_RDONLY);
    const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
    struct stat stat;
    if (size < 0 || fstat(file, &stat) != 0) return tell(first, -1);
    text[size] = 0;
    return printf("%s %o %d:%d %s\n", first, stat.st_mode & 07777u, (int)stat.st_uid, (int)stat.st_gid, text), 0;
  }
  if (strcmp(what, "write") == 0) return write_file(first);
  if (strcmp(what, "sleep") == 0) return sleep((unsigned)atoi(first)), 0;
  if (strcmp(what, "who") == 0) return who();
  if (strcmp(what, "pid") == 0) return printf("pid=%d\n", (int)getpid()), 0;
  if (strcmp(what, "mount") == 0) return tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
  if (strcmp(what, "keyctl") == 0) return tell("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  if (strcmp(what, "unshare") == 0) return tell("unshare", unshare(CLONE_NEWUSER));
  if (strcmp(what, "bpf") == 0) return tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
  if (strcmp(what, "namespace") == 0) return tell("clone", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  if (strcmp(what, "connect") == 0) return connect_out();
  if (strcmp(what, "fork") == 0) return fork_all();
  if (strcmp(what, "memory") == 0) return take_memory(atol(first));
  if (strcmp(what, "daemon") == 0) {  // leaves somebody behind
    if (fork() == 0) {
      setsid();
      for (;;) pause();
    }
    return 0;
  }
  if (strcmp(what, "serve") == 0) return serve(atoi(first), *second ? second : "200 OK", argc > 4 ? argv[4] : "hello from inside");
  if (strcmp(what, "late") == 0) {  // a file, then a port, then nothing but signals
    sleep(1);
    write_file(first);
    const int server = listener(atoi(second));
    for (;;) close(accept(server, NULL, NULL));
  }
  if (strcmp(what, "print") == 0) {
    sleep(1);
    printf("%s\n", first);
    for (;;) pause();
  }
  if (strcmp(what, "-c") == 0 && argc == 3) {  // as a shell, of words without quotes
    char line[1024];
    char* words[16] = {argv[0]};
    int count = 1;
    snprintf(line, sizeof line, "%s", first);
    for (char* word = strtok(line, " "); word != NULL && count < 15; word = strtok(NULL, " ")) words[count++] = word;
    if (count > 1 && strchr(words[1], '/') != NULL) return execv(words[1], words + 1), 127;
    return main(count, words);
  }
  printf("what is '%s'?\n", what);
  return 2;
}
