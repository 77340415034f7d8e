#include "pipeline/catalog.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "host/memory.h"
#include "pipeline/validation.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view head = "image: example/small\ndistribution: debian-13\nplatforms: [linux/amd64]\ncontents: {packages: [base-files]}\n";

class CatalogTest : public ::testing::Test {
 protected:
  void write(const std::string& path, std::string_view content) { ASSERT_TRUE(files.write(path, content, host::Durability::Cache)); }
  host::MemoryFiles files;
};

TEST_F(CatalogTest, ListsDefinitionsWithWhatIsKnownOfThem) {
  write("/c/small/1.2.yaml", std::string(head));
  write("/c/small/1.2-dev.yaml", std::string(head) + "variant: dev\n");
  write("/c/small/1.3-fpm.yaml", std::string(head) + "flavor: fpm\ndates: {end-of-life: \"2031-05-06\"}\n");
  write("/c/small/1.2.lock.json", "{}");
  write("/c/small/info.yaml", "name: Small\ndescription: A test\nlicense: MIT\nend-of-life: \"2030-01-02\"\nend-of-life-source: its makers\nsupport: for trusted input\n");
  write("/c/README.md", "text");
  const auto entries = read_catalog(files, "/c");
  ASSERT_TRUE(entries) << entries.error().message;
  std::string found;
  for (const CatalogEntry& entry : *entries) found += entry.name + " " + entry.version + " " + std::string(plan::to_string(entry.definition.variant)) + " " + entry.end_of_life + "\n";
  EXPECT_EQ(found, "small 1.2 dev 2030-01-02\nsmall 1.2 runtime 2030-01-02\nsmall 1.3 runtime 2031-05-06\n");
  EXPECT_EQ(entries->front().description, "A test");
  EXPECT_EQ(entries->front().license, "MIT");
  EXPECT_EQ(entries->front().end_of_life_source, "its makers");
  EXPECT_EQ(entries->front().support, "for trusted input");
}

TEST_F(CatalogTest, SaysWhatIsWrongWithAFolder) {
  EXPECT_FALSE(read_catalog(files, "/nowhere"));
  write("/c/small/1.yaml", std::string(head));
  const auto bare = read_catalog(files, "/c");
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().message, "cannot describe catalogue folder '/c/small': it has no info.yaml");
  write("/c/small/info.yaml", "a: [\n");
  EXPECT_FALSE(read_catalog(files, "/c"));
  write("/c/small/info.yaml", "name: Small\n");
  EXPECT_TRUE(read_catalog(files, "/c"));
  write("/c/small/2.yaml", "image: [\n");
  EXPECT_FALSE(read_catalog(files, "/c"));
}

TEST_F(CatalogTest, InfoFilesAreChecked) {
  struct Row {
    std::string summary, info, message, hint;
  };
  const Row rows[] = {
      {"a key that is nearly right", "licence: MIT\n", "unknown key 'licence'", "did you mean 'license'?"},
      {"a key that is like none", "colour: red\n", "unknown key 'colour'", "known here: name, description, license, home, end-of-life, end-of-life-source, support, migrate"},
      {"a list where a text belongs", "name: [a]\n", "'name' is a text", ""},
      {"a text where a list belongs", "migrate: none\n", "'migrate' is a list of texts", ""},
      {"lists within the list", "migrate: [[a]]\n", "'migrate' is a list of texts", ""},
      {"no mapping at all", "- a\n", "a mapping is expected", ""},
  };
  write("/c/small/1.yaml", std::string(head));
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    write("/c/small/info.yaml", row.info);
    const auto entries = read_catalog(files, "/c");
    ASSERT_FALSE(entries);
    EXPECT_EQ(entries.error().message, "cannot read '/c/small/info.yaml': " + row.message);
    ASSERT_EQ(entries.error().faults.size(), 1U);
    EXPECT_EQ(entries.error().faults[0].hint, row.hint);
    EXPECT_EQ(entries.error().faults[0].line, 1);
  }
  write("/c/small/info.yaml", "name: Small\nhome: https://small.example/\nsupport: none\nmigrate: [first, second]\n");
  const auto entries = read_catalog(files, "/c");
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ(entries->front().title, "Small");
  EXPECT_EQ(entries->front().home, "https://small.example/");
  EXPECT_EQ(entries->front().support, "none");
  EXPECT_EQ(entries->front().migrate, (std::vector<std::string>{"first", "second"}));
}

