#pragma once
// How to look into a running container whose image has no shell.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json.h"
#include "oci/layout.h"
#include "plan/definition.h"
#include "pipeline/workshop.h"
#include "prove/user.h"

namespace ashlar::pipeline {

struct DebugOptions {
  std::string platform;            ///< of an image for several; the first where it is empty
  std::string pod = "POD", container = "app", name_space;  ///< in Kubernetes
  std::string docker = "CONTAINER";  ///< the container's name in Docker
  std::string image;               ///< where the cluster gets the image from; empty: as its definition names it
  std::string toolbox;             ///< empty: the -dev image of the catalogue for the same image
  std::vector<std::string> shell;  ///< the command in the toolbox; empty: `bash`, or `sh` as most images have it where the catalogue does not know the toolbox
};

/// Commands and manifests that fit the user of an image: a toolbox which runs as the same user, without more rights, sees the files of the
/// container's first process below /proc/1/root.
struct DebugAdvice {
  std::string image, toolbox;
  prove::ImageUser user;
  std::string kubectl_debug;  ///< a command for kubectl 1.32 or newer: an ephemeral container
  std::string kubectl_patch;  ///< the same for older ones, with the patch in it; then `kubectl attach`
  std::string docker;
  Json custom;                ///< what `kubectl debug --custom` reads: a part of a container
  Json patch;                 ///< of the pod's subresource `ephemeralcontainers`
  Json pod;                   ///< a pod that runs the image and passes the `restricted` pod security standard; of root's it does not
};
Json to_json(const DebugAdvice& advice);

/// The shell of an image by its definition: `bash`, `sh`, or `busybox sh`; nothing when it has none.
std::vector<std::string> shell_of(const plan::Definition& definition);
/// Advice for an image by its config alone; `options.image`, `options.toolbox` and `options.shell` must be there.
DebugAdvice advise(const oci::Config& config, const prove::ImageUser& user, const DebugOptions& options);
/// Opens the image, finds its user, its name and its toolbox. Invalid when nobody says which image is the toolbox, or it is one of the catalogue without a shell.
Result<DebugAdvice> debug(Workshop& workshop, const std::string& ref, const DebugOptions& options);

}  // namespace ashlar::pipeline
