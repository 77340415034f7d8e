#pragma once
// Where this machine gets packages from: what was asked for, the configuration, else what the host's apt uses.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "deb/access.h"
#include "deb/archive.h"
#include "deb/distribution.h"
#include "host/machine.h"

namespace ashlar::deb {

/// One source of apt's (sources.list(5)): a stanza, or a line.
struct AptSource {
  std::vector<std::string> uris;  ///< without a slash at their end
  std::vector<std::string> suites, components;
  std::vector<std::string> architectures;  ///< empty: any
  std::vector<std::string> signed_by;      ///< files or fingerprints; empty: any trusted key
};

/// `deb [option=value ...] uri suite [component ...]` lines; `deb-src` and comments are skipped. Invalid names line and fault.
Result<std::vector<AptSource>> parse_source_list(std::string_view text, std::string_view path);
/// Stanzas of `*.sources` files; those with `Enabled: no` or without the type `deb` are skipped.
Result<std::vector<AptSource>> parse_source_stanzas(std::string_view text, std::string_view path);

/// What the host's apt is configured with.
struct AptSetup {
  std::vector<AptSource> sources;
  Access access;
};
/// Reads sources, auth.conf and proxies below `folder` (`/etc/apt`). A host without apt has an empty one. Files that do not read are noted and skipped,
/// as are sources of kinds that we cannot fetch from (cdrom:, copy:, ...).
AptSetup read_apt(host::Files& files, Progress& progress, const host::Path& folder = "/etc/apt");

/// What was asked for, in words of the configuration.
struct MirrorChoice {
  std::vector<std::string> asked;  ///< `--mirror`: `URL` for the main archive, `security=URL` or `<archive>=URL`; those of one archive in order
  std::map<std::string, std::vector<std::string>> configured;  ///< by archive name
  std::vector<host::Path> keyrings;                            ///< files or folders to look for keyrings in, before the host's
};

/// The suites of a distribution as archives to read. NotFound when there is no mirror (with the option that names one) or no keyring (with the package
/// that has it).
Result<std::vector<Archive>> distribution_archives(host::Files& files, const Distribution& distribution, const MirrorChoice& choice, const AptSetup& apt,
                                                   Progress& progress);

/// Third-party repositories of a definition: `lines` as in sources.list, keyrings by URL.
struct ThirdParty {
  std::vector<std::string> lines, keyrings;
  std::vector<std::string> accepted;  ///< fingerprints, of primary keys; spaces and case do not matter
  std::vector<host::Path> fallback_keyrings;  ///< for lines without `signed-by` when there are no `keyrings`: the distribution's
  std::vector<host::Path> keyring_folders;    ///< beside the host's
};
/// Fetches the keyrings through `cache` and makes the archives. Denied when a keyring holds no accepted key: it names the fingerprints found.
Result<std::vector<Archive>> third_party_archives(host::Machine& machine, const ThirdParty& wanted, const Access& access, const host::Path& cache, bool offline);

}  // namespace ashlar::deb
