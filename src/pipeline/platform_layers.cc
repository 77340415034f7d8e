#include "pipeline/inner/platform_layers.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "oci/registry.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/kept-image-layers/v1";
constexpr int attempts_of_many = 2;  // of an image that is one of many to be asked for

std::string to_text(const ImageLayers& image) {
  Json platforms = Json::array();
  for (const PlatformLayers& each : image.platforms) {
    Json ids = Json::array();
    for (const Digest& digest : each.diff_ids) ids.push_back(digest.str());
    platforms.push_back({{"platform", each.platform}, {"manifest", each.manifest.str()}, {"diff_ids", std::move(ids)}, {"created", each.created}});
  }
  return to_compact({{"schema", schema}, {"root", image.root.str()}, {"platforms", std::move(platforms)}});
}

Result<ImageLayers> read(std::string_view text, const std::string& path) {
  TRY_ASSIGN(const Json json, parse_json(text, path));
  if (!json.is_object() || json.value("schema", Json()) != schema || !json.value("platforms", Json()).is_array()) return fail(Kind::Corrupt, "it is no record of layers");
  ImageLayers out;
  TRY_ASSIGN(const std::string root, get_string(json, "root"));
  TRY_ASSIGN(out.root, Digest::parse(root));
  for (const Json& each : json["platforms"]) {
    if (!each.is_object() || !each.value("diff_ids", Json()).is_array()) return fail(Kind::Corrupt, "a platform has no layers");
    PlatformLayers one;
    TRY_ASSIGN(one.platform, get_string(each, "platform"));
    TRY_ASSIGN(one.created, get_string(each, "created"));
    TRY_ASSIGN(const std::string manifest, get_string(each, "manifest"));
    TRY_ASSIGN(one.manifest, Digest::parse(manifest));
    for (const Json& id : each["diff_ids"]) {
      if (!id.is_string()) return fail(Kind::Corrupt, "a layer has no digest");
      TRY_ASSIGN(const Digest digest, Digest::parse(id.get_ref<const std::string&>()));
      one.diff_ids.push_back(digest);
    }
    out.platforms.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::optional<Time> created_of(const PlatformLayers& platform) {
  const auto time = Time::parse(platform.created);
  return time ? std::optional(*time) : std::nullopt;
}

Result<ImageLayers> layers_of(host::Machine& machine, const oci::ImageRef& ref, int attempts) {
  TRY_ASSIGN(const auto reader, oci::open_image(machine, ref, {.attempts = attempts}));
  TRY_ASSIGN(const auto platforms, oci::platforms(*reader));
  ImageLayers out{.root = reader->root().digest};
  for (const oci::PlatformImage& each : platforms) out.platforms.push_back({each.platform.str(), each.descriptor.digest, each.config.diff_ids, each.config.created});
  return out;
}

KeptImageLayers::KeptImageLayers(host::Machine& machine) : machine_(machine) {
  if (const auto folders = host::folders(machine)) folder_ = folders->cache / "bases";
}

std::optional<ImageLayers> KeptImageLayers::find(const host::Path& path, const Digest& root) {
  const auto text = folder_.empty() ? Result<std::string>(fail(Kind::NotFound, "")) : machine_.files->read(path);
  if (!text) return std::nullopt;
  auto out = read(*text, path.string());
  if (!out || out->root != root) return std::nullopt;
  (void)machine_.files->touch(path);
  return std::move(*out);
}

Result<ImageLayers> KeptImageLayers::of(const oci::ImageRef& ref) {
  TRY_ASSIGN(const Digest digest, Digest::parse(ref.digest));
  const host::Path path = folder_ / (digest.hex() + ".json");
  if (auto kept = find(path, digest)) return std::move(*kept);
  const std::string host(ref.transport == oci::Transport::Registry ? cut(ref.location, '/').first : std::string_view());
  if (!host.empty() && silent_.contains(host)) return cannot(Kind::Unavailable, fmt::format("read '{}'", ref.str()), fmt::format("'{}' did not answer before", host));
  auto out = layers_of(machine_, ref, attempts_of_many);
  if (!out && out.error().kind == Kind::Unavailable && !host.empty()) silent_.insert(host);
  if (!out || folder_.empty()) return out;
  if (machine_.files->make_folders(folder_)) (void)machine_.files->write(path, to_text(*out), host::Durability::Cache);
  return out;
}

}  // namespace ashlar::pipeline
