#pragma once
// Distributions of the Debian family, as data: `distributions/<name>.yaml` or the configuration (docs/formats/distribution.md).
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "host/files.h"

namespace ashlar::deb {

struct Distribution {
  std::string name;      ///< `debian-13`
  std::string id;        ///< `debian`, as os-release(5) has it
  std::string release;   ///< `13`
  std::string codename;  ///< `trixie`
  std::string title;     ///< `Debian GNU/Linux`: os-release's NAME; the id where the data has none
  std::vector<std::string> components;     ///< `main`
  std::vector<std::string> architectures;  ///< dpkg's names; empty: any
  struct Part {
    std::string archive;              ///< `debian`: the name under which the configuration gives its mirrors
    std::vector<std::string> suites;  ///< `trixie`, `trixie-updates`
    bool security = false;
    std::vector<std::string> proposed = {};  ///< `trixie-proposed-updates`: suites with what may come into the others; read only to look ahead
  };
  std::vector<Part> parts;            ///< the first that is no security archive is the main one
  std::vector<std::string> keyrings;  ///< file name patterns, looked for in the host's keyring folders; or absolute paths
  std::string keyring_package;        ///< what to install where there is none
  std::map<std::string, std::string> stand_ins;  ///< names of packages of other vendors, and the package that has the same files
  std::vector<std::string> host_suites;  ///< an apt source of the host with one of these suites draws on the main archive
};

/// Reads one; every fault is in Error::faults.
Result<Distribution> read_distribution(const YamlDocument& document, const YamlNode& node, std::string name);
/// The distribution of that name: of `own` (the configuration's) or `<folder>/<name>.yaml`. NotFound names the nearest.
Result<Distribution> load_distribution(host::Files& files, const host::Path& folder, std::string_view name, std::span<const Distribution> own = {});

}  // namespace ashlar::deb
