// Tokens of SoftHSM, set up with the tools that people use: softhsm2-util and pkcs11-tool.
#include "trust/pkcs11.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "host/process.h"
#include "host/scratch.h"

namespace ashlar::trust {
namespace {

constexpr const char* module = "/usr/lib/softhsm/libsofthsm2.so";

bool ran(std::vector<std::string> argv) {
  host::Command command;
  command.argv = std::move(argv);
  const auto outcome = host::machine_processes()->run(command);
  return outcome && outcome->exit_code == 0;
}

/// Two tokens: `one` with a key of each kind, and two of one name; `two` with nothing.
class Tokens : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto processes = host::machine_processes();
    for (const char* tool : {"softhsm2-util", "pkcs11-tool"}) {
      if (!processes->find(tool)) return void(lacks = fmt::format("this machine has no '{}'", tool));
    }
    if (!host::machine_files()->exists(module)) return void(lacks = fmt::format("this machine has no '{}'", module));
    folder = new host::Scratch;
    const auto files = host::machine_files();
    ASSERT_TRUE(files->make_folders(*folder / "tokens"));
    ASSERT_TRUE(files->write(*folder / "conf", fmt::format("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", (*folder / "tokens").string())));
    ASSERT_TRUE(files->write(*folder / "pin", "1234\n"));
    ASSERT_EQ(::setenv("SOFTHSM2_CONF", (*folder / "conf").c_str(), 1), 0);
    for (const char* label : {"one", "two"}) ASSERT_TRUE(ran({"softhsm2-util", "--init-token", "--free", "--label", label, "--pin", "1234", "--so-pin", "4321"}));
    const auto make = [](const char* type, const char* label, const char* id, std::vector<std::string> more = {}) {
      std::vector<std::string> argv = {"pkcs11-tool", "--module", module, "--token-label", "one", "--login", "--pin", "1234", "--keypairgen", "--key-type", type, "--label", label, "--id", id};
      argv.insert(argv.end(), more.begin(), more.end());
      return ran(argv);
    };
    ASSERT_TRUE(make("EC:prime256v1", "p256", "01"));
    ASSERT_TRUE(make("EC:secp384r1", "p384", "02"));
    ASSERT_TRUE(make("EC:edwards25519", "ed", "03"));
    ASSERT_TRUE(make("rsa:2048", "rsa", "04"));
    ASSERT_TRUE(make("EC:prime256v1", "twin", "05"));
    ASSERT_TRUE(make("EC:prime256v1", "twin", "06"));
    ASSERT_TRUE(make("EC:prime256v1", "every time", "07", {"--always-auth"}));
  }
  static void TearDownTestSuite() {
    delete folder;
    folder = nullptr;
    ::unsetenv("SOFTHSM2_CONF");
  }
  void SetUp() override {
    if (!lacks.empty()) GTEST_SKIP() << lacks;
  }

  /// With this PIN, counting how often it is asked for.
  static TokenOptions with_pin(std::string_view pin, int* asked = nullptr) {
    return {module, [pin, asked](std::string_view, const std::string&) -> Result<Secret> {
              if (asked != nullptr) ++*asked;
              return Secret::copy_of(pin);
            }};
  }

  static host::Scratch* folder;
  static std::string lacks;
};
host::Scratch* Tokens::folder = nullptr;
std::string Tokens::lacks;

