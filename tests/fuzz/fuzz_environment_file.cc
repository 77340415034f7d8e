// Files of variables beside compose files.
#include "fuzz.h"
#include "workload/inner/dotenv.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = ashlar::workload::read_environment_file(fuzz::text(data, size));
  if (!read) return 0;
  for (const auto& [name, value] : *read) {
    fuzz::must(!name.empty() && name.find('=') == std::string::npos, "a name is one");
    fuzz::must(!value || value->size() <= size + (64U << 10), "values are bounded");
  }
  return 0;
}
