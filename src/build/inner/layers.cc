#include "build/inner/layers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/json.h"
#include "build/inner/packer.h"

namespace ashlar::build {
namespace {

/// Packages by how common they are; a layer each, lowest first. What is in no row goes into the image's own layer.
struct Row {
  std::string_view name;
  std::array<std::string_view, 10> packages;
};
constexpr std::array<Row, 4> common = {{
    {"base files", {"base-files", "netbase", "tzdata", "ca-certificates", "media-types"}},
    {"C library", {"gcc-14-base", "libc6", "libgcc-s1", "gcc-12-base"}},
    {"C++ and cryptography", {"libssl3t64", "libssl3", "libstdc++6", "libzstd1", "openssl-provider-legacy", "zlib1g"}},
    {"package tools", {"apt", "dpkg", "bash", "coreutils", "dash", "sed", "grep", "perl-base", "tar", "debconf"}},
}};

size_t row_of(std::string_view package) {
  for (size_t at = 0; at < common.size(); ++at) {
    const auto& names = common[at].packages;
    if (std::find(names.begin(), names.end(), package) != names.end()) return at;
  }
  return common.size();
}

/// Every directory that the layer's files lie in or that its packages ship, in the order of paths, as tar headers. Owners and modes are the image's.
/// Times are the newest that something of this layer gives: images with the same packages in a layer share it, whatever else they hold.
Bytes folders_of(const LayerPlan& plan, const Tree& tree, const std::vector<Frame>& frames) {
  struct Times { std::int64_t own = INT64_MIN, inside = INT64_MIN; };
  std::map<std::string_view, Times> wanted;
  const auto want = [&](const TarEntry& entry) {
    const std::string_view path = entry.path;
    if (entry.type == FileType::Directory) wanted[path].own = std::max(wanted[path].own, entry.mtime);
    for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      Times& times = wanted[path.substr(0, slash)];
      times.inside = std::max(times.inside, entry.mtime);
    }
  };
  for (const size_t part : plan.parts) {
    for (const FrameEntry& each : frames[part].entries) want(each.entry);
  }
  for (const Tree::Node* node : plan.made) want(node->entry);
  Bytes out;
  for (const auto& [path, times] : wanted) {
    const Tree::Node* const node = tree.node(path);
    if (node == nullptr || node->entry.type != FileType::Directory) continue;
    TarEntry entry = node->entry;
    entry.mtime = times.own != INT64_MIN ? times.own : times.inside;
    append_tar_header(out, entry);
  }
  return out;
}

/// Generated files as a run of tar members, hard links never among them.
Bytes made_files(const LayerPlan& plan) {
  Bytes out;
  for (const Tree::Node* node : plan.made) {
    if (node->entry.type == FileType::Directory) continue;
    append_tar_header(out, node->entry);
    out.insert(out.end(), node->content.begin(), node->content.end());
    out.resize(out.size() + tar_padding(node->entry.size));
  }
  return out;
}

struct Run {
  Bytes raw, packed;
  std::vector<FrameMember> members;
};

Result<Run> pack_run(Bytes raw, const plan::Encoder& encoder) {
  Run run;
  for (size_t at = 0; at < raw.size(); at += member_size) {
    const size_t count = std::min(member_size, raw.size() - at);
    TRY_ASSIGN(const Bytes packed, pack(BytesView(raw).subspan(at, count), encoder));
    run.members.push_back({count, packed.size()});
    run.packed.insert(run.packed.end(), packed.begin(), packed.end());
  }
  run.raw = std::move(raw);
  return run;
}

/// Everything that a layer is made of, in order.
struct Pieces {
  Run folders, made, end;
  std::vector<const Frame*> frames;
};

Result<Digest> diff_id_of(const Pieces& pieces, const FrameStore& store, const plan::Encoder& encoder, Crew& crew) {
  Hasher hasher;
  hasher.update(pieces.folders.raw);
  TRY(store.check(pieces.frames, encoder, crew, hasher));
  hasher.update(pieces.made.raw).update(pieces.end.raw);
  return hasher.finish();
}

struct Written {
  Digest digest = Digest::from({});
  std::uint64_t size = 0;
};

/// Writes the layer's compressed bytes, which must be `expected` when they were made before.
Result<Written> write_packed(const Pieces& pieces, const FrameStore& store, const std::optional<Digest>& expected, oci::LayoutWriter& layout) {
  TRY_ASSIGN(const auto draft, layout.draft());
  Hasher hasher;
  Written out;
  const auto write = [&](BytesView bytes) -> Done {
    hasher.update(bytes);
    out.size += bytes.size();
    return draft->write(bytes);
  };
  TRY(write(pieces.folders.packed));
  Bytes buffer(1 << 20);
  for (const Frame* frame : pieces.frames) {
    TRY_ASSIGN(const auto file, store.open(*frame));
    for (std::uint64_t at = 0; at < frame->packed_size;) {
      TRY_ASSIGN(const size_t count, file->read_at(at, buffer));
      if (count == 0) return fail(Kind::Corrupt, "a frame in the cache ends early");
      TRY(write(BytesView(buffer).first(count)));
      at += count;
    }
  }
  TRY(write(pieces.made.packed));
  TRY(write(pieces.end.packed));
  out.digest = hasher.finish();
  if (expected && *expected != out.digest) return fail(Kind::Corrupt, "a frame in the cache has other bytes than were written");
  TRY(layout.commit_as(*draft, out.digest));
  return out;
}

std::string key_of(const Pieces& pieces, const plan::Encoder& encoder) {
  std::string text = fmt::format("layer 1 {} {} {} {}\n", encoder.codec, encoder.library, encoder.version, encoder.level);
  text += Digest::of(pieces.folders.packed).hex() + "\n";
  for (const Frame* frame : pieces.frames) text += frame->blob.hex() + "\n";
  text += Digest::of(pieces.made.packed).hex() + "\n";
  return Digest::of(text).hex();
}

/// What was noted of a layer with this key: digest, diffID, size. Nothing when it was never made or the note does not read.
std::optional<std::pair<Written, Digest>> read_note(host::Files& files, const host::Path& path) {
  const auto text = files.read(path);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, path.string());
  if (!json || !json->is_object()) return std::nullopt;
  const auto digest_text = get_string(*json, "digest"), diff_text = get_string(*json, "diff_id");
  const auto size = get_integer(*json, "size");
  if (!digest_text || !diff_text || !size) return std::nullopt;
  const auto digest = Digest::parse(*digest_text), diff_id = Digest::parse(*diff_text);
  if (!digest || !diff_id) return std::nullopt;
  return std::pair{Written{*digest, static_cast<std::uint64_t>(*size)}, *diff_id};
}

}  // namespace

