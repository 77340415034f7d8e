#include "base/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ashlar {
namespace {

/// Gives one byte at a time, and fails after `good` of them.
class Trickle final : public Source {
 public:
  Trickle(std::string_view text, size_t good) : text_(text), good_(good) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    if (out.empty()) return 0;
    if (at_ == good_) return fail(Kind::Unavailable, "the line went dead");
    if (at_ == text_.size()) return 0;
    out[0] = static_cast<std::uint8_t>(text_[at_++]);
    return 1;
  }

 private:
  std::string_view text_;
  size_t good_, at_ = 0;
};

TEST(MemorySource, GivesAllThenNothing) {
  MemorySource source(as_bytes("hello"));
  std::uint8_t buffer[3];
  EXPECT_EQ(source.read({}).value(), 0u);
  EXPECT_EQ(source.read(buffer).value(), 3u);
  EXPECT_EQ(as_text(buffer), "hel");
  EXPECT_EQ(source.read(buffer).value(), 2u);
  EXPECT_EQ(source.read(buffer).value(), 0u);
}

TEST(ReadExactly, FillsOrIsCorrupt) {
  std::uint8_t buffer[4];
  Trickle whole("abcdef", 99);
  ASSERT_TRUE(read_exactly(whole, buffer));
  EXPECT_EQ(as_text(buffer), "abcd");
  const auto early = read_exactly(whole, buffer);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().kind, Kind::Corrupt);
  EXPECT_EQ(early.error().message, "the data ends 2 bytes early");
  Trickle dead("abcdef", 2);
  EXPECT_EQ(read_exactly(dead, buffer).error().kind, Kind::Unavailable);
}

TEST(ReadAll, IsBounded) {
  const Bytes many(100'000, 7);
  const struct {
    const char* summary;
    size_t limit;
    bool good;
  } rows[] = {{"room to spare", 1 << 20, true}, {"exactly the limit", 100'000, true}, {"one too many", 99'999, false}, {"no room", 0, false}};
  for (const auto& row : rows) {
    MemorySource source(many);
    const auto all = read_all(source, row.limit);
    ASSERT_EQ(all.has_value(), row.good) << row.summary;
    if (row.good) {
      EXPECT_EQ(*all, many) << row.summary;
    } else {
      EXPECT_EQ(all.error().kind, Kind::Corrupt) << row.summary;
    }
  }
  MemorySource nothing({});
  EXPECT_TRUE(read_all(nothing, 0).value().empty());
}

TEST(Copy, MovesEverything) {
  Trickle source("some text", 99);
  MemorySink sink;
  EXPECT_EQ(copy(source, sink).value(), 9u);
  EXPECT_EQ(as_text(sink.bytes), "some text");
  Trickle dead("some text", 4);
  EXPECT_EQ(copy(dead, sink).error().message, "the line went dead");
}

TEST(Base64, BothWays) {
  const struct {
    const char* summary;
    std::string_view plain, text;
  } rows[] = {
      {"nothing", "", ""}, {"one byte", "f", "Zg=="}, {"two bytes", "fo", "Zm8="}, {"three bytes", "foo", "Zm9v"}, {"bytes that are no text", "\xff\xfe\xfd", "//79"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(to_base64(as_bytes(row.plain)), row.text) << row.summary;
    EXPECT_EQ(as_text(from_base64(row.text).value()), row.plain) << row.summary;
  }
  for (const std::string_view bad : {"Zg", "Zg=", "Z?==", " Zg==", "Zg== ", "    ", "Zm9vZ===", "====", "Zg=v", "Zg==Zm9v"}) EXPECT_FALSE(from_base64(bad).has_value()) << bad;
}

}  // namespace
}  // namespace ashlar
