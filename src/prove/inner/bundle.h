#pragma once
// What the OCI runtime is told: its configuration for a container, and for a program beside the one that runs.
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "inventory/contents.h"
#include "prove/inner/root_folder.h"
#include "prove/user.h"

namespace ashlar::prove {

/// Bounds of one test: those of memory and processes hold by control groups where the machine gives any, else by resource limits.
struct Bounds {
  std::uint64_t memory = 2ULL << 30;
  int processes = 512;
  bool control_groups = true;
};

/// A program to run in a container.
struct Program {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< `NAME=value`
  std::string folder = "/";
};

struct Cell {
  const inventory::Contents* image = nullptr;
  host::Path root;
  ImageUser user;
  IdMaps maps;
  Bounds bounds;
  bool loose = false;  ///< as engines run an image of which nothing is asked: a root that can be written, /tmp and /run in it, and the capabilities that they leave it
};

/// `process` of the runtime's configuration: the image's user, no capability, no new privileges; of a loose cell what engines give.
Json process_config(const Cell& cell, const Program& program);
/// config.json: a read-only root, namespaces of its own (its network is a loopback, never the machine's), our seccomp profile; /tmp, /run and the image's volumes are writable, in memory, and begin with
/// what the image has there. A volume that the image has belongs to whom the image says, else to its user. Ports from 1 on can be bound, as engines set it.
Json bundle_config(const Cell& cell, const Program& program);

}  // namespace ashlar::prove
