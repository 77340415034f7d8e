#include "workload/hardened_bases.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/package_names.h"

namespace ashlar::workload {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(ASHLAR_SOURCE_DIR) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
std::string faults(const Result<T>& result) {
  if (result) return "";
  return result.error().faults.empty() ? result.error().message : fmt::format("{}:{}: {}", result.error().faults[0].line, result.error().faults[0].column, result.error().faults[0].message);
}

const HardenedBases& shipped() {
  static const HardenedBases table = HardenedBases::parse(read("policies/migration.yaml"), "migration.yaml").value();
  return table;
}

struct Row {
  const char* image;
  const char* becomes;  ///< `name`, with `+version` where another is offered, `!` where none is; empty: nobody knows it
};
const Row rows[] = {
    {"python", "python"}, {"python:3.13", "python"}, {"python:3.13.2-slim-bookworm", "python"}, {"python:3", "python"}, {"python:3.9", "python+"}, {"python:2.7", "python+"}, {"python:slim", "python"},
    {"docker.io/library/python:3.13", "python"}, {"registry.example/library/python:3.13", "python"}, {"library/python:3.13-alpine", "python"},
    {"node:20-alpine3.20", "node"}, {"node:18", "node+"}, {"node:lts", "node"}, {"oven/bun:1", "!"},
    {"eclipse-temurin:21-jre", "openjdk"}, {"eclipse-temurin:17-jdk-jammy", "openjdk+"}, {"eclipse-temurin:25", "openjdk-25"}, {"amazoncorretto:21", "openjdk"}, {"openjdk:8-jre", "openjdk+"}, {"gcr.io/distroless/java21-debian12", "openjdk"},
    {"maven:3.9-eclipse-temurin-21", "openjdk"}, {"maven:3-jdk-8", "openjdk+"}, {"maven:3.9-eclipse-temurin-25-alpine", "openjdk-25"}, {"maven:3.9", "openjdk"}, {"gradle:8.5-jdk21", "openjdk"}, {"gradle:8.5-jdk17", "openjdk+"}, {"cgr.dev/own.org/python:3.13", "python"}, {"cgr.dev/own.org/own", ""}, {"own/dhi-node:20-debian13", "node"}, {"dhi.io/alpine-base:3.23", "base"}, {"dhi.io/aspnetcore:8", "base"}, {"ubuntu/go:1.22-24.04", "base"}, {"ubuntu/other", ""}, {"gradle:8", "openjdk"}, {"tomcat:11", "tomcat"}, {"tomcat:9-jre11", "tomcat+"}, {"jetty:12", "!"},
    {"php:8.4-fpm", "php-fpm"}, {"php:8.4-fpm-alpine", "php-fpm"}, {"php:8.2-cli", "php+"}, {"php:8.3-apache", "!"}, {"wordpress:6", "!"},
    {"ruby:3.3", "ruby"}, {"ruby:3.2-alpine", "ruby+"}, {"perl:5.40", "perl"}, {"golang:1.24", "gcc"}, {"golang:1.22-alpine", "base"}, {"rust:1.85", "gcc"}, {"rust:1", "base"}, {"gcc:13", "gcc"},
    {"nginx:1.26", "nginx"}, {"nginx:1.27-alpine", "nginx+"}, {"nginx:stable", "nginx"}, {"nginxinc/nginx-unprivileged:1.26", "nginx"}, {"httpd:2.4", "httpd"}, {"caddy:2", "!"}, {"haproxy:3.0", "haproxy"},
    {"redis:8", "redis"}, {"redis:7", "redis+"}, {"postgres:17", "postgres"}, {"postgres:16", "postgres+"}, {"mysql:8", "!"}, {"memcached:1.6", "memcached"}, {"rabbitmq:4.0", "rabbitmq"},
    {"alpine:3.20", "base"}, {"debian:bookworm-slim", "base"}, {"ubuntu:24.04", "base"}, {"rockylinux:9", "base"}, {"redhat.example/ubi9/ubi-minimal:9.4", "base"}, {"amazonlinux:2023", "base"}, {"busybox", "static"},
    {"gcr.io/distroless/static-debian12:nonroot", "static"}, {"gcr.io/distroless/base-debian12", "base"}, {"gcr.io/distroless/cc-debian12", "base"}, {"gcr.io/distroless/nodejs20-debian12", "node"},
    {"mcr.example/windows/servercore:ltsc2022", "!"}, {"mcr.example/dotnet/framework/sdk:4.8", "!"}, {"mcr.example/dotnet/aspnet:8.0", "base"}, {"mcr.example/dotnet/sdk:8.0", "base"},
    {"registry.example/team/base:1", ""}, {"pythonista:3.13", ""}, {"team/python:3.13", ""},
};

TEST(HardenedBases, StandInForUsualImages) {
  for (const Row& row : rows) {
    const BaseMatch match = shipped().match(*ImageName::parse(row.image));
    const std::string shown = !match.known ? "" : match.base == nullptr ? "!" : match.base->name + (match.same_version ? "" : "+");
    EXPECT_EQ(shown, row.becomes) << row.image;
    if (match.known && match.base == nullptr) {
      EXPECT_FALSE(match.why.empty()) << row.image << ": why there is none is said";
    }
  }
}

TEST(HardenedBases, TraitsFollowNameAndTag) {
  EXPECT_TRUE(shipped().match(*ImageName::parse("node:20-alpine")).alpine);
  EXPECT_TRUE(shipped().match(*ImageName::parse("alpine")).alpine);
  EXPECT_FALSE(shipped().match(*ImageName::parse("node:20")).alpine);
  EXPECT_TRUE(shipped().match(*ImageName::parse("node:20")).full);
  EXPECT_FALSE(shipped().match(*ImageName::parse("node:20-slim")).full);
  EXPECT_TRUE(shipped().match(*ImageName::parse("centos:7")).rpm);
  EXPECT_TRUE(shipped().match(*ImageName::parse("gradle:8")).build_only);
  EXPECT_TRUE(shipped().match(*ImageName::parse("mcr.example/windows/nanoserver:1809")).windows);
}

/// What the table says is what the catalogue has.
TEST(HardenedBases, AreThoseOfTheCatalogue) {
  for (const HardenedBase& each : shipped().all()) {
    for (const std::string& tag : {each.runtime, each.dev, each.compat}) {
      if (tag.empty()) continue;
      const std::string text = read(fmt::format("catalog/{}/{}.yaml", each.repository, tag));
      const bool tagged = text.find("\"" + tag + "\"") != std::string::npos || text.find(" " + tag + "-") != std::string::npos || text.find("[" + tag) != std::string::npos;
      EXPECT_TRUE(tagged) << each.repository << ":" << tag;
      if (tag != each.runtime) continue;
      // Whom it runs as.
      const size_t run_as = text.find("run-as: ");
      ASSERT_NE(run_as, std::string::npos) << each.name;
      const std::string name = text.substr(run_as + 8, text.find('\n', run_as) - run_as - 8);
      EXPECT_NE(text.find(fmt::format("{{name: {}, uid: {}", name, each.user)), std::string::npos) << each.name << " runs as " << name << ", in the table " << each.user;
    }
  }
}

TEST(HardenedBases, FaultsShowTheirPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"hardened: {a: {dev: 1-dev, spell: b}}", "1:28: unknown key 'spell'"},
      {"hardened: {a: {runtime: '1'}}", "1:15: 'a' has no -dev image"},
      {"usual:\n  - {names: a, base: b}", "2:5: 'b' is no hardened image of this table"},
      {"usual:\n  - {names: a, traits: odd}", "2:5: 'odd' is no trait"},
      {"usual:\n  - {base: a}", "2:5: it names no image"},
      {"hardened: {a: {dev: d, moves: /a}}", "1:15: 'a' moves a folder to nowhere"},
      {"hardened: {a: {dev: d, programs: [a]}}", "1:34: names between blanks are expected"},
      {"hardened: {a: {dev: d, programs: p, entered: maybe}}", "1:15: 'a': entered is true or false"},
      {"hardened: {a: {dev: d, entered: true}}", "1:15: 'a' is entered, and has no program"},
  };
  for (const auto& [text, fault] : cases) {
    const std::string shown = faults(HardenedBases::parse(text, "t"));
    EXPECT_TRUE(shown.starts_with(fault)) << text << " -> " << shown;
  }
}

