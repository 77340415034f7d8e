#include "build/ahead.h"

#include <algorithm>
#include <set>

#include "build/encoder.h"
#include "build/frame.h"
#include "build/inner/crew.h"
#include "build/inner/pruning.h"
#include "build/inner/stamp.h"

namespace ashlar::build {
namespace {

struct Piece {
  const plan::LockedPackage* package;
  Keep keep;
  plan::Encoder encoder;
};

/// Adds what the image takes and `seen` has not, unless the image is there.
Done add_pieces(const Coming& image, const oci::LayoutWriter& layout, host::Files& files, std::set<std::string>& seen, std::vector<Piece>& pieces) {
  const auto locked = image.lock->platforms.find(image.platform.str());
  if (locked == image.lock->platforms.end()) return {};
  TRY_ASSIGN(const plan::Definition there, plan::for_platform(*image.definition, image.platform.str()));
  const plan::Encoder packer = encoder_like(image.lock->encoder);
  TRY_ASSIGN(const Stamp stamp, make_stamp(there, *image.lock, packer, image.platform, files, *image.options));
  if (find_stamped(stamp, layout, files, image.options->cache)) return {};
  for (const plan::LockedPackage& package : locked->second.packages) {
    Keep keep = keep_of(there, package.name);
    if (seen.insert(FrameStore::key(package, keep, packer)).second) pieces.push_back({&package, std::move(keep), packer});
  }
  return {};
}

}  // namespace

void pack_ahead(std::span<const Coming> images, const host::Blobs& packages, const oci::LayoutWriter& layout, host::Files& files, Progress& progress) {
  if (images.size() < 2) return;
  std::set<std::string> seen;
  std::vector<Piece> pieces;
  for (const Coming& image : images) (void)add_pieces(image, layout, files, seen, pieces);
  if (pieces.empty()) return;
  std::ranges::stable_sort(pieces, std::ranges::greater(), [](const Piece& piece) { return piece.package->size; });
  std::uint64_t total = 0;
  for (const Piece& piece : pieces) total += piece.package->size;
  progress.stage("unpack", total);
  Crew crew(images.front().options->threads);
  FrameStore store(files, images.front().options->cache);
  (void)crew.each(pieces.size(), [&](size_t at) -> Done {
    const Piece& piece = pieces[at];
    (void)store.get(*piece.package, piece.keep, piece.encoder, packages, crew);
    progress.step(piece.package->name, piece.package->size);
    return {};
  });
}

}  // namespace ashlar::build
