#include "workload/replacements.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

constexpr const char* table = R"(
hosts: [registry.example/library, registry.example, library]
flavours: [{of: "*alpine*", differs: "another C library"}]
images:
  - names: [nginx, vendor/nginx]
    image: nginx
    tags: ["1.24", "1.26"]
    dev: -dev
    rules: [{of: "stable*", tag: "1.26"}, {of: "0.*", differs: "too old"}]
    differs: ["listens on 8080"]
  - names: ["*/far/java"]
    image: java
    tags: [21-jre]
  - names: [go]
    instead: "keep it"
)";

Replacements small() { return Replacements::read(table, "r.yaml").value(); }

/// `image:tag (what differs)`; `none: what to do`; `-` where nobody knows it.
std::string asked(const Replacements& replacements, std::string_view reference) {
  const auto advice = replacements.find(ImageName::parse(reference).value());
  if (!advice) return "-";
  if (!advice->found()) return "none: " + (advice->entry->instead.empty() ? join(advice->differs, "; ") : advice->entry->instead);
  return fmt::format("{} ({})", advice->str(), join(advice->differs, "; "));
}

struct Row {
  const char* summary;
  std::string reference, advice;
};
const Row rows[] = {
    {"the same version", "nginx:1.26", "nginx:1.26 (listens on 8080)"},
    {"one that says more", "nginx:1.24.3", "nginx:1.24 (listens on 8080)"},
    {"one that says less is the newest", "nginx:1", "nginx:1.26 (listens on 8080)"},
    {"nothing is the newest", "nginx", "nginx:1.26 (listens on 8080)"},
    {"a word is the newest", "nginx:bookworm", "nginx:1.26 (listens on 8080)"},
    {"between two, the next newer", "nginx:1.25", "nginx:1.26 (ours is 1.26, newer than 1.25; listens on 8080)"},
    {"older than all", "nginx:1.9", "nginx:1.24 (ours is 1.24, newer than 1.9; listens on 8080)"},
    {"newer than all", "nginx:1.27.3", "nginx:1.26 (ours is 1.26, older than 1.27.3; listens on 8080)"},
    {"numbers, not letters", "nginx:1.100", "nginx:1.26 (ours is 1.26, older than 1.100; listens on 8080)"},
    {"a v before it", "nginx:v1.26", "nginx:1.26 (listens on 8080)"},
    {"a flavour", "nginx:1.26-alpine3.20", "nginx:1.26 (listens on 8080; another C library)"},
    {"a rule", "nginx:stable-perl", "nginx:1.26 (listens on 8080)"},
    {"a rule without a tag", "nginx:0.8", "none: too old"},
    {"a digest is no matter", "nginx:1.26@sha256:" + std::string(64, 'a'), "nginx:1.26 (listens on 8080)"},
    {"another name", "vendor/nginx:1.26", "nginx:1.26 (listens on 8080)"},
    {"with the host", "registry.example/library/nginx:1.26", "nginx:1.26 (listens on 8080)"},
    {"with the host, of a vendor", "registry.example/vendor/nginx:1.26", "nginx:1.26 (listens on 8080)"},
    {"with the folder alone", "library/nginx:1.26", "nginx:1.26 (listens on 8080)"},
    {"another host's is another image", "other.example/nginx:1.26", "-"},
    {"our own is none to replace", "other.example/hardened/nginx:1.26", "-"},
    {"on any host", "other.example/far/java:17", "java:21-jre (ours is 21, newer than 17)"},
    {"on any host, and there is none", "far/java:17", "-"},
    {"none", "go:1.22", "none: keep it"},
    {"unknown", "team/app:1", "-"},
};

TEST(Replacements, AreFoundByNameAndVersion) {
  const Replacements replacements = small();
  for (const Row& row : rows) EXPECT_EQ(asked(replacements, row.reference), row.advice) << row.summary;
}

