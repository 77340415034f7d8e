#pragma once
// The program itself: where it lies, and what its standard streams are.
#include "host/files.h"

namespace ashlar::host {

enum class Stream { Output, Error };
/// Whether a person watches that stream.
bool is_terminal(Stream stream);
/// The running program's own file; empty when the machine does not tell.
Path program_path();

}  // namespace ashlar::host
