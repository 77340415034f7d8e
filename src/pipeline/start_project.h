#pragma once
// `ashlar init` as a whole: which files a project or a pipeline starts with, and what is left for a person to do.
#include <set>
#include <string>
#include <vector>

#include "pipeline/starter.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

struct StartOptions {
  host::Path folder = ".";
  std::string name{};             ///< of the image; empty: after the folder
  std::string to = "oci:published";  ///< where it is published; a repository also for CI
  std::string image{};            ///< Ashlar's own image, for CI, with a digest; empty: a variable of the CI system has it
  std::string ci = "github";      ///< of a project: `github`, `gitlab`, `jenkins`, `tekton`, `azure` or `none`
  std::string bases = "ashlar";    ///< with a Dockerfile: where hardened images lie
  std::set<host::Path> force{};   ///< files that may be replaced
};

struct StartedProject {
  std::string name;
  Placement files;
  std::vector<std::string> open;  ///< what a person does next, in order
  host::Path folder{};
};

// Pipelines go to the repository's folder where the options' folder lies below one (one with `.git`), and have names of their own there; the answer's folder is then it.

/// A definition, a policy, a fleet, a README and a pipeline. Errors as place() has them, and Invalid for a name, a place or a system that is none.
Result<StartedProject> start_project(Workshop& workshop, const StartOptions& options);

/// What a team has: `dockerfile`, migrated into Dockerfile.hardened, with a policy and a pipeline. The folder is that of the Dockerfile where the options name
/// none (`.`). What a person must decide or see to is in `open`. Invalid where the migration is refused: each reason is a fault.
Result<StartedProject> start_from(Workshop& workshop, const host::Path& dockerfile, const StartOptions& options);

/// Pipelines of `system` for what the folder has: definitions, a Dockerfile or both. NotFound where it has neither.
Result<StartedProject> start_ci(Workshop& workshop, std::string_view system, const StartOptions& options);

}  // namespace ashlar::pipeline
