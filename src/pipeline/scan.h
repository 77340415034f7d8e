#pragma once
// Scans whatever the verb was pointed at with an advisory database.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "host/machine.h"
#include "pipeline/config.h"
#include "scan/scan.h"

namespace ashlar::pipeline {

struct ScanOptions {
  std::string platform{};               ///< of an image for several; empty: the first
  std::optional<Time> as_of{};          ///< with the knowledge of that moment
  std::vector<std::string> also_named{};  ///< repositories that statements and decisions may call the image by, beside that of its reference
  std::string base{};                   ///< reference of what the image is built on; empty: guessed
  std::optional<scan::BaseLayers> base_layers{};  ///< how many of its layers are the base's, where the caller knows
  std::string other_base{};             ///< reference of a base that it might be built on
  std::vector<host::Path> statements{};  ///< VEX documents, or folders of such, that count beside the configuration's
  std::optional<bool> dark_fails{};     ///< dark files of an application make the verdict `unknown`; none: as the configuration says
  std::vector<scan::GateRule> gate{};   ///< what a build fails on
  scan::DecisionRules rules{};          ///< what is asked of statements and decisions before they count
  bool again = false;                   ///< layers are read anew, whatever was kept of them
  ScanSettings settings{};
  TrustSettings trust{};                ///< whose statements count that are attached to the image
  /// Told of the target once it is scanned, before what is known of it goes; null: nobody.
  std::function<void(const scan::Subject&, const scan::Report&)> scanned{};
};

/// Scans an image, a root file system (references that inventory::open_target() takes) or a document (the path of SPDX or CycloneDX JSON).
Result<scan::Report> scan(host::Machine& machine, advisory::Database& database, const std::string& target, const ScanOptions& options);

/// The chain of a finding or non-finding.
Result<std::vector<scan::Explained>> explain_advisory(host::Machine& machine, advisory::Database& database, const std::string& target, const std::string& id, const ScanOptions& options);

/// What a target holds, and the names under which statements mean it.
struct Held {
  std::vector<inventory::Component> components{};
  scan::Distribution distribution{};
  scan::ImageNames names{};
  std::vector<std::string> paths{};  ///< of an image or root file system, sorted, without a leading slash; none of a document, which does not tell
};
Result<Held> read_held(host::Machine& machine, const std::string& target, const ScanOptions& options);

/// Every document at these paths, files or folders of `*.json`, each trusted. What is kept beside documents is none.
Result<std::vector<scan::Statements>> read_statements(host::Files& files, const std::vector<host::Path>& paths);

}  // namespace ashlar::pipeline
