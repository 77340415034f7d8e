#include "oci/copy.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/hashing_source.h"
#include "base/parallel.h"
#include "oci/attach.h"
#include "oci/attached.h"
#include "oci/inner/archive.h"

namespace ashlar::oci {
namespace {

constexpr size_t max_artifacts = 1000, threads = 4;
constexpr int max_depth = 8;
constexpr const char* ref_name = "org.opencontainers.image.ref.name";

/// A stream that ends only where its bytes were what the descriptor says: the last of them come after they have been judged.
class Checked final : public Source {
 public:
  Checked(std::unique_ptr<Source> from, const Descriptor& wanted) : from_(std::move(from)), wanted_(wanted) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    TRY_ASSIGN(const size_t count, from_->read(out));
    hasher_.update(BytesView(out).first(count));
    passed_ += count;
    if (passed_ > wanted_.size || (count == 0 && passed_ < wanted_.size)) return bad(fmt::format("it has {}{} bytes instead of {}", count == 0 ? "" : "at least ", passed_, wanted_.size));
    if (passed_ == wanted_.size && !judged_) {
      judged_ = true;
      if (hasher_.finish() != wanted_.digest) return bad("its bytes have another digest");
    }
    return count;
  }

 private:
  Result<size_t> bad(const std::string& why) const { return cannot(Kind::Corrupt, fmt::format("read blob '{}'", wanted_.digest.str()), why); }
  std::unique_ptr<Source> from_;
  Descriptor wanted_;
  Hasher hasher_;
  std::uint64_t passed_ = 0;
  bool judged_ = false;
};

BlobOpener opener(ImageReader& from, const Descriptor& blob) {
  return [&from, blob](std::uint64_t offset) -> Result<std::unique_ptr<Source>> {
    TRY_ASSIGN(auto source, from.open(blob.digest));
    auto out = std::make_unique<Checked>(std::move(source), blob);
    Bytes passed(64 * 1024);
    while (offset > 0) {
      TRY_ASSIGN(const size_t count, out->read(std::span(passed).first(static_cast<size_t>(std::min<std::uint64_t>(offset, passed.size())))));
      if (count == 0) return cannot(Kind::Corrupt, fmt::format("read blob '{}'", blob.digest.str()), "it ends early");
      offset -= count;
    }
    return out;
  };
}

class LayoutTarget final : public ImageWriter {
 public:
  explicit LayoutTarget(LayoutWriter writer) : writer_(std::move(writer)) {}
  Done put_blob(const Descriptor& blob, const BlobOpener& open) override {
    if (writer_.has(blob.digest, blob.size)) return {};
    TRY_ASSIGN(const auto draft, writer_.draft());
    TRY_ASSIGN(const auto source, open(0));
    TRY(copy(*source, *draft));
    return writer_.commit_as(*draft, blob.digest);
  }
  Done put_manifest(const Document& document, bool artifact) override {
    TRY(writer_.put(document.descriptor.media_type, document.text));
    return artifact ? writer_.list(document.descriptor) : Done();
  }
  Done point(const std::string& tag, const Document& document) override { return writer_.point(tag, document.descriptor); }
  Result<Document> change(const std::string& tag, const TagChange& change) override { return writer_.change(tag, change); }
  Result<std::string> blob(const Digest& digest, size_t limit) override { return writer_.read(digest, limit); }

 private:
  LayoutWriter writer_;
};

class RegistryTarget final : public ImageWriter {
 public:
  RegistryTarget(std::unique_ptr<Registry> registry, std::string mount_from) : registry_(std::move(registry)), mount_from_(std::move(mount_from)) {}
  Done put_blob(const Descriptor& blob, const BlobOpener& open) override { return registry_->push_blob(blob, open, mount_from_); }
  Done put_manifest(const Document& document, bool) override { return registry_->push_manifest(document.descriptor.digest.str(), document); }
  Done point(const std::string& tag, const Document& document) override { return registry_->push_manifest(tag, document); }
  Result<Document> change(const std::string& tag, const TagChange& change) override { return registry_->change_tag(tag, change); }
  Result<std::string> blob(const Digest& digest, size_t limit) override { return registry_->small_blob(digest, limit); }

 private:
  std::unique_ptr<Registry> registry_;
  std::string mount_from_;
};

/// What is to be copied, found by walking from the image on.
class Closure {
 public:
  struct Found {
    Document document;
    Receipt::Role role;
    std::string tag;
  };
  explicit Closure(ImageReader& from) : from_(from) {}

