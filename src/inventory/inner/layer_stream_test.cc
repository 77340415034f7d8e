#include "inventory/inner/layer_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "base/digest.h"
#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

Bytes some_bytes(size_t size) {
  Bytes out(size);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : out) state = state * 1664525 + 1013904223, byte = static_cast<std::uint8_t>((state >> 24) & (state >> 16));
  return out;
}

/// One member of gzip.
Bytes member_of(BytesView raw) {
  constexpr int gzip = 15 + 16;
  const std::string packed = trial::deflated(as_text(raw), gzip);
  return {packed.begin(), packed.end()};
}

/// Members of so many raw bytes each.
Bytes members_of(BytesView raw, size_t each) {
  Bytes out;
  for (size_t at = 0; at < raw.size(); at += each) {
    const Bytes member = member_of(raw.subspan(at, std::min(each, raw.size() - at)));
    out.insert(out.end(), member.begin(), member.end());
  }
  return out;
}

/// Gives bytes in pieces of uneven length, then an error where one is wanted.
class Uneven final : public Source {
 public:
  explicit Uneven(BytesView bytes, bool fails = false) : left_(bytes), fails_(fails) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    if (left_.empty()) return fails_ ? Result<size_t>(fail(Kind::Unavailable, "it breaks here")) : Result<size_t>(0);
    const size_t count = std::min({out.size(), left_.size(), size_t{1} + turn_++ * 7919 % 300'000});
    std::copy_n(left_.begin(), count, out.begin());
    left_ = left_.subspan(count);
    return count;
  }

 private:
  BytesView left_;
  bool fails_;
  size_t turn_ = 0;
};

oci::Descriptor layer_of(std::string_view type) { return {std::string(type), Digest::from({}), 0, {}, {}}; }

/// Calls `work` while so many others help.
void with_helpers(size_t helpers, const std::function<void(Crew&)>& work) {
  Crew crew(1);
  std::vector<std::jthread> others;
  for (size_t each = 0; each < helpers; ++each) others.emplace_back([&] { crew.help(); });
  work(crew);
  crew.leave();
}

TEST(LayerStream, BytesAndDigestsAreTheSameWhoeverHelps) {
  const Bytes raw = some_bytes(6'500'000);
  Bytes hollow;  // many members of no bytes between two that have some: far more packed bytes than a piece holds
  const Bytes empty = member_of({}), front = member_of(BytesView(raw).first(1000));
  hollow.insert(hollow.end(), front.begin(), front.end());
  while (hollow.size() < 3 * LayerStream::packed_limit) hollow.insert(hollow.end(), empty.begin(), empty.end());
  const Bytes behind = members_of(BytesView(raw).subspan(1000), 700'000);
  hollow.insert(hollow.end(), behind.begin(), behind.end());
  Bytes trailing = member_of(raw);
  for (int each = 0; each < 100'000; ++each) trailing.insert(trailing.end(), empty.begin(), empty.end());
  const struct {
    std::string summary, type;
    Bytes blob, unpacked;
  } rows[] = {
      {"a plain archive", std::string(oci::media::layer_tar), raw, raw},
      {"one member of gzip", std::string(oci::media::layer_gzip), member_of(raw), raw},
      {"members that are decoded whole", std::string(oci::media::layer_gzip), members_of(raw, 1 << 20), raw},
      {"small members", std::string(oci::media::layer_gzip), members_of(raw, 100'000), raw},
      {"members of nothing in the midst", std::string(oci::media::layer_gzip), hollow, raw},
      {"members of nothing behind the last", std::string(oci::media::layer_gzip), trailing, raw},
      {"no bytes", std::string(oci::media::layer_gzip), empty, {}},
  };
  for (const auto& row : rows) {
    for (const size_t helpers : {0, 1, 3}) {
      SCOPED_TRACE(row.summary + ", " + std::to_string(helpers) + " help");
      with_helpers(helpers, [&](Crew& crew) {
        LayerStream stream(crew, layer_of(row.type), std::make_unique<Uneven>(row.blob));
        const auto found = read_all(stream, row.unpacked.size());
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ(Digest::of(*found), Digest::of(row.unpacked));
        Bytes more(8);
        EXPECT_EQ(stream.read(more).value_or(1), 0U) << "the end stays the end";
        const auto [packed, unpacked] = stream.finish();
        EXPECT_EQ(packed, Digest::of(row.blob));
        EXPECT_EQ(unpacked, Digest::of(row.unpacked));
      });
    }
  }
}

TEST(LayerStream, AnErrorComesAfterTheBytesBeforeIt) {
  const Bytes raw = some_bytes(3'000'000);
  for (const size_t helpers : {0, 1, 3}) {
    with_helpers(helpers, [&](Crew& crew) {
      LayerStream stream(crew, layer_of(oci::media::layer_tar), std::make_unique<Uneven>(raw, true));
      Bytes bytes(raw.size());
      ASSERT_TRUE(read_exactly(stream, bytes));
      EXPECT_EQ(bytes, raw);
      for (int again = 0; again < 2; ++again) {
        const auto end = stream.read(bytes);
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().message, "it breaks here");
      }
    });
  }
}

TEST(LayerStream, MayBeDroppedInTheMiddleWhileOthersHelp) {
  const Bytes raw = some_bytes(20'000'000), packed = member_of(raw);
  for (const size_t take : {0, 1, 100'000, 2'000'000}) {
    with_helpers(3, [&](Crew& crew) {
      LayerStream stream(crew, layer_of(oci::media::layer_gzip), std::make_unique<Uneven>(packed));
      Bytes bytes(take);
      ASSERT_TRUE(read_exactly(stream, bytes));
      EXPECT_TRUE(std::ranges::equal(bytes, BytesView(raw).first(take)));
    });
  }
}

TEST(LayerStream, SeveralAreReadBesideEachOther) {
  std::vector<Bytes> raw;
  for (size_t layer = 0; layer < 6; ++layer) raw.push_back(some_bytes(1'000'000 + layer * 700'001));
  Crew crew(raw.size());
  std::vector<std::jthread> threads;
  for (size_t layer = 0; layer < raw.size(); ++layer) {
    threads.emplace_back([&, layer] {
      {
        const Bytes blob = members_of(raw[layer], 300'000);
        LayerStream stream(crew, layer_of(oci::media::layer_gzip), std::make_unique<Uneven>(blob));
        const auto found = read_all(stream, raw[layer].size());
        EXPECT_TRUE(found && std::ranges::equal(as_bytes(as_text(*found)), raw[layer])) << layer;
        EXPECT_EQ(stream.finish().packed, Digest::of(blob)) << layer;
      }
      crew.leave();
      crew.help();
    });
  }
}

}  // namespace
}  // namespace ashlar::inventory
