#pragma once
// A small image around the program guest.c, and its tests run without the rest of the house.
#include "base/tar.h"
#include "oci/layout.h"
#include "prove/run.h"
#include "stage.h"

namespace ashlar::flow {

struct GuestImage {
  oci::Config config;                  ///< user 1000:1000, the program as entrypoint, a volume /data
  std::vector<TarEntry> more;          ///< further members; the content of regular ones is `x`
  std::vector<TarEntry> upper;         ///< of a second layer
  GuestImage();
  /// Writes it to `folder` as a layout.
  Done write(const host::Path& folder) const;
};

/// Runs `tests` (a YAML list) on the layout at stage.folder()/`image`.
Result<std::vector<prove::Check>> run_guest(const Stage& stage, const std::string& tests, const std::string& image = "image");

/// A check in text: outcome, then evidence, a line each.
std::string told(const prove::Check& check);

}  // namespace ashlar::flow
