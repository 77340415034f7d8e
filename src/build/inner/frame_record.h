#pragma once
// A frame's record on disk (docs/formats/frame.md): everything but its compressed bytes.
#include <string>
#include <string_view>

#include "build/frame.h"

namespace ashlar::build {

/// The record's bytes; they end in the SHA-256 of what goes before.
std::string to_record(const Frame& frame);
/// Corrupt when a byte differs from what was written.
Result<Frame> read_record(std::string_view bytes);

}  // namespace ashlar::build
