#pragma once
// Hashing of layers that goes on while what was kept of them is already looked at.
#include <functional>
#include <thread>
#include <vector>

namespace ashlar::inventory {

/// Checks that run beside their owner's further work. What they are about must outlive it.
class Verification {
 public:
  /// Begins; each check says whether it holds. Once.
  void start(std::vector<std::function<bool()>> checks, size_t threads);
  /// Waits until all have ended; whether every one holds.
  bool wait();

 private:
  std::vector<std::function<bool()>> checks_;
  std::vector<unsigned char> held_;  ///< by check; no bits, for each is written by a thread of its own
  std::jthread thread_;              ///< last, so that it has ended before the others go
};

}  // namespace ashlar::inventory