TEST_F(CatalogTest, LocksAndEffectsLieBesideDefinitions) {
  struct Row {
    std::string definition, lock, effects;
  };
  for (const Row& row : {Row{"a/x.yaml", "a/x.lock.json", "a/x.effects.json"}, {"3.13.yaml", "3.13.lock.json", "3.13.effects.json"}, {"/a.b/x.yml", "/a.b/x.lock.json", "/a.b/x.effects.json"}}) {
    EXPECT_EQ(lock_path(row.definition), row.lock);
    EXPECT_EQ(effects_path(row.definition), row.effects);
  }
}

TEST_F(CatalogTest, TheRootIsWhereTheSourcesAre) {
  struct Row {
    std::string summary;
    std::vector<std::string> files, sources;
    std::string root;  ///< empty: none
  };
  const Row rows[] = {
      {"without sources, its own folder", {}, {}, "/c/image/small"},
      {"beside the definition", {"/c/image/small/motd"}, {"motd"}, "/c/image/small"},
      {"at the root of the catalogue", {"/c/scripts/start.sh"}, {"scripts/start.sh"}, "/c"},
      {"the nearest that has all", {"/c/image/a", "/c/a", "/c/b"}, {"a", "b"}, "/c"},
      {"an absolute one lies in the image", {}, {"/etc/passwd"}, "/c/image/small"},
      {"nowhere", {"/c/a"}, {"a", "gone"}, ""},
      {"above the catalogue, which is not its own", {"/gone"}, {"gone"}, ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    host::MemoryFiles here;
    for (const std::string& path : row.files) ASSERT_TRUE(here.write(path, "x", host::Durability::Cache));
    plan::Definition definition;
    definition.path = "/c/image/small/1.yaml";
    for (const std::string& source : row.sources) {
      plan::PathRule rule;
      rule.type = plan::PathType::File;
      rule.path = "/x";
      rule.source = source;
      definition.paths.push_back(rule);
    }
    const auto root = catalog_root(here, definition);
    EXPECT_EQ(root.has_value(), !row.root.empty());
    if (root) {
      EXPECT_EQ(*root, row.root);
    } else {
      EXPECT_EQ(root.error().kind, Kind::NotFound);
      EXPECT_NE(root.error().message.find("gone"), std::string::npos);
    }
  }
}

TEST_F(CatalogTest, ADefinitionIsKnownByAllThatItTakes) {
  host::MemoryFiles here;
  const auto put = [&](const char* path, const char* text) { ASSERT_TRUE(here.write(path, text, host::Durability::Cache)); };
  plan::Definition definition;
  definition.path = "/c/image/small/1.yaml";
  definition.digest_hex = std::string(64, 'd');
  const auto identity = [&] { return definition_identity(here, definition).value_or("none"); };
  EXPECT_EQ(identity(), definition.digest_hex) << "it takes nothing";
  plan::PathRule rule;
  rule.type = plan::PathType::File, rule.path = "/etc/motd", rule.source = "motd";
  definition.paths = {rule};
  EXPECT_EQ(identity(), "none") << "what it takes is not there";
  put("/c/image/small/motd", "hello\n");
  std::set<std::string> seen = {definition.digest_hex, identity()};
  EXPECT_EQ(seen.size(), 2U);
  put("/c/image/small/other", "of no concern\n");
  EXPECT_FALSE(seen.insert(identity()).second);
  put("/c/image/small/motd", "good day\n");
  EXPECT_TRUE(seen.insert(identity()).second) << "another file";
  plan::RunTest test;
  test.files.resize(1);
  test.files[0].path = "/etc/test.conf", test.files[0].source = "test.conf";
  definition.tests = {test};
  put("/c/image/small/test.conf", "a\n");
  EXPECT_TRUE(seen.insert(identity()).second) << "of its tests, too";
  definition.digest_hex = std::string(64, 'e');
  EXPECT_TRUE(seen.insert(identity()).second) << "and what it says itself";
}

TEST_F(CatalogTest, ALinksTargetIsNoSource) {
  plan::Definition definition;
  definition.path = "/c/1.yaml";
  plan::PathRule rule;
  rule.type = plan::PathType::Symlink;
  rule.source = "python3.13";
  definition.paths = {rule};
  EXPECT_EQ(catalog_root(files, definition).value(), "/c");
}

TEST_F(CatalogTest, TheShippedOneIsWhole) {
  const auto real = host::machine_files();
  const auto entries = read_catalog(*real, host::Path(ASHLAR_SOURCE_DIR) / "catalog");
  ASSERT_TRUE(entries) << entries.error().message;
  std::map<std::string, int> runtime, dev;
  for (const CatalogEntry& entry : *entries) {
    SCOPED_TRACE(entry.path.string());
    EXPECT_FALSE(entry.description.empty());
    EXPECT_FALSE(entry.license.empty());
    EXPECT_FALSE(entry.end_of_life.empty());
    EXPECT_FALSE(entry.definition.tags.empty());
    EXPECT_EQ(entry.definition.platforms, (std::vector<std::string>{"linux/amd64", "linux/arm64"}));
    EXPECT_FALSE(entry.end_of_life_source.empty());
    EXPECT_FALSE(entry.definition.tests.empty()) << "nothing shows that it runs";
    ++(entry.definition.variant == plan::Variant::Dev ? dev : runtime)[entry.name];
  }
  for (const char* name : {"base", "bash", "bind9", "busybox", "curl", "git", "haproxy", "httpd", "mariadb", "memcached", "nginx", "node", "openjdk", "openssh-client", "perl", "php", "postgres", "python", "rabbitmq", "redis", "ruby", "squid",
                           "static", "tomcat", "unbound", "valkey", "varnish"}) {
    EXPECT_GE(runtime[name], 1) << name;
    EXPECT_GE(dev[name], 1) << name;
  }
  EXPECT_GE(dev["gcc"], 1);
}

TEST_F(CatalogTest, ValidationKnowsFilesByTheirNames) {
  write("/p/small.yaml", std::string(head));
  write("/p/deep/er/other.yml", std::string(head) + "colour: grey\n");
  write("/p/info.yaml", "not: a definition\n");
  write("/p/ashlar.yaml", "mirrors: {}\n");
  write("/p/x.lock.json", "{}");
  write("/p/fleet.yaml", "bogus: 1\n");
  write("/p/policy.yaml", "gate:\n  coverage: false\n");
  write("/p/.github/workflow.yaml", "on: push\n");
  write("/p/notes.txt", "");
  const auto found = validate(files, {"/p", "/p/ashlar.yaml", "/gone.yaml"});
  ASSERT_TRUE(found) << found.error().message;
  std::string told;
  for (const Validated& each : *found) told += each.path.string() + " " + each.kind + (each.error.message.empty() ? " well\n" : " ill\n");
  EXPECT_EQ(told, "/p/ashlar.yaml configuration well\n/p/deep/er/other.yml definition ill\n/p/fleet.yaml fleet ill\n/p/policy.yaml policy well\n/p/small.yaml definition well\n/p/x.lock.json lock ill\n/p/ashlar.yaml configuration well\n/gone.yaml  ill\n");
  EXPECT_EQ((*found)[1].error.faults.at(0).message, "unknown key 'colour'");
  write("/q/readme.txt", "");
  const auto none = validate(files, {"/q"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "cannot validate '/q': no definition, and no other file of ours, lies in this folder");
}

}  // namespace
}  // namespace ashlar::pipeline
