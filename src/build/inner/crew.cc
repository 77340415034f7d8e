#include "build/inner/crew.h"

#include <algorithm>

namespace ashlar::build {

Crew::Crew(unsigned threads) {
  const unsigned count = threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : threads;
  for (unsigned at = 1; at < count; ++at) threads_.emplace_back([this] { work(); });
}

Crew::~Crew() {
  {
    const std::lock_guard hold(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Crew::step(std::unique_lock<std::mutex>& lock, bool jobs) {
  const bool errand = !errands_.empty();
  auto& queue = errand ? errands_ : jobs_;
  if (!errand && (!jobs || jobs_.empty())) return false;
  const std::function<void()> task = std::move(queue.front());
  queue.pop_front();
  if (!errand) ++busy_jobs_;
  lock.unlock();
  task();
  lock.lock();
  if (!errand) --busy_jobs_;
  changed_.notify_all();
  return true;
}

void Crew::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (step(lock, true)) continue;
    if (stop_) return;
    changed_.wait(lock);
  }
}

void Crew::run(std::vector<std::function<void()>> jobs) {
  std::unique_lock lock(mutex_);
  for (auto& job : jobs) jobs_.push_back(std::move(job));
  changed_.notify_all();
  while (!jobs_.empty() || busy_jobs_ != 0 || !errands_.empty()) {
    if (!step(lock, true)) changed_.wait(lock);
  }
}

Done Crew::each(size_t count, const std::function<Done(size_t)>& job) {
  std::vector<Done> results(count);
  std::vector<std::function<void()>> jobs;
  for (size_t at = 0; at < count; ++at) jobs.emplace_back([&, at] { results[at] = job(at); });
  run(std::move(jobs));
  for (Done& result : results) {
    if (!result) return std::unexpected(std::move(result).error());
  }
  return {};
}

void Crew::errand(std::function<void()> task) {
  {
    const std::lock_guard hold(mutex_);
    errands_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Crew::locked(const std::function<void()>& change) {
  const std::lock_guard hold(mutex_);
  change();
}

void Crew::help_until(const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  while (!done()) {
    if (!step(lock, false)) changed_.wait(lock);
  }
}

}  // namespace ashlar::build