  Done walk() {
    TRY(add(from_.root(), Receipt::Role::Manifest, {}, 0));
    root_ = documents_.back().document;
    // What refers to something found may itself be referred to; the list grows while it is gone through.
    for (size_t at = 0; at < documents_.size(); ++at) {
      const Digest subject = documents_[at].document.descriptor.digest;
      TRY(add_artifacts(subject));
    }
    return {};
  }
  /// Another document lies at the destination in the place of one, with contents of its own.
  Done became(size_t at, Document document) {
    documents_[at].document = std::move(document);
    blobs_.clear();
    listed_.clear();
    for (const Found& each : documents_) TRY(list_blobs(each));
    return {};
  }
  const Document& root() const { return root_; }
  const std::vector<Found>& documents() const { return documents_; }  ///< what is named before what names it
  const std::vector<std::pair<Descriptor, Receipt::Role>>& blobs() const { return blobs_; }

 private:
  Done add(const Descriptor& descriptor, Receipt::Role role, const std::string& tag, int depth) {
    if (!seen_.insert(descriptor.digest).second) return {};
    if (depth > max_depth) return cannot(Kind::Corrupt, fmt::format("copy '{}'", descriptor.digest.str()), "its indexes lie too deep in each other");
    TRY_ASSIGN(std::string text, from_.manifest(descriptor.digest));
    TRY_ASSIGN(const Json json, parse_json(text, descriptor.digest.str()));
    Document document{{descriptor.media_type, descriptor.digest, text.size(), {}, {}}, std::move(text)};
    if (const std::string own = json.is_object() ? get_string_or_empty(json, "mediaType").value_or("") : std::string(); !own.empty()) document.descriptor.media_type = own;
    if (json.is_object() && json.contains("manifests")) {
      TRY_ASSIGN(const auto index, read_index(document.text));
      for (const Descriptor& each : index.manifests) TRY(add(each, role == Receipt::Role::Artifact ? role : Receipt::Role::Manifest, {}, depth + 1));
      documents_.push_back({std::move(document), role == Receipt::Role::Artifact ? role : Receipt::Role::Index, tag});
      return {};
    }
    documents_.push_back({std::move(document), role, tag});
    return list_blobs(documents_.back());
  }

  Done list_blobs(const Found& found) {
    TRY_ASSIGN(const Json json, parse_json(found.document.text, found.document.descriptor.digest.str()));
    if (json.is_object() && json.contains("manifests")) return {};
    TRY_ASSIGN(const auto manifest, read_manifest(found.document.text));
    add_blob(manifest.config, Receipt::Role::Config);
    for (const Descriptor& each : manifest.layers) add_blob(each, Receipt::Role::Layer);
    return {};
  }

  void add_blob(const Descriptor& blob, Receipt::Role role) {
    // What may not be handed on lies elsewhere (image-spec layer.md, "Non-Distributable Layers").
    if (blob.media_type.find("nondistributable") != std::string::npos || blob.media_type.find("foreign") != std::string::npos) return;
    if (listed_.insert(blob.digest).second) blobs_.emplace_back(blob, role);
  }

  Done add_artifacts(const Digest& subject) {
    TRY_ASSIGN(const auto neighbours, from_.neighbours(subject));
    for (const Descriptor& each : neighbours) {
      const auto named = each.annotations.find(ref_name);
      const std::string tag = named == each.annotations.end() ? std::string() : named->second;
      const bool by_tag = std::ranges::any_of(cosign_suffixes, [&](const char* suffix) { return tag == fallback_tag(subject) + suffix; });
      if (!by_tag) {
        TRY_ASSIGN(const std::string text, from_.manifest(each.digest));
        TRY_ASSIGN(const Json json, parse_json(text, each.digest.str()));
        if (!json.is_object() || !json.contains("subject") || !json.at("subject").is_object() || get_string(json.at("subject"), "digest").value_or("") != subject.str()) continue;
      }
      if (++artifacts_ > max_artifacts) return cannot(Kind::Corrupt, fmt::format("copy what refers to '{}'", subject.str()), fmt::format("it is more than {} artifacts", max_artifacts));
      TRY(add(each, Receipt::Role::Artifact, by_tag ? tag : std::string(), 0));
    }
    return {};
  }

  ImageReader& from_;
  Document root_{{"", Digest::from({}), 0, {}, {}}, {}};
  std::set<Digest> seen_, listed_;  // documents and blobs
  std::vector<Found> documents_;
  std::vector<std::pair<Descriptor, Receipt::Role>> blobs_;
  size_t artifacts_ = 0;
};

Receipt receipt_of(const Closure& closure) {
  Receipt out;
  out.root = closure.root().descriptor.digest;
  const auto add = [&](Receipt::Role role, const Descriptor& each, const std::string& tag) { out.entries.push_back({role, {each.media_type, each.digest, each.size, {}, {}}, tag}); };
  for (const Receipt::Role role : {Receipt::Role::Index, Receipt::Role::Manifest, Receipt::Role::Artifact}) {
    for (const auto& each : closure.documents()) {
      if (each.role == role) add(role, each.document.descriptor, each.tag);
    }
  }
  for (const auto& [blob, role] : closure.blobs()) add(role, blob, {});
  return out;
}

}  // namespace

