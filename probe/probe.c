// A health probe for images without a shell: asks one question, and exits with 0 for yes, 1 for no, 2 for a question that is none.
//   probe [--timeout=SECONDS] tcp HOST:PORT | http URL | file PATH | process NAME
// HOST is a number (127.0.0.1, [::1]) or localhost. URL: http://HOST[:PORT]/PATH, well from 200 to 399. NAME: a program's name as /proc/PID/comm has it.
// It stands alone: no C library, no memory but the stack, no relocation, so that the same source makes a few kilobytes on every processor.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

#if defined(__x86_64__)
enum { sys_read = 0, sys_write = 1, sys_close = 3, sys_socket = 41, sys_connect = 42, sys_getsockopt = 55, sys_exit_group = 231, sys_openat = 257, sys_getdents64 = 217, sys_faccessat = 269, sys_ppoll = 271 };
static i64 call(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e) {
  i64 result;
  register i64 r10 __asm__("r10") = d;
  register i64 r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call probe_main\n hlt\n");
#elif defined(__aarch64__)
enum { sys_read = 63, sys_write = 64, sys_close = 57, sys_socket = 198, sys_connect = 203, sys_getsockopt = 209, sys_exit_group = 94, sys_openat = 56, sys_getdents64 = 61, sys_faccessat = 48, sys_ppoll = 73 };
static i64 call(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e) {
  register i64 x8 __asm__("x8") = number;
  register i64 x0 __asm__("x0") = a;
  register i64 x1 __asm__("x1") = b;
  register i64 x2 __asm__("x2") = c;
  register i64 x3 __asm__("x3") = d;
  register i64 x4 __asm__("x4") = e;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
__asm__(".globl _start\n_start:\n mov x29, #0\n mov x30, #0\n mov x0, sp\n bl probe_main\n brk #0\n");
#else
#error "the probe knows amd64 and arm64"
#endif

enum { at_cwd = -100, inet = 2, inet6 = 10, stream = 1, no_wait = 04000, close_on_exec = 02000000, in_progress = -115, poll_in = 1, poll_out = 4, level_socket = 1, option_error = 4 };
struct span { const char* text; u64 size; };
struct moment { i64 seconds, nanoseconds; };
struct poll { int file; short wanted, seen; };
/// sockaddr_in and sockaddr_in6, numbers in the order of the network.
struct address4 { u16 family; u8 port[2]; u8 host[4]; u8 rest[8]; };
struct address6 { u16 family; u8 port[2]; u32 flow; u8 host[16]; u32 scope; };
struct place { struct address4 four; struct address6 six; int has_four, has_six; };

// Compilers call these by themselves.
void* memset(void* to, int value, u64 size) {
  volatile u8* out = to;
  while (size--) *out++ = (u8)value;
  return to;
}
void* memcpy(void* to, const void* from, u64 size) {
  volatile u8* out = to;
  const u8* in = from;
  while (size--) *out++ = *in++;
  return to;
}

static u64 length(const char* text) {
  u64 size = 0;
  while (text[size]) ++size;
  return size;
}
static int same(struct span a, const char* b) {
  if (a.size != length(b)) return 0;
  for (u64 at = 0; at < a.size; ++at) {
    if (a.text[at] != b[at]) return 0;
  }
  return 1;
}
static int begins(const char* text, const char* front) {
  while (*front) {
    if (*text++ != *front++) return 0;
  }
  return 1;
}
static void say(const char* text) { call(sys_write, 2, (i64)text, (i64)length(text), 0, 0); }

/// A decimal number of at most `most` that is the whole text, or -1.
static i64 number(struct span text, i64 most) {
  i64 value = 0;
  if (text.size == 0 || text.size > 9) return -1;
  for (u64 at = 0; at < text.size; ++at) {
    if (text.text[at] < '0' || text.text[at] > '9') return -1;
    value = value * 10 + (text.text[at] - '0');
  }
  return value > most ? -1 : value;
}

static int read_four(struct span text, u8* host) {
  for (int part = 0; part < 4; ++part) {
    struct span digits = {text.text, 0};
    while (digits.size < text.size && text.text[digits.size] != '.') ++digits.size;
    const i64 value = number(digits, 255);
    if (value < 0 || (part < 3) != (digits.size < text.size)) return 0;
    host[part] = (u8)value;
    if (part < 3) text.text += digits.size + 1, text.size -= digits.size + 1;
  }
  return 1;
}

/// RFC 4291 section 2.2, without the form that ends in an IPv4 address.
static int read_six(struct span text, u8* host) {
  u16 groups[8];
  int count = 0, gap = -1;
  u64 at = 0;
  if (text.size >= 2 && text.text[0] == ':' && text.text[1] == ':') gap = 0, at = 2;
  while (at < text.size) {
    u32 value = 0;
    int digits = 0;
    for (; at < text.size && text.text[at] != ':'; ++at, ++digits) {
      const char c = text.text[at];
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0 || digits == 4) return 0;
      value = value * 16 + (u32)digit;
    }
    if (digits == 0 || count == 8) return 0;
    groups[count++] = (u16)value;
    if (at == text.size) break;
    if (++at == text.size) return 0;
    if (text.text[at] == ':') {
      if (gap >= 0) return 0;
      gap = count, ++at;
    }
  }
  if (gap < 0 ? count != 8 : count == 8) return 0;
  for (int group = 0; group < 8; ++group) {
    const int missing = 8 - count;
    const u32 value = gap < 0 || group < gap ? groups[group] : group < gap + missing ? 0u : groups[group - missing];
    host[2 * group] = (u8)(value >> 8), host[2 * group + 1] = (u8)value;
  }
  return 1;
}

/// HOST:PORT or [HOST]:PORT; `port`: where none stands, or -1.
static int read_place(struct span text, i64 port, struct place* out) {
  struct span host = text;
  int bracket = text.size > 0 && text.text[0] == '[';
  u64 at = text.size;
  memset(out, 0, sizeof *out);
  if (bracket) {
    for (at = 0; at < text.size && text.text[at] != ']';) ++at;
    if (at == text.size) return 0;
    host.text = text.text + 1, host.size = at - 1, ++at;
  } else {
    for (u64 each = 0; each < text.size; ++each) {
      if (text.text[each] == ':') at = each;
    }
    host.size = at;
  }
  if (at < text.size) {
    const struct span digits = {text.text + at + 1, text.size - at - 1};
    if (text.text[at] != ':' || (port = number(digits, 65535)) < 1) return 0;
  }
  if (port < 1) return 0;
  out->four.family = inet, out->six.family = inet6;
  out->four.port[0] = out->six.port[0] = (u8)(port >> 8), out->four.port[1] = out->six.port[1] = (u8)port;
  if (same(host, "localhost")) {
    out->four.host[0] = 127, out->four.host[3] = 1, out->six.host[15] = 1;
    return out->has_four = out->has_six = 1;
  }
  if (bracket) return out->has_six = read_six(host, out->six.host);
  return out->has_four = read_four(host, out->four.host);
}

/// Waits until the file can be used, or the time is over; what is left of the time is written back by the system.
static int wait_for(int file, short wanted, struct moment* left) {
  struct poll what = {file, wanted, 0};
  return call(sys_ppoll, (i64)&what, 1, (i64)left, 0, 0) == 1;
}

static int connect_to(int family, const void* address, u64 size, struct moment* left) {
  const int file = (int)call(sys_socket, family, stream | no_wait | close_on_exec, 0, 0, 0);
  if (file < 0) return -1;
  i64 result = call(sys_connect, file, (i64)address, (i64)size, 0, 0);
  if (result == in_progress && wait_for(file, poll_out, left)) {
    int error = 1;
    u32 length_of_error = sizeof error;
    call(sys_getsockopt, file, level_socket, option_error, (i64)&error, (i64)&length_of_error);
    result = -error;
  }
  if (result == 0) return file;
  call(sys_close, file, 0, 0, 0, 0);
  return -1;
}
static int connect_any(const struct place* where, struct moment* left) {
  int file = where->has_four ? connect_to(inet, &where->four, sizeof where->four, left) : -1;
  if (file < 0 && where->has_six) file = connect_to(inet6, &where->six, sizeof where->six, left);
  return file;
}

static int send_text(int file, const char* text, u64 size, struct moment* left) {
  while (size > 0) {
    const i64 count = wait_for(file, poll_out, left) ? call(sys_write, file, (i64)text, (i64)size, 0, 0) : -1;
    if (count <= 0) return 0;
    text += count, size -= (u64)count;
  }
  return 1;
}

static int ask_http(const char* url, struct moment* left) {
  if (!begins(url, "http://")) return 2;
  struct span host = {url + 7, 0};
  while (host.text[host.size] && host.text[host.size] != '/' && host.text[host.size] != '?') ++host.size;
  const char* path = host.text + host.size;
  struct place where;
  if (!read_place(host, 80, &where)) return 2;
  const int file = connect_any(&where, left);
  if (file < 0) return 1;
  const char* ends = " HTTP/1.0\r\nUser-Agent: ashlar-probe\r\nConnection: close\r\nHost: ";
  if (!send_text(file, "GET ", 4, left) || (*path != '/' && !send_text(file, "/", 1, left)) || !send_text(file, path, length(path), left) ||
      !send_text(file, ends, length(ends), left) || !send_text(file, host.text, host.size, left) || !send_text(file, "\r\n\r\n", 4, left)) {
    return 1;
  }
  char answer[13];  // HTTP/1.1 200
  u64 size = 0;
  while (size < 12) {
    const i64 count = wait_for(file, poll_in, left) ? call(sys_read, file, (i64)(answer + size), (i64)(12 - size), 0, 0) : 0;
    if (count <= 0) return 1;
    size += (u64)count;
  }
  const struct span status = {answer + 9, 3};
  const i64 value = number(status, 999);
  return begins(answer, "HTTP/1.") && answer[8] == ' ' && value >= 200 && value < 400 ? 0 : 1;
}

static int ask_process(const char* name) {
  char entries[2048], path[64], comm[32];
  const int folder = (int)call(sys_openat, at_cwd, (i64) "/proc", 0, 0, 0);
  for (;;) {
    const i64 size = folder < 0 ? -1 : call(sys_getdents64, folder, (i64)entries, sizeof entries, 0, 0);
    if (size <= 0) return 1;
    for (i64 at = 0; at < size;) {
      const char* entry = entries + at + 19;  // struct linux_dirent64: inode, offset, length, type, name
      at += (u8)entries[at + 16] | (u8)entries[at + 17] << 8;
      const u64 digits = length(entry);
      if (*entry < '0' || *entry > '9' || digits > 20) continue;
      memcpy(path, "/proc/", 6), memcpy(path + 6, entry, digits), memcpy(path + 6 + digits, "/comm", 6);
      const int file = (int)call(sys_openat, at_cwd, (i64)path, 0, 0, 0);
      if (file < 0) continue;
      const i64 count = call(sys_read, file, (i64)comm, sizeof comm, 0, 0);
      call(sys_close, file, 0, 0, 0, 0);
      // The kernel keeps 15 characters, and ends them with a line end.
      struct span wanted = {name, length(name)};
      if (wanted.size > 15) wanted.size = 15;
      if (count < 1 || (u64)(count - 1) != wanted.size) continue;
      u64 alike = 0;
      while (alike < wanted.size && comm[alike] == name[alike]) ++alike;
      if (alike == wanted.size) return 0;
    }
  }
}

static int answer(i64 count, char** words) {
  struct moment left = {5, 0};
  i64 at = 1;
  if (at < count && begins(words[at], "--timeout=")) {
    const struct span digits = {words[at] + 10, length(words[at] + 10)};
    left.seconds = number(digits, 86400);
    if (left.seconds < 1) return 2;
    ++at;
  }
  if (count - at != 2) return 2;
  const struct span kind = {words[at], length(words[at])}, target = {words[at + 1], length(words[at + 1])};
  if (same(kind, "file")) return call(sys_faccessat, at_cwd, (i64)target.text, 0, 0, 0) == 0 ? 0 : 1;
  if (same(kind, "process")) return ask_process(target.text);
  if (same(kind, "http")) return ask_http(target.text, &left);
  struct place where;
  if (!same(kind, "tcp") || !read_place(target, -1, &where)) return 2;
  return connect_any(&where, &left) < 0 ? 1 : 0;
}

__attribute__((used, noreturn)) void probe_main(i64* stack) {
  const int code = answer(stack[0], (char**)(stack + 1));
  if (code == 2) say("usage: probe [--timeout=SECONDS] tcp HOST:PORT | http URL | file PATH | process NAME\n");
  for (;;) call(sys_exit_group, code, 0, 0, 0, 0);
}
