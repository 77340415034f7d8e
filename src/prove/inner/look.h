#pragma once
// One look at the bytes of a file.
#include <string_view>

#include "base/bytes.h"
#include "prove/inner/facts.h"

namespace ashlar::prove {

/// Files up to this size are looked at as a whole; of larger ones ELF files and archives (up to max_large), and others in pieces.
inline constexpr std::uint64_t max_whole = 64 << 20, max_large = std::uint64_t{1} << 30;
/// What `piece_overlap` bytes of one piece show again in the next.
inline constexpr size_t piece = 8 << 20, piece_overlap = 32 << 10;

/// Looks at a whole file, archives within it included, up to eight deep.
FileFacts look_at(std::string_view path, BytesView content);
/// What loading an ELF file takes, or its fault.
void look_at_links(BytesView content, FileFacts& facts);
/// Looks at a piece of a file too large to be held, which is no ELF file and no archive; adds what is not known yet.
void look_at_piece(std::string_view path, BytesView piece, FileFacts& facts);

}  // namespace ashlar::prove
