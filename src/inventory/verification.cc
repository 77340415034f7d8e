#include "inventory/verification.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"

namespace ashlar::inventory {

void Verification::start(std::vector<std::function<bool()>> checks, size_t threads) {
  checks_ = std::move(checks);
  held_.assign(checks_.size(), 0);
  if (checks_.empty()) return;
  thread_ = std::jthread([this, threads] { in_parallel(checks_.size(), threads, [this](size_t at, size_t) { held_[at] = checks_[at]() ? 1 : 0; }); });
}

bool Verification::wait() {
  if (thread_.joinable()) thread_.join();
  return std::ranges::all_of(held_, [](unsigned char held) { return held != 0; });
}

}  // namespace ashlar::inventory
