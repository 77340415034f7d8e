#include "base/file_hasher.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "base/old_hash.h"

namespace ashlar {
namespace {

constexpr FileHasher::Wanted all{.sha1 = true, .md5 = true};
constexpr FileHasher::Means both[] = {FileHasher::Means::Fastest, FileHasher::Means::Library};

Bytes some_bytes(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes out(size);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(random());
  return out;
}

FileDigests by_openssl(BytesView bytes) {
  OldHasher sha1(OldHash::Sha1), md5(OldHash::Md5);
  sha1.update(bytes), md5.update(bytes);
  return {Digest::of(bytes), sha1.finish(), md5.finish()};
}

void expect_same(const FileDigests& ours, const FileDigests& theirs) {
  EXPECT_EQ(ours.sha256, theirs.sha256);
  EXPECT_EQ(ours.sha1, theirs.sha1);
  EXPECT_EQ(ours.md5, theirs.md5);
}

TEST(FileHasher, KnownAnswers) {
  struct Row { std::string summary, text, sha256, sha1, md5; };
  // FIPS 180-4's examples (csrc.nist.gov, SHA-1 and SHA-256 examples); RFC 1321, A.5, and md5sum for the last
  const std::vector<Row> rows = {
      {"nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "d41d8cd98f00b204e9800998ecf8427e"},
      {"one block", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "a9993e364706816aba3e25717850c26c9cd0d89d", "900150983cd24fb0d6963f7d28e17f72"},
      {"the length falls into a second block", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
       "84983e441c3bd26ebaae4aa1f95129e5e54670f1", "8215ef0796a20bcaaae116d3876c664a"},
  };
  for (const Row& row : rows) {
    for (const auto means : both) {
      SCOPED_TRACE(row.summary);
      FileHasher hasher(all, means);
      hasher.update(as_bytes(row.text));
      const FileDigests out = hasher.finish();
      EXPECT_EQ(out.sha256.hex(), row.sha256);
      EXPECT_EQ(out.sha1, row.sha1);
      EXPECT_EQ(out.md5, row.md5);
    }
  }
}

TEST(FileHasher, AgreesWithOpensslOnEveryLengthAroundBlocks) {
  const Bytes bytes = some_bytes(330, 1);
  FileHasher hasher(all);  // one for all: a finished hasher starts anew
  for (size_t size = 0; size <= bytes.size(); ++size) {
    SCOPED_TRACE(size);
    hasher.update(BytesView(bytes).first(size));
    expect_same(hasher.finish(), by_openssl(BytesView(bytes).first(size)));
  }
}

TEST(FileHasher, PiecesMakeNoDifference) {
  const Bytes bytes = some_bytes(100'000, 2);
  const FileDigests expected = by_openssl(bytes);
  std::mt19937 random(3);
  for (const size_t largest : {1, 63, 64, 65, 200, 5000}) {
    for (const auto means : both) {
      SCOPED_TRACE(largest);
      FileHasher hasher(all, means);
      for (BytesView rest = bytes; !rest.empty();) {
        const size_t count = std::min<size_t>(rest.size(), random() % (largest + 1));
        hasher.update(rest.first(count));
        rest = rest.subspan(count);
      }
      expect_same(hasher.finish(), expected);
    }
  }
}

TEST(FileHasher, MakesWhatWasAskedFor) {
  struct Row { std::string summary; FileHasher::Wanted wanted; };
  const std::vector<Row> rows = {{"SHA-256 alone", {}}, {"and SHA-1", {.sha1 = true}}, {"and MD5", {.md5 = true}}, {"and both", all}};
  const Bytes bytes = some_bytes(1000, 4);
  const FileDigests expected = by_openssl(bytes);
  for (const Row& row : rows) {
    for (const auto means : both) {
      SCOPED_TRACE(row.summary);
      FileHasher hasher(row.wanted, means);
      for (int round = 0; round < 2; ++round) {
        hasher.update(bytes);
        expect_same(hasher.finish(), {expected.sha256, row.wanted.sha1 ? expected.sha1 : "", row.wanted.md5 ? expected.md5 : ""});
      }
    }
  }
}

TEST(FileHasher, TwoFilesBesideEachOther) {
  struct Row { std::string summary; FileHasher::Wanted wanted, other_wanted; };
  const std::vector<Row> rows = {{"SHA-256 alone", {}, {}}, {"with SHA-1", {.sha1 = true}, {.sha1 = true}}, {"with MD5", {.md5 = true}, {.md5 = true}}, {"with both", all, all}, {"not the same", all, {.md5 = true}}};
  const Bytes one = some_bytes(3000, 6), other = some_bytes(3000, 7);
  std::mt19937 random(8);
  for (const Row& row : rows) {
    for (const auto means : both) {
      for (int round = 0; round < 300; ++round) {
        SCOPED_TRACE(row.summary + ", round " + std::to_string(round));
        FileHasher first(row.wanted, means), second(row.other_wanted, means);
        const BytesView all_of_one = BytesView(one).first(random() % 1000), all_of_other = BytesView(other).first(random() % 3000);
        for (BytesView rest = all_of_one, other_rest = all_of_other; !rest.empty() || !other_rest.empty();) {
          const size_t count = std::min<size_t>(rest.size(), random() % 400), other_count = std::min<size_t>(other_rest.size(), random() % 400);
          FileHasher::update_both(first, rest.first(count), second, other_rest.first(other_count));
          rest = rest.subspan(count), other_rest = other_rest.subspan(other_count);
        }
        const FileDigests expected = by_openssl(all_of_one), other_expected = by_openssl(all_of_other);
        expect_same(first.finish(), {expected.sha256, row.wanted.sha1 ? expected.sha1 : "", row.wanted.md5 ? expected.md5 : ""});
        expect_same(second.finish(), {other_expected.sha256, row.other_wanted.sha1 ? other_expected.sha1 : "", row.other_wanted.md5 ? other_expected.md5 : ""});
      }
    }
  }
}

TEST(FileHasher, CountsMoreThanFourGigabits) {
  const Bytes piece = some_bytes(1 << 20, 5);
  FileHasher ours(all), theirs(all, FileHasher::Means::Library);
  for (int round = 0; round < 513; ++round) ours.update(piece), theirs.update(piece);  // the length in bits passes 32 bits
  expect_same(ours.finish(), theirs.finish());
}

}  // namespace
}  // namespace ashlar
