#pragma once
// The records of pax headers (POSIX.1-2001, pax, "pax Extended Header") and the numbers of tar headers.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/tar.h"

namespace ashlar::tar {

/// What the records of one extended header say; nothing where they are silent. A record with an empty value takes an earlier one back.
struct PaxRecords {
  std::optional<std::string> path, link;
  std::optional<std::uint64_t> size;
  std::optional<std::int64_t> mtime;
  std::optional<std::uint32_t> uid, gid;
  std::map<std::string, std::string> xattrs;
};

/// Reads records into `records`, over those that are there. Keys that we do not know are left out; those of sparse files are Corrupt.
Done read_pax(std::string_view text, PaxRecords& records);
/// The bytes that `records` hold, to bound what global headers pile up.
size_t pax_size(const PaxRecords& records);

/// One record `length key=value\n`, its length counting itself.
std::string pax_record(std::string_view key, std::string_view value);
/// The records that `entry` needs because ustar has no room for them, in the order of their names. `path` is the one to be written.
std::string pax_records(const TarEntry& entry, bool path_fits, std::string_view path);

/// `%` and `=` in the names of xattrs, which a record's key cannot hold, as GNU tar writes them.
std::string escape_xattr(std::string_view name);
std::string unescape_xattr(std::string_view name);

/// The largest number of an octal field of `width` bytes with its end mark.
constexpr std::uint64_t octal_limit(unsigned width) { return (std::uint64_t{1} << (3 * (width - 1))) - 1; }
/// A header's number: octal digits among blanks, or base-256 with the top bit set (GNU). Nothing when it is neither, or out of range.
std::optional<std::int64_t> read_number(std::string_view field);

}  // namespace ashlar::tar
