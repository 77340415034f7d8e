#include "host/program.h"

#include <unistd.h>

#include <system_error>

namespace ashlar::host {

bool is_terminal(Stream stream) { return ::isatty(stream == Stream::Output ? STDOUT_FILENO : STDERR_FILENO) == 1; }

Path program_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

}  // namespace ashlar::host
