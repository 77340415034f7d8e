#pragma once
// The system calls that a tested program may make.
#include "base/json.h"
#include "oci/image.h"

namespace ashlar::prove {

/// `linux.seccomp` of the OCI runtime specification (config-linux.md, "Seccomp"): an allow list. Whatever else is called fails with EPERM, clone3 with
/// ENOSYS, so that C libraries take clone, whose flags can be judged. Not in it: mounts, namespaces, keys, modules, tracing, BPF, io_uring, clocks being
/// set, and system calls of another word size.
Json seccomp_profile(const oci::Platform& platform);

}  // namespace ashlar::prove
