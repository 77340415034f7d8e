#include "inventory/inner/paired_hashing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace ashlar::inventory {
namespace {

constexpr FileHasher::Wanted all{.sha1 = true, .md5 = true};

/// Content of a file of that size, different for each.
Bytes content_of(size_t file, size_t size) {
  Bytes out(size);
  std::uint64_t state = file * 0x9e3779b97f4a7c15U + size + 1;
  for (std::uint8_t& byte : out) state ^= state << 13, state ^= state >> 7, state ^= state << 17, byte = static_cast<std::uint8_t>(state);
  return out;
}

/// Hashes files of these sizes as a layer has them; what is wrong, or nothing.
std::string fault(const std::vector<size_t>& sizes, FileHasher::Wanted wanted) {
  std::map<size_t, FileDigests> got;
  std::string out;
  static PairedHashing::Rooms rooms;  // one hashing uses what the one before it used
  PairedHashing hashing(wanted, rooms, [&](size_t file, FileDigests digests) {
    if (!got.emplace(file, std::move(digests)).second) out += "file " + std::to_string(file) + " is settled twice; ";
  });
  for (size_t file = 0; file < sizes.size(); ++file) {
    const Bytes content = content_of(file, sizes[file]);
    if (content.size() <= PairedHashing::whole_limit) {
      std::ranges::copy(content, hashing.room(content.size()).begin());
      hashing.whole(file, content.size());
      continue;
    }
    for (BytesView rest = content; !rest.empty(); rest = rest.subspan(std::min<size_t>(rest.size(), 100'001))) hashing.piece(rest.first(std::min<size_t>(rest.size(), 100'001)));
    hashing.end_pieces(file);
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

TEST(PairedHashing, EveryFileHasItsOwnDigests) {
  constexpr size_t large = PairedHashing::whole_limit + 1;
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
      {"a large one alone", {large}},
      {"a large one behind a small one", {50, large, 70}},
      {"large ones behind each other", {large, 3 * large, large + 63}},
      {"one as long as what is given whole", {large - 1, large - 1, large, large - 1}},
      {"empty ones between", {0, large, 0, 500, 0, large, 0}},
  };
  for (const Row& row : rows) {
    for (const FileHasher::Wanted wanted : {all, FileHasher::Wanted{.md5 = true}, FileHasher::Wanted{}}) EXPECT_EQ(fault(row.sizes, wanted), "") << row.summary;
  }
}

TEST(PairedHashing, AnySizesInAnyOrder) {
  std::mt19937 random(11);
  for (int round = 0; round < 30; ++round) {
    std::vector<size_t> sizes(random() % 40);
    for (size_t& size : sizes) size = random() % (random() % 8 == 0 ? 3'000'000 : 20'000);
    EXPECT_EQ(fault(sizes, {.md5 = true}), "") << round;
  }
}

}  // namespace
}  // namespace ashlar::inventory
