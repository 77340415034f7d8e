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

constexpr int max_changes = 4;  // of a tag, where others change it meanwhile
constexpr size_t max_layers = 1000, threads = 4;
constexpr std::string_view empty_config = "application/vnd.oci.empty.v1+json";

Result<Descriptor> put(ImageWriter& to, std::string_view media_type, const std::string& content, std::map<std::string, std::string> annotations = {}) {
  Descriptor out{std::string(media_type), Digest::of(content), content.size(), {}, std::move(annotations)};
  TRY(to.put_blob(out, [&content](std::uint64_t offset) -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes(content).subspan(std::min<size_t>(offset, content.size()))); }));
  return out;
}

/// What lies under a tag of the subject.
Result<std::optional<Manifest>> tagged(ImageReader& from, const Digest& subject, const std::string& tag) {
  TRY_ASSIGN(const auto neighbours, from.neighbours(subject));
  for (const Descriptor& each : neighbours) {
    const auto name = each.annotations.find("org.opencontainers.image.ref.name");
    if (name == each.annotations.end() || name->second != tag) continue;
    TRY_ASSIGN(const std::string text, from.manifest(each.digest));
    TRY_ASSIGN(auto manifest, read_manifest(text));
    return manifest;
  }
  return std::optional<Manifest>();
}

bool holds(const Manifest& manifest, const Descriptor& layer) {
  return std::ranges::any_of(manifest.layers, [&](const Descriptor& each) { return each.digest == layer.digest && each.annotations == layer.annotations; });
}

}  // namespace

Result<Descriptor> attach_by_tag(ImageReader& from, ImageWriter& to, const Digest& subject, std::string_view suffix, const std::vector<Attachment>& contents) {
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
  for (int round = 0; round < max_changes; ++round) {
    TRY_ASSIGN(auto before, tagged(from, subject, tag));
    Manifest manifest = before.value_or(Manifest{.media_type = std::string(media::manifest), .config = {}, .layers = {}, .annotations = {}});
    const bool all = before && std::ranges::all_of(fresh, [&](const Descriptor& each) { return holds(manifest, each); });
    for (const Descriptor& each : fresh) {
      if (!holds(manifest, each)) manifest.layers.push_back(each);
    }
    if (manifest.layers.size() > max_layers) return cannot(Kind::Invalid, what, fmt::format("it would hold more than {} contents", max_layers));
    Config config;
    config.platform = {"", "", ""};
    for (const Descriptor& each : manifest.layers) config.diff_ids.push_back(each.digest);  // contents are not compressed
    TRY_ASSIGN(manifest.config, put(to, media::config, to_text(config)));
    const std::string text = to_text(manifest);
    const Document document{{std::string(media::manifest), Digest::of(text), text.size(), {}, {}}, text};
    if (all) return document.descriptor;
    TRY(to.put_manifest(document, false));
    TRY(to.point(tag, document));
    TRY_ASSIGN(const auto after, tagged(from, subject, tag));
    if (after && std::ranges::all_of(fresh, [&](const Descriptor& each) { return holds(*after, each); })) return document.descriptor;
  }
  return cannot(Kind::Conflict, what, "others change it at the same time");
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
