#pragma once
// What `docker save` writes (Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format"): a tar of layers and a manifest.json.
#include <map>
#include <memory>

#include "oci/inner/tar_places.h"
#include "oci/layout.h"

namespace ashlar::oci {

/// Shows an image of such an archive as one of an OCI layout: its manifest is made up, everything that it names lies in the archive.
class DockerArchive final : public ImageReader {
 public:
  /// The image whose name is the reference's tag, or the only one. NotFound names those there are.
  static Result<std::unique_ptr<DockerArchive>> open(host::Files& files, const ImageRef& ref);
  Result<std::string> blob(const Digest& digest, size_t limit) override;
  Result<std::unique_ptr<Source>> open(const Digest& digest) override;
  Descriptor root() const override { return root_; }

 private:
  DockerArchive(host::Files& files, host::Path path) : files_(files), path_(std::move(path)) {}
  Done read(const host::ReadFile& file, const ImageRef& ref);
  Result<Descriptor> layer(const std::map<std::string, TarPlace>& members, std::string name, const Digest& diff_id);
  host::Files& files_;
  host::Path path_;
  std::map<Digest, TarPlace> places_;
  std::map<Digest, std::string> texts_;  ///< config and manifest
  Descriptor root_;
};

}  // namespace ashlar::oci
