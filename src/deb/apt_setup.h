#pragma once
// What the host's apt is configured with: sources, logins and proxies.
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "deb/access.h"
#include "host/files.h"

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
/// `Acquire::<protocol>::Proxy[::<host>]` out of an apt.conf(5), a later setting before an earlier one. Total: what makes no sense is passed over.
std::vector<ProxyRule> parse_proxies(std::string_view text);

struct AptSetup {
  std::vector<AptSource> sources;
  Access access;
  std::vector<std::string> skipped;  ///< addresses that we cannot fetch from (`cdrom:`, `mirror+http:`, with `$(ARCH)`, ...)
};
/// Reads sources, auth.conf and proxies below `folder` (`/etc/apt`). A host without apt has an empty one. Files that do not read are noted and passed
/// over. `mirror+file:` lists are followed, `tor+` and the like are skipped.
AptSetup read_apt(host::Files& files, Progress& progress, const host::Path& folder = "/etc/apt");

/// Whether we can fetch from such an address.
bool can_fetch(std::string_view url);
std::string without_slash(std::string_view url);

}  // namespace ashlar::deb
