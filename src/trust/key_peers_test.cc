// Our signatures held by OpenSSL's program and by cosign, and theirs by us.
#include <gtest/gtest.h>

#include <cstdlib>

#include "host/process.h"
#include "host/scratch.h"
#include "trust/key.h"

namespace ashlar::trust {
namespace {

class KeyPeers : public ::testing::Test {
 protected:
  KeyPeers() {
    put("message", message);
    put("other", "another text\n");
  }
  void put(const char* name, std::string_view content) { ASSERT_TRUE(files->write(folder / name, content)); }
  std::string read(const char* name) { return files->read(folder / name).value_or(""); }
  /// Runs a program in the folder, quietly; whether it ended well.
  bool runs(std::vector<std::string> argv) {
    host::Command command;
    command.argv = std::move(argv);
    command.folder = folder.path();
    const auto outcome = host::machine_processes()->run(command);
    if (outcome) told = outcome->err;
    return outcome && outcome->exit_code == 0;
  }
  /// A new key, as files `key` and `pub`, and its signature as `sig`.
  PrivateKey fresh(Algorithm algorithm) {
    auto key = PrivateKey::generate(algorithm).value();
    put("key", key.to_pkcs8("")->text());
    put("pub", key.public_pem());
    put("sig", key.sign(message).value());
    return key;
  }

  static constexpr std::string_view message = "a message of several words\n";
  const std::unique_ptr<host::Files> files = host::machine_files();
  const host::Scratch folder;
  std::string told;
};

TEST_F(KeyPeers, OpensslAndWeHoldEachOthersSignatures) {
  if (!host::machine_processes()->find("openssl")) GTEST_SKIP() << "this machine has no openssl";
  struct Row {
    std::string_view summary;
    Algorithm algorithm;
    std::vector<std::string> sign, verify;  ///< without the file that is signed
  };
  const Row rows[] = {
      {"P-256", Algorithm::EcdsaP256, {"dgst", "-sha256", "-sign", "key", "-out", "theirs"}, {"dgst", "-sha256", "-verify", "pub", "-signature", "sig"}},
      {"P-384", Algorithm::EcdsaP384, {"dgst", "-sha384", "-sign", "key", "-out", "theirs"}, {"dgst", "-sha384", "-verify", "pub", "-signature", "sig"}},
      {"Ed25519", Algorithm::Ed25519, {"pkeyutl", "-sign", "-rawin", "-inkey", "key", "-out", "theirs", "-in"}, {"pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "pub", "-sigfile", "sig", "-in"}},
  };
  const auto openssl = [&](std::vector<std::string> words, const char* file) {
    words.insert(words.begin(), "openssl");
    words.emplace_back(file);
    return runs(words);
  };
  for (const Row& row : rows) {
    const auto key = fresh(row.algorithm);
    EXPECT_TRUE(openssl(row.verify, "message")) << row.summary << ": " << told;
    EXPECT_FALSE(openssl(row.verify, "other")) << row.summary;
    ASSERT_TRUE(openssl(row.sign, "message")) << row.summary << ": " << told;
    EXPECT_TRUE(key.public_key().verify(message, read("theirs"))) << row.summary;
    EXPECT_FALSE(key.public_key().verify("another text\n", read("theirs"))) << row.summary;
  }
}

TEST_F(KeyPeers, CosignAndWeHoldEachOthersSignatures) {
  const char* const home = std::getenv("HOME");
  const std::string installed = std::string(home == nullptr ? "" : home) + "/go/bin/cosign";
  const std::string cosign = files->exists(installed) ? installed : "cosign";
  if (!host::machine_processes()->find(cosign)) GTEST_SKIP() << "this machine has no cosign";
  struct Row {
    std::string_view summary;
    Algorithm algorithm;
    std::vector<std::string> more;  ///< that cosign wants to be told when it verifies
  };
  const Row rows[] = {{"P-256", Algorithm::EcdsaP256, {}}, {"P-384", Algorithm::EcdsaP384, {"--signature-digest-algorithm", "sha384"}}};
  for (const Row& row : rows) {
    const auto key = fresh(row.algorithm);
    put("sig", to_base64(as_bytes(key.sign(message).value())));
    const auto verify = [&](const char* file) {
      std::vector<std::string> argv = {cosign, "verify-blob", "--key", "pub", "--insecure-ignore-tlog", "--signature", "sig", file};
      argv.insert(argv.end(), row.more.begin(), row.more.end());
      return runs(argv);
    };
    EXPECT_TRUE(verify("message")) << row.summary << ": " << told;
    EXPECT_FALSE(verify("other")) << row.summary;
    put("cosign.key", key.to_cosign("a pass word")->text());
    ASSERT_TRUE(runs({"env", "COSIGN_PASSWORD=a pass word", cosign, "sign-blob", "--key", "cosign.key", "--tlog-upload=false", "--output-signature", "theirs", "--yes", "message"})) << row.summary << ": " << told;
    const auto theirs = from_base64(read("theirs"));
    ASSERT_TRUE(theirs) << row.summary;
    EXPECT_TRUE(key.public_key().verify(message, as_text(*theirs))) << row.summary;
    EXPECT_FALSE(key.public_key().verify("another text\n", as_text(*theirs))) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::trust
