#pragma once
// A build whose every input is that of an earlier one gives its image without doing anything again.
#include <optional>
#include <string>

#include "build/assemble.h"

namespace ashlar::build {

/// The digest of all that decides an image.
struct Stamp {
  std::string key;
};

/// Reads what the definition's paths take from the catalogue, the declared and the recorded effects.
Result<Stamp> make_stamp(const plan::Definition& definition, const plan::Lock& lock, const plan::Encoder& packer, const oci::Platform& platform, host::Files& files, const Options& options);
/// The image of that stamp, when it was noted and all its blobs lie in the layout in their full size.
std::optional<Image> find_stamped(const Stamp& stamp, const oci::LayoutWriter& layout, host::Files& files, const host::Path& cache);
Done note_stamp(const Stamp& stamp, const Image& image, const oci::Descriptor& config, host::Files& files, const host::Path& cache);

}  // namespace ashlar::build
