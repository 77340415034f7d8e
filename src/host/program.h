#pragma once
// The program itself: where it lies, whose it is, and what its standard streams are.
#include <cstdint>
#include <functional>
#include <string_view>

#include "host/files.h"

namespace ashlar::host {

enum class Stream { Output, Error };
/// Whether a person watches that stream.
bool is_terminal(Stream stream);
/// The running program's own file; empty when the machine does not tell.
Path program_path();
/// The user whose rights the program has.
std::uint32_t effective_user();
/// The file that is mapped into our memory at `address`; empty where none is.
Path file_mapped_at(std::uintptr_t address);

/// Keeps the talk of a library off standard error: while one lives, what anybody writes there is held back, and when it goes, the lines that `drop`
/// does not know go out. One at a time; another waits.
class ErrorSieve {
 public:
  explicit ErrorSieve(std::function<bool(std::string_view line)> drop);
  ErrorSieve(const ErrorSieve&) = delete;
  ErrorSieve& operator=(const ErrorSieve&) = delete;
  ~ErrorSieve();

 private:
  std::function<bool(std::string_view)> drop_;
  int real_ = -1, held_ = -1;
};

}  // namespace ashlar::host
