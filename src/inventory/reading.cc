#include "inventory/reading.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/file_hasher.h"
#include "base/hashing_source.h"
#include "base/parallel.h"
#include "base/read_ahead.h"
#include "host/tree.h"
#include "inventory/inner/databases.h"
#include "inventory/inner/layer.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_text = 256 << 20;
constexpr size_t buffer_size = 256 << 10;

void remove_below(std::map<std::string, File>& files, const std::string& folder, size_t layer) {
  const std::string prefix = folder.empty() ? std::string() : folder + "/";
  for (auto at = files.lower_bound(prefix); at != files.end() && at->first.starts_with(prefix);) {
    at = at->second.layer < layer ? files.erase(at) : std::next(at);
  }
}

/// Applies a whiteout to what lies in lower layers (image-spec layer.md, "Whiteouts": never to its own); false when the entry is none.
bool whiteout(std::map<std::string, File>& files, const std::string& path, size_t layer) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.starts_with(".wh.")) return false;
  if (name == ".wh..wh..opq") {
    remove_below(files, folder, layer);
  } else {
    const std::string hidden = (folder.empty() ? std::string() : folder + "/") + name.substr(4);
    remove_below(files, hidden, layer);
    if (const auto at = files.find(hidden); at != files.end() && at->second.layer < layer) files.erase(at);
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
  bool keeps(std::string_view path) const { return is_database(path) || (options.keep && options.keep(path)); }
};

FileHasher::Wanted wanted_of(const ReadOptions& options) { return {.sha1 = options.sha1, .md5 = options.md5}; }

/// Reads the content of the present member, a regular file.
Done read_file(Source& reader, Bytes& buffer, FileHasher& hasher, File& file, Onlooker* onlooker, std::string* keep) {
  if (onlooker != nullptr) onlooker->begin(file.entry, file.bytes);
  for (;;) {
    TRY_ASSIGN(const size_t count, reader.read(buffer));
    if (count == 0) break;
    const BytesView bytes = BytesView(buffer).first(count);
    hasher.update(bytes);
    if (file.front.size() < 4) file.front += as_text(bytes).substr(0, 4 - file.front.size());
    if (onlooker != nullptr) onlooker->more(bytes);
    if (keep != nullptr) keep->append(as_text(bytes));
    if (keep != nullptr && keep->size() > max_text) return cannot(Kind::Corrupt, fmt::format("read '{}'", file.entry.path), "it is larger than 256 MiB");
  }
  FileDigests digests = hasher.finish();
  file.content = digests.sha256;
  file.sha1 = std::move(digests.sha1);
  file.md5 = std::move(digests.md5);
  if (onlooker != nullptr) onlooker->end(*file.content);
  return {};
}

