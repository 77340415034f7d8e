#include "oci/attached.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

namespace ashlar::oci {
namespace {

constexpr std::uint64_t max_together = 256 << 20;  // of contents, of one image
constexpr size_t max_artifacts = 1000, max_looked_at = 10'000, max_content = 16 << 20, max_told = 10;
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
class Gathering {
 public:
  Gathering(ImageReader& image, std::set<Digest> own) : image_(image), own_(std::move(own)) {}

  Attachments gather() {
    for (const Descriptor& each : candidates()) {
      if (own_.contains(each.digest) || !seen_.insert(each.digest).second) continue;
      if (seen_.size() > max_looked_at) {
        unread(fmt::format("it has more than {} neighbours, of which the rest was not looked at", max_looked_at));
        break;
      }
      take(each);
    }
    if (artifacts_ > max_artifacts) unread(fmt::format("more than {} artifacts are attached to it, of which {} were not read", max_artifacts, artifacts_ - max_artifacts));
    if (untold_ > 0) out_.unread.back() += fmt::format(", and {} more", untold_);
    return std::move(out_);
  }

 private:
  std::vector<Descriptor> candidates() {
    std::vector<Descriptor> out;
    for (const Digest& each : own_) {
      auto neighbours = image_.neighbours(each);
      if (neighbours) std::ranges::move(*neighbours, std::back_inserter(out));
      else unread(fmt::format("what is attached to '{}' cannot be listed: {}", each.str(), neighbours.error().message));
    }
    if (const auto text = image_.manifest(image_.root().digest); text) {
      if (const auto index = read_index(*text)) out.insert(out.end(), index->manifests.begin(), index->manifests.end());
    }
    return out;
  }
  void unread(std::string why) {
    if (std::ranges::find(out_.unread, why) != out_.unread.end()) return;
    if (out_.unread.size() < max_told) out_.unread.push_back(std::move(why));
    else ++untold_;
  }
  void take(const Descriptor& each) {
    const auto text = image_.manifest(each.digest);
    if (!text) return unread(fmt::format("'{}', which may be attached, cannot be read: {}", each.digest.str(), text.error().message));
    const auto json = parse_json(*text, "manifest");
    const auto read = read_manifest(*text);
    if (!json || !read) return;  // an index, or what is no manifest and holds nothing
    Attached found{.manifest = each.digest};
    if (!find_way(each, *json, own_, found) || ++artifacts_ > max_artifacts) return;
    found.artifact_type = get_string_or_empty(*json, "artifactType").value_or("");
    if (found.artifact_type.empty()) found.artifact_type = read->config.media_type;  // image-spec manifest.md, "Guidelines for Artifact Usage"
    for (const Descriptor& layer : read->layers) {
      if (layer.size > max_content) {
        unread(fmt::format("a content of '{}' has {} bytes, and no more than {} are read", each.digest.str(), layer.size, max_content));
        continue;
      }
      if (together_ + layer.size > max_together) {
        unread(fmt::format("what is attached to it is larger than {} MiB together, of which the rest was not read", max_together >> 20));
        continue;
      }
      together_ += layer.size;
      auto content = image_.blob(layer.digest, max_content);
      if (!content) {
        unread(fmt::format("a content of '{}' cannot be read: {}", each.digest.str(), content.error().message));
        continue;
      }
      out_.contents.push_back(found);
      out_.contents.back().media_type = layer.media_type;
      out_.contents.back().annotations = layer.annotations;
      out_.contents.back().annotations.insert(read->annotations.begin(), read->annotations.end());
      out_.contents.back().content = std::move(*content);
    }
  }

  ImageReader& image_;
  const std::set<Digest> own_;
  std::set<Digest> seen_;
  std::uint64_t together_ = 0;
  size_t artifacts_ = 0, untold_ = 0;
  Attachments out_;
};

}  // namespace

std::string fallback_tag(const Digest& subject) { return "sha256-" + subject.hex(); }

Attachments attached_to(ImageReader& image, const Digest& subject) { return Gathering(image, {subject}).gather(); }

Attachments attached(ImageReader& image, const Descriptor& manifest) { return Gathering(image, {manifest.digest, image.root().digest}).gather(); }

}  // namespace ashlar::oci
