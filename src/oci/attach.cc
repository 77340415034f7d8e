#include "oci/attach.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/format.h>

#include "base/parallel.h"
#include "oci/attached.h"
#include "oci/inner/descriptor_json.h"

namespace ashlar::oci {
namespace {

constexpr size_t max_layers = 1000, max_config = 1 << 20, threads = 4;
constexpr std::string_view empty_config = "application/vnd.oci.empty.v1+json";

Result<Descriptor> put(ImageWriter& to, std::string_view media_type, const std::string& content, std::map<std::string, std::string> annotations = {}) {
  Descriptor out{std::string(media_type), Digest::of(content), content.size(), {}, std::move(annotations)};
  TRY(to.put_blob(out, [&content](std::uint64_t offset) -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes(content).subspan(std::min<size_t>(offset, content.size()))); }));
  return out;
}

/// A member that is an object, or an empty one.
Json object_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_object() ? *found : Json::object();
}

bool holds(const Json& manifest, const Json& layer) {
  return std::ranges::any_of(manifest.at("layers"), [&](const Json& each) { return each.at("digest") == layer.at("digest") && object_at(each, "annotations") == object_at(layer, "annotations"); });
}

/// Whether `manifest` has whatever `other` has: contents, and members and annotations by name.
bool has_all_of(const Json& manifest, const Json& other) {
  const Json own = object_at(manifest, "annotations"), wanted = object_at(other, "annotations");
  return std::ranges::all_of(other.at("layers"), [&](const Json& each) { return holds(manifest, each); }) && std::ranges::all_of(other.items(), [&](const auto& each) { return manifest.contains(each.key()); }) &&
         std::ranges::all_of(wanted.items(), [&](const auto& each) { return own.contains(each.key()); });
}

/// A manifest's JSON, with every part that is looked at in the form that it must have.
Result<Json> manifest_json(const Document& document) {
  TRY_ASSIGN(Json json, parse_json(document.text, document.descriptor.digest.str()));
  TRY(read_manifest(document.text));
  if (!json.contains("layers")) json["layers"] = Json::array();
  return json;
}

/// The configuration that cosign gives such a manifest lists the digests of its contents, which are not compressed; another's is none of ours to change.
Done list_contents(ImageWriter& to, Json& manifest) {
  const Json descriptor_there = object_at(manifest, "config");
  if (get_string_or_empty(descriptor_there, "mediaType").value_or("") != media::config) return {};
  Json config, listed = Json::array();
  for (const Json& each : manifest.at("layers")) listed.push_back(each.at("digest"));
  if (const auto digest = Digest::parse(get_string_or_empty(descriptor_there, "digest").value_or(""))) {
    if (const auto text = to.blob(*digest, max_config)) config = parse_json(*text, "config").value_or(Json());
  }
  if (!config.is_object() || !config.contains("rootfs") || !config["rootfs"].is_object()) {
    Config empty;
    empty.platform = {"", "", ""};
    TRY_ASSIGN(config, parse_json(to_text(empty), "config"));
  }
  config["rootfs"]["diff_ids"] = std::move(listed);
  TRY_ASSIGN(const Descriptor placed, put(to, media::config, to_compact(config)));
  Json& descriptor = manifest["config"];
  descriptor["digest"] = placed.digest.str();
  descriptor["size"] = placed.size;
  return {};
}

Document document_of(const Json& manifest) {
  std::string text = to_compact(manifest);
  const std::string type = get_string_or_empty(manifest, "mediaType").value_or("");
  return {{type.empty() ? std::string(media::manifest) : type, Digest::of(text), text.size(), {}, {}}, std::move(text)};
}

