#pragma once
// Headers of rpm packages as its database keeps them (rpm's docs/manual/format_header.md): an index of tags and a store of their data.
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ashlar::inventory {

struct RpmHeader {
  std::string name, version, release, architecture;
  std::optional<std::uint32_t> epoch;
  std::string source;   ///< file name of the source package, `bash-5.1.8-6.el9.src.rpm`
  std::string vendor, packager;
  std::string module;   ///< MODULARITYLABEL: `nodejs:18:...`
  std::vector<std::string> files;  ///< without a leading slash
  std::string sums;                ///< as Component::sums; empty where the package was made with older digests than SHA-256
  /// `[epoch:]version-release`; an epoch of 0 is none.
  std::string full_version() const;
};

/// Corrupt when it lies about its sizes, has no name, version or release, or another digest than it tells of itself (RPMTAG_SHA256HEADER, else SHA1HEADER). At most 65,535 tags and 1,000,000 files.
Result<RpmHeader> read_rpm_header(BytesView blob);

}  // namespace ashlar::inventory
