#include "attest/purl.h"

#include <fmt/format.h>

namespace ashlar::attest {
namespace {

/// Percent-encoded but for what a purl leaves as it is: letters, digits, `.-_~`, and `:`; in qualifiers `/`, too.
std::string encoded(std::string_view text, std::string_view also = {}) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view(".-_~:").find(c) != std::string_view::npos;
    if (plain || also.find(c) != std::string_view::npos) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string deb_purl(const DebIdentity& identity) {
  const std::string_view family = identity.distribution.substr(0, identity.distribution.rfind('-'));
  std::string out = fmt::format("pkg:deb/{}/{}@{}", encoded(family.empty() ? "debian" : family), encoded(identity.name), encoded(identity.version));
  char separator = '?';
  const auto add = [&](std::string_view key, const std::string& value) {
    out += fmt::format("{}{}={}", separator, key, value);
    separator = '&';
  };
  if (!identity.architecture.empty()) add("arch", encoded(identity.architecture));
  if (!identity.distribution.empty()) add("distro", encoded(identity.distribution));
  const bool other_version = !identity.source_version.empty() && identity.source_version != identity.version;
  if (!identity.source.empty() && (identity.source != identity.name || other_version))
    add("upstream", other_version ? encoded(identity.source) + "%40" + encoded(identity.source_version) : encoded(identity.source));
  return out;
}

std::string oci_purl(std::string_view repository, std::string_view digest, std::string_view architecture) {
  const size_t slash = repository.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? repository : repository.substr(slash + 1);
  std::string out = fmt::format("pkg:oci/{}@{}?arch={}", encoded(name), encoded(digest), encoded(architecture));
  if (slash != std::string_view::npos) out += "&repository_url=" + encoded(repository, "/");
  return out;
}

std::string generic_purl(std::string_view name, std::string_view version, std::string_view url, std::string_view sha256) {
  std::string out = fmt::format("pkg:generic/{}@{}", encoded(name), encoded(version));
  if (!url.empty()) out += fmt::format("?checksum=sha256:{}&download_url={}", sha256, encoded(url, "/"));
  return out;
}

std::string component_purl(const inventory::Component& component, std::string_view distribution, std::string_view release) {
  const std::string distro = release.empty() ? std::string(distribution) : fmt::format("{}-{}", distribution, release);
  if (component.type == "deb") return deb_purl({component.name, component.version, component.architecture, component.source, component.source_version, distro});
  std::string name;
  if (component.type == "maven" && component.name.find(':') != std::string::npos) name = encoded(component.name.substr(0, component.name.find(':')), ".") + "/" + encoded(component.name.substr(component.name.find(':') + 1));
  else name = encoded(component.name, "/");
  if (component.type == "apk" || component.type == "rpm") name = fmt::format("{}/{}", encoded(distribution), name);
  std::string out = fmt::format("pkg:{}/{}", component.type, name);
  if (!component.version.empty()) out += "@" + encoded(component.version);
  if (component.type != "apk" && component.type != "rpm") return out;
  if (!component.architecture.empty()) out += "?arch=" + encoded(component.architecture);
  if (!distro.empty()) out += fmt::format("{}distro={}", component.architecture.empty() ? '?' : '&', encoded(distro));
  return out;
}

}  // namespace ashlar::attest
