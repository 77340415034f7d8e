#pragma once
// Images of others that are built on images of the fleet.
#include <string>
#include <vector>

#include "pipeline/fleet.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

/// Whether an application lies on another image than the one with this digest at `to`, and none with its own layers on that one lies where it is written when
/// it is rebased: by the digests of unpacked layers, platform for platform.
Result<bool> is_behind(host::Machine& machine, const FleetApplication& application, const oci::ImageRef& to, const std::string& digest);

struct MovedApplication {
  oci::ImageRef place{};           ///< where it was written
  std::string digest{};            ///< empty: it was not, and its owner must build it
  std::vector<std::string> why{};  ///< a line each
};

/// Puts its layers onto the base `onto` where that is provably safe (docs/rebasing.md) and the fleet says where it may be written; else nothing is written.
Result<MovedApplication> move_application(Workshop& workshop, const FleetApplication& application, const std::string& onto);

}  // namespace ashlar::pipeline
