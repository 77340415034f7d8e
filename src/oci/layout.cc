#include "oci/layout.h"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/codec.h"
#include "base/parallel.h"
#include "host/file_digest.h"
#include "oci/inner/archive.h"
#include "oci/inner/docker_archive.h"

namespace ashlar::oci {
namespace {

constexpr std::string_view layout_marker = "{\"imageLayoutVersion\":\"1.0.0\"}";
constexpr const char* ref_name = "org.opencontainers.image.ref.name";
constexpr size_t max_document = 16 << 20;

host::Path blob_path(const host::Path& folder, const Digest& digest) { return folder / "blobs" / "sha256" / digest.hex(); }

Result<std::unique_ptr<Source>> open_blob(host::Files& files, const host::Path& folder, const Digest& digest) {
  auto file = files.open(blob_path(folder, digest));
  if (!file) return cannot(Kind::Corrupt, fmt::format("open blob '{}'", digest.str()), file.error().message);
  return host::stream(std::move(*file));
}

Result<std::string> read_blob(host::Files& files, const host::Path& folder, const Digest& digest, size_t limit) {
  const std::string what = fmt::format("read blob '{}'", digest.str());
  TRY_ASSIGN(const auto source, open_blob(files, folder, digest));
  auto bytes = read_all(*source, limit);
  if (!bytes) return cannot(what, std::move(bytes).error());
  if (Digest::of(*bytes) != digest) return cannot(Kind::Corrupt, what, "its bytes have another digest");
  return std::string(as_text(*bytes));
}

/// The descriptor that a reference means among those of an index.
Result<Descriptor> choose(const ImageIndex& index, const ImageRef& ref) {
  const std::string what = fmt::format("open '{}'", ref.str());
  if (!ref.digest.empty()) {
    const auto found = std::ranges::find_if(index.manifests, [&](const Descriptor& each) { return each.digest.str() == ref.digest; });
    return found == index.manifests.end() ? cannot(Kind::NotFound, what, "the layout's index names no such digest") : Result<Descriptor>(*found);
  }
  std::vector<std::string> tags;
  const Descriptor* latest = nullptr;
  for (const Descriptor& each : index.manifests) {
    const auto name = each.annotations.find(ref_name);
    if (name == each.annotations.end()) continue;
    tags.push_back(fmt::format("'{}'", name->second));
    if (name->second == "latest") latest = &each;
    if (!ref.tag.empty() && name->second == ref.tag) return each;
  }
  // Without a tag: the one image that there is, under however many tags; what refers to it has none, or one that is made of its digest (cosign).
  std::vector<Descriptor> images = index.manifests;
  const auto is_image = [](const Descriptor& each) { return each.annotations.contains(ref_name) && !each.annotations.at(ref_name).starts_with("sha256-"); };
  if (std::ranges::any_of(images, is_image)) std::erase_if(images, [&](const Descriptor& each) { return !is_image(each); });
  const auto same = [&](const Descriptor& each) { return each.digest == images.front().digest; };
  if (ref.tag.empty() && !images.empty() && std::ranges::all_of(images, same)) return images.front();
  if (ref.tag.empty() && latest != nullptr) return *latest;
  if (index.manifests.empty()) return cannot(Kind::NotFound, what, "the layout holds no image");
  const std::string have = tags.empty() ? "it has no tags" : fmt::format("its tags are {}", fmt::join(tags, ", "));
  return cannot(Kind::NotFound, what, ref.tag.empty() ? fmt::format("it holds several images; name a tag: {}", have) : fmt::format("there is no such tag; {}", have));
}

class FolderReader final : public ImageReader {
 public:
  FolderReader(host::Files& files, host::Path folder, Descriptor root) : files_(files), folder_(std::move(folder)), root_(std::move(root)) {}
  Result<std::string> blob(const Digest& digest, size_t limit) override { return read_blob(files_, folder_, digest, limit); }
  Result<std::unique_ptr<Source>> open(const Digest& digest) override { return open_blob(files_, folder_, digest); }
  Descriptor root() const override { return root_; }
  bool is_whole(const Digest& digest) override {
    const auto file = files_.open(blob_path(folder_, digest));
    return file && host::has_digest(**file, digest);
  }
  /// Read anew each time: others add to a layout while it is open.
  Result<std::vector<Descriptor>> neighbours(const Digest&) override {
    TRY_ASSIGN(const std::string text, files_.read(folder_ / "index.json"));
    TRY_ASSIGN(auto index, read_index(text));
    return std::move(index.manifests);
  }

