#include "base/digest.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace ashlar {
namespace {

constexpr std::string_view empty_hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view abc_hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, KnownAnswers) {  // FIPS 180-4's examples
  EXPECT_EQ(Digest::of("").hex(), empty_hex);
  EXPECT_EQ(Digest::of("abc").hex(), abc_hex);
  EXPECT_EQ(Digest::of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Digest::of("abc").str(), "sha256:" + std::string(abc_hex));
}

TEST(Digest, Parsed) {
  const std::string good = "sha256:" + std::string(abc_hex);
  std::string upper = good;
  upper[7] = 'B';
  const struct {
    const char* summary;
    std::string text;
    bool good;
  } rows[] = {
      {"as written", good, true},
      {"upper case is another text", upper, false},
      {"no algorithm", std::string(abc_hex), false},
      {"another algorithm", "sha512:" + std::string(abc_hex), false},
      {"one digit short", good.substr(0, good.size() - 1), false},
      {"one digit more", good + "0", false},
      {"no hex digit", good.substr(0, good.size() - 1) + "g", false},
      {"empty", "", false},
      {"prefix alone", "sha256:", false},
  };
  for (const auto& row : rows) {
    const auto digest = Digest::parse(row.text);
    ASSERT_EQ(digest.has_value(), row.good) << row.summary;
    if (row.good) {
      EXPECT_EQ(*digest, Digest::of("abc")) << row.summary;
    } else {
      EXPECT_EQ(digest.error().kind, Kind::Invalid) << row.summary;
    }
  }
  EXPECT_EQ(Digest::parse_hex(abc_hex).value(), Digest::of("abc"));
  EXPECT_EQ(Digest::parse("md5:x").error().message, "cannot read digest 'md5:x': it does not begin with 'sha256:'");
}

TEST(Digest, ComparedAndHashed) {
  EXPECT_LT(Digest::of("abc"), Digest::of(""));
  EXPECT_EQ(Digest::from(Digest::of("abc").raw()), Digest::of("abc"));
  const std::unordered_set<Digest> set = {Digest::of("a"), Digest::of("b"), Digest::of("a")};
  EXPECT_EQ(set.size(), 2u);
}

TEST(Hasher, PiecesAndAnew) {
  Hasher hasher;
  hasher.update("a").update("").update("bc");
  EXPECT_EQ(hasher.finish().hex(), abc_hex);
  EXPECT_EQ(hasher.finish().hex(), empty_hex) << "after finish() it begins anew";
  hasher.update("ab");
  Hasher moved = std::move(hasher);
  moved.update("c");
  EXPECT_EQ(moved.finish().hex(), abc_hex);
}

TEST(Md5, KnownAnswers) {  // RFC 1321, A.5
  EXPECT_EQ(md5_hex({}), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5_hex(as_bytes("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Hex, LowerCase) {
  const std::uint8_t bytes[] = {0, 0x0f, 0xab, 0xff};
  EXPECT_EQ(to_hex(bytes), "000fabff");
  EXPECT_EQ(to_hex({}), "");
}

}  // namespace
}  // namespace ashlar
