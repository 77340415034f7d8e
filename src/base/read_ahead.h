#pragma once
// A stream that is read by a thread of its own, ahead of whoever takes from it.
#include <memory>

#include "base/bytes.h"

namespace ashlar {

/// Reads `from` on another thread, at most 2 MiB ahead. What `from` refers to must outlive the stream; it is no longer touched once the end or an error
/// has been read. An error comes after the bytes before it.
std::unique_ptr<Source> read_ahead(std::unique_ptr<Source> from);

}  // namespace ashlar