TEST_F(Tokens, SignWithKeysThatNeverLeaveThem) {
  struct Row {
    std::string_view summary, uri;
    Algorithm algorithm;
  };
  const Row rows[] = {
      {"P-256", "pkcs11:token=one;object=p256", Algorithm::EcdsaP256},
      {"P-384", "pkcs11:token=one;object=p384;type=private", Algorithm::EcdsaP384},
      {"Ed25519", "pkcs11:token=one;object=ed", Algorithm::Ed25519},
      {"by identifier", "pkcs11:token=one;id=%01", Algorithm::EcdsaP256},
      {"one of two of a name", "pkcs11:token=one;object=twin;id=%06", Algorithm::EcdsaP256},
      {"a key that wants its PIN each time", "pkcs11:token=one;object=every%20time", Algorithm::EcdsaP256},
  };
  for (const Row& row : rows) {
    int asked = 0;
    const auto key = open_token_key(row.uri, with_pin("1234", &asked));
    ASSERT_TRUE(key) << row.summary << ": " << key.error().message;
    EXPECT_EQ(key->algorithm(), row.algorithm) << row.summary;
    const auto open = PublicKey::parse(key->public_pem());
    ASSERT_TRUE(open) << row.summary;
    for (const std::string_view message : {"message", "", "another"}) {
      const auto signature = key->sign(message);
      ASSERT_TRUE(signature) << row.summary << ": " << signature.error().message;
      EXPECT_TRUE(open->verify(message, *signature)) << row.summary;
      EXPECT_FALSE(open->verify("massage", *signature)) << row.summary;
    }
    EXPECT_EQ(asked, 1) << row.summary << ": one session, one login";
    EXPECT_EQ(key->to_pkcs8("").error().message, "cannot write the key: it does not leave token 'one'") << row.summary;
    EXPECT_EQ(key->to_cosign("x").error().kind, Kind::Denied) << row.summary;
  }
}

TEST_F(Tokens, TheSamePublicKeyAsThePeersRead) {
  ASSERT_TRUE(ran({"pkcs11-tool", "--module", module, "--token-label", "one", "--read-object", "--type", "pubkey", "--id", "01", "--output-file", (*folder / "p256.der").string()}));
  const std::string der = host::machine_files()->read(*folder / "p256.der").value();
  const auto theirs = PublicKey::from_der(as_bytes(der));
  ASSERT_TRUE(theirs) << theirs.error().message;
  const auto ours = read_token_key("pkcs11:token=one;id=%01", {module, {}});
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_EQ(ours->pem(), theirs->pem());
}

TEST_F(Tokens, ThePublicKeyNeedsNoPin) {
  for (const std::string_view object : {"p256", "p384", "ed", "rsa"}) {
    const auto key = read_token_key(fmt::format("pkcs11:token=one;object={}", object), {module, {}});
    ASSERT_TRUE(key) << object << ": " << key.error().message;
  }
}

TEST_F(Tokens, NoPinIsSpentOnAPublicKeyThatIsNotThere) {
  int asked = 0;
  const auto none = read_token_key("pkcs11:token=one;object=none", with_pin("9999", &asked));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::NotFound);
  EXPECT_TRUE(none.error().message.starts_with("cannot find the public key in token 'one': none is so named; those there are: ")) << none.error().message;
  EXPECT_EQ(asked, 0);
  EXPECT_FALSE(read_token_key("pkcs11:token=two;object=none", with_pin("1234", &asked)));
  EXPECT_EQ(asked, 1) << "a token that shows nothing may hide it";
}

TEST_F(Tokens, ThePinComesFromWhereTheUriSays) {
  struct Row {
    std::string_view summary, uri, source;
    int asked;
  };
  const std::string source = (*folder / "pin").string();
  const std::string by_source = fmt::format("pkcs11:token=one;object=p256?pin-source=file:{}", source), wanted = "file:" + source;
  const std::string by_path = fmt::format("pkcs11:token=one;object=p256?module-path={}&pin-value=1234", module);
  const Row rows[] = {
      {"in the URI", "pkcs11:token=one;object=p256?pin-value=1234", "", 0},
      {"in a file that the URI names", by_source, wanted, 1},
      {"asked for", "pkcs11:token=one;object=p256", "", 1},
      {"the module in the URI, too", by_path, "", 0},
  };
  for (const Row& row : rows) {
    int asked = 0;
    const TokenOptions options{row.uri.find("module-path") == std::string_view::npos ? module : "/none.so", [&](std::string_view token, const std::string& named) -> Result<Secret> {
                                 ++asked;
                                 EXPECT_EQ(token, "one") << row.summary;
                                 EXPECT_EQ(named, row.source) << row.summary;
                                 return Secret::copy_of("1234");
                               }};
    const auto key = open_token_key(row.uri, options);
    ASSERT_TRUE(key) << row.summary << ": " << key.error().message;
    EXPECT_EQ(asked, row.asked) << row.summary;
  }
}

