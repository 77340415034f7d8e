#pragma once
// Package URLs (ECMA-427), read.
#include <map>
#include <string>
#include <string_view>

#include "inventory/component.h"

namespace ashlar::inventory {

struct Purl {
  std::string type;        ///< lower case
  std::string space;       ///< the namespace, decoded: `@babel`, `github.com/pkg`, `debian`; or empty
  std::string name, version;
  std::map<std::string, std::string, std::less<>> qualifiers;
};

/// Invalid when it is none.
Result<Purl> parse_purl(std::string_view text);
/// As ecosystems spell it: `@scope/name`, `group:artifact`, `epoch:version`; of distribution packages with source (`upstream`) and distribution, where the
/// URL tells them. Without path.
Component component_of(const Purl& purl);
/// PEP 503: lower case, and runs of `-`, `_` and `.` are one `-`.
std::string python_name(std::string_view name);

}  // namespace ashlar::inventory
