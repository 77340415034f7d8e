#pragma once
// For tests: an image whose layers are uncompressed tar archives made on the spot.
#include <map>
#include <string>
#include <vector>

#include "inventory/reading.h"

namespace ashlar::inventory {

class TestImage final : public oci::ImageReader {
 public:
  struct Member { std::string path, content; FileType type = FileType::Regular; std::string link{}; std::uint32_t mode = 0644; };

  void add_layer(const std::vector<Member>& members) {
    Bytes tar;
    for (const Member& member : members) {
      TarEntry entry = {.path = member.path, .type = member.type, .mode = member.mode, .size = member.content.size(), .link = member.link};
      append_tar_header(tar, entry);
      tar.insert(tar.end(), member.content.begin(), member.content.end());
      tar.resize(tar.size() + tar_padding(entry.size));
    }
    tar.resize(tar.size() + tar_end_size);
    const Digest digest = Digest::of(tar);
    which.manifest.layers.push_back({std::string(oci::media::layer_tar), digest, tar.size(), {}, {}});
    blobs_[digest] = std::move(tar);
  }
  void corrupt_last_layer() { blobs_[which.manifest.layers.back().digest].at(600) ^= 1; }

  Result<std::string> blob(const Digest& digest, size_t) override { return std::string(as_text(blobs_.at(digest))); }
  Result<std::unique_ptr<Source>> open(const Digest& digest) override { return std::make_unique<MemorySource>(blobs_.at(digest)); }
  oci::Descriptor root() const override { return which.descriptor; }

  oci::PlatformImage which{{}, {"", Digest::of(std::string_view("manifest")), 0, {}, {}}, {"", {"", Digest::of(std::string_view("config")), 0, {}, {}}, {}, {}}, {}};

 private:
  std::map<Digest, Bytes> blobs_;
};

}  // namespace ashlar::inventory
