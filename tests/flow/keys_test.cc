// `ashlar keys`: key files that cosign and OpenSSL open, and that open theirs; a token's keys; the keyring.
#include <sys/stat.h>

#include <cstdlib>

#include <fmt/format.h>

#include "stage.h"

namespace ashlar::flow {
namespace {

class KeysFlow : public ::testing::Test {
 protected:
  Ran keys(Words more) const { return more.insert(more.begin(), "keys"), stage.ashlar(more); }
  /// With a shell, so that a descriptor can be given.
  Ran shell(const std::string& line) const { return stage.run({"bash", "-c", line}); }
  mode_t mode(const std::string& path) const {
    struct stat found {};
    return ::stat((stage.folder() / path).c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }
  Stage stage;
};

/// The program, also from where `go install` puts it.
std::optional<std::string> cosign() {
  if (const auto found = program("cosign")) return found;
  const char* const home = std::getenv("HOME");
  const std::string path = std::string(home == nullptr ? "" : home) + "/go/bin/cosign";
  return host::machine_files()->exists(path) ? std::optional(path) : std::nullopt;
}

TEST_F(KeysFlow, a_new_key_is_for_its_owner_alone_and_replaces_none) {
  stage.environment["ASHLAR_KEY_PASSWORD"] = "secret";
  const Ran made = keys({"generate", "--output-prefix", "k/release"});
  ASSERT_EQ(made.code, 0) << made.told;
  EXPECT_EQ(mode("k/release.key"), 0600U);
  EXPECT_EQ(mode("k/release.pub"), 0644U);
  const std::string before = stage.read("k/release.key"), pub = stage.read("k/release.pub");
  EXPECT_TRUE(before.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n")) << before;
  const Ran again = keys({"generate", "--output-prefix", "k/release"});
  EXPECT_EQ(again.code, 2) << again.told;
  EXPECT_NE(again.err.find("(--force replaces it)"), std::string::npos) << again.told;
  EXPECT_EQ(stage.read("k/release.key"), before);
  EXPECT_EQ(keys({"export", "k/release.key"}).out, pub);
  EXPECT_EQ(keys({"generate", "--output-prefix", "k/release", "--force"}).code, 0);
  EXPECT_NE(stage.read("k/release.key"), before);
  EXPECT_EQ(mode("k/release.key"), 0600U);
}

TEST_F(KeysFlow, every_type_and_layout_is_made_and_told) {
  for (const std::string type : {"ecdsa-p256", "ecdsa-p384", "ed25519"}) {
    for (const std::string layout : {"cosign", "pkcs8"}) {
      const std::string name = type + "-" + layout;
      const Json made = stage.json({"keys", "generate", "--type", type, "--layout", layout, "--no-password", "--output-prefix", name});
      EXPECT_EQ(misfit(made, Json{{"schema", ""}, {"private_key", ""}, {"public_key", ""}, {"type", ""}, {"layout", ""}, {"encrypted", false}, {"digest", ""}}), "") << name;
      stage.environment["ASHLAR_KEY_PASSWORD"] = "";  // cosign's file has the empty one
      const Json told = stage.json({"keys", "export", name + ".key"});
      stage.environment.erase("ASHLAR_KEY_PASSWORD");
      EXPECT_EQ(told["type"], type) << name;
      EXPECT_EQ(told["digest"], made["digest"]) << name;
      EXPECT_EQ(told["key"], stage.read(name + ".pub")) << name;
    }
  }
}

TEST_F(KeysFlow, passwords_come_from_descriptors_and_wrong_ones_say_what_to_do) {
  const Ran none = keys({"generate"});
  EXPECT_EQ(none.code, 2) << none.told;
  EXPECT_NE(none.err.find("no password is given: in ASHLAR_KEY_PASSWORD, by --password-fd, or at a terminal (--no-password makes a key without one)"), std::string::npos) << none.told;
  EXPECT_FALSE(stage.exists("ashlar.key"));
  const std::string program = shell_word(program_under_test());
  ASSERT_EQ(shell(program + " keys generate --password-fd 3 3<<<secret").code, 0);
  EXPECT_EQ(shell(program + " keys export ashlar.key --password-fd 4 4<<<secret").out, stage.read("ashlar.pub"));
  const Ran wrong = shell(program + " keys export ashlar.key --password-fd 3 3<<<wrong");
  EXPECT_EQ(wrong.code, 2) << wrong.told;
  EXPECT_NE(wrong.err.find("error: cannot open key 'ashlar.key': the password of descriptor 3 does not open it"), std::string::npos) << wrong.told;
  const Ran shut = keys({"export", "ashlar.key"});
  EXPECT_EQ(shut.code, 2) << shut.told;
  EXPECT_NE(shut.err.find("it is encrypted: give the password in ASHLAR_KEY_PASSWORD, by --password-fd, or at a terminal"), std::string::npos) << shut.told;
}

TEST_F(KeysFlow, what_is_asked_wrongly_is_refused) {
  struct Row {
    std::string_view summary;
    Words words;
    std::string_view message;
  };
  const Row rows[] = {
      {"another action", {"make"}, "the actions are generate, list, export, add and revoke"},
      {"another type", {"generate", "--type", "rsa"}, "'rsa' is none of ecdsa-p256, ecdsa-p384 and ed25519"},
      {"another layout", {"generate", "--layout", "ssh"}, "its layout is cosign or pkcs8, not 'ssh'"},
      {"too much", {"generate", "x"}, "it takes no 'x'"},
      {"no key", {"export"}, "the key is missing"},
      {"no file", {"export", "none.key"}, "no such file"},
      {"no name", {"add", "x.pub"}, "it has no name (--name)"},
      {"nothing to revoke", {"revoke", "x", "--reason", "y"}, "has no such key; it has none"},
      {"a password in the arguments", {"generate", "--password", "secret"}, "--password"},
  };
  for (const Row& row : rows) {
    const Ran ran = keys(row.words);
    EXPECT_EQ(ran.code, 2) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.message), std::string::npos) << row.summary << ran.told;
  }
}

TEST_F(KeysFlow, the_keyring_is_rotated_and_revoked) {
  stage.write("ashlar.yaml", "keys:\n  keyring: trust/ring.yaml\n");
  stage.write("trust/ring.yaml", "# who may sign\n");
  for (const std::string name : {"old", "new"}) ASSERT_EQ(keys({"generate", "--no-password", "--layout", "pkcs8", "--output-prefix", name}).code, 0);
  ASSERT_EQ(keys({"add", "old.pub", "--name", "2025", "--until", "2026-01-01"}).code, 0);
  const Ran added = keys({"add", "new.key", "--name", "2026", "--from", "2025-12-01", "--until", "36500d"});
  ASSERT_EQ(added.code, 0) << added.told;
  const auto standings = [&] {
    std::string out;
    const Json told = stage.json({"keys"});
    for (const Json& each : told["keys"]) out += each["name"].get<std::string>() + " " + each["standing"].get<std::string>() + "\n";
    return out;
  };
  EXPECT_EQ(standings(), "2025 expired\n2026 valid\n");
  EXPECT_EQ(keys({"add", "new.pub", "--name", "again"}).code, 2) << "a key is there once";
  const Ran revoked = keys({"revoke", "2026", "--from", "2026-02-01", "--reason", "the laptop was lost"});
  ASSERT_EQ(revoked.code, 0) << revoked.told;
  EXPECT_NE(revoked.out.find("is revoked from 2026-02-01 on: the laptop was lost"), std::string::npos) << revoked.told;
  EXPECT_EQ(standings(), "2025 expired\n2026 revoked\n");
  EXPECT_TRUE(stage.read("trust/ring.yaml").starts_with("# who may sign\n"));
  const Ran later = keys({"revoke", "2026", "--reason", "again"});
  EXPECT_EQ(later.code, 2) << later.told;
  EXPECT_NE(later.err.find("only an earlier time takes that one's place"), std::string::npos) << later.told;
  const Ran earlier = keys({"revoke", "2026", "--from", "2026-01-15", "--reason", "it was lost before"});
  EXPECT_EQ(earlier.code, 0) << earlier.told;
  EXPECT_NE(earlier.out.find("is revoked from 2026-01-15 on: it was lost before (before that it was to be revoked from 2026-02-01T00:00:00Z on: the laptop was lost)"), std::string::npos) << earlier.told;
  const Ran table = keys({"list"});
  EXPECT_NE(table.out.find("the laptop was lost"), std::string::npos) << table.told;
  stage.write("keyring.yaml", stage.read("trust/ring.yaml"));
  EXPECT_EQ(stage.ashlar({"validate", "keyring.yaml"}).code, 0);
  stage.write("keyring.yaml", "keys:\n  - nam: x\n");
  const Ran invalid = stage.ashlar({"validate", "keyring.yaml"});
  EXPECT_EQ(invalid.code, 2) << invalid.told;
  EXPECT_NE((invalid.out + invalid.err).find("unknown key 'nam'"), std::string::npos) << invalid.told;
}

TEST_F(KeysFlow, the_page_about_keyrings_shows_a_valid_one) {
  const std::string page = stage.read(host::Path(ASHLAR_SOURCE_DIR) / "docs/formats/keyring.md");
  const size_t begin = page.find("```yaml\n") + 8;
  stage.write("keyring.yaml", page.substr(begin, page.find("```\n", begin) - begin));
  ASSERT_EQ(keys({"generate", "--no-password", "--layout", "pkcs8", "--output-prefix", "keys/release-2025"}).code, 0);
  const Ran valid = stage.ashlar({"validate", "keyring.yaml"});
  EXPECT_EQ(valid.code, 0) << valid.told;
  const Json told = stage.json({"keys"});
  EXPECT_NE(page.find(told["keys"][1]["rule"].get<std::string>()), std::string::npos) << "the page has the words of the rule: " << told["keys"][1]["rule"];
}

TEST_F(KeysFlow, openssl_reads_what_we_write) {
  ASHLAR_NEED("openssl");
  stage.environment["ASHLAR_KEY_PASSWORD"] = "secret";
  for (const std::string type : {"ecdsa-p256", "ecdsa-p384", "ed25519"}) {
    ASSERT_EQ(keys({"generate", "--type", type, "--layout", "pkcs8", "--output-prefix", type}).code, 0);
    const Ran theirs = stage.run({"openssl", "pkey", "-in", type + ".key", "-passin", "pass:secret", "-pubout"});
    EXPECT_EQ(theirs.out, stage.read(type + ".pub")) << theirs.told;
    EXPECT_NE(stage.run({"openssl", "pkey", "-in", type + ".key", "-passin", "pass:wrong", "-pubout"}).code, 0) << type;
  }
}

TEST_F(KeysFlow, we_read_what_openssl_writes) {
  ASHLAR_NEED("openssl");
  stage.environment["ASHLAR_KEY_PASSWORD"] = "secret";
  struct Row {
    std::string_view summary, make;
  };
  const Row rows[] = {
      {"SEC 1 behind its parameters", "openssl ecparam -name prime256v1 -genkey -out a.key"},
      {"SEC 1, encrypted", "openssl ecparam -name secp384r1 -genkey -noout | openssl ec -aes256 -passout pass:secret -out a.key"},
      {"PKCS #8", "openssl genpkey -algorithm ED25519 -out a.key"},
      {"PKCS #8, PBKDF2", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass pass:secret -out a.key"},
      {"PKCS #8, scrypt", "openssl genpkey -algorithm ED25519 | openssl pkcs8 -topk8 -scrypt -passout pass:secret -out a.key"},
      {"PKCS #8, PBES1", "openssl genpkey -algorithm ED25519 | openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -passout pass:secret -out a.key"},
  };
  for (const Row& row : rows) {
    const Ran made = shell(std::string(row.make));
    ASSERT_EQ(made.code, 0) << row.summary << made.told;
    const Ran theirs = stage.run({"openssl", "pkey", "-in", "a.key", "-passin", "pass:secret", "-pubout"}), ours = keys({"export", "a.key"});
    EXPECT_EQ(ours.code, 0) << row.summary << ours.told;
    EXPECT_EQ(ours.out, theirs.out) << row.summary << ours.told;
  }
  // A hostile file: more rounds than anybody waits for.
  ASSERT_EQ(shell("openssl genpkey -algorithm ED25519 -out b.key; openssl pkcs8 -topk8 -in b.key -passout pass:secret -iter 20000000 -out a.key").code, 0);
  const Ran heavy = keys({"export", "a.key"});
  EXPECT_EQ(heavy.code, 2) << heavy.told;
  EXPECT_NE(heavy.err.find("takes more than 10 million rounds to open"), std::string::npos) << heavy.told;
}

TEST_F(KeysFlow, cosign_opens_our_key_and_we_open_its) {
  const auto peer = cosign();
  if (!peer) GTEST_SKIP() << "this machine has no cosign";
  stage.environment["COSIGN_PASSWORD"] = "a pass word";
  stage.write("message", "hello\n");
  const Ran made = stage.run({*peer, "generate-key-pair"});
  ASSERT_EQ(made.code, 0) << made.told;
  EXPECT_EQ(keys({"export", "cosign.key"}).out, stage.read("cosign.pub"));
  ASSERT_EQ(keys({"generate"}).code, 0);
  const Ran theirs = stage.run({*peer, "sign-blob", "--key", "ashlar.key", "--tlog-upload=false", "--output-signature", "message.sig", "--yes", "message"});
  EXPECT_EQ(theirs.code, 0) << theirs.told;
  const Ran verified = stage.run({*peer, "verify-blob", "--key", "ashlar.pub", "--insecure-ignore-tlog", "--signature", "message.sig", "message"});
  EXPECT_EQ(verified.code, 0) << verified.told;
}

TEST_F(KeysFlow, a_token_gives_its_public_key) {
  ASHLAR_NEED("softhsm2-util");
  ASHLAR_NEED("pkcs11-tool");
  constexpr const char* module = "/usr/lib/softhsm/libsofthsm2.so";
  stage.write("hsm.conf", fmt::format("directories.tokendir = {}\nobjectstore.backend = file\n", (stage.folder() / "tokens").string()));
  ASSERT_EQ(stage.run({"mkdir", "tokens"}).code, 0);
  stage.environment["SOFTHSM2_CONF"] = (stage.folder() / "hsm.conf").string();
  ASSERT_EQ(stage.run({"softhsm2-util", "--init-token", "--free", "--label", "release", "--pin", "1234", "--so-pin", "4321"}).code, 0);
  ASSERT_EQ(stage.run({"pkcs11-tool", "--module", module, "--token-label", "release", "--login", "--pin", "1234", "--keypairgen", "--key-type", "EC:prime256v1", "--label", "image", "--id", "01"}).code, 0);
  stage.write("ashlar.yaml", fmt::format("keys: {{pkcs11-module: {}}}\n", module));
  const Ran told = keys({"export", "pkcs11:token=release;object=image"});
  ASSERT_EQ(told.code, 0) << told.told;
  EXPECT_TRUE(told.out.starts_with("-----BEGIN PUBLIC KEY-----\n")) << told.told;
  ASSERT_EQ(keys({"add", "pkcs11:token=release;object=image", "--name", "hsm"}).code, 0);
  EXPECT_EQ(stage.json({"keys"})["keys"][0]["standing"], "valid");
  const Ran none = keys({"export", "pkcs11:token=other;object=image"});
  EXPECT_EQ(none.code, 2) << none.told;
  EXPECT_NE(none.err.find("none is so named; those there are: 'release'"), std::string::npos) << none.told;
}

}  // namespace
}  // namespace ashlar::flow