Result<std::unique_ptr<ImageWriter>> write_layout(host::Files& files, const host::Path& folder) {
  TRY_ASSIGN(auto writer, LayoutWriter::open(files, folder));
  return std::make_unique<LayoutTarget>(std::move(writer));
}

Result<std::unique_ptr<ImageWriter>> write_registry(host::Machine& machine, const ImageRef& to, const std::string& mount_from, Patience patience) {
  TRY_ASSIGN(auto registry, Registry::open(machine, to, patience));
  return std::make_unique<RegistryTarget>(std::move(registry), mount_from);
}

Result<Receipt> copy_image(ImageReader& from, ImageWriter& to, const std::vector<std::string>& tags) {
  Closure closure(from);
  TRY(closure.walk());
  std::mutex mutex;
  std::optional<Error> failure;
  in_parallel(closure.blobs().size(), threads, [&](size_t at, size_t) {
    {
      const std::scoped_lock hold(mutex);
      if (failure) return;
    }
    const Descriptor& blob = closure.blobs()[at].first;
    auto put = to.put_blob(blob, opener(from, blob));
    const std::scoped_lock hold(mutex);
    if (!put && !failure) failure = std::move(put).error();
  });
  if (failure) return std::unexpected(std::move(*failure));
  for (size_t at = 0; at < closure.documents().size(); ++at) {
    const auto& each = closure.documents()[at];
    if (each.tag.empty()) {
      TRY(to.put_manifest(each.document, each.role == Receipt::Role::Artifact));
      continue;
    }
    TRY_ASSIGN(auto placed, add_to_tag(to, each.tag, each.document));
    if (placed.descriptor.digest != each.document.descriptor.digest) TRY(closure.became(at, std::move(placed)));
  }
  for (const std::string& tag : tags) TRY(to.point(tag, closure.root()));
  return receipt_of(closure);
}

Result<Receipt> write_docker_archive(host::Files& files, ImageReader& from, const PlatformImage& which, const std::string& name, const host::Path& scratch, const host::Path& archive) {
  if (which.config.diff_ids.size() != which.manifest.layers.size())
    return cannot(Kind::Corrupt, fmt::format("write '{}'", archive.string()), fmt::format("the image's configuration has {} layers and its manifest {}", which.config.diff_ids.size(), which.manifest.layers.size()));
  Receipt out;
  std::vector<std::string> members = {"manifest.json"}, layers;
  TRY_ASSIGN(const std::string config, from.blob(which.manifest.config.digest));
  const std::string config_name = which.manifest.config.digest.hex() + ".json";
  TRY(files.make_folders(scratch));
  TRY(files.write(scratch / config_name, config, host::Durability::Cache));
  members.push_back(config_name);
  out.root = which.manifest.config.digest;
  out.entries.push_back({Receipt::Role::Config, {std::string(media::config), out.root, config.size(), {}, {}}, {}});
  std::set<Digest> written;
  for (size_t at = 0; at < which.manifest.layers.size(); ++at) {
    const Digest& content = which.config.diff_ids[at];
    layers.push_back(content.hex() + ".tar");
    if (!written.insert(content).second) continue;  // one layer twice is one file
    TRY_ASSIGN(auto blob, opener(from, which.manifest.layers[at])(0));
    Hasher hasher;
    HashingSource unpacked(decode_layer(which.manifest.layers[at], std::move(blob)), hasher);
    TRY_ASSIGN(const auto draft, files.draft(scratch));
    TRY_ASSIGN(const std::uint64_t size, copy(unpacked, *draft));
    if (hasher.finish() != content) return cannot(Kind::Corrupt, fmt::format("unpack layer '{}'", which.manifest.layers[at].digest.str()), "its bytes are not those that the configuration names");
    TRY(draft->commit(scratch / layers.back(), host::Durability::Cache));
    members.push_back(layers.back());
    out.entries.push_back({Receipt::Role::Layer, {std::string(media::layer_tar), content, size, {}, {}}, {}});
  }
  const Json list = Json::array({{{"Config", config_name}, {"RepoTags", name.empty() ? Json::array() : Json::array({name})}, {"Layers", layers}}});
  TRY(files.write(scratch / "manifest.json", to_compact(list), host::Durability::Cache));
  TRY(write_tar(files, scratch, members, archive));
  return out;
}

}  // namespace ashlar::oci
