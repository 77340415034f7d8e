#include "inventory/purl.h"

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && hex(text[at + 1]) >= 0 && hex(text[at + 2]) >= 0;
    out += escape ? static_cast<char>(hex(text[at + 1]) * 16 + hex(text[at + 2])) : text[at];
    if (escape) at += 2;
  }
  return out;
}

std::string get(const Purl& purl, std::string_view key) {
  const auto found = purl.qualifiers.find(key);
  return found == purl.qualifiers.end() ? std::string() : found->second;
}

/// `debian-13`: scanners write it whole or the release alone, others in parts (`os_name`, `os_version`).
std::string distribution_of(const Purl& purl) {
  const std::string distro = get(purl, "distro"), name = get(purl, "os_name"), version = get(purl, "os_version");
  if (!distro.empty()) return distro[0] >= '0' && distro[0] <= '9' && !purl.space.empty() ? purl.space + "-" + distro : distro;
  if (!version.empty()) return (name.empty() ? purl.space : name) + "-" + version;
  return {};
}

/// `upstream`: `name`, `name@version`, or of rpm the source package's file name.
void read_upstream(const Purl& purl, Component& out) {
  std::string upstream = get(purl, "upstream");
  if (upstream.ends_with(".src.rpm")) {
    upstream.resize(upstream.size() - 8);
    const size_t release = upstream.rfind('-');
    const size_t version = release == std::string::npos || release == 0 ? std::string::npos : upstream.rfind('-', release - 1);
    if (version == std::string::npos) return;
    out.source = upstream.substr(0, version), out.source_version = upstream.substr(version + 1);
    return;
  }
  if (upstream.empty()) return;
  const auto [name, version] = cut(upstream, '@');
  out.source = name;
  out.source_version = version.empty() ? out.version : std::string(version);
}

}  // namespace

std::string python_name(std::string_view name) {
  std::string out;
  for (const char c : lower(name)) {
    const bool mark = c == '-' || c == '_' || c == '.';
    if (!mark) out += c;
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

Result<Purl> parse_purl(std::string_view text) {
  const auto refuse = [&](std::string_view cause) { return cannot(Kind::Invalid, fmt::format("read package URL '{}'", text.substr(0, 200)), cause); };
  if (text.size() > 4096 || !is_utf8(text)) return refuse("it is no text of at most 4096 bytes");
  if (lower(text.substr(0, 4)) != "pkg:") return refuse("it does not begin with 'pkg:'");
  std::string_view rest = text.substr(4);
  while (rest.starts_with('/')) rest.remove_prefix(1);
  rest = rest.substr(0, rest.find('#'));
  const auto [before, qualifiers] = cut(rest, '?');
  Purl out;
  for (const std::string_view each : split(qualifiers, '&')) {
    const auto [key, value] = cut(each, '=');
    if (!value.empty()) out.qualifiers.insert_or_assign(lower(key), decoded(value));
  }
  std::string_view body = before;
  while (body.ends_with('/')) body.remove_suffix(1);
  const size_t slash = body.find('/');
  if (slash == std::string_view::npos || slash == 0) return refuse("it has no type and name");
  out.type = lower(body.substr(0, slash));
  body.remove_prefix(slash + 1);
  // A scope may be written with a plain `@`: the version's is the last, after the last slash.
  if (const size_t at = body.rfind('@'); at != std::string_view::npos && at != 0 && body.find('/', at) == std::string_view::npos) {
    out.version = decoded(body.substr(at + 1));
    body = body.substr(0, at);
  }
  const size_t last = body.rfind('/');
  out.name = decoded(body.substr(last == std::string_view::npos ? 0 : last + 1));
  if (last != std::string_view::npos) out.space = decoded(body.substr(0, last));
  if (out.name.empty() || !is_utf8(out.name) || !is_utf8(out.space) || !is_utf8(out.version)) return refuse("it has no name");
  return out;
}

Component component_of(const Purl& purl) {
  Component out{.type = purl.type, .name = purl.name, .version = purl.version, .architecture = get(purl, "arch")};
  if (purl.type == "pypi") {
    if (std::string name = python_name(purl.name); !name.empty()) out.name = std::move(name);  // nothing is left of `_`
  } else if (purl.type == "deb" || purl.type == "rpm" || purl.type == "apk") {
    if (const std::string epoch = get(purl, "epoch"); !epoch.empty() && epoch != "0" && out.version.find(':') == std::string::npos) out.version = epoch + ":" + out.version;
    out.distribution = distribution_of(purl);
    if (out.distribution.empty()) out.distribution = purl.space;
    read_upstream(purl, out);
  } else if (!purl.space.empty()) {
    out.name = purl.space + (purl.type == "maven" ? ":" : "/") + purl.name;
  }
  if (out.version.empty()) out.remark = "its package URL has no version";
  return out;
}

}  // namespace ashlar::inventory
