#pragma once
// Whether files are those of the machine itself, and not what stands in for them in a test.
#include "host/files.h"

namespace ashlar::host {

bool are_of_machine(const Files& files);

}  // namespace ashlar::host
