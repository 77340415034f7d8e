#include "host/secrets.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "host/inner/system.h"

namespace ashlar::host {
namespace {

constexpr size_t max_line = 64 << 10;

/// Reads until a line's end or the end, byte by byte: what is behind the line stays for others.
Result<Secret> read_line(int descriptor, std::string_view what) {
  Secret line(max_line);
  size_t size = 0;
  for (;;) {
    std::uint8_t byte = 0;
    const ssize_t count = ::read(descriptor, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EBADF) return cannot(Kind::Invalid, what, "that descriptor is not open");
    if (count < 0) return system_error(what, errno);
    if (count == 0 || byte == '\n') break;
    if (size == max_line) return cannot(Kind::Invalid, what, "it gives more than 64 KiB without an end of line");
    line.data()[size++] = byte;
  }
  if (size > 0 && line.data()[size - 1] == '\r') --size;
  line.shorten(size);
  return line;
}

/// The signal that came while a person was asked: a handler can say it nowhere else.
volatile std::sig_atomic_t interrupted = 0;

/// A terminal that does not show what is typed, for as long as this lives. A signal that ends the program ends it after this has gone: no terminal is left so.
class Hidden {
 public:
  explicit Hidden(int terminal) : terminal_(terminal) {
    interrupted = 0;
    struct sigaction note {};
    note.sa_handler = [](int signal) { interrupted = signal; };
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : ending) sigaddset(&blocked, signal);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &mask_);
    for (size_t at = 0; at < ending.size(); ++at) ::sigaction(ending[at], &note, &before_[at]);
    good_ = ::tcgetattr(terminal_, &shown_) == 0;
    termios quiet = shown_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL | ICANON;
    good_ = good_ && ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  ~Hidden() {
    if (good_) ::tcsetattr(terminal_, TCSAFLUSH, &shown_);
    for (size_t at = 0; at < ending.size(); ++at) ::sigaction(ending[at], &before_[at], nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    if (interrupted != 0) ::raise(interrupted);
  }
  bool good() const { return good_; }
  /// Waits for a line. Signals come here alone, so that none is lost between looking for one and waiting; false: one has come.
  bool wait() const {
    pollfd line{terminal_, POLLIN, 0};
    while (interrupted == 0 && ::ppoll(&line, 1, nullptr, &mask_) < 0 && errno == EINTR) continue;
    return interrupted == 0;
  }

 private:
  static constexpr std::array<int, 4> ending = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  int terminal_;
  termios shown_{};
  std::array<struct sigaction, ending.size()> before_{};
  sigset_t mask_{};
  bool good_ = false;
};

class MachineSecrets final : public Secrets {
 public:
  Result<Secret> ask(std::string_view prompt) override {
    constexpr std::string_view what = "ask for a password";
    const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!terminal.open()) return cannot(Kind::Unavailable, what, "there is no terminal");
    const Hidden hidden(terminal.get());
    if (!hidden.good()) return cannot(Kind::Unavailable, what, "the terminal cannot hide what is typed");
    if (::write(terminal.get(), prompt.data(), prompt.size()) < 0) return system_error(what, errno);
    if (!hidden.wait()) return cannot(Kind::Unavailable, what, "a signal came");
    return read_line(terminal.get(), what);
  }

  Result<Secret> read(int descriptor) override { return read_line(descriptor, fmt::format("read the password from descriptor {}", descriptor)); }

  Done write(const Path& path, const Secret& content, bool replace) override {
    const std::string what = fmt::format("write file '{}'", path.string());
    std::uint64_t random = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random) != 1) return cannot(Kind::Unavailable, what, "the machine has no random numbers");
    const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
    const Path draft = folder / fmt::format(".ashlar-draft-{:016x}", random);
    const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.open()) return system_error(what, errno);
    Done done = fill(file.get(), content.bytes(), what);
    if (done && (::fchmod(file.get(), 0600) != 0 || ::fsync(file.get()) != 0)) done = system_error(what, errno);
    // Linking refuses a name that is taken, renaming takes it over: each in one step.
    if (done && replace && ::rename(draft.c_str(), path.c_str()) != 0) done = system_error(what, errno);
    if (done && !replace && ::link(draft.c_str(), path.c_str()) != 0)
      done = errno == EEXIST ? cannot(Kind::Conflict, what, "a file of that name is there, and it may be the only copy of a key (--force replaces it)") : system_error(what, errno);
    if (!done || !replace) ::unlink(draft.c_str());
    return done;
  }

 private:
  static Done fill(int file, BytesView bytes, const std::string& what) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error(what, errno);
      bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Secrets> machine_secrets() { return std::make_unique<MachineSecrets>(); }

Result<Secret> MemorySecrets::ask(std::string_view prompt) {
  prompts.emplace_back(prompt);
  if (typed.empty()) return cannot(Kind::Unavailable, "ask for a password", "there is no terminal");
  Secret out = Secret::copy_of(typed.front());
  typed.erase(typed.begin());
  return out;
}

Result<Secret> MemorySecrets::read(int descriptor) {
  const auto found = descriptors.find(descriptor);
  if (found == descriptors.end()) return cannot(Kind::Invalid, fmt::format("read the password from descriptor {}", descriptor), "that descriptor is not open");
  return Secret::copy_of(found->second);
}

Done MemorySecrets::write(const Path& path, const Secret& content, bool replace) {
  if (files.contains(path.string()) && !replace)
    return cannot(Kind::Conflict, fmt::format("write file '{}'", path.string()), "a file of that name is there, and it may be the only copy of a key (--force replaces it)");
  files[path.string()] = content.text();
  return {};
}

}  // namespace ashlar::host
