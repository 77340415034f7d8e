#include "deb/access.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::deb {
namespace {

/// A URL's parts: `scheme://[user[:password]@]host[:port][/path]`.
struct Parts {
  std::string_view scheme, user, password, host, rest;  ///< rest: from the path on
};

Parts parts_of(std::string_view url) {
  Parts out;
  const size_t mark = url.find("://");
  if (mark == std::string_view::npos) return out;
  out.scheme = url.substr(0, mark);
  std::string_view after = url.substr(mark + 3);
  const size_t slash = after.find('/');
  std::string_view authority = after.substr(0, slash);
  out.rest = slash == std::string_view::npos ? std::string_view() : after.substr(slash);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    std::tie(out.user, out.password) = cut(authority.substr(0, at), ':');
    authority = authority.substr(at + 1);
  }
  out.host = authority;
  return out;
}

std::string without_login(std::string_view url, const Parts& parts) {
  return parts.scheme.empty() ? std::string(url) : fmt::format("{}://{}{}", parts.scheme, parts.host, parts.rest);
}

/// Whether a login's machine means this URL (apt_auth.conf(5)).
bool means(const Login& login, const Parts& url) {
  std::string_view machine = login.machine;
  if (const size_t mark = machine.find("://"); mark != std::string_view::npos) {
    if (machine.substr(0, mark) != url.scheme) return false;
    machine.remove_prefix(mark + 3);
  } else if (url.scheme != "https") {
    return false;
  }
  const size_t slash = machine.find('/');
  const std::string_view host = machine.substr(0, slash), path = slash == std::string_view::npos ? std::string_view() : machine.substr(slash);
  const std::string_view bare = url.host.substr(0, url.host.find(':'));
  return (host == url.host || (host.find(':') == std::string_view::npos && host == bare)) && url.rest.starts_with(path);
}

}  // namespace

host::HttpRequest Access::request(std::string_view url) const {
  const Parts parts = parts_of(url);
  host::HttpRequest out;
  out.url = without_login(url, parts);
  out.user = parts.user;
  out.password = parts.password;
  if (out.user.empty()) {
    const auto login = std::find_if(logins.begin(), logins.end(), [&](const Login& each) { return means(each, parts); });
    if (login != logins.end()) out.user = login->user, out.password = login->password;
  }
  const std::string_view bare = parts.host.substr(0, parts.host.find(':'));
  const ProxyRule* best = nullptr;
  // For https, the settings of http count where it has none of its own (apt-transport-https(1)).
  for (const std::string_view protocol : {parts.scheme, std::string_view(parts.scheme == "https" ? "http" : "")}) {
    for (const ProxyRule& rule : proxies) {
      if (rule.protocol != protocol || (!rule.host.empty() && rule.host != bare)) continue;
      if (best == nullptr || (best->host.empty() && !rule.host.empty())) best = &rule;
    }
    if (best != nullptr) break;
  }
  if (best != nullptr) out.proxy = best->proxy.empty() ? "DIRECT" : best->proxy;
  return out;
}

Result<std::vector<Login>> parse_logins(std::string_view text, std::string_view path) {
  std::vector<Login> out;
  std::vector<std::string_view> all;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).starts_with('#')) continue;
    const auto parts = words(line);
    all.insert(all.end(), parts.begin(), parts.end());
  }
  for (size_t at = 0; at < all.size(); ++at) {
    const std::string_view word = all[at];
    const bool known = word == "machine" || word == "login" || word == "password";
    if (!known) continue;
    if (at + 1 == all.size()) return cannot(Kind::Invalid, fmt::format("read logins '{}'", path), fmt::format("'{}' has no value", word));
    const std::string value(all[++at]);
    if (word == "machine") out.push_back({value, {}, {}});
    else if (out.empty()) return cannot(Kind::Invalid, fmt::format("read logins '{}'", path), fmt::format("'{}' stands before any 'machine'", word));
    else (word == "login" ? out.back().user : out.back().password) = value;
  }
  return out;
}

std::string public_url(std::string_view url) {
  const Parts parts = parts_of(url);
  return without_login(url, parts);
}

}  // namespace ashlar::deb
