// migrate on Dockerfiles: what comes out is a Dockerfile, a second time changes nothing, and what is refused stays as it was.
#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "workload/migrate.h"

namespace {

/// Small tables: enough to reach each way that a file is rewritten.
constexpr const char* images = R"(dev-programs: sh cat rm mkdir
hardened:
  python: {version: "3.13", runtime: "3.13", dev: 3.13-dev, family: python, programs: python python3, packages: python3, dev-programs: python3 pip}
  node: {version: "20", runtime: "20", dev: 20-dev, compat: 20-compat, programs: node, packages: nodejs, dev-programs: node npm}
  ruby: {version: "3.3", runtime: "3.3", dev: 3.3-dev, compat: 3.3-compat, programs: ruby, dev-programs: ruby gem bundle}
  nginx: {version: "1.26", runtime: "1.26", dev: 1.26-dev, programs: nginx, packages: nginx, starts: "nginx -g daemon off;", port: 80 8080, configuration: /etc/nginx/nginx.conf, scripts: /etc/nginx/templates}
  php-fpm: {repository: php, version: "8.4", runtime: 8.4-fpm, dev: 8.4-dev, family: php-fpm, programs: php, moves: /usr/local/etc/php/conf.d /etc/php}
  openjdk: {version: "21", runtime: 21-jre, dev: 21-jdk-dev, family: java, programs: java}
  gcc: {version: "14", dev: 14-dev}
  base: {version: "13", runtime: "13", dev: 13-dev}
  static: {version: "13", runtime: "13", dev: 13-dev}
usual:
  - {names: python, base: python, traits: full}
  - {names: node, base: node}
  - {names: ruby, base: ruby}
  - {names: nginx, base: nginx}
  - {names: php, base: php-fpm}
  - {names: eclipse-temurin, base: openjdk}
  - {names: golang, tag: "1.24*", base: gcc, traits: no-version, toolchain: golang-go}
  - {names: golang maven, base: base, traits: build-only no-version}
  - {names: alpine, base: base, traits: distribution alpine no-version}
  - {names: "debian ubuntu", base: base, traits: distribution no-version}
  - {names: "rockylinux */ubi-minimal", base: base, traits: distribution rpm no-version}
)";
constexpr const char* names = R"(debian: {run: libpq5 curl tini python3 nodejs, build: gcc python3-pip locales, debug: vim, shell: bash cron, base: tzdata ca-certificates}
apk: {libpq: libpq5, gcc: gcc, tzdata: tzdata, musl-dev: libc6-dev, bash: bash, gone: ""}
rpm: {java-21-openjdk-headless: default-jre-headless, shadow-utils: bash}
)";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar::workload;
  static const HardenedBases bases = HardenedBases::parse(images, "images").value();
  static const PackageNames packages = PackageNames::parse(names, "names").value();
  const std::string_view text = fuzz::text(data, size);
  MigrateOptions options;
  options.bases = &bases;
  options.packages = &packages;
  options.prefix = "r.example/h";
  options.context = [](std::string_view path) -> std::optional<std::string> { return path == "package.json" ? std::optional<std::string>(R"({"scripts": {"start": "node a.js"}})") : std::nullopt; };
  const auto done = migrate(text, "Dockerfile", options);
  if (!done) {
    fuzz::must(!parse_dockerfile(text, "Dockerfile").has_value(), "what can be read is migrated or refused");
    return 0;
  }
  (void)to_json(*done, "Dockerfile"), (void)to_markdown(*done, "Dockerfile"), (void)to_text(*done, "Dockerfile");
  if (done->refused()) {
    fuzz::must(done->text == text, "what is refused stays");
    return 0;
  }
  for (const auto& each : done->breaks) fuzz::must(!each.remedy.empty() && !each.why.empty(), "a break says why and what to do");
  if (done->text.size() > 1000 * 1000) return 0;
  fuzz::must(parse_dockerfile(done->text, "Dockerfile").has_value(), "what comes out is a Dockerfile");
  const auto again = migrate(done->text, "Dockerfile", options);
  fuzz::must(again.has_value() && again->text == done->text, "a second time changes nothing");
  return 0;
}
