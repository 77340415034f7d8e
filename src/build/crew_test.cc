#include "build/inner/crew.h"

#include <gtest/gtest.h>

#include <atomic>

namespace ashlar::build {
namespace {

TEST(Crew, DoesEveryJobOnce) {
  for (const unsigned threads : {1U, 2U, 5U}) {
    Crew crew(threads);
    std::vector<std::atomic<int>> done(200);
    std::vector<std::function<void()>> jobs;
    for (auto& each : done) jobs.emplace_back([&each] { ++each; });
    crew.run(std::move(jobs));
    for (const auto& each : done) EXPECT_EQ(each, 1) << threads;
    crew.run({});
  }
}

TEST(Crew, ErrandsOfJobsAreDoneWhileTheJobsWait) {
  for (const unsigned threads : {1U, 3U}) {
    Crew crew(threads);
    std::atomic<int> errands = 0;
    std::vector<std::function<void()>> jobs;
    for (int job = 0; job < 8; ++job) {
      jobs.emplace_back([&] {
        int left = 20;
        for (int at = 0; at < 20; ++at) {
          crew.errand([&] {
            ++errands;
            crew.locked([&] { --left; });
          });
        }
        crew.help_until([&] { return left == 0; });
      });
    }
    crew.run(std::move(jobs));
    EXPECT_EQ(errands, 8 * 20) << threads;
  }
}

TEST(Crew, EachTellsTheErrorOfTheFirstThatFailedAndDoesTheOthers) {
  for (const unsigned threads : {1U, 4U}) {
    Crew crew(threads);
    std::atomic<int> done = 0;
    const auto job = [&](size_t at) -> Done {
      ++done;
      if (at == 7 || at == 23) return fail(Kind::Invalid, at == 7 ? "seven" : "twenty-three");
      return {};
    };
    const auto failed = crew.each(40, job);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "seven") << threads;
    EXPECT_EQ(done, 40);
    EXPECT_TRUE(crew.each(7, job));
    EXPECT_TRUE(crew.each(0, job));
  }
}

TEST(Crew, RunWaitsForErrandsThatNobodyWaitsFor) {
  Crew crew(2);
  std::atomic<int> errands = 0;
  crew.run({[&] {
    for (int at = 0; at < 50; ++at) crew.errand([&] { ++errands; });
  }});
  EXPECT_EQ(errands, 50);
}

}  // namespace
}  // namespace ashlar::build
