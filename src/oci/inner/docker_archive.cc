#include "oci/inner/docker_archive.h"

#include <nlohmann/json.hpp>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/codec.h"

namespace ashlar::oci {
namespace {

/// One image of manifest.json.
struct Saved {
  std::string config;
  std::vector<std::string> tags, layers;
};

std::vector<std::string> texts_of(const Json& json, const char* key) {
  std::vector<std::string> out;
  if (!json.contains(key) || !json.at(key).is_array()) return out;
  for (const Json& each : json.at(key)) {
    if (each.is_string()) out.push_back(each.get<std::string>());
  }
  return out;
}

Result<std::vector<Saved>> read_manifest_json(std::string_view text) {
  TRY_ASSIGN(const Json json, parse_json(text, "manifest.json"));
  if (!json.is_array()) return fail(Kind::Corrupt, "its manifest.json is no list");
  std::vector<Saved> out;
  for (const Json& each : json) {
    if (!each.is_object()) return fail(Kind::Corrupt, "its manifest.json holds something that is no image");
    TRY_ASSIGN(std::string config, get_string(each, "Config"));
    out.push_back({std::move(config), texts_of(each, "RepoTags"), texts_of(each, "Layers")});
  }
  return out;
}

Result<Saved> choose(const std::vector<Saved>& all, const std::string& tag) {
  std::vector<std::string> have;
  for (const Saved& each : all) {
    for (const std::string& name : each.tags) {
      // `docker save` and skopeo write names whole (`docker.io/library/x:1`); people write their ends.
      if (!tag.empty() && (name == tag || name.ends_with(":" + tag) || name.ends_with("/" + tag))) return each;
      have.push_back(fmt::format("'{}'", name));
    }
  }
  if (tag.empty() && all.size() == 1) return all.front();
  if (all.empty()) return fail(Kind::NotFound, "it holds no image");
  const std::string names = have.empty() ? "none has a name" : fmt::format("they are {}", fmt::join(have, ", "));
  return fail(Kind::NotFound, tag.empty() ? fmt::format("it holds several images; name one: {}", names) : fmt::format("there is no such image; {}", names));
}

/// `../<id>/layer.tar` as seen from `<id>/layer.tar`.
std::string beside(const std::string& name, const std::string& link) {
  return (host::Path(name).parent_path() / link).lexically_normal().string();
}

}  // namespace

Result<Descriptor> DockerArchive::layer(const std::map<std::string, TarPlace>& members, std::string name, const Digest& diff_id) {
  auto found = members.find(name);
  for (int links = 0; found != members.end() && !found->second.link.empty() && links < 10; ++links) {
    name = beside(name, found->second.link);
    found = members.find(name);
  }
  if (found == members.end() || !found->second.link.empty()) return fail(Kind::Corrupt, fmt::format("it lacks the layer '{}'", name));
  const TarPlace& place = found->second;
  TRY_ASSIGN(auto file, files_.open(path_));
  Bytes front(6);
  TRY_ASSIGN(const size_t count, file->read_at(place.offset, front));
  const Codec codec = codec_of_magic(BytesView(front).first(count));
  Digest digest = diff_id;
  if (codec != Codec::None) {  // the configuration knows the digest of what comes out alone
    const auto source = stream_part(std::move(file), place.offset, place.size);
    Hasher hasher;
    Bytes buffer(256 * 1024);
    for (;;) {
      TRY_ASSIGN(const size_t read, source->read(buffer));
      if (read == 0) break;
      hasher.update(BytesView(buffer).first(read));
    }
    digest = hasher.finish();
  }
  places_.insert_or_assign(digest, place);
  const std::string_view media_type = codec == Codec::None ? media::layer_tar : codec == Codec::Zstd ? media::layer_zstd : media::layer_gzip;
  return Descriptor{std::string(media_type), digest, place.size, {}, {}};
}

Done DockerArchive::read(const host::ReadFile& file, const ImageRef& ref) {
  TRY(refuse_compressed(file));
  TRY_ASSIGN(const auto members, places_in(file));
  const auto listed = members.find("manifest.json");
  if (listed == members.end()) return fail(Kind::NotFound, "it has no manifest.json, as archives of `docker save` have");
  TRY_ASSIGN(const std::string text, text_at(file, listed->second, "manifest.json"));
  TRY_ASSIGN(const auto all, read_manifest_json(text));
  TRY_ASSIGN(const Saved saved, choose(all, ref.tag));
  const auto config_place = members.find(saved.config);
  if (config_place == members.end()) return fail(Kind::Corrupt, fmt::format("it lacks the configuration '{}'", saved.config));
  TRY_ASSIGN(std::string config_text, text_at(file, config_place->second, saved.config));
  TRY_ASSIGN(const Config config, read_config(config_text));
  if (config.diff_ids.size() != saved.layers.size())
    return fail(Kind::Corrupt, fmt::format("its configuration has {} layers and its manifest.json {}", config.diff_ids.size(), saved.layers.size()));
  Manifest manifest;
  manifest.config = {std::string(media::config), Digest::of(config_text), config_text.size(), {}, {}};
  for (size_t at = 0; at < saved.layers.size(); ++at) {
    TRY_ASSIGN(auto one, layer(members, saved.layers[at], config.diff_ids[at]));
    manifest.layers.push_back(std::move(one));
  }
  texts_[manifest.config.digest] = std::move(config_text);
  std::string manifest_text = to_text(manifest);
  root_ = {std::string(media::manifest), Digest::of(manifest_text), manifest_text.size(), {}, {}};
  texts_[root_.digest] = std::move(manifest_text);
  return {};
}

Result<std::unique_ptr<DockerArchive>> DockerArchive::open(host::Files& files, const ImageRef& ref) {
  TRY_ASSIGN(const auto file, files.open(ref.location));
  auto out = std::unique_ptr<DockerArchive>(new DockerArchive(files, ref.location));
  if (auto done = out->read(*file, ref); !done) return cannot(fmt::format("open '{}'", ref.str()), std::move(done).error());
  return out;
}

Result<std::string> DockerArchive::blob(const Digest& digest, size_t limit) {
  const auto text = texts_.find(digest);
  if (text == texts_.end() || text->second.size() > limit) return cannot(Kind::Corrupt, fmt::format("read blob '{}'", digest.str()), fmt::format("archive '{}' does not hold it", path_.string()));
  return text->second;
}

Result<std::unique_ptr<Source>> DockerArchive::open(const Digest& digest) {
  if (const auto text = texts_.find(digest); text != texts_.end()) return std::make_unique<MemorySource>(as_bytes(text->second));
  const auto found = places_.find(digest);
  if (found == places_.end()) return cannot(Kind::Corrupt, fmt::format("open blob '{}'", digest.str()), fmt::format("archive '{}' does not hold it", path_.string()));
  TRY_ASSIGN(auto file, files_.open(path_));
  return stream_part(std::move(file), found->second.offset, found->second.size);
}

}  // namespace ashlar::oci