/// `before` with what `more` has and it lacks, at its end.
Result<Document> joined(ImageWriter& to, const Document& before, const Json& more) {
  if (is_index(before.descriptor.media_type)) return fail(Kind::Conflict, fmt::format("what lies there ('{}') is an index, and nothing is added to one", before.descriptor.digest.str()));
  TRY_ASSIGN(Json manifest, manifest_json(before));
  if (has_all_of(manifest, more)) return before;
  for (const Json& each : more.at("layers")) {
    if (!holds(manifest, each)) manifest["layers"].push_back(each);
  }
  if (manifest["layers"].size() > max_layers) return fail(Kind::Invalid, fmt::format("it would hold more than {} contents", max_layers));
  for (const auto& [name, value] : more.items()) {
    if (!manifest.contains(name)) manifest[name] = value;
  }
  const Json annotations = object_at(more, "annotations");
  for (const auto& [name, value] : annotations.items()) {
    if (!manifest["annotations"].contains(name)) manifest["annotations"][name] = value;
  }
  TRY(list_contents(to, manifest));
  return document_of(manifest);
}

}  // namespace

Result<Descriptor> attach_by_tag(ImageWriter& to, const Digest& subject, std::string_view suffix, const std::vector<Attachment>& contents) {
  const std::string tag = fallback_tag(subject) + std::string(suffix), what = fmt::format("add to '{}'", tag);
  std::vector<Descriptor> fresh(contents.size());
  std::vector<std::optional<Error>> failures(contents.size());
  in_parallel(contents.size(), threads, [&](size_t at, size_t) {
    auto layer = put(to, contents[at].media_type, contents[at].content, contents[at].annotations);
    if (layer) fresh[at] = std::move(*layer);
    else failures[at] = std::move(layer).error();
  });
  for (auto& failure : failures) {
    if (failure) return std::unexpected(std::move(*failure));
  }
  Json more = {{"layers", Json::array()}};
  for (const Descriptor& each : fresh) more["layers"].push_back(to_json(each));
  const auto placed = to.change(tag, [&](const std::optional<Document>& before) -> Result<Document> {
    if (before) return joined(to, *before, more);
    Json manifest = {{"schemaVersion", 2}, {"mediaType", media::manifest}, {"config", Json::object()}, {"layers", Json::array()}};
    for (const Json& each : more.at("layers")) {
      if (!holds(manifest, each)) manifest["layers"].push_back(each);
    }
    manifest["config"]["mediaType"] = media::config;
    TRY(list_contents(to, manifest));
    return document_of(manifest);
  });
  if (!placed) return cannot(what, placed.error());
  return placed->descriptor;
}

Result<Document> add_to_tag(ImageWriter& to, const std::string& tag, const Document& artifact) {
  auto placed = to.change(tag, [&](const std::optional<Document>& before) -> Result<Document> {
    if (!before || before->descriptor.digest == artifact.descriptor.digest) return artifact;
    if (is_index(artifact.descriptor.media_type)) return fail(Kind::Conflict, fmt::format("'{}' lies there already, and '{}' is an index, which is added to nothing", before->descriptor.digest.str(), artifact.descriptor.digest.str()));
    TRY_ASSIGN(const Json ours, manifest_json(artifact));
    if (!is_index(before->descriptor.media_type)) {
      TRY_ASSIGN(const Json theirs, manifest_json(*before));
      if (has_all_of(ours, theirs)) return artifact;  // as it is: nothing of theirs is lost by it
    }
    return joined(to, *before, ours);
  });
  if (!placed) return cannot(fmt::format("add to '{}'", tag), std::move(placed).error());
  return placed;
}

Result<Descriptor> attach_by_referrer(ImageWriter& to, const Descriptor& subject, std::string_view artifact_type, const Attachment& content, const std::map<std::string, std::string>& annotations) {
  TRY_ASSIGN(const auto config, put(to, empty_config, "{}"));
  TRY_ASSIGN(const auto layer, put(to, content.media_type, content.content, content.annotations));
  Json json = {{"schemaVersion", 2}, {"mediaType", media::manifest}, {"artifactType", artifact_type}, {"config", to_json(config)}, {"layers", Json::array({to_json(layer)})},
               {"subject", to_json({subject.media_type, subject.digest, subject.size, {}, {}})}};
  if (!annotations.empty()) json["annotations"] = annotations;
  const std::string text = to_compact(json);
  const Document document{{std::string(media::manifest), Digest::of(text), text.size(), {}, {}}, text};
  TRY(to.put_manifest(document, true));
  return document.descriptor;
}

}  // namespace ashlar::oci
