#include "attest/cyclonedx.h"

#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "attest/inner/identity.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace ashlar::attest {
namespace {

/// A UUID of version 8 (RFC 9562, 5.8) from a digest.
std::string uuid_of(const Digest& digest) {
  std::string hex = digest.hex().substr(0, 32);
  hex[12] = '8';
  constexpr std::string_view variants = "89ab";
  hex[16] = variants[digest.raw()[8] & 3];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4), hex.substr(20));
}

Json party(const std::string& text) {
  const Party who = party_of(text);
  Json out = {{"name", who.name}};
  if (!who.email.empty()) {
    Json contact = {{"email", who.email}};
    if (who.person) contact = {{"name", who.name}, {"email", who.email}};
    out["contact"] = Json::array({std::move(contact)});
  }
  return out;
}

Json property(std::string_view name, const std::string& value) { return {{"name", fmt::format("ashlar:{}", name)}, {"value", value}}; }

Json component(const SbomPackage& package) {
  Json out = {{"type", package.architecture.empty() && package.path.empty() ? "file" : "library"}, {"bom-ref", package.purl}};
  if (!package.supplier.empty()) out["supplier"] = party(package.supplier);
  out["name"] = package.name;
  out["version"] = package.version;
  if (!package.sha256.empty()) out["hashes"] = {{{"alg", "SHA-256"}, {"content", package.sha256}}};
  if (!package.licence.expression.empty()) out["licenses"] = {{{"expression", package.licence.expression}}};
  out["purl"] = package.purl;
  Json references = Json::array();
  if (!package.location.empty()) references.push_back({{"type", "distribution"}, {"url", package.location}});
  if (!package.homepage.empty()) references.push_back({{"type", "website"}, {"url", package.homepage}});
  if (!references.empty()) out["externalReferences"] = std::move(references);
  Json properties = Json::array();
  if (!package.source.empty()) {
    properties.push_back(property("source", package.source));
    properties.push_back(property("source_version", package.source_version));
  }
  if (!package.path.empty()) properties.push_back(property("path", "/" + package.path));
  if (!package.licence.comment.empty()) properties.push_back(property("licence", package.licence.comment));
  if (!properties.empty()) out["properties"] = std::move(properties);
  return out;
}

void write_named(JsonWriter& to, std::string_view name_key, std::string_view name, std::string_view value_key, std::string_view value) {
  to.begin_object().member(name_key, name).member(value_key, value).end();
}

void write_component(JsonWriter& to, const SbomFile& file) {
  to.begin_object().member("type", "file").member("bom-ref", "file:/" + file.path).member("name", "/" + file.path).key("hashes").begin_array();
  write_named(to, "alg", "SHA-1", "content", file.sha1);
  write_named(to, "alg", "SHA-256", "content", file.sha256);
  to.end().key("properties").begin_array();
  write_named(to, "name", "ashlar:owner", "value", file.owner.empty() ? "none" : file.owner);
  write_named(to, "name", "ashlar:standing", "value", inventory::to_string(file.standing));
  to.end().end();
}

/// The distribution, by which scanners choose their advisories.
Json operating_system(const std::string& distribution) {
  const size_t dash = distribution.rfind('-');
  return {{"type", "operating-system"}, {"bom-ref", "os:" + distribution}, {"name", distribution.substr(0, dash)}, {"version", dash == std::string::npos ? "" : distribution.substr(dash + 1)}};
}

Json subject(const Sbom& sbom) {
  Json out = {{"type", sbom.kind == Sbom::Kind::RootFs ? "operating-system" : "container"}, {"bom-ref", root_purl(sbom)}};
  if (!sbom.supplier.empty()) out["supplier"] = party(sbom.supplier);
  out["name"] = sbom.name;
  out["version"] = sbom.version;
  out["purl"] = root_purl(sbom);
  out["properties"] = {property("platform", sbom.platform)};
  return out;
}

Json dependencies(const Sbom& sbom) {
  std::map<std::string, std::string> refs;
  std::set<std::string> all;
  for (const SbomPackage& package : sbom.packages) {
    if (package.path.empty()) refs[package.name] = package.purl;
    all.insert(package.purl);
  }
  Json out = Json::array();
  out.push_back({{"ref", root_purl(sbom)}, {"dependsOn", all}});
  for (const SbomPackage& package : sbom.packages) {
    std::set<std::string> needs;
    for (const std::string& name : package.depends) {
      if (const auto found = refs.find(name); found != refs.end()) needs.insert(found->second);
    }
    out.push_back({{"ref", package.purl}, {"dependsOn", needs}});
  }
  return out;
}

}  // namespace

std::string to_cyclonedx_json(const Sbom& sbom) {
  Json metadata = {{"timestamp", sbom.created.str()}, {"tools", {{"components", {{{"type", "application"}, {"name", "ashlar"}, {"version", ASHLAR_VERSION}}}}}}};
  if (!sbom.supplier.empty()) metadata["authors"] = {{{"name", party_of(sbom.supplier).name}}};
  metadata["component"] = subject(sbom);
  if (!sbom.supplier.empty()) metadata["supplier"] = party(sbom.supplier);
  JsonWriter to;
  to.begin_object().member("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json").member("bomFormat", "CycloneDX").member("specVersion", "1.6");
  to.member("serialNumber", "urn:uuid:" + uuid_of(content_digest(sbom))).key("version").json(1).key("metadata").json(metadata).key("components").begin_array();
  if (!sbom.distribution.empty() && sbom.kind != Sbom::Kind::RootFs) to.json(operating_system(sbom.distribution));
  for (const SbomPackage& package : sbom.packages) to.json(component(package));
  for (const SbomFile& file : sbom.files) write_component(to, file);
  return to.end().key("dependencies").json(dependencies(sbom)).end().take();
}

}  // namespace ashlar::attest