Done read_members(const Work& work, TarReader& reader, size_t at, Onlooker* onlooker, Layer& layer) {
  Bytes buffer(buffer_size);
  FileHasher hasher(wanted_of(work.options));
  for (;;) {
    TRY_ASSIGN(auto next, reader.next());
    if (!next) return {};
    const size_t member = layer.members.size();
    File& file = layer.members.emplace_back(File{.entry = std::move(*next), .content = {}, .layer = at, .bytes = {at, member}});
    file.entry.path = clean(std::move(file.entry.path));
    if (file.entry.type != FileType::Regular) continue;
    TRY(read_file(reader, buffer, hasher, file, onlooker, work.keeps(file.entry.path) ? &layer.texts[member] : nullptr));
  }
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

/// A layer that was kept. Its bytes are hashed as those of others are, now or later; where they are not what its digest says, reading it tells what is wrong.
std::optional<KeptLayer> find_kept(const Work& work, size_t at, const std::string& key) {
  const auto record = work.options.shelf->find(key);
  auto kept = record ? read_record(key, *record, at) : fail(Kind::NotFound, "it was not kept");
  if (!kept) return std::nullopt;
  kept->layer.verified = work.options.later == nullptr;
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
    if (kept && (onlooker == nullptr || onlooker->recall(as_bytes(kept->found), at))) return std::move(kept->layer);
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

/// Gives a hard link what its target holds.
void share(const File& from, File& to) {
  to.content = from.content;
  to.sha1 = from.sha1;
  to.md5 = from.md5;
  to.front = from.front;
  to.bytes = from.bytes;
}

Done take_packages(Contents& contents, const ReadOptions& options) {
  Databases databases = read_packages(contents.texts);
  if (!databases.damage.empty() && !options.damaged_databases) return fail(Kind::Corrupt, std::move(databases.damage.front()));
  contents.packages = std::move(databases.packages);
  return {};
}

/// Lays a layer over those below it.
Done lay(Layer layer, size_t at, Contents& contents) {
  for (File& file : layer.members) {
    const std::string path = file.entry.path;
    if (path.empty() || whiteout(contents.files, path, at)) continue;
    if (file.entry.type == FileType::HardLink) {
      const auto target = contents.files.find(clean(file.entry.link));
      if (target == contents.files.end()) return cannot(Kind::Corrupt, fmt::format("read hard link '{}'", path), fmt::format("its target '{}' is not in the image", file.entry.link));
      share(target->second, file);
    }
    contents.texts.erase(path);
    if (const auto text = layer.texts.find(file.bytes.member); text != layer.texts.end() && file.entry.type == FileType::Regular) contents.texts[path] = std::move(text->second);
    if (file.entry.type != FileType::Directory) remove_below(contents.files, path, at);
    contents.files.insert_or_assign(path, std::move(file));
  }
  return {};
}

}  // namespace

Result<Contents> read_contents(oci::ImageReader& image, const oci::PlatformImage& which, const ReadOptions& options) {
  Contents contents{which.platform, which.descriptor, which.config, which.manifest.layers, {}, {}, {}};
  std::vector<Result<Layer>> layers = read_layers({image, contents.layers, options});
  for (size_t at = 0; at < layers.size(); ++at) {
    Done done = layers[at] ? lay(std::move(*layers[at]), at, contents) : std::unexpected(std::move(layers[at]).error());
    if (!done) return cannot(fmt::format("read layer '{}'", contents.layers[at].digest.str()), std::move(done).error());
  }
  std::erase_if(contents.texts, [&](const auto& text) { return !contents.files.contains(text.first); });
  TRY(take_packages(contents, options));
  return contents;
}

namespace {

/// What one thread reads a folder's files with.
struct Hand {
  Onlooker* onlooker;
  FileHasher hasher;
  Bytes buffer;
};

/// A node of a folder, and how reading it went.
struct Node {
  File file;
  std::optional<std::string> text;  ///< of a file that is kept
  Done done;
};

void read_node(host::Files& files, const host::Path& folder, const ReadOptions& options, Node& node, Hand& hand) {
  const std::string& path = node.file.entry.path;
  auto open = files.open(folder / path);
  if (!open) {
    node.done = std::unexpected(std::move(open).error());
    return;
  }
  const auto stream = host::stream(std::move(*open));
  if (is_database(path) || (options.keep && options.keep(path))) node.text.emplace();
  node.done = read_file(*stream, hand.buffer, hand.hasher, node.file, hand.onlooker, node.text ? &*node.text : nullptr);
}

}  // namespace

Result<Contents> read_folder(host::Files& files, const host::Path& folder, const ReadOptions& options) {
  const std::string what = fmt::format("read root file system '{}'", folder.string());
  auto entries = host::list_tree(folder);
  if (!entries) return cannot(what, std::move(entries).error());
  std::vector<Node> nodes;
  std::vector<size_t> order;  // of regular files, the largest first: no thread is left with one at the end
  for (size_t member = 0; member < entries->size(); ++member) {
    nodes.push_back({File{.entry = std::move((*entries)[member]), .content = {}, .layer = 0, .bytes = {0, member}}, {}, {}});
    if (nodes.back().file.entry.type == FileType::Regular) order.push_back(member);
  }
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t member) { return nodes[member].file.entry.size; });
  std::vector<Hand> hands;
  for (size_t each = 0; each < threads_for(order.size(), options.threads); ++each) hands.push_back({options.onlooker ? options.onlooker(0) : nullptr, FileHasher(wanted_of(options)), Bytes(buffer_size)});
  in_parallel(order.size(), options.threads, [&](size_t turn, size_t thread) { read_node(files, folder, options, nodes[order[turn]], hands[thread]); });
  Contents contents;
  for (Node& node : nodes) {
    if (!node.done) return cannot(what, std::move(node.done).error());
    const std::string path = node.file.entry.path;
    if (node.file.entry.type == FileType::HardLink) share(contents.files.at(node.file.entry.link), node.file);  // the list names it before
    if (node.text) contents.texts.emplace(path, std::move(*node.text));
    contents.files.emplace(path, std::move(node.file));
  }
  TRY(take_packages(contents, options));
  return contents;
}

}  // namespace ashlar::inventory
