/* The functions of one shared library, which is loaded when the first of them is called. Late.cmake says LATE_SONAME, LATE_COUNT and, in functions.inc, a
   line FUNCTION(number, name) for each. A call jumps on to the library with its registers and stack as they were, whatever the function takes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* In a section of its own, so that the names of all such libraries can be read from the program (scripts/tarball.sh). */
static const char soname[] __attribute__((section("late_libraries"), used)) = LATE_SONAME;

#define FUNCTION(number, name) #name,
static const char *const names[LATE_COUNT] = {
#include "functions.inc"
};
#undef FUNCTION

/* Where each function is; null until it was first called. Several threads may find the same one at once: they store the same address. */
static void *places[LATE_COUNT] __attribute__((used));

static void *find(size_t number) __attribute__((used));
static void *find(size_t number) {
  void *const library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  void *const place = library == NULL ? NULL : dlsym(library, names[number]);
  if (place == NULL) {
    fprintf(stderr, "error: cannot load library '%s': %s\n", soname, dlerror());
    exit(4); /* cli::Exit::Unavailable */
  }
  __atomic_store_n(&places[number], place, __ATOMIC_RELEASE);
  return place;
}

#if defined(__x86_64__)
/* r11 is free between caller and callee (System V ABI, "Register Usage"); the others may hold arguments. */
__asm__(".text\n"
        "late_first:\n"
        "  pushq %rax\n  pushq %rdi\n  pushq %rsi\n  pushq %rdx\n  pushq %rcx\n  pushq %r8\n  pushq %r9\n  pushq %r10\n"
        "  subq $136, %rsp\n"
        "  movups %xmm0, (%rsp)\n  movups %xmm1, 16(%rsp)\n  movups %xmm2, 32(%rsp)\n  movups %xmm3, 48(%rsp)\n"
        "  movups %xmm4, 64(%rsp)\n  movups %xmm5, 80(%rsp)\n  movups %xmm6, 96(%rsp)\n  movups %xmm7, 112(%rsp)\n"
        "  movq %r11, %rdi\n"
        "  call find\n"
        "  movq %rax, %r11\n"
        "  movups (%rsp), %xmm0\n  movups 16(%rsp), %xmm1\n  movups 32(%rsp), %xmm2\n  movups 48(%rsp), %xmm3\n"
        "  movups 64(%rsp), %xmm4\n  movups 80(%rsp), %xmm5\n  movups 96(%rsp), %xmm6\n  movups 112(%rsp), %xmm7\n"
        "  addq $136, %rsp\n"
        "  popq %r10\n  popq %r9\n  popq %r8\n  popq %rcx\n  popq %rdx\n  popq %rsi\n  popq %rdi\n  popq %rax\n"
        "  jmp *%r11\n");
#define FUNCTION(number, name)                                                             \
  __asm__(".globl " #name "\n.type " #name ", @function\n" #name ":\n"                     \
          "  movq places+8*" #number "(%rip), %r11\n  testq %r11, %r11\n  je 1f\n  jmp *%r11\n" \
          "1:\n  movl $" #number ", %r11d\n  jmp late_first\n"                             \
          ".size " #name ", . - " #name "\n");
#elif defined(__aarch64__)
/* x16 and x17 are free between caller and callee (AAPCS64, "General-purpose Registers"); the others may hold arguments. */
__asm__(".text\n"
        "late_first:\n"
        "  stp x29, x30, [sp, #-224]!\n"
        "  stp x0, x1, [sp, #16]\n  stp x2, x3, [sp, #32]\n  stp x4, x5, [sp, #48]\n  stp x6, x7, [sp, #64]\n  str x8, [sp, #80]\n"
        "  stp q0, q1, [sp, #96]\n  stp q2, q3, [sp, #128]\n  stp q4, q5, [sp, #160]\n  stp q6, q7, [sp, #192]\n"
        "  mov x0, x17\n"
        "  bl find\n"
        "  mov x16, x0\n"
        "  ldp x0, x1, [sp, #16]\n  ldp x2, x3, [sp, #32]\n  ldp x4, x5, [sp, #48]\n  ldp x6, x7, [sp, #64]\n  ldr x8, [sp, #80]\n"
        "  ldp q0, q1, [sp, #96]\n  ldp q2, q3, [sp, #128]\n  ldp q4, q5, [sp, #160]\n  ldp q6, q7, [sp, #192]\n"
        "  ldp x29, x30, [sp], #224\n"
        "  br x16\n");
#define FUNCTION(number, name)                                                                                     \
  __asm__(".globl " #name "\n.type " #name ", %function\n" #name ":\n"                                             \
          "  adrp x16, places+8*" #number "\n  ldr x16, [x16, #:lo12:places+8*" #number "]\n  cbz x16, 1f\n  br x16\n" \
          "1:\n  mov x17, #" #number "\n  b late_first\n"                                                          \
          ".size " #name ", . - " #name "\n");
#endif
#include "functions.inc"
