#pragma once
// Files that people write, checked against their formats.
#include <string>
#include <vector>

#include "host/files.h"

namespace ashlar::pipeline {

struct Validated {
  host::Path path;
  std::string kind;  ///< `definition`, `lock`, `configuration`, `exceptions`, `statements`, `signatures`, `feed`, `keyring`, `policy`, `fleet`, `replacements`, `migration`, `packages`, `cases`, `vendors`, `registries`
  Error error;       ///< without a message: the file is valid
};

/// Checks files by what they are: `*.lock.json` is a lock, `ashlar.yaml` and `config.yaml` are configuration,
/// `keyring.yaml` and `keyring.json` trusted keys, `replacements.yaml` what replaces images, `migration.yaml` and `packages.yaml` what migrations go by, `policy.yaml`, `*.policy.yaml` and what lies in a folder `policies` policies, `*.cases.yaml` their example cases, `vendors.yaml` and `registries.yaml` what these are, `exceptions.json` decisions, `vex.json`, `*.vex.json` and `*.openvex.json` statements, `*.signatures.json` what is kept beside such, `*.yaml` in a folder `feeds`, or with keys
/// that only such have, descriptions of feeds, other `*.yaml` and `*.yml` definitions. In a folder all of these below it are checked, but for what is hidden there and files of GitLab CI. An Error only when there is nothing to check or a folder cannot be read.
Result<std::vector<Validated>> validate(host::Files& files, const std::vector<host::Path>& paths);

}  // namespace ashlar::pipeline
