#include "inventory/reading.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/hashing_source.h"
#include "base/parallel.h"
#include "base/read_ahead.h"
#include "inventory/inner/content.h"
#include "inventory/inner/layer.h"
#include "inventory/inner/paired_hashing.h"

namespace ashlar::inventory {
namespace {

void remove_below(std::map<std::string, File>& files, const std::string& folder) {
  const std::string prefix = folder.empty() ? std::string() : folder + "/";
  for (auto at = files.lower_bound(prefix); at != files.end() && at->first.starts_with(prefix);) at = files.erase(at);
}

/// Applies a whiteout to what lies in lower layers (image-spec layer.md, "Whiteouts": never to its own); false when the entry is none.
bool whiteout(std::map<std::string, File>& lower, const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.starts_with(".wh.")) return false;
  if (name == ".wh..wh..opq") {
    remove_below(lower, folder);
  } else {
    const std::string hidden = (folder.empty() ? std::string() : folder + "/") + name.substr(4);
    remove_below(lower, hidden);
    lower.erase(hidden);
  }
  return true;
}

std::string clean(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.starts_with('/')) path.erase(0, 1);
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? std::string() : path;
}

/// What all threads that read layers share.
struct Work {
  oci::ImageReader& image;
  const std::vector<oci::Descriptor>& descriptors;
  const ReadOptions& options;
  TextRoom& texts;
};

/// Reads the content of the present member, a regular file, whole where it is not too large for that.
Done read_file(TarReader& reader, std::span<std::uint8_t> buffer, PairedHashing& hashing, size_t member, const TarEntry& entry, Passing passing) {
  if (entry.size <= PairedHashing::whole_limit) {
    const auto size = static_cast<size_t>(entry.size);
    const std::span<std::uint8_t> room = hashing.room(size);
    TRY(read_exactly(reader, room));
    TRY(passing.more(room));
    hashing.whole(member, size);
  } else {
    for (;;) {
      TRY_ASSIGN(const size_t count, reader.read(buffer));
      if (count == 0) break;
      TRY(passing.more(buffer.first(count)));
      hashing.piece(buffer.first(count));
    }
    hashing.end_pieces(member);
  }
  passing.end();
  return {};
}

Done read_members(const Work& work, TarReader& reader, size_t at, Onlooker* onlooker, Layer& layer) {
  Bytes buffer(buffer_size);
  PairedHashing hashing(wanted_of(work.options), [&](size_t member, FileDigests digests) { put(std::move(digests), layer.members[member]); });
  for (;;) {
    TRY_ASSIGN(auto next, reader.next());
    if (!next) break;
    const size_t member = layer.members.size();
    File& file = layer.members.emplace_back(File{.entry = std::move(*next), .content = {}, .layer = at, .bytes = {at, member}});
    file.entry.path = clean(std::move(file.entry.path));
    if (file.entry.type != FileType::Regular) continue;
    const bool keeps = keeps_text(work.options, file.entry.path);
    TRY(read_file(reader, buffer, hashing, member, file.entry, Passing(file, onlooker, keeps ? &layer.texts[member] : nullptr, work.texts)));
  }
  hashing.finish();
  return {};
}

/// Whether a layer's bytes are what its digest says.
bool has_its_digest(oci::ImageReader& image, const Digest& digest) {
  const auto blob = image.open(digest);
  if (!blob) return false;
  Hasher hasher;
  Bytes buffer(buffer_size);
  for (;;) {
    const auto count = (*blob)->read(buffer);
    if (!count) return false;
    if (*count == 0) return hasher.finish() == digest;
    hasher.update(BytesView(buffer).first(*count));
  }
}

/// A layer that was kept. In a registry nothing of it is fetched: it had its digest when it was read, and whoever pulls it checks that. On disk its bytes are hashed as those of others are, now or later; where they are not what its digest says, reading it tells what is wrong.
std::optional<KeptLayer> find_kept(const Work& work, size_t at, const std::string& key) {
  const auto record = work.options.shelf->find(key);
  auto kept = record ? read_record(key, *record, at) : fail(Kind::NotFound, "it was not kept");
  if (!kept) return std::nullopt;
  kept->layer.verified = work.options.later == nullptr;
  if (work.image.is_remote()) return kept->layer.verified = true, std::move(*kept);
  if (kept->layer.verified && !has_its_digest(work.image, work.descriptors[at].digest)) return std::nullopt;
  return std::move(*kept);
}

