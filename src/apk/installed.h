#pragma once
// The database of installed packages, `lib/apk/db/installed` (apk-tools, database.c): stanzas of `X:value` lines, an empty line behind each.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::apk {

/// What a package's files are checked by. Of a symlink, the digest of its target's text.
struct Checksum {
  enum class Hash : unsigned char {
    Sha1,       ///< `Q1`, or `X1` in hex
    Sha256,     ///< `Q2`, `X2`
    Sha256Cut,  ///< `Q1` of a package whose `f:` has `S`: the first 160 bits of a SHA-256
  };
  Hash hash = Hash::Sha1;
  std::string hex{};  ///< lower-case digits
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

/// A path that a package owns, without a leading slash.
struct File {
  std::string path{};
  std::optional<Checksum> checksum{};  ///< none of a directory, or where apk noted none
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t mode = 0;  ///< permission bits; 0644 of a file and 0755 of a directory stand for what is not written
  friend bool operator==(const File&, const File&) = default;
};

struct Package {
  std::string name{};             ///< P
  std::string version{};          ///< V, as written: is_version (version.h) says whether it is one
  std::string architecture{};     ///< A
  std::string origin{};           ///< o, the package whose recipe it was built by; empty: its own
  std::string license{};          ///< L
  std::string maintainer{};       ///< m
  std::string description{};      ///< T
  std::string url{};              ///< U
  std::string commit{};           ///< c, of the recipes
  std::string repository_tag{};   ///< s, without `@`: pinned to a tagged repository
  std::string broken{};           ///< f: letters for what went wrong when it was installed: files, scripts (s), extended attributes (x)
  std::optional<Checksum> id{};   ///< C, the identity of the package file
  std::optional<Time> built{};    ///< t
  std::uint64_t size = 0, installed_size = 0;  ///< S, I, in bytes
  std::vector<std::string> depends{}, provides{}, replaces{};  ///< D, p, r, as written (`so:libc.musl-x86_64.so.1=1`)
  std::vector<File> directories{}, files{};                    ///< F with M, R with a and Z
};

/// Reads package after package of a text that outlives it; holds one at a time.
class InstalledReader {
 public:
  /// `path` is for errors alone.
  InstalledReader(std::string_view text, std::string_view path) : rest_(text), path_(path) {}
  /// Fills `package` with the next; false after the last. Corrupt with the line's number when a line is no field, a file has no directory, a path leads
  /// upwards, a number or checksum is none, or a package has no name or version; the call after that goes on behind its
  /// stanza. Fields that are not known here are passed over.
  Result<bool> next(Package& package);

 private:
  /// The next line without its end.
  std::string_view take_line();
  std::string_view rest_, path_;
  std::size_t line_ = 0;
};

/// All of them, in the order of the text.
Result<std::vector<Package>> read_installed(std::string_view text, std::string_view path);

}  // namespace ashlar::apk
