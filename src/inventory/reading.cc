#include "inventory/reading.h"

#include <algorithm>
#include <atomic>
#include <numeric>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/read_ahead.h"
#include "inventory/inner/content.h"
#include "inventory/inner/landing.h"
#include "inventory/inner/layer.h"
#include "inventory/inner/layer_stream.h"
#include "inventory/inner/paired_hashing.h"
#include "inventory/inner/reading_again.h"

namespace ashlar::inventory {
namespace {

void remove_below(std::map<std::string, File>& files, const std::string& folder) {
  const std::string prefix = folder.empty() ? std::string() : folder + "/";
  for (auto at = files.lower_bound(prefix); at != files.end() && at->first.starts_with(prefix);) at = files.erase(at);
}

/// Applies a whiteout to what lies in lower layers (image-spec layer.md, "Whiteouts": never to its own); false when the entry is none. Corrupt, as for
/// runtimes, when it would take away its own folder or that above it.
Result<bool> whiteout(std::map<std::string, File>& lower, const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.starts_with(".wh.")) return false;
  if (name == ".wh..wh..opq") {
    remove_below(lower, folder);
  } else if (!name.starts_with(".wh..wh.")) {  // what aufs keeps for itself
    if (const auto of = std::string_view(name).substr(4); of.empty() || of == "." || of == "..") return cannot(Kind::Corrupt, fmt::format("read whiteout '{}'", path), "it names no file");
    const std::string hidden = (folder.empty() ? std::string() : folder + "/") + name.substr(4);
    remove_below(lower, hidden);
    lower.erase(hidden);
  }
  return true;
}

/// What all threads that read layers share.
struct Work {
  oci::ImageReader& image;
  const std::vector<oci::Descriptor>& descriptors;
  const ReadOptions& options;
  TextRoom& texts;
  Crew& crew;
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

Done read_members(const Work& work, TarReader& reader, size_t at, Onlooker* onlooker, PairedHashing::Rooms& rooms, Layer& layer) {
  Bytes buffer(buffer_size);
  PairedHashing hashing(wanted_of(work.options), rooms, [&](size_t member, FileDigests digests) { put(std::move(digests), layer.members[member]); });
  for (;;) {
    TRY_ASSIGN(auto next, reader.next());
    if (!next) break;
    const size_t member = layer.members.size();
    File& file = layer.members.emplace_back(File{.entry = std::move(*next), .content = {}, .layer = at, .bytes = {at, member}});
    file.entry.path = clean_path(std::move(file.entry.path));
    if (file.entry.type != FileType::Regular) continue;
    const bool keeps = keeps_text(work.options, file.entry.path);
    TRY(read_file(reader, buffer, hashing, member, file.entry, Passing(file, onlooker, keeps ? &layer.texts[member] : nullptr, work.texts)));
  }
  hashing.finish();
  return {};
}

/// A layer that was kept. In a registry nothing of it is fetched: it had its digest when it was read, and whoever pulls it checks that. On disk its bytes are hashed as those of others are, now or later; where they are not what its digest says, reading it tells what is wrong.
std::optional<KeptLayer> find_kept(const Work& work, size_t at, const std::string& key) {
  const auto record = work.options.shelf->find(key);
  auto kept = record ? read_record(key, *record, at) : fail(Kind::NotFound, "it was not kept");
  if (!kept) return std::nullopt;
  kept->layer.verified = work.options.later == nullptr;
  if (work.image.is_remote()) return kept->layer.verified = true, std::move(*kept);
  if (kept->layer.verified && !work.image.is_whole(work.descriptors[at].digest)) return std::nullopt;
  return std::move(*kept);
}

Result<Layer> read_layer(const Work& work, size_t at, Onlooker* onlooker, PairedHashing::Rooms& rooms) {
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
  if (work.image.is_remote()) blob = read_ahead(std::move(blob));  // what is under way comes while we unpack
  LayerStream stream(work.crew, descriptor, std::move(blob));
  TarReader reader(stream);
  TRY(read_members(work, reader, at, onlooker, rooms, layer));
  Bytes rest(64 * 1024);  // what follows the archive's end belongs to the layer's digest, too
  for (size_t count = 1; count != 0;) {
    TRY_ASSIGN(count, stream.read(rest));
  }
  const auto [packed, unpacked] = stream.finish();
  if (packed != descriptor.digest) return fail(Kind::Corrupt, "its bytes have another digest");
  layer.diff_id = unpacked;
  if (shelf == nullptr) return layer;
  if (const auto found = onlooker == nullptr ? std::string() : onlooker->found()) shelf->keep(key, to_record(key, layer, *found));
  return layer;
}

/// Reads all layers beside each other, the largest first; threads that have none left help the others.
std::vector<Result<Layer>> read_layers(const Work& work, const std::vector<Onlooker*>& onlookers) {
  std::vector<Result<Layer>> layers(work.descriptors.size());
  std::vector<size_t> order(layers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t at) { return work.descriptors[at].size; });
  constexpr size_t steps = 3;  // of a layer that are made beside each other: it is unpacked, hashed, and its members are read
  const size_t threads = threads_for(steps * order.size(), work.options.threads);
  std::atomic<size_t> next = 0;
  in_parallel(threads, threads, [&](size_t, size_t) {
    PairedHashing::Rooms rooms;
    for (size_t turn = next++; turn < order.size(); turn = next++) {
      layers[order[turn]] = read_layer(work, order[turn], onlookers[order[turn]], rooms);
      work.crew.leave();
    }
    work.crew.help();
  });
  if (work.options.later == nullptr) return layers;
  std::vector<std::function<bool()>> checks;
  for (const size_t at : order) {
    if (layers[at] && !layers[at]->verified) checks.emplace_back([&image = work.image, digest = work.descriptors[at].digest] { return image.is_whole(digest); });
  }
  work.options.later->start(std::move(checks), work.options.threads);
  return layers;
}

/// Lays a layer over those below it. Its own files stand apart until it lies, so that however often it takes something away each file below is met once.
Done lay(Layer layer, Contents& contents, Renamed& renamed) {
  std::map<std::string, File> own;
  const auto find = [&](const std::string& path) -> const File* {
    const auto ours = own.find(path);
    if (ours != own.end()) return &ours->second;
    const auto lower = contents.files.find(path);
    return lower == contents.files.end() ? nullptr : &lower->second;
  };
  Landing landing([&](const std::string& path) {
    const File* const found = find(path);
    return found != nullptr && found->entry.type == FileType::Symlink ? std::optional(found->entry.link) : std::nullopt;
  });
  for (File& file : layer.members) {
    if (file.entry.path.empty()) continue;
    auto landed = landing.of(file.entry.path);
    if (!landed) return cannot(fmt::format("unpack '{}'", file.entry.path), std::move(landed).error());
    const std::string path = std::move(*landed);
    TRY_ASSIGN(const bool none, whiteout(contents.files, path));
    if (none || path.empty()) continue;
    if (file.entry.type == FileType::HardLink) {
      const auto link = landing.of_target(file.entry.link);
      if (!link) return cannot(fmt::format("read hard link '{}'", path), link.error());
      const File* const target = find(*link);
      if (target == nullptr) return cannot(Kind::Corrupt, fmt::format("read hard link '{}'", path), fmt::format("its target '{}' is not in the image", file.entry.link));
      share(*target, file);
      if (file.content) renamed.add(path, file.bytes, target->entry.type == FileType::Regular ? *link : std::string());
    }
    contents.texts.erase(path);
    if (file.entry.type == FileType::Regular) {
      if (path != file.entry.path) renamed.add(path, file.bytes, file.entry.path);
      else if (const auto text = layer.texts.find(file.bytes.member); text != layer.texts.end()) contents.texts[path] = std::move(text->second);
    }
    if (file.entry.type == FileType::Symlink) landing.put_symlink(path);
    if (file.entry.type != FileType::Directory) remove_below(contents.files, path);
    file.entry.path = path;
    contents.files.erase(path);
    own.insert_or_assign(path, std::move(file));
  }
  contents.files.merge(own);
  return {};
}

/// Corrupt where a layer is another than the configuration says by its digest when it is unpacked.
Done check_diff_id(const Digest& expected, const Layer& layer) {
  if (layer.diff_id == expected) return {};
  return fail(Kind::Corrupt, fmt::format("unpacked it is '{}', and the image's configuration says '{}'", layer.diff_id.str(), expected.str()));
}

}  // namespace

