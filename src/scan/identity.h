#pragma once
// Who built what is in an image, and so whose advisories apply to it.
#include <optional>
#include <string>
#include <string_view>

#include "inventory/component.h"
#include "inventory/os_release.h"

namespace ashlar::scan {

/// The distribution that an image says it is made of.
struct Distribution {
  std::string id, version;  ///< as os-release has them
  std::string space;        ///< `Debian:13`; empty when `id` has no row
  std::string reason;       ///< where `space` is empty: why, in words
};

/// Every distribution whose packages have advisories of their own is a row: how its os-release becomes a space. Without an os-release `id` is empty.
Distribution identify(const std::optional<inventory::OsRelease>& release);

/// Whether two spellings name one package of a purl type, as its ecosystem sees it: pypi's `Flask` and `flask`.
bool is_same_name(std::string_view type, std::string_view a, std::string_view b);

/// Whether it is an artifact of Maven whose group nothing tells, as of jars that Gradle makes: they have no pom.properties.
bool is_without_group(const inventory::Component& component);

/// Where a component is to be looked up.
struct Place {
  std::string space{}, package{}, version{};
  std::string reason{};  ///< where `space` is empty: why it cannot be judged
};

/// Whether a distribution package says by its maintainer or version that another publisher built it.
bool is_anothers(const inventory::Component& component, const Distribution& distribution);

/// The space of a component: of distribution packages that of `distribution`, unless who maintains it says that another publisher built it, or a document
/// that it is of another distribution or release; of the others that of their ecosystem. Distribution packages go by source package and its version,
/// or by their own where the distribution's advisories do.
Place place_of(const inventory::Component& component, const Distribution& distribution);

}  // namespace ashlar::scan
