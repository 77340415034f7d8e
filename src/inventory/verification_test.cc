#include "inventory/verification.h"

#include <gtest/gtest.h>

#include <atomic>

#include "host/memory.h"
#include "inventory/inner/reading_trial.h"

namespace ashlar::inventory {
namespace {

TEST(Verification, HoldsWhenEveryCheckDoes) {
  struct Row { std::string summary; std::vector<bool> checks; bool holds; };
  const std::vector<Row> rows = {
      {"nothing to check", {}, true},
      {"one that holds", {true}, true},
      {"one that does not", {false}, false},
      {"the last of many does not", {true, true, true, true, false}, false},
      {"the first of many does not", {false, true, true, true, true}, false},
  };
  for (const Row& row : rows) {
    for (const size_t threads : {1, 2, 0}) {
      Verification verification;
      std::atomic<size_t> done = 0;
      std::vector<std::function<bool()>> checks;
      for (const bool each : row.checks) checks.emplace_back([each, &done] { return ++done, each; });
      verification.start(std::move(checks), threads);
      EXPECT_EQ(verification.wait(), row.holds) << row.summary;
      EXPECT_EQ(done, row.checks.size()) << row.summary;
      EXPECT_EQ(verification.wait(), row.holds) << "asked again";
    }
  }
}

TEST(Verification, WhoeverDropsItWaits) {
  std::atomic<int> done = 0;
  {
    Verification verification;
    verification.start({[&] { return ++done, true; }, [&] { return ++done, false; }}, 2);
  }
  EXPECT_EQ(done, 2);
  Verification never;
  EXPECT_TRUE(never.wait()) << "nothing was to be checked";
}

/// Reads with what was kept, hashing beside; whether all bytes were right.
bool verified(SampleImage& image, const LayerShelf& shelf, size_t& files) {
  Verification later;
  const auto contents = read_contents(image, image.which, {.shelf = &shelf, .later = &later});
  EXPECT_TRUE(contents) << contents.error().message;
  files = contents->files.size();
  return later.wait();
}

TEST(Verification, LayersThatWereKeptAreHashedBeside) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "scan");
  SampleImage image;
  for (int layer = 0; layer < 5; ++layer) image.add_layer({{"f" + std::to_string(layer), std::string(100'000, static_cast<char>('a' + layer))}});
  size_t count = 0;
  EXPECT_TRUE(verified(image, shelf, count)) << "read and hashed at once";
  EXPECT_TRUE(verified(image, shelf, count)) << "kept, and hashed beside";
  EXPECT_EQ(count, 5U);
  image.corrupt_last_layer();
  EXPECT_FALSE(verified(image, shelf, count));
  EXPECT_FALSE(read_contents(image, image.which, {.shelf = &shelf})) << "and without it, it is refused at once";
}

}  // namespace
}  // namespace ashlar::inventory