Result<Contents> read_contents(oci::ImageReader& image, const oci::PlatformImage& which, const ReadOptions& options) {
  Contents contents{which.platform, which.descriptor, which.config, which.manifest.layers, {}, {}, {}};
  if (contents.config.diff_ids.size() != contents.layers.size())
    return cannot(Kind::Corrupt, fmt::format("read image '{}'", contents.manifest.digest.str()), fmt::format("its configuration has {} layers and its manifest {}", contents.config.diff_ids.size(), contents.layers.size()));
  std::vector<Onlooker*> onlookers(contents.layers.size(), nullptr);
  for (size_t at = 0; at < onlookers.size() && options.onlooker; ++at) onlookers[at] = options.onlooker(at);
  TextRoom texts;
  Crew crew(contents.layers.size());
  std::vector<Result<Layer>> layers = read_layers({image, contents.layers, options, texts, crew}, onlookers);
  Renamed renamed;
  for (size_t at = 0; at < layers.size(); ++at) {
    Done done = layers[at] ? check_diff_id(contents.config.diff_ids[at], *layers[at]) : std::unexpected(std::move(layers[at]).error());
    if (done) done = lay(std::move(*layers[at]), contents, renamed);
    if (!done) return cannot(fmt::format("read layer '{}'", contents.layers[at].digest.str()), std::move(done).error());
  }
  std::erase_if(contents.texts, [&](const auto& text) { return !contents.files.contains(text.first); });
  for (auto& [at, again] : renamed.wanted(contents, options, [&](size_t layer) { return onlookers[layer]; })) {
    Done done = read_again(image, at, again, contents, texts);
    if (!done) return cannot(fmt::format("read layer '{}' again", contents.layers[at].digest.str()), std::move(done).error());
  }
  TRY(take_packages(contents, options));
  return contents;
}

}  // namespace ashlar::inventory
