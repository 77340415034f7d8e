// read_definition and what it says for a platform: a definition, or faults that stand in the file.
#include <string>

#include "fuzz.h"
#include "plan/definition.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 << 10) return 0;
  const auto definition = ashlar::plan::read_definition(std::string(fuzz::text(data, size)), "x.yaml");
  if (!definition) {
    fuzz::must(!definition.error().message.empty(), "an error says why");
    for (const auto& fault : definition.error().faults) {
      fuzz::must(fault.line >= 0 && fault.column >= 0, "a fault stands in the file");
      fuzz::must(!to_string(fault).empty(), "a fault can be printed");
    }
    return 0;
  }
  (void)ashlar::plan::for_platform(*definition, "linux/amd64");
  return 0;
}
