#include "base/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/digest.h"

namespace ashlar {
namespace {

/// Gives `size` bytes in pieces of uneven length, then an error where one is wanted.
class Uneven final : public Source {
 public:
  Uneven(size_t size, bool fails) : left_(size), fails_(fails) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    if (left_ == 0) return fails_ ? Result<size_t>(fail(Kind::Corrupt, "it breaks here")) : Result<size_t>(0);
    const size_t count = std::min({out.size(), left_, size_t{1} + turn_++ * 7919 % 300'000});
    for (size_t at = 0; at < count; ++at) out[at] = static_cast<std::uint8_t>((left_ - at) * 31);
    left_ -= count;
    return count;
  }

 private:
  size_t left_, turn_ = 0;
  bool fails_;
};

TEST(ReadAhead, GivesTheSameBytesWhateverTheSizes) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{256} << 10, size_t{5'000'001}}) {
    Uneven plain(size, false);
    const auto expected = read_all(plain, size);
    ASSERT_TRUE(expected);
    const auto ahead = read_ahead(std::make_unique<Uneven>(size, false));
    const auto found = read_all(*ahead, size);
    ASSERT_TRUE(found);
    EXPECT_EQ(Digest::of(*found), Digest::of(*expected)) << size;
    std::array<std::uint8_t, 8> more{};
    EXPECT_EQ(ahead->read(more).value_or(1), 0U) << "the end stays the end";
  }
}

TEST(ReadAhead, AnErrorComesAfterTheBytesBeforeIt) {
  const auto ahead = read_ahead(std::make_unique<Uneven>(1'000'000, true));
  Bytes bytes(1'000'000);
  ASSERT_TRUE(read_exactly(*ahead, bytes));
  for (int again = 0; again < 2; ++again) {
    const auto end = ahead->read(bytes);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().message, "it breaks here");
  }
}

TEST(ReadAhead, MayBeDroppedInTheMiddle) {
  for (const size_t take : {size_t{0}, size_t{1}, size_t{100'000}, size_t{2'000'000}}) {
    const auto ahead = read_ahead(std::make_unique<Uneven>(50'000'000, false));
    Bytes bytes(take);
    EXPECT_TRUE(read_exactly(*ahead, bytes)) << take;
  }
}

}  // namespace
}  // namespace ashlar