TEST(PackageNames, AreDebians) {
  const PackageNames table = PackageNames::parse(read("policies/packages.yaml"), "packages.yaml").value();
  EXPECT_GE(table.size(Packager::Apt), 400U);
  EXPECT_GE(table.size(Packager::Apk), 300U);
  EXPECT_GE(table.size(Packager::Rpm), 200U);
  struct Name {
    Packager packager;
    const char* name;
    const char* debian;
    PackageUse::Kind kind;
  };
  using Use = PackageUse::Kind;
  const Name names[] = {
      {Packager::Apk, "build-base", "build-essential", Use::Build}, {Packager::Apk, "libpq", "libpq5", Use::Run}, {Packager::Apk, "postgresql-dev", "libpq-dev", Use::Build}, {Packager::Apk, "tzdata", "tzdata", Use::Base},
      {Packager::Apk, "musl-dev", "libc6-dev", Use::Build}, {Packager::Apk, "gcompat", "", Use::Base}, {Packager::Apk, "bash", "bash", Use::Shell}, {Packager::Apk, "strace", "strace", Use::Debug}, {Packager::Apk, "pango", "libpango-1.0-0 libpangocairo-1.0-0 libpangoft2-1.0-0", Use::Run},
      {Packager::Rpm, "gcc-c++", "g++", Use::Build}, {Packager::Rpm, "openssl-devel", "libssl-dev", Use::Build}, {Packager::Rpm, "java-17-openjdk-headless", "openjdk-21-jre-headless", Use::Run}, {Packager::Rpm, "shadow-utils", "passwd", Use::Shell}, {Packager::Rpm, "ImageMagick", "imagemagick", Use::Run},
      {Packager::Apt, "libssl1.1", "libssl3t64", Use::Run}, {Packager::Apt, "libpq5", "libpq5", Use::Run}, {Packager::Apt, "libfoo-dev", "libfoo-dev", Use::Build}, {Packager::Apt, "whatever", "whatever", Use::Run}, {Packager::Apt, "ca-certificates", "ca-certificates", Use::Base},
      {Packager::Apt, "python3.9-dev", "python3-dev", Use::Build}, {Packager::Apt, "python3.8-venv", "python3-venv", Use::Build}, {Packager::Apt, "python3.13", "python3", Use::Run}, {Packager::Apt, "python3.x-dev", "python3.x-dev", Use::Build}, {Packager::Apt, "python", "python-is-python3", Use::Build},
      {Packager::Apt, "dnsutils", "bind9-dnsutils", Use::Run}, {Packager::Apk, "iperf3", "iperf3", Use::Run}, {Packager::Rpm, "gcc", "gcc libc6-dev", Use::Build}, {Packager::Rpm, "php-common", "php-common", Use::Run},
  };
  for (const Name& each : names) {
    const PackageUse use = table.find(each.packager, each.name);
    EXPECT_EQ(join(use.names, " "), each.debian) << each.name;
    EXPECT_EQ(use.kind, each.kind) << each.name;
  }
  EXPECT_FALSE(table.find(Packager::Apk, "frobnicate").known);
  for (const char* gone : {"python2.7", "software-properties-common", "wkhtmltopdf"}) {
    const PackageUse use = table.find(Packager::Apt, gone);
    EXPECT_TRUE(!use.gone.empty() && use.names.empty() && use.known) << gone;
  }
  EXPECT_TRUE(table.find(Packager::Apt, "git").gone.empty());
  // PyPI does not tell capitals, dots and underscores apart.
  for (const char* name : {"python-ldap", "python_ldap", "Python.LDAP", "python__ldap"}) {
    const auto* sources = table.sources_of_pip(name);
    EXPECT_TRUE(sources != nullptr && join(*sources, " ") == "gcc libc6-dev python3-dev libldap-dev libsasl2-dev") << name;
  }
  EXPECT_EQ(table.sources_of_pip("flask"), nullptr);
  EXPECT_EQ(faults(PackageNames::parse("gone: {a: ''}", "t")), "1:11: 'a': what to do instead is expected");
  EXPECT_EQ(faults(PackageNames::parse("debian: {run: a}\ngone: {a: b}", "t")), "2:11: 'a' stands twice");
  EXPECT_EQ(faults(PackageNames::parse("pip: {a: [b]}", "t")), "1:10: names between blanks are expected");
  EXPECT_EQ(faults(PackageNames::parse("debian: {run: 'a a'}", "t")), "1:15: 'a' stands twice");
  EXPECT_EQ(faults(PackageNames::parse("debian: {run: [a]}", "t")), "1:15: names between blanks are expected");
  EXPECT_NE(faults(PackageNames::parse("alpine: {}", "t")), "");
}

}  // namespace
}  // namespace ashlar::workload
