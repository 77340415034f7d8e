#include <stdio.h>
#include <openssl/crypto.h>

int main(void) {
  printf("hello from c with %s\n", OpenSSL_version(OPENSSL_VERSION));
  return 0;
}
