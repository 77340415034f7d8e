#include "trust/open_key.h"

#include <gtest/gtest.h>

#include "host/memory.h"

namespace ashlar::trust {
namespace {

class OpenKey : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    key = new PrivateKey(PrivateKey::generate(Algorithm::EcdsaP256).value());
    locked = key->to_pkcs8("secret")->text();
    cosign = key->to_cosign("")->text();
  }
  static void TearDownTestSuite() { delete key, key = nullptr; }
  OpenKey() {
    put("/k/plain.key", std::string(key->to_pkcs8("")->text()));
    put("/k/locked.key", locked);
    put("/k/cosign.key", cosign);
    put("/k/key.pub", key->public_pem());
    put("/k/text", "hello");
    put("/k/large", std::string((1 << 20) + 1, 'x'));
  }
  void put(const char* path, const std::string& text) { ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache)); }
  KeyAccess access(int descriptor = -1) { return {machine.machine, secrets, descriptor, {}}; }

  host::MemoryMachine machine;
  host::MemorySecrets secrets;
  static PrivateKey* key;
  static std::string locked, cosign;
};
PrivateKey* OpenKey::key = nullptr;
std::string OpenKey::locked, OpenKey::cosign;

TEST_F(OpenKey, ThePasswordComesFromWhereItShould) {
  struct Row {
    std::string_view summary, path;
    std::map<std::string, std::string> environment;
    std::map<int, std::string> descriptors;
    std::vector<std::string> typed;
    size_t asked;
    std::string_view cause;  ///< empty: it opens
  };
  const std::string_view none = "it is encrypted: give the password in ASHLAR_KEY_PASSWORD, by --password-fd, or at a terminal";
  const Row rows[] = {
      {"a key that is not encrypted asks for none", "/k/plain.key", {}, {}, {"secret"}, 0, ""},
      {"the environment", "/k/locked.key", {{"ASHLAR_KEY_PASSWORD", "secret"}}, {}, {}, 0, ""},
      {"that of cosign", "/k/locked.key", {{"COSIGN_PASSWORD", "secret"}}, {}, {}, 0, ""},
      {"ours goes before it", "/k/locked.key", {{"ASHLAR_KEY_PASSWORD", "secret"}, {"COSIGN_PASSWORD", "wrong"}}, {}, {}, 0, ""},
      {"a descriptor goes before both", "/k/locked.key", {{"ASHLAR_KEY_PASSWORD", "wrong"}}, {{5, "secret"}}, {}, 0, ""},
      {"the terminal", "/k/locked.key", {}, {}, {"secret"}, 1, ""},
      {"the terminal, at the third try", "/k/locked.key", {}, {}, {"a", "b", "secret"}, 3, ""},
      {"and no further", "/k/locked.key", {}, {}, {"a", "b", "c", "secret"}, 3, "the password does not open it"},
      {"the empty password that cosign allows", "/k/cosign.key", {{"COSIGN_PASSWORD", ""}}, {}, {}, 0, ""},
      {"that password is never asked for", "/k/cosign.key", {}, {}, {"secret"}, 0, ""},
      {"nowhere", "/k/locked.key", {}, {}, {}, 1, none},
      {"a wrong one of the environment", "/k/locked.key", {{"COSIGN_PASSWORD", "wrong"}}, {}, {"secret"}, 0, "the password of COSIGN_PASSWORD does not open it"},
      {"a wrong one of a descriptor", "/k/locked.key", {{"ASHLAR_KEY_PASSWORD", "secret"}}, {{5, "wrong"}}, {}, 0, "the password of descriptor 5 does not open it"},
      {"an empty one for a key that has one", "/k/locked.key", {{"ASHLAR_KEY_PASSWORD", ""}}, {}, {}, 0, "the password of ASHLAR_KEY_PASSWORD does not open it"},
      {"a public key", "/k/key.pub", {}, {}, {}, 0, "it is a public key: signing takes the private one"},
      {"a text", "/k/text", {}, {}, {}, 0, "it is no PEM private key"},
  };
  for (const Row& row : rows) {
    machine.environment = row.environment;
    secrets.descriptors = row.descriptors;
    secrets.typed = row.typed;
    secrets.prompts.clear();
    const auto opened = open_private_key(row.path, access(row.descriptors.empty() ? -1 : 5));
    EXPECT_EQ(secrets.prompts.size(), row.asked) << row.summary;
    if (row.cause.empty()) {
      ASSERT_TRUE(opened) << row.summary << ": " << opened.error().message;
      EXPECT_EQ(opened->public_pem(), key->public_pem()) << row.summary;
    } else {
      ASSERT_FALSE(opened) << row.summary;
      EXPECT_EQ(opened.error().message, "cannot open key '" + std::string(row.path) + "': " + std::string(row.cause)) << row.summary;
      EXPECT_EQ(opened.error().kind, Kind::Invalid) << row.summary;
      EXPECT_EQ(opened.error().message.find("secret"), std::string::npos) << row.summary;
    }
  }
}

TEST_F(OpenKey, FilesThatAreNotThereOrTooLarge) {
  EXPECT_EQ(open_private_key("/k/none", access()).error().kind, Kind::NotFound);
  EXPECT_EQ(open_private_key("/k/large", access()).error().message, "cannot read file '/k/large': it is larger than 1 MiB");
  EXPECT_EQ(open_private_key("/k/locked.key", access(9)).error().message, "cannot read the password from descriptor 9: that descriptor is not open");
}

