#include "pipeline/config.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "host/memory.h"
#include "pipeline/cache.h"

namespace ashlar::pipeline {
namespace {

TEST(Config, ReadsEveryKey) {
  const auto config = parse_config(R"(mirrors:
  debian: [http://one.example/debian/, file:///srv/debian]
  debian-security: http://one.example/security
keyrings: [keys/own.gpg, /etc/keys]
accept-keys: [0123 4567, ABCD]
cache: {max-size: 10GB, max-age: 30d}
keys: {keyring: trust/ring.yaml, pkcs11-module: /usr/lib/token.so}
trust:
  statements-by-manifest: true
  keys: [release.pub, /etc/keys/other.pub, "pkcs11:token=t1;object=p256"]
  root: trusted_root.json
  identities:
    - {name: release@example.org, issuer: "https://accounts.example.org"}
    - {name-expression: "https://ci.example.org/team/.*", issuer-expression: "https://.*"}
forge:
  tickets: {kind: gitlab, url: https://forge.example/api/v4, project: a/b/c, token: {file: token}, labels: [security]}
distributions:
  stone-1:
    id: stone
    release: "1"
    codename: stone
    components: [main, more]
    keyrings: [stone.gpg]
    archives:
      - {name: stone, suites: [stone, stone-updates]}
      - {name: stone-security, suites: [stone-security], security: true}
)", "/project/ashlar.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->mirrors.at("debian"), (std::vector<std::string>{"http://one.example/debian", "file:///srv/debian"}));
  EXPECT_EQ(config->mirrors.at("debian-security"), std::vector<std::string>{"http://one.example/security"});
  EXPECT_EQ(config->keyrings, (std::vector<host::Path>{"/project/keys/own.gpg", "/etc/keys"}));
  EXPECT_EQ(config->accept_keys, (std::vector<std::string>{"0123 4567", "ABCD"}));
  EXPECT_EQ(config->cache.bytes, 10'000'000'000U);
  EXPECT_EQ(config->cache.age, 30 * 86400);
  EXPECT_EQ(config->keys.ring, "/project/trust/ring.yaml");
  EXPECT_EQ(config->keys.module, "/usr/lib/token.so");
  EXPECT_EQ(config->trust.keys, (std::vector<std::string>{"/project/release.pub", "/etc/keys/other.pub", "pkcs11:token=t1;object=p256"}));
  EXPECT_EQ(config->trust.root, "/project/trusted_root.json");
  EXPECT_TRUE(config->trust.statements_by_manifest);
  ASSERT_EQ(config->trust.identities.size(), 2U);
  EXPECT_EQ(config->trust.identities[0].name + " " + config->trust.identities[0].issuer, "release@example.org https://accounts.example.org");
  EXPECT_EQ(config->trust.identities[1].name_expression + " " + config->trust.identities[1].issuer_expression, "https://ci.example.org/team/.* https://.*");
  EXPECT_EQ(config->targets, (std::vector<forge::TargetSettings>{{"tickets", forge::TargetKind::GitLab, "https://forge.example/api/v4", "a/b/c", "", "/project/token", {"security"}}}));
  ASSERT_EQ(config->distributions.size(), 1U);
  EXPECT_EQ(config->distributions[0].name, "stone-1");
  ASSERT_EQ(config->distributions[0].parts.size(), 2U);
  EXPECT_TRUE(config->distributions[0].parts[1].security);
  EXPECT_EQ(config->files, std::vector<host::Path>{"/project/ashlar.yaml"});
}

TEST(Config, TheKeyringLiesBesideTheFile) { EXPECT_EQ(parse_config("mirrors: {}\n", "/project/ashlar.yaml")->keys.ring, "/project/keyring.yaml"); }

TEST(Config, AnEmptyFileSaysNothing) {
  for (const char* text : {"", "# nothing\n", "mirrors: {}\n", "---\n"}) {
    const auto config = parse_config(text, "ashlar.yaml");
    ASSERT_TRUE(config) << text;
    EXPECT_TRUE(config->mirrors.empty() && config->keyrings.empty() && config->distributions.empty() && !config->cache.bytes && !config->cache.age);
  }
}

TEST(Config, NamesEveryFaultAndItsPlace) {
  struct Row {
    std::string summary, text;
    int line;
    std::string says, hint;
  };
  const Row rows[] = {
      {"an unknown key", "keyrings: []\nmirors: {}\n", 2, "unknown key 'mirors'", "did you mean 'mirrors'?"},
      {"a list in the place of all", "- mirrors\n", 1, "a mapping is expected here", ""},
      {"an unknown key of keys", "keys:\n  ring: a.yaml\n", 2, "unknown key 'ring'", ""},
      {"a keyring that is a list", "keys:\n  keyring: [a]\n", 2, "the path of a file is expected here", ""},
      {"an unknown key of trust", "trust:\n  key: a.pub\n", 2, "unknown key 'key'", "did you mean 'keys'?"},
      {"a layout that is maybe believed", "trust:\n  statements-by-manifest: perhaps\n", 2, "'perhaps' is neither true nor false", ""},
      {"trust as a list", "trust: [a.pub]\n", 1, "a mapping is expected here", ""},
      {"trusted keys in a mapping", "trust:\n  keys: {a: b}\n", 2, "a list of texts is expected here", ""},
      {"a trusted key that is a list", "trust:\n  keys: [[a.pub]]\n", 2, "a text is expected here", ""},
      {"a root that is nothing", "trust:\n  root:\n", 2, "the path of a file is expected here", ""},
      {"several roots", "trust:\n  root: [a.json, b.json]\n", 2, "the path of a file is expected here", ""},
      {"identities as a text", "trust:\n  identities: release@example.org\n", 2, "a list of identities is expected here", "issuer: 'https://accounts.example.org'"},
      {"an identity that is a text", "trust:\n  identities: [release@example.org]\n", 2, "a mapping is expected here", ""},
      {"an unknown key of an identity", "trust:\n  identities:\n    - {nam: a, issuer: b}\n", 3, "unknown key 'nam'", "did you mean 'name'?"},
      {"an identity without a name", "trust:\n  identities:\n    - {issuer: b}\n", 3, "an identity has a 'name' or a 'name-expression'", ""},
      {"an identity with two names", "trust:\n  identities:\n    - {name: a, name-expression: a.*, issuer: b}\n", 3, "an identity has a 'name' or a 'name-expression'", ""},
      {"an identity for which nobody vouches", "trust:\n  identities:\n    - {name: a}\n", 3, "who vouches for the name", ""},
      {"an identity with two issuers", "trust:\n  identities:\n    - {name: a, issuer: b, issuer-expression: b.*}\n", 3, "an identity has an 'issuer' or an 'issuer-expression'", ""},
      {"mirrors as a text", "mirrors: http://one.example\n", 1, "a mapping is expected here", ""},
      {"a mirror that names nobody", "mirrors:\n  debian: 'http://'\n", 2, "'http://' is no address", "it begins with http://, https:// or file://"},
      {"a mirror that is no address", "mirrors:\n  debian: one.example/debian\n", 2, "'one.example/debian' is no address", "it begins with http://, https:// or file://"},
      {"mirrors in a mapping", "mirrors:\n  debian: {a: b}\n", 2, "a list of texts is expected here", ""},
      {"a keyring that is a list", "keyrings: [[a]]\n", 1, "a text is expected here", ""},
      {"a size without sense", "cache: {max-size: much}\n", 1, "cannot read size 'much'", ""},
      {"an age without sense", "cache:\n  max-age: 3 years\n", 2, "cannot read age '3 years'", ""},
      {"an unknown key of the cache", "cache: {max-sise: 1}\n", 1, "unknown key 'max-sise'", "did you mean 'max-size'?"},
      {"a distribution without anything", "distributions:\n  stone-1: {}\n", 2, "'id' is missing", ""},
      {"an unknown key of a distribution", "distributions:\n  s: {id: s, release: \"1\", codename: s, components: [main], keyrings: [k], archives: [{name: s, suites: [s]}], componets: [x]}\n", 2,
       "unknown key 'componets'", "did you mean 'components'?"},
      {"targets as a list", "forge: [a]\n", 1, "a mapping of targets by name is expected here", ""},
      {"a target in the clear", "forge:\n  a:\n    {kind: webhook, url: 'http://hooks.example/', secret: {env: S}}\n", 3, "is no address for a target", "https:// alone"},
      {"no YAML", "mirrors: [\n", 0, "", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto config = parse_config(row.text, "ashlar.yaml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().kind, Kind::Invalid);
    ASSERT_FALSE(config.error().faults.empty());
    const Fault& fault = config.error().faults[0];
    EXPECT_TRUE(row.line == 0 || fault.line == row.line) << fault.line;
    EXPECT_NE(fault.message.find(row.says), std::string::npos) << fault.message;
    EXPECT_NE(fault.hint.find(row.hint), std::string::npos) << fault.hint;
  }
  const auto two = parse_config("a: 1\nb: 2\n", "ashlar.yaml");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().faults.size(), 2U);
}

/// Trust is one thing: what a project says of it stands alone, and the user's own adds nobody to it.
TEST(Config, TheProjectsTrustStandsAlone) {
  struct Row { const char *summary, *project, *user, *keys; };
  const Row rows[] = {
      {"the project's alone", "trust: {keys: [/p.pub]}\n", "mirrors: {}\n", "/p.pub"},
      {"both", "trust: {keys: [/p.pub]}\n", "trust: {keys: [/u.pub]}\n", "/p.pub"},
      {"the project says something else of it", "trust: {root: /root.json}\n", "trust: {keys: [/u.pub]}\n", ""},
      {"the user's alone", "mirrors: {}\n", "trust: {keys: [/u.pub]}\n", "/u.pub"},
  };
  for (const Row& row : rows) {
    host::MemoryMachine machine;
    host::Folders folders;
    folders.config = "/home/u/.config/ashlar";
    ASSERT_TRUE(machine.files.write(std::filesystem::current_path() / "ashlar.yaml", row.project, host::Durability::Cache));
    ASSERT_TRUE(machine.files.write(folders.config / "config.yaml", row.user, host::Durability::Cache));
    const auto config = read_config(machine.machine, folders, "");
    ASSERT_TRUE(config) << row.summary << config.error().message;
    EXPECT_EQ(config->trust.keys.empty() ? "" : config->trust.keys[0], row.keys) << row.summary;
    EXPECT_LE(config->trust.keys.size(), 1U) << row.summary;
  }
}

TEST(Config, TheProjectGoesBeforeTheUser) {
  host::MemoryMachine machine;
  host::Folders folders;
  folders.config = "/home/u/.config/ashlar";
  const host::Path project = std::filesystem::current_path() / "ashlar.yaml";
  ASSERT_TRUE(machine.files.write(project, "mirrors: {debian: http://project.example}\nkeyrings: [a]\ncache: {max-size: 1GB}\naccept-keys: [AA]\n", host::Durability::Cache));
  ASSERT_TRUE(machine.files.write(folders.config / "config.yaml",
                                  "mirrors: {debian: http://user.example, debian-security: http://user.example/s}\nkeyrings: [b]\ncache: {max-size: 9GB, max-age: 2w}\naccept-keys: [BB]\n",
                                  host::Durability::Cache));
  const auto both = read_config(machine.machine, folders, "");
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->mirrors.at("debian"), std::vector<std::string>{"http://project.example"});
  EXPECT_EQ(both->mirrors.at("debian-security"), std::vector<std::string>{"http://user.example/s"});
  EXPECT_EQ(both->keyrings, (std::vector<host::Path>{project.parent_path() / "a", folders.config / "b"}));
  EXPECT_EQ(both->accept_keys, (std::vector<std::string>{"AA", "BB"}));
  EXPECT_EQ(both->cache.bytes, 1'000'000'000U);
  EXPECT_EQ(both->cache.age, 14 * 86400);
  EXPECT_EQ(both->files.size(), 2U);

  const auto one = read_config(machine.machine, folders, (folders.config / "config.yaml").string());
  ASSERT_TRUE(one);
  EXPECT_EQ(one->mirrors.at("debian"), std::vector<std::string>{"http://user.example"});
  EXPECT_EQ(one->files.size(), 1U);
  EXPECT_FALSE(read_config(machine.machine, folders, "/nowhere.yaml"));
}

/// Who names a file of decisions is told when it is not there; the first is where new ones go.
TEST(Config, DecisionsOfBothAddUp) {
  const std::string here = (std::filesystem::current_path() / "ashlar.yaml").string(), folder = std::filesystem::current_path().string(), own = "/home/u/.config/ashlar", user = own + "/config.yaml";
  struct Row { const char *summary, *project, *user; std::vector<DecisionsFile> files; };
  const Row rows[] = {
      {"neither is there", nullptr, nullptr, {{"exceptions.json", {}}}},
      {"the project's alone", "mirrors: {}\n", nullptr, {{folder + "/exceptions.json", {}}}},
      {"the user's alone", nullptr, "mirrors: {}\n", {{own + "/exceptions.json", {}}}},
      {"both say nothing", "mirrors: {}\n", "mirrors: {}\n", {{folder + "/exceptions.json", {}}, {own + "/exceptions.json", {}}}},
      {"the user names one", "mirrors: {}\n", "scan: {exceptions: /u.json}\n", {{folder + "/exceptions.json", {}}, {"/u.json", user}}},
      {"each names one", "scan: {exceptions: p.json}\n", "scan: {exceptions: u.json}\n", {{folder + "/p.json", here}, {own + "/u.json", user}}},
  };
  for (const Row& row : rows) {
    host::MemoryMachine machine;
    host::Folders folders;
    folders.config = own;
    for (const auto& [path, text] : {std::pair(here, row.project), {user, row.user}}) {
      if (text == nullptr) continue;
      ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache));
    }
    const auto config = read_config(machine.machine, folders, "");
    ASSERT_TRUE(config) << row.summary << config.error().message;
    EXPECT_EQ(config->scan.exceptions, row.files) << row.summary;
  }
}

TEST(Config, TargetsOfBothAddUp) {
  host::MemoryMachine machine;
  host::Folders folders;
  folders.config = "/home/u/.config/ashlar";
  ASSERT_TRUE(machine.files.write(std::filesystem::current_path() / "ashlar.yaml", "forge:\n  a: {kind: webhook, url: https://project.example/, secret: {env: S}}\n", host::Durability::Cache));
  ASSERT_TRUE(machine.files.write(folders.config / "config.yaml", "forge:\n  a: {kind: webhook, url: https://user.example/, secret: {env: S}}\n  b: {kind: webhook, url: https://user.example/, secret: {env: S}}\n", host::Durability::Cache));
  const auto both = read_config(machine.machine, folders, "");
  ASSERT_TRUE(both) << both.error().message;
  ASSERT_EQ(both->targets.size(), 2U);
  EXPECT_EQ(both->targets[0].url, "https://project.example/");
  EXPECT_EQ(both->targets[1].name, "b");
}

TEST(Config, NoFileIsAnEmptyOne) {
  host::MemoryMachine machine;
  const auto config = read_config(machine.machine, {}, "");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->files.empty());
}

}  // namespace
}  // namespace ashlar::pipeline
