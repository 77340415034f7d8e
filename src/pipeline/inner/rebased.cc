#include "pipeline/inner/rebased.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

namespace ashlar::pipeline {
namespace {

Json member(const Json& object, const char* name, Json otherwise) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->type() == otherwise.type() ? *found : otherwise;
}

class Merge {
 public:
  explicit Merge(std::vector<std::string>& kept) : kept_(kept) {}

  /// Keys of the image's own order first, then those that the new base brings.
  Json objects(const Json& was, const Json& has, const Json& is, const std::string& what) {
    Json out = Json::object();
    const auto add = [&](const std::string& key) {
      if (out.contains(key)) return;
      const Json* const merged = value(find(was, key), find(has, key), find(is, key), what + " " + key);
      if (merged != nullptr) out[key] = *merged;
    };
    for (const auto& [key, each] : has.items()) add(key);
    for (const auto& [key, each] : is.items()) add(key);
    return out;
  }

  Json environment(const Json& was, const Json& has, const Json& is) {
    const Json old = variables(was), now = variables(has), then = variables(is);
    Json merged = Json::object();
    for (const Json* each : {&now, &then}) {
      for (const auto& [key, unused] : each->items()) {
        if (merged.contains(key)) continue;
        const Json *a = find(old, key), *b = find(now, key), *c = find(then, key);
        // PATH with folders of the application before or behind those of the base.
        if (a != nullptr && b != nullptr && c != nullptr && *a != *b && *a != *c) {
          std::string text = *b;
          const std::string before = *a;
          if (const size_t at = before.empty() ? std::string::npos : text.find(before); at != std::string::npos) {
            merged[key] = text.replace(at, before.size(), c->get<std::string>());
            continue;
          }
        }
        if (const Json* const chosen = value(a, b, c, "environment " + key)) merged[key] = *chosen;
      }
    }
    Json out = Json::array();
    for (const auto& [key, each] : merged.items()) out.push_back(key + "=" + each.get<std::string>());
    return out;
  }

