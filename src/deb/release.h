#pragma once
// The signed Release file of an archive's suite (wiki.debian.org/DebianRepository/Format).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace ashlar::deb {

/// The fields that matter.
struct Release {
  std::string origin, label, suite, codename, version;
  Time date;
  std::optional<Time> valid_until;
  std::vector<std::string> architectures, components;
  bool by_hash = false;
  bool all_apart = false;  ///< packages of architecture `all` have an index of their own, and are in no other
  struct File {
    std::string path;  ///< relative to the folder of the Release file
    Digest sha256;
    std::uint64_t size;
  };
  std::vector<File> files;  ///< of the SHA256 field
  Digest digest = Digest::from({});  ///< of the signed InRelease file as fetched
  std::string signer;       ///< fingerprint of the key whose signature counted

  const File* find(std::string_view path) const;
};

/// Reads the content of a Release file (without its signature; `digest` and `signer` stay empty). Corrupt without Date or SHA256, with paths that
/// leave the folder, repeated files, or more than 200,000 of them.
Result<Release> parse_release(std::string_view text, std::string_view path);

}  // namespace ashlar::deb
