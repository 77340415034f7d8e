#pragma once
// Reads what an image holds: every layer once, as a stream, the layers beside each other.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "inventory/contents.h"
#include "inventory/layer_shelf.h"
#include "inventory/verification.h"
#include "oci/layout.h"

namespace ashlar::inventory {

/// Sees the bytes of a layer's regular files as they pass, whether or not a higher layer hides them. Used by one thread at a time. What it finds
/// holds for those files of `Contents` whose `bytes` is the place it was told.
class Onlooker {
 public:
  virtual ~Onlooker() = default;
  /// A regular file begins; `entry` lives until end().
  virtual void begin(const TarEntry& entry, Place place) = 0;
  /// Its next bytes, never none.
  virtual void more(BytesView bytes) = 0;
  /// It has ended. Its digest is not known yet.
  virtual void end() = 0;
  /// Whether it wants to see a file again for the name `path`, which it goes by as well as by `read_as`, under which it was shown. Asked once all was
  /// seen, for each such name; a file is then shown once more, by one thread, for all of them. `front`: its first bytes, as `File::front`.
  virtual bool asks_again([[maybe_unused]] std::string_view path, [[maybe_unused]] Place place, [[maybe_unused]] std::string_view read_as, [[maybe_unused]] BytesView front) { return false; }
  /// What it found in the layer, once that was read to its end, to be kept with it; nothing: that cannot be kept.
  virtual std::optional<std::string> found() const { return std::nullopt; }
  /// Takes over what found() gave when this very layer was read before, in the place of seeing it; false, and nothing is taken, where that does not read.
  virtual bool recall([[maybe_unused]] BytesView found, [[maybe_unused]] size_t layer) { return false; }
};

struct ReadOptions {
  /// Asked before anything is read: once for each layer, from the lowest; of a folder, as layer 0, twice for each thread that reads a part of it. The
  /// onlooker must outlive the reading. None or a null pointer: nobody looks.
  std::function<Onlooker*(size_t layer)> onlooker = {};
  /// Whether `Contents::texts` shall hold the regular file at this path. Called from several threads.
  std::function<bool(std::string_view path)> keep = {};
  bool sha1 = false, md5 = false;  ///< whether files shall have these, too
  bool damaged_databases = false;  ///< what does not read of package databases is passed over, as the readers of ecosystems tell of it; else it is Corrupt
  size_t threads = 0;              ///< that read beside each other; 0: as many as there are processors. What comes out is the same
  const LayerShelf* shelf = nullptr;  ///< where layers are kept that were read with this `keep` and `onlooker`; what comes out is the same
  /// Where this is given, layers that the shelf has are hashed beside the caller's further work. Until wait() says that they have their digests nothing of
  /// what was read may be told to anybody; where it says no, reading again without the shelf tells what is wrong. The image must outlive it.
  Verification* later = nullptr;
};

/// Reads every layer once, or where the shelf has it, hashes it alone on disk and fetches nothing of it from a registry; whiteouts (image-spec layer.md, "Whiteouts") take away what lies below. A layer whose bytes do not have its digest is
/// Corrupt.
Result<Contents> read_contents(oci::ImageReader& image, const oci::PlatformImage& which, const ReadOptions& options = {});

/// Reads a root file system that lies in a folder, as one layer, its files beside each other; nothing in it is a whiteout. Its platform is the program's own.
Result<Contents> read_folder(host::Files& files, const host::Path& folder, const ReadOptions& options = {});

}  // namespace ashlar::inventory
