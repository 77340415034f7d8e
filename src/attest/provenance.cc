#include "attest/provenance.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/describing.h"
#include "attest/inner/shape.h"
#include "attest/purl.h"
#include "base/text.h"

namespace ashlar::attest {
namespace {

Json to_json(const NamedDigest& file, std::string_view kind) { return to_json(Resource{file.path, {}, file.digest, {{"kind", std::string(kind)}}}); }

/// A lock's digests are checked when it is read; of one that was made otherwise, a digest that is none is left out.
std::optional<Digest> digest_of(std::string_view hex) {
  const auto digest = Digest::parse_hex(hex);
  return digest ? std::optional(*digest) : std::nullopt;
}

void add_packages(const plan::Lock& lock, const plan::LockedPlatform& locked, Json& into) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> sources;  // of name and version, the packages built from it
  for (const plan::LockedPackage& each : locked.packages) {
    const std::string purl = deb_purl({each.name, each.version, each.architecture, each.source, each.source_version, lock.distribution});
    into.push_back(to_json(Resource{each.name, purl, digest_of(each.sha256), {{"kind", "package"}, {"archive", each.archive}, {"suite", each.suite}, {"path", each.path}}}));
    sources[{each.source, each.source_version}].push_back(each.name);
  }
  for (const auto& [source, packages] : sources)
    into.push_back(to_json(Resource{source.first, deb_purl({source.first, source.second, "source", {}, {}, lock.distribution}), {}, {{"kind", "source"}, {"packages", join(packages, " ")}}}));
  for (const plan::LockedFile& each : locked.files) into.push_back(to_json(Resource{each.path, each.url, digest_of(each.sha256), {{"kind", "download"}}}));
}

Json dependencies(const plan::Lock& lock, const plan::LockedPlatform& locked, const Making& making) {
  Json out = Json::array({to_json(making.definition, "definition"), to_json(making.lock, "lock")});
  if (making.effects) out.push_back(to_json(*making.effects, "effects"));
  for (const Resource& each : making.more) out.push_back(to_json(each));
  for (const plan::LockedArchive& each : lock.archives)
    out.push_back(to_json(Resource{fmt::format("{} {} InRelease", each.name, each.suite), deb_location(each.name, each.suite, fmt::format("dists/{}/InRelease", each.suite)), digest_of(each.release_sha256),
                                   {{"kind", "release"}, {"date", each.date}}}));
  add_packages(lock, locked, out);
  return out;
}

Json encoder_json(const plan::Encoder& encoder) { return {{"codec", encoder.codec}, {"library", encoder.library}, {"version", encoder.version}, {"level", encoder.level}}; }

Json byproducts(const Making& making) {
  Json out = Json::array();
  if (making.image_json) out.push_back(to_json(Resource{"/usr/share/ashlar/image.json", {}, making.image_json, {{"kind", "owners"}}}));
  if (const auto& rebuilt = making.rebuilt) {
    Json again = to_json(Resource{"reproducible", {}, rebuilt->image, {{"result", rebuilt->result}}});
    again["annotations"]["evidence"] = rebuilt->evidence;
    out.push_back(std::move(again));
  }
  return out;
}

}  // namespace

Json to_json(const Resource& resource) {
  Json out = Json::object();
  if (!resource.name.empty()) out["name"] = resource.name;
  if (!resource.uri.empty()) out["uri"] = resource.uri;
  if (resource.digest) out["digest"] = {{"sha256", resource.digest->hex()}};
  for (const auto& [key, value] : resource.annotations) out["annotations"][key] = value;
  return out;
}

Result<Json> provenance(const plan::Lock& lock, const Making& making) {
  const std::string what = fmt::format("say how '{}' was made", lock.definition);
  const auto locked = lock.platforms.find(making.platform);
  if (locked == lock.platforms.end()) return cannot(Kind::NotFound, what, fmt::format("its lock has no platform '{}'", making.platform));
  if (!is_uri(making.builder)) return cannot(Kind::Invalid, what, fmt::format("'{}', who built it, is no URI", making.builder));
  Json options = Json::object();
  if (!making.image_mirror.empty()) options["image_mirror"] = making.image_mirror;
  Json internal = {{"distribution", lock.distribution}, {"encoder", encoder_json(lock.encoder)}};
  if (const auto date = newest_release(lock)) internal["as_of"] = date->str();
  Json definition = {{"buildType", build_type},
                     {"externalParameters",
                      {{"definition", {{"path", making.definition.path}, {"digest", {{"sha256", making.definition.digest.hex()}}}}}, {"image", lock.definition}, {"platform", making.platform}, {"variant", making.variant},
                       {"options", std::move(options)}}},
                     {"internalParameters", std::move(internal)},
                     {"resolvedDependencies", dependencies(lock, locked->second, making)}};
  Json builder = {{"id", making.builder}, {"version", {{"ashlar", making.program.version}}}};
  if (making.program.digest) builder["builderDependencies"] = Json::array({to_json(Resource{"ashlar", {}, making.program.digest, {{"version", making.program.version}}})});
  Json metadata = {{"invocationId", Digest::of(to_compact(definition) + to_compact(builder)).str()}};
  if (making.started) metadata["startedOn"] = making.started->str();
  if (making.finished) metadata["finishedOn"] = making.finished->str();
  return Json{{"buildDefinition", std::move(definition)}, {"runDetails", {{"builder", std::move(builder)}, {"metadata", std::move(metadata)}, {"byproducts", byproducts(making)}}}};
}

}  // namespace ashlar::attest
