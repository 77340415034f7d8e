#include "oci/attached.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

namespace ashlar::oci {
namespace {

constexpr std::uint64_t max_together = 256 << 20;  // of contents, of one image
constexpr size_t max_artifacts = 1000, max_content = 16 << 20;
constexpr const char *ref_name = "org.opencontainers.image.ref.name", *docker_reference = "vnd.docker.reference.digest";
constexpr const char* cosign_contents[] = {".sig", ".att"};

std::string annotation(const Descriptor& descriptor, const char* key) {
  const auto found = descriptor.annotations.find(key);
  return found == descriptor.annotations.end() ? std::string() : found->second;
}

/// The digest that a manifest names as its subject, or empty.
std::string subject_of(const Json& manifest) {
  const auto subject = manifest.is_object() ? manifest.find("subject") : manifest.end();
  if (!manifest.is_object() || subject == manifest.end() || !subject->is_object()) return {};
  return get_string(*subject, "digest").value_or("");
}

/// Says how an artifact belongs to one of `own`; false: it does not.
bool find_way(const Descriptor& each, const Json& manifest, const std::set<Digest>& own, Attached& found) {
  for (const Digest& digest : own) {
    found.subject = digest;
    const std::string tag = annotation(each, ref_name);
    if (std::ranges::any_of(cosign_contents, [&](const char* suffix) { return tag == fallback_tag(digest) + suffix; })) {
      found.way = Attached::Way::Tag;
      found.tag = tag;
      return true;
    }
    found.way = Attached::Way::Referrer;
    if (subject_of(manifest) == digest.str()) return true;
    found.way = Attached::Way::Index;
    if (annotation(each, docker_reference) == digest.str()) return true;
  }
  return false;
}

/// What is attached to any of `own`.
std::vector<Attached> gather(ImageReader& image, const std::set<Digest>& own) {
  std::vector<Descriptor> candidates;
  for (const Digest& each : own) std::ranges::move(image.neighbours(each).value_or(std::vector<Descriptor>()), std::back_inserter(candidates));
  if (const auto text = image.manifest(image.root().digest); text) {
    if (const auto index = read_index(*text)) candidates.insert(candidates.end(), index->manifests.begin(), index->manifests.end());
  }
  std::vector<Attached> out;
  std::set<Digest> seen;
  std::uint64_t together = 0;
  for (const Descriptor& each : candidates) {
    if (own.contains(each.digest) || seen.size() == max_artifacts || !seen.insert(each.digest).second) continue;
    const auto text = image.manifest(each.digest);
    const auto json = text ? parse_json(*text, "manifest") : std::unexpected(text.error());
    const auto read = text ? read_manifest(*text) : std::unexpected(text.error());
    if (!json || !read) continue;
    Attached found{.manifest = each.digest};
    if (!find_way(each, *json, own, found)) continue;
    found.artifact_type = get_string_or_empty(*json, "artifactType").value_or("");
    for (const Descriptor& layer : read->layers) {
      if (layer.size > max_content || together + layer.size > max_together) continue;
      together += layer.size;
      auto content = image.blob(layer.digest, max_content);
      if (!content) continue;
      out.push_back(found);
      out.back().media_type = layer.media_type;
      out.back().annotations = layer.annotations;
      out.back().annotations.insert(read->annotations.begin(), read->annotations.end());
      out.back().content = std::move(*content);
    }
  }
  return out;
}

}  // namespace

std::string fallback_tag(const Digest& subject) { return "sha256-" + subject.hex(); }

std::vector<Attached> attached_to(ImageReader& image, const Digest& subject) { return gather(image, {subject}); }

std::vector<Attached> attached(ImageReader& image, const Descriptor& manifest) { return gather(image, {manifest.digest, image.root().digest}); }

}  // namespace ashlar::oci
