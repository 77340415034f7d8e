#pragma once
// OCI layouts in one tar file.
#include <map>
#include <string>
#include <vector>

#include "oci/inner/tar_places.h"
#include "oci/layout.h"

namespace ashlar::oci {

/// Reads blobs out of the middle of an archive: the members' places are noted in one pass when it is opened.
class ArchiveReader final : public ImageReader {
 public:
  static Result<std::unique_ptr<ArchiveReader>> open(host::Files& files, const host::Path& path);
  const std::string& index() const { return index_; }
  void set_root(Descriptor root, std::vector<Descriptor> neighbours) { root_ = std::move(root), neighbours_ = std::move(neighbours); }
  Result<std::string> blob(const Digest& digest, size_t limit) override;
  Result<std::unique_ptr<Source>> open(const Digest& digest) override;
  Descriptor root() const override { return root_; }
  Result<std::vector<Descriptor>> neighbours(const Digest&) override { return neighbours_; }

 private:
  ArchiveReader(host::Files& files, host::Path path) : files_(files), path_(std::move(path)) {}
  /// One pass over the headers: index.json and the places of the blobs.
  Done note_members(const host::ReadFile& file);
  host::Files& files_;
  host::Path path_;
  std::string index_;
  std::map<Digest, TarPlace> places_;
  Descriptor root_{"", Digest::from({}), 0, {}, {}};
  std::vector<Descriptor> neighbours_;
};

/// Writes files of `folder` as a tar archive: owner 0, mode 0644, time 0, in the given order.
Done write_tar(host::Files& files, const host::Path& folder, const std::vector<std::string>& names, const host::Path& archive);

}  // namespace ashlar::oci
