// Starts the program of a relocatable installation, wherever its folder lies: PREFIX/bin/NAME is this file, and what it becomes is
// PREFIX/libexec/ld-linux.so with the libraries of PREFIX/lib and the program PREFIX/libexec/NAME. Static, for a host of any C library.
//   - Nothing of the host's libraries comes in: neither its cache of them nor LD_LIBRARY_PATH, LD_PRELOAD or LD_AUDIT, which are made for another C library.
//   - Where the environment names no certificates and the host has none where we look, PREFIX/share/ashlar/ca-certificates.crt is named.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

// Exits: nothing was started.
static void refuse(const char *what, const char *cause) {
  fprintf(stderr, "error: cannot start: %s: %s\n", what, cause);
  exit(70);
}

static char *beside(const char *prefix, const char *path) {
  char *out = malloc(strlen(prefix) + strlen(path) + 1);
  if (out == NULL) refuse(path, strerror(errno));
  return strcat(strcpy(out, prefix), path);
}

static void name_certificates(const char *prefix) {
  if (getenv("CURL_CA_BUNDLE") != NULL || getenv("SSL_CERT_FILE") != NULL) return;
  for (size_t at = 0; at < sizeof bundles / sizeof *bundles; ++at) {
    if (access(bundles[at], R_OK) != 0) continue;
    if (at > 0) setenv("SSL_CERT_FILE", bundles[at], 1);  // the first is where the libraries look by themselves
    return;
  }
  char *own = beside(prefix, "/share/ashlar/ca-certificates.crt");
  if (access(own, R_OK) == 0) setenv("SSL_CERT_FILE", own, 1);
}

int main(int count, char **words) {
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) refuse("/proc/self/exe", strerror(errno));
  self[length] = '\0';
  char *name = strrchr(self, '/');
  if (name == NULL) refuse(self, "it is no path");
  *name++ = '\0';
  char *const folder = strrchr(self, '/');
  if (folder == NULL) refuse(self, "it lies in no folder 'bin'");
  *folder = '\0';
  char *const loader = beside(self, "/libexec/ld-linux.so"), *const program = beside(beside(self, "/libexec/"), name);
  name_certificates(self);
  unsetenv("LD_PRELOAD");
  unsetenv("LD_AUDIT");
  char **const argv = malloc(sizeof *argv * ((size_t)count + 8));
  if (argv == NULL) refuse(name, strerror(errno));
  int at = 0;
  argv[at++] = loader;
  argv[at++] = "--inhibit-cache";
  argv[at++] = "--library-path";
  argv[at++] = beside(self, "/lib");
  argv[at++] = "--argv0";
  argv[at++] = words[0];
  argv[at++] = program;
  for (int word = 1; word < count; ++word) argv[at++] = words[word];
  argv[at] = NULL;
  execv(loader, argv);
  refuse(loader, strerror(errno));
}
