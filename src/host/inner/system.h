#pragma once
// What the calls of the system have in common: descriptors that close themselves, and errno as an Error.
#include <utility>

#include "base/result.h"

namespace ashlar::host {

/// A file descriptor, closed when it goes.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  int get() const { return number_; }
  bool open() const { return number_ >= 0; }
  void close();
  int release() { return std::exchange(number_, -1); }  ///< somebody else closes it

 private:
  int number_ = -1;
};

/// `cannot <what>: <words of errno>`; a missing file is NotFound, one that exists Conflict, everything else Unavailable.
[[nodiscard]] std::unexpected<Error> system_error(std::string_view what, int number);

}  // namespace ashlar::host
