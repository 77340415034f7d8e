#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace ashlar {

std::size_t threads_for(std::size_t count, std::size_t wanted) {
  if (wanted == 0) wanted = std::max(1U, std::thread::hardware_concurrency());
  return std::max<std::size_t>(1, std::min(count, wanted));
}

void in_parallel(std::size_t count, std::size_t wanted, const std::function<void(std::size_t index, std::size_t thread)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&](std::size_t thread) {
    for (std::size_t index = next++; index < count; index = next++) work(index, thread);
  };
  std::vector<std::jthread> others;
  for (std::size_t thread = 1; thread < threads_for(count, wanted); ++thread) others.emplace_back(run, thread);
  run(0);
}

}  // namespace ashlar
