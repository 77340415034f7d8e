#pragma once
// For tests: one finished predicate of each type that we write.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "attest/support.h"
#include "attest/changes.h"
#include "attest/cyclonedx.h"
#include "attest/provenance.h"
#include "attest/results.h"
#include "attest/spdx.h"
#include "attest/vex.h"

namespace ashlar::attest::sample {

inline Digest digest(std::string_view of) { return Digest::of(of); }

inline plan::Lock lock() {
  plan::Lock out;
  out.definition = "registry.example/app";
  out.inputs_sha256 = std::string(64, '1');
  out.distribution = "debian-13";
  out.platforms["linux/amd64"].packages = {
      {"libc6", "2.41-12+b1", "glibc", "2.41-12", "amd64", 2900000, std::string(64, 'a'), "pool/main/g/glibc/libc6_2.41-12+b1_amd64.deb", "debian", "trixie", "depended on by 'tool' (libc6)", {}},
      {"libc-bin", "2.41-12+b1", "glibc", "2.41-12", "amd64", 700000, std::string(64, 'e'), "pool/main/g/glibc/libc-bin_2.41-12+b1_amd64.deb", "debian", "trixie", "asked for by the definition", {"libc6"}},
      {"tool", "1:2.0-3", "tool", "1:2.0-3", "amd64", 100, std::string(64, 'b'), "pool/main/t/tool/tool_2.0-3_amd64.deb", "debian-security", "trixie-security", "asked for by the definition", {"libc6"}}};
  std::ranges::sort(out.platforms["linux/amd64"].packages, {}, &plan::LockedPackage::name);
  out.platforms["linux/amd64"].files = {{"/opt/app.jar", "https://example.org/app.jar", std::string(64, 'c'), 7}};
  out.platforms["linux/arm64"] = {};
  out.archives = {{"debian", "trixie", std::string(64, 'd'), "2026-11-21T09:15:44Z", {"main"}}, {"debian-security", "trixie-security", std::string(64, 'f'), "2026-11-22T09:15:44Z", {"main"}}};
  out.encoder.version = "1.23";
  return out;
}

inline Making making() {
  return {.definition = {"app.yaml", digest("definition")}, .lock = {"app.lock.json", digest("lock")}, .effects = NamedDigest{"app.effects.json", digest("effects")}, .more = {{"/etc/app.conf", {}, digest("conf"), {{"kind", "file"}}}},
          .platform = "linux/amd64", .variant = "runtime", .image_mirror = "https://mirror.example/debian", .builder = "https://ci.example/builder", .program = {"1.2.3", digest("program")},
          .started = Time{1'700'000'000}, .finished = Time{1'700'000'012},
          .rebuilt = Rebuilt{"passed", digest("image"), {"the image: " + digest("image").str(), "built again: " + digest("image").str()}}, .image_json = digest("image.json")};
}

inline std::vector<Answer> answers() {
  return {{"no-shell", "no shell is in the image", "passed", {"412 files looked at"}}, {"elf-hardening", "as hardened as the distribution's own", "excused", {"usr/bin/tool: no pie", "excused: 'upstream'"}},
          {"ca-bundle", "roots of trust are whole", "not-applicable", {}}, {"reproducible", "built again, it is the same image", "passed", {"built again: the same"}}, {"run:starts", "it starts", "passed", {"exit code 0"}}};
}

inline Measured measured() {
  return {.platform = "linux/amd64", .program = {"1.2.3", digest("program")}, .held_against = {{"app.yaml", {}, digest("definition"), {{"kind", "definition"}}}, {"baselines/debian-13.json", {}, digest("baseline"), {{"kind", "baseline"}}}}};
}

inline Sbom sbom() {
  Sbom out;
  out.name = "registry.example/app", out.version = digest("image").str(), out.supplier = "Team <team@example.org>", out.platform = "linux/amd64", out.distribution = "debian-13", out.created = Time{1'700'000'000};
  SbomPackage tool;
  tool.name = "tool", tool.version = "1:2.0-3", tool.architecture = "amd64", tool.purl = "pkg:deb/debian/tool@1:2.0-3?arch=amd64&distro=debian-13", tool.source = "tool", tool.source_version = "1:2.0-3";
  tool.supplier = "A Team <a@example.org>", tool.location = "deb:trixie@debian.archive/pool/main/t/tool/tool_2.0-3_amd64.deb", tool.sha256 = std::string(64, 'b');
  tool.licence.expression = "MIT";
  out.packages = {tool};
  out.files = {{"usr/bin/tool", std::string(64, '3'), std::string(40, '4'), "package:tool", inventory::Standing::Listed}};
  return out;
}

inline VexDocument vex() {
  return {.format = "openvex", .id = "https://ashlar.dev/vex/1", .author = "Team", .when = Time{1'700'000'000},
          .statements = {{.vulnerability = "CVE-2026-1", .status = VexStatus::NotAffected, .justification = "vulnerable_code_not_present", .when = Time{1'700'000'000}, .products = {{"pkg:deb/debian/tool@1:2.0-3", {}}}},
                         {.vulnerability = "CVE-2026-2", .status = VexStatus::Affected, .detail = "update", .when = Time{1'700'000'001}, .products = {{"pkg:oci/app", {"pkg:deb/debian/tool"}}}}}};
}

inline ChangesSaid changes_said() {
  ChangesSaid out{.before = digest("old image"), .after = digest("image"), .platform = "linux/amd64"};
  out.delta.packages["tool:amd64"] = {"1:2.0-2", "1:2.0-3"};
  out.delta.files["usr/bin/tool"] = {inventory::FileState{.mode = 0755, .size = 7, .content = digest("old tool")}, inventory::FileState{.mode = 0755, .size = 8, .content = digest("tool")}};
  out.delta.files["etc/tool"] = {std::nullopt, inventory::FileState{.type = FileType::Symlink, .mode = 0777, .link = "../opt/tool"}};
  out.config = {{"environment MODE", "plain", "bold"}, {"port 80/tcp", "", "exposed"}};
  out.vulnerabilities = {digest("db"), {{"CVE-2026-1", "tool", "1:2.0-2", "high", "1:2.0-3"}}, {{"CVE-2026-2", "tool", "1:2.0-3", "low", ""}}};
  return out;
}
inline Json behaviour_said() {
  return {{"breaks", true}, {"counts", {{"breaking", 1}, {"notable", 0}, {"neutral", 0}}},
          {"changes", Json::array({{{"weight", "breaking"}, {"id", "export-gone"}, {"subject", "libtool.so.1"}, {"what", "'libtool.so.1' lacks a name that it gave"}, {"evidence", Json::array({"tool_old"})}}})}};
}

/// By the name of the type.
inline std::map<std::string, Json> predicates() {
  const auto parsed = [](const std::string& text) { return parse_json(text, "sample").value(); };
  return {{"slsaprovenance1", provenance(lock(), making()).value()}, {"test-result", test_results(answers(), measured())}, {"hardening", hardening(answers(), measured())}, {"lock", plan::to_json(lock())}, {"changes", changes(changes_said(), behaviour_said())},
          {"support", parsed(support({.image = "registry.example/app", .from = Time{1'700'000'000}, .until = Time{1'800'000'000}, .rebuilt_at_latest = 604800, .sla = "pci-dss"}).text)},
          {"spdxjson", parsed(to_spdx_json(sbom()))}, {"cyclonedx", parsed(to_cyclonedx_json(sbom()))}, {"openvex", to_openvex(vex())},
          {"vuln", vulnerability_scan({{"verdict", "clean"}, {"findings", Json::array()}}, {.scanner = "https://scanner.example", .version = "1", .database = digest("db").str(), .database_created = Time{1'699'000'000},
                                                                                            .started = Time{1'700'000'000}, .finished = Time{1'700'000'003}})}};
}

}  // namespace ashlar::attest::sample
