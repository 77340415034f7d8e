#pragma once
// Registries that people call by one name and that are reached by another.
#include <optional>
#include <string>
#include <string_view>

#include "host/machine.h"

namespace ashlar::oci {

struct Alias {
  std::string reached;   ///< the host that serves it
  std::string login{};   ///< the address under which `docker login` keeps logins to it; empty: the name
  std::string folder{};  ///< where repositories of one word lie; empty: nowhere else
};

/// What `$ASHLAR_REGISTRIES` says of a host: `NAME REACHED [LOGIN [FOLDER]]`, and of further ones behind commas. Invalid where it says something else.
Result<std::optional<Alias>> alias_of(const host::Machine& machine, std::string_view host);

}  // namespace ashlar::oci
