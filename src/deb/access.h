#pragma once
// How hosts are reached: who we are there, and through which proxy.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/http.h"

namespace ashlar::deb {

/// A line of apt_auth.conf(5).
struct Login {
  std::string machine;  ///< `[protocol://]host[:port][/path prefix]`; without a protocol it counts for https only
  std::string user, password;
};

/// `Acquire::<protocol>::Proxy[::<host>]` of apt.conf(5).
struct ProxyRule {
  std::string protocol;  ///< `http`, `https`
  std::string host;      ///< empty: every host
  std::string proxy;     ///< a URL, or empty for a direct connection
};

struct Access {
  std::vector<Login> logins;      ///< the first that fits counts
  std::vector<ProxyRule> proxies;  ///< the first that fits, one with a host before one without; none: as the environment says
  /// A request for `url`: with the login and proxy that fit; `user:password@` in the URL itself goes before a login and leaves the URL.
  host::HttpRequest request(std::string_view url) const;
};

/// Reads auth.conf (netrc words: `machine`, `login`, `password`). Invalid when a word lacks its value.
Result<std::vector<Login>> parse_logins(std::string_view text, std::string_view path);

/// The URL for errors and notes: without user and password.
std::string public_url(std::string_view url);

}  // namespace ashlar::deb
