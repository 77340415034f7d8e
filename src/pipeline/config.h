#pragma once
// The configuration file (docs/formats/config.md): `ashlar.yaml` of the project, then `config.yaml` in the user's folder.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "deb/distribution.h"
#include "forge/target.h"
#include "host/machine.h"
#include "pipeline/believed.h"
#include "scan/scan.h"

namespace ashlar::pipeline {

/// What a cache is pruned to.
struct CacheLimits {
  std::optional<std::uint64_t> bytes;  ///< of everything prunable
  std::optional<std::int64_t> age;     ///< seconds since an entry was last used
};

/// A file of decisions to live with findings (docs/formats/exceptions.md).
struct DecisionsFile {
  host::Path path;
  host::Path named_by;  ///< the configuration that names it: then it has to be there; empty: it counts when it is
  friend bool operator==(const DecisionsFile&, const DecisionsFile&) = default;
};

/// The section `scan`.
struct ScanSettings {
  std::vector<host::Path> statements;     ///< VEX documents, or folders of such, that count
  std::vector<DecisionsFile> exceptions;  ///< new decisions go into the first: the project's; `exceptions.json` beside each configuration, and in the working folder where there is none
  std::vector<scan::Excuse> excuses;   ///< of files that nothing explains
  std::optional<bool> dark_fails;      ///< `dark: fail` or `list`
};

/// The section `keys`.
struct KeySettings {
  host::Path ring;          ///< the trusted keys, when the file is there; `keyring.yaml` beside the configuration, and in the working folder where there is none
  std::string module;       ///< of PKCS #11; empty: none is named
};

struct Config {
  std::map<std::string, std::vector<std::string>> mirrors;  ///< URLs by archive name, in order of preference
  std::vector<host::Path> keyrings;                         ///< files, or folders with such
  std::vector<std::string> accept_keys;                     ///< fingerprints of third-party keys
  std::vector<deb::Distribution> distributions;             ///< beside those we ship
  CacheLimits cache;
  ScanSettings scan;
  TrustSettings trust;                                      ///< the section `trust`: whom `verify` and `scan` believe
  KeySettings keys;
  std::vector<forge::TargetSettings> targets;               ///< the section `forge`: who is told by tickets, pull requests and events
  std::vector<host::Path> files;                            ///< that it was read from
};

/// Reads one file; every fault is in Error::faults. Relative keyrings are relative to the file's folder.
Result<Config> parse_config(std::string text, std::string path);

/// `file` alone when it is not empty; else `./ashlar.yaml` (or that of the nearest folder above), then `config.yaml` in the user's folder: what the
/// first says of a mirror, a distribution or a limit goes before the second; lists of keys and keyrings add up, and so do statements, decisions and excuses. No file is an empty configuration.
Result<Config> read_config(const host::Machine& machine, const host::Folders& folders, const std::string& file);

}  // namespace ashlar::pipeline
