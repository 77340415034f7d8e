#include "plan/definition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/tar.h"

namespace ashlar::plan {
namespace {

namespace fs = std::filesystem;

std::string contents_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string faults_of(const Result<Definition>& result) {
  if (result) return "no fault\n";
  std::string out = result.error().message + "\n";
  for (const Fault& fault : result.error().faults) out += to_string(fault) + "\n";
  return out;
}

Definition read_good(std::string text) {
  auto result = read_definition(std::move(text), "app.yaml");
  EXPECT_TRUE(result) << faults_of(result);
  return result ? std::move(*result) : Definition{};
}

constexpr const char* whole = R"(# syntax=registry.example/build:2-debian13
name: App ${VERSION}
image: registry.example/app
variant: runtime
tags: ["1", 1.2.3]
platforms: [linux/amd64]
dates: {release: 2025-07-30, end-of-life: "2027-10-31"}
vars:
  VERSION: 1.2.3-4
  UPSTREAM: ${VERSION:^([0-9.]+)-.*$}
  ARCH: '#{ target.arch == "amd64" ? "x86-64" : "aarch64" }'
contents:
  repositories: ["deb [signed-by=/usr/share/keyrings/app.gpg] https://example.org/debian trixie main"]
  keyring: [https://example.org/app.gpg]
  packages: ['!mawk', '!dash', mawk, app, 'app=${VERSION}', 'binutils-${ARCH}-linux-gnu']
  mappings: {app: pkg:deb/example/app}
  files:
    - url: https://example.org/app-${UPSTREAM}.tar.gz
      checksum: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      path: /opt/app-${target.arch}
      mode: "0755"
      uid: 0
      gid: 10
      spdx: {name: app, version: "1", packages: [{name: app, purl: pkg:generic/app, license: MIT}]}
  builds:
    - {name: app, pipeline: [{runs: 'echo ${HOME}', with: {a: 1}}]}
    - {uses: other}
  artifacts: [{name: 'registry.example/static:1', includes: [etc]}]
accounts:
  run-as: app
  users: [{name: app, uid: 1000, gid: 1000, home: /app}, {name: app, uid: 1000, gid: 1000}]
  groups: [{name: app, gid: 1000, members: [app]}]
os-release: {id: debian, version-id: "13"}
environment: {UPSTREAM: '${UPSTREAM}', PATH_LIST: '/lib:${ELSEWHERE}'}
entrypoint: [/usr/bin/app, '${SHELL_TEXT}']
ports: ["80", 443/tcp, 4510-4559/udp]
work-dir: /app
stop-signal: SIGQUIT
paths:
  - {type: directory, path: /app, uid: 1000, gid: 1000, mode: "1777", recursive: true}
  - {type: file, path: /etc/app.sh, content: 'echo ${VERSION:-x}', platforms: [linux/arm64]}
  - {type: symlink, path: /bin/app, source: '/opt/${ARCH}', if: 'target.arch == "arm64"'}
  - {type: file, path: /x, if: 'secret.present'}
slices: [{package: app, exclude: [/usr/share/doc/**]}]
interpreters: [{path: /usr/bin/dash, reason: the start script is one}]
tests: [{name: runs, commands: [app --version], exit-code: 0, timeout: 5}]
health: {kind: http, target: 'http://127.0.0.1/'}
volumes: [/data]
)";

TEST(Definition, reads_every_part) {
  const Definition d = read_good(whole);
  EXPECT_EQ(d.distribution, "debian-13");
  EXPECT_EQ(d.name, "App 1.2.3-4");
  EXPECT_EQ(d.image, "registry.example/app");
  EXPECT_EQ(d.variant, Variant::Runtime);
  EXPECT_EQ(d.tags, (std::vector<std::string>{"1", "1.2.3"}));
  EXPECT_EQ(d.release_date, "2025-07-30");
  EXPECT_EQ(d.vars.at("UPSTREAM"), "1.2.3");
  ASSERT_EQ(d.packages.size(), 4u) << "an exclusion of what is asked for goes, and so does a name beside its pin";
  EXPECT_EQ(d.packages[0].name, "dash");
  EXPECT_TRUE(d.packages[0].excluded);
  EXPECT_EQ(d.packages[1].name, "mawk");
  EXPECT_EQ(d.packages[2].version, "1.2.3-4");
  EXPECT_EQ(d.packages[2].at.line, 15);
  ASSERT_EQ(d.files.size(), 1u);
  EXPECT_EQ(d.files[0].url, "https://example.org/app-1.2.3.tar.gz");
  EXPECT_EQ(d.files[0].mode, 0755u);
  EXPECT_EQ(d.files[0].gid, 10u);
  EXPECT_EQ(d.files[0].spdx_packages.at(0).license, "MIT");
  std::vector<std::string> unbuilt;
  for (const Unbuilt& part : d.unbuilt) unbuilt.push_back(part.what);
  EXPECT_EQ(unbuilt, (std::vector<std::string>{"builds[0] 'app'", "builds[1]", "artifact 'registry.example/static:1'", "path '/x' with the condition 'secret.present'"}));
  ASSERT_EQ(d.accounts.users.size(), 1u);
  EXPECT_EQ(d.accounts.users[0].home, "/app");
  EXPECT_EQ(d.accounts.users[0].shell, "/usr/sbin/nologin");
  EXPECT_EQ(d.environment.at("UPSTREAM"), "1.2.3");
  EXPECT_EQ(d.environment.at("PATH_LIST"), "/lib:");
  EXPECT_EQ(d.entrypoint.at(1), "${SHELL_TEXT}");
  EXPECT_EQ(d.paths.size(), 3u);
  EXPECT_EQ(d.paths[0].mode, 01777u);
  EXPECT_EQ(d.paths[1].content, "echo ${VERSION:-x}");
  EXPECT_EQ(d.slices.at(0).exclude.at(0), "/usr/share/doc/**");
  EXPECT_EQ(d.interpreters.at(0).path, "/usr/bin/dash");
  EXPECT_EQ(d.tests.at(0).timeout, 5);
  EXPECT_EQ(d.health->interval, 30);
  EXPECT_EQ(d.digest_hex.size(), 64u);
}

TEST(Definition, says_one_thing_for_a_platform) {
  const Definition d = read_good(whole);
  const auto amd = for_platform(d, "linux/amd64"), arm = for_platform(d, "linux/arm64");
  ASSERT_TRUE(amd && arm);
  EXPECT_EQ(amd->packages.at(3).name, "binutils-x86-64-linux-gnu");
  EXPECT_EQ(arm->packages.at(3).name, "binutils-aarch64-linux-gnu");
  EXPECT_EQ(amd->files.at(0).path, "/opt/app-amd64");
  EXPECT_EQ(amd->paths.size(), 1u);
  EXPECT_EQ(arm->paths.size(), 3u);
  EXPECT_EQ(arm->paths.at(2).source, "/opt/aarch64");
}

TEST(Definition, has_defaults) {
  const Definition d = read_good("distribution: debian-13\nimage: a/b\ncontents: {}\n");
  EXPECT_EQ(d.platforms, (std::vector<std::string>{"linux/amd64", "linux/arm64"}));
  EXPECT_EQ(d.accounts.run_as, "65532");
  EXPECT_EQ(read_good("distribution: debian-13\nimage: a/b\nvariant: dev\ncontents: {}\n").accounts.run_as, "root");
}

TEST(Definition, finds_the_distribution) {
  struct Row {
    const char *summary, *text, *distribution;
  };
  const Row rows[] = {
      {"syntax line", "# syntax=registry.example/build:2-debian13\n", "debian-13"},
      {"spaces and a digest", "#  syntax = registry.example/build:2-alpine3.24@sha256:00\n", "alpine-3.24"},
      {"behind another comment", "# ours\n# syntax=registry.example/build:2.1-debian12\n", "debian-12"},
      {"chart", "# syntax=registry.example/build:2-helm3\n", "helm-3"},
      {"key", "distribution: ubuntu-24.04\n", "ubuntu-24.04"},
      {"both, the same", "# syntax=registry.example/build:2-debian13\ndistribution: debian-13\n", "debian-13"},
  };
  for (const Row& row : rows) EXPECT_EQ(read_good(std::string(row.text) + "image: a/b\ncontents: {}\n").distribution, row.distribution) << row.summary;
}

/// Every bad definition of tests/data/plan/faults, with the exact text of its faults beside it.
TEST(Definition, refuses_with_the_recorded_text) {
  const fs::path folder = fs::path(ASHLAR_SOURCE_DIR) / "tests/data/plan/faults";
  size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++cases;
    const auto result = read_definition(contents_of(entry.path()), entry.path().filename().string());
    ASSERT_FALSE(result) << entry.path();
    EXPECT_EQ(result.error().kind, Kind::Invalid) << entry.path();
    const std::string got = faults_of(result);
    const fs::path golden = fs::path(entry.path()).replace_extension(".txt");
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(golden, std::ios::binary) << got;
    EXPECT_EQ(got, contents_of(golden)) << entry.path();
  }
  EXPECT_GE(cases, 40u);
}

TEST(Definition, bounds_what_it_says_and_expands) {
  std::string chain = "distribution: debian-13\nimage: a/b\nvars:\n  V0: xxxxxxxxxxxxxxxx\n";
  for (int i = 1; i < 30; ++i) chain += "  V" + std::to_string(i) + ": ${V" + std::to_string(i - 1) + "}${V" + std::to_string(i - 1) + "}\n";
  const auto blown = read_definition(chain + "contents: {packages: ['${V29}']}\n", "x");
  ASSERT_FALSE(blown);
  EXPECT_LT(blown.error().message.size(), 1000u);
  std::string many = "distribution: debian-13\nimage: a/b\ncontents: {}\n";
  for (int i = 0; i < 5000; ++i) many += "k" + std::to_string(i) + ": 1\n";
  const auto long_list = read_definition(many, "x");
  ASSERT_FALSE(long_list);
  EXPECT_EQ(long_list.error().faults.size(), 100u);
}

/// The public definitions, from the shared archive, as name and text.
std::vector<std::pair<std::string, std::string>> public_definitions() {
  std::vector<std::pair<std::string, std::string>> found;
  const std::string packed = contents_of(fs::path(ASHLAR_SHARED_DIR) / "data/dhi/image-definitions.tar.zst");
  if (packed.empty()) return found;
  const auto stream = decode(Codec::Zstd, std::make_unique<MemorySource>(as_bytes(packed)));
  TarReader reader(*stream);
  for (;;) {
    auto entry = reader.next();
    EXPECT_TRUE(entry) << entry.error().message;
    if (!entry || !*entry) return found;
    if ((*entry)->type != FileType::Regular) continue;
    std::string text((*entry)->size, '\0');
    size_t done = 0;
    while (done < text.size()) {
      const auto count = reader.read({reinterpret_cast<std::uint8_t*>(text.data()) + done, text.size() - done});
      EXPECT_TRUE(count && *count > 0);
      if (!count || *count == 0) return found;
      done += *count;
    }
    found.emplace_back((*entry)->path, std::move(text));
  }
}

TEST(Definition, takes_the_public_ones_and_nothing_else) {
  const auto all = public_definitions();
  if (all.empty()) GTEST_SKIP() << "no shared data: data/dhi/image-definitions.tar.zst";
  const std::set<std::string> others = {"image/data-prepper/files/default-data-prepper-config.yaml", "image/data-prepper/files/default-pipelines.yaml",
                                        "image/tempo/config/tempo-v3.yaml"};
  size_t good = 0, refused = 0;
  for (const auto& [path, text] : all) {
    const std::string name = path.starts_with("./") ? path.substr(2) : path;
    const auto result = read_definition(text, name);
    EXPECT_EQ(result.has_value(), !others.contains(name)) << faults_of(result);
    (result ? good : refused) += 1;
    if (!result) continue;
    for (const std::string& platform : result->platforms) {
      const auto there = for_platform(*result, platform);
      ASSERT_TRUE(there) << name << ": " << there.error().message;
      for (const Wish& wish : there->packages) EXPECT_EQ(wish.name.find_first_of("#${}"), std::string::npos) << name << ": " << wish.name;
    }
  }
  EXPECT_EQ(good, 1838u);
  EXPECT_EQ(refused, 3u);
}

}  // namespace
}  // namespace ashlar::plan
