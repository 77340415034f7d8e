#pragma once
// Images moved from where they are read to where they are written, with all that is attached to them.
#include <memory>
#include <string>
#include <vector>

#include "oci/receipt.h"
#include "oci/registry.h"

namespace ashlar::oci {

/// Where an image goes. Safe to use from several threads.
class ImageWriter {
 public:
  virtual ~ImageWriter() = default;
  /// Nothing is done where the blob is there.
  virtual Done put_blob(const Descriptor& blob, const BlobOpener& open) = 0;
  /// By its digest. What refers to another (`artifact`) is found from there.
  virtual Done put_manifest(const Document& document, bool artifact) = 0;
  virtual Done point(const std::string& tag, const Document& document) = 0;
  /// Puts under `tag` what `change` makes of what lies there, and loses nothing that others put there meanwhile (Registry::change_tag, LayoutWriter::change).
  virtual Result<Document> change(const std::string& tag, const TagChange& change) = 0;
  /// A small blob that lies there, verified.
  virtual Result<std::string> blob(const Digest& digest, size_t limit) = 0;
};

/// A layout folder. `files`: borrowed.
Result<std::unique_ptr<ImageWriter>> write_layout(host::Files& files, const host::Path& folder);
/// The reference's repository. `mount_from`: a repository of the same registry where blobs may lie already, or empty.
Result<std::unique_ptr<ImageWriter>> write_registry(host::Machine& machine, const ImageRef& to, const std::string& mount_from = {}, Patience patience = {});

/// Copies the image and what refers to it (by referrers or cosign's tags), and what refers to that: blobs beside each other, then manifests, what they name
/// first; `tags` point at the image last, so that nobody sees a part of it. Under cosign's tags what lies at the destination stays, and what it lacks is added:
/// the receipt names the manifest that lies there then. Every byte is hashed as it passes: Corrupt where one is not what its digest says,
/// or where more than 1000 artifacts are attached. The receipt's references are left empty.
Result<Receipt> copy_image(ImageReader& from, ImageWriter& to, const std::vector<std::string>& tags);

/// Writes one platform as `docker save` does (names: none, or `name`), layers unpacked; the digests in the receipt are those in the file.
Result<Receipt> write_docker_archive(host::Files& files, ImageReader& from, const PlatformImage& which, const std::string& name, const host::Path& scratch, const host::Path& archive);

}  // namespace ashlar::oci
