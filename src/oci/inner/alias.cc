#include "oci/inner/alias.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::oci {

Result<std::optional<Alias>> alias_of(const host::Machine& machine, std::string_view host) {
  const std::string text = machine.environment("ASHLAR_REGISTRIES").value_or("");
  if (text.empty()) return std::nullopt;
  for (const std::string_view line : split(text, ',')) {
    const auto parts = words(line);
    if (parts.empty()) continue;
    if (parts.size() < 2 || parts.size() > 4) return cannot(Kind::Invalid, "read ASHLAR_REGISTRIES", fmt::format("'{}' is not of the form 'NAME REACHED [LOGIN [FOLDER]]'", visible(line)));
    const auto part = [&](size_t at) { return at < parts.size() ? std::string(parts[at]) : std::string(); };
    if (parts[0] == host) return Alias{part(1), part(2), part(3)};
  }
  return std::nullopt;
}

}  // namespace ashlar::oci
