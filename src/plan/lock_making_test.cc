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
  const auto add = [&](std::string name, std::string version, std::string depends) {
    deb::Package& made = out.emplace_back();
    made.name = std::move(name), made.version = std::move(version), made.depends = std::move(depends);
    made.architecture = "amd64", made.priority = "optional";
  };
  add("certificates", "2025+deb13u1", "openssl");
  add("openssl", "3.5-1", "");
  add("shell", "5.2-1+b2", "");
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
    size_t notes;
  };
  const Row rows[] = {
      {"a part brings no dependencies, under the .deb's own name", std::string("  packages: [") + part + "]\n", "runtime", {"certificates"}, 0},
      {"an image with apt takes the whole", std::string("  packages: [") + part + "]\n", "dev", {"certificates", "openssl"}, 0},
      {"part and whole are one", std::string("  packages: [certificates, ") + part + "]\n", "runtime", {"certificates", "openssl"}, 0},
      {"another vendor's pin is noted", "  packages: [shell=5.2-1+vendor3]\n", "runtime", {"shell"}, 1},
      {"a part that is not built yet is noted", "  packages: [shell]\n  builds:\n    - name: app\n", "runtime", {"shell"}, 1},
  };
  for (const Row& row : rows) {
    const auto made = make_lock(read(row.contents, row.variant), offers_, nullptr, {}, {}, true);
    ASSERT_TRUE(made) << row.summary << ": " << made.error().message;
    std::vector<std::string> names;
    for (const LockedPackage& package : made->lock.platforms.at("linux/amd64").packages) names.push_back(package.name);
    EXPECT_EQ(names, row.names) << row.summary;
    EXPECT_EQ(made->notes.size(), row.notes) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::plan
