#pragma once
// Scans whatever the verb was pointed at with the machine's advisory database.
#include <optional>
#include <string>
#include <vector>

#include "host/machine.h"
#include "scan/scan.h"

namespace ashlar::pipeline {

struct ScanOptions {
  std::string platform{};          ///< of an image for several; empty: the first
  host::Path database{};           ///< empty: the machine's own (feeds.h)
  std::optional<Time> as_of{};     ///< with the knowledge of that moment
  bool app_dark_fails = false;     ///< dark files of an application make the verdict `unknown`, too
};

/// Scans an image or a root file system (references that inventory::open_target() takes).
Result<scan::Report> scan(host::Machine& machine, const std::string& target, const ScanOptions& options);

/// The chain of a finding or non-finding.
Result<std::vector<scan::Explained>> explain_advisory(host::Machine& machine, const std::string& target, const std::string& id, const ScanOptions& options);

}  // namespace ashlar::pipeline