std::vector<LayerPlan> plan_layers(const Tree& tree, const std::vector<Part>& parts) {
  std::vector<LayerPlan> layers(common.size() + 2);
  for (size_t at = 0; at < common.size(); ++at) layers[at].name = std::string(common[at].name);
  layers[common.size()].name = "packages";
  layers.back().name = "configuration and metadata";
  for (size_t part = 0; part < parts.size(); ++part) layers[row_of(parts[part].package->name)].parts.push_back(part);
  for (const auto& [path, node] : tree.nodes()) {
    if (node.part < 0 && node.owner != "parent") layers.back().made.push_back(&node);
  }
  std::erase_if(layers, [](const LayerPlan& layer) { return layer.parts.empty() && layer.made.empty(); });
  return layers;
}

Result<Image::Layer> write_layer(const LayerPlan& plan, const Tree& tree, const std::vector<Part>& parts, const std::vector<Frame>& frames, const FrameStore& store,
                                 const plan::Encoder& encoder, Crew& crew, host::Files& files, const host::Path& cache, oci::LayoutWriter& layout) {
  Pieces pieces;
  TRY_ASSIGN(pieces.folders, pack_run(folders_of(plan, tree, frames), encoder));
  TRY_ASSIGN(pieces.made, pack_run(made_files(plan), encoder));
  TRY_ASSIGN(pieces.end, pack_run(Bytes(tar_end_size), encoder));
  Image::Layer layer;
  layer.raw_size = pieces.folders.raw.size() + pieces.made.raw.size() + tar_end_size;
  for (const size_t part : plan.parts) {
    if (frames[part].raw_size != 0) pieces.frames.push_back(&frames[part]);
    layer.raw_size += frames[part].raw_size;
    layer.packages.push_back(parts[part].package->name);
  }
  const std::string key = key_of(pieces, encoder);
  const host::Path note = cache / "layers" / key.substr(0, 2) / key.substr(2);
  const std::string_view media_type = encoder.codec == "zstd" ? oci::media::layer_zstd : oci::media::layer_gzip;
  const auto known = read_note(files, note);
  if (known && layout.has(known->first.digest, known->first.size)) {
    layer.descriptor = {std::string(media_type), known->first.digest, known->first.size, {}, {}};
    layer.diff_id = known->second;
    return layer;
  }
  if (known) {  // packed before: only its bytes are hashed, and if they are others, the frames say which is damaged
    if (const auto written = write_packed(pieces, store, known->first.digest, layout)) {
      layer.descriptor = {std::string(media_type), written->digest, written->size, {}, {}};
      layer.diff_id = known->second;
      return layer;
    }
  }
  Result<Written> written = Written{};
  bool done = false;
  crew.errand([&] {
    Result<Written> result = write_packed(pieces, store, std::nullopt, layout);
    crew.locked([&] {
      written = std::move(result);
      done = true;
    });
  });
  auto diff_id = diff_id_of(pieces, store, encoder, crew);
  crew.help_until([&] { return done; });
  if (!diff_id) return std::unexpected(std::move(diff_id).error());
  layer.diff_id = *diff_id;
  if (!written) return std::unexpected(std::move(written).error());
  layer.descriptor = {std::string(media_type), written->digest, written->size, {}, {}};
  (void)files.write(note, to_compact(Json{{"digest", written->digest.str()}, {"diff_id", layer.diff_id.str()}, {"size", written->size}}));  // only saves work later
  return layer;
}

}  // namespace ashlar::build
