#pragma once
// What tells the bytes that a file has now from any that it had or will have.
#include <string>

#include "host/files.h"

namespace ashlar::host {

/// Device, inode, size and both times of change in one text, so that another process need not look at the bytes again; empty where the machine cannot tell: on
/// a file system of others, or of a file that was changed just now.
std::string state_of(const ReadFile& file);

}  // namespace ashlar::host
