#pragma once
// What the stages of the pipeline work with: the machine, its folders, what is configured, and whom to tell.
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "deb/archive.h"
#include "host/machine.h"
#include "pipeline/config.h"

namespace ashlar::pipeline {

class OfferShelf;

struct Workshop {
  host::Machine& machine;
  Progress& progress;
  host::Folders folders;
  host::Path data;  ///< distributions/ and effects/ as shipped
  Config config;
  std::shared_ptr<OfferShelf> shelf;  ///< what archives offered in this run; shared, for workshops are copied
};

/// Settles folders and reads the configuration: `config_file` alone when it is not empty, else the project's and the user's.
Result<Workshop> open_workshop(host::Machine& machine, const std::string& config_file, Progress& progress);

/// The folder of shipped data: `$ASHLAR_DATA_DIR`, else `share/ashlar` beside the program's folder, else the source tree that the program was built in.
Result<host::Path> data_folder(const host::Machine& machine);

}  // namespace ashlar::pipeline
