#pragma once
// Packages files of an archive: fetched by what its Release file says, kept decompressed.
#include <string>
#include <vector>

#include "deb/archive.h"
#include "deb/inner/index_parts.h"

namespace ashlar::deb {

class PackagesFiles {
 public:
  PackagesFiles(host::Machine& machine, host::Path cache, const FetchOptions& options)
      : machine_(machine), partial_(cache / "partial"), kept_(*machine.files, cache / "indexes"), options_(options) {}

  /// The packages of all components for an architecture, with those of architecture `all`, each once. `mirror` empty: from the cache alone.
  /// Corrupt or NotFound may mean that the mirror is being updated.
  Result<IndexPart> read(const Archive& archive, const Release& release, const std::string& mirror, const std::string& architecture, std::uint32_t place);

 private:
  /// An open index, decompressed and no longer to be checked.
  struct Text {
    std::unique_ptr<Source> source;
    std::uint64_t size = 0;  ///< 0: not known
  };
  Result<Text> text(const Archive& archive, const Release& release, const std::string& mirror, const std::string& path, const std::string& what);
  Result<Text> kept(const Release::File& file);
  Result<Text> unpack(const Release::File& file, const Release::File* plain, std::string_view suffix, const std::string& what);

  host::Machine& machine_;
  host::Path partial_;
  host::Blobs kept_;
  const FetchOptions& options_;
};

}  // namespace ashlar::deb