Result<Layer> read_layer(const Work& work, size_t at, Onlooker* onlooker) {
  const oci::Descriptor& descriptor = work.descriptors[at];
  const LayerShelf* const shelf = work.options.shelf;
  std::string key;
  if (shelf != nullptr) {
    key = shelf->key(descriptor, fmt::format("sha1 {}, md5 {}, seen {}", work.options.sha1, work.options.md5, onlooker != nullptr));
    auto kept = find_kept(work, at, key);
    if (kept && (onlooker == nullptr || onlooker->recall(as_bytes(kept->found), at))) {
      for (const auto& [member, text] : kept->layer.texts) TRY(work.texts.take(kept->layer.members[member].entry.path, text.size(), text.size()));
      return std::move(kept->layer);
    }
  }
  Layer layer;
  TRY_ASSIGN(auto blob, work.image.open(descriptor.digest));
  Hasher hasher;
  const auto stream = read_ahead(oci::decode_layer(descriptor, std::make_unique<HashingSource>(std::move(blob), hasher)));
  TarReader reader(*stream);
  TRY(read_members(work, reader, at, onlooker, layer));
  Bytes rest(64 * 1024);  // what follows the archive's end belongs to the layer's digest, too
  for (size_t count = 1; count != 0;) {
    TRY_ASSIGN(count, stream->read(rest));
  }
  if (hasher.finish() != descriptor.digest) return fail(Kind::Corrupt, "its bytes have another digest");
  if (shelf == nullptr) return layer;
  if (const auto found = onlooker == nullptr ? std::string() : onlooker->found()) shelf->keep(key, to_record(key, layer, *found));
  return layer;
}

/// Reads all layers beside each other, the largest first.
std::vector<Result<Layer>> read_layers(const Work& work) {
  std::vector<Result<Layer>> layers(work.descriptors.size());
  std::vector<Onlooker*> onlookers(layers.size(), nullptr);
  for (size_t at = 0; at < layers.size() && work.options.onlooker; ++at) onlookers[at] = work.options.onlooker(at);
  std::vector<size_t> order(layers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t at) { return work.descriptors[at].size; });
  in_parallel(order.size(), work.options.threads, [&](size_t turn, size_t) { layers[order[turn]] = read_layer(work, order[turn], onlookers[order[turn]]); });
  if (work.options.later == nullptr) return layers;
  std::vector<std::function<bool()>> checks;
  for (const size_t at : order) {
    if (layers[at] && !layers[at]->verified) checks.emplace_back([&image = work.image, digest = work.descriptors[at].digest] { return has_its_digest(image, digest); });
  }
  work.options.later->start(std::move(checks), work.options.threads);
  return layers;
}

/// Lays a layer over those below it. Its own files stand apart until it lies, so that however often it takes something away each file below is met once.
Done lay(Layer layer, Contents& contents) {
  std::map<std::string, File> own;
  for (File& file : layer.members) {
    const std::string path = file.entry.path;
    if (path.empty() || whiteout(contents.files, path)) continue;
    if (file.entry.type == FileType::HardLink) {
      const std::string link = clean(file.entry.link);
      const bool ours = own.contains(link);
      const auto target = (ours ? own : contents.files).find(link);
      if (!ours && target == contents.files.end()) return cannot(Kind::Corrupt, fmt::format("read hard link '{}'", path), fmt::format("its target '{}' is not in the image", file.entry.link));
      share(target->second, file);
    }
    contents.texts.erase(path);
    if (const auto text = layer.texts.find(file.bytes.member); text != layer.texts.end() && file.entry.type == FileType::Regular) contents.texts[path] = std::move(text->second);
    if (file.entry.type != FileType::Directory) remove_below(contents.files, path);
    contents.files.erase(path);
    own.insert_or_assign(path, std::move(file));
  }
  contents.files.merge(own);
  return {};
}

}  // namespace

Result<Contents> read_contents(oci::ImageReader& image, const oci::PlatformImage& which, const ReadOptions& options) {
  Contents contents{which.platform, which.descriptor, which.config, which.manifest.layers, {}, {}, {}};
  TextRoom texts;
  std::vector<Result<Layer>> layers = read_layers({image, contents.layers, options, texts});
  for (size_t at = 0; at < layers.size(); ++at) {
    Done done = layers[at] ? lay(std::move(*layers[at]), contents) : std::unexpected(std::move(layers[at]).error());
    if (!done) return cannot(fmt::format("read layer '{}'", contents.layers[at].digest.str()), std::move(done).error());
  }
  std::erase_if(contents.texts, [&](const auto& text) { return !contents.files.contains(text.first); });
  TRY(take_packages(contents, options));
  return contents;
}

}  // namespace ashlar::inventory
