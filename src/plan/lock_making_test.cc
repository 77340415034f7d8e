// What keeps a definition from being locked, and what stands in for other vendors' packages.
#include "plan/lock_making.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace ashlar::plan {
namespace {

constexpr const char* part = "certificates-bundle";

/// What an archive has here: a package with a stable update, one rebuilt, a compiler, and a part of a package.
std::vector<deb::Package> packages() {
  std::vector<deb::Package> out;
  const auto add = [&](const char* name, const char* version, const char* depends) {
    deb::Package& made = out.emplace_back();
    made.name = name, made.version = version, made.depends = depends;
    made.architecture = "amd64", made.priority = "optional";
  };
  add("certificates", "2025+deb13u1", "openssl");
  add("openssl", "3.5-1", "");
  add("shell", "5.2-1+b2", "");
  out.back().provides = "sh-shell";
  add("gcc", "14", "");
  add(part, "2025+deb13u1", "");
  return out;
}

Definition read(const std::string& contents, const std::string& variant = "runtime") {
  auto definition = read_definition("# syntax=registry.example/build:2-debian13\nname: App\nimage: registry.example/app\nvariant: " + variant + "\ntags: [\"1\"]\nplatforms: [linux/amd64]\ncontents:\n" + contents, "app.yaml");
  EXPECT_TRUE(definition) << definition.error().message;
  return definition ? std::move(*definition) : Definition{};
}

class LockMaking : public testing::Test {
 protected:
  std::vector<deb::Package> packages_ = packages();
  Universe universe_{packages_, "amd64"};
  std::vector<Offer> offers_ = {{"linux/amd64", "amd64", packages_, &universe_, {{"debian", "trixie", {"main"}, false, nullptr}}, {{part, "certificates"}}}};
};

TEST_F(LockMaking, SaysWhatLacks) {
  struct Row {
    const char* summary;
    std::string contents;
    bool only_distribution;
    std::optional<std::string> lacks;
  };
  const Row rows[] = {
      {"all is there", "  packages: [shell]\n", true, std::nullopt},
      {"a package lacks", "  packages: [other]\n", true, "not in the archives: other"},
      {"a misspelt one", "  packages: [opensls]\n", true, "not in the archives: opensls (did you mean 'openssl'?)"},
      {"a misspelt one with a pin", "  packages: [opensls=1]\n", true, "not in the archives: opensls (pinned 1, did you mean 'openssl'?)"},
      {"a virtual name with a pin", "  packages: [sh-shell=1]\n", true, "not in the archives: sh-shell (pinned 1, a virtual name, provided by shell)"},
      {"a pin to a vendor's rebuild is met by ours", "  packages: [shell=5.2-1+vendor3]\n", true, std::nullopt},
      {"but not beside the vendor's archive", "  packages: [shell=5.2-1+vendor3]\n", false, "not in the archives: shell (pinned 5.2-1+vendor3, there is 5.2-1+b2)"},
      {"nor one of another source", "  packages: [shell=5.3-1+vendor1]\n", true, "not in the archives: shell (pinned 5.3-1+vendor1, there is 5.2-1+b2)"},
      {"a plain pin is met to the letter", "  packages: [shell=5.2-1]\n", true, "not in the archives: shell (pinned 5.2-1, there is 5.2-1+b2)"},
      {"a stage needs its tools", "  packages: [shell]\n  builds:\n    - name: app\n      contents: {packages: [gcc, 'golang-9', '!perl']}\n", true, "toolchain not in the archives: golang-9"},
      {"a stage with its tools at hand", "  packages: [shell]\n  builds:\n    - name: app\n      contents: {packages: [gcc=12]}\n", true, std::nullopt},
      {"an artifact, without its digest", "  packages: [shell]\n  artifacts:\n    - name: registry.example/tool:1@sha256:00\n", true, "artifact of another registry: 'registry.example/tool:1'"},
      {"a stage that is built in an image", "  packages: [shell]\n  builds:\n    - name: app\n      uses: registry.example/go:1\n", true, "artifact of another registry: 'registry.example/go:1'"},
      {"a file for another platform needs no checksum here", "  packages: [shell]\n  files:\n    - {url: 'https://example.org/a', path: /a, platforms: [linux/arm64]}\n", true, std::nullopt},
      {"a file without one", "  packages: [shell]\n  files:\n    - {url: 'https://example.org/a', path: /a}\n", true, "file without a sha256 checksum: '/a'"},
  };
  for (const Row& row : rows) EXPECT_EQ(what_lacks(read(row.contents), offers_, row.only_distribution), row.lacks) << row.summary;
}

TEST_F(LockMaking, TakesPartsAndRebuilds) {
  struct Row {
    const char* summary;
    std::string contents, variant;
    std::vector<std::string> names;
    size_t notes, details;
  };
  const Row rows[] = {
      {"a part brings no dependencies, under the .deb's own name", std::string("  packages: [") + part + "]\n", "runtime", {"certificates"}, 0, 0},
      {"an image with apt takes the whole", std::string("  packages: [") + part + "]\n", "dev", {"certificates", "openssl"}, 0, 0},
      {"part and whole are one", std::string("  packages: [certificates, ") + part + "]\n", "runtime", {"certificates", "openssl"}, 0, 0},
      {"another vendor's pin is noted", "  packages: [shell=5.2-1+vendor3]\n", "runtime", {"shell"}, 1, 0},
      {"a provider of a virtual name is a detail", "  packages: [sh-shell]\n", "runtime", {"shell"}, 0, 1},
      {"an exclusion of nothing is noted", "  packages: [shell, '!opensls']\n", "runtime", {"shell"}, 1, 0},
      {"an exclusion of a virtual name is noted", "  packages: [gcc, '!sh-shell']\n", "runtime", {"gcc"}, 1, 0},
      {"what an exclusion keeps out is a detail", "  packages: [certificates, '!openssl', '!shell']\n", "runtime", {"certificates"}, 0, 1},
      {"a part that is not built yet is noted", "  packages: [shell]\n  builds:\n    - name: app\n", "runtime", {"shell"}, 1, 0},
  };
  for (const Row& row : rows) {
    const auto made = make_lock(read(row.contents, row.variant), offers_, nullptr, {}, {}, true);
    ASSERT_TRUE(made) << row.summary << ": " << made.error().message;
    std::vector<std::string> names;
    for (const LockedPackage& package : made->lock.platforms.at("linux/amd64").packages) names.push_back(package.name);
    EXPECT_EQ(names, row.names) << row.summary;
    EXPECT_EQ(made->notes.size(), row.notes) << row.summary;
    EXPECT_EQ(made->details.size(), row.details) << row.summary;
  }
}

TEST_F(LockMaking, NamesThePlatformsThatLack) {
  std::vector<deb::Package> fewer = packages_;
  std::erase_if(fewer, [](const deb::Package& each) { return each.name == "gcc"; });
  for (deb::Package& each : fewer) each.architecture = "arm64";
  const Universe universe(fewer, "arm64");
  std::vector<Offer> offers = offers_;
  offers.push_back({"linux/arm64", "arm64", fewer, &universe, offers_.front().archives, {}});
  struct Row {
    const char* summary;
    std::string contents;
    std::optional<std::string> lacks;
  };
  const Row rows[] = {
      {"both have it", "  packages: [shell]\n", std::nullopt},
      {"one has it not", "  packages: [gcc]\n", "not in the archives: gcc on linux/arm64"},
      {"no one has it", "  packages: [nobody]\n", "not in the archives: nobody"},
      {"a tool of two stages", "  packages: [shell]\n  builds:\n    - name: a\n      contents: {packages: [gcc]}\n    - name: b\n      contents: {packages: [gcc]}\n",
       "toolchain not in the archives: gcc on linux/arm64"},
      {"a file without a checksum for one", "  packages: [shell]\n  files:\n    - {url: 'https://example.org/a', path: /a, platforms: [linux/arm64]}\n",
       "file without a sha256 checksum: '/a' on linux/arm64"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(what_lacks(read(row.contents), offers, true), row.lacks) << row.summary;
  }
}

constexpr const char* whole = R"(distribution: debian-13
name: App
image: registry.example/app
variant: runtime
compression: gzip
tags: ["1"]
platforms: [linux/amd64, linux/arm64]
vars: {VERSION: "1"}
dates: {release: 2026-01-01}
contents:
  repositories: ["deb https://example.org/debian stable main"]
  keyring: ["https://example.org/key.asc"]
  packages: [shell, gcc, '!perl']
  files:
    - {url: 'https://example.org/a-${VERSION}', path: /opt/a, mode: "0644", uid: 0, if: 'target.arch == "amd64"', platforms: [linux/amd64], checksum: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}
  builds:
    - name: tool
      uses: registry.example/go:1
      contents: {packages: [golang]}
accounts: {run-as: app, users: [{name: app, uid: 1000, gid: 1000}], groups: [{name: app, gid: 1000}]}
environment: {A: b}
paths:
  - {type: directory, path: /data}
entrypoint: [/opt/a]
labels: {a: b}
)";

TEST(InputsDigest, KnowsWhatALockDependsOn) {
  struct Row {
    const char* summary;
    const char *from, *to;
    bool stale, stale_alone;  ///< also with --only-distribution
  };
  const Row rows[] = {
      {"nothing", "name: App", "name: App", false, false},
      {"the distribution", "debian-13", "debian-12", true, true},
      {"the image's name, which the lock holds", "registry.example/app", "registry.example/other", true, true},
      {"the variant: a -dev image takes whole packages for parts", "variant: runtime", "variant: dev", true, true},
      {"the codec, which the lock's encoder follows", "compression: gzip", "compression: zstd", true, true},
      {"a platform less", "[linux/amd64, linux/arm64]", "[linux/amd64]", true, true},
      {"a repository", "/debian stable", "/debian testing", true, false},
      {"a keyring", "key.asc", "other.asc", true, false},
      {"a package more", "[shell, ", "[shell, zlib1g, ", true, true},
      {"the order of packages: the first has its way", "[shell, gcc", "[gcc, shell", true, true},
      {"a pin", "gcc,", "gcc=14,", true, true},
      {"an exclusion", "'!perl'", "perl", true, true},
      {"a file's address", "org/a-", "org/b-", true, true},
      {"a variable in it", "VERSION: \"1\"", "VERSION: \"2\"", true, true},
      {"a file's path", "path: /opt/a,", "path: /opt/b,", true, true},
      {"a file's checksum", "e3b0c442", "e3b0c443", true, true},
      {"a file's platforms", "platforms: [linux/amd64],", "", true, true},
      {"a file's condition", "target.arch == \"amd64\"", "target.arch == \"arm64\"", true, true},
      {"what a stage is built with", "[golang]", "[golang, make]", true, true},
      {"what a stage is built in", "go:1", "go:2", true, true},
      {"a file's mode", "0644", "0755", false, false},
      {"a file's owner", "uid: 0,", "uid: 7,", false, false},
      {"accounts", "uid: 1000", "uid: 1001", false, false},
      {"the environment", "{A: b}", "{A: c}", false, false},
      {"paths", "path: /data", "path: /dat", false, false},
      {"the entrypoint", "entrypoint: [/opt/a]", "entrypoint: [/opt/b]", false, false},
      {"labels", "{a: b}", "{a: c}", false, false},
      {"tags", "tags: [\"1\"]", "tags: [\"2\"]", false, false},
      {"dates", "2026-01-01", "2026-01-02", false, false},
  };
  const auto before = read_definition(whole, "app.yaml");
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_NE(inputs_digest(*before, true), inputs_digest(*before, false));
  for (const Row& row : rows) {
    std::string text = whole;
    const size_t at = text.find(row.from);
    ASSERT_NE(at, std::string::npos) << row.summary;
    const auto after = read_definition(text.replace(at, std::string_view(row.from).size(), row.to), "app.yaml");
    ASSERT_TRUE(after) << row.summary << ": " << after.error().message << (after.error().faults.empty() ? "" : to_string(after.error().faults.front()));
    EXPECT_EQ(inputs_digest(*before, false) != inputs_digest(*after, false), row.stale) << row.summary;
    EXPECT_EQ(inputs_digest(*before, true) != inputs_digest(*after, true), row.stale_alone) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::plan