TEST_F(OpenKey, ThePublicHalfOfAnyFile) {
  machine.environment = {{"ASHLAR_KEY_PASSWORD", "secret"}};
  for (const char* path : {"/k/plain.key", "/k/locked.key", "/k/key.pub"}) {
    const auto open = open_public_half(path, access());
    ASSERT_TRUE(open) << path << ": " << open.error().message;
    EXPECT_EQ(open->digest(), key->public_key().digest()) << path;
  }
  for (const auto open : {open_public_half, open_public_key}) EXPECT_EQ(open("/k/text", access()).error().message, "cannot open key '/k/text': cannot read public key: it is no PEM public key");
}

TEST_F(OpenKey, WhoVerifiesIsAskedForThePublicKeyAndForNoPassword) {
  put("/k/our team.key", locked);
  secrets.typed = {"secret"};
  machine.environment = {{"ASHLAR_KEY_PASSWORD", "secret"}};
  struct Row {
    std::string_view summary, path, cause;  ///< empty: it is taken
  };
  const Row rows[] = {
      {"a public key", "/k/key.pub", ""},
      {"a private key", "/k/plain.key", "it is a private key, and who verifies has the public one: `ashlar keys export /k/plain.key > /k/plain.pub` writes that"},
      {"one that is encrypted", "/k/locked.key", "it is a private key, and who verifies has the public one: `ashlar keys export /k/locked.key > /k/locked.pub` writes that"},
      {"cosign's", "/k/cosign.key", "it is a private key, and who verifies has the public one: `ashlar keys export /k/cosign.key > /k/cosign.pub` writes that"},
      {"a name with a blank", "/k/our team.key", "it is a private key, and who verifies has the public one: `ashlar keys export '/k/our team.key' > '/k/our team.pub'` writes that"},
  };
  for (const Row& row : rows) {
    const auto open = open_public_key(row.path, access());
    ASSERT_EQ(open.has_value(), row.cause.empty()) << row.summary;
    if (open) continue;
    EXPECT_EQ(open.error().message, "cannot open key '" + std::string(row.path) + "': " + std::string(row.cause)) << row.summary;
    EXPECT_EQ(open.error().kind, Kind::Invalid) << row.summary;
  }
  EXPECT_TRUE(secrets.prompts.empty());
}

TEST_F(OpenKey, ANewPasswordIsTypedTwiceAndIsNotEmpty) {
  struct Row {
    std::string_view summary;
    std::map<std::string, std::string> environment;
    std::vector<std::string> typed;
    std::string_view password, cause;
  };
  const Row rows[] = {
      {"typed twice", {}, {"one", "one"}, "one", ""},
      {"typed otherwise", {}, {"one", "two"}, "", "the two are not the same"},
      {"empty", {}, {"", ""}, "", "the password is empty (--no-password makes a key without one)"},
      {"the environment", {{"COSIGN_PASSWORD", "one"}}, {}, "one", ""},
      {"an empty one there", {{"COSIGN_PASSWORD", ""}}, {}, "", "the password is empty (--no-password makes a key without one): that of COSIGN_PASSWORD"},
      {"nowhere", {}, {}, "", "no password is given: in ASHLAR_KEY_PASSWORD, by --password-fd, or at a terminal (--no-password makes a key without one)"},
  };
  for (const Row& row : rows) {
    machine.environment = row.environment;
    secrets.typed = row.typed;
    const auto password = new_password(access(), "a.key");
    ASSERT_EQ(password.has_value(), row.cause.empty()) << row.summary;
    if (password) {
      EXPECT_EQ(password->text(), row.password) << row.summary;
    } else {
      EXPECT_EQ(password.error().message, "cannot encrypt key 'a.key': " + std::string(row.cause)) << row.summary;
    }
  }
}

TEST_F(OpenKey, TheModuleOfATokenIsLookedForInTurn) {
  struct Row {
    std::string_view summary;
    std::map<std::string, std::string> environment;
    std::string configured;
    std::string_view tried;
  };
  const Row rows[] = {
      {"ours", {{"ASHLAR_PKCS11_MODULE", "/none/a.so"}, {"PKCS11_MODULE_PATH", "/none/b.so"}}, "/none/c.so", "/none/a.so"},
      {"the configuration's", {{"PKCS11_MODULE_PATH", "/none/b.so"}}, "/none/c.so", "/none/c.so"},
      {"everybody's", {{"PKCS11_MODULE_PATH", "/none/b.so"}, {"COSIGN_PKCS11_MODULE_PATH", "/none/d.so"}}, "", "/none/b.so"},
      {"cosign's", {{"COSIGN_PKCS11_MODULE_PATH", "/none/d.so"}}, "", "/none/d.so"},
  };
  for (const Row& row : rows) {
    machine.environment = row.environment;
    KeyAccess how = access();
    how.module = row.configured;
    const auto opened = open_private_key("pkcs11:token=x?pin-value=1234", how);
    ASSERT_FALSE(opened) << row.summary;
    EXPECT_EQ(opened.error().message, "cannot open key 'pkcs11:token=x?pin-value=...': cannot load module '" + std::string(row.tried) + "': it is no module of PKCS #11, or is not there") << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::trust
