#include "base/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <type_traits>

namespace ashlar {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

bool is_zero(const std::uint8_t* data, size_t size) {
  return std::all_of(data, data + size, [](std::uint8_t byte) { return byte == 0; });
}

TEST(Secret, HoldsWhatItWasGivenAndWipesItThere) {
  std::string text = "correct horse battery staple, longer than what a string keeps in itself";
  const std::string copy = text;
  const char* const place = text.data();
  const Secret secret(std::move(text));
  EXPECT_EQ(secret.text(), copy);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.data(), place) << "the text kept its memory, so that it can be looked at";
  text.resize(text.capacity());
  EXPECT_TRUE(is_zero(reinterpret_cast<const std::uint8_t*>(text.data()), copy.size()));
}

TEST(Secret, IsWipedWhereItLies) {
  struct Row {
    std::string_view summary;
    void (*end)(Secret& secret);
    size_t kept;  ///< bytes that stay
  };
  const Row rows[] = {
      {"wiped", [](Secret& secret) { secret.wipe(); }, 0},
      {"shortened", [](Secret& secret) { secret.shorten(4); }, 4},
      {"shortened to more than it has", [](Secret& secret) { secret.shorten(400); }, 12},
  };
  for (const Row& row : rows) {
    Secret secret = Secret::copy_of("twelve bytes");
    const std::uint8_t* const place = secret.data();
    row.end(secret);
    EXPECT_EQ(secret.size(), row.kept) << row.summary;
    EXPECT_EQ(secret.text(), std::string_view("twelve bytes").substr(0, row.kept)) << row.summary;
    EXPECT_TRUE(is_zero(place + row.kept, 12 - row.kept)) << row.summary;  // a vector keeps its memory when it is cleared
  }
}

TEST(Secret, MovesWithoutLeavingACopy) {
  Secret first = Secret::copy_of("one");
  const std::uint8_t* const place = first.data();
  Secret second = std::move(first);
  EXPECT_EQ(second.data(), place);
  EXPECT_TRUE(first.empty());
  Secret third = Secret::copy_of("another");
  third = std::move(second);
  EXPECT_EQ(third.text(), "one");
  EXPECT_TRUE(second.empty());
  Secret& same = third;
  third = std::move(same);
  EXPECT_EQ(third.text(), "one") << "given to itself";
}

TEST(Secret, CopiesOnlyWhenTold) {
  const Secret secret = Secret::copy_of("x");
  const Secret other = secret.clone();
  EXPECT_EQ(other.text(), "x");
  EXPECT_NE(other.data(), secret.data());
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret(3).text(), std::string_view("\0\0\0", 3));
}

}  // namespace
}  // namespace ashlar
