#include "base/batch_hasher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace ashlar {
namespace {

constexpr FileHasher::Wanted all{.sha1 = true, .md5 = true};
constexpr size_t largest = BatchHasher::largest_file;

/// Content of a file of that size, different for each.
Bytes content_of(size_t file, size_t size) {
  Bytes out(size);
  std::uint64_t state = file * 0x9e3779b97f4a7c15U + size + 1;
  for (std::uint8_t& byte : out) state ^= state << 13, state ^= state >> 7, state ^= state << 17, byte = static_cast<std::uint8_t>(state);
  return out;
}

/// Hashes files of these sizes as a layer has them; what is wrong, or nothing.
std::string fault(const std::vector<size_t>& sizes, FileHasher::Wanted wanted, FileHasher::Means means = FileHasher::Means::Fastest) {
  std::map<size_t, FileDigests> got;
  std::string out;
  const auto settle = [&](size_t file, FileDigests digests) {
    if (!got.emplace(file, std::move(digests)).second) out += "file " + std::to_string(file) + " is settled twice; ";
  };
  BatchHasher hashing(wanted, settle, means);
  for (size_t file = 0; file < sizes.size(); ++file) {
    const Bytes content = content_of(file, sizes[file]);
    std::ranges::copy(content, hashing.room(content.size() + file % 2).begin());
    hashing.whole(file, content.size());
  }
  hashing.finish();
  for (size_t file = 0; file < sizes.size(); ++file) {
    FileHasher hasher(wanted, FileHasher::Means::Library);
    hasher.update(content_of(file, sizes[file]));
    const FileDigests expected = hasher.finish();
    const auto found = got.find(file);
    if (found == got.end()) out += "file " + std::to_string(file) + " is not settled; ";
    else if (found->second.sha256 != expected.sha256 || found->second.sha1 != expected.sha1 || found->second.md5 != expected.md5) out += "file " + std::to_string(file) + " has other digests; ";
  }
  return out;
}

TEST(BatchHasher, EveryFileHasItsOwnDigests) {
  struct Row { std::string summary; std::vector<size_t> sizes; };
  const std::vector<Row> rows = {
      {"none", {}},
      {"one", {100}},
      {"an empty one", {0}},
      {"nothing but empty ones", {0, 0, 0}},
      {"two of one size", {1000, 1000}},
      {"the second is longer", {10, 1000}},
      {"the first is longer", {1000, 10}},
      {"one waits for many", {100'000, 10, 0, 64, 63, 65, 2000}},
      {"each waits for the next", {10, 20, 30, 40, 50, 60, 70}},
      {"as many as there are lanes", std::vector<size_t>(16, 3000)},
      {"one more than there are lanes", std::vector<size_t>(17, 3000)},
      {"one among small ones that is worth a lane of its own", [] { std::vector<size_t> out(200, 5000); out[77] = 60'000; return out; }()},
      {"one among small ones that is not", [] { std::vector<size_t> out(40, 100); out[13] = largest; return out; }()},
      {"every length around the end of a block, beside each other", [] { std::vector<size_t> out; for (size_t size = 0; size < 330; ++size) out.push_back(size); return out; }()},
      {"more than the memory holds", std::vector<size_t>(19, largest)},
  };
  for (const Row& row : rows) {
    for (const FileHasher::Wanted wanted : {all, FileHasher::Wanted{.md5 = true}, FileHasher::Wanted{.sha1 = true}, FileHasher::Wanted{}}) {
      for (const auto means : {FileHasher::Means::Fastest, FileHasher::Means::Library}) EXPECT_EQ(fault(row.sizes, wanted, means), "") << row.summary;
    }
  }
}

TEST(BatchHasher, AnySizesInAnyOrder) {
  std::mt19937 random(11);
  for (int round = 0; round < 30; ++round) {
    std::vector<size_t> sizes(random() % 200);
    for (size_t& size : sizes) size = random() % (random() % 8 == 0 ? largest + 1 : 20'000);
    EXPECT_EQ(fault(sizes, {.md5 = true}), "") << round;
  }
}

}  // namespace
}  // namespace ashlar
