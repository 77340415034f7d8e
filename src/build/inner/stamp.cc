#include "build/inner/stamp.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"
#include "build/inner/packer.h"
#include "build/inner/pruning.h"
#include "host/program.h"
#include "host/tree.h"

namespace ashlar::build {
namespace {

Json to_json(const oci::Descriptor& descriptor) { return {{"type", descriptor.media_type}, {"digest", descriptor.digest.str()}, {"size", descriptor.size}}; }

Result<oci::Descriptor> read_descriptor(const Json& json) {
  if (!json.is_object()) return fail(Kind::Corrupt, "not an object");
  oci::Descriptor out;
  TRY_ASSIGN(out.media_type, get_string(json, "type"));
  TRY_ASSIGN(const std::string digest, get_string(json, "digest"));
  TRY_ASSIGN(out.digest, Digest::parse(digest));
  TRY_ASSIGN(const std::int64_t size, get_integer(json, "size"));
  out.size = static_cast<std::uint64_t>(size);
  return out;
}

Result<Image> read_image(const Json& json, const oci::LayoutWriter& layout) {
  std::vector<oci::Descriptor> blobs;
  const auto blob = [&](const char* key) -> Result<oci::Descriptor> {
    if (!json.is_object() || !json.contains(key)) return fail(Kind::Corrupt, "incomplete");
    TRY_ASSIGN(auto descriptor, read_descriptor(json.at(key)));
    blobs.push_back(descriptor);
    return descriptor;
  };
  Image image;
  TRY_ASSIGN(image.manifest, blob("manifest"));
  TRY(blob("config"));
  TRY_ASSIGN(const std::string platform, get_string(json, "platform"));
  TRY_ASSIGN(image.platform, oci::Platform::parse(platform));
  TRY_ASSIGN(const std::int64_t content_size, get_integer(json, "content_size"));
  image.content_size = static_cast<std::uint64_t>(content_size);
  for (const Json& each : json.at("layers")) {
    Image::Layer layer;
    TRY_ASSIGN(layer.descriptor, read_descriptor(each));
    blobs.push_back(layer.descriptor);
    TRY_ASSIGN(const std::string diff_id, get_string(each, "diff_id"));
    TRY_ASSIGN(layer.diff_id, Digest::parse(diff_id));
    TRY_ASSIGN(const std::int64_t raw_size, get_integer(each, "raw_size"));
    layer.raw_size = static_cast<std::uint64_t>(raw_size);
    for (const Json& package : each.at("packages")) layer.packages.push_back(package.get<std::string>());
    image.layers.push_back(std::move(layer));
  }
  if (!layout.has_all(blobs)) return fail(Kind::NotFound, "not in the layout");
  return image;
}

host::Path note_path(const Stamp& stamp, const host::Path& cache) { return cache / "images" / stamp.key.substr(0, 2) / stamp.key.substr(2); }

}  // namespace

Result<Stamp> make_stamp(const plan::Definition& definition, const plan::Lock& lock, const plan::Encoder& packer, const oci::Platform& platform, host::Files& files, const Options& options) {
  Hasher hasher;
  if (const auto program = files.stat(host::program_path())) hasher.update(fmt::format("program {} {}\n", program->size, program->modified.seconds));
  hasher.update(fmt::format("image 1 {} {} {}\n{}\n{}\n{}\n", ASHLAR_VERSION, pruning_version, member_size, definition.digest_hex, platform.str(), options.image_mirror));
  const plan::OsRelease& os = options.release;
  for (const std::string* text : {&os.id, &os.name, &os.version_id, &os.version_codename, &os.pretty_name}) hasher.update(fmt::format("{} {}\n", text->size(), *text));
  hasher.update(options.run_scripts ? "scripts run\n" : "scripts do not run\n");
  hasher.update(fmt::format("{} {} {} {}\n", packer.codec, packer.library, packer.version, packer.level));
  hasher.update(to_compact(plan::to_json(lock)));
  for (const plan::PathRule& rule : definition.paths) {
    if (!rule.source.empty() && !rule.source.starts_with('/') && rule.type != plan::PathType::Symlink) TRY(host::add_tree(files, options.catalog_root / rule.source, hasher));
  }
  for (const plan::TrustedRoots& roots : definition.certificates) {
    if (!roots.content) TRY(host::add_tree(files, options.catalog_root / roots.source, hasher));
  }
  TRY(host::add_tree(files, options.effects, hasher));
  TRY(host::add_tree(files, options.recorded, hasher));
  return Stamp{hasher.finish().hex()};
}

std::optional<Image> find_stamped(const Stamp& stamp, const oci::LayoutWriter& layout, host::Files& files, const host::Path& cache) {
  const auto text = files.read(note_path(stamp, cache));
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, "a note of the cache");
  if (!json) return std::nullopt;
  try {
    auto image = read_image(*json, layout);
    if (image) return std::move(*image);
  } catch (const Json::exception&) {  // a note of another form: made again
  }
  return std::nullopt;
}

Done note_stamp(const Stamp& stamp, const Image& image, const oci::Descriptor& config, host::Files& files, const host::Path& cache) {
  Json layers = Json::array();
  for (const Image::Layer& layer : image.layers) {
    Json row = to_json(layer.descriptor);
    row["diff_id"] = layer.diff_id.str();
    row["raw_size"] = layer.raw_size;
    row["packages"] = layer.packages;
    layers.push_back(std::move(row));
  }
  const Json note = {{"platform", image.platform.str()}, {"manifest", to_json(image.manifest)}, {"config", to_json(config)}, {"content_size", image.content_size}, {"layers", std::move(layers)}};
  return files.write(note_path(stamp, cache), to_compact(note));
}

}  // namespace ashlar::build
