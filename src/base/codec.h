#pragma once
// Compression as streams. Decoders are bounded in memory; encoders that pack layers live in `oci`.
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace ashlar {

enum class Codec { None, Gzip, Xz, Zstd };

/// By name as archives write it: "", "gz", "xz", "zst".
std::optional<Codec> codec_of_suffix(std::string_view suffix);
/// By the first bytes of a stream (RFC 1952 section 2.3.1, xz-file-format 2.1.1.1, RFC 8878 section 3.1.1); None when they are no magic.
Codec codec_of_magic(BytesView front);

/// A stream that decodes another. All members or frames of the input are read; bytes after the last that begin no further one are Corrupt.
/// Takes at most 96 MiB of memory whatever the input asks for (an xz dictionary or zstd window above it is refused).
std::unique_ptr<Source> decode(Codec codec, std::unique_ptr<Source> from);

}  // namespace ashlar
