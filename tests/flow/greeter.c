// The program of the tests' small image: says who runs it and what it may do, so that a test can see how a runtime started it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_status(const char* field) {
  char line[256];
  FILE* file = fopen("/proc/self/status", "r");
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, field, strlen(field)) == 0) fputs(line, stdout);
  }
  fclose(file);
}

int main(int count, char** arguments) {
  for (int at = 1; at < count; ++at) printf("argument: %s\n", arguments[at]);
  char text[64] = "";
  const int words = open("/usr/share/words/hello.txt", O_RDONLY);
  if (words < 0 || read(words, text, sizeof text - 1) < 0) return 3;
  printf("words: %s", text);
  printf("user: %d:%d\n", (int)getuid(), (int)getgid());
  const int probe = open("/probe", O_CREAT | O_WRONLY, 0600);
  printf("root folder: %s\n", probe >= 0 ? "writable" : errno == EROFS ? "read-only" : "not ours");
  print_status("CapEff:");
  print_status("NoNewPrivs:");
  return 0;
}