 private:
  host::Files& files_;
  host::Path folder_;
  Descriptor root_;
};

}  // namespace

Result<LayoutWriter> LayoutWriter::open(host::Files& files, const host::Path& folder) {
  const std::string what = fmt::format("write layout '{}'", folder.string());
  LayoutWriter writer;
  writer.files_ = &files;
  writer.folder_ = folder;
  const bool marked = files.exists(folder / "oci-layout");
  if (!marked && files.exists(folder)) {
    TRY_ASSIGN(const auto names, files.list(folder));
    const bool ours = std::all_of(names.begin(), names.end(), [](const std::string& name) { return name == "blobs" || name == "index.json" || name == "oci-layout" || name.starts_with('.'); });
    if (!ours) return cannot(Kind::Conflict, what, "the folder holds something else; name an empty or new one");
  }
  TRY(files.make_folders(folder / "blobs" / "sha256"));
  if (!marked) TRY(files.write(folder / "oci-layout", layout_marker));
  return writer;
}

bool LayoutWriter::has(const Digest& digest, std::uint64_t size) const {
  const auto file = files_->open(blob_path(folder_, digest));
  return file && (*file)->size() == size && host::has_digest(**file, digest);
}

bool LayoutWriter::has_all(const std::vector<Descriptor>& blobs) const {
  std::atomic<bool> all = true;
  in_parallel(blobs.size(), 0, [&](size_t at, size_t) {
    if (all && !has(blobs[at].digest, blobs[at].size)) all = false;
  });
  return all;
}

Result<Descriptor> LayoutWriter::put(std::string_view media_type, std::string_view content) {
  const Descriptor out{std::string(media_type), Digest::of(content), content.size(), {}, {}};
  if (!has(out.digest, out.size)) TRY(files_->write(blob_path(folder_, out.digest), content));
  return out;
}

Result<std::unique_ptr<host::Draft>> LayoutWriter::draft() { return files_->draft(folder_ / "blobs" / "sha256"); }

Done LayoutWriter::commit_as(host::Draft& draft, const Digest& digest) { return draft.commit(blob_path(folder_, digest)); }

Done LayoutWriter::put_file(const host::Path& from, const Digest& digest) { return files_->link_or_copy(from, blob_path(folder_, digest)); }

namespace {

/// The tag that an entry of an index has, or empty.
std::string tag_of(const Json& entry) {
  if (!entry.is_object() || !entry.contains("annotations")) return {};
  const Json& annotations = entry.at("annotations");
  if (!annotations.is_object() || !annotations.contains(ref_name)) return {};
  const Json& name = annotations.at(ref_name);
  return name.is_string() ? name.get<std::string>() : std::string();
}

/// The text of `before` (an index) in which `tagged` has replaced what had its tag. The other entries stay as others wrote them, also in what we do
/// not know.
Result<std::string> retagged(const std::string& before, const std::string& tag, const Descriptor& tagged) {
  TRY_ASSIGN(Json index, parse_json(before, "index.json"));
  TRY(read_index(before));
  TRY_ASSIGN(const Json ours, parse_json(to_text(ImageIndex{{tagged}, {}}), "index.json"));
  std::vector<Json> entries;
  for (const Json& entry : index.at("manifests")) {
    if (tag_of(entry) != tag) entries.push_back(entry);
  }
  entries.push_back(ours.at("manifests").at(0));
  std::stable_sort(entries.begin(), entries.end(), [](const Json& a, const Json& b) { return tag_of(a) < tag_of(b); });
  index["manifests"] = std::move(entries);
  return to_compact(index);
}

/// The text of `before` (an index) with `added` in it, behind the others, where nothing with its digest stands there yet.
Result<std::string> listed(const std::string& before, const Descriptor& added) {
  TRY_ASSIGN(Json index, parse_json(before, "index.json"));
  TRY_ASSIGN(const ImageIndex read, read_index(before));
  if (std::ranges::any_of(read.manifests, [&](const Descriptor& each) { return each.digest == added.digest; })) return before;
  TRY_ASSIGN(const Json ours, parse_json(to_text(ImageIndex{{added}, {}}), "index.json"));
  index["manifests"].push_back(ours.at("manifests").at(0));
  return to_compact(index);
}

}  // namespace

Done LayoutWriter::point(const std::string& tag, const Descriptor& root) {
  const std::string what = fmt::format("tag image '{}' in '{}'", tag, folder_.string());
  if (!is_ref_name(tag)) return cannot(Kind::Invalid, what, "a tag is made of letters, digits and single '-', '.', '_', ':', '@', '+', '/' between them");
  if (!has(root.digest, root.size)) return cannot(Kind::NotFound, what, fmt::format("the layout has no blob '{}' of {} bytes", root.digest.str(), root.size));
  Descriptor tagged = root;
  tagged.annotations[ref_name] = tag;
  return change_index(what, [&](const std::string& before) { return retagged(before, tag, tagged); });
}

Result<Document> LayoutWriter::change(const std::string& tag, const TagChange& change) {
  std::optional<Document> then;
  TRY(change_index(fmt::format("change '{}' in '{}'", tag, folder_.string()), [&](const std::string& before) -> Result<std::string> {
    TRY_ASSIGN(const ImageIndex index, read_index(before));
    const auto tagged = std::ranges::find_if(index.manifests, [&](const Descriptor& each) { return each.annotations.contains(ref_name) && each.annotations.at(ref_name) == tag; });
    std::optional<Document> there;
    if (tagged != index.manifests.end()) {
      TRY_ASSIGN(std::string text, read(tagged->digest, max_document));
      there = Document{{tagged->media_type, tagged->digest, text.size(), {}, {}}, std::move(text)};
    }
    TRY_ASSIGN(then, change(there));
    if (there && there->descriptor.digest == then->descriptor.digest) return before;
    TRY_ASSIGN(Descriptor placed, put(then->descriptor.media_type, then->text));
    placed.annotations[ref_name] = tag;
    return retagged(before, tag, placed);
  }));
  return std::move(*then);
}

Result<std::string> LayoutWriter::read(const Digest& digest, size_t limit) const { return read_blob(*files_, folder_, digest, limit); }

Done LayoutWriter::list(const Descriptor& artifact) {
  const std::string what = fmt::format("name '{}' in '{}'", artifact.digest.str(), folder_.string());
  if (!has(artifact.digest, artifact.size)) return cannot(Kind::NotFound, what, "the layout has no such blob");
  return change_index(what, [&](const std::string& before) { return listed(before, artifact); });
}

Done LayoutWriter::change_index(const std::string& what, const std::function<Result<std::string>(const std::string&)>& change) {
  TRY_ASSIGN(const auto hold, files_->lock(folder_ / ".lock"));
  std::string before = to_text(ImageIndex{});
  const bool there = files_->exists(folder_ / "index.json");
  if (there) {
    TRY_ASSIGN(before, files_->read(folder_ / "index.json"));
  }
  auto after = change(before);
  if (!after) return cannot(what, std::move(after).error());
  if (there && *after == before) return {};
  return files_->write(folder_ / "index.json", *after);
}

bool ImageReader::is_whole(const Digest& digest) {
  const auto blob = open(digest);
  if (!blob) return false;
  Hasher hasher;
  Bytes buffer(256 * 1024);
  for (;;) {
    const auto count = (*blob)->read(buffer);
    if (!count) return false;
    if (*count == 0) return hasher.finish() == digest;
    hasher.update(BytesView(buffer).first(*count));
  }
}

Result<std::unique_ptr<ImageReader>> open_image(host::Files& files, const ImageRef& ref) {
  const std::string what = fmt::format("open '{}'", ref.str());
  if (ref.transport == Transport::OciArchive) {
    TRY_ASSIGN(auto archive, ArchiveReader::open(files, ref.location));
    auto read = read_index(archive->index());
    if (!read) return cannot(what, std::move(read).error());
    const ImageIndex index = std::move(*read);
    TRY_ASSIGN(auto root, choose(index, ref));
    archive->set_root(std::move(root), index.manifests);
    return archive;
  }
  if (ref.transport == Transport::DockerArchive) return DockerArchive::open(files, ref);
  if (ref.transport != Transport::OciLayout)
    return cannot(Kind::Invalid, what, "images are read from oci:DIR[:TAG], oci-archive:FILE[:TAG] and docker-archive:FILE[:TAG]; copy it there with skopeo");
  const host::Path folder = ref.location;
  if (!files.exists(folder / "oci-layout")) return cannot(Kind::NotFound, what, "it is no OCI image layout: it has no file 'oci-layout'");
  if (!files.exists(folder / "index.json")) return cannot(Kind::NotFound, what, "the layout holds no image");
  TRY_ASSIGN(const std::string text, files.read(folder / "index.json"));
  auto read = read_index(text);
  if (!read) return cannot(what, std::move(read).error());
  const ImageIndex index = std::move(*read);
  TRY_ASSIGN(auto root, choose(index, ref));
  return std::make_unique<FolderReader>(files, folder, std::move(root));
}

Done write_archive(host::Files& files, const host::Path& from, const host::Path& archive) {
  TRY_ASSIGN(const auto blobs, files.list(from / "blobs" / "sha256"));
  std::vector<std::string> names = {"oci-layout", "index.json"};
  for (const std::string& blob : blobs) {
    if (!blob.starts_with('.')) names.push_back("blobs/sha256/" + blob);
  }
  return write_tar(files, from, names, archive);
}

std::unique_ptr<Source> decode_layer(const Descriptor& layer, std::unique_ptr<Source> blob) {
  const std::string_view type = layer.media_type;
  return decode(type.ends_with("gzip") ? Codec::Gzip : type.ends_with("zstd") ? Codec::Zstd : Codec::None, std::move(blob));
}

}  // namespace ashlar::oci
