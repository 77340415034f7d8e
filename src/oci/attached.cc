#include "oci/attached.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

namespace ashlar::oci {
namespace {

constexpr size_t max_artifacts = 1000, max_content = 16 << 20;
constexpr const char *ref_name = "org.opencontainers.image.ref.name", *docker_reference = "vnd.docker.reference.digest";

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

}  // namespace

std::string fallback_tag(const Digest& subject) { return "sha256-" + subject.hex(); }

std::vector<Attached> attached(ImageReader& image, const Descriptor& manifest) {
  const std::set<std::string> own = {manifest.digest.str(), image.root().digest.str()};
  std::vector<Descriptor> candidates = image.neighbours(manifest.digest).value_or(std::vector<Descriptor>());
  if (image.root().digest != manifest.digest) std::ranges::move(image.neighbours(image.root().digest).value_or(std::vector<Descriptor>()), std::back_inserter(candidates));
  if (const auto text = image.manifest(image.root().digest); text) {
    if (const auto index = read_index(*text)) candidates.insert(candidates.end(), index->manifests.begin(), index->manifests.end());
  }
  std::vector<Attached> out;
  std::set<Digest> seen;
  for (const Descriptor& each : candidates) {
    if (own.contains(each.digest.str()) || seen.size() == max_artifacts || !seen.insert(each.digest).second) continue;
    const auto text = image.manifest(each.digest);
    const auto json = text ? parse_json(*text, "manifest") : std::unexpected(text.error());
    const auto read = text ? read_manifest(*text) : std::unexpected(text.error());
    if (!json || !read) continue;
    const std::string tag = annotation(each, ref_name);
    const bool by_tag = std::ranges::any_of(own, [&](const std::string& digest) { return tag == fmt::format("sha256-{}.att", digest.substr(7)); });
    if (!by_tag && !own.contains(subject_of(*json)) && !own.contains(annotation(each, docker_reference))) continue;
    for (const Descriptor& layer : read->layers) {
      if (layer.size > max_content) continue;
      if (auto content = image.blob(layer.digest, max_content)) out.push_back({each.digest, layer.media_type, std::move(*content)});
    }
  }
  return out;
}

}  // namespace ashlar::oci
