#pragma once
// Health checks, whoever runs them: what they need that a hardened image has not, and what takes their place.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::workload {

/// The first shell or tool that a command needs: `sh`, `curl`; none where it is a program of its own.
std::optional<std::string> health_needs(const std::vector<std::string>& words);
/// Of a command's text: our probe with the address that it speaks of.
std::string health_remedy(std::string_view command);
/// Without `|| exit 1` at the end, which changes nothing of what a health check says.
std::string_view without_exit(std::string_view command);
/// `$NAME` or `${...}` in it.
bool names_variable(std::string_view word);

}  // namespace ashlar::workload
