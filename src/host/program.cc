#include "host/program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <string>
#include <system_error>

namespace ashlar::host {
namespace {

std::mutex& sieves() {
  static std::mutex one;  // standard error is one for all threads
  return one;
}

std::string read_from_start(int file) {
  std::string text;
  char part[4096];
  for (ssize_t got = 0; (got = ::pread(file, part, sizeof part, static_cast<off_t>(text.size()))) > 0;) text.append(part, static_cast<size_t>(got));
  return text;
}

}  // namespace

bool is_terminal(Stream stream) { return ::isatty(stream == Stream::Output ? STDOUT_FILENO : STDERR_FILENO) == 1; }

std::uint32_t effective_user() { return ::geteuid(); }

Path program_path() {
  std::error_code error;
  const Path started = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!started.filename().string().starts_with("ld-")) return started;
  // The loader of a relocatable installation was started and told to run us: we are the file that this very function was mapped from.
  const Path mapped = file_mapped_at(reinterpret_cast<std::uintptr_t>(&program_path));
  return mapped.empty() ? started : mapped;
}

Path file_mapped_at(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {  // proc_pid_maps(5): begin-end rights offset device inode path
    std::uintptr_t begin = 0, end = 0;
    int path = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %*s %n", &begin, &end, &path) < 2 || path == 0) continue;
    if (address >= begin && address < end) return line.substr(static_cast<size_t>(path));
  }
  return {};
}

ErrorSieve::ErrorSieve(std::function<bool(std::string_view)> drop) : drop_(std::move(drop)) {
  sieves().lock();
  std::fflush(stderr);
  held_ = ::memfd_create("ashlar-errors", MFD_CLOEXEC);
  if (held_ >= 0) real_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (real_ >= 0) ::dup2(held_, STDERR_FILENO);
}

ErrorSieve::~ErrorSieve() {
  std::fflush(stderr);
  std::string kept;
  if (real_ >= 0) {
    ::dup2(real_, STDERR_FILENO);
    ::close(real_);
    const std::string text = read_from_start(held_);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size() - 1);
      const std::string_view line = std::string_view(text).substr(at, end + 1 - at);
      if (!drop_(line)) kept += line;
      at = end + 1;
    }
  }
  if (held_ >= 0) ::close(held_);
  if (!kept.empty()) std::fputs(kept.c_str(), stderr);
  sieves().unlock();
}

}  // namespace ashlar::host
