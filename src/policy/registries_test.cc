#include "policy/registries.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "policy/vendors.h"

namespace ashlar::policy {
namespace {

std::string shipped(const char* name) {
  std::ifstream file(std::string(ASHLAR_SOURCE_DIR) + "/policies/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Registries, TwoSpellingsOfOneImageAreOne) {
  const auto read = read_registries("host: registry.example\nsingle: library\nalso: [index, one]\n", "r.yaml");
  ASSERT_TRUE(read) << read.error().message;
  const std::pair<const char*, const char*> rows[] = {
      {"nginx", "registry.example/library/nginx"},
      {"library/nginx", "registry.example/library/nginx"},
      {"registry.example/nginx", "registry.example/library/nginx"},
      {"registry.example/library/nginx", "registry.example/library/nginx"},
      {"index.registry.example/library/nginx", "registry.example/library/nginx"},
      {"one.registry.example/nginx", "registry.example/library/nginx"},
      {"two.registry.example/nginx", "two.registry.example/nginx"},
      {"bitnami/nginx", "registry.example/bitnami/nginx"},
      {"a/b/c", "registry.example/a/b/c"},
      {"other.example/nginx", "other.example/nginx"},
      {"other.example:5000/nginx", "other.example:5000/nginx"},
      {"localhost/nginx", "localhost/nginx"},
      {"localhost:5000/team/nginx", "localhost:5000/team/nginx"},
      {"REGISTRY.example/nginx", "registry.example/library/nginx"},
      {"registry.example./nginx", "registry.example/library/nginx"},
      {"registry.example:443/nginx", "registry.example/library/nginx"},
      {"Other.Example.:443/a/b", "other.example/a/b"},
      {"other.example:4430/nginx", "other.example:4430/nginx"},
      {"host/nginx", "registry.example/host/nginx"},
  };
  for (const auto& [name, full] : rows) {
    EXPECT_EQ(full_name(*read, name), full) << name;
    EXPECT_EQ(full_name(*read, full), full) << "what is full stays: " << full;
  }
}

TEST(Registries, AFirstWordInCapitalsIsAHostAsForClients) {
  const auto read = read_registries("host: registry.example\nsingle: library\n", "r.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(full_name(*read, "Foo/nginx"), "foo/nginx");
}

TEST(Registries, WithoutAHostNamesStay) {
  const Registries none;
  for (const char* name : {"nginx", "library/nginx", "other.example/nginx"}) EXPECT_EQ(full_name(none, name), name);
}

TEST(Registries, WhatShipsIsRead) {
  const auto read = read_registries(shipped("registries.yaml"), "registries.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->host.empty());
  EXPECT_FALSE(read->reached.empty() || read->login.empty()) << "by its own name it serves no images";
  EXPECT_EQ(full_name(*read, "nginx"), full_name(*read, "index." + read->host + "/library/nginx"));
}

TEST(Registries, EveryFaultHasItsPlace) {
  const std::pair<const char*, const char*> rows[] = {{"[]\n", "a mapping is expected here"}, {"hosts: x\n", "unknown key 'hosts'"}, {"host: []\n", "a text is expected here"}, {"also: {}\n", "a text, or a list of texts, is expected here"}};
  for (const auto& [text, says] : rows) {
    const auto read = read_registries(text, "r.yaml");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().message, "cannot read registries 'r.yaml': it has faults");
    EXPECT_NE(read.error().faults.at(0).message.find(says), std::string::npos) << read.error().faults[0].message;
  }
}

TEST(Vendors, WhatShipsIsReadAndProvedByAPreset) {
  const auto vendors = read_vendors(shipped("vendors.yaml"), "vendors.yaml");
  ASSERT_TRUE(vendors) << vendors.error().message;
  EXPECT_GE(vendors->size(), 4U);
  for (const Vendor& each : *vendors) {
    ASSERT_FALSE(each.policy.empty()) << each.name;
    EXPECT_FALSE(shipped(each.policy.c_str()).empty()) << each.name << ": its preset lies beside it";
    for (const std::string& glob : each.images) {
      // The first name that a glob fits is its own where the stars are taken as words.
      std::string name = glob;
      while (name.find("**") != std::string::npos) name.replace(name.find("**"), 2, "a/b");
      while (name.find('*') != std::string::npos) name.replace(name.find('*'), 1, "x");
      const Vendor* const found = vendor_of(*vendors, name);
      ASSERT_NE(found, nullptr) << name;
      EXPECT_EQ(found->name, each.name) << name;
    }
  }
  EXPECT_EQ(vendor_of(*vendors, "registry.example/dhi.io/python"), nullptr) << "a folder is no host";
}

TEST(Vendors, WhoRunsTheirImagesIsTheirWord) {
  struct Row { const char *summary, *repository, *tag; int root; };  ///< -1: nobody knows
  const Row rows[] = {
      {"hardened", "dhi.io/python", "3.13", 0},
      {"for building", "dhi.io/python", "3.13-debian13-dev", 1},
      {"for building, and not root", "dhi.io/sbx-templates", "shell", 0},
      {"what needs root", "dhi.io/tailscale", "1.102-compat", 1},
      {"of such, the one that does not", "dhi.io/cilium-envoy", "1.20", 0},
      {"no tag", "dhi.io/python", "", -1},
      {"an application's", "cgr.dev/chainguard/node", "latest-dev", 0},
      {"a bare base", "cgr.dev/chainguard/wolfi-base", "latest", 1},
      {"a customer's", "cgr.dev/team.example/python", "3", 0},
      {"root unless it says so", "gcr.io/distroless/static-debian12", "latest", 1},
      {"it says so", "gcr.io/distroless/cc-debian12", "debug-nonroot", 0},
      {"a vendor that does not say", "docker.io/bellsoft/hardened-base", "1", -1},
      {"nobody's", "registry.example/a", "1", -1},
  };
  const auto vendors = read_vendors(shipped("vendors.yaml"), "vendors.yaml");
  ASSERT_TRUE(vendors);
  for (const Row& row : rows) EXPECT_EQ(runs_as_root(*vendors, row.repository, row.tag).transform([](bool root) { return root ? 1 : 0; }).value_or(-1), row.root) << row.summary;
}

TEST(Vendors, TheFirstThatNamesARepositoryHasIt) {
  const auto vendors = read_vendors("vendors: [{name: a, images: registry.example/a/**}, {name: b, title: Bee, images: ['registry.example/**', other.example/b], policy: b.yaml}]\n", "v.yaml");
  ASSERT_TRUE(vendors);
  EXPECT_EQ(vendors->at(0).title, "a");
  EXPECT_EQ(vendors->at(1).title, "Bee");
  EXPECT_EQ(vendor_of(*vendors, "registry.example/a/x")->name, "a");
  EXPECT_EQ(vendor_of(*vendors, "registry.example/c/x")->name, "b");
  EXPECT_EQ(vendor_of(*vendors, "other.example/b")->name, "b");
  EXPECT_EQ(vendor_of(*vendors, "other.example/b/c"), nullptr);
}

TEST(Vendors, EveryFaultHasItsPlace) {
  const std::pair<const char*, const char*> rows[] = {
      {"{}\n", "'vendors' is missing"},
      {"vendors: a\n", "a list of vendors is expected here"},
      {"vendors: [{images: registry.example/a}]\n", "a vendor needs a 'name'"},
      {"vendors: [{name: a}]\n", "a vendor needs 'images'"},
      {"vendors: [{name: a, images: x/y, key: k}]\n", "unknown key 'key'"},
      {"vendors: [{name: a, images: x/y}, {name: a, images: x/z}]\n", "another vendor is named 'a'"},
      {"vendors: [{name: a, images: x/y, users: all}]\n", "a list of images and whether they run as root"},
      {"vendors: [{name: a, images: x/y, users: [{of: 'x/y:*'}]}]\n", "it says 'of' which images, and 'root'"},
      {"vendors: [{name: a, images: x/y, users: [{of: 'x/y:*', root: maybe}]}]\n", "maybe"},
  };
  for (const auto& [text, says] : rows) {
    const auto read = read_vendors(text, "v.yaml");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().message, "cannot read vendors 'v.yaml': it has faults");
    EXPECT_NE(read.error().faults.at(0).message.find(says), std::string::npos) << read.error().faults[0].message;
  }
}

}  // namespace
}  // namespace ashlar::policy
