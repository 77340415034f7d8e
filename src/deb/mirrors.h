#pragma once
// Where this machine gets packages from: what was asked for, the configuration, else what the host's apt uses.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "deb/access.h"
#include "deb/apt_setup.h"
#include "deb/archive.h"
#include "deb/distribution.h"
#include "host/machine.h"

namespace ashlar::deb {

/// What was asked for, in words of the configuration.
struct MirrorChoice {
  std::vector<std::string> asked;  ///< `--mirror`: `URL` for the main archive, `security=URL` or `<archive>=URL`; those of one archive in order
  std::map<std::string, std::vector<std::string>> configured;  ///< by archive name
  std::vector<host::Path> keyrings;                            ///< files or folders to look for keyrings in, before the host's
  host::Path shipped{};  ///< a folder with keyrings of our own, which count beside the others where the distribution names them; empty: none
};

/// The suites of a distribution as archives to read. Mirrors of an archive are those asked for, else those configured, else (where its main archive is
/// not asked for or configured either) those of the host's apt; a security archive without any is looked for beside the main one, and that is noted.
/// NotFound when there is no mirror (with the option that names one) or no keyring (with the package that has it), Invalid when what was asked for is no
/// address or of an archive that the distribution has not.
Result<std::vector<Archive>> distribution_archives(host::Files& files, const Distribution& distribution, const MirrorChoice& choice, const AptSetup& apt,
                                                   Progress& progress);

/// Third-party repositories of a definition: `lines` as in sources.list, keyrings by URL.
struct ThirdParty {
  std::vector<std::string> lines, keyrings;
  std::vector<std::string> accepted;  ///< fingerprints, of primary keys; spaces and case do not matter
  std::vector<host::Path> fallback_keyrings;  ///< for lines without `signed-by` when there are no `keyrings`: the distribution's
  std::vector<host::Path> keyring_folders;    ///< beside the host's
};
/// Fetches the keyrings through `cache` (again when they are a day old) and makes the archives, whose Release files only accepted keys may sign. Denied
/// when a keyring holds no accepted key: it names the fingerprints found. A `signed-by` file counts where it lies in a keyring folder of the host.
Result<std::vector<Archive>> third_party_archives(host::Machine& machine, const ThirdParty& wanted, const FetchOptions& options, const host::Path& cache);

}  // namespace ashlar::deb
