#include "host/file_state.h"

#include "host/inner/file_version.h"

namespace ashlar::host {

std::string state_of(const ReadFile& file) {
  std::string out;
  if (const auto version = version_of(file)) {
    for (const std::int64_t each : *version) out += (out.empty() ? "" : " ") + std::to_string(each);
  }
  return out;
}

}  // namespace ashlar::host