TEST_F(Tokens, WhatIsNotThereIsSaid) {
  struct Row {
    std::string_view summary, uri, pin;
    Kind kind;
    std::string_view message;
  };
  const Row rows[] = {
      {"another token", "pkcs11:token=three;object=p256", "1234", Kind::NotFound, "cannot find the token: none is so named; those there are: "},
      {"two tokens", "pkcs11:object=p256", "1234", Kind::Conflict, "cannot find the token: the URI means several; "},
      {"another key", "pkcs11:token=one;object=none", "1234", Kind::NotFound, "cannot find the private key in token 'one': none is so named; those there are: "},
      {"no key at all", "pkcs11:token=two;object=none", "1234", Kind::NotFound, "cannot find the private key in token 'two': none is so named; the token has none"},
      {"two keys of one name", "pkcs11:token=one;object=twin", "1234", Kind::Conflict, "cannot find the private key in token 'one': the URI means several: add object= or id=; "},
      {"a wrong PIN", "pkcs11:token=one;object=p256", "9999", Kind::Denied, "cannot log in to token 'one': the PIN is wrong"},
      {"a key of RSA", "pkcs11:token=one;object=rsa", "1234", Kind::Invalid, "cannot find the private key in token 'one': it is an RSA key: those are read for verifying alone"},
      {"no URI", "pkcs11:token=%zz", "1234", Kind::Invalid, "cannot read the URI of a key: "},
      {"a part that nobody knows", "pkcs11:token=one;colour=red", "1234", Kind::Invalid, "cannot read the URI of a key: it has a part that is not known"},
  };
  for (const Row& row : rows) {
    const auto key = open_token_key(row.uri, with_pin(row.pin));
    ASSERT_FALSE(key) << row.summary;
    EXPECT_EQ(key.error().kind, row.kind) << row.summary;
    EXPECT_TRUE(key.error().message.starts_with(row.message)) << row.summary << ": " << key.error().message;
  }
  const auto twins = open_token_key("pkcs11:token=one;object=twin", with_pin("1234"));
  EXPECT_NE(twins.error().message.find("'twin' (id 05)"), std::string::npos) << twins.error().message;
  ASSERT_TRUE(open_token_key("pkcs11:token=one;object=p256", with_pin("1234"))) << "a wrong PIN leaves nothing behind";
}

TEST_F(Tokens, SeveralThreadsSignWithOneKey) {
  const auto key = open_token_key("pkcs11:token=one;object=p256", with_pin("1234"));
  ASSERT_TRUE(key) << key.error().message;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&key, &good, number] {
      for (int turn = 0; turn < 25; ++turn) {
        const std::string message = fmt::format("{} {}", number, turn);
        const auto signature = key->sign(message);
        if (signature && key->public_key().verify(message, *signature)) ++good;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(good, 100);
}

TEST_F(Tokens, TwoKeysAreOpenAtOnce) {
  const auto one = open_token_key("pkcs11:token=one;object=p256", with_pin("1234"));
  auto other = open_token_key("pkcs11:token=one;object=p384", with_pin("1234"));
  ASSERT_TRUE(one && other);
  other = PrivateKey::generate(Algorithm::Ed25519);  // its session ends
  const auto signature = one->sign("message");
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(one->public_key().verify("message", *signature));
}

TEST(TokenUri, IsToldFromAPath) {
  EXPECT_TRUE(is_token_uri("pkcs11:token=one"));
  EXPECT_FALSE(is_token_uri("keys/pkcs11:x"));
  EXPECT_FALSE(is_token_uri("ashlar.key"));
}

TEST(TokenModule, OneThatIsNoneIsSaid) {
  const auto key = open_token_key("pkcs11:token=one", {"/nowhere/module.so", {}});
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().message, "cannot load module '/nowhere/module.so': it is no module of PKCS #11, or is not there");
  EXPECT_EQ(key.error().kind, Kind::Unavailable);
}

}  // namespace
}  // namespace ashlar::trust