TEST(Replacements, FaultsShowTheirPlace) {
  const struct { const char* text; const char* says; } faulty[] = {
      {"images: x\n", "it has no list 'images'"},
      {"images:\n- {names: [a], instead: x}\n- {names: [a], instead: y}\n", "'a' stands twice"},
      {"images:\n- {names: [a]}\n", "neither an 'image' nor what to do 'instead'"},
      {"images:\n- {instead: x}\n", "it names no image"},
      {"images:\n- {names: [a], image: b}\n", "which 'tags' there are"},
      {"images:\n- {names: [a], instead: x, tags: [b]}\n", "'tags' of no image"},
      {"images:\n- {names: [a], instead: x, rules: [{tag: b}]}\n", "of which tags it speaks"},
      {"images:\n- {names: [a], instead: x, rule: []}\n", "unknown key 'rule'"},
      {"images:\n- {names: a, instead: x}\n", "a list of texts"},
  };
  for (const auto& row : faulty) {
    const auto read = Replacements::read(row.text, "r.yaml");
    ASSERT_FALSE(read) << row.says;
    std::string all;
    for (const Fault& each : read.error().faults) all += each.message + ";";
    EXPECT_NE(all.find(row.says), std::string::npos) << all;
  }
}

std::string shipped() {
  std::ifstream file(ASHLAR_SOURCE_DIR "/policies/replacements.yaml", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Replacements, ThoseThatShipKnowWellKnownImages) {
  const auto replacements = Replacements::read(shipped(), "replacements.yaml");
  ASSERT_TRUE(replacements) << replacements.error().message << (replacements.error().faults.empty() ? "" : to_string(replacements.error().faults[0]));
  std::set<std::string> names;
  std::size_t replaced = 0;
  for (const Replacement& each : replacements->entries()) {
    replaced += each.image.empty() ? 0 : each.names.size();
    for (const std::string& name : each.names) names.insert(name.substr(name.rfind('/') + 1));
  }
  EXPECT_GE(names.size(), 200U) << "different names, whoever makes them";
  EXPECT_GE(replaced, 100U);
  const Row golden[] = {
      {"", "nginx:1.27", "nginx:1.26 (ours is 1.26, older than 1.27; listens on 8080, not on 80; no shell: /docker-entrypoint.d and templates of environment variables are not read; runs as nonroot (65532))"},
      {"", "python:3.12-slim-bookworm", "python:3.13 (ours is 3.13, newer than 3.12; no pip and no shell: install into a virtual environment in a stage from the -dev variant and copy it; runs as nonroot (65532))"},
      {"", "node:22-alpine", "node:20 (ours is 20, older than 22; no npm and no shell: install in a stage from the -dev variant and copy node_modules; the user is nonroot (65532), not node (1000); glibc instead of musl: programs that were built on Alpine must be built again)"},
      {"", "eclipse-temurin:21-jre-jammy", "openjdk:21-jre (no shell: JAVA_OPTS is read by scripts alone, JDK_JAVA_OPTIONS by java itself; runs as nonroot (65532))"},
      {"", "postgres:16", "postgres:17 (ours is 17: data of an older major version is moved by pg_upgrade or dump and restore; /docker-entrypoint-initdb.d is not read; extensions that are not PostgreSQL's own are packages of a definition)"},
      {"", "library/redis:7.2-alpine", "redis:8.0 (ours is 8.0, newer than 7.2; the data folder is /var/lib/redis, not /data; runs as nonroot (65532); glibc instead of musl: programs that were built on Alpine must be built again)"},
      {"", "golang:1.23", "none: there is no Go compiler in the catalogue: keep this image as build stage, pin it, and put the static program (CGO_ENABLED=0) on `static`"},
      {"", "x.example/distroless/static-debian12:nonroot", "static:13 (runs as nonroot (65532))"},
      {"", "python:2.7", "none: Python 2 gets no more fixes: port the program, or keep the old image as an accepted risk"},
  };
  for (const Row& row : golden) EXPECT_EQ(asked(*replacements, row.reference), row.advice) << row.reference;
}

}  // namespace
}  // namespace ashlar::workload
