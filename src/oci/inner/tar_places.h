#pragma once
// Members of an uncompressed tar file, read where they lie.
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "host/files.h"

namespace ashlar::oci {

/// Where a member's content lies in its archive.
struct TarPlace {
  std::uint64_t offset = 0, size = 0;
  std::string link{};  ///< of a symlink or hard link, which has no content: its target
};

/// Invalid when the file is compressed, so that nothing in it can be found without reading it all.
Done refuse_compressed(const host::ReadFile& file);
/// Regular files and links by name, in one pass over the headers. Corrupt when the file ends within one.
Result<std::map<std::string, TarPlace>> places_in(const host::ReadFile& file);
/// A member's content, at most 16 MiB; `name` is for errors.
Result<std::string> text_at(const host::ReadFile& file, const TarPlace& place, std::string_view name);
/// A part of an open file as a stream.
std::unique_ptr<Source> stream_part(std::unique_ptr<host::ReadFile> file, std::uint64_t offset, std::uint64_t size);

}  // namespace ashlar::oci