 private:
  static const Json* find(const Json& object, const std::string& key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
  static bool same(const Json* a, const Json* b) { return a == nullptr || b == nullptr ? a == b : *a == *b; }
  /// Null: it is not set.
  const Json* value(const Json* was, const Json* has, const Json* is, const std::string& what) {
    if (same(was, has)) return is;
    if (!same(was, is) && !same(has, is)) kept_.push_back(fmt::format("{} stays as the application sets it, and the new base has another, too", what));
    return has;
  }
  static Json variables(const Json& list) {
    Json out = Json::object();
    for (const Json& each : list) {
      if (each.is_string()) out[std::string(cut(each.get_ref<const std::string&>(), '=').first)] = std::string(cut(each.get_ref<const std::string&>(), '=').second);
    }
    return out;
  }

  std::vector<std::string>& kept_;
};

/// The steps behind those that made the lowest `layers` layers, without those of the base that made none.
Json own_history(const Json& base, const Json& image, size_t layers) {
  Json out = Json::array();
  size_t at = 0, made = 0;
  if (base.size() <= image.size() && std::equal(base.begin(), base.end(), image.begin())) {
    at = base.size();
  } else {
    while (at < image.size() && made < layers) made += member(image[at++], "empty_layer", false) == Json(true) ? 0 : 1;
  }
  for (; at < image.size(); ++at) out.push_back(image[at]);
  return out;
}

std::string_view oci_type(std::string_view type) {
  if (type == "application/vnd.docker.image.rootfs.diff.tar.gzip") return oci::media::layer_gzip;
  if (type == "application/vnd.docker.image.rootfs.diff.tar") return oci::media::layer_tar;
  return type;
}

}  // namespace

Result<std::string> rebased_config(std::string_view old_text, std::string_view image_text, std::string_view new_text, size_t layers, std::vector<std::string>& kept) {
  TRY_ASSIGN(const Json was, parse_json(old_text, "configuration of the old base"));
  TRY_ASSIGN(Json out, parse_json(image_text, "configuration of the image"));
  TRY_ASSIGN(const Json is, parse_json(new_text, "configuration of the new base"));
  if (!was.is_object() || !out.is_object() || !is.is_object()) return fail(Kind::Corrupt, "a configuration is no object");
  Json a = member(was, "config", Json::object()), b = member(out, "config", Json::object()), c = member(is, "config", Json::object());
  Merge merge(kept);
  Json config;
  {
    const Json environment = merge.environment(member(a, "Env", Json::array()), member(b, "Env", Json::array()), member(c, "Env", Json::array()));
    std::map<std::string, Json> whole;
    for (const char* key : {"Labels", "ExposedPorts", "Volumes"}) {
      whole[key] = merge.objects(member(a, key, Json::object()), member(b, key, Json::object()), member(c, key, Json::object()), key);
      a.erase(key), b.erase(key), c.erase(key);
    }
    for (Json* each : {&a, &b, &c}) each->erase("Env");
    config = merge.objects(a, b, c, "setting");
    if (!environment.empty()) config["Env"] = environment;
    for (auto& [key, each] : whole) {
      if (!each.empty()) config[key] = std::move(each);
    }
  }
  out["config"] = std::move(config);
  Json ids = member(member(is, "rootfs", Json::object()), "diff_ids", Json::array());
  const Json own = member(member(out, "rootfs", Json::object()), "diff_ids", Json::array());
  for (size_t at = layers; at < own.size(); ++at) ids.push_back(own[at]);
  out["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(ids)}};
  const Json base_history = member(is, "history", Json::array()), old_history = member(was, "history", Json::array()), image_history = member(out, "history", Json::array());
  out.erase("history");
  if (!base_history.empty() && !image_history.empty()) {
    Json history = base_history;
    for (const Json& each : own_history(old_history, image_history, layers)) history.push_back(each);
    out["history"] = std::move(history);
  }
  const std::string mine = member(out, "created", ""), theirs = member(is, "created", "");
  const auto one = Time::parse(mine), other = Time::parse(theirs);
  if (one && other && *one < *other) out["created"] = theirs;
  return to_compact(out);
}

Result<RebasedImage> rebased_image(oci::ImageReader& old_reader, const oci::PlatformImage& old_base, oci::ImageReader& image_reader, const oci::PlatformImage& image, oci::ImageReader& new_reader, const oci::PlatformImage& new_base, size_t layers, const std::string& name) {
  TRY_ASSIGN(const std::string was, old_reader.blob(old_base.manifest.config.digest));
  TRY_ASSIGN(const std::string has, image_reader.blob(image.manifest.config.digest));
  TRY_ASSIGN(const std::string is, new_reader.blob(new_base.manifest.config.digest));
  RebasedImage out{image, {}, {}};
  TRY_ASSIGN(out.config_text, rebased_config(was, has, is, layers, out.kept));
  TRY_ASSIGN(out.which.config, oci::read_config(out.config_text));
  oci::Manifest& manifest = out.which.manifest;
  manifest.media_type = oci::media::manifest;
  manifest.config = {std::string(oci::media::config), Digest::of(out.config_text), out.config_text.size(), {}, {}};
  manifest.layers = new_base.manifest.layers;
  manifest.layers.insert(manifest.layers.end(), image.manifest.layers.begin() + static_cast<std::ptrdiff_t>(layers), image.manifest.layers.end());
  for (oci::Descriptor& each : manifest.layers) each.media_type = oci_type(each.media_type);
  manifest.annotations["org.opencontainers.image.base.digest"] = new_base.descriptor.digest.str();
  manifest.annotations["org.opencontainers.image.base.name"] = name;
  out.manifest_text = oci::to_text(manifest);
  out.which.descriptor = {std::string(oci::media::manifest), Digest::of(out.manifest_text), out.manifest_text.size(), image.platform, {}};
  return out;
}

}  // namespace ashlar::pipeline
