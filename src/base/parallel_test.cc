#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace ashlar {
namespace {

TEST(Parallel, ThreadsTable) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  struct Row { std::string summary; std::size_t count, wanted, expected; };
  const std::vector<Row> rows = {
      {"one thing needs one thread", 1, 8, 1},
      {"nothing to do is the caller's", 0, 8, 1},
      {"as many as were asked for", 100, 3, 3},
      {"no more than there are things", 2, 8, 2},
      {"as many as there are processors", 1000, 0, processors},
  };
  for (const Row& row : rows) EXPECT_EQ(threads_for(row.count, row.wanted), row.expected) << row.summary;
}

TEST(Parallel, EachIndexOnceOnSomeThread) {
  for (const std::size_t wanted : {0, 1, 2, 7, 64}) {
    std::vector<std::atomic<int>> seen(500);
    std::vector<std::atomic<int>> busy(threads_for(seen.size(), wanted));
    in_parallel(seen.size(), wanted, [&](std::size_t index, std::size_t thread) {
      EXPECT_EQ(++busy.at(thread), 1) << "one at a time runs as a thread";
      ++seen.at(index);
      --busy.at(thread);
    });
    for (const auto& each : seen) EXPECT_EQ(each, 1) << wanted;
  }
  in_parallel(0, 4, [](std::size_t, std::size_t) { FAIL(); });
}

TEST(Parallel, ThreadsRunBesideEachOther) {
  std::barrier all(3);  // none passes before the others have come
  std::atomic<int> passed = 0;
  in_parallel(3, 3, [&](std::size_t, std::size_t) {
    all.arrive_and_wait();
    ++passed;
  });
  EXPECT_EQ(passed, 3);
}

TEST(Parallel, OneThreadIsTheCallersAndKeepsTheOrder) {
  std::vector<std::size_t> order;
  in_parallel(5, 1, [&, caller = std::this_thread::get_id()](std::size_t index, std::size_t thread) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_EQ(thread, 0U);
    order.push_back(index);
  });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace ashlar
