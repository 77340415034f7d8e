#pragma once
// Images on disk: the OCI image layout (image-layout.md), as a folder or as a tar archive of one.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/files.h"
#include "oci/image.h"
#include "oci/ref.h"

namespace ashlar::oci {

/// A manifest or index; its bytes have the descriptor's digest.
struct Document {
  Descriptor descriptor;
  std::string text;
};

/// What shall lie under a tag instead of `before` (nothing: there is no such tag). It may be asked several times, each time about what lies there then, and
/// must give back what it has given: where nothing is left to be changed, `before` itself.
using TagChange = std::function<Result<Document>(const std::optional<Document>& before)>;

/// A layout folder to write to. Blobs are complete or absent; index.json is replaced in one step, so that readers see the old image or the new one.
class LayoutWriter {
 public:
  /// Makes the folder and `oci-layout` where they lack. Conflict when the folder holds something that is no layout.
  static Result<LayoutWriter> open(host::Files& files, const host::Path& folder);
  /// Whether a blob is there whole: its bytes are hashed, once by this process while the file stays as it is.
  bool has(const Digest& digest, std::uint64_t size) const;
  /// Whether all of these are, hashed beside each other on as many threads as the machine has.
  bool has_all(const std::vector<Descriptor>& blobs) const;
  Result<Descriptor> put(std::string_view media_type, std::string_view content);
  Result<std::unique_ptr<host::Draft>> draft();
  Done commit_as(host::Draft& draft, const Digest& digest);
  /// Copies a blob from a file whose bytes have that digest.
  Done put_file(const host::Path& from, const Digest& digest);
  /// Points `tag` (org.opencontainers.image.ref.name) at `root`, an index or a manifest; other tags stay.
  Done point(const std::string& tag, const Descriptor& root);
  /// Puts under `tag` what `change` makes of what lies there, which nobody else changes meanwhile; what lies there then.
  Result<Document> change(const std::string& tag, const TagChange& change);
  /// A small blob, verified.
  Result<std::string> read(const Digest& digest, size_t limit) const;
  /// Names `artifact`, a manifest that refers to another, in the layout's index; without a tag, and once.
  Done list(const Descriptor& artifact);

 private:
  Done change_index(const std::string& what, const std::function<Result<std::string>(const std::string& before)>& change);
  host::Files* files_ = nullptr;
  host::Path folder_;
};

/// Reads images. Safe to use from several threads.
class ImageReader {
 public:
  virtual ~ImageReader() = default;
  virtual Result<std::string> blob(const Digest& digest, size_t limit = 16 << 20) = 0;         ///< verified
  virtual Result<std::unique_ptr<Source>> open(const Digest& digest) = 0;                       ///< not verified: hash what you read
  /// Whether the blob is there with the bytes that its digest tells, which takes reading it, at least once by this process.
  virtual bool is_whole(const Digest& digest);
  virtual Descriptor root() const = 0;                                                          ///< what the tag points at
  /// What may refer to `subject`, an image that is read here: all that a layout's index names, the image among it; of a registry what it lists as
  /// referrers, and what lies under cosign's tags.
  virtual Result<std::vector<Descriptor>> neighbours([[maybe_unused]] const Digest& subject) { return std::vector<Descriptor>(); }
  /// The text of a manifest or index, verified.
  virtual Result<std::string> manifest(const Digest& digest) { return blob(digest); }
  /// Whether opening a blob fetches it from elsewhere. Whoever fetches one checks its digest.
  virtual bool is_remote() const { return false; }
};
/// Of `oci:`, `oci-archive:` and `docker-archive:` references (registry.h opens those of registries). NotFound when there is no such layout or tag (the tags there are named); without a tag, the only one or `latest`.
Result<std::unique_ptr<ImageReader>> open_image(host::Files& files, const ImageRef& ref);
/// The manifests of an image by platform: those of an index, or the one that the tag points at.
struct PlatformImage { Platform platform; Descriptor descriptor; Manifest manifest; Config config; };
Result<std::vector<PlatformImage>> platforms(ImageReader& image);
/// The archive in a layer's blob, decoded as the descriptor's media type says.
std::unique_ptr<Source> decode_layer(const Descriptor& layer, std::unique_ptr<Source> blob);
/// Writes the layout folder at `from` as an `oci-archive` file, members in a fixed order with fixed times.
Done write_archive(host::Files& files, const host::Path& from, const host::Path& archive);

}  // namespace ashlar::oci
