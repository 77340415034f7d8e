#include "trust/inner/cosign_box.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace ashlar::trust {
namespace {

TEST(CosignBox, OpensWhatWasSealed) {
  struct Row {
    std::string_view summary, content, password;
  };
  const Row rows[] = {{"a text", "content", "password"}, {"nothing", "", "password"}, {"an empty password", "content", ""}, {"a password with zeros", "content", std::string_view("a\0b", 3)}};
  for (const Row& row : rows) {
    const auto box = seal_box(Secret::copy_of(row.content), row.password);
    ASSERT_TRUE(box) << row.summary;
    const auto open = open_box(*box, row.password);
    ASSERT_TRUE(open) << row.summary << ": " << open.error().message;
    EXPECT_EQ(open->text(), row.content) << row.summary;
    if (row.password.empty()) {
      EXPECT_EQ(open_box(*box, "another").error().kind, Kind::Denied) << row.summary;
    }
  }
}

TEST(CosignBox, IsWrittenAsCosignWritesIt) {
  const Json json = parse_json(seal_box(Secret::copy_of("x"), "y").value(), "box").value();
  EXPECT_EQ(json["kdf"]["name"], "scrypt");
  EXPECT_EQ(json["kdf"]["params"], (Json{{"N", 65536}, {"r", 8}, {"p", 1}}));
  EXPECT_EQ(json["kdf"]["salt"].get<std::string>().size(), 44U);
  EXPECT_EQ(json["cipher"]["name"], "nacl/secretbox");
  EXPECT_EQ(json["cipher"]["nonce"].get<std::string>().size(), 32U);
}

TEST(CosignBox, RefusesWhatIsDamagedOrCostsTooMuch) {
  const Json good = parse_json(seal_box(Secret::copy_of("content"), "password").value(), "box").value();
  const auto with = [&](const char* place, const Json& value) {
    Json out = good;
    out[Json::json_pointer(place)] = value;
    return to_compact(out);
  };
  std::string changed = good["ciphertext"].get<std::string>();
  changed[4] = changed[4] == 'A' ? 'B' : 'A';
  constexpr std::string_view work = "it asks for more work than a key of cosign does (scrypt N 32768, 65536 or 131072, r 8, p 1)";
  constexpr std::string_view lengths = "its salt, nonce or text has another length";
  struct Row {
    std::string_view summary;
    std::string text;
    Kind kind;
    std::string_view cause;
  };
  const Row rows[] = {
      {"a changed byte", with("/ciphertext", changed), Kind::Denied, "the password does not open it"},
      {"no JSON", "{", Kind::Invalid, ""},
      {"a list", "[]", Kind::Corrupt, "what it holds is no object of JSON"},
      {"an empty object", "{}", Kind::Corrupt, "it has no object 'kdf'"},
      {"another derivation", with("/kdf/name", "argon2"), Kind::Invalid, "it is encrypted otherwise than with scrypt and nacl/secretbox"},
      {"another cipher", with("/cipher/name", "aes"), Kind::Invalid, "it is encrypted otherwise than with scrypt and nacl/secretbox"},
      {"a terabyte", with("/kdf/params/N", 1LL << 40), Kind::Invalid, work},
      {"wide blocks", with("/kdf/params/r", 1 << 20), Kind::Invalid, work},
      {"work for years", with("/kdf/params/p", 1 << 29), Kind::Invalid, work},
      {"almost none", with("/kdf/params/N", 2), Kind::Invalid, work},
      {"no power of two", with("/kdf/params/N", 65535), Kind::Invalid, work},
      {"negative", with("/kdf/params/N", -65536), Kind::Invalid, work},
      {"a short nonce", with("/cipher/nonce", "AAAA"), Kind::Corrupt, lengths},
      {"no text", with("/ciphertext", ""), Kind::Corrupt, lengths},
      {"a number for a text", with("/ciphertext", 3), Kind::Corrupt, ""},
      {"no base64", with("/kdf/salt", "?"), Kind::Corrupt, ""},
  };
  for (const Row& row : rows) {
    const auto begin = std::chrono::steady_clock::now();
    const auto open = open_box(row.text, "password");
    ASSERT_FALSE(open) << row.summary;
    EXPECT_TRUE(row.cause.empty() || open.error().message == row.cause) << row.summary << ": " << open.error().message;
    EXPECT_EQ(open.error().kind, row.kind) << row.summary;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::trust
