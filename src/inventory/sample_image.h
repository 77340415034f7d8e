#pragma once
// For tests: an image in memory, its layers uncompressed archives made on the spot.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/memory.h"
#include "inventory/target.h"

namespace ashlar::inventory {

struct Member {
  std::string path, content{};
  FileType type = FileType::Regular;
  std::uint32_t mode = 0644;
  std::string link{};
  std::map<std::string, std::string> xattrs{};
};
inline Member folder(std::string path, std::uint32_t mode = 0755) { return {std::move(path), {}, FileType::Directory, mode}; }
inline Member program(std::string path, std::string content) { return {std::move(path), std::move(content), FileType::Regular, 0755}; }
inline Member symlink(std::string path, std::string target) { return {std::move(path), {}, FileType::Symlink, 0777, std::move(target)}; }
inline Member hard_link(std::string path, std::string target) { return {std::move(path), {}, FileType::HardLink, 0755, std::move(target)}; }

using Members = std::vector<Member>;

inline Bytes tar_of(const Members& members) {
  Bytes tar;
  for (const Member& member : members) {
    TarEntry entry;
    entry.path = member.path;
    entry.type = member.type;
    entry.mode = member.mode;
    entry.size = member.type == FileType::Regular ? member.content.size() : 0;
    entry.link = member.link;
    entry.xattrs = member.xattrs;
    append_tar_header(tar, entry);
    if (entry.size != 0) tar.insert(tar.end(), member.content.begin(), member.content.end());
    tar.resize(tar.size() + tar_padding(entry.size));
  }
  tar.resize(tar.size() + tar_end_size);
  return tar;
}

class SampleImage final : public oci::ImageReader {
 public:
  void add(Bytes tar) {
    const Digest digest = Digest::of(tar);
    which.manifest.layers.push_back({std::string(oci::media::layer_tar), digest, tar.size(), {}, {}});
    which.config.diff_ids.push_back(digest);
    blobs_[digest] = std::move(tar);
  }
  void add_layer(const Members& members) { add(tar_of(members)); }
  void corrupt_last_layer() { blobs_[which.manifest.layers.back().digest].at(600) ^= 1; }

  Result<std::string> blob(const Digest& digest, size_t) override { return std::string(as_text(blobs_.at(digest))); }
  Result<std::unique_ptr<Source>> open(const Digest& digest) override { return std::make_unique<MemorySource>(blobs_.at(digest)); }
  oci::Descriptor root() const override { return which.descriptor; }

  oci::PlatformImage which{{}, {"", Digest::of(std::string_view("manifest")), 0, {}, {}}, {"", {"", Digest::of(std::string_view("config")), 0, {}, {}}, {}, {}}, {}};

 private:
  std::map<Digest, Bytes> blobs_;
};

inline Target target_of(const std::vector<Members>& layers, oci::Config config) {
  auto image = std::make_unique<SampleImage>();
  image->which.config = std::move(config);
  for (const Members& each : layers) image->add(tar_of(each));
  oci::PlatformImage which = image->which;
  static host::MemoryFiles nothing;  // the image is all in memory
  return {{}, nothing, std::move(image), std::move(which)};
}

}  // namespace ashlar::inventory
