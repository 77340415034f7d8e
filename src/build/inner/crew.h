#pragma once
// The threads of one build. Packages are jobs; the pieces of a package that wait to be compressed are errands, which go before any further job, so
// that one large package does not keep a single thread busy while others wait.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace ashlar::build {

class Crew {
 public:
  explicit Crew(unsigned threads);  // 0: as many as there are processors
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Does all jobs and returns when the last is done; the caller's thread works, too. Jobs may run errands.
  void run(std::vector<std::function<void()>> jobs);
  /// Does `job` for 0 to `count` - 1 so; the error of the first that failed, in their order.
  Done each(size_t count, const std::function<Done(size_t)>& job);
  void errand(std::function<void()> task);
  /// Works on errands until `done` holds; `done` is asked under the crew's lock, and a finished errand asks again.
  void help_until(const std::function<bool()>& done);
  /// Runs `change` under the crew's lock: what `done` of help_until looks at is changed so.
  void locked(const std::function<void()>& change);

 private:
  bool step(std::unique_lock<std::mutex>& lock, bool jobs);
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> errands_, jobs_;
  size_t busy_jobs_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ashlar::build
