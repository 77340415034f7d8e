#pragma once
// Package URLs (ECMA-427), in the forms that scanners match.
#include <string>
#include <string_view>

#include "inventory/component.h"

namespace ashlar::attest {

struct DebIdentity {
  std::string_view name, version, architecture;
  std::string_view source, source_version;
  std::string_view distribution;  ///< `debian-13`
};

/// `pkg:deb/debian/libssl3t64@3.5.1-1?arch=amd64&distro=debian-13&upstream=openssl`: upstream stands where the source has another name or version than
/// the package, with `@VERSION` where the version differs.
std::string deb_purl(const DebIdentity& identity);
/// `pkg:oci/python@sha256%3A...?arch=amd64&repository_url=registry.example/python`.
std::string oci_purl(std::string_view repository, std::string_view digest, std::string_view architecture);

/// `pkg:generic/NAME@VERSION?checksum=sha256:...&download_url=...`, the qualifiers where there are such.
std::string generic_purl(std::string_view name, std::string_view version, std::string_view url = {}, std::string_view sha256 = {});

/// Of any component, in the form that its type asks for (purl-spec, "types"); `distribution` and `release` as os-release has them, used where the type
/// names a distribution.
std::string component_purl(const inventory::Component& component, std::string_view distribution, std::string_view release);

}  // namespace ashlar::attest
